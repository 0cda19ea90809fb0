"""The cell of a row and a column that a question names both in the page's own words: "arrival in Zamora"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from internvl_cli.reader.asked import tokens
from internvl_cli.reader.extremes import same_word
from internvl_cli.reader.order import named_cells
from internvl_cli.reader.tables import Table

__all__ = ["named_cell"]

CLEAR = 0.2
"""By how much the best header must be ahead of the next."""

_NEVER = re.compile(
    r"\b(?:than|or|not|before|after|next|first|last|total|most|least|\w+est|difference|sum|together|combined|above|below|times|and|"
    r"between|average|only|more|less)\b"
)
"""Questions over rows, which name one row all the same."""


def _named(header: str) -> list[str]:
    """Cut a header into words, without its unit ("Height (m)")."""
    return tokens(re.sub(r"\([^)]*\)", "", header)) or tokens(header)


def _column(asked: Sequence[str], table: Table, but: set[int]) -> int | None:
    """Find the one column whose whole header the words say."""
    scores: dict[int, float] = {}
    for c, cell in enumerate(table.header):
        header = _named(cell.text)
        if header and c not in but:
            hits = sum(any(h == w or (len(h) > 4 and same_word(h, w)) for w in asked) for h in header)
            scores[c] = hits + hits / len(header)
    best = sorted(scores, key=lambda c: -scores[c])
    if not best or scores[best[0]] < len(_named(table.header[best[0]].text)) + 1:
        return None
    if len(best) > 1 and scores[best[0]] - scores[best[1]] < CLEAR:
        return None
    return best[0]


def named_cell(question: str, tables: Sequence[Table]) -> tuple[int, ...]:
    """Find the cell that a question names by its row and its column, in the largest table of a page.

    Returns:
        Its words; none where the question names no row, several, or no header.
    """
    if not tables or _NEVER.search(question.lower()):
        return ()
    table = max(tables, key=lambda t: len(t.words))
    asked = tokens(question)
    named = named_cells(asked, table)
    rows, places = {r for r, _, _ in named}, {place for _, _, place in named}
    if len(rows) != 1 or len(places) != 1:
        return ()
    (place,) = places
    rest = [word for i, word in enumerate(asked) if i not in place]
    column = _column(rest, table, {c for _, c, _ in named})
    return () if column is None else table.rows[rows.pop()][column].words
