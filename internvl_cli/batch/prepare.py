"""Open and render ahead of the engine, in another thread, process or machine.

What comes out is an ``OpenFiles`` whose pages hold their pictures and whose file is closed again: it can be pickled,
and an engine sees no difference to a document that is open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from internvl_cli.api import OpenFiles
from internvl_cli.batch.plan import Item
from internvl_cli.batch.record import Failure
from internvl_cli.batch.work import FATAL, EngineInfo
from internvl_cli.documents.page import Document, Page

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["AHEAD", "Prepared", "needs_pictures", "prepare"]

AHEAD = 8
"""Most pages of a document that are rendered ahead. A picture takes 7 MB at 12 tiles, and of a long document an engine
uses the pages that match the question; the others are rendered when they are asked for."""

Opener = Callable[[str], Document]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Some questions about the same pages, ready to be asked.

    Attributes:
        items: The questions.
        opened: The pages; None where they cannot be had.
        failure: Why not.
    """

    items: tuple[Item, ...]
    opened: OpenFiles | None = None
    failure: Failure | None = None


def needs_pictures(info: EngineInfo) -> Callable[[Page], bool]:
    """Say of which pages the engine wants the picture: the reader, here or behind a server, goes by the text layer."""
    reader = info.model.startswith("internvl-reader")
    return _has_no_words if reader else _always


def prepare(
    open_document: Opener, items: Sequence[Item], wanted: Callable[[Page], bool], *, folder: str | None = None
) -> Prepared:
    """Open the document of ``items``, read its pages, render those that are wanted, and close it.

    Args:
        open_document: Opens ``Item.source``.
        items: About the same pages of one document; not empty.
        wanted: Which pages to render.
        folder: Where relative paths begin; None for the current folder. Names stay as the user wrote them.

    Raises:
        ModelError: Of no use to any item.
        ConfigurationError: Nor will it be, until the user changes something.
    """
    item = items[0]
    path = item.source
    if folder is not None and "://" not in path:
        path = os.path.join(folder, path)  # noqa: PTH118 — a path from the plan keeps its bytes
    try:
        with open_document(path) as document:
            pages: list[Page] = []
            held = 0
            for page in document.pages(item.pages):
                ahead = held < AHEAD and wanted(page)
                held += ahead
                pages.append(_closed(page, _Picture(open_document, path, page.number, page.image if ahead else None)))
            for page in pages:
                page.document = item.source
                page.notes[:] = [note.replace(path, item.source) for note in page.notes]
            notes = [note.replace(path, item.source) for note in document.notes]
            stand_in = Document(
                item.source, document.kind, document.digest, document.page_count, _gone, _nothing, notes
            )
    except FATAL:
        raise
    except Exception as error:  # as for a document that is opened where it is answered
        failure = Failure.of(error)
        message = failure.message.replace(path, item.source)
        return Prepared(tuple(items), failure=Failure(failure.type, message, failure.retryable))
    return Prepared(tuple(items), OpenFiles([stand_in], pages))


@dataclass(slots=True)
class _Picture:
    """Renders a page of a closed document: gives the picture it holds, or opens the document again."""

    open_document: Opener
    path: str
    number: int
    image: Image.Image | None = None

    def __call__(self) -> Image.Image:
        if self.image is not None:
            return self.image
        with self.open_document(self.path) as document:
            return document.page(self.number).image


def _closed(page: Page, picture: _Picture) -> Page:
    """Give the page without the file behind it; its notes are taken now, after it was rendered."""
    return Page(page.document, page.digest, page.number, page.width, page.height, page.words, picture, list(page.notes))


def _has_no_words(page: Page) -> bool:
    return not page.words


def _always(page: Page) -> bool:
    return True


def _gone(number: int) -> Page:
    raise AssertionError("the pages were taken out before")


def _nothing() -> None:
    """There is nothing to free."""
