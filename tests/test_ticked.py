"""Boxes to tick: which option is marked, and which questions that answers."""

from __future__ import annotations

import pytest

from internvl_cli.documents.page import Page, Word
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.labelled import labelled
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.reading import Reader
from internvl_cli.reader.sheet import Sheet
from internvl_cli.reader.ticked import find_choices
from internvl_cli.reader.ticking import asks_yes_no, is_ticked, options


def words_of(lines: list[str]) -> tuple[Word, ...]:
    """One line under the other; two spaces make a gap between segments."""
    words: list[Word] = []
    for row, line in enumerate(lines):
        x, y = 60.0, 40.0 + 30 * row
        for part in line.split("  "):
            for text in part.split():
                width = 8.0 * len(text)
                words.append(Word(text, (x, y, x + width, y + 14)))
                x += width + 5
            x += 45
    return tuple(words)


def sheet(lines: list[str]) -> Sheet:
    def nothing() -> None:
        raise AssertionError

    return Sheet.of(Page("form", "", 1, 900, 900, words_of(lines), nothing))  # type: ignore[arg-type]


BEFORE = [
    "Job title  Clerk",
    "Gender: ☐ male  ☒ female  ☐ other",
    "Meal:",
    "☐ meat",
    "☐ fish",
    "☑ none",
    "",
    "Date  3 May 2024",
    "☒ I can swim",
]
BEHIND = ["Stay: tent ( )  hostel (x)  hotel ( )", "Title: Mr ( ) Ms ( ) Dr ( )", "Size: S (x) M (x) L ( )"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (BEFORE, {"Gender": (3, "female"), "Meal": (3, "none"), "Date 3 May 2024": (1, "I can swim")}),
        (BEHIND, {"Stay": (3, "hostel"), "Title": (3, ""), "Size": (3, "")}),
        (["No boxes here", "at all"], {}),
        (["☐"], {"": (1, "")}),
    ],
)
def test_find_choices(lines: list[str], found: dict[str, tuple[int, str]]) -> None:
    page = sheet(lines)
    assert {c.label: (len(c.options), page.quote(c.ticked())) for c in find_choices(page)} == found


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def features(reader: Reader, lines: list[str]) -> PageFeatures:
    words = words_of([line for line in lines if line])
    return PageFeatures.build(
        [w.text for w in words], lay_out([w.box for w in words], (900, 900)), reader.network.tokenizer
    )


@pytest.mark.parametrize(
    ("lines", "question", "answer"),
    [
        (BEFORE, "What is the gender?", "female"),
        (BEFORE, "Which box is ticked under Meal?", "none"),
        (BEFORE, "Is the gender female?", None),
        (BEFORE, "Gender: male?", None),
        (BEHIND, "What stay was chosen?", "hostel"),
        (BEHIND, "job title", None),
        (BEHIND, "What is selected for title?", None),
        (BEHIND, "size", None),
    ],
)
def test_labelled_by_boxes(reader: Reader, lines: list[str], question: str, answer: str | None) -> None:
    page = features(reader, lines)
    words = labelled(page, question)
    assert (None if words is None else " ".join(page.texts[w] for w in words)) == answer


def test_options(reader: Reader) -> None:
    page = features(reader, BEHIND)
    assert [page.texts[w] for (w,) in options(page, "Which options are there for size?")] == ["S", "M", "L"]
    assert options(page, "What is the size?") == []
    assert options(page, "Which options are there for colour?") == []


@pytest.mark.parametrize(
    ("lines", "question", "answer"),
    [
        (BEFORE, "Is the gender female?", True),
        (BEFORE, "Is male ticked under Gender?", False),
        (BEFORE, "Meal: fish?", False),
        (BEFORE, "Is the box for 'I can swim' checked?", True),
        (BEFORE, "Is it a male?", None),
        (BEHIND, "Is hostel selected for stay?", True),
        (BEHIND, "Is the size XL?", None),
        (["Our rooms", "○ Breakfast included", "○ Free parking"], "Is breakfast included?", None),
    ],
)
def test_is_ticked(reader: Reader, lines: list[str], question: str, answer: bool | None) -> None:
    assert asks_yes_no(question)
    found = is_ticked(features(reader, lines), question)
    assert (None if found is None else found[0]) is answer
