"""Read pages once, answer many questions: words (text layer or OCR), layout, windows, network, decoding."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from internvl_cli.documents.page import Box, Page, Word
from internvl_cli.documents.sources import shown
from internvl_cli.reader.decode import Reading, Window, decode
from internvl_cli.reader.features import PageFeatures, encode, matches
from internvl_cli.reader.forms import forms, mean
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS, Network
from internvl_cli.reader.ocr import Recogniser
from internvl_cli.reader.phrase import split_glued
from internvl_cli.reader.windows import windows

__all__ = ["PageText", "Reader"]

_LIES = {90: "on its left side", 180: "upside down", 270: "on its right side"}

CACHED_PAGES = 32
"""Pages whose words are kept."""


@dataclass(slots=True)
class PageText:
    """The words of a page, and what the network sees of them.

    Attributes:
        words: With boxes in page pixels.
        features: Of the same words in the same order.
        recognised: Whether they came from OCR.
        turn: By how many degrees the page was turned with the clock to be read; the features' layout is of that.
    """

    words: tuple[Word, ...]
    features: PageFeatures
    recognised: bool
    turn: int = 0


def _unglue(words: Sequence[Word], boxes: Sequence[Box]) -> tuple[list[Word], list[Box]]:
    """Part labels from values that stand in one word ("Date:18/01/2018"), sharing the box by letters."""
    out: list[Word] = []
    flat: list[Box] = []
    for word, box in zip(words, boxes, strict=True):
        parts = split_glued(word.text)
        if parts is None:
            out.append(word)
            flat.append(box)
            continue
        share = len(parts[0]) / len(word.text)

        def cut(b: Box, share: float = share) -> tuple[Box, Box]:
            x = b[0] + (b[2] - b[0]) * share
            return (b[0], b[1], x, b[3]), (x, b[1], b[2], b[3])

        for text, part, flat_part in zip(parts, cut(word.box), cut(box), strict=True):
            out.append(Word(text, part, word.confidence))
            flat.append(flat_part)
    return out, flat


class Reader:
    """Everything between a page and a reading; engines and evaluation share it.

    Args:
        folder: The weights.
        threads: For onnxruntime; None chooses.
    """

    def __init__(self, folder: Path = WEIGHTS, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._network: Network | None = None
        self._recogniser = Recogniser(threads)
        self._pages: OrderedDict[tuple[str, int, int, int], PageText] = OrderedDict()

    @property
    def network(self) -> Network:
        """The network, loaded at the first use."""
        if self._network is None:
            self._network = Network(self._folder, self._threads)
        return self._network

    def text(self, page: Page) -> PageText:
        """Give the words of a page; OCR where it has no text layer. Kept for the next question."""
        key = (*page.key, page.width, page.height)
        found = self._pages.pop(key, None) or self._read(page)
        self._pages[key] = found  # the last one asked for goes last
        while len(self._pages) > CACHED_PAGES:
            self._pages.popitem(last=False)
        if found.turn:
            name = f"page {page.number} of {shown(page.document)}"
            page.notes.append(f"{name}: it lies {_LIES[found.turn]}, and was read turned")
        return found

    def _read(self, page: Page) -> PageText:
        if page.words:
            return self.prepare(page.words, [word.box for word in page.words], (page.width, page.height))
        seen = self._recogniser(page.image)
        text = self.prepare(seen.words, seen.upright, seen.size, recognised=True)
        text.turn = seen.turn
        return text

    def is_read(self, page: Page) -> bool:
        """Say whether the page's words are at hand without OCR."""
        return bool(page.words) or (*page.key, page.width, page.height) in self._pages

    def prepare(
        self, words: Sequence[Word], boxes: Sequence[Box], size: tuple[int, int], recognised: bool = False
    ) -> PageText:
        """Lay words out; ``boxes`` are theirs with the skew turned away."""
        parted, flat = _unglue(words, boxes)
        features = PageFeatures.build([w.text for w in parted], lay_out(flat, size), self.network.tokenizer)
        return PageText(tuple(parted), features, recognised)

    def ask(self, pages: Sequence[PageText], question: str, min_confidence: float = 0.0) -> tuple[Reading, int]:
        """Answer a question about pages.

        Returns:
            The reading (page indices count in ``pages``), and how many pieces the network read; those of a window
            count once, though it is asked about in several forms.
        """
        asked = forms(question, self.network.tokenizer)
        read: list[Window] = []
        pieces = 0
        for index, page in enumerate(pages):
            found = [matches(page.features, form) for form in asked]
            for words in windows(page.features, max(form.tokens for form in asked)):
                encoded = [encode(page.features, form, words, f) for form, f in zip(asked, found, strict=True)]
                pieces += len(encoded[0].ids)
                scores = mean(encoded, [self.network(e) for e in encoded])
                read.append(Window(index, page.features, encoded[0], scores))
        return decode(read, self.network.config, question, min_confidence), pieces

    def close(self) -> None:
        """Free the network and forget the pages."""
        self._network = None
        self._pages.clear()
