"""Questions of yes or no that state a date or a figure ("Is the invoice dated 3 May 2024?"): whether the page has it.

A network this small confuses digits; that a figure stands nowhere on a page is certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.shapes import MONTHS
from internvl_cli.reader.ticking import asks_yes_no

__all__ = ["states_another_figure"]

LEAST_DIGITS = 4
"""Shorter numbers may be printed as words, or be counted."""

_COMPARES = re.compile(
    r"\b(?:than|over|under|above|below|before|after|since|by|between|within|least|most|more|less|about|"
    r"around|nearly|almost|roughly|older|younger|earlier|later|up to|from|in the|during)\b|[<>~]",
    re.IGNORECASE,
)
"""Where a figure is a limit, the page need not have it."""

_NUMBER = re.compile(r"\d+")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

Date = tuple[int, int, int]
"""Day, month, last two digits of the year."""


def _month(word: str) -> int:
    """Give the number of a month's name; 0 for any other word."""
    bare = word.strip(".,()?").lower()
    return _MONTHS.index(bare[:3]) + 1 if bare in MONTHS else 0


def _dates(words: Sequence[str]) -> set[Date]:
    """Read a date of three numbers, or two and a month's name, in every way that it may be meant."""
    months = [month for word in words if (month := _month(word))]
    numbers = [int(n) for n in _NUMBER.findall(" ".join(words))]
    if len(months) == 1 and len(numbers) == 2:
        return {(day, months[0], year % 100) for day, year in (numbers, numbers[::-1])}
    if months or len(numbers) != 3:
        return set()
    first, second, third = numbers
    return {(third, second, first % 100), (first, second, third % 100), (second, first, third % 100)}


def _figures(words: Sequence[str]) -> list[list[str]]:
    """Give the runs of words with digits; a month's name beside one belongs to it."""
    runs: list[list[str]] = []
    inside = False
    for word in words:
        part = _month(word) > 0 or any(c.isdigit() for c in word)
        if part and inside:
            runs[-1].append(word)
        elif part:
            runs.append([word])
        inside = part
    return [run for run in runs if any(c.isdigit() for word in run for c in word)]


def _digits(words: Sequence[str]) -> str:
    text = "".join(words).rstrip("?.,")
    return "".join(_NUMBER.findall(re.sub(r"[.,]00?$", "", text)))


def states_another_figure(question: str, pages: Sequence[PageFeatures]) -> bool:
    """Say whether a question of yes or no states one date or figure, and no page has it, in whatever form."""
    figures = _figures(question.split())
    if len(figures) != 1 or not asks_yes_no(question) or _COMPARES.search(question):
        return False
    figure = figures[0]
    digits, dates = _digits(figure), _dates(figure)
    if len(digits) < LEAST_DIGITS:
        return False
    for page in pages:
        texts = [page.texts[w] for line in page.layout.segment_words for w in line]
        if digits in _digits(texts):
            return False
        # A date may run over a gap or a line: every run of up to three words is looked at.
        runs = (texts[i : i + size] for i in range(len(texts)) for size in (1, 2, 3))
        if dates and any(dates & _dates(run) for run in runs):
            return False
    return True
