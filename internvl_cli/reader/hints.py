"""What plain rules know of a page beside the network: the amount that is the total, the value behind a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from internvl_cli.reader.addressed import addressed
from internvl_cli.reader.columns import tables_of
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.labelled import labelled
from internvl_cli.reader.lookup import named_cell
from internvl_cli.reader.shapes import CURRENCY, is_number
from internvl_cli.reader.totals import asks_total, payable

__all__ = ["HINT_RIGHT", "Hint"]

TOTAL_BONUS = 9.0
"""For the amount that the page's labels and its arithmetic give as the total, where the total is asked for."""

LABEL_BONUS = 6.0
"""For what stands behind a label that says exactly what the question says."""

CELL_BONUS = 4.0
"""For the cell whose row and column the question names, and for the name or address under "From" or "To": a network
that is sure of another keeps it."""

HINT_RIGHT = 0.9
"""Least confidence of what a label says word for word, or the till's arithmetic: 46 of 47 and 28 of 30 were right."""


def _is_amount_of(words: Sequence[int], amount: int | None, texts: Sequence[str]) -> bool:
    """Say whether words are an amount, with or without its currency, and nothing else."""
    return amount in words and all(is_number(texts[w]) or CURRENCY.fullmatch(texts[w].strip(":")) for w in words)


@dataclass(frozen=True, slots=True)
class Hint:
    """What plain rules say about a question on a page.

    Attributes:
        total: The word of the amount that is the total, where the total is asked for.
        value: The words behind the very label that is asked for.
        cell: The words of the cell whose row and column the question names, or of the sender or recipient it asks for.
    """

    total: int | None = None
    value: tuple[int, ...] = ()
    cell: tuple[int, ...] = ()

    @classmethod
    def of(cls, features: PageFeatures, question: str) -> Hint:
        """Ask the rules about a page."""
        if asks_total(question):
            return cls(total=payable(features, question))
        cell = addressed(features, question) or named_cell(question, tables_of(features))
        return cls(value=labelled(features, question) or (), cell=cell)

    @property
    def start(self) -> int | None:
        """Give the word where an answer by the rules starts."""
        first = self.value or self.cell
        return first[0] if first else self.total

    def bonus(self, words: Sequence[int], texts: Sequence[str]) -> float:
        """Give what the rules add to the score of a span of ``words``; 0 where they say nothing about it."""
        sure = self.certain(words, texts)
        if not sure and self.cell and words[0] == self.cell[0] and set(words) <= set(self.cell):
            return CELL_BONUS
        return sure

    def certain(self, words: Sequence[int], texts: Sequence[str]) -> float:
        """Give the part of ``bonus`` that is for what a label says, or the arithmetic of a receipt."""
        if self.total is not None:
            return TOTAL_BONUS if _is_amount_of(words, self.total, texts) else 0.0
        if self.value and words[0] == self.value[0] and set(words) <= set(self.value):
            return LABEL_BONUS
        return 0.0
