"""What a drawing function gives: sheets, how they come to the reader, and what may be asked about them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from internvl_cli.evaluation.own.sheet import Sheet

__all__ = ["KINDS", "Asked", "Draw", "Drawn", "Look"]

Look = Literal["pdf", "image", "scan"]

KINDS = ("field", "table cell", "max/min", "count", "yes/no", "not in the document", "chart value", "prose")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what kind it is, and the answers that count."""

    kind: str
    question: str
    answers: tuple[str, ...]

    def __init__(self, kind: str, question: str, *answers: str) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "question", question)
        object.__setattr__(self, "answers", answers)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document.

    Attributes:
        sheets: Its pages.
        look: Born-digital PDF, clean picture, or crooked and noisy scan.
        asked: Questions about it.
    """

    sheets: list[Sheet]
    look: Look
    asked: list[Asked]


Draw = Callable[[random.Random, Look], Drawn]
