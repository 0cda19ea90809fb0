"""Rows by an extreme and rows under a condition: which rows a question means, and when the rules keep silent."""

from __future__ import annotations

import pytest

from internvl_cli.reader.conditions import by_condition, speaks_of_conditions
from internvl_cli.reader.extremes import by_extreme, speaks_of_extremes
from internvl_cli.reader.grid import Cell
from internvl_cli.reader.lookup import named_cell
from internvl_cli.reader.tables import Table


def table(header: tuple[str, ...], *rows: tuple[str, ...]) -> Table:
    """A table whose cells hold one word each, numbered along the rows."""
    width = len(header)
    cells = tuple(tuple(Cell(t, (r * width + c,)) for c, t in enumerate(row)) for r, row in enumerate(rows))
    numeric = tuple(all(row[c][:1].isdigit() or not row[c] for row in rows) for c in range(width))
    return Table(tuple(Cell(h) for h in header), cells, numeric, (0, 0, 1, 1), frozenset(), Cell())


SHIPS = table(
    ("Class", "Type", "Ships", "Displacement (t)", "Crew", "Trials"),
    ("Rari", "tug", "2", "1,450", "17", "1:10"),
    ("Malabar", "tug", "3", "495", "12", "0:58"),
    ("Orion", "supply", "1", "6,100", "17", "2:05"),
    ("Ponza", "buoy", "5", "850", "", "1:33"),
    ("Total", "", "11", "8,895", "", ""),
)


def shown(words: tuple[int, ...], place: Table) -> str:
    return next(c.text for row in place.rows for c in row if c.words == words)


def scores(place: Table, column: int) -> dict[int, float]:
    """A network that only knows the column."""
    width = len(place.header)
    return {w: 1.0 if w % width == column else 0.05 for w in range(width * len(place.rows))}


@pytest.mark.parametrize(
    ("question", "column", "answer"),
    [
        ("Which class has the least displacement?", 0, "Malabar"),
        ("What type has the largest displacement in tonnes?", 1, "supply"),
        ("Which class has the most ships?", 0, "Ponza"),
        ("What is the highest displacement?", 3, "6,100"),
        ("Which class has the smallest crew?", 0, "Malabar"),
        ("Which class has the largest crew?", 0, None),  # two have
        ("Which class has the most sailors?", 0, None),  # no such column
        ("Which class had the longest trials?", 0, None),  # times are no plain numbers
        ("Which tug has the most ships?", 0, None),  # some rows only
        ("Which class has more ships than Rari?", 0, None),
        ("Which class has the second most ships?", 0, None),
        ("Who built the Orion?", 0, None),
    ],
)
def test_by_extreme(question: str, column: int, answer: str | None) -> None:
    found = by_extreme(question, [SHIPS], scores(SHIPS, column))
    assert (None if found is None else shown(found.words, SHIPS)) == answer


AWARDS = table(
    ("Year", "Award", "Result", "Gold", "Total", "No. of days"),
    ("1997", "Lumen", "won", "3", "4", "12"),
    ("1998", "Orbit", "lost", "1", "9", "30"),
    ("1998", "Lumen", "won", "2", "5", "7"),
    ("1999", "Lumen", "won", "1", "2", "9"),
    ("2000", "Orbit", "lost", "", "", ""),
)


@pytest.mark.parametrize(
    ("question", "column", "answer"),
    [
        ("Which award was given most often?", 1, "Lumen"),
        ("Which year had the most releases?", 0, "1998"),
        ("What was the most frequent result?", 2, "won"),
        ("Which award has the most gold medals?", 1, "Lumen"),  # gold, though medals may mean the total
        ("Which award has the most medals?", 1, "Orbit"),
        ("Which award had the most days?", 1, "Orbit"),  # "No. of days" is no rank
        ("Which award is the most expensive?", 1, None),
        ("Which award has the fewest fans?", 1, None),
    ],
)
def test_most_rows_where_no_column_holds_the_measure(question: str, column: int, answer: str | None) -> None:
    found = by_extreme(question, [AWARDS], scores(AWARDS, column))
    assert (None if found is None else shown(found.words, AWARDS)) == answer


def test_a_year_may_head_the_measure() -> None:
    place = table(
        ("District", "2005", "2009"), ("Ikh", "3,818", "17,770"), ("Arkhan", "9,855", "3,846"), ("Olzii", "12", "2,143")
    )
    found = by_extreme("Which district had the largest population in 2009?", [place], scores(place, 0))
    assert found is not None
    assert shown(found.words, place) == "Ikh"


def test_extreme_of_an_uncertain_column_gives_nothing() -> None:
    assert by_extreme("Which class has the most ships?", [SHIPS], dict.fromkeys(range(30), 1.0)) is None
    assert by_extreme("Which class has the most ships?", [], {}) is None


@pytest.mark.parametrize(
    ("question", "kind", "column", "answer"),
    [
        ("How many classes have a displacement above 800?", "span", 0, ["1,450", "6,100", "850"]),
        ("How many classes displace at most 850?", "count", 0, ["495", "850"]),
        ("number of classes with more than 2 ships", "span", 0, ["3", "5"]),
        ("How many classes have 17 as crew?", "span", 0, ["17", "17"]),
        ("How many tugs are there?", "count", 0, ["tug", "tug"]),
        ("How many buoys are there?", "count", 0, None),  # one: the network may know better
        ("How many classes have the type tug?", "count", 0, ["tug", "tug"]),
        ("Which classes have the type tug?", "list", 0, ["Rari", "Malabar"]),
        ("Which classes have a displacement under 900?", "list", 0, ["Malabar", "Ponza"]),
        ("Which class has a displacement under 600?", "span", 0, None),  # the network's
        ("How many ships does the Orion class have?", "span", 2, None),  # one row: a cell, no count
        ("How many classes have no displacement above 800 or a crew of 17?", "count", 0, None),
        ("How many classes have more ships than Rari?", "count", 0, None),
        ("How many ships are of the type tug?", "count", 0, None),  # a sum, not rows
    ],
)
def test_by_condition(question: str, kind: str, column: int, answer: list[str] | None) -> None:
    found = by_condition(question, [SHIPS], scores(SHIPS, column), kind)
    assert (None if found is None else [shown(c, SHIPS) for c in found.cells]) == answer
    if found is not None:
        assert found.kind == ("list" if kind == "list" else "count")


def test_a_limit_without_a_header_takes_the_column_that_the_network_marked() -> None:
    question = "How many of them reach at least 3?"
    found = by_condition(question, [SHIPS], scores(SHIPS, 2), "count")
    assert found is not None
    assert [shown(c, SHIPS) for c in found.cells] == ["3", "5"]


@pytest.mark.parametrize("question", ["", "Who signed it?", "When is it due?"])
def test_other_questions_cost_nothing(question: str) -> None:
    assert not speaks_of_extremes(question)
    assert not speaks_of_conditions(question) or by_condition(question, [SHIPS], scores(SHIPS, 0), "span") is None


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("What is the displacement of the Orion?", "6,100"),
        ("What crew has the Orion?", "17"),
        ("ships of the Ponza class", "5"),
        ("What type is the Malabar?", "tug"),
        ("Which class has 5 ships?", "Ponza"),
        ("Which class has 17 crew?", None),  # two rows have
        ("Who designed the Orion?", None),
        ("How many more ships has Ponza than Orion?", None),
    ],
)
def test_named_cell(question: str, cell: str | None) -> None:
    words = named_cell(question, [SHIPS])
    assert (shown(words, SHIPS) if words else None) == cell
    assert named_cell(question, []) == ()
