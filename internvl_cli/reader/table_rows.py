"""From lines of cells to rows: cells that were broken over lines are joined, headings and sums at the ends cut off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from internvl_cli.reader.grid import EMPTY, Cell, is_numeric, is_total
from internvl_cli.reader.sheet import Sheet

__all__ = ["cut_totals", "filled", "merge_wrapped", "split_columns", "trimmed"]

NARROW = 0.3
"""White between a column of numbers and the text beside it, at least, in letter heights; little more than a space."""

NUMBERS = 0.9
"""Share of the cells on one side that must be numbers, and of those on the other that must not."""

BOTH = 0.8
"""Share of the rows that must have words on both sides of such a narrow gutter."""

FULL = 0.75
"""Share of the most cells that a line has, which make it the first line of a row."""

FULL_ROWS = 3
"""Such lines needed before their distance says anything."""

CLOSER = 0.03
"""The other lines of a cell are closer than rows by more than this share, at least."""

SHARED = 0.3
"""Share of the lines with nothing in the first column that may be as full as rows, where they are to be no rows."""

COUNTED = 0.8
"""Share of the steps from number to number that must be 1 in a table that counts its rows."""

FARTHER = 0.1
"""The white around a centred cell is wider than that between its lines by more than this share."""


_ORDINAL = re.compile(r"(\d{1,3})[.)]?(?:\s|$)")


def filled(cells: Sequence[Cell]) -> int:
    """Count the cells that hold something."""
    return sum(cell.text != "" for cell in cells)


def _merge_centred(
    grid: list[list[Cell]], gaps: list[float], numeric: Sequence[bool]
) -> tuple[list[list[Cell]], list[float]]:
    """Join the lines above and below a row's numbers to it, where both are nearer to it than to their other neighbours.

    Args:
        grid: The rows below the header.
        gaps: White between neighbouring rows, in page pixels; negative where they overlap.
        numeric: Whether a column holds numbers.
    """

    def part(i: int) -> frozenset[int]:
        if not 0 <= i < len(grid) or any(c.text for c, n in zip(grid[i], numeric, strict=True) if n):
            return frozenset()
        return frozenset(c for c, cell in enumerate(grid[i]) if cell.text)

    rows: list[list[Cell]] = []
    white: list[float] = []
    i = 0
    while i < len(grid):
        above, below = part(i), part(i + 2)
        inner = gaps[i : i + 2]
        outer = [gaps[j] for j in (i - 1, i + 2) if 0 <= j < len(gaps)]
        lines = bool(above) and above == below and not part(i + 1) and len(above) < len(numeric)
        taken = 3 if lines and all(o > max(inner) + FARTHER * abs(max(inner)) + 1 for o in outer) else 1
        # A name set a little higher than its numbers overlaps them.
        if taken == 1 and above and inner and inner[0] < 0 and not part(i + 1) and all(o > 0 for o in gaps[i - 1 : i]):
            taken = 2
        rows.append([Cell()] * len(numeric))
        for line in grid[i : i + taken]:
            rows[-1] = [a.joined(b) for a, b in zip(rows[-1], line, strict=True)]
        i += taken
        white += gaps[i - 1 : i]
    return rows, white


def _row_pitch(grid: Sequence[Sequence[Cell]], gaps: Sequence[float], height: float) -> tuple[float, float] | None:
    """Measure the way down to lines that are nearly full, which begin rows: the median, and how far it may waver."""
    full = max(map(filled, grid), default=0)
    pitches = [g + height for g, row in zip(gaps, grid[1:], strict=True) if filled(row) >= FULL * full]
    if len(pitches) < FULL_ROWS:
        return None
    median = float(np.median(pitches))
    wavering = float(np.percentile(np.abs(np.asarray(pitches) - median), 80))
    return median, max(CLOSER * median, 2 * wavering)


def _fits_under(row: Sequence[Cell], above: Sequence[Cell]) -> bool:
    """Whether a line has words under cells of a row only, and under fewer than all of them."""
    return filled(row) < filled(above) and all(
        over.text or not cell.text for cell, over in zip(row, above, strict=True)
    )


def _indents(grid: Sequence[Sequence[Cell]]) -> bool:
    """Whether lines with nothing in the first column go on with the row above, and are no rows under a shared name."""
    begun = [filled(row) for row in grid if row[0].text]
    inside = [filled(row) for row in grid if not row[0].text]
    if not begun or not inside or len(grid[0]) < 3:
        return False
    usual = float(np.median(begun))
    return sum(count >= usual - 1 for count in inside) < SHARED * len(inside)


def _numbered(grid: Sequence[Sequence[Cell]]) -> frozenset[int]:
    """Give the lines that begin with 1, 2, 3 …, where a table counts its rows so; none where it does not."""
    found = {i: int(m[1]) for i, row in enumerate(grid) if (m := _ORDINAL.match(row[0].text))}
    steps = [b - a for a, b in pairwise(found.values())]
    counts = len(steps) >= FULL_ROWS and sum(s == 1 for s in steps) >= COUNTED * len(steps)
    return frozenset(found) if counts else frozenset()


def merge_wrapped(
    grid: list[list[Cell]], gaps: list[float], numeric: Sequence[bool], height: float
) -> list[tuple[Cell, ...]]:
    """Join the other lines of a cell to its row: words in text columns only, closer than rows are.

    They stand below the row's numbers or, where cells are centred in their height, above and below.
    """
    grid, gaps = _merge_centred(grid, gaps, numeric)
    merged: list[list[Cell]] = []
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    pitch = _row_pitch(grid, gaps, height)
    indents, numbered = _indents(grid), _numbered(grid)

    def goes_on(i: int, row: Sequence[Cell]) -> bool:
        """Whether a line goes on with the row above it."""
        if any(c.text for c, n in zip(row, numeric, strict=True) if n):
            return False
        gap = gaps[i - 1]
        if any(numeric) and filled(row) < len(row) and (gap <= 0.35 * height or gap < 0.6 * usual):
            return True
        if not _fits_under(row, merged[-1]):
            return False
        if numbered and i not in numbered:
            return True
        if pitch is None:
            return False
        median, margin = pitch
        return gap + height < median - margin or (indents and not row[0].text and gap + height <= median + margin)

    for i, row in enumerate(grid):
        if merged and goes_on(i, row):
            merged[-1] = [a.joined(b) for a, b in zip(merged[-1], row, strict=True)]
        else:
            merged.append(list(row))
    return [tuple(row) for row in merged]


def trimmed(grid: list[list[Cell]], first: int, last: int) -> tuple[int, int]:
    """Drop rows with one cell only at both ends: headings above, remarks below."""
    low, high = 0, len(grid)
    while low < high and filled(grid[low]) < 2:
        low += 1
    while high > low and filled(grid[high - 1]) < 2:
        high -= 1
    return first + low, first + high - 1


def cut_totals(grid: list[list[Cell]]) -> int:
    """Give the row where sums follow that have no cell in the first column ("Subtotal" under "Unit price")."""
    for i in range(2, len(grid)):
        if grid[i][0].text:
            continue
        for column in range(1, len(grid[i]) - 1):
            text = grid[i][column].text
            above = [row[column].text for row in grid[1:i] if row[column].text not in EMPTY]
            numbers = bool(above) and sum(map(is_numeric, above)) >= 0.6 * len(above)
            if text not in EMPTY and not is_numeric(text) and (numbers or is_total(text)):
                return i
    return len(grid)


def _inner_gutter(cells: Sequence[Cell], boxes: npt.NDArray[np.float64], least: float) -> float | None:
    """Find the white that runs down inside cells; None where there is none, or where words lie on one side only."""
    spans = sorted((float(boxes[w][0]), float(boxes[w][2])) for cell in cells for w in cell.words)
    reach = -np.inf
    for left, right in spans:
        if reach > -np.inf and left - reach >= least:
            middle = (left + reach) / 2
            sides = [{bool(boxes[w][0] > middle) for w in cell.words} for cell in cells if cell.words]
            if sum(len(side) == 2 for side in sides) >= BOTH * len(sides):
                return middle
        reach = max(reach, right)
    return None


def split_columns(
    header: tuple[Cell, ...], rows: list[tuple[Cell, ...]], sheet: Sheet, height: float
) -> tuple[tuple[Cell, ...], list[tuple[Cell, ...]]]:
    """Part columns that are two: numbers beside text, with a narrow gutter that the header has too ("Result Unit")."""
    boxes = sheet.layout.boxes

    def cut(cell: Cell, at: float) -> tuple[Cell, Cell]:
        sides = [tuple(w for w in cell.words if (boxes[w][0] > at) == right) for right in (False, True)]
        return Cell(sheet.quote(sides[0]), sides[0]), Cell(sheet.quote(sides[1]), sides[1])

    column = 0
    while column < len(header):
        cells = [row[column] for row in rows if row[column].words]
        at = _inner_gutter([header[column], *cells], boxes, NARROW * height) if len(header[column].words) > 1 else None
        if at is not None:
            halves = [cut(cell, at) for cell in cells]
            numbers = [sum(is_numeric(h[side].text) for h in halves) / len(halves) for side in (0, 1)]
            if max(numbers) >= NUMBERS and min(numbers) <= 1 - NUMBERS:
                header = (*header[:column], *cut(header[column], at), *header[column + 1 :])
                rows = [(*row[:column], *cut(row[column], at), *row[column + 1 :]) for row in rows]
                column += 1
        column += 1
    return header, rows
