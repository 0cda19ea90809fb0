"""Rows by their order: which row a question means, and when it means none."""

from __future__ import annotations

import pytest

from internvl_cli.reader.grid import Cell
from internvl_cli.reader.order import by_order, speaks_of_order
from internvl_cli.reader.tables import Table


def table(*rows: tuple[str, ...], header: tuple[str, ...]) -> Table:
    """A table whose cells hold one word each, numbered along the rows."""
    width = len(header)
    cells = tuple(tuple(Cell(t, (r * width + c,)) for c, t in enumerate(row)) for r, row in enumerate(rows))
    return Table(tuple(Cell(h) for h in header), cells, tuple(False for _ in header), (0, 0, 1, 1), frozenset(), Cell())


RACES = table(
    ("Pocono 200", "3 May", "Weber"),
    ("Racing For Wildlife", "9 May", "Otieno"),
    ("Night Cup", "21 May", "Lindqvist"),
    ("Total", "", ""),
    header=("Race", "Day", "Winner"),
)
YEARS = table(("2019", "Rome"), ("2015", "Oslo"), ("2011", "Bern"), header=("Year", "Place"))


def ask(question: str, place: Table, column: int) -> str | None:
    """Answer with a network that only knows the column."""
    width = len(place.header)
    scores = {w: 1.0 if w % width == column else 0.05 for w in range(width * len(place.rows))}
    found = by_order(question, [place], scores)
    if found is None:
        return None
    return next(c.text for row in place.rows for c in row if c.words == found.words)


@pytest.mark.parametrize(
    ("question", "column", "answer"),
    [
        ("Which race came next after the Pocono 200?", 0, "Racing For Wildlife"),
        ("Who won the race after Racing For Wildlife?", 2, "Lindqvist"),
        ("Which race is listed above the Night Cup?", 0, "Racing For Wildlife"),
        ("Which race was before the Pocono 200?", 0, None),
        ("What came after the Night Cup?", 0, None),
        ("Which race is listed last?", 0, "Night Cup"),
        ("first race", 0, "Pocono 200"),
        ("When was the first race that Weber did not win?", 1, None),
        ("Which race was after the Monza Cup?", 0, None),
        ("How many races came after the Pocono 200?", 0, None),
        ("What is the last name of the winner?", 2, None),
        ("Who won the Night Cup?", 2, None),
    ],
)
def test_by_order(question: str, column: int, answer: str | None) -> None:
    assert ask(question, RACES, column) == answer


def test_time_runs_upwards_where_years_go_down() -> None:
    assert ask("Where was it held after Oslo?", YEARS, 1) == "Rome"
    assert ask("Which place is listed after Oslo?", YEARS, 1) == "Bern"


def test_a_column_that_is_not_clear_gives_nothing() -> None:
    assert by_order("Which race came after the Pocono 200?", [RACES], dict.fromkeys(range(12), 1.0)) is None
    assert by_order("Which race came after the Pocono 200?", [], {0: 1.0}) is None
    assert by_order("Which race came after the Pocono 200?", [RACES], {}) is None


@pytest.mark.parametrize(
    ("question", "spoken"),
    [("Who was next?", True), ("the last one", True), ("What is the total?", False), ("", False)],
)
def test_speaks_of_order(question: str, spoken: bool) -> None:
    assert speaks_of_order(question) is spoken
