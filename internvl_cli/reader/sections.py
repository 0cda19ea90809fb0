# ruff: noqa: E501
"""What a priced list holds under one of its headings: "How many starters are there?", "What is there under Desserts?".

A heading stands alone in its row above priced entries; its section ends at the next heading that looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from internvl_cli.reader.asked import tokens
from internvl_cli.reader.sheet import Segment, Sheet

__all__ = ["section_entries", "speaks_of_sections"]

HEADING_WORDS = 4
"""A heading has at most so many words."""

ALIKE = 0.15
"""Headings no larger than the text differ in height by at most this share."""

LARGE = 1.12
"""A heading that is this much larger than the entries is known by its size, else by its capitals."""

_ASKED = re.compile(
    r"\bhow many\b|\bnumber of\b|\bcount\b|\bunder\b|\blist(?:ed)?\b|\bsection\b|\bname (?:all|the)\b|\bwhich\b|\bwhat\b"
)
_NEVER = re.compile(
    r"\b(?:than|above|below|over|between|not|except|without|cost|costs|price|prices|cheap\w*|expensive|most|least|\w+est|average|sum|"
    r"total|combined|together|difference|first|last|before|after|or)\b"
)
_PRICE = re.compile(
    r"^(?:[$€£¥₹]|[A-Z]{3}|RM|kr|zł|Fr)?\.?\s?\d{1,4}(?:[.,]\d{1,3})?\s?(?:[$€£¥₹]|[A-Z]{3}|kr|zł|,-)?$"
)
_WORD_OF_PRICE = re.compile(r"^(?:[$€£¥₹]|[A-Z]{3}|RM|kr|zł|Fr\.?)$")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a list: what stands before its price, and the price; either may be empty."""

    name: tuple[int, ...]
    price: tuple[int, ...]
    text: str
    height: float
    alone: bool


def speaks_of_sections(question: str) -> bool:
    """Say whether a question may ask what stands under a heading; cheap."""
    text = question.lower()
    return bool(_ASKED.search(text)) and not _NEVER.search(text)


def _row(segments: Sequence[Segment], sheet: Sheet) -> _Row:
    """Part a row into name and price."""
    words = [w for s in segments for w in s.words]
    cut = len(words)
    for start in range(len(words) - 1, max(len(words) - 3, -1), -1):
        tail = " ".join(sheet.words[w].text for w in words[start:])
        if _PRICE.match(tail):
            cut = start
        elif not _WORD_OF_PRICE.match(tail):
            break
    name = tuple(words[:cut])
    return _Row(
        name, tuple(words[cut:]), sheet.quote(name), max((s.height for s in segments), default=1.0), len(segments) == 1
    )


def _entries(rows: Sequence[_Row], low: int, high: int) -> list[tuple[int, ...]]:
    """Give the names of the priced entries in some rows: before the price, or in the row above it."""
    found: list[tuple[int, ...]] = []
    for i in range(low, high):
        row = rows[i]
        if not row.price:
            continue
        if row.name:
            found.append(row.name)
        elif i > low and rows[i - 1].name and not rows[i - 1].price:
            found.append(rows[i - 1].name)
    return found


def _headings(rows: Sequence[_Row]) -> list[int]:
    """Find rows that may be headings: alone, short, with a capital, without a price, and no entry's name."""
    found = []
    for i, row in enumerate(rows[:-1]):
        if not row.alone or row.price or len(row.name) > HEADING_WORDS or not row.text[:1].isupper():
            continue
        if any(c.isdigit() or c in ",;" for c in row.text):
            continue
        under = rows[i + 1]
        names_next = bool(under.price) and not under.name
        if not names_next:
            found.append(i)
    return found


def section_entries(question: str, sheet: Sheet) -> list[tuple[int, ...]] | None:
    """Give the words of each entry under the heading that a question names.

    Args:
        question: As the user wrote it.
        sheet: The page.

    Returns:
        None where the question names no heading of a list with two sections or more.
    """
    if not speaks_of_sections(question):
        return None
    rows = [_row(segments, sheet) for segments in sheet.rows]
    asked = tokens(question)
    headings = _headings(rows)
    named: list[tuple[int, int]] = []
    for i in headings:
        cut = tokens(rows[i].text)
        if cut and any(asked[at : at + len(cut)] == cut for at in range(len(asked) - len(cut) + 1)):
            named.append((len(cut), i))
    if not named:
        return None
    start = max(named)[1]
    like = rows[start]

    names = sorted(row.height for row in rows if row.price and row.name) or [1.0]
    large = names[len(names) // 2] * LARGE

    def alike(i: int) -> bool:
        if like.height >= large:
            return rows[i].height >= large
        near = abs(rows[i].height / like.height - 1) <= ALIKE
        return near and rows[i].text.isupper() == like.text.isupper()

    same = [i for i in headings if alike(i) and _entries(rows, i + 1, min(i + 4, len(rows)))]
    if start not in same or len(same) < 2:
        return None
    end = next((i for i in same if i > start), len(rows))
    return _entries(rows, start + 1, end) or None
