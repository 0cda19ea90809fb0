"""Pies and rings: shares that add up to a hundred per cent, each with its label."""

from __future__ import annotations

import re
from collections.abc import Collection

from internvl_cli.reader.charts.legend import Palette
from internvl_cli.reader.grid import Cell
from internvl_cli.reader.operators import parse_number
from internvl_cli.reader.sheet import Segment, Sheet

__all__ = ["find_pie"]

MOST_WORDS = 150
"""A page with more words than this is a text that mentions shares."""

ROUNDING = 2.5
"""The shares add up to 100 within this; whole numbers lose half a point each."""

_SHARE = re.compile(r"[(]?(\d{1,3}(?:[.,]\d{1,2})?)\s?%[)]?")
_WITH_LABEL = re.compile(
    r"^(?P<before>[^\d%(]*?(?:[^\W\d_]|\d{4}|\))?)[\s:–—,-]*[(]?(?P<share>\d{1,3}(?:[.,]\d{1,2})?\s?%)[)]?(?P<after>\D*)$"
)


def _split(sheet: Sheet, segment: Segment) -> tuple[Cell, Cell] | None:
    """Cut "Rent 32%" into label and share; the label may be empty."""
    share = [i for i, w in enumerate(segment.words) if "%" in sheet.words[w].text]
    if len(share) != 1:
        return None
    at = share[0]
    words = [at - 1, at] if sheet.words[segment.words[at]].text.strip("()") == "%" and at > 0 else [at]
    text = "".join(sheet.words[segment.words[i]].text for i in words)
    rest = tuple(w for i, w in enumerate(segment.words) if i not in words)
    if not _SHARE.fullmatch(text.strip(":;,")):
        return None
    label = sheet.quote(rest).strip(" :–—-,()")
    return Cell(label, rest), Cell(text.strip("():;,"), tuple(segment.words[i] for i in words))


def _neighbour(sheet: Sheet, segment: Segment, taken: Collection[int]) -> Segment | None:
    """Give the label right above or right below a share that stands alone."""
    best: Segment | None = None
    for other in sheet.segments:
        if other.index in taken or other.index == segment.index or "%" in other.text or len(other.words) > 5:
            continue
        gap = max(segment.box[1] - other.box[3], other.box[1] - segment.box[3])
        beside = abs(other.centre[0] - segment.centre[0]) < 1.2 * segment.height
        closer = best is None or abs(other.centre[1] - segment.centre[1]) < abs(best.centre[1] - segment.centre[1])
        if beside and gap < 0.7 * segment.height and re.search(r"[^\W\d_]", other.text) and closer:
            best = other
    return best


def find_pie(
    sheet: Sheet, palette: Palette | None, skip: Collection[int] = ()
) -> tuple[list[Cell], list[Cell], set[int]] | None:
    """Find shares that add up to 100 % with a label each.

    The label stands in the same line, else right above or below, else in a legend of the same colour.

    Returns:
        Labels, values, and all their words; None where there is no pie or a label is missing.
    """
    if len(sheet.words) > MOST_WORDS:
        return None
    shares: list[tuple[Segment, Cell, Cell]] = []
    for segment in sheet.segments:
        if set(segment.words) & set(skip) or "%" not in segment.text:
            continue
        parts = _split(sheet, segment)
        if parts is not None:
            shares.append((segment, *parts))
    numbers = [parse_number(share.text) for _, _, share in shares]
    if len(shares) < 2 or abs(sum(float(n.value) for n in numbers if n) - 100) > ROUNDING:
        return None
    labels = [label for _, label, _ in shares]
    if not all(label.text for label in labels):
        labels = _above_or_below(sheet, shares) or _by_colour(sheet, shares, palette) or []
    if len(labels) != len(shares) or len({label.text for label in labels}) != len(labels):
        return None
    values = [share for _, _, share in shares]
    return labels, values, {w for cell in (*labels, *values) for w in cell.words}


def _above_or_below(sheet: Sheet, shares: list[tuple[Segment, Cell, Cell]]) -> list[Cell] | None:
    taken: set[int] = set()
    labels: list[Cell] = []
    for segment, label, _ in shares:
        other = None if label.text else _neighbour(sheet, segment, taken)
        if label.text:
            labels.append(label)
        elif other is not None:
            labels.append(Cell(other.text, other.words))
            taken.add(other.index)
        else:
            return None
    return labels


def _by_colour(sheet: Sheet, shares: list[tuple[Segment, Cell, Cell]], palette: Palette | None) -> list[Cell] | None:
    if palette is None:
        return None
    legend = palette.legend(sheet, {segment.index for segment, _, _ in shares})
    if len(legend) != len(shares):
        return None
    labels: list[Cell] = []
    for segment, _, _ in shares:
        which = palette.nearest(sheet, segment, [colour for _, colour in legend], 0)
        if which is None:
            return None
        labels.append(Cell(legend[which][0].text, legend[which][0].words))
    return labels
