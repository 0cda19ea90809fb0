"""PDF files: pages rendered on demand, one at a time, with the words of the text layer.

PDFium renders (``pypdfium2``: 3 to 9 times as fast as pdf2image on the same pages, and no system package); poppler
stands in where it cannot.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from internvl_cli.documents import poppler
from internvl_cli.documents.page import Document, Page, Word
from internvl_cli.documents.pdf_page import flatten, rasterize, read_words, stand_up
from internvl_cli.documents.scale import page_scale
from internvl_cli.documents.sources import Source, shown
from internvl_cli.documents.turn import turned
from internvl_cli.errors import EncryptedDocumentError, InputError, MemoryShortageError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["open_pdf"]

Password = str | Callable[[], str | None] | None

_PDFIUM = threading.RLock()
"""PDFium is not thread-safe, not even across documents."""
_OPEN: weakref.WeakSet[_Pdf] = weakref.WeakSet()
"""Closed when Python ends; pypdfium2 would do it too, and say so on stderr."""
_ERR_PASSWORD = 4
_PASSWORD_HINT = "Give it with --password-file FILE, or in the environment variable INTERNVL_PDF_PASSWORD."
_EMPTY_HINT = "Get the file again: whatever made it put no page into it."


def open_pdf(
    source: Source,
    *,
    password: Password = None,
    rasterizer: Literal["auto", "pdfium", "poppler"] = "auto",
    max_tiles: int = 12,
) -> Document:
    """Open a PDF.

    Args:
        source: Its bytes.
        password: Or a callable that is asked once, where the file needs a password.
        rasterizer: See ``open_document``.
        max_tiles: Most tiles the model takes of a page; the resolution follows from it (``scale.page_scale``).

    Raises:
        InputError: The file is damaged or has no pages.
        EncryptedDocumentError: It needs a password, or the password is wrong.
        DependencyError: Poppler was asked for and is not installed.
    """
    if rasterizer == "poppler":
        poppler.require()
    notes: list[str] = []
    may_fall_back = rasterizer != "pdfium" and poppler.is_available()
    pdf, encrypted = _open(source, password, may_fall_back)
    second = poppler.Poppler(source, pdf, encrypted) if may_fall_back else None
    file = _Pdf(source, pdf, second, rasterizer, max_tiles)
    try:
        page_count = file.count_pages()
        if pdf is None:
            notes.append(f"PDFium cannot open {shown(source.name)}; poppler renders it")
        elif not _has_end(source):
            notes.append(f"{shown(source.name)} has no end-of-file mark: it may be cut off, and pages may be missing")
    except BaseException:
        file.close()
        raise
    return Document(source.name, "pdf", source.digest, page_count, file.load, file.close, notes)


def _open(source: Source, password: Password, may_fall_back: bool) -> tuple[Any, bool]:
    """Open with PDFium; give None where it cannot and poppler may try, and whether a password was needed."""
    pdf, code = _try_open(source, None)
    if pdf is not None:
        return pdf, False
    name = shown(source.name)
    if code == _ERR_PASSWORD:
        secret = password() if callable(password) else password
        if not secret:
            raise EncryptedDocumentError(f"{name} is encrypted and needs a password", _PASSWORD_HINT)
        pdf, code = _try_open(source, secret)
        if pdf is not None:
            return pdf, True
        if code == _ERR_PASSWORD:
            raise EncryptedDocumentError(f"the password for {name} is wrong", _PASSWORD_HINT)
        raise InputError(f"{name} is encrypted in a way that PDFium does not know", poppler.DAMAGED_HINT)
    if _opens_without_pages(source):
        raise InputError(f"{name} has no pages", _EMPTY_HINT)
    if may_fall_back:
        return None, False
    hint = f"{poppler.DAMAGED_HINT}. {poppler.INSTALL_HINT}, which may still read it."
    raise InputError(f"{name} is truncated or damaged: no PDF structure can be read from it", hint)


def _try_open(source: Source, password: str | None) -> tuple[Any, int]:
    """Give the opened PDF, or None and PDFium's error code."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    # It warns about XFA forms, on stderr, past our own sink.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    # A file is read through a handle, piece by piece as PDFium asks, and so never copied whole.
    data: Any = source.data if source.data is not None else source.open()
    with _PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(data, password=password, autoclose=True)
        except pypdfium2.PdfiumError as error:
            code = getattr(error, "err_code", None)
            if not isinstance(data, bytes):
                data.close()
            return None, int(pdfium.FPDF_GetLastError() if code is None else code)
        if pdf.get_formtype() != pdfium.FORMTYPE_NONE:
            pdf.init_forms()
        return pdf, 0


def _opens_without_pages(source: Source) -> bool:
    """Whether the file is sound but empty; pypdfium2 then raises with the code of whatever failed before."""
    import pypdfium2.raw as pdfium

    with _PDFIUM:
        if source.data is not None:
            handle = pdfium.FPDF_LoadMemDocument64(source.data, len(source.data), None)
        else:
            handle = pdfium.FPDF_LoadDocument(os.fsencode(source.path or ""), None)
        if handle:
            pdfium.FPDF_CloseDocument(handle)
        return bool(handle)


def _has_end(source: Source) -> bool:
    with source.open() as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        return b"%%EOF" in file.read()


class _Pdf:
    """An open PDF: gives pages, and renders them when asked."""

    def __init__(
        self,
        source: Source,
        pdf: Any,
        second: poppler.Poppler | None,
        rasterizer: str,
        max_tiles: int,
    ) -> None:
        self._source = source
        self._pdf = pdf
        self._poppler = second
        self._rasterizer = rasterizer
        self._max_tiles = max_tiles
        self._page_count = 0
        self._flat: set[int] = set()
        self._turned: dict[int, tuple[int, int]] = {}
        self._closed = False
        if not _OPEN:
            # Exit functions run last in, first out, so this must be registered after pypdfium2 has registered its own.
            atexit.unregister(_close_all)
            atexit.register(_close_all)
        _OPEN.add(self)

    def count_pages(self) -> int:
        """Count the pages; called once, before ``load``.

        Raises:
            InputError: There are none, or poppler cannot open the file either.
        """
        with _PDFIUM:
            if self._pdf is not None:
                self._page_count = len(self._pdf)
            elif self._poppler is not None:
                self._page_count = self._poppler.page_count()
        if self._page_count < 1:
            raise InputError(f"{shown(self._source.name)} has no pages", _EMPTY_HINT)
        return self._page_count

    def load(self, number: int) -> Page:
        """Give page ``number`` with its words; see ``Document.page``."""
        self._check_open()
        if not 1 <= number <= self._page_count:
            raise InputError(f"{shown(self._source.name)} has no page {number}: it has {self._page_count}")
        notes: list[str] = []
        name = self._name(number)
        words: list[Word] = []
        try:
            if self._pdf is None:
                raise _PdfiumFailedError
            with self._page(number) as page:
                before = page.get_rotation()
                if stand_up(page):
                    self._turned[number] = before, page.get_rotation()
                if number in self._turned:
                    notes.append(f"{name}: its text does not stand upright, so the page was turned")
                size = page.get_size()
                width, height, _ = page_scale(size[0], size[1], self._max_tiles, name)
                words, problem = read_words(page, width, height)
                notes += [f"{name}: {problem}"] if problem else []
        except _PdfiumFailedError as error:
            if self._poppler is None:
                raise InputError(f"{name} is damaged and cannot be loaded", poppler.INSTALL_HINT) from error
            size = self._poppler.page_size(number)
            width, height, _ = page_scale(size[0], size[1], self._max_tiles, name)
            notes.append(f"{name}: PDFium cannot load it; poppler renders it")
        page_ = Page(self._source.name, self._source.digest, number, width, height, tuple(words), _not_ready, notes)
        page_.render = functools.partial(self._render, number, width, height, notes)
        return page_

    def close(self) -> None:
        """Free the file."""
        self._closed = True
        if self._poppler is not None:
            self._poppler.close()
        if self._pdf is not None:
            with _PDFIUM:
                self._pdf.close()
            self._pdf = None

    def _render(self, number: int, width: int, height: int, notes: list[str]) -> Image.Image:
        self._check_open()
        name = self._name(number)
        if self._pdf is None or self._rasterizer == "poppler":
            assert self._poppler is not None
            with _PDFIUM:  # it may need PDFium for a copy without encryption
                return self._turned_by_poppler(number, width, height)
        try:
            with self._page(number) as page:
                return rasterize(page, width, height)
        except MemoryError as error:
            raise MemoryShortageError(f"not enough memory to render {name}") from error
        except _PdfiumFailedError as error:
            if self._poppler is None:
                raise InputError(f"{name} cannot be rendered", poppler.INSTALL_HINT) from error
            note = f"{name}: PDFium cannot render it; poppler renders it"
            if note not in notes:
                notes.append(note)
            return self._turned_by_poppler(number, width, height)

    def _turned_by_poppler(self, number: int, width: int, height: int) -> Image.Image:
        assert self._poppler is not None
        before, now = self._turned.get(number, (0, 0))
        turn = (now - before) % 360
        if turn in (90, 270):
            width, height = height, width
        return turned(self._poppler.render(number, width, height), turn)

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        """Open a page and close it again: only the page in use takes memory."""
        import pypdfium2

        with _PDFIUM:
            try:
                page = self._pdf[number - 1]
                try:
                    if number not in self._flat and flatten(page):
                        page.close()
                        page = self._pdf[number - 1]
                    self._flat.add(number)
                    if number in self._turned:
                        page.set_rotation(self._turned[number][1])
                    yield page
                finally:
                    page.close()
            except pypdfium2.PdfiumError as error:
                raise _PdfiumFailedError(str(error)) from error

    def _check_open(self) -> None:
        if self._closed:
            raise InputError(f"{shown(self._source.name)} is closed")

    def _name(self, number: int) -> str:
        return f"page {number} of {shown(self._source.name)}"


def _close_all() -> None:
    for file in list(_OPEN):
        file.close()


class _PdfiumFailedError(Exception):
    """PDFium cannot load or render a page."""


def _not_ready() -> Image.Image:
    raise AssertionError("replaced before the page is given out")
