"""Where an answer stands on the pages: the words that say it verbatim, and their box. Pure.

Verbatim means: the same letters and digits in the same order. Case, spacing, thousands separators, currency signs and
the punctuation around words are aside; decimal points, minus signs and what else stands between two digits are not.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from internvl_cli.documents.page import Box, Page, Word
from internvl_cli.engines.base import Evidence

__all__ = ["locate"]

_MAX_OCCURRENCES = 3
_MAX_PARTS = 12
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ ,'\u2019\u00a0\u202f]\d{3})+(?!\d)")
"""A number with thousands separators; the point is not one of them, as 1.234 may be a decimal."""
_HEAD_OF_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:\d{3})*$")
_GROUP = re.compile(r"\d{3}(?!\d)")
_SEPARATORS = re.compile(r"[ ,'\u2019\u00a0\u202f]")
_DASHES = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2212"}
_NOISE = re.compile(r"(?<!\d)[^\w-]+|[^\w-]+(?!\d)|_|(?<!\d)-(?!\d)|(?<=\w)-(?!\d)|(?<=[^\W\d])-")
"""What is no letter or digit, but not what joins two digits (12:30, 1.5, 3/4, 2023-24) and not a sign before one."""

PageWords = tuple[Page, Sequence[Word]]


def locate(answer: str, pages: Sequence[PageWords]) -> list[Evidence]:
    """Find where an answer stands.

    Args:
        answer: As an engine gives it. An answer of several lines, or a list with commas or semicolons, that does not
            stand in one piece is looked up part by part.
        pages: Each with its words in reading order (from the text layer or from OCR).

    Returns:
        Up to three places where the answer stands in one piece: one box around all its words, even if they run over
        several lines. Those written exactly like the answer come first, then in the order of the pages. Else one place
        for each part, if every part stands somewhere; else nothing.
    """
    indexed = [_PageText(page, words) for page, words in pages]
    whole = _find(answer, indexed)
    if whole:
        return whole[:_MAX_OCCURRENCES]
    for separator in (r"\n+", r"\s*[;\n]\s*", r"\s*[,;\n]\s+|\s+(?:and|&)\s+"):
        parts = [part for part in re.split(separator, answer) if _key(part)]
        if 2 <= len(parts) <= _MAX_PARTS:
            found = [_find(part, indexed) for part in parts]
            if all(found):
                return list(dict.fromkeys(places[0] for places in found))
    return []


def _find(answer: str, pages: Sequence[_PageText]) -> list[Evidence]:
    tokens = [key for token in _GROUPED.sub(_without_separators, answer).split() if (key := _key(token))]
    if not tokens:
        return []
    ranked: list[tuple[int, Evidence]] = []
    for page in pages:
        for first, last in page.occurrences(tokens):
            evidence = page.evidence(first, last)
            ranked.append((_difference(answer, evidence.text), evidence))
    ranked.sort(key=lambda item: item[0])
    return [evidence for _, evidence in ranked]


def _difference(answer: str, text: str) -> int:
    """Rank a place: 0 if it is written exactly like the answer, 1 but for case, 2 otherwise."""
    answer, text = " ".join(answer.split()), text.strip(" .,;:")
    return 0 if answer == text else 1 if answer.casefold() == text.casefold() else 2


class _PageText:
    """The words of a page as one string of keys, and the way back from a place in it to the words."""

    def __init__(self, page: Page, words: Sequence[Word]) -> None:
        self._page = page
        self._words = words
        self._keys = [_key(word.text) for word in words]
        self._text = "".join(self._keys)
        ends = list(accumulate(map(len, self._keys)))
        self._starting = {end - len(key): i for i, (end, key) in enumerate(zip(ends, self._keys, strict=True)) if key}
        self._ending = {end: i for i, (end, key) in enumerate(zip(ends, self._keys, strict=True)) if key}

    def occurrences(self, tokens: Sequence[str]) -> list[tuple[int, int]]:
        """Give the first and last word of every place that says ``tokens``, none overlapping another."""
        wanted = "".join(tokens)
        breaks = set(accumulate(map(len, tokens)))
        found: list[tuple[int, int]] = []
        at = self._text.find(wanted)
        while at >= 0:
            first, last = self._starting.get(at), self._ending.get(at + len(wanted))
            fits = first is not None and last is not None and self._numbers_agree(at, wanted, breaks)
            if fits and first is not None and last is not None:
                found.append((first, last))
            at = self._text.find(wanted, at + (len(wanted) if fits else 1))
        return found

    def _numbers_agree(self, at: int, wanted: str, breaks: set[int]) -> bool:
        """Whether no two numbers were run together, neither on the page (12 | 34 for 1234) nor in the answer."""
        for i in range(1, len(wanted)):
            if not (wanted[i - 1].isdigit() and wanted[i].isdigit()):
                continue
            word = self._starting.get(at + i)
            if (word is not None) == (i in breaks):
                continue
            if word is None or not _is_group(wanted[:i], self._keys[word]):
                return False
        return True

    def evidence(self, first: int, last: int) -> Evidence:
        """Give the words from ``first`` to ``last`` as evidence."""
        words = self._words[first : last + 1]
        boxes = [word.box for word in words]
        box: Box = (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
        text = " ".join(word.text for word in words)
        return Evidence(self._page.document, self._page.number, box, (self._page.width, self._page.height), text)


def _is_group(before: str, key: str) -> bool:
    """Whether a word can be the next three digits of a number that begins before it."""
    return bool(_HEAD_OF_NUMBER.search(before) and _GROUP.match(key))


def _without_separators(match: re.Match[str]) -> str:
    return _SEPARATORS.sub("", match[0])


@functools.lru_cache(maxsize=65_536)
def _key(text: str) -> str:
    """Reduce a word to what must agree; may be empty."""
    if text.isascii() and text.isalpha():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    # A sign stays a sign when a currency stands between it and the number.
    text = re.sub(r"^([-+]?)[^\w.,-]+(?=[\d.])", r"\1", text)
    text = re.sub(r"(?<![\w.])\.(?=\d)", "0.", text)
    return _NOISE.sub("", _GROUPED.sub(_without_separators, text))
