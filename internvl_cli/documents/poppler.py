"""The second renderer: poppler's pdftoppm, through pdf2image."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.sources import Source, shown
from internvl_cli.errors import DependencyError, InputError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DAMAGED_HINT", "INSTALL_HINT", "Poppler", "is_available", "require"]

INSTALL_HINT = "Install poppler: apt install poppler-utils, dnf install poppler-utils, or brew install poppler"
DAMAGED_HINT = "Get the file again, or repair it: qpdf IN.pdf OUT.pdf"
_COMPLAINT = re.compile(r"^(?:Syntax )?Error[^:\n]*: *([^\n]{3,120})", re.MULTILINE)
_TIMEOUT = 120
"""Seconds for one page."""


def is_available() -> bool:
    """Whether the programs are on the PATH."""
    return shutil.which("pdftoppm") is not None and shutil.which("pdfinfo") is not None


def require() -> None:
    """Do nothing where poppler is installed.

    Raises:
        DependencyError: It is not.
    """
    if not is_available():
        raise DependencyError("rendering with poppler needs the programs pdftoppm and pdfinfo", INSTALL_HINT)


class Poppler:
    """One PDF as poppler sees it.

    Args:
        source: The PDF.
        pdf: The PDF opened by pypdfium2, or None where PDFium cannot open it. An encrypted one is copied without its
            encryption, because poppler takes a password only on its command line, where every user can read it.
        encrypted: Whether a password was needed.
    """

    def __init__(self, source: Source, pdf: Any, encrypted: bool) -> None:
        self._source = source
        self._pdf = pdf
        self._encrypted = encrypted
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._path: Path | None = None

    def page_count(self) -> int:
        """Count the pages.

        Raises:
            InputError: Poppler cannot open the file either.
        """
        return int(self._info(1)["Pages"])

    def page_size(self, number: int) -> tuple[float, float]:
        """Give width and height of a page in points, as it is shown."""
        info = self._info(number)
        match = re.match(r"([\d.]+) x ([\d.]+)", str(info.get(_key(number, "size"), info.get("Page size", ""))))
        if match is None:
            raise InputError(f"page {number} of {shown(self._source.name)} is damaged: poppler does not tell its size")
        width, height = float(match[1]), float(match[2])
        return (height, width) if self._is_turned(info, number) else (width, height)

    def render(self, number: int, width: int, height: int) -> Image.Image:
        """Render a page to an RGB image of ``(width, height)`` pixels.

        Raises:
            InputError: It cannot be rendered.
        """
        import pdf2image

        # pdftoppm takes the size of the page as it is before its own rotation.
        turned = self._is_turned(self._info(number), number)
        try:
            images = pdf2image.convert_from_path(
                str(self._file()),
                first_page=number,
                last_page=number,
                size=(height, width) if turned else (width, height),
                use_cropbox=True,
                timeout=_TIMEOUT,
            )
        except Exception as error:  # pdf2image's own errors, and OSError
            raise self._failed(f"page {number} of {shown(self._source.name)}", error) from error
        if not images:
            raise InputError(f"page {number} of {shown(self._source.name)} cannot be rendered: poppler gave no image")
        image: Image.Image = images[0].convert("RGB")
        return image if image.size == (width, height) else image.resize((width, height))

    def close(self) -> None:
        """Delete the copy of the file, if one was needed."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = self._path = None

    def _info(self, number: int) -> dict[str, Any]:
        import pdf2image

        try:
            info: dict[str, Any] = pdf2image.pdfinfo_from_path(
                str(self._file()), first_page=number, last_page=number, timeout=_TIMEOUT
            )
        except Exception as error:
            raise self._failed(shown(self._source.name), error) from error
        return info

    @staticmethod
    def _is_turned(info: dict[str, Any], number: int) -> bool:
        return int(info.get(_key(number, "rot"), info.get("Page rot", 0))) % 180 == 90

    def _failed(self, what: str, error: Exception) -> InputError:
        found = _COMPLAINT.search(str(error))  # the first of poppler's complaints; the others follow from it
        reason = found[1] if found else " ".join(str(error).split())[:120]
        who = "poppler" if self._pdf is not None else "neither PDFium nor poppler"
        verb = "cannot" if self._pdf is not None else "can"
        return InputError(f"{what} is truncated or damaged: {who} {verb} read it ({reason})", DAMAGED_HINT)

    def _file(self) -> Path:
        """Give a path that poppler can open, absolute so that no name is taken for an option."""
        if self._source.path is not None and not self._encrypted:
            return self._source.path
        if self._path is None:
            self._folder = tempfile.TemporaryDirectory(prefix="internvl-")
            path = Path(self._folder.name) / "document.pdf"
            if self._encrypted:
                import pypdfium2.raw as pdfium

                self._pdf.save(str(path), flags=pdfium.FPDF_REMOVE_SECURITY)
            else:
                with self._source.open() as file, path.open("wb") as copy:
                    shutil.copyfileobj(file, copy)
            self._path = path
        return self._path


def _key(number: int, what: str) -> str:
    """Give pdfinfo's name of a line about one page."""
    return f"Page {number:>4} {what}"
