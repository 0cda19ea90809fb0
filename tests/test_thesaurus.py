"""Printed words for asked ones: looking up, and the list that ships."""

from __future__ import annotations

import re

import pytest

from internvl_cli.reader.features import PageFeatures, Question, matches
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.thesaurus import PLACE, Thesaurus, normal_form
from internvl_cli.reader.wordpiece import WordPiece

LINES = ["shipped: dispatched, sent", "phone number: tel", "number: no, code", "phone: mobile, tel"]


@pytest.mark.parametrize(
    ("question", "printed"),
    [
        ("Shipped?", [("dispatch", "sent")]),
        ("SHIPPING", [("dispatch", "sent")]),
        ("phone number", [("mobil", "tel"), ("tel", "no", "code")]),
        ("number phone", [("no", "code"), ("mobil", "tel")]),
        ("unheard-of", [()]),
    ],
)
def test_what_may_be_printed(question: str, printed: list[tuple[str, ...]]) -> None:
    assert Thesaurus(LINES).printed([normal_form(word) for word in question.split()]) == printed


def _asked(question: str, *lines: str) -> tuple[list[float], list[str]]:
    """Give how far each word counts as named, for a page with a line of text each."""
    tokenizer = WordPiece(WEIGHTS / "vocab.txt")
    words = [(word, i, row) for row, line in enumerate(lines) for i, word in enumerate(line.split())]
    boxes = [(20.0 + 60 * i, 20.0 + 30 * row, 70.0 + 60 * i, 34.0 + 30 * row) for _, i, row in words]
    page = PageFeatures.build([word for word, _, _ in words], lay_out(boxes, (800, 600)), tokenizer)
    flags, named = matches(page, Question(question, tokenizer))
    return flags[:, 0].tolist(), named


def test_a_printed_word_counts_less_and_only_where_the_asked_one_is_missing() -> None:
    flags, named = _asked("When was it sent?", "Dispatched 3 May", "Paid 4 May")
    assert flags == pytest.approx([0.8, 0, 0, 0, 0, 0])
    assert named[-1] == "dispatch"
    flags, _ = _asked("When was it sent?", "Dispatched 3 May", "Sent 4 May")
    assert flags == [0, 0, 0, 1, 0, 0]


def test_the_closest_printed_word_is_taken_and_farther_ones_count_less() -> None:
    flags, named = _asked("sent", "Mailed 3 May")
    assert named == ["mail"]
    assert 0.2 <= flags[0] < 0.6
    assert _asked("sent", "Mailed 3 May", "Dispatched 4 May")[1] == ["dispatch"]


def test_two_words_of_a_question_do_not_share_a_printed_one() -> None:
    _, named = _asked("sent or shipped", "Dispatched 3 May")
    assert named.count("dispatch") == 1


def test_the_list_that_ships_is_well_formed() -> None:
    lines = PLACE.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 4000
    asked = [line.partition(":")[0] for line in lines]
    assert asked == sorted(set(asked))
    for line in lines:
        assert re.fullmatch(r"[a-z0-9' -]+: [^ ,:]+(, [^ ,:]+)*", line), line
        printed = line.partition(": ")[2].split(", ")
        assert len(printed) == len(set(printed)), line


def test_the_list_that_ships_is_read() -> None:
    assert "dispatch" in Thesaurus.shipped().printed(["shipp"])[0]
