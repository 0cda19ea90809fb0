"""Rows of a table, as the benchmarks lie on the Hugging Face hub: an image in a cell, one question a row."""

from __future__ import annotations

import ast
import string
from collections.abc import Mapping
from typing import Any

from internvl_cli.batch.plan import Item
from internvl_cli.evaluation.images import Images, image_bytes
from internvl_cli.evaluation.layouts.fields import text_of, texts_of
from internvl_cli.evaluation.questions import Question, malformed
from internvl_cli.model.chat import SHORT_ANSWER

__all__ = ["HANDWRITTEN", "ROWS", "mmmu_prompt", "ocrbench_prompt"]

Row = Mapping[str, Any]

HANDWRITTEN = "Handwritten Mathematical Expression Recognition"
"""OCRBench's kind whose answers are compared without spaces."""

CHOOSE = "Answer with the option's letter from the given choices directly."
"""What the reference adds to an MMMU question with choices; an open one gets ``SHORT_ANSWER``."""

MMMU_IMAGES = 7
"""Images that an MMMU question can have."""


def mmmu_prompt(question: str, choices: Mapping[str, str]) -> str:
    """Write an MMMU question as the reference does: the choices a line each, then the instruction."""
    lines = [question.strip(), *(f"{letter}. {text}" for letter, text in choices.items())]
    return "\n".join([*lines, CHOOSE if choices else SHORT_ANSWER]).strip()


def ocrbench_prompt(question: str) -> str:
    """Write an OCRBench question as VLMEvalKit does: the instruction on a line of its own."""
    return f"{question}\n{SHORT_ANSWER}"


def _identity(row: Row, number: int, *names: str) -> str:
    """The row's id; its number where it has none."""
    for name in names:
        if isinstance(value := row.get(name), (str, int)) and str(value):
            return str(value)
    return str(number)


def docvqa_row(row: Row, number: int, where: str, split: str, images: Images) -> Question:
    """A row of DocVQA or InfographicVQA."""
    file = images.keep(image_bytes(row.get("image"), where, "image"))
    kinds = row.get("question_types") or row.get("answer_type")
    item = Item(
        _identity(row, number, "questionId", "question_id"),
        file.name,
        str(file),
        text_of(row, "question", where),
        answers=() if split == "test" else texts_of(row, "answers", where),
        kind=str(kinds[0]) if isinstance(kinds, list) and kinds else None,
    )
    return Question(item, where)


def chartqa_row(row: Row, number: int, where: str, split: str, images: Images) -> Question:
    """A row of ChartQA, by HuggingFaceM4 (``query``, ``label``, 0 for human) or lmms-lab (``type``, ``answer``)."""
    file = images.keep(image_bytes(row.get("image"), where, "image"))
    half = str(row.get("type", row.get("human_or_machine", ""))).lower()
    half = {"0": "human", "1": "augmented", "human_test": "human", "augmented_test": "augmented"}.get(half, half)
    if half not in ("human", "augmented"):
        raise malformed(where, f"neither human nor augmented: {half!r}")
    query = "query" if "query" in row else "question"
    item = Item(
        f"{half}-{number}",
        file.name,
        str(file),
        text_of(row, query, where),
        answers=texts_of(row, "label" if "label" in row else "answer", where),
        kind=half,
    )
    return Question(item, where)


def textvqa_row(row: Row, number: int, where: str, split: str, images: Images) -> Question:
    """A row of TextVQA."""
    file = images.keep(image_bytes(row.get("image"), where, "image"))
    item = Item(
        _identity(row, number, "question_id"),
        file.name,
        str(file),
        text_of(row, "question", where),
        answers=texts_of(row, "answers", where),
    )
    return Question(item, where)


def ocrbench_row(row: Row, number: int, where: str, split: str, images: Images) -> Question:
    """A row of OCRBench."""
    file = images.keep(image_bytes(row.get("image"), where, "image"))
    kind = text_of(row, "question_type" if "question_type" in row else "type", where)
    item = Item(
        str(number),
        file.name,
        str(file),
        ocrbench_prompt(text_of(row, "question", where)),
        answers=texts_of(row, "answer" if "answer" in row else "answers", where),
        kind=kind,
    )
    return Question(item, where, formula=kind == HANDWRITTEN)


def mmmu_row(row: Row, number: int, where: str, split: str, images: Images) -> Question:
    """A row of MMMU; the subject, which stands in the id (``validation_Art_1``), is its kind."""
    identity = text_of(row, "id", where)
    choices = _choices(row, where)
    cells = [(f"image_{i}", row.get(f"image_{i}")) for i in range(1, MMMU_IMAGES + 1)]
    # The first has to be there: it is shown larger than the others.
    pictures = [image_bytes(cell, where, name) for i, (name, cell) in enumerate(cells) if not i or cell is not None]
    file = images.keep_mmmu(pictures, where)
    answer = text_of(row, "answer", where)
    if choices and answer not in choices:
        raise malformed(where, f"the answer {answer!r} is none of the choices {', '.join(choices)}")
    item = Item(
        identity,
        file.name,
        str(file),
        mmmu_prompt(text_of(row, "question", where), choices),
        answers=(answer,) if choices else _open_answers(answer),
        kind="_".join(identity.split("_")[1:-1]) or None,
    )
    return Question(item, where, choices=choices)


def _choices(row: Row, where: str) -> dict[str, str]:
    """The choices by letter; none for an open question."""
    if row.get("question_type") == "open":
        return {}
    value = row.get("options")
    try:
        options = ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError):
        options = None
    if not isinstance(options, list) or not 1 <= len(options) <= len(string.ascii_uppercase):
        raise malformed(where, f"'options' must be a list of texts, not {value!r}")
    return dict(zip(string.ascii_uppercase, (str(option).strip() for option in options), strict=False))


def _open_answers(answer: str) -> tuple[str, ...]:
    """One answer, or a list of them written as one text."""
    if answer.startswith("["):
        try:
            value = ast.literal_eval(answer)
        except (ValueError, SyntaxError):
            return (answer,)
        if isinstance(value, list) and value:
            return tuple(str(entry) for entry in value)
    return (answer,)


ROWS = {
    "docvqa": docvqa_row,
    "infovqa": docvqa_row,
    "chartqa": chartqa_row,
    "textvqa": textvqa_row,
    "mmmu": mmmu_row,
    "ocrbench": ocrbench_row,
}
"""By benchmark: what makes a question of a row. Arguments: row, its number from 1, where it is, split, images."""
