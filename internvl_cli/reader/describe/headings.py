"""Title and headings: what is set larger than the text, stands in capitals, or is numbered."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from internvl_cli.reader.sheet import Segment, Sheet, squeeze

__all__ = ["Heading", "find_headings", "find_title", "running_lines"]

LARGER = 1.14
"""A heading's letters are at least this much higher than the text's (a text layer tells exactly)."""

LARGER_OCR = 1.3
"""The same for OCR, whose boxes vary with ascenders and descenders."""

TITLE_PART = 0.5
"""The title stands in this part of the page, from the top."""

_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,4}\.|[A-H]\.|§\s?\d+|Article\s\d+|Section\s\d+)\s+[A-ZÄÖÜÉ]\S*"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, a title.

    Attributes:
        text: Its lines joined.
        words: Indices of its words.
        height: Of its letters, in pixels.
        level: 1 is the largest on the page.
    """

    text: str
    words: tuple[int, ...]
    height: float
    level: int = 1


def _body_height(sheet: Sheet) -> float:
    """Give the height of the running text: the median over letters."""
    weighted = sorted((s.height, len(s.text)) for s in sheet.segments)
    half, seen = sum(n for _, n in weighted) / 2, 0
    for height, letters in weighted:
        seen += letters
        if seen >= half:
            return height
    return 1.0


def _factor(sheet: Sheet) -> float:
    return LARGER if all(w.confidence == 1.0 for w in sheet.words) else LARGER_OCR


def _wordy(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= 3 and letters >= 0.5 * len(text.replace(" ", ""))


def _joined(sheet: Sheet, segment: Segment, done: set[int]) -> Heading:
    """Take the following lines of the same size along."""
    parts = [segment]
    while True:
        following = int(sheet.layout.below[parts[-1].index])
        if following < 0:
            break
        other = sheet.segments[following]
        ratio = other.height / parts[-1].height
        if not 0.9 < ratio < 1.11 or other.index in done or len(parts) == 3 or _NUMBERED.match(other.text):
            break
        parts.append(other)
    done.update(s.index for s in parts)
    words = tuple(w for s in parts for w in s.words)
    return Heading(sheet.quote(words), words, max(s.height for s in parts))


def running_lines(sheets: Sequence[Sheet]) -> set[str]:
    """Give the lines (squeezed, digits left out) that stand at the top or the foot of several pages."""
    counts: dict[str, int] = {}
    for sheet in sheets:
        height = sheet.layout.size[1]
        edge = {_key(s.text) for s in sheet.segments if s.box[3] < 0.1 * height or s.box[1] > 0.9 * height}
        for key in edge:
            counts[key] = counts.get(key, 0) + 1
    return {key for key, count in counts.items() if count > 1}


def _key(text: str) -> str:
    return re.sub(r"\d+", "", squeeze(text)).strip()


def find_title(sheet: Sheet, skip: Collection[int] = ()) -> Heading | None:
    """Find the title of a document on its first page: the largest words of the upper half, if larger than the text."""
    body, factor = _body_height(sheet), _factor(sheet)
    limit = TITLE_PART * sheet.layout.size[1]
    high = [s for s in sheet.segments if s.box[1] < limit and _wordy(s.text) and not set(s.words) & set(skip)]
    high = [s for s in high if len(s.words) <= 16]
    largest = max((s.height for s in high), default=0.0)
    if largest >= factor * body:
        return _joined(sheet, next(s for s in high if s.height >= 0.95 * largest), set())
    alone = [s for s in high if len(sheet.rows[s.row]) == 1]
    for segment in alone[:3]:
        if segment.text.isupper() and len(segment.words) <= 10:
            return Heading(segment.text, segment.words, segment.height)
    return None


def find_headings(sheet: Sheet, skip: Collection[int] = (), running: Collection[str] = ()) -> list[Heading]:
    """Find the headings of a page, from the top.

    Args:
        sheet: The page.
        skip: Words of tables and charts.
        running: Lines at the edges of several pages, as ``running_lines`` gives them.
    """
    body, factor = _body_height(sheet), _factor(sheet)
    skipped = set(skip)
    done: set[int] = set()
    found: list[Heading] = []
    for segment in sheet.segments:
        if segment.index in done or skipped & set(segment.words) or not _wordy(segment.text):
            continue
        if len(segment.words) > 16 or (running and _key(segment.text) in running):
            continue
        ends = segment.text.endswith((",", ";")) or (segment.text.endswith(".") and len(segment.words) > 6)
        if segment.height >= factor * body and not ends:
            found.append(_joined(sheet, segment, done))
        elif _stands_out(sheet, segment):
            done.add(segment.index)
            found.append(Heading(segment.text, segment.words, segment.height))
    return _levelled(found)


def _stands_out(sheet: Sheet, segment: Segment) -> bool:
    """Say whether a line of the text's size is a heading: capitals or a number, alone on its row, text below."""
    if len(sheet.rows[segment.row]) > 1 or len(segment.words) > 10 or segment.text.endswith((".", ",", ";", ":")):
        return False
    numbered = _NUMBERED.match(segment.text) is not None and len(segment.words) <= 8
    capitals = (
        segment.text.isupper() and sum(c.isalpha() for c in segment.text) >= 5 and not re.search(r"\d", segment.text)
    )
    if not (numbered or capitals) or segment.row + 1 >= len(sheet.rows):
        return False
    following = sheet.rows[segment.row + 1][0]
    above = sheet.rows[segment.row - 1][0] if segment.row else None
    apart = above is None or segment.box[1] - above.box[3] > 0.4 * segment.height
    return apart and following.box[1] - segment.box[3] < 4 * segment.height


def _levelled(headings: list[Heading]) -> list[Heading]:
    """Give levels by size: sizes within a twelfth share one."""
    sizes: list[float] = []
    for height in sorted((h.height for h in headings), reverse=True):
        if not sizes or height < 0.92 * sizes[-1]:
            sizes.append(height)
    return [Heading(h.text, h.words, h.height, 1 + min(3, sum(h.height < 0.92 * s for s in sizes))) for h in headings]
