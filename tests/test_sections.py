# ruff: noqa: E501
"""Lists under headings: where a section begins and ends, and which questions are about one."""

from __future__ import annotations

import pytest

from internvl_cli.documents.page import Page, Word
from internvl_cli.reader.sections import section_entries
from internvl_cli.reader.sheet import Sheet

Line = tuple[str, ...]
"""Parts of a line: (left, price at the right edge), or one part alone."""


def sheet(lines: list[Line], heading: float = 24) -> Sheet:
    """A page with one line under the other; lines that begin with # are as high as headings."""
    words: list[Word] = []
    y = 40.0
    for line in lines:
        for part, x in zip(line, (60.0, 600.0), strict=False):
            size = heading if part.startswith("#") else 16.0
            for text in part.removeprefix("# ").split():
                width = len(text) * size * 0.55
                words.append(Word(text, (x, y, x + width, y + size)))
                x += width + size * 0.3
        y += 40

    def nothing() -> None:
        raise AssertionError

    return Sheet.of(Page("list", "", 1, 800, 1000, tuple(words), nothing))  # type: ignore[arg-type]


RIGHT = sheet(
    [
        ("# Salon Adler",), ("# Cuts",), ("Fringe", "8.00"), ("Wash and cut", "€ 31.50"), ("Our bestseller",), ("Shave", "12.00"),
        ("# Colour",), ("Roots", "45.00"), ("Full head", "70.00"), ("# Extras",), ("Mask", "9.00"), ("Open daily from ten",),
    ]
)  # fmt: skip
BELOW = sheet([("CUTS",), ("Fringe",), ("8.00",), ("Shave",), ("12.00",), ("COLOUR",), ("Roots",), ("45.00",)], 16)


@pytest.mark.parametrize(
    ("question", "page", "names"),
    [
        ("How many cuts are there?", RIGHT, ["Fringe", "Wash and cut", "Shave"]),
        ("What is there under colour?", RIGHT, ["Roots", "Full head"]),
        ("List the extras", RIGHT, ["Mask"]),
        ("What is listed under Cuts?", BELOW, ["Fringe", "Shave"]),
        ("How many cuts cost more than 10?", RIGHT, None),
        ("What is there under Nails?", RIGHT, None),
        ("Which is the cheapest of the cuts?", RIGHT, None),
        ("How many salons are there?", RIGHT, None),
        ("Who cuts?", RIGHT, None),
    ],
)
def test_section_entries(question: str, page: Sheet, names: list[str] | None) -> None:
    found = section_entries(question, page)
    assert (None if found is None else [page.quote(words) for words in found]) == names


def test_one_heading_makes_no_sections() -> None:
    assert (
        section_entries("What is there under cuts?", sheet([("# Cuts",), ("Fringe", "8.00"), ("Shave", "9.00")]))
        is None
    )
    assert section_entries("What is there under cuts?", sheet([("# Cuts",)])) is None
