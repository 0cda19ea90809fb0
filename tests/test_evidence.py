from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.documents.page import Page, Word
from internvl_cli.engines.evidence import locate


def no_image() -> None:
    raise AssertionError("evidence needs no picture")


render: Callable[[], object] = no_image


def page_of(*lines: str, number: int = 1) -> tuple[Page, list[Word]]:
    """A page whose words stand on a grid: 10 pixels a letter, 20 a line."""
    words = []
    for row, line in enumerate(lines):
        x = 0
        for text in line.split():
            words.append(Word(text, (x, 20 * row, x + 10 * len(text), 20 * row + 18)))
            x += 10 * (len(text) + 1)
    return Page("a.pdf", "0" * 64, number, 800, 600, (), render), words  # type: ignore[arg-type]


def texts(answer: str, *lines: str) -> list[str]:
    return [evidence.text for evidence in locate(answer, [page_of(*lines)])]


@pytest.mark.parametrize(
    ("answer", "line", "expected"),
    [
        ("Total", "the Total is 5", "Total"),
        ("total", "The TOTAL: 5", "TOTAL:"),
        ("1234.50", "Total $1,234.50 due", "$1,234.50"),
        ("$1,234.50", "Total 1234.50 due", "1234.50"),
        ("1,234,567", "sum 1 234 567 EUR", "1 234 567"),
        ("1 234", "sum 1'234 CHF", "1'234"),
        ("EUR 12", "pay EUR 12, now", "EUR 12,"),
        ("€ 12", "pay €12 now", "€12"),
        ("-5.2", "change \u22125.2 points", "\u22125.2"),
        ("Acme Inc., Berlin", "by Acme Inc. Berlin 2020", "Acme Inc. Berlin"),
        ("New York", "in NewYork today", "NewYork"),
        ("information", "some infor- mation here", "infor- mation"),
        ("“quoted”", "a quoted word", "quoted"),
        ("efficient", "an e\ufb03cient way", "e\ufb03cient"),
        ("12:30", "at 12:30.", "12:30."),
        ("42%", "about 42% more", "42%"),
        ("东京", "在 东京 站", "东京"),
    ],
)
def test_verbatim_but_for_form(answer: str, line: str, expected: str) -> None:
    assert texts(answer, line) == [expected]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("1234", "cells 12 34 here"),
        ("12 34", "number 1234 here"),
        ("5", "change -5 points"),
        ("-5", "change 5 points"),
        ("15", "ratio 1.5 here"),
        ("5", "ratio .5 here"),
        ("1230", "at 12:30 sharp"),
        ("202324", "season 2023-24 ends"),
        ("art", "the cart parts"),
        ("total amount", "total the amount"),
        ("", "anything"),
        ("...", "dots ... here"),
        ("missing", "nothing of the kind"),
    ],
)
def test_not_verbatim(answer: str, line: str) -> None:
    assert texts(answer, line) == []


def test_box_surrounds_the_words_also_over_two_lines() -> None:
    (place,) = locate("ab cd", [page_of("x ab", "cd y", number=3)])
    assert (place.file, place.page, place.page_size) == ("a.pdf", 3, (800, 600))
    assert place.box == (0, 0, 40, 38)


def test_exact_writing_comes_first_and_three_are_enough() -> None:
    pages = [page_of("ACME one acme"), page_of("Acme acme", number=2)]
    found = locate("Acme", pages)
    assert [(place.page, place.text) for place in found] == [(2, "Acme"), (1, "ACME"), (1, "acme")]


@pytest.mark.parametrize("answer", ["red\nblue", "red; blue", "red, blue", "red and blue"])
def test_lists_are_found_part_by_part(answer: str) -> None:
    assert texts(answer, "blue things", "and red ones") == ["red", "blue"]
    assert texts(answer, "only red ones") == []


def test_a_list_in_one_piece_is_one_place() -> None:
    assert texts("red, blue", "a red, blue flag") == ["red, blue"]


words = st.lists(st.text(alphabet="abcABC", min_size=1, max_size=4), min_size=1, max_size=20)


@settings(max_examples=80, deadline=None)
@given(words, st.data())
def test_every_run_of_words_is_found(line: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(line) - 1))
    last = data.draw(st.integers(first, len(line) - 1))
    answer = " ".join(line[first : last + 1])
    found = locate(answer.swapcase(), [page_of(" ".join(line))])
    assert found
    assert all(place.text.casefold().replace(" ", "") == answer.casefold().replace(" ", "") for place in found)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=6), max_size=8))
def test_any_text_is_safe(answer: str, line: list[str]) -> None:
    page, _ = page_of()
    for place in locate(answer, [(page, [Word(text, (0, 0, 1, 1)) for text in line])]):
        assert place.text
