"""Reading order of words, from their boxes alone. Pure.

Rows go from top to bottom and words in a row from left to right, which is how tables, forms and most pages are read.
Columns of prose are the exception: where a gutter runs between two texts of several lines each, the left one is read
first. Tables do not look like that, because one side of each gutter has only a word or two in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from internvl_cli.documents.page import Word

__all__ = ["reading_order"]

_BINS = 96
"""Places across the page at which a gutter is looked for."""
_MIN_LINES = 5
_MIN_WORDS_PER_LINE = 3.5
_MIN_GUTTER = 0.8
"""Width of a gutter, in heights of a word."""
_MAX_STRIPE = 3.0
"""An empty stripe across both columns that is higher ends them; in heights of a word."""


def reading_order(words: Sequence[Word]) -> list[Word]:
    """Sort words into reading order.

    Args:
        words: With boxes in pixels; in any order.

    Returns:
        The same words.
    """
    if len(words) < 2 * _MIN_LINES * _MIN_WORDS_PER_LINE:
        return _by_rows(words)
    height = median(word.box[3] - word.box[1] for word in words)
    for gutter in _gutters(words):
        band = _band_without_crossing(words, gutter, height)
        if band is not None:
            top, left, right, bottom = band
            return reading_order(top) + reading_order(left) + reading_order(right) + reading_order(bottom)
    return _by_rows(words)


def _by_rows(words: Sequence[Word]) -> list[Word]:
    """Sort words by rows: a word is in a row if half of the lower of the two is beside the row's first word."""
    rows: list[tuple[float, float, list[Word]]] = []
    for word in sorted(words, key=lambda w: (w.box[1] + w.box[3], w.box[0])):
        top, bottom = word.box[1], word.box[3]
        # Only the last rows can still be beside this word: the words come by their centres.
        for first, last, row in reversed(rows[-3:]):
            low, high = sorted((bottom - top, last - first))
            if min(bottom, last) - max(top, first) >= 0.5 * low and high <= 2.5 * low:
                row.append(word)
                break
        else:
            rows.append((top, bottom, [word]))
    rows.sort(key=lambda row: row[0])  # a large heading comes before the small lines beside it
    return [word for _, _, row in rows for word in sorted(row, key=lambda w: w.box[0])]


def _gutters(words: Sequence[Word]) -> list[float]:
    """Give places that few words cross, the emptiest first."""
    left = min(word.box[0] for word in words)
    width = max(word.box[2] for word in words) - left
    if width <= 0:
        return []
    changes = [0] * (_BINS + 1)
    for word in words:
        changes[int((word.box[0] - left) / width * (_BINS - 1))] += 1
        changes[int((word.box[2] - left) / width * (_BINS - 1)) + 1] -= 1
    cover: list[int] = []
    for change in changes[:_BINS]:
        cover.append((cover[-1] if cover else 0) + change)
    limit = 0.4 * median(cover)
    low = [b for b in range(_BINS // 8, _BINS - _BINS // 8) if cover[b] <= limit]
    runs: list[list[int]] = []
    for b in low:
        if runs and runs[-1][-1] == b - 1:
            runs[-1].append(b)
        else:
            runs.append([b])
    runs.sort(key=lambda run: min(cover[b] for b in run))
    return [left + (run[len(run) // 2] + 0.5) / (_BINS - 1) * width for run in runs[:6]]


Band = tuple[list[Word], list[Word], list[Word], list[Word]]


def _band_without_crossing(words: Sequence[Word], gutter: float, height: float) -> Band | None:
    """Split words at a gutter: above the band, left, right, below; None where no band has prose on both sides."""
    margin = _MIN_GUTTER * height / 2
    crossing = sorted((w.box[1], w.box[3]) for w in words if w.box[0] < gutter + margin and w.box[2] > gutter - margin)
    edges = [(float("-inf"), float("-inf")), *crossing, (float("inf"), float("inf"))]
    best: Band | None = None
    start = edges[0][1]
    for top, bottom in edges[1:]:
        if top - start > _MIN_LINES * height:
            for first, last in _pieces(words, start, top, height):
                band = _split(words, gutter, first, last)
                if _is_prose(band[1]) and _is_prose(band[2]) and (best is None or len(band[1]) > len(best[1])):
                    best = band
        start = max(start, bottom)
    return best


def _pieces(words: Sequence[Word], start: float, end: float, height: float) -> list[tuple[float, float]]:
    """Cut what lies between two heights of the page at its wide empty stripes."""
    pieces: list[tuple[float, float]] = []
    for top, bottom in sorted((w.box[1], w.box[3]) for w in words if start <= (w.box[1] + w.box[3]) / 2 <= end):
        if pieces and top - pieces[-1][1] <= _MAX_STRIPE * height:
            pieces[-1] = (pieces[-1][0], max(pieces[-1][1], bottom))
        else:
            pieces.append((top, bottom))
    return pieces


def _split(words: Sequence[Word], gutter: float, start: float, end: float) -> Band:
    band: Band = ([], [], [], [])
    for word in words:
        centre = (word.box[1] + word.box[3]) / 2
        if centre < start:
            band[0].append(word)
        elif centre > end:
            band[3].append(word)
        else:
            band[1 if word.box[0] < gutter else 2].append(word)
    return band


def _is_prose(words: Sequence[Word]) -> bool:
    if len(words) < _MIN_LINES * _MIN_WORDS_PER_LINE:
        return False
    height = median(word.box[3] - word.box[1] for word in words)
    lines, last = 0, float("-inf")
    for centre in sorted((word.box[1] + word.box[3]) / 2 for word in words):
        if centre - last > 0.6 * height:
            lines += 1
            last = centre
    return lines >= _MIN_LINES and len(words) >= _MIN_WORDS_PER_LINE * lines
