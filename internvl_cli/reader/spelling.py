"""The word of a page that a misspelt or misread word stands for: one slip of a finger, or letters that OCR confuses."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["mend"]

SHORTEST = 5
"""Shorter words are too often one letter from another word ("date", "rate")."""

LONG = 7
"""From here on even the first letter may differ; one slip leaves the first or the last as it is."""

_CONFUSED = (("rn", "m"), ("ri", "n"), ("vv", "w"), ("0", "o"), ("1", "l"), ("5", "s"), ("8", "b"))
"""What OCR engines read for one another."""


def _fold(word: str) -> str:
    """Write letters that OCR confuses as one."""
    for read, meant in _CONFUSED:
        word = word.replace(read, meant)
    return word


def _one_slip(a: str, b: str) -> bool:
    """Say whether one letter is wrong, missing, too many, or two neighbours are swapped; also where nothing is."""
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[same:], b[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def mend(word: str, known: Iterable[str]) -> str:
    """Find the word that a misspelt one stands for.

    Args:
        word: In lower case, and none of ``known``.
        known: What it may stand for, in lower case; either may be misread.

    Returns:
        The one word of ``known`` that is a slip away; "" where none is, or several.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return ""
    folded = _fold(word)
    found = {
        other
        for other in known
        if len(other) >= SHORTEST
        and abs(len(other) - len(word)) <= 2
        and (other[0] == word[0] or (other[-1] == word[-1] and min(len(word), len(other)) >= LONG))
        and not other.isdigit()
        and (_one_slip(word, other) or _one_slip(folded, _fold(other)))
    }
    return found.pop() if len(found) == 1 else ""
