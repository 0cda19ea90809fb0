"""The library's door: the same answers as the command line, without a terminal.

>>> import internvl_cli
>>> internvl_cli.ask("What is the total?", "invoice.pdf").text  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from internvl_cli.checked import check_settings
from internvl_cli.documents.page import Document, Page
from internvl_cli.engines.base import Answer, AnswerStream, Engine, Options, Request
from internvl_cli.engines.select import ModelChoice, select_engine
from internvl_cli.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["OpenFiles", "Settings", "answer_record", "ask", "ask_many", "describe", "open_files"]

Source = str | os.PathLike[str]


class Settings(TypedDict, total=False):
    """What every function here takes by keyword; the meaning and the defaults are those of the command line.

    ``pages`` (``"1,3-5,end"``), ``password`` and ``rasterizer`` say how to open the files; ``model``, ``endpoint``,
    ``dtype``, ``device``, ``quantize`` and ``offline`` what answers (``ModelChoice``); the rest how (``Options``).
    """

    pages: str | None
    password: str | None
    rasterizer: Literal["auto", "pdfium", "poppler"]
    model: str
    endpoint: str | None
    dtype: str
    device: str
    quantize: str | None
    offline: bool
    max_tiles: int
    max_new_tokens: int
    temperature: float
    top_p: float
    repetition_penalty: float
    seed: int | None
    short: bool
    min_confidence: float
    response_format: dict[str, Any] | None


@dataclass(slots=True)
class OpenFiles:
    """Some files, opened for questions.

    Attributes:
        documents: In the order in which they were named.
        pages: The selected pages of all of them; ask about the same objects again and an engine reads them once.
    """

    documents: list[Document]
    pages: list[Page]

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [document.name for document in self.documents]

    def notes(self) -> list[str]:
        """What the user should hear about the files, each once; rendering a page may add to it."""
        said = [note for d in self.documents for note in d.notes] + [note for p in self.pages for note in p.notes]
        return list(dict.fromkeys(said))

    def noted(self, answer: Answer) -> Answer:
        """Give ``answer`` with the files' notes among its warnings."""
        return replace(answer, warnings=list(dict.fromkeys([*self.notes(), *answer.warnings])))


@contextmanager
def open_files(
    files: Sequence[Source],
    *,
    pages: str | None = None,
    password: str | Callable[[str], str | None] | None = None,
    rasterizer: Literal["auto", "pdfium", "poppler"] = "auto",
    max_tiles: int = 12,
) -> Iterator[OpenFiles]:
    """Open ``files`` for questions, and close them afterwards.

    Args:
        files: Paths, URLs, or ``-`` for standard input.
        pages: A selection as in ``--pages``, taken from each file; all pages if None.
        password: For encrypted PDFs; a callable is asked with the file's name, only where a file needs a password.
        rasterizer: What renders a PDF's pages.
        max_tiles: Most tiles of a page: it decides the resolution.

    Raises:
        UsageError: No file was named, or standard input twice.
        PageSelectionError: ``pages`` is malformed or names a page beyond the end.
        InputError: A file is missing, unreadable or not a document.
        EncryptedDocumentError: A PDF needs a password, or another one.
    """
    if not files:
        raise UsageError("no file was named", 'For example: internvl ask "What is the total?" invoice.pdf')
    if sum(os.fspath(source) == "-" for source in files) > 1:
        raise UsageError("- was named more than once; standard input can be read once", "Name each document once.")
    from internvl_cli.documents import open_document

    with ExitStack() as stack:
        opened = OpenFiles([], [])
        for source in files:
            name = os.fspath(source)
            key = partial(password, name) if callable(password) else password
            document = open_document(name, password=key, rasterizer=rasterizer, max_tiles=max_tiles)
            opened.documents.append(stack.enter_context(document))
            opened.pages.extend(document.pages(pages))
        yield opened


def ask(question: str, *files: Source, **settings: Unpack[Settings]) -> Answer:
    """Ask one question over all of ``files`` together.

    Args:
        question: In your own words.
        *files: Paths, URLs, or ``-`` for standard input.
        **settings: See ``Settings``.

    Raises:
        UsageError: A setting is none that the command line's option of its name takes.
        InternVLError: Whatever else prevented an answer; ``exit_code`` and ``hint`` come with it.
    """
    return ask_many([question], *files, **settings)[0]


def ask_many(questions: Sequence[str], *files: Source, **settings: Unpack[Settings]) -> list[Answer]:
    """Ask several questions over ``files``, which are read once; the answers come in the order of the questions.

    Raises:
        InternVLError: Whatever prevented an answer.
    """
    return _run([(question, "ask") for question in questions], files, dict(settings), "text")


def describe(
    file: Source, *, format: Literal["text", "markdown", "json"] = "text", **settings: Unpack[Settings]
) -> Answer:
    """Say what ``file`` is and what it says.

    Raises:
        InternVLError: Whatever prevented a description.
    """
    return _run([("", "describe")], (file,), dict(settings), format)[0]


def answer_record(answer: Answer, files: Sequence[str], question: str) -> dict[str, Any]:
    """Give the object of ``--json``: the answer with ``question`` and ``file`` (or ``files``, if there are several)."""
    named: dict[str, Any] = {"file": files[0]} if len(files) == 1 else {"files": list(files)}
    return {**named, "question": question, **answer.to_json()}


_engines: dict[ModelChoice, Engine] = {}


def _engine(choice: ModelChoice, options: Options) -> Engine:
    """Choose an engine once per process and choice: loading is what takes long."""
    if choice not in _engines:
        _engines[choice] = select_engine(choice, options).engine
    return _engines[choice]


def _run(
    tasks: Sequence[tuple[str, Literal["ask", "describe"]]],
    files: Sequence[Source],
    settings: dict[str, Any],
    format: Literal["text", "markdown", "json"],
) -> list[Answer]:
    check_settings({**settings, "format": format})
    choice = ModelChoice(**_take(settings, ModelChoice))
    options = Options(**_take(settings, Options), format=format)
    opening = {name: settings.pop(name) for name in ("pages", "password", "rasterizer") if name in settings}
    if settings:
        raise TypeError(f"unknown settings: {', '.join(sorted(settings))}")
    with open_files(files, max_tiles=options.max_tiles, **opening) as opened:
        engine = _engine(choice, options)
        requests = [Request(opened.pages, question, options, task) for question, task in tasks]
        return [opened.noted(AnswerStream(engine.stream(request)).finish()) for request in requests]


def _take(settings: dict[str, Any], kind: type[ModelChoice] | type[Options]) -> dict[str, Any]:
    """Take from ``settings`` what ``kind`` has a field for."""
    return {field.name: settings.pop(field.name) for field in fields(kind) if field.name in settings}
