# ruff: noqa: E501
"""Rows by their order: what comes after a row, before it, first or last. The row is counted, its column is the network's.

A network of this size does not count rows; it does know which column is asked for: its scores, added up over the rows
of a table, say so even where the best single cell is a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from internvl_cli.reader.asked import tokens
from internvl_cli.reader.tables import Table

__all__ = ["LEAST_SHARE", "Ordered", "best_column", "by_order", "named_cells", "speaks_of_order"]

LEAST_SHARE = 0.5
"""Share of the scores that the best column must have."""

TERSE = 3
"""A question of at most this many words has no room for anything but the order."""

_AFTER = re.compile(r"\b(?:after|follow(?:s|ed|ing)?|below|succeed(?:s|ed)?|next)\b")
_BEFORE = re.compile(r"\b(?:before|previous(?:ly)?|prior|preced(?:e|es|ed|ing)|above)\b")
_FIRST = re.compile(r"\b(?:first|earliest|top)\b")
_LAST = re.compile(r"\b(?:last|latest|final|bottom|most recent)\b")
_PRINTED = re.compile(r"\b(?:list(?:ed)?|table|chart|above|below|next|row|top|bottom)\b")
"""The order on the page is meant, even where the dates go down."""
_NEVER = re.compile(
    r"\bhow (?:many|much|long|often)\b|\bdifference\b|\bnumber of\b|\bmost\b(?! recent)|\bleast\b|\bnot\b|\bor\b|\bthan\b"
)
_NO_ORDER = re.compile(
    r"\b(?:first|last|middle|family) (?:name|place|half|round|year|time|aid|class)\b|\bat (?:first|last)\b|\bbesides\b|\bother\b|"
    r"\btop (?:\d|speed|score|scorer|competitor)|\bplaced?\b|\brank(?:ed|s|ing)?\b|\bfinish(?:ed)?\b|\blast (?:\d|two|three|week|month|year)\b"
)
"""Where "first" and "last" say something else than a row's place."""
_LISTED = re.compile(r"\b(?:list(?:ed|ing)?|table|chart|(?:top|bottom) of the)\b")
"""First and last are a row's place where the question speaks of a list, or says little else ("last dish")."""
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Ordered:
    """A cell that was counted out.

    Attributes:
        words: Its words.
        rule: ``next`` to a row that the question names, at an ``end`` of the table, with an ``extreme``, or what stands in most rows.
        share: Share of the network's scores that its column has, 0 to 1.
    """

    words: tuple[int, ...]
    rule: Literal["next", "end", "extreme", "mode"]
    share: float


def speaks_of_order(question: str) -> bool:
    """Say whether a question may be one for a row by its order; cheap, before tables are looked for."""
    text = question.lower()
    if _NEVER.search(text):
        return False
    return any(pattern.search(text) for pattern in (_AFTER, _BEFORE, _FIRST, _LAST))


def named_cells(question: Sequence[str], table: Table) -> list[tuple[int, int, frozenset[int]]]:
    """Find the cells that the question names, longest first: row, column, and where in the question."""
    found: list[tuple[int, int, int, frozenset[int]]] = []
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row):
            cut = tokens(cell.text)
            if not cut or (sum(map(len, cut)) < 3 and not any(c.isdigit() for c in cell.text)):
                continue
            for at in range(len(question) - len(cut) + 1):
                if list(question[at : at + len(cut)]) == cut:
                    found.append((sum(map(len, cut)), r, c, frozenset(range(at, at + len(cut)))))
                    break
    kept: list[tuple[int, int, frozenset[int]]] = []
    for _, r, c, place in sorted(found, key=lambda f: -f[0]):
        # "Grand Prix" inside "Japanese Grand Prix" names no cell of its own.
        if all(place == other or not place & other for _, _, other in kept):
            kept.append((r, c, place))
    return kept


def _descending(table: Table) -> bool:
    """Say whether the years of a table go down, so that what comes later stands above."""
    for column in range(len(table.header)):
        years = [int(m.group()) for row in table.rows if (m := _YEAR.search(row[column].text))]
        if len(years) >= 0.8 * len(table.rows) and len(set(years)) > 1:
            if all(a >= b for a, b in pairwise(years)):
                return True
            if all(a <= b for a, b in pairwise(years)):
                return False
    return False


def _row(question: str, table: Table, rows: Sequence[int]) -> tuple[int, Literal["next", "end"], set[int]] | None:
    """Count the row out: its index, how, and the columns that the question names there."""
    text = question.lower()
    named = named_cells(tokens(question), table)
    after, before = _AFTER.search(text), _BEFORE.search(text)
    turned = not _PRINTED.search(text) and _descending(table)
    if after or before:
        at = {r for r, _, _ in named}
        if (after and before) or len(at) != 1 or not at <= set(rows):
            return None
        step = 1 if bool(after) != turned else -1
        place = rows.index(at.pop()) + step
        return (rows[place], "next", set()) if 0 <= place < len(rows) else None
    if (_FIRST.search(text) and _LAST.search(text)) or _NO_ORDER.search(text):
        return None
    if not _LISTED.search(text) and len(tokens(text)) > TERSE:
        return None
    places: dict[frozenset[int], set[int]] = {}
    for r, _, place_in_question in named:
        places.setdefault(place_in_question, set()).add(r)
    kept = [r for r in rows if all(r in group for group in places.values())]
    if not kept:
        return None
    row = kept[0] if bool(_FIRST.search(text)) != turned else kept[-1]
    return row, "end", {c for r, c, _ in named if r == row}


def best_column(table: Table, scores: dict[int, float], but: set[int]) -> tuple[int | None, float]:
    """Give the column that the network means, by its scores added up over the rows, and its share of all scores.

    Args:
        table: The table.
        scores: What the network gives to an answer's starting at a word, not negative.
        but: Columns that are not meant.
    """
    column = {w: c for row in table.rows for c, cell in enumerate(row) for w in cell.words}
    votes: dict[int, float] = {}
    for word, score in scores.items():
        if word in column and column[word] not in but:
            votes[column[word]] = votes.get(column[word], 0.0) + score
    if not votes:
        return None, 0.0
    best = max(votes, key=lambda c: votes[c])
    return best, votes[best] / max(sum(votes.values()), 1e-9)


def by_order(question: str, tables: Sequence[Table], scores: dict[int, float]) -> Ordered | None:
    """Answer a question for a row by its order in the largest table of a page.

    Args:
        question: As the user wrote it.
        tables: Of one page.
        scores: What the network gives to an answer's starting at a word, not negative.

    Returns:
        None where the question is about something else, names no row or several, or the column is not clear.
    """
    if not tables or not speaks_of_order(question):
        return None
    table = max(tables, key=lambda t: len(t.words))
    rows = table.records()
    counted = _row(question, table, rows)
    if counted is None:
        return None
    target, rule, named = counted
    best, share = best_column(table, scores, named)
    words = table.rows[target][best].words if best is not None else ()
    return Ordered(words, rule, share) if words and share >= LEAST_SHARE else None
