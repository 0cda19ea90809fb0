"""A page as its reader sees it: words, and the segments, rows and lines of text that they make.

What ``describe``, charts and sums over tables work on. Geometry is the upright one (skew turned away); what is shown to
the user as evidence are the words' own boxes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from internvl_cli.documents.page import Box, Page, Word
from internvl_cli.reader.layout import Layout, lay_out

__all__ = ["Segment", "Sheet", "Text", "union"]

FULL_LINE = 0.75
"""A line at least this much of its stack's width runs on in the line below: it was broken by the margin."""

PROSE_WIDTH = 15.0
"""Prose is at least this many letter heights wide (some 30 letters); an address or a cell is narrower."""

LEADING = 0.75
"""White between the lines of a paragraph, at most, in letter heights."""

_LEADER = re.compile(r"\.{4,}|…{2,}|_{4,}|(?:\.\s){4,}")
_LABELLED = re.compile(r"^(?:\S+\s){0,4}\S+:(?:\s|$)")


def union(boxes: Sequence[Box]) -> Box:
    """Give the smallest box around some boxes.

    Raises:
        ValueError: There is none.
    """
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words with no wide gap: a cell, a label, a line of a column.

    Attributes:
        index: As in ``Layout``.
        row: Row on the page, from the top.
        words: Indices of its words.
        text: The words with one space between them.
        box: Upright, in page pixels.
    """

    index: int
    row: int
    words: tuple[int, ...]
    text: str
    box: Box

    @property
    def height(self) -> float:
        """Of the letters, in pixels."""
        return max(self.box[3] - self.box[1], 1.0)

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, slots=True)
class Text:
    """Running text over one or more lines, with the way back from characters to words.

    Attributes:
        text: The words with one space between them.
        words: Index of each word.
        starts: Where each word starts in ``text``.
        lines: The segments it runs over.
    """

    text: str
    words: tuple[int, ...]
    starts: tuple[int, ...]
    lines: tuple[Segment, ...]

    def between(self, start: int, end: int) -> list[int]:
        """Give the words that characters ``start`` to ``end`` touch."""
        return [
            word
            for i, word in enumerate(self.words)
            if self.starts[i] < end and (self.starts[i + 1] - 1 if i + 1 < len(self.starts) else len(self.text)) > start
        ]


@dataclass(slots=True)
class Sheet:
    """One page's words and where they stand.

    Attributes:
        page: Where the words come from.
        words: With boxes as on the image.
        layout: Of the upright boxes, in the same order.
        known: What was found on the page so far (tables, grids), by name; sheets of one page may share it.
        turn: By how many degrees the image is to be turned with the clock, so that it stands as the layout does.
    """

    page: Page
    words: Sequence[Word]
    layout: Layout
    known: dict[str, Any] = field(default_factory=dict, repr=False)
    turn: int = 0
    _segments: list[Segment] | None = field(default=None, repr=False)
    _rows: list[list[Segment]] | None = field(default=None, repr=False)
    _texts: list[Text] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, page: Page, words: Sequence[Word] | None = None, upright: Sequence[Box] | None = None) -> Sheet:
        """Lay words out; the page's own text layer where none are given."""
        used = page.words if words is None else words
        boxes = [w.box for w in used] if upright is None else list(upright)
        return cls(page, used, lay_out(boxes, (page.width, page.height)))

    @property
    def segments(self) -> list[Segment]:
        """All segments, row by row from the top, left to right."""
        if self._segments is None:
            layout = self.layout
            self._segments = [
                Segment(
                    index,
                    int(layout.segment_row[index]),
                    tuple(words),
                    " ".join(self.words[w].text for w in words),
                    tuple(float(v) for v in layout.segment_box[index]),  # type: ignore[arg-type]
                )
                for index, words in enumerate(layout.segment_words)
            ]
        return self._segments

    @property
    def rows(self) -> list[list[Segment]]:
        """The segments of each row, left to right."""
        if self._rows is None:
            rows: dict[int, list[Segment]] = {}
            for segment in self.segments:
                rows.setdefault(segment.row, []).append(segment)
            self._rows = [sorted(rows[r], key=lambda s: s.box[0]) for r in sorted(rows)]
        return self._rows

    @property
    def texts(self) -> list[Text]:
        """Running text: lines that the margin broke are joined, cells and labels stand for themselves."""
        if self._texts is None:
            below = self.layout.below
            under = {int(s) for s in below if s >= 0}
            self._texts = []
            for head in self.segments:
                if head.index in under:
                    continue
                stack = [head]
                while below[stack[-1].index] >= 0:
                    stack.append(self.segments[int(below[stack[-1].index])])
                self._texts += self._split(stack)
        return self._texts

    def _split(self, stack: list[Segment]) -> list[Text]:
        right = max(s.box[2] for s in stack)
        width = max(right - min(s.box[0] for s in stack), 1.0)
        groups: list[list[Segment]] = []
        runs_on = False
        for segment in stack:
            # A paragraph's line is long and reaches the margin; a label or a cell is short.
            near = bool(groups) and segment.box[1] - groups[-1][-1].box[3] <= LEADING * segment.height
            if runs_on and near and not _LABELLED.match(segment.text):
                groups[-1].append(segment)
            else:
                groups.append([segment])
            wide = segment.box[2] - segment.box[0]
            runs_on = (
                not _LEADER.search(segment.text) and wide >= FULL_LINE * width and wide >= PROSE_WIDTH * segment.height
            )
        return [self.text_of(group) for group in groups]

    def text_of(self, segments: Sequence[Segment]) -> Text:
        """Join segments into one text."""
        words = tuple(w for s in segments for w in s.words)
        starts: list[int] = []
        at = 0
        for word in words:
            starts.append(at)
            at += len(self.words[word].text) + 1
        return Text(" ".join(self.words[w].text for w in words), words, tuple(starts), tuple(segments))

    def quote(self, words: Sequence[int]) -> str:
        """Give words as they stand, one space between them."""
        return " ".join(self.words[w].text for w in words)

    def box(self, words: Sequence[int]) -> Box:
        """Give the box around words as they stand on the image."""
        return union([self.words[w].box for w in words])

    @property
    def letter_height(self) -> float:
        """Median height of the words, in pixels; 1 for an empty page."""
        heights = sorted(s.height for s in self.segments for _ in s.words)
        return heights[len(heights) // 2] if heights else 1.0


def squeeze(text: str) -> str:
    """Give letters and digits only, in lower case: for comparing titles and labels."""
    return re.sub(r"\W+", " ", text.lower()).strip()
