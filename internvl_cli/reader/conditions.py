# ruff: noqa: E501
"""Rows under a condition: "how many dishes cost less than 12", "which players have the position Goalkeeper".

The question names a limit and the column it is for, or a value that stands in several rows of one column. Which rows
meet it is decided here; which cells of them are listed is the network's, by its scores over the columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from internvl_cli.reader.asked import tokens
from internvl_cli.reader.extremes import measure, plain_numbers
from internvl_cli.reader.operators import parse_column
from internvl_cli.reader.order import LEAST_SHARE, best_column, named_cells
from internvl_cli.reader.tables import Table

__all__ = ["Matching", "by_condition", "speaks_of_conditions"]

_LIMIT = re.compile(
    r"\b(?P<more>(?:more|greater|higher|larger|longer|bigger|heavier) than|above|over|exceed(?:s|ed|ing)?)\s+(?P<a>[^\d\s]{0,4}\s?\d.*)|"
    r"\b(?P<less>(?:fewer|less|lower|smaller|shorter|lighter) than|below|under)\s+(?P<b>[^\d\s]{0,4}\s?\d.*)|"
    r"\bat least\s+(?P<c>[^\d\s]{0,4}\s?\d.*)|\bat most\s+(?P<d>[^\d\s]{0,4}\s?\d.*)"
)
_COUNT = re.compile(r"\bhow (?:many|often)\b|^count\b|\bnumber of\b")
_HOW_MANY = re.compile(r"\b(?:how many|number of)\s+(.+)")
_LIST = re.compile(r"\b(?:which|what|who|list|name|give)\b")
_NEVER = re.compile(
    r"\b(?:not|except|without|excluding|other|besides|or|between|difference|average|sum|combined|(?<!at )most|least(?! \D{0,4}\d)|consecutive|more (?!than)|"
    r"fewer (?!than)|before|after|since|until|first|last|percent\w*|ratio|per)\b"
)
"""What this rule does not know: other relations, and more than one condition at a time."""


NOUN = 2
"""What is counted is said by the first words behind "how many"."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Rows that meet a condition.

    Attributes:
        kind: ``count`` or ``list``.
        cells: Words of each row's cell: of the condition's column for a count, of the column asked for in a list.
        rule: ``limit`` or ``value``; ``section`` for entries under a heading.
        share: Share of the network's scores that the listed column has; 1 for a count.
    """

    kind: str
    cells: tuple[tuple[int, ...], ...]
    rule: str
    share: float


def speaks_of_conditions(question: str) -> bool:
    """Say whether a question may ask for rows under a condition; cheap, before tables are looked for."""
    text = question.lower().strip()
    return bool(_COUNT.search(text) or _LIST.search(text)) and not _NEVER.search(text)


def _limited(
    text: str, table: Table, rows: Sequence[int], scores: dict[int, float] | None
) -> tuple[int, list[int]] | None:
    """Find the column of a limit and the rows within it."""
    found = _LIMIT.search(text)
    if found is None:
        return None
    behind = next(v for v in (found["a"], found["b"], found["c"], found["d"]) if v)
    numbers = plain_numbers(table, rows)
    column = measure(tokens(f"{text[: found.start()]} {behind}"), table, numbers)
    if column is None:
        full = [c for c, values in enumerate(numbers) if table.numeric[c] and None not in values]
        column = full[0] if len(full) == 1 else None
    if column is None and scores is not None:
        words = set(range(len(table.header))) - {c for c, n in enumerate(table.numeric) if n}
        column, share = best_column(table, scores, words)
        column = column if share >= LEAST_SHARE else None
    if column is None:
        return None
    # Read together with the column, which settles what a dot means.
    limit = parse_column([*(table.rows[r][column].text for r in rows), behind])[-1]
    if limit is None:
        return None

    def meets(value: Decimal) -> bool:
        if found["a"]:
            return value > limit.value
        if found["b"]:
            return value < limit.value
        return value >= limit.value if found["c"] else value <= limit.value

    hits = [r for r, v in zip(rows, numbers[column], strict=True) if v is not None and meets(v)]
    return column, hits


def _amounts(text: str, table: Table, rows: Sequence[int]) -> bool:
    """Say whether "how many" asks for what a column of numbers holds ("how many hours"), and not for rows."""
    found = _HOW_MANY.search(text)
    return found is not None and measure(tokens(found[1])[:NOUN], table, plain_numbers(table, rows)) is not None


def _valued(text: str, table: Table, rows: Sequence[int], least: int) -> tuple[int, list[int]] | None:
    """Find the one column that holds a value which the question names, in several rows but not in all."""
    asked = tokens(text)
    heads = [set(tokens(cell.text)) for cell in table.header]
    places: dict[frozenset[int], dict[int, list[int]]] = {}
    for r, c, place in named_cells(asked, table):
        if r in rows:
            places.setdefault(place, {}).setdefault(c, []).append(r)
    if len(places) != 1:
        return None
    ((place, columns),) = places.items()
    spoken = {asked[i] for i in range(len(asked)) if i not in place}
    named = [c for c in columns if heads[c] & spoken]
    chosen = named or list(columns)
    if len(chosen) != 1:
        return None
    hits = sorted(columns[chosen[0]])
    return (chosen[0], hits) if least <= len(hits) < len(rows) else None


def by_condition(question: str, tables: Sequence[Table], scores: dict[int, float], kind: str) -> Matching | None:
    """Answer a question for rows under one condition, in the largest table of a page.

    Args:
        question: As the user wrote it.
        tables: Of one page.
        scores: What the network gives to an answer's starting at a word, or to its being an entry, not negative.
        kind: What the network takes the question for.

    Returns:
        None where the question is about something else, or the condition is not clear.
    """
    text = question.lower().strip()
    if not tables or not speaks_of_conditions(question):
        return None
    counting = bool(_COUNT.search(text))
    if not counting and kind != "list":
        return None
    table = max(tables, key=lambda t: len(t.words))
    rows = table.records()
    if len(rows) < 3:
        return None
    limited = _limited(text, table, rows, scores if counting else None)
    found = limited
    if found is None and not _LIMIT.search(text) and not _amounts(text, table, rows):
        found = _valued(text, table, rows, 2)
    if found is None or not found[1]:
        return None
    column, hits = found
    rule = "limit" if limited else "value"
    if counting:
        return Matching("count", tuple(table.rows[r][column].words for r in hits), rule, 1.0)
    best, share = best_column(table, scores, {column})
    if best is None or share < LEAST_SHARE or not all(table.rows[r][best].words for r in hits):
        return None
    return Matching("list", tuple(table.rows[r][best].words for r in hits), rule, share)
