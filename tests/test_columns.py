"""What the network selected in a table becomes the whole column, unless the question means some rows only."""

from __future__ import annotations

import pytest

from internvl_cli.documents.page import Page, Word
from internvl_cli.reader.columns import whole_column
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.grid import Cell, Grid
from internvl_cli.reader.grid_answers import answer_grid
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.sheet import Sheet
from internvl_cli.reader.tables import find_tables
from internvl_cli.reader.wordpiece import WordPiece

ROWS = [
    ("Dish", "Course", "Price"),
    ("Laksa", "Main", "12.50"),
    ("Pho", "Main", "11.00"),
    ("Tiramisu", "Dessert", "6.20"),
    ("Laksa", "Lunch", "9.90"),
    ("Espresso", "Drink", "2.80"),
    ("Total", "", "42.40"),
]


@pytest.fixture(scope="module")
def table() -> tuple[PageFeatures, dict[tuple[int, int], list[int]]]:
    """The page, and the words of each cell by row and column."""
    words: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    cells: dict[tuple[int, int], list[int]] = {}
    for r, row in enumerate(ROWS):
        for c, (left, text) in enumerate(zip((40.0, 240.0, 440.0), row, strict=True)):
            if text:
                cells[r, c] = [len(words)]
                words.append(text)
                boxes.append((left, 100.0 + 26 * r, left + 9 * len(text), 114.0 + 26 * r))
    return PageFeatures.build(words, lay_out(boxes, (600, 400)), WordPiece(WEIGHTS / "vocab.txt")), cells


@pytest.mark.parametrize(
    ("kind", "question", "column", "rows"),
    [
        ("list", "Which dishes are there?", 0, [1, 2, 3, 4, 5]),
        ("count", "How many dishes are listed?", 0, [1, 2, 3, 4, 5]),
        ("count", "How many different dishes are listed?", 0, [2, 3, 4, 5]),
        ("average", "What is the average price?", 2, [1, 2, 3, 4, 5]),
        ("list", "Which dishes have Main as course?", 0, None),
        ("count", "How many dishes cost more than 9?", 0, None),
        ("sum", "What do the laksa and the pho cost together?", 2, None),
        ("difference", "What is the difference in price?", 2, None),
    ],
)
def test_whole_column(
    kind: str,
    question: str,
    column: int,
    rows: list[int] | None,
    table: tuple[PageFeatures, dict[tuple[int, int], list[int]]],
) -> None:
    features, cells = table
    found = whole_column(kind, question, [cells[2, column], cells[3, column]], [], features)
    if rows is None:
        assert found is None
    else:
        assert found is not None
        assert sorted(found[0]) == sorted(cells[r, column] for r in rows)


def test_labels_stand_in_the_rows_of_the_values(
    table: tuple[PageFeatures, dict[tuple[int, int], list[int]]],
) -> None:
    features, cells = table
    found = whole_column("argmax", "Which dish is the most expensive?", [cells[1, 2]], [cells[1, 0]], features)
    assert found is not None
    assert found == ([cells[r, 2] for r in range(1, 6)], [cells[r, 0] for r in range(1, 6)])


def test_scattered_cells_are_no_column(table: tuple[PageFeatures, dict[tuple[int, int], list[int]]]) -> None:
    features, cells = table
    assert whole_column("list", "What is there?", [cells[1, 0], cells[2, 1], cells[3, 2]], [], features) is None
    assert whole_column("list", "What is there?", [], [], features) is None


def _placed(rows: list[list[tuple[str, int]]]) -> Sheet:
    """Words at given left edges, a row every 30 pixels; letters are 14 high and 8 wide."""
    words = tuple(
        Word(text, (x, 40 + 30 * r, x + 8 * len(text), 54 + 30 * r)) for r, row in enumerate(rows) for text, x in row
    )

    def nothing() -> None:
        raise AssertionError

    return Sheet.of(Page("league", "", 1, 700, 500, words, nothing))  # type: ignore[arg-type]


def test_a_header_whose_cells_run_together_is_parted_by_the_columns_below() -> None:
    head = [("Team", 50), ("Played", 290), ("Won", 343), ("Drawn", 372), ("Lost", 417)]
    body = [
        [(name, 50), ("24", 306), (str(18 - i), 350), (str(4 + i), 388), ("0", 429)]
        for i, name in enumerate(("Comets", "Rovers", "Town"))
    ]
    (table,) = find_tables(_placed([head, *body]))
    assert [c.text for c in table.header] == ["Team", "Played", "Won", "Drawn", "Lost"]
    (bare,) = find_tables(_placed([[("Seventeen", 50), ("teams", 127), ("played", 172)], *body]))
    assert not any(c.text for c in bare.header)


def test_the_lines_of_a_centred_cell_stand_above_and_below_its_numbers() -> None:
    rows = [
        (40, [("Pos", 50), ("Club", 100), ("Won", 300), ("Points", 400)]),
        (70, [("Lake", 100), ("Claire", 145)]), (78, [("1", 50), ("33", 300), ("102", 400)]), (86, [("Bulls", 100)]),
        (116, [("East", 100)]), (132, [("2", 50), ("Garrymouth", 100), ("32", 300), ("101", 400)]),
        (148, [("Dragons", 100)]),
        (178, [("3", 50), ("Rangers", 100), ("11", 300), ("48", 400)]),
        (208, [("Callumport", 100)]), (216, [("4", 50), ("0", 300), ("3", 400)]),
    ]  # fmt: skip
    words = tuple(Word(t, (x, y, x + 8 * len(t), y + 14)) for y, row in rows for t, x in row)

    def nothing() -> None:
        raise AssertionError

    (table,) = find_tables(Sheet.of(Page("league", "", 1, 700, 500, words, nothing)))  # type: ignore[arg-type]
    assert [c.text for c in table.header] == ["Pos", "Club", "Won", "Points"]
    assert [row[1].text for row in table.rows] == [
        "Lake Claire Bulls",
        "East Garrymouth Dragons",
        "Rangers",
        "Callumport",
    ]


def _table_at(rows: list[tuple[int, list[tuple[str, int]]]]) -> Sheet:
    """Words at given top and left edges."""
    words = tuple(Word(t, (x, y, x + 8 * len(t), y + 14)) for y, row in rows for t, x in row)

    def nothing() -> None:
        raise AssertionError

    return Sheet.of(Page("league", "", 1, 700, 500, words, nothing))  # type: ignore[arg-type]


def _airy(pitch: int, inner: int) -> list[list[str]]:
    """The cells of a table of ships whose class and kind are set in two lines, as they are found."""
    y, rows = 70, [(40, [("Class", 50), ("Kind", 150), ("Weight", 330), ("Notes", 450)])]
    for name, weight in (("UT507", "1,500"), ("Rari", "990"), ("UT711", "2,000"), ("UT515", "4,000")):
        rows.append((y, [(name, 50), ("Support", 150), (weight, 330), ("tonnes", 375), ("old", 450)]))
        y += inner
        rows.append((y, [("class", 50), ("vessel", 150)]))
        y += pitch
    (found,) = find_tables(_table_at(rows))
    return [[cell.text for cell in row] for row in found.rows]


@pytest.mark.parametrize(("pitch", "inner"), [(30, 20), (22, 20), (40, 33)])
def test_lines_closer_than_rows_go_on_with_them(pitch: int, inner: int) -> None:
    assert [row[:3] for row in _airy(pitch, inner)] == [
        ["UT507 class", "Support vessel", "1,500 tonnes"],
        ["Rari class", "Support vessel", "990 tonnes"],
        ["UT711 class", "Support vessel", "2,000 tonnes"],
        ["UT515 class", "Support vessel", "4,000 tonnes"],
    ]


def test_lines_as_far_apart_as_rows_are_rows() -> None:
    assert len(_airy(30, 30)) == 8


def test_a_line_that_begins_farther_in_goes_on_with_its_row() -> None:
    rows = [(40, [("Date", 50), ("Open", 150), ("Winner", 300), ("Purse", 450)])]
    for i, name in enumerate(("North", "South", "", "East", "", "West", "Lake")):
        day = [(f"{i + 3}.5.", 50), (name, 150), ("Cabrera", 300), ("70,000", 450)]
        rows.append((70 + 30 * i, day if name else [("Classic", 150)]))
    (found,) = find_tables(_table_at(rows))
    assert [row[1].text for row in found.rows] == ["North", "South Classic", "East Classic", "West", "Lake"]


def test_lines_between_counted_rows_go_on_with_them() -> None:
    rows = [(40, [("No.", 50), ("Title", 110), ("Subject", 330), ("Year", 500)])]
    for i in range(5):
        rows.append((70 + 60 * i, [(f"{i + 1}.", 50), ("Humani", 110), ("Peace", 330), ("June", 500)]))
        rows.append((100 + 60 * i, [("Generis", 110), (f"{1914 + i}", 500)]))
    (found,) = find_tables(_table_at(rows[:-1]))
    assert [row[3].text for row in found.rows] == ["June 1914", "June 1915", "June 1916", "June 1917", "June"]


def test_rows_under_a_shared_name_stay_rows() -> None:
    rows = [(40, [("Year", 50), ("Title", 150), ("Role", 330), ("Notes", 450)])]
    for i in range(8):
        line = [(f"Film{i}", 150), ("Anna", 330), *([("pilot", 450)] if i in (0, 4) else [])]
        rows.append((70 + 30 * i, ([(str(2001 + i), 50)] if i % 4 == 0 else []) + line))
    (found,) = find_tables(_table_at(rows))
    assert len(found.rows) == 8


def test_counting_rows_takes_all_whichever_cells_were_marked() -> None:
    rows = [(40, [("No.", 50), ("Title", 110), ("Prize", 330)])]
    for i, name in enumerate(("Iron", "Gold", "Zinc", "Lead")):
        rows.append((70 + 30 * i, [(f"{i + 1}.", 50), (name, 110), ("the", 330), ("first", 380)]))
    sheet = _table_at(rows)
    features = PageFeatures.build([w.text for w in sheet.words], sheet.layout, WordPiece(WEIGHTS / "vocab.txt"))
    at = {text: i for i, text in enumerate(features.texts)}
    marked = [[at["Iron"]], [at["2."]], [at["Zinc"]], [at["4."]]]
    done = whole_column("count", "How many of the titles are listed in the table?", marked, [], features)
    assert done is not None
    assert len(done[0]) == 4
    assert whole_column("list", "Which of the titles are listed in the table?", marked, [], features) is None
    assert whole_column("count", "How many titles are gold?", marked, [], features) is None


def test_a_centred_header_is_one_header_whatever_it_says() -> None:
    rows = [
        (40, [("No.", 170), ("of", 200), ("Area", 300), ("Population", 400), ("(2010", 488)]),
        (49, [("Town", 50)]),
        (58, [("districts", 170), ("(km²)", 300), ("census)", 400)]),
    ]
    for i, town in enumerate(("Rodriguez", "Angono", "Cainta")):
        rows.append((90 + 30 * i, [(town, 50), ("16", 180), (f"{i}6.10", 300), (f"{i + 1}7,741", 400)]))
    (found,) = find_tables(_table_at(rows))
    assert [c.text for c in found.header] == ["Town", "No. of districts", "Area (km²)", "Population (2010 census)"]


def test_numbers_close_beside_text_are_a_column_of_their_own() -> None:
    head = [("Test", 50), ("Result", 200), ("Unit", 257), ("Range", 400)]
    body = [
        [(name, 50), (value, 248 - 8 * len(value)), (unit, 257), (f"{low}–90", 400)]
        for name, value, unit, low in (
            ("Iron", "42", "µg/dL", 30),
            ("Sodium", "136", "mmol/L", 20),
            ("Zinc", "7.2", "mg/L", 10),
        )
    ]
    (table,) = find_tables(_placed([head, *body]))
    assert [c.text for c in table.header] == ["Test", "Result", "Unit", "Range"]
    assert [row[2].text for row in table.rows] == ["µg/dL", "mmol/L", "mg/L"]
    assert table.numeric[1]
    # Dates are no two columns: their header says one thing.
    dated = [[(name, 50), ("12", 200), ("May", 221), ("4.50", 400)] for name in ("Soup", "Stew", "Pie")]
    (other,) = find_tables(_placed([[("Dish", 50), ("Since", 200), ("Price", 400)], *dated]))
    assert [c.text for c in other.header] == ["Dish", "Since", "Price"]


def test_headings_between_rows_are_no_part_of_them() -> None:
    rows = [
        [("Dish", 50), ("Price", 300)],
        [("Starters", 50)],
        [("Soup", 50), ("4.50", 300)],
        [("Mains", 50)],
        [("Pie", 50), ("9.80", 300)],
    ]
    rows += [[("Stew", 50), ("8.70", 300)]]
    names = [row[0].text for table in find_tables(_placed(rows)) for row in table.rows]
    assert "Soup" in names
    assert "Pie" in names


def test_the_total_number_of_rows_is_no_sum() -> None:
    labels = tuple(Cell(t, (i,)) for i, t in enumerate(("Anna", "Boris", "Chloe")))
    points = tuple((Cell(t, (3 + i,)),) for i, t in enumerate(("120", "95", "310")))
    grid = Grid(labels, (Cell("Votes", (6,)),), points, "Election", chart=False, label_name="Name")
    assert [
        answer_grid(grid, q, 0.5)[:2] for q in ("What is the total number of names?", "What is the sum of votes?")
    ] == [  # type: ignore[index]
        ("3", "count"),
        ("525", "sum"),
    ]
