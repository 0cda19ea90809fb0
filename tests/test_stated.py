"""Questions of yes or no that state a date or a figure."""

from __future__ import annotations

import pytest

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.stated import states_another_figure
from internvl_cli.reader.wordpiece import WordPiece

PAGE = ("Invoice 2024-0417", "Dated 3 May 2024", "Delivered 04/28/2024", "Total 1,250.00 EUR", "Account 4219 7258 88")


def _page(*lines: str) -> PageFeatures:
    words = [(word, i, row) for row, line in enumerate(lines) for i, word in enumerate(line.split())]
    boxes = [(20.0 + 62 * i, 20.0 + 30 * row, 80.0 + 62 * i, 34.0 + 30 * row) for _, i, row in words]
    return PageFeatures.build([w for w, _, _ in words], lay_out(boxes, (800, 600)), WordPiece(WEIGHTS / "vocab.txt"))


@pytest.mark.parametrize(
    "question",
    [
        "Is the invoice dated 3 May 2024?",
        "Is the invoice dated 03/05/2024?",
        "Is it dated May 3, 2024?",
        "is it from 2024-05-03",
        "Was it delivered on 28 April 2024?",
        "Is the total 1250 EUR?",
        "Is the total EUR 1,250.00?",
        "Is the account number 4219725888?",
    ],
)
def test_what_the_page_has_in_any_form(question: str) -> None:
    assert not states_another_figure(question, [_page(*PAGE)])
    assert not states_another_figure(question, [_page("Nothing"), _page(*PAGE)])


@pytest.mark.parametrize(
    "question",
    [
        "Is the invoice dated 4 May 2024?",
        "Is the invoice dated 13/05/2024?",
        "Was it delivered on Apr 45, 2024?",
        "Is the total 1,260.00 EUR?",
        "Is the account number 4219 7258 89?",
    ],
)
def test_what_no_page_has(question: str) -> None:
    assert states_another_figure(question, [_page("Nothing"), _page(*PAGE)])


@pytest.mark.parametrize(
    "question",
    [
        "What is dated 4 May 2025?",  # not of yes or no
        "Is the total more than 1,260.00 EUR?",  # a limit
        "Was it paid before 4 May 2025?",
        "Is it for 14 days?",  # may be in words
        "Is it from 5 May 2025 to 6 June 2025?",  # two
        "Is it paid?",
    ],
)
def test_where_a_figure_settles_nothing(question: str) -> None:
    assert not states_another_figure(question, [_page(*PAGE)])
