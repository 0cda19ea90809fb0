"""What is to be asked: one item per document and question, with an identity that stays the same from run to run."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from internvl_cli.engines.base import SCHEMA_VERSION, Options
from internvl_cli.errors import InputError, UsageError

__all__ = ["Item", "Plan", "changed_settings", "means_another", "plan_inputs", "read_tasks", "run_settings"]

_TASK_FIELDS = frozenset({"file", "question", "id", "pages", "answers", "kind"})


@dataclass(frozen=True, slots=True)
class Item:
    """One question about one document.

    Attributes:
        id: Identity in the output: the user's, or a hash of ``file``, ``question`` and ``pages``. The content of the
            file plays no part: a plan is made without opening anything.
        file: The document as the user named it.
        source: What is opened: differs from ``file`` only for tasks, whose files are relative to the tasks file.
        question: What is asked.
        pages: Page selection as in ``--pages``; all pages if None.
        answers: Answers that count as right, carried into the record for whoever evaluates it.
        kind: What kind of question it is, for ``internvl eval own``, which breaks scores out by it.
    """

    id: str
    file: str
    source: str
    question: str
    pages: str | None = None
    answers: tuple[str, ...] = ()
    kind: str | None = None

    @property
    def asks(self) -> tuple[str, str, str | None]:
        """What is asked of what: if this differs under the same ``id``, an old answer is no answer."""
        return self.file, self.question, self.pages


@dataclass(frozen=True, slots=True)
class Plan:
    """The items in the order in which they were named.

    Attributes:
        items: No two have the same ``id``.
        merged: For each item that was named again, a few words that say where.
        folder: What relative names are relative to; None is the current folder.
    """

    items: tuple[Item, ...]
    merged: tuple[str, ...] = ()
    folder: str | None = None

    def first(self, count: int) -> Plan:
        """Give the plan of the first ``count`` items."""
        return replace(self, items=self.items[:count])


def plan_inputs(question: str, files: Iterable[str], pages: str | None = None) -> Plan:
    """Ask every file the same question.

    Args:
        question: What to ask.
        files: Paths and URLs; a file that is named twice is asked once.
        pages: Page selection for every file.

    Raises:
        UsageError: The question is empty, or standard input is among the files.
    """
    if not question.strip():
        raise UsageError("the question is empty", 'internvl batch "What is the total?" invoices/ -o out.jsonl')
    items: dict[str, Item] = {}
    merged = []
    for file in files:
        if file == "-":
            raise UsageError(
                "a batch cannot read a document from standard input: a second run could not read it again",
                f"internvl ask {json.dumps(question)} -",
            )
        item = Item(_identity(file, question, pages), file, file, question, pages)
        if item.id in items:
            merged.append(file)
        items.setdefault(item.id, item)
    return Plan(tuple(items.values()), tuple(merged))


def read_tasks(name: str, pages: str | None = None) -> Plan:
    """Read tasks, one JSON object a line: ``file`` and ``question``; optional ``id``, ``pages``, ``answers``, ``kind``.

    Args:
        name: Path of the file, relative to whose folder its documents are found; ``-`` is standard input, and then
            they are found from the current folder.
        pages: Page selection for tasks that name none.

    Raises:
        InputError: The file cannot be read.
        UsageError: A line is not a task, or two tasks have one ``id``; the message names file and line.
    """
    folder = PurePath() if name == "-" else PurePath(name).parent
    items: dict[str, Item] = {}
    lines: dict[str, int] = {}
    merged = []
    for number, line in enumerate(_read_lines(name), start=1):
        if not line.strip():
            continue
        try:
            item = _task(line, folder, pages)
        except ValueError as error:
            hint = 'a task looks like {"file": "invoice.pdf", "question": "What is the total?"}'
            raise UsageError(f"{name}, line {number}: {error}", hint) from None
        if item.id not in items:
            items[item.id], lines[item.id] = item, number
        elif items[item.id].asks == item.asks:
            merged.append(f"line {number} (as line {lines[item.id]})")
        else:
            raise UsageError(
                f"{name}, line {number}: id {item.id!r} already stands in line {lines[item.id]} for another task",
                "give every task an id of its own, or leave the ids out",
            )
    if not items:
        raise UsageError(f"{name}: no tasks in it")
    return Plan(tuple(items.values()), tuple(merged), str(Path(folder).resolve()))


def run_settings(
    *, model: str, question: str | None, pages: str | None, options: Options, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give everything that answers depend on, as flat JSON-ready values: the fingerprint of the run.

    Args:
        model: As in ``--model``.
        question: The one question; None where each task brings its own.
        pages: As in ``--pages``.
        options: How to answer.
        extra: Further settings that change what the engine sees, such as the rasterizer.
    """
    settings = {"schema_version": SCHEMA_VERSION, "model": model, "question": question, "pages": pages}
    plain: dict[str, Any] = json.loads(json.dumps({**settings, **asdict(options), **(extra or {})}))
    return plain


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say which settings differ, each as ``name: was …, now …``, in the order of ``now``."""
    names = [*now, *(name for name in before if name not in now)]
    return [
        f"{name.replace('_', '-')}: was {json.dumps(before.get(name))}, now {json.dumps(now.get(name))}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def means_another(file: str, before: str, now: str) -> bool:
    """Whether a relative name leads to another document in one folder than in another.

    Only what both folders hold with other bytes counts: a folder that was moved or is mounted elsewhere is the same.
    """
    if before == now or "://" in file or PurePath(file).is_absolute():
        return False
    try:
        return not filecmp.cmp(PurePath(before, file), PurePath(now, file), shallow=False)
    except OSError:
        return False


def _identity(file: str, question: str, pages: str | None) -> str:
    """Hash what is asked; ``./a.pdf`` and ``a.pdf`` are one file, ``b/../a.pdf`` may be another (links)."""
    if "://" not in file:
        file = os.fspath(PurePath(file))
    parts = [part.encode("utf-8", "surrogateescape") for part in (file, question, pages or "")]
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()[:16]


def _read_lines(name: str) -> Sequence[str]:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}", "--tasks takes a file of JSON lines") from None
    try:
        # Only "\n" ends a line: str.splitlines would also cut at U+2028 inside a question.
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}, line {line}: not UTF-8", "save the tasks as UTF-8") from None


def _task(line: str, folder: PurePath, pages: str | None) -> Item:
    """Read one line.

    Raises:
        ValueError: It is no task; the message says what is wrong.
    """
    try:
        task = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(task, dict):
        raise ValueError("not a JSON object")
    if unknown := sorted(task.keys() - _TASK_FIELDS):
        raise ValueError(f"unknown field {unknown[0]!r}; the fields are {', '.join(sorted(_TASK_FIELDS))}")
    file, question = _text(task, "file"), _text(task, "question")
    if file == "-":
        raise ValueError("a task cannot read standard input")
    selection = _optional(task, "pages")
    selection = pages if selection is None else selection
    name = _optional(task, "id")
    source = file if "://" in file else os.fspath(folder / file)
    identity = name or _identity(file, question, selection)
    answers = _answers(task.get("answers"))
    return Item(identity, file, source, question, selection, answers, _optional(task, "kind"))


def _text(task: Mapping[str, Any], field: str) -> str:
    value = task.get(field)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field!r} is missing" if value is None else f"{field!r} must be a text that is not empty")
    return value


def _optional(task: Mapping[str, Any], field: str) -> str | None:
    """Give a text; a whole number counts as one, for ids that come from a database and for a single page."""
    value = task.get(field)
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{field!r} must be a text that is not empty")


def _answers(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    answers = [value] if isinstance(value, str) else value
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise ValueError("'answers' must be a text or a list of texts")
    return tuple(answers)
