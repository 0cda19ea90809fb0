"""Instances of the kinds of things that questions ask for ("Which airline?"), as papers print them without a label.

A network this small does not know that "Lufthansa" is an airline. ``instances.txt`` says so: for each kind the words
that ask for it, and what is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from internvl_cli.reader.thesaurus import LONGEST, by_phrase, normal_form

__all__ = ["Instances", "instances"]

PLACE = Path(__file__).parent / "instances.txt"
"""One line a kind: ``airline, fly with: lufthansa; ryanair; british airways``."""

Names = dict[str, list[tuple[str, ...]]]
"""What is an instance, word by word in normal form, by its first word; longer ones first."""


class Instances:
    """Kinds of things and their instances.

    Args:
        lines: As in ``instances.txt``.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._kinds = by_phrase(lines)

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Instances:
        """Give those in the package."""
        return cls(PLACE.read_text(encoding="utf-8").splitlines())

    def asked(self, forms: Sequence[str]) -> Names:
        """Give the instances of all kinds that a question asks for.

        Args:
            forms: The question's words in normal form.
        """
        found: Names = {}
        spans = ((i, i + size) for size in range(1, LONGEST + 1) for i in range(len(forms) - size + 1))
        lines = dict.fromkeys(line for i, j in spans for line in self._kinds.get(tuple(forms[i:j]), ()))
        for line in lines:
            for name in line.split(";"):
                words = tuple(form for form in map(normal_form, name.split()) if form)
                if words:
                    found.setdefault(words[0], []).append(words)
        for names in found.values():
            names.sort(key=len, reverse=True)
        return found


def instances(names: Names, lines: Iterable[Sequence[int]], forms: Sequence[str]) -> list[int]:
    """Give the words of a page that are one of the instances, or part of one.

    Args:
        names: What counts, see ``Instances.asked``.
        lines: Words that stand side by side, in order.
        forms: Normal form of each word of the page.
    """
    found: list[int] = []
    for line in lines if names else ():
        texts = tuple(forms[word] for word in line)
        at = 0
        while at < len(texts):
            length = next((len(n) for n in names.get(texts[at], ()) if texts[at : at + len(n)] == n), 0)
            found.extend(line[at : at + length])
            at += max(length, 1)
    return found
