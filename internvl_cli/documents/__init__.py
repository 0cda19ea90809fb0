"""Documents: files, URLs and standard input become pages with an image and, where the file has them, words.

Importing this package is cheap; PIL, pypdfium2 and httpx are imported when a document needs them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

from internvl_cli.documents.find import find_documents
from internvl_cli.documents.page import Box, Document, Page, Word
from internvl_cli.documents.selection import parse_pages
from internvl_cli.documents.sources import Limits, read_source

__all__ = ["Box", "Document", "Limits", "Page", "Word", "find_documents", "open_document", "parse_pages"]


def open_document(
    source: str | os.PathLike[str],
    *,
    password: str | Callable[[], str | None] | None = None,
    rasterizer: Literal["auto", "pdfium", "poppler"] = "auto",
    max_tiles: int = 12,
    limits: Limits | None = None,
) -> Document:
    """Open a PDF or an image; nothing is rendered yet.

    Args:
        source: A path, an http(s) URL, or ``-`` for standard input. Its bytes tell the type, never its name.
        password: For an encrypted PDF; a callable is asked once, and only where the file needs a password.
        rasterizer: ``pdfium``; ``poppler`` (pdf2image, needs the program pdftoppm); or ``auto``: PDFium, and poppler
            for what PDFium cannot open or render where pdftoppm is on the PATH.
        max_tiles: Most 448-pixel tiles the model takes of a page: the resolution of PDF pages follows from it.
        limits: What is refused; the defaults of ``Limits`` if None.

    Raises:
        InputError: The source is missing, unreadable, empty, damaged, too large, or no document.
        EncryptedDocumentError: The PDF needs a password, or the password is wrong.
        DependencyError: HEIC without ``pillow-heif``, or poppler asked for and not installed.
    """
    limits = limits or Limits()
    opened = read_source(source, limits)
    if opened.kind == "pdf":
        from internvl_cli.documents.pdf import open_pdf

        return open_pdf(opened, password=password, rasterizer=rasterizer, max_tiles=max_tiles)
    from internvl_cli.documents.image import open_image

    return open_image(opened, limits)
