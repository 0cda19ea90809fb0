"""One training example: a page as words with boxes, a question, and what the reader should do with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

KINDS = (
    "span",  # one run of words: `spans` has one entry
    "list",  # several runs: `spans` has two or more
    "yes",
    "no",
    "not_found",  # the page does not tell
    "count",  # of the cells in `values`
    "sum",  # of the numbers in `values`
    "difference",  # of the two numbers in `values`
    "average",
    "maximum",  # the largest of `values`: the value itself
    "minimum",
    "argmax",  # the entry of `labels` that belongs to the largest of `values`
    "argmin",
)
"""What the reader can do; the order is the order of the model's classes."""

Span = tuple[int, int]
"""Half-open range of word indices."""


@dataclass
class Sample:
    """A page, a question and its answer.

    Attributes:
        words: Text of each word in reading order (as a PDF text layer or the OCR engine would give it).
        boxes: (x0, y0, x1, y1) of each word in page pixels, origin top left.
        size: (width, height) of the page in pixels.
        question: As a person would type it.
        kind: One of ``KINDS``.
        spans: For ``span`` and ``list``: the words of the answer.
        values: For the operators: the cells that go in, one span a cell.
        labels: For ``argmax`` and ``argmin``: the label of each value, in the same order as ``values``.
        answer: The answer as text, for scoring.
        alternatives: Other answers that count as right.
        family: Kind of document (``invoice``…), or ``prose``, ``wikitable``, ``finance``.
        document: Identity of the document: samples of one document never cross a split.
        field: What was asked (``total``, ``cell``…), for scores by kind.
    """

    words: list[str]
    boxes: list[tuple[float, float, float, float]]
    size: tuple[int, int]
    question: str
    kind: str
    spans: list[Span] = dataclasses.field(default_factory=list)
    values: list[Span] = dataclasses.field(default_factory=list)
    labels: list[Span] = dataclasses.field(default_factory=list)
    answer: str = ""
    alternatives: list[str] = dataclasses.field(default_factory=list)
    family: str = ""
    document: str = ""
    field: str = ""
