"""Words that papers print where a question has another ("When was it sent?", "Dispatched: 3 May").

A network this small has seen too little language to know them all. ``thesaurus.txt`` says, for each word or phrase of a
question, which words may be printed in its stead, closest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

__all__ = ["LONGEST", "Thesaurus", "by_phrase", "normal_form"]

PLACE = Path(__file__).parent / "thesaurus.txt"
"""One line a word: ``sent: dispatched, despatched, posted``."""

LONGEST = 3
"""Most words of a phrase that is looked for."""

_EDGES = re.compile(r"^\W+|\W+$")


def normal_form(word: str) -> str:
    """Lower-case, without punctuation at the edges, possessive and plural endings: what two mentions share."""
    bare = _EDGES.sub("", word.lower()).replace("’", "'")
    if bare.endswith("'s"):
        bare = bare[:-2]
    if len(bare) > 4 and bare.isalpha():
        for ending, short in (("ies", "y"), ("ing", ""), ("ed", ""), ("s", "")):
            if bare.endswith(ending) and not bare.endswith("ss") and len(bare) - len(ending) >= 3:
                bare = bare[: len(bare) - len(ending)] + short
                break
        if bare.endswith("e") and len(bare) > 4:
            bare = bare[:-1]
    return bare


def by_phrase(lines: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Give what stands behind the colon of each line, by the phrases before it, in normal form.

    It stays as text: a question needs a dozen lines of thousands.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for line in lines:
        phrases, _, rest = line.partition(":")
        for phrase in phrases.split(","):
            found.setdefault(tuple(map(normal_form, phrase.split())), []).append(rest)
    return found


class Thesaurus:
    """Printed words for asked ones, all in normal form.

    Args:
        lines: As in ``thesaurus.txt``.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = by_phrase(lines)

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Thesaurus:
        """Give the one in the package."""
        return cls(PLACE.read_text(encoding="utf-8").splitlines())

    def _printed(self, key: tuple[str, ...]) -> Iterator[str]:
        for line in self._lines.get(key, ()):
            yield from (form for form in map(normal_form, line.split(",")) if form and form not in key)

    def printed(self, forms: Sequence[str]) -> list[tuple[str, ...]]:
        """Give for each word of a question, in normal form, what may be printed in its stead, closest first.

        What stands for a phrase stands at its last word, before that word's own; longer phrases come first.
        """
        found: list[tuple[str, ...]] = []
        for end in range(1, len(forms) + 1):
            keys = (tuple(forms[end - size : end]) for size in range(min(LONGEST, end), 0, -1))
            found.append(tuple(dict.fromkeys(form for key in keys for form in self._printed(key))))
        return found
