# ruff: noqa: E501
"""Rows by an extreme: "which class has the least displacement". The row is compared out, its column is the network's.

The question names the measure by its header ("displacement" for "Displacement (tonnes)"); the network's scores, added up
over the rows, say which column is asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from internvl_cli.reader.asked import HIGH, LOW, tokens
from internvl_cli.reader.operators import parse_column
from internvl_cli.reader.order import LEAST_SHARE, Ordered, best_column, named_cells
from internvl_cli.reader.tables import Table

__all__ = ["by_extreme", "measure", "plain_numbers", "same_word", "speaks_of_extremes"]

STEM = 5
"""Words whose first letters agree this far are one word ("attended", "attendance")."""

CUT = 3
"""Letters of a header word that was cut short, at least."""

FILLED = 0.5
"""Share of the rows that must have a number in the measure's column; the others are left out."""

_NEVER = re.compile(
    r"\bthan\b|\bdifference\b|\bnot\b|\bother\b|\bbesides\b|\bhow many more\b|\bsecond\b|\bthird\b|\bcombined\b|\bconsecutive\b|"
    r"\bat (?:least|most)\b|\baverage\b|\bsum\b|\bor\b|\bbetween\b|\bafter\b|\bbefore\b|\bsince\b|\bunder\b|\bover\b|\bexcept\b|\bonly\b|\btotal\b"
)
"""Conditions on the rows that this rule does not know."""

_MEANT = {
    word.rstrip("s"): headers
    for word, headers in {
    "longest": ("length", "distance", "duration", "time", "span", "kilometer", "kilometre", "km", "mile"), "shortest": ("length", "distance", "duration", "height", "km", "mile"),
    "tallest": ("height", "floor"), "heaviest": ("weight", "mass"), "lightest": ("weight", "mass"),
    "expensive": ("price", "cost", "fee", "fare"), "cheapest": ("price", "cost", "fee", "fare"),
    "cost": ("price", "fee"), "paid": ("price", "amount"), "weigh": ("weight",), "populous": ("population",), "populated": ("population",), "largest": ("area", "size", "population"),
    "biggest": ("size", "area"), "smallest": ("area", "size", "population"), "people": ("attendance", "population"),
    "highest": ("height", "altitude", "elevation"), "lowest": ("height", "altitude", "elevation"), "crowd": ("attendance",), "wins": ("won", "w"), "victories": ("won", "w"), "losses": ("lost", "l"), "defeats": ("lost", "l"), "draws": ("drawn", "d"), "money": ("prize", "purse", "earnings"), "medals": ("total",),
    }.items()
}  # fmt: skip
"""Headers that say it in another word."""


MEANT = 0.6
"""What a header in another word counts, against one in the question's own."""

_RANK = frozenset({"rank", "pos", "position", "place", "pick", "no", "#", "seed", "order", "round"})
"""Headers of columns whose smallest number is the best: what their "highest" is cannot be told."""
_MOST = re.compile(r"\bmost\b(?! (?:recent|expensive|populous|populated)\b)")
"""Where no column holds the measure, what has the most of something stands in the most rows."""
_PARTS = re.compile(r"\d\s*[:/–-]\s*\d")


def speaks_of_extremes(question: str) -> bool:
    """Say whether a question may be one for a row by an extreme; cheap, before tables are looked for."""
    text = question.lower()
    return not _NEVER.search(text) and bool(HIGH.search(text)) != bool(LOW.search(text))


def same_word(a: str, b: str) -> bool:
    """Whether two words are one: plural, inflected, or cut short as headers are ("min" for "minimum")."""
    short, long = sorted((a, b), key=len)
    return a.rstrip("s") == b.rstrip("s") or a[:STEM] == b[:STEM] or (len(short) >= CUT and long.startswith(short))


def measure(asked: Sequence[str], table: Table, numbers: Sequence[list[Decimal | None]]) -> int | None:
    """Find the one column of numbers whose header the words name.

    Args:
        asked: Words of the question, as ``asked.tokens`` cuts them.
        table: The table.
        numbers: Of each column, see ``plain_numbers``.

    Returns:
        None where no header is named, or two equally well.
    """
    scores: dict[int, float] = {}
    meant = [header for word in asked for header in _MEANT.get(word.rstrip("s"), ())]
    for c, values in enumerate(numbers):
        header = tokens(table.header[c].text)
        words = [h for h in header if not h.isdigit()]
        rank = bool(words) and _RANK.issuperset(words)
        if not header or rank or sum(v is not None for v in values) < FILLED * len(values):
            continue
        hits = sum(
            1 if any(same_word(h, w) for w in asked) else MEANT * any(same_word(h, w) for w in meant) for h in header
        )
        if hits:
            scores[c] = hits + hits / len(header)
    best = sorted(scores, key=lambda c: -scores[c])
    if not best or (len(best) > 1 and scores[best[0]] == scores[best[1]]):
        return None
    return best[0]


def plain_numbers(table: Table, rows: Sequence[int]) -> list[list[Decimal | None]]:
    """Give the numbers of each column in the given rows; None for what is no plain number: times, scores, years' spans."""
    found: list[list[Decimal | None]] = []
    for c in range(len(table.header)):
        texts = [table.rows[r][c].text for r in rows]
        numbers = parse_column(["" if _PARTS.search(text) else text for text in texts])
        found.append([None if number is None else number.value for number in numbers])
    return found


def _most_frequent(table: Table, rows: Sequence[int], scores: dict[int, float]) -> Ordered | None:
    """Answer with what stands most often in the column that is asked for, where one thing does."""
    best, share = best_column(table, scores, set())
    if best is None or share < LEAST_SHARE:
        return None
    texts = Counter(table.rows[r][best].text.casefold() for r in rows if table.rows[r][best].text)
    ranked = texts.most_common(2)
    if not ranked or ranked[0][1] < 2 or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    winner = next(r for r in rows if table.rows[r][best].text.casefold() == ranked[0][0])
    return Ordered(table.rows[winner][best].words, "mode", share)


def by_extreme(question: str, tables: Sequence[Table], scores: dict[int, float]) -> Ordered | None:
    """Answer a question for a row by the extreme of a column, in the largest table of a page.

    Args:
        question: As the user wrote it.
        tables: Of one page.
        scores: What the network gives to an answer's starting at a word, not negative.

    Returns:
        None where the question is about something else, sets a condition, names no measure, or rows tie.
    """
    if not tables or not speaks_of_extremes(question):
        return None
    table = max(tables, key=lambda t: len(t.words))
    text = question.lower()
    high = HIGH.search(text)
    found = high or LOW.search(text)
    assert found is not None
    rows = table.records()
    if len(rows) < 2:
        return None
    numbers = plain_numbers(table, rows)
    column = measure([found[0], *tokens(text[found.end() :])], table, numbers)
    if column is None:
        return _most_frequent(table, rows, scores) if _MOST.search(text) else None
    heads = {token for cell in table.header for token in tokens(cell.text)}
    named = named_cells(tokens(question), table)
    if any(not set(tokens(table.rows[r][c].text)) <= heads for r, c, _ in named):
        return None  # some rows only are meant
    values = [(v, r) for v, r in zip(numbers[column], rows, strict=True) if v is not None]
    extreme = max(v for v, _ in values) if high else min(v for v, _ in values)
    winners = [r for v, r in values if v == extreme]
    if len(winners) != 1:
        return None
    best, share = best_column(table, scores, set())
    words = table.rows[winners[0]][best].words if best is not None else ()
    return Ordered(words, "extreme", share) if words and share >= LEAST_SHARE else None
