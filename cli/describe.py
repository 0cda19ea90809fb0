"""``internvl describe``: what a document is and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from internvl_cli.errors import EncryptedDocumentError, InputError, PageSelectionError

from . import common

if TYPE_CHECKING:
    from internvl_cli.api import OpenFiles
    from internvl_cli.engines.base import Engine, Options

    from .output import Sink

EXAMPLES = """\
internvl describe invoice.pdf
internvl describe report.pdf --pages 1-3 --as markdown > report.md
internvl describe scan.pdf --as json | jq .
internvl describe *.png --json"""


def describe(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Paths, URLs or - (standard input).", show_default=False),
    ],
    as_: Annotated[
        Literal["text", "markdown", "json"],
        typer.Option("--as", help="What to give.", rich_help_panel=common.OUTPUT),
    ] = "text",
    pages: common.Pages = None,
    max_tiles: common.MaxTiles = 12,
    rasterizer: common.Rasterizer = "auto",
    password_file: common.PasswordFile = None,
    max_new_tokens: common.MaxNewTokens = 1024,
    temperature: common.Temperature = 0.0,
    top_p: common.TopP = 1.0,
    repetition_penalty: common.RepetitionPenalty = 1.0,
    seed: common.Seed = None,
    model: common.Model = "auto",
    endpoint: common.Endpoint = None,
    dtype: common.Dtype = "auto",
    device: common.Device = "auto",
    quantize: common.Quantize = None,
    offline: common.Offline = False,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Say what a document is and what it says.

    Each file is described by itself; one that cannot be read does not stop the others. --as chooses what the
    description looks like; --json wraps it into the same object as internvl ask --json.
    """
    from .output import open_sink, print_error

    sink = open_sink(json=json, plain=plain, quiet=quiet)
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
        format=as_,
    )
    names = common.expand_files(files)
    password = common.password_source(password_file)
    engine: Engine | None = None
    failed = 0
    try:
        for name in names:
            try:
                with open_files(
                    [name],
                    pages=pages,
                    password=password,
                    rasterizer=rasterizer,
                    max_tiles=max_tiles,
                ) as opened:
                    engine = engine or common.choose_engine(choice, options, sink).engine
                    if len(names) > 1:
                        sink.heading(name)
                    _describe_one(opened, engine, options, sink)
            except (EncryptedDocumentError, InputError, PageSelectionError) as error:
                # It is this file's; the others have their turn.
                if len(names) == 1:
                    raise
                print_error(error)
                failed = failed or error.exit_code
    finally:
        if engine is not None:
            engine.close()
    if failed:
        raise typer.Exit(failed)


def _describe_one(opened: OpenFiles, engine: Engine, options: Options, sink: Sink) -> None:
    from internvl_cli.api import answer_record
    from internvl_cli.engines.base import AnswerStream, Request

    stream = AnswerStream(engine.stream(Request(opened.pages, "", options, "describe")))
    try:
        if sink.mode != "json":
            sink.answer(stream, markdown=options.format == "markdown")
        answer = opened.noted(stream.finish())
    finally:
        stream.close()
    if sink.mode == "json":
        sink.record(answer_record(answer, opened.names, ""))
    common.tell_warnings(answer, options, sink)
