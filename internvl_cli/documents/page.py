"""What a document is made of: pages with an image, and words with boxes where the file carries them.

Coordinates are pixels of the page image, origin at the top left, ``(x0, y0, x1, y1)`` with ``x1`` and ``y1`` exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Box", "Document", "Page", "Word"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands on the page.

    Attributes:
        text: The characters between two spaces; never empty.
        box: Where it stands, in page pixels.
        confidence: 1.0 for a text layer; the recogniser's score (0 to 1) for OCR.
    """

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(slots=True)
class Page:
    """One page; nothing is rendered before ``image`` is asked for.

    Attributes:
        document: Name of the document as the user gave it (a path, a URL or ``-``).
        digest: SHA-256 of the document's bytes, in hex: with ``number`` it names the page in caches.
        number: 1-based.
        width: Width of the page image in pixels, known before rendering.
        height: Height of the page image in pixels.
        words: The text layer; empty where the page has none, or where it is nonsense.
        render: Gives the page as an RGB image of ``(width, height)``.
    """

    document: str
    digest: str
    number: int
    width: int
    height: int
    words: tuple[Word, ...]
    render: Callable[[], Image.Image]
    notes: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int]:
        """Identity of the page, the same in every process that opens the same bytes."""
        return self.digest, self.number

    @property
    def image(self) -> Image.Image:
        """The page as an RGB image, rendered at each call: keep it if you need it twice.

        Raises:
            InputError: The page cannot be rendered.
        """
        return self.render()


@dataclass(slots=True)
class Document:
    """An opened document; close it, or use it in a ``with`` block.

    Attributes:
        name: As the user gave it.
        kind: ``pdf``, ``png``, ``jpeg``, ``webp``, ``bmp``, ``gif``, ``tiff`` or ``heic``.
        digest: SHA-256 of the bytes, in hex.
        page_count: Number of pages; at least 1.
        load: Gives page ``number`` (1-based).
        release: Frees what the document holds.
        notes: What the user should hear about the file (a renderer that stood in, a broken text layer…).
    """

    name: str
    kind: str
    digest: str
    page_count: int
    load: Callable[[int], Page]
    release: Callable[[], None]
    notes: list[str] = field(default_factory=list)

    def page(self, number: int) -> Page:
        """Give page ``number`` (1-based)."""
        return self.load(number)

    def pages(self, selection: str | None = None) -> Iterator[Page]:
        """Give the selected pages one at a time, in the order of the selection.

        Args:
            selection: As in ``--pages``, for example ``1,3-5,7-,end``; all pages if None.

        Raises:
            PageSelectionError: The selection is malformed or names a page beyond the end; the message names the file.
        """
        from internvl_cli.documents.selection import parse_pages
        from internvl_cli.documents.sources import shown
        from internvl_cli.errors import PageSelectionError

        if selection is None:
            numbers: Sequence[int] = range(1, self.page_count + 1)
        else:
            try:
                numbers = parse_pages(selection, self.page_count)
            except PageSelectionError as error:
                raise PageSelectionError(f"{shown(self.name)}: {error.message}", error.hint) from None
        return (self.load(number) for number in numbers)

    def close(self) -> None:
        """Free the file; pages that were not rendered can't be any more."""
        self.release()

    def __enter__(self) -> Document:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
