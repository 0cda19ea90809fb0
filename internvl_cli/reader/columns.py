# ruff: noqa: E501
"""Complete what the network selected to a whole column, where a question sets no condition on the rows.

"Which tests were done?", "How many dishes are there?", "the average price", "which dish is dearest": the network knows
the column and misses some of its cells, since nothing in training makes it count. The gutters of the table know them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from internvl_cli.documents.page import Page, Word
from internvl_cli.reader.asked import IDLE, tokens
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.grid import is_total
from internvl_cli.reader.sheet import Sheet
from internvl_cli.reader.tables import Table, find_tables

__all__ = ["sheet_of", "tables_of", "whole_column"]

INSIDE = 0.6
"""Share of the selected cells that must lie in one column of one table."""

TELLING = 3
"""A word of a cell that has at least this many letters, or a number, tells the cell where it stands in a question."""

_CONDITION = re.compile(
    r"\b(?:than|above|below|over|under|beyond|within|between|exceed\w*|at least|at most|except|without|excluding|only|not|too|"
    r"both|before|after|earlier|later|since|until|first|second|third|last|next|top|bottom|half|every other|if|whose|where|"
    r"with(?! the (?:most|least|\w+est)\b)|difference|versus|vs)\b",
    re.IGNORECASE,
)
_HAVING = re.compile(r"\b(?:ha(?:ve|s|d)(?! been\b)|having|cost|costs|weigh|weighs|contain|contains)\b", re.IGNORECASE)
_DIFFERENT = re.compile(r"\b(?:different|distinct|unique|kinds of)\b", re.IGNORECASE)
_EVERY = frozenset({"list", "count"})
_OVER = frozenset({"sum", "average", "maximum", "minimum", "argmax", "argmin"})

Cells = list[list[int]]


def sheet_of(features: PageFeatures) -> Sheet:
    """Give a page's words as a sheet, for rules that need no image; made once."""

    def nothing() -> None:
        raise AssertionError("rules over words need no image")

    known: Sheet | None = features.known.get("sheet")
    if known is not None:
        return known
    boxes = features.layout.boxes.tolist()
    words = tuple(Word(text, tuple(box)) for text, box in zip(features.texts, boxes, strict=True))
    width, height = features.layout.size
    page = Page("", "", 1, int(width), int(height), words, nothing)  # type: ignore[arg-type]
    sheet = features.known["sheet"] = Sheet(page, words, features.layout)
    return sheet


def tables_of(features: PageFeatures) -> list[Table]:
    """Find the tables of a page by its words alone, once."""
    return find_tables(sheet_of(features))


def _place(table: Table, cells: Sequence[Sequence[int]], scattered: bool = False) -> int | None:
    """Give the column that holds most of the cells; None where they stand outside or, unless allowed, are scattered."""
    column = {w: c for row in table.rows for c, cell in enumerate(row) for w in cell.words}
    votes: dict[int, int] = {}
    for cell in cells:
        inside = [column[w] for w in cell if w in column]
        if inside:
            votes[inside[0]] = votes.get(inside[0], 0) + 1
    if not votes:
        return None
    best = max(votes, key=lambda c: votes[c])
    inside_all = sum(votes.values()) if scattered else votes[best]
    return best if inside_all >= INSIDE * len(cells) else None


def _conditional(kind: str, question: str, table: Table) -> bool:
    """Say whether the question means some rows only: it sets a limit, or names a cell."""
    if _CONDITION.search(question) or (kind in _EVERY and _HAVING.search(question)):
        return True
    asked = set(tokens(question)) - {token for cell in table.header for token in tokens(cell.text)} - IDLE - {"total"}
    return any(
        (len(token) >= TELLING or token.isdigit()) and token in asked
        for row in table.rows
        for cell in row
        for token in tokens(cell.text)
    )


def whole_column(
    kind: str, question: str, values: Cells, labels: Cells, features: PageFeatures
) -> tuple[Cells, Cells] | None:
    """Complete selected cells to their column.

    Args:
        kind: An operator, or ``list``.
        question: As the user wrote it.
        values: Words of each cell that the network selected.
        labels: Words of each label, for ``argmax`` and ``argmin``.
        features: The page.

    Returns:
        Values and labels of all rows but those of sums; None where the question sets a condition, or where the cells
        are no column.
    """
    if kind not in _EVERY | _OVER or not values:
        return None
    for table in tables_of(features):
        # Rows are counted, whichever of their cells were marked.
        column = _place(table, values, scattered=kind == "count")
        if column is None or _conditional(kind, question, table):
            continue
        named = _place(table, labels) if labels else None
        head = next((c for c, n in enumerate(table.numeric) if not n), 0)
        if named is None or named == column:
            named = head
        rows = [row for row in table.rows if row[column].words and not is_total(row[head].text)]
        if len(rows) < len(values) * INSIDE or len(rows) < 2:
            continue
        if kind in ("argmax", "argmin") and (named == column or not all(row[named].words for row in rows)):
            continue
        if kind == "count" and _DIFFERENT.search(question):
            rows = list({row[column].text.lower(): row for row in rows}.values())
        return [list(row[column].words) for row in rows], [list(row[named].words) for row in rows]
    return None
