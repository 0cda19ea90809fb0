"""Misspelt and misread words, and the words that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_cli.reader.spelling import LONG, SHORTEST, mend

letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
word = st.text(letters, min_size=LONG, max_size=14)


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the word with one letter wrong, missing, too many, or two neighbours swapped."""
    right = draw(word)
    at, letter = draw(st.integers(0, len(right) - 1)), draw(letters)
    return right, draw(
        st.sampled_from(
            [
                right[:at] + letter + right[at + 1 :],
                right[:at] + right[at + 1 :],
                right[:at] + letter + right[at:],
                right[:at] + right[at : at + 2][::-1] + right[at + 2 :],
            ]
        )
    )


@given(slips())
def test_one_slip_is_mended(pair: tuple[str, str]) -> None:
    right, wrong = pair
    if min(len(wrong), len(right)) >= LONG:
        assert mend(wrong, [right, "zzzzz", "12345"]) == right


@given(st.text(min_size=0, max_size=12), st.lists(word, max_size=6))
def test_only_known_words_come_back(text: str, known: list[str]) -> None:
    assert mend(text, known) in {"", *known}


@pytest.mark.parametrize(
    ("wrong", "known", "right"),
    [
        ("ptaient", ["patient", "doctor"], "patient"),
        ("recipient", ["recipierit", "sender"], "recipierit"),  # as OCR read it
        ("number", ["nurnber"], "nurnber"),
        ("total", ["t0tal"], "t0tal"),
        ("seller", ["teller"], ""),  # short words keep their first letter
        ("sender", ["tender", "lender"], ""),
        ("orderr", ["orders", "order"], ""),  # either may be meant
        ("rate", ["date"], ""),
        ("30 may", ["30 mai"], ""),
        ("12345", ["12346"], ""),
        ("total", ["70701"], ""),
        ("", ["total"], ""),
    ],
)
def test_examples(wrong: str, known: list[str], right: str) -> None:
    assert mend(wrong, known) == right


@given(st.text(letters, max_size=SHORTEST - 1), st.text(letters, max_size=SHORTEST - 1))
def test_short_words_are_left_alone(a: str, b: str) -> None:
    assert mend(a, [b]) == ""
