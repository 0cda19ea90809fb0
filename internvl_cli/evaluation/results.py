"""The folder of results: ``predictions.jsonl`` (a batch's journal), ``scores.jsonl``, ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internvl_cli.batch.files import cannot_write, replacing
from internvl_cli.batch.record import to_line
from internvl_cli.errors import InputError
from internvl_cli.evaluation.scoring import Scored

__all__ = ["PREDICTIONS", "Results", "prepare", "read_results", "write_results"]

PREDICTIONS, SCORES, SUMMARY, SUBMISSION = "predictions.jsonl", "scores.jsonl", "summary.json", "submission.json"


@dataclass(frozen=True, slots=True)
class Results:
    """What a folder holds.

    Attributes:
        folder: Where.
        summary: ``summary.json``.
        scores: ``scores.jsonl``, by id, in order.
    """

    folder: Path
    summary: Mapping[str, Any]
    scores: Mapping[str, Scored]


def prepare(folder: Path) -> None:
    """Make the folder.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_results(folder: Path, summary: Mapping[str, Any], scored: Sequence[Scored], *, submit: bool) -> None:
    """Write scores and summary; with ``submit`` also the file that the organisers' server takes.

    Raises:
        OutputError: They cannot be written.
    """
    with replacing(folder / SCORES) as file:
        for one in scored:
            file.write(to_line(one.to_json()))
    if submit:
        answers = [{"questionId": _number(one.id), "answer": one.prediction or ""} for one in scored]
        _write_json(folder / SUBMISSION, answers)
    _write_json(folder / SUMMARY, summary)  # last: a folder with a summary is complete


def read_results(folder: str) -> Results:
    """Read what ``write_results`` wrote.

    Raises:
        InputError: The folder holds no results, or they are damaged; the message names file and line.
    """
    where = Path(folder)
    hint = "give a folder that internvl eval wrote (-o)"
    try:
        summary = json.loads((where / SUMMARY).read_bytes())
        lines = (where / SCORES).read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror}", hint) from None
    except ValueError as error:
        raise InputError(f"{where / SUMMARY}: not JSON: {error}", hint) from None
    if not isinstance(summary, dict) or "benchmark" not in summary:
        raise InputError(f"{where / SUMMARY}: not a summary of internvl eval", hint)
    scores: dict[str, Scored] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            one = Scored(**{**record, "answers": tuple(record["answers"])})
        except (ValueError, TypeError, KeyError):
            raise InputError(f"{where / SCORES}, record {number}: not a score of internvl eval", hint) from None
        scores[one.id] = one
    return Results(where, summary, scores)


def records_by_id(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The records of a journal, by the id of their item."""
    return {str(record["id"]): record for record in records}


def _number(identity: str) -> int | str:
    return int(identity) if identity.isdecimal() else identity


def _write_json(path: Path, value: Any) -> None:
    with replacing(path) as file:
        file.write(json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
