"""Find tables by their gutters: stretches of white that run down through several rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from internvl_cli.documents.page import Box
from internvl_cli.reader.grid import EMPTY, Cell, Grid, is_numeric, is_total
from internvl_cli.reader.shapes import is_date_word
from internvl_cli.reader.sheet import Segment, Sheet, union
from internvl_cli.reader.table_rows import cut_totals, filled, merge_wrapped, split_columns, trimmed

__all__ = ["Table", "find_tables"]

GUTTER = 0.5
"""Narrowest gutter between columns, in letter heights, once every row has been looked at."""

HEADER_GAP = 0.5
"""White between the lines of one header, at most, in letter heights."""

NEARER = 0.8
"""A line above the first numbers is a cell's, not the header's, where it is this much nearer to them."""

HEADER_WORDS = 3
"""Words of a header's cell, at most, where its cells run together."""

SPACE = 0.65
"""A gap narrower than this, in letter heights, is a space between words."""

ROW_GAP = 3.0
"""Widest white between two rows of one table, in letter heights."""

Gap = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns.

    Attributes:
        header: One cell a column; all empty where the table has no header row.
        rows: Each with one cell a column.
        numeric: Whether a column holds numbers.
        box: Around all its words, upright, in page pixels.
        words: Indices of all its words.
        caption: The line right above, if it looks like one.
    """

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    box: Box
    words: frozenset[int]
    caption: Cell

    def records(self) -> list[int]:
        """Give the indices of the rows that hold something and are no sums."""
        return [i for i, row in enumerate(self.rows) if any(c.text for c in row) and not is_total(row[0].text)]

    def grid(self) -> Grid | None:
        """Give the numbers by label and column; None where the table has no header or no column of labels."""
        columns = [c for c, n in enumerate(self.numeric) if n and c > 0 and self.header[c].text]
        label = next((c for c, n in enumerate(self.numeric) if not n), 0)
        columns = [c for c in columns if c != label]
        rows = [row for row in self.rows if row[label].text and not is_total(row[label].text)]
        if not columns or len(rows) < 2:
            return None
        return Grid(
            tuple(row[label] for row in rows),
            tuple(self.header[c] for c in columns),
            tuple(tuple(row[c] for c in columns) for row in rows),
            f"{self.caption.text} {self.header[label].text}",
            chart=False,
            label_name=self.header[label].text,
        )

    def markdown(self) -> str:
        """Give the table in GitHub's markdown, columns of numbers to the right."""

        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cells) + " |"

        def safe(cell: Cell) -> str:
            return cell.text.replace("\\", "\\\\").replace("|", "\\|")

        rule = ["---:" if numeric else "---" for numeric in self.numeric]
        return "\n".join(
            [line([safe(c) for c in self.header]), line(rule), *(line([safe(c) for c in r]) for r in self.rows)]
        )


def _gaps(row: Sequence[Segment]) -> list[Gap]:
    return [(a.box[2], b.box[0]) for a, b in pairwise(row) if b.box[0] > a.box[2]]


def _narrowed(gutters: Sequence[Gap], spans: Sequence[Gap], least: float) -> list[Gap] | None:
    """Cut a row's words out of the gutters; None where one of them closes."""
    result: list[Gap] = []
    for left, right in gutters:
        pieces = [(left, right)]
        for x0, x1 in spans:
            pieces = [p for a, b in pieces for p in ((a, min(b, x0)), (max(a, x1), b)) if p[1] > p[0]]
        best = max(pieces, key=lambda p: p[1] - p[0], default=(0.0, 0.0))
        if best[1] - best[0] < least:
            return None
        result.append(best)
    return result


def _spans(sheet: Sheet, row: Sequence[Segment]) -> list[Gap]:
    """Give what a row covers; only gaps wider than a space count as white."""
    spans: list[Gap] = []
    for segment in row:
        for i, word in enumerate(segment.words):
            x0, x1 = float(sheet.layout.boxes[word][0]), float(sheet.layout.boxes[word][2])
            if i and x0 - spans[-1][1] < SPACE * segment.height:
                spans[-1] = spans[-1][0], max(x1, spans[-1][1])
            else:
                spans.append((x0, x1))
    return spans


def _gap_between(upper: Sequence[Segment], lower: Sequence[Segment]) -> float:
    return min(s.box[1] for s in lower) - max(s.box[3] for s in upper)


@dataclass(slots=True)
class _Block:
    """Rows ``first`` to ``last`` of the page, all of which leave the gutters white."""

    first: int
    last: int
    gutters: list[Gap]

    @property
    def score(self) -> int:
        return (self.last - self.first) * len(self.gutters) ** 2


def _grow(sheet: Sheet, seed: int, taken: set[int]) -> _Block:
    rows = sheet.rows
    height = max(s.height for s in rows[seed])
    block = _Block(seed, seed, _gaps(rows[seed]))
    for step in (1, -1):
        at = seed
        while 0 <= at + step < len(rows) and at + step not in taken:
            row, previous = rows[at + step], rows[at]
            gap = _gap_between(previous, row) if step > 0 else _gap_between(row, previous)
            if gap > ROW_GAP * height or max(s.height for s in row) > 1.6 * height:
                break
            narrowed = _narrowed(block.gutters, _spans(sheet, row), GUTTER * height)
            if narrowed is None:
                break
            block.gutters = narrowed
            at += step
        if step > 0:
            block.last = at
        else:
            block.first = at
    return block


def _cells(sheet: Sheet, row: Sequence[Segment], gutters: Sequence[Gap]) -> list[Cell]:
    """Share the words of a row out among the columns."""
    middles = [(a + b) / 2 for a, b in gutters]
    columns: list[list[int]] = [[] for _ in range(len(gutters) + 1)]
    for word in (w for s in row for w in s.words):
        box = sheet.layout.boxes[word]
        columns[sum((box[0] + box[2]) / 2 > m for m in middles)].append(word)
    return [Cell(sheet.quote(words), tuple(words)) for words in columns]


def _numeric_columns(body: Sequence[Sequence[Cell]], columns: int) -> list[bool]:
    result: list[bool] = []
    for column in range(columns):
        cells = [row[column].text for row in body if row[column].text not in EMPTY]
        result.append(bool(cells) and sum(map(is_numeric, cells)) >= 0.6 * len(cells))
    return result


def _typed(cells: Sequence[str]) -> bool:
    """Dates, times and codes: what makes a column without numbers one all the same."""
    hits = sum(any(is_date_word(w) or re.match(r"\d{1,2}[:.]\d\d", w) for w in cell.split()[:2]) for cell in cells)
    return bool(cells) and hits >= 0.6 * len(cells)


def _header_rows(grid: Sequence[Sequence[Cell]], numeric: Sequence[bool]) -> int:
    """Count the rows above the first one that has a number in a column of numbers."""
    if not any(numeric):
        return 1 if len(grid) > 2 and all(not re.search(r"\d", c.text) for c in grid[0]) else 0
    for number, row in enumerate(grid):
        body = [c.text for c, is_column in zip(row, numeric, strict=True) if is_column and c.text not in EMPTY]
        years = bool(body) and number == 0 and all(re.fullmatch(r"(?:19|20)\d\d", t) for t in body)
        if any(map(is_numeric, body)) and not years:
            return number
    return 0


def _table(sheet: Sheet, block: _Block) -> Table | None:
    columns = len(block.gutters) + 1
    grid = [_cells(sheet, sheet.rows[r], block.gutters) for r in range(block.first, block.last + 1)]
    first, last = trimmed(grid, block.first, block.last)
    grid = grid[first - block.first : last - block.first + 1]
    if len(grid) < 3 or columns < 2:
        return None
    grid = grid[: cut_totals(grid)]
    if len(grid) < 3:
        return None
    numeric = _numeric_columns(grid[1:], columns)
    last = first + len(grid) - 1
    height = sheet.letter_height
    heads = _header_rows(grid, numeric)
    between = [_gap_between(sheet.rows[first + i], sheet.rows[first + i + 1]) for i in range(heads)]
    # The first line of a centred cell stands above its numbers, like a header.
    while heads > 1 and filled(grid[heads - 1]) == 1 and between[heads - 1] < NEARER * between[heads - 2]:
        heads -= 1
    top = heads - 1 if heads else 0
    # A header of several lines has them close together; what stands farther up is something else.
    while top > max(0, heads - 3):
        gap = _gap_between(sheet.rows[first + top - 1], sheet.rows[first + top])
        # Lines of cells that are centred in their height overlap: whatever they say, they are one header.
        overlaps = gap < 0 and not any(is_numeric(cell.text) for cell in grid[top - 1])
        if gap >= HEADER_GAP * height or not (overlaps or _continues(grid[top - 1])):
            break
        top -= 1
    header = tuple(Cell() for _ in range(columns))
    for row in grid[top:heads]:
        header = tuple(a.joined(b) for a, b in zip(header, row, strict=True))
    if not heads:
        header = _tight_header(sheet, first, grid, block.gutters) or header
    gaps = [_gap_between(sheet.rows[r - 1], sheet.rows[r]) for r in range(first + heads + 1, last + 1)]
    rows = merge_wrapped(grid[heads:], gaps, numeric, height)
    if not _is_table(header, rows, numeric):
        return None
    header, rows = split_columns(header, rows, sheet, height)
    numeric = _numeric_columns(rows, len(header))
    words = frozenset(w for row in (header, *rows) for cell in row for w in cell.words)
    box = union([tuple(float(v) for v in sheet.layout.boxes[w]) for w in words])  # type: ignore[misc]
    return Table(header, tuple(rows), tuple(numeric), box, words, _caption(sheet, first + top, box))


def _tight_header(
    sheet: Sheet, first: int, grid: Sequence[Sequence[Cell]], gutters: Sequence[Gap]
) -> tuple[Cell, ...] | None:
    """Take the row above as the header where its words lie over the columns, though too close to leave gutters."""
    if first == 0 or len(gutters) < 2:
        return None
    row = sheet.rows[first - 1]
    height = sheet.letter_height
    if not -height < _gap_between(row, sheet.rows[first]) <= ROW_GAP * height / 2:
        return None
    cells = _cells(sheet, row, gutters)
    if any(not c.text or not _continues([c]) or len(c.words) > HEADER_WORDS for c in cells):
        return None
    for column, cell in enumerate(cells):
        body = [sheet.layout.boxes[w] for line in grid for w in line[column].words]
        head = [sheet.layout.boxes[w] for w in cell.words]
        if (
            not body
            or min(b[0] for b in head) > max(b[2] for b in body)
            or max(b[2] for b in head) < min(b[0] for b in body)
        ):
            return None
    return tuple(cells)


def _continues(row: Sequence[Cell]) -> bool:
    """Say whether a row can be the upper line of a header: no facts, no labels with values."""
    return not any(re.search(r"\d|[:\-–]$", cell.text) for cell in row)


def _is_table(header: Sequence[Cell], rows: Sequence[Sequence[Cell]], numeric: Sequence[bool]) -> bool:
    """Tell a table from columns of prose and from labels with their values."""
    if len(rows) < 2:
        return False
    columns = len(numeric)
    texts = [[row[c].text for row in rows if row[c].text] for c in range(columns)]
    if any(not column for column in texts):
        return False
    fill = sum(map(len, texts)) / (columns * len(rows))
    labels = sum(row[0].text.endswith(":") for row in rows)
    if labels >= 0.5 * len(rows) or fill < 0.5:
        return False
    if columns == 2 and not any(cell.text for cell in header):
        # Two columns without a header are a list of prices, or facts with their labels: money, dates and numbers mixed.
        return numeric[1] and len(rows) >= 3 and all(is_numeric(t) for t in texts[1])
    words = [sum(len(t.split()) for t in column) / len(column) for column in texts]
    if any(numeric):
        return True
    # Text only: a header says so, or a first column of dates or times; an address beside labels has neither.
    headed = columns >= 3 and any(cell.text for cell in header) and len(rows) >= 3
    return (headed or _typed(texts[0])) and fill >= 0.7 and sum(w > 4.5 for w in words) < 2


def _caption(sheet: Sheet, first: int, box: Box) -> Cell:
    """Give the line above, where it stands alone, near, and over the table."""
    if first == 0:
        return Cell()
    above = sheet.rows[first - 1]
    segment = above[0]
    near = box[1] - segment.box[3] <= ROW_GAP * segment.height
    if sum(c.isalpha() for c in segment.text) < 3 or re.search(r"\d{5}", segment.text):
        return Cell()
    over = segment.box[0] < box[2] and segment.box[2] > box[0]
    if len(above) > 1 or not near or not over or len(segment.words) > 14 or segment.text.endswith((".", ":", "-")):
        return Cell()
    return Cell(segment.text, segment.words)


def find_tables(sheet: Sheet) -> list[Table]:
    """Find the tables of a page, from the top; looked for once.

    Rows that leave the same gutters white make a block; a block is a table where it has at least two rows under its
    header (three without one) and a column of numbers, or at least three well-filled columns of short text.
    """
    if "tables" not in sheet.known:
        sheet.known["tables"] = _found(sheet)
    found: list[Table] = sheet.known["tables"]
    return found


def _found(sheet: Sheet) -> list[Table]:
    taken: set[int] = set()
    blocks = [_grow(sheet, r, taken) for r, row in enumerate(sheet.rows) if len(row) > 1]
    found: list[Table] = []
    for block in sorted(blocks, key=lambda b: -b.score):
        if taken & set(range(block.first, block.last + 1)):
            continue
        table = _table(sheet, block)
        if table is not None:
            found.append(table)
            taken |= set(range(block.first, block.last + 1))
    return sorted(found, key=lambda t: t.box[1])
