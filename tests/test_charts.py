"""Charts with printed values: found by geometry, asked in plain code."""

from __future__ import annotations

import dataclasses

import pytest
from drawn_charts import Canvas, lying, pie, upright

from internvl_cli.documents import Page, Word, open_document
from internvl_cli.reader.charts import find_charts
from internvl_cli.reader.figures import find_figures
from internvl_cli.reader.grid_answers import calculate
from internvl_cli.reader.sheet import Sheet

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May")
VISITORS = (12.0, 31.5, 55.0, 28.0, 43.5)
TWO = {"Adults": (20.0, 45.0, 60.0, 30.0), "Children": (35.0, 25.0, 15.0, 50.0)}


def ask(canvas: Canvas, question: str) -> str | None:
    answer = calculate(question, [canvas.sheet()])
    return answer.text if answer else None


def test_upright_bars_without_the_ticks() -> None:
    canvas = upright(MONTHS, {"": VISITORS})
    (chart,) = find_charts(canvas.sheet(), canvas.load)
    assert chart.type == "column"
    assert chart.title.text == "Visitors by month"
    assert chart.points == [(m, "", f"{v:g}") for m, v in zip(MONTHS, VISITORS, strict=True)]
    assert canvas.loads == 0, "one series needs no colours"


def test_labels_of_two_lines() -> None:
    canvas = upright(("Q3", "Q4", "Q1", "Q2"), {"": VISITORS[:4]})
    for i, year in enumerate(("2015", "2015", "2016", "2016")):
        canvas.text(90 + 195 * i + 97.5, 528, year, "mt", 18)
    (chart,) = find_charts(canvas.sheet())
    assert [c.text for c in chart.labels] == ["Q3 2015", "Q4 2015", "Q1 2016", "Q2 2016"]


def test_lying_bars() -> None:
    canvas = lying(("Bergen", "Oslo", "Hamar", "Molde"), (90, 31, 22, 64))
    (chart,) = find_charts(canvas.sheet())
    assert chart.type == "bar"
    assert chart.points == [("Bergen", "", "90"), ("Oslo", "", "31"), ("Hamar", "", "22"), ("Molde", "", "64")]


@pytest.mark.parametrize("stacked", [False, True])
def test_series_are_named_by_the_colours_of_the_legend(stacked: bool) -> None:
    series = {name: tuple(v / 2 for v in values) for name, values in TWO.items()} if stacked else TWO
    canvas = upright(MONTHS[:4], series, stacked=stacked)
    (chart,) = find_charts(canvas.sheet(), canvas.load)
    expected = [(m, name, f"{series[name][i]:g}") for i, m in enumerate(MONTHS[:4]) for name in series]
    assert sorted(chart.points) == sorted(expected)


def test_several_series_without_an_image_are_left_alone() -> None:
    assert find_charts(upright(MONTHS[:4], TWO).sheet()) == []


@pytest.mark.parametrize("legend", [False, True])
def test_pie(legend: bool) -> None:
    canvas = pie({"Rent": 45, "Food": 25, "Travel": 18, "Other": 12}, legend)
    (chart,) = find_charts(canvas.sheet(), canvas.load)
    assert sorted(chart.points) == [
        ("Food", "", "25%"),
        ("Other", "", "12%"),
        ("Rent", "", "45%"),
        ("Travel", "", "18%"),
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which month had the most visitors?", "Mar"),
        ("Which month had the fewest visitors?", "Jan"),
        ("According to the chart, in which month were visitors lowest?", "Jan"),
        ("What is the month with the highest number of visitors?", "Mar"),
        ("Which month had the second highest number of visitors?", "May"),
        ("What is the highest value?", "55"),
        ("What is the lowest number of visitors?", "12"),
        ("How many visitors were there in April?", "28"),
        ("What is the value of Feb?", "31.5"),
        ("What is the difference between March and January?", "43"),
        ("How many more visitors came in May than in April?", "15.5"),
        ("What is the difference between the highest and the lowest value?", "43"),
        ("What is the total number of visitors?", "170.0"),
        ("What is the sum of January and May?", "55.5"),
        ("How many visitors were there in total from January to March?", "98.5"),
        ("What is the average number of visitors?", "34.0"),
        ("How many bars are there?", "5"),
        ("How many months are shown?", "5"),
        ("How many months had more than 30 visitors?", "3"),
        ("How many months had fewer than 30 visitors?", "2"),
        ("Which month had 31.5 visitors?", "Feb"),
        ("Which was higher, April or May?", "May"),
        ("Was April higher than February?", "No"),
        ("Is February's number of visitors above that of April?", "Yes"),
    ],
)
def test_questions(question: str, answer: str) -> None:
    assert ask(upright(MONTHS, {"": VISITORS}), question) == answer


@pytest.mark.parametrize(
    "question",
    [
        "What is the title of the chart?",
        "How many visitors came in July?",  # no such label
        "How many visitors came in May 2019?",  # no such year
        "What was the rainfall in May?",  # about something else
        "What is the percentage increase from January to March?",  # not calculated here
        "What is the median number of visitors?",
        "Why did visitors drop in April?",
        "Which month had the highest and which had the lowest value?",  # two questions
    ],
)
def test_what_is_not_clear_is_left_to_the_network(question: str) -> None:
    assert ask(upright(MONTHS, {"": VISITORS}), question) is None


def test_questions_about_series() -> None:
    canvas = upright(MONTHS[:4], TWO)
    assert ask(canvas, "How many children came in Feb?") == "25"
    assert ask(canvas, "In which month was the number of adults highest?") == "Mar"
    assert ask(canvas, "What is the difference between adults and children in January?") == "15"
    assert ask(canvas, "What is the total number of visitors in April?") == "80"
    assert ask(canvas, "How many series are shown?") == "2"
    assert ask(canvas, "Which month had the highest value?") is None, "of which series?"


def test_pie_questions() -> None:
    canvas = pie({"Rent": 45, "Food": 25, "Travel": 18, "Other": 12}, True)
    assert ask(canvas, "What percentage is spent on food?") is None, "spending is not in the chart"
    assert ask(canvas, "What percentage of the household budget is food?") == "25%"
    assert ask(canvas, "What is the sum of rent and travel?") == "63%"
    assert ask(canvas, "Which category has the largest share?") == "Rent"


def test_an_operator_in_the_title_is_no_operator() -> None:
    canvas = upright(MONTHS, {"": VISITORS}, "Average visitors by month")
    assert ask(canvas, "What is the average number of visitors in March?") == "55"


def test_evidence_points_at_the_values() -> None:
    canvas = upright(MONTHS, {"": VISITORS})
    sheet = canvas.sheet()
    answer = calculate("What is the difference between March and January?", [sheet])
    assert answer is not None and answer.kind == "difference"
    assert [sheet.quote(words) for _, words in answer.evidence] == ["55", "12"]
    assert 0.8 <= answer.confidence <= 1


def test_sums_over_a_table_need_to_be_asked_for() -> None:
    sheet = _grid(
        [["Branch", "Loans", "Visitors"], ["North", "380", "279"], ["South", "560", "120"], ["Total", "940", "399"]],
        [250, 200, 200],
    )

    def answer(question: str) -> str | None:
        found = calculate(question, [sheet])
        return found.text if found else None

    assert answer("What is the sum of the loans?") == "940", "the row of sums is left out"
    assert answer("Which branch had the most visitors?") == "North"
    assert answer("What is the average number of visitors?") == "199.5"
    assert answer("What are the total loans?") is None, "printed, so the network's"
    assert answer("How many loans did North have?") is None, "a cell, so the network's"
    assert answer("Which branch had the highest value?") is None, "of which column?"
    assert answer("Did North have more visitors than South?") == "Yes"
    assert answer("Are South's loans below that of North?") == "No"


def test_two_charts_that_answer_differently_are_left_alone() -> None:
    first, second = upright(MONTHS, {"": VISITORS}), upright(MONTHS, {"": VISITORS[::-1]})
    sheets = [first.sheet(), second.sheet()]
    sheets[1].page = dataclasses.replace(sheets[1].page, number=2)
    assert calculate("How many visitors were there in January?", sheets) is None


def test_charts_are_looked_for_once() -> None:
    canvas = upright(MONTHS[:4], TWO)
    sheet = canvas.sheet()
    for question in ("How many children came in Feb?", "How many adults came in Feb?"):
        # A sheet of the same page made for the next question.
        assert calculate(question, [Sheet(sheet.page, sheet.words, sheet.layout, sheet.known)]) is not None
    assert canvas.loads == 1


def _grid(rows: list[list[str]], widths: list[int]) -> Sheet:
    canvas = Canvas()
    for r, row in enumerate(rows):
        x = 60
        for text, width in zip(row, widths, strict=True):
            canvas.text(x, 60 + 40 * r, text, size=18)
            x += width
    return canvas.sheet()


def test_a_table_is_no_chart() -> None:
    sheet = _grid(
        [["Branch", "Loans", "Visitors"], ["North", "380", "279"], ["South", "560", "120"], ["West", "120", "640"]],
        [250, 200, 200],
    )
    charts, tables = find_figures(sheet)
    assert charts == [] and len(tables) == 1


def test_the_samples_have_no_false_charts(samples: str = "samples") -> None:
    for name in ("invoice.pdf", "report.pdf"):
        with open_document(f"{samples}/{name}") as document:
            assert all(find_charts(Sheet.of(page)) == [] for page in document.pages())


def test_empty_page() -> None:
    page = Page("empty.png", "0" * 64, 1, 100, 100, (), Canvas().load)
    assert find_figures(Sheet.of(page)) == ([], [])
    assert find_figures(Sheet.of(page, [Word("12", (1, 1, 20, 12))])) == ([], [])
