"""One record per item: the fields of ``--json`` plus what was asked, how often, and what went wrong.

``internvl_cli/schemas/record.schema.json`` describes the record. Every record has the same keys, so that a table can be
made of them without looking; where an item failed, ``answer`` is null and ``error`` says why.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from internvl_cli.batch.plan import Item
from internvl_cli.engines.base import SCHEMA_VERSION
from internvl_cli.errors import InternVLError

__all__ = ["Failure", "Outcome", "make_record", "to_line"]

# C1 controls, direction overrides, line separators, lone surrogates (PEP 383).
_UNSAFE = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")

_UNANSWERED: dict[str, Any] = {
    "schema_version": SCHEMA_VERSION,
    "answer": None,
    "found": None,
    "kind": None,
    "confidence": None,
    "evidence": [],
    "model": None,
    "engine": None,
    "pages": [],
    "tiles": 0,
    "usage": None,
    "finish_reason": None,
    "seconds": {},
    "warnings": [],
}
"""What the fields of ``Answer.to_json`` are where there is no answer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no answer.

    Attributes:
        type: Stable word: ``InternVLError.kind``, ``unexpected`` for a bug, ``worker_died`` for a lost process.
        message: One line.
        retryable: Whether the same item may succeed on another try.
    """

    type: str
    message: str
    retryable: bool = False

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Say what ``error`` means for the item that met it."""
        if isinstance(error, InternVLError):
            return cls(error.kind, _one_line(error.message), error.retryable)
        if isinstance(error, MemoryError):
            return cls("memory_shortage", "not enough memory for this document")
        return cls("unexpected", _one_line(f"{type(error).__name__}: {error}"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a runner gives for one try of one item; exactly one of ``answer`` and ``failure`` is set.

    Attributes:
        item: What was asked.
        answer: ``Answer.to_json()``.
        failure: Why there is none.
        pages: Pages that were opened for it.
    """

    item: Item
    answer: dict[str, Any] | None = None
    failure: Failure | None = None
    pages: int = 0


def make_record(outcome: Outcome, attempts: int) -> dict[str, Any]:
    """Give the record of ``outcome`` as JSON-ready values.

    Args:
        outcome: The last try.
        attempts: Tries so far, this one included, over all runs on the same output.
    """
    item, failure = outcome.item, outcome.failure
    record = {
        "id": item.id,
        "file": item.file,
        "question": item.question,
        "page_selection": item.pages,
        "attempts": attempts,
        **(_UNANSWERED if outcome.answer is None else _named_as_given(outcome.answer, item)),
        "expected": list(item.answers) or None,
        "error": failure and {"type": failure.type, "message": failure.message, "retryable": failure.retryable},
    }
    finite: dict[str, Any] = _finite(record)
    return finite


def to_line(record: Mapping[str, Any]) -> bytes:
    r"""Give the line of JSON Lines, in UTF-8 with its newline.

    As in ``--json``, what is not safe to show and what UTF-8 cannot carry is escaped; a byte of a file name that is not
    UTF-8 stands as ``\udcXX``, which ``os.fsencode`` turns back.
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode() + b"\n"


def _finite(value: Any) -> Any:
    """Make null of the numbers that JSON does not know."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return value


def _named_as_given(answer: dict[str, Any], item: Item) -> dict[str, Any]:
    """Name the file as the user did also where the engine names it by the path that was opened."""
    if item.file == item.source:
        return answer

    def renamed(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "file": item.file} if entry.get("file") == item.source else entry

    return {**answer, **{key: [renamed(entry) for entry in answer.get(key, [])] for key in ("pages", "evidence")}}


def _one_line(text: str) -> str:
    return " ".join(text.split())
