"""Kinds of things that questions ask for: looking up, and the list that ships."""

from __future__ import annotations

import pytest

from internvl_cli.reader.features import PageFeatures, Question, matches
from internvl_cli.reader.instances import PLACE, Instances, instances
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.thesaurus import normal_form
from internvl_cli.reader.wordpiece import WordPiece

LINES = [
    "instrument, play: cello; electric guitar; guitar",
    "bank, card company: visa; deutsche bank; bank of scotland",
]


def _marked(question: str, *segments: str) -> list[str]:
    """Give the words that count as an instance, for segments that stand apart."""
    names = Instances(LINES).asked([normal_form(word) for word in question.split()])
    words = [word for segment in segments for word in segment.split()]
    ends = [sum(len(s.split()) for s in segments[: i + 1]) for i in range(len(segments))]
    lines = [range(end - len(s.split()), end) for end, s in zip(ends, segments, strict=True)]
    return [words[w] for w in instances(names, lines, [normal_form(word) for word in words])]


@pytest.mark.parametrize(
    ("question", "segments", "marked"),
    [
        ("Which instrument does Ben play?", ["Ben Moor", "Cello, 30 min"], ["Cello,"]),
        ("Instruments?", ["Electric guitar for beginners", "cellos"], ["Electric", "guitar", "cellos"]),
        ("Which card company?", ["Visa 4000", "Deutsche Bank"], ["Visa", "Deutsche", "Bank"]),
        ("Which card company?", ["Deutsche", "Bank"], []),  # not one name: they stand apart
        ("Which company?", ["Visa 4000"], []),
        ("Which instrument?", ["Visa 4000"], []),
    ],
)
def test_what_is_marked(question: str, segments: list[str], marked: list[str]) -> None:
    assert _marked(question, *segments) == marked


def test_a_longer_name_goes_before_a_shorter_one() -> None:
    assert _marked("bank", "Bank of Scotland Visa") == ["Bank", "of", "Scotland", "Visa"]


def test_the_network_is_told() -> None:
    tokenizer = WordPiece(WEIGHTS / "vocab.txt")
    boxes = [(20.0, 20.0, 70.0, 34.0), (20.0, 50.0, 70.0, 64.0)]
    page = PageFeatures.build(["Invoice", "Violin"], lay_out(boxes, (300, 200)), tokenizer)
    for question, flag in (("Which instrument?", 1.0), ("Which pet?", 0.0)):
        flags, _ = matches(page, Question(question, tokenizer))
        assert flags[:, -1].tolist() == [0.0, flag]


def test_the_shipped_list_is_well_formed() -> None:
    lines = PLACE.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 200
    for line in lines:
        asked, colon, named = line.partition(": ")
        phrases = [phrase.split() for phrase in asked.split(", ")]
        assert colon, line
        assert all(1 <= len(phrase) <= 3 for phrase in phrases), line
        names = named.split("; ")
        assert len(names) > 3, line
        assert len(set(names)) == len(names), line
        assert line == line.lower(), line
