"""A question of a benchmark: an item of a batch, and what scoring needs besides its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from internvl_cli.batch.plan import Item, Plan
from internvl_cli.errors import InputError

__all__ = ["Question", "collect", "malformed", "plan_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        item: What is asked of what; ``kind`` is what scores are broken out by.
        where: Which record of which file it comes from, for messages.
        choices: Letter → text, where the answer is one of several (MMMU).
        formula: Whether the answer is a formula (OCRBench's handwritten expressions).
    """

    item: Item
    where: str
    choices: Mapping[str, str] = field(default_factory=dict)
    formula: bool = False

    @property
    def kind(self) -> str:
        """The item's kind; empty where it has none."""
        return self.item.kind or ""


def malformed(where: str, what: str) -> InputError:
    """Word what is wrong with a record."""
    return InputError(f"{where}: {what}", "mend the record, or download the data again")


def collect(questions: Iterable[Question], name: str, limit: int | None = None) -> list[Question]:
    """Take the first ``limit`` questions; the others are not read.

    Args:
        questions: In order.
        name: Of the data, for messages.
        limit: All if None.

    Raises:
        InputError: A record is malformed, two have the same id, or there is none.
    """
    found: dict[str, Question] = {}
    for question in islice(questions, limit):
        first = found.setdefault(question.item.id, question)
        if first is not question:
            raise malformed(question.where, f"id {question.item.id!r} already stands in {first.where}")
    if not found:
        raise InputError(f"{name}: no questions in it", "check --data and --split")
    return list(found.values())


def plan_of(questions: Iterable[Question]) -> Plan:
    """The plan that asks the questions."""
    return Plan(tuple(question.item for question in questions))
