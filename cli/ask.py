"""``internvl ask``: one or several questions over one or several documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from internvl_cli.errors import NotFoundInDocumentError, UsageError

from . import common

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from internvl_cli.api import OpenFiles
    from internvl_cli.engines.base import Answer, Engine, Options

    from .output import Sink

EXAMPLES = """\
internvl ask "What is the total?" invoice.pdf
internvl ask "Which region sold most?" chart.png --json
internvl ask "What changed?" 2023.pdf 2024.pdf --pages 1-3
internvl ask -q "Who signed?" -q "When?" contract.pdf
internvl ask "Is it paid?" invoice.pdf --expect '(?i)^yes'
cat scan.tiff | internvl ask "What is the date?" -"""


def ask(
    first: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question; with -q it is a file as well.", show_default=False)
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Paths, URLs or - (standard input).", show_default=False),
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option("--question", "-q", metavar="TEXT", help="A question; may be repeated.", show_default=False),
    ] = None,
    pages: common.Pages = None,
    max_tiles: common.MaxTiles = 12,
    rasterizer: common.Rasterizer = "auto",
    password_file: common.PasswordFile = None,
    short: common.Short = False,
    max_new_tokens: common.MaxNewTokens = 1024,
    temperature: common.Temperature = 0.0,
    top_p: common.TopP = 1.0,
    repetition_penalty: common.RepetitionPenalty = 1.0,
    seed: common.Seed = None,
    min_confidence: common.MinConfidence = 0.0,
    model: common.Model = "auto",
    endpoint: common.Endpoint = None,
    dtype: common.Dtype = "auto",
    device: common.Device = "auto",
    quantize: common.Quantize = None,
    offline: common.Offline = False,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    show_evidence: Annotated[
        bool,
        typer.Option("--show-evidence", help="Show where the answer stands.", rich_help_panel=common.OUTPUT),
    ] = False,
    expect: common.Expect = None,
    debug: common.Debug = False,
) -> None:
    """Ask a question about one or more documents.

    Several files are one question over all of them; several questions (-q) are one reading of the documents. The
    answer goes to standard output, everything else to standard error. Exits with 12 if the document does not tell,
    with 10 if an answer does not match --expect.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    questions, names = _questions_and_files([first, *(files or [])], question or [])
    pattern = common.compile_expectation(expect)
    choice = common.make_choice(model, dtype, device, quantize, offline, endpoint)
    from internvl_cli.api import open_files
    from internvl_cli.engines.base import Options

    options = Options(
        max_tiles=max_tiles,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        seed=seed,
        short=short,
        min_confidence=min_confidence,
    )
    with open_files(
        common.expand_files(names),
        pages=pages,
        password=common.password_source(password_file),
        rasterizer=rasterizer,
        max_tiles=max_tiles,
    ) as opened:
        engine = common.choose_engine(choice, options, sink).engine
        try:
            answers = list(_answer_all(questions, opened, engine, options, sink, show_evidence))
        finally:
            engine.close()
    _judge(answers, pattern)


def _questions_and_files(words: Sequence[str], questions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell the question from the files.

    Raises:
        UsageError: A question is empty, no file is named, or they stand in the wrong order.
    """
    import os

    found, files = (list(questions), list(words)) if questions else (list(words[:1]), list(words[1:]))
    if not questions and files and os.path.isfile(found[0]) and not os.path.lexists(files[-1]):  # noqa: PTH113
        message = f"the question comes first, then the files; {found[0]!r} is a file"
        raise UsageError(message, f"internvl ask {files[-1]!r} {found[0]}")
    if questions and files and _reads_like_a_question(files[0]):
        message = f"{files[0]!r} is no file; with -q every word that stands alone is one"
        raise UsageError(message, f"if it is a question too: -q {files[0]!r}")
    if not all(text.strip() for text in found):
        raise UsageError("the question is empty", 'For example: internvl ask "What is the total?" invoice.pdf')
    if not files:
        raise UsageError("no file was named", f"internvl ask {found[0]!r} FILE")
    return found, files


def _reads_like_a_question(word: str) -> bool:
    import os

    return (word.rstrip().endswith("?") or " " in word) and "://" not in word and not os.path.lexists(word)


def _answer_all(
    questions: Sequence[str], opened: OpenFiles, engine: Engine, options: Options, sink: Sink, show_evidence: bool
) -> Iterator[Answer]:
    from internvl_cli.api import answer_record
    from internvl_cli.engines.base import AnswerStream, Request

    for question in questions:
        stream = AnswerStream(engine.stream(Request(opened.pages, question, options)))
        try:
            if len(questions) > 1:
                sink.heading(question)
            if sink.mode != "json":
                # The reader quotes the document, in which * and # mean themselves; a model writes markdown.
                sink.answer(stream, markdown=engine.name != "reader")
            answer = opened.noted(stream.finish())
        finally:
            stream.close()
        if sink.mode == "json":
            sink.record(answer_record(answer, opened.names, question))
        elif show_evidence:
            _show_evidence(answer, sink)
        common.tell_warnings(answer, options, sink)
        yield answer


def _show_evidence(answer: Answer, sink: Sink) -> None:
    if not answer.evidence:
        sink.note("the answer does not stand verbatim in the document")
        return
    rows = [(e.file, e.page, " ".join(f"{v:.0f}" for v in e.box), e.text) for e in answer.evidence]
    sink.note_table(("file", "page", "box (x0 y0 x1 y1)", "words"), rows)


def _judge(answers: Sequence[Answer], pattern: re.Pattern[str] | None) -> None:
    """Turn the answers into the exit code.

    Raises:
        ExpectationError: An answer does not match ``--expect``.
        typer.Exit: The document does not tell an answer; the answer has said so already.
    """
    if pattern is not None:
        for answer in answers:
            common.check_expectation(pattern, answer)
    if not all(answer.found for answer in answers):
        raise typer.Exit(NotFoundInDocumentError.exit_code)
