"""What several commands share: their options, declared once, and the way from options to contracts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from internvl_cli.errors import ExpectationError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from internvl_cli.engines.base import Answer, Options
    from internvl_cli.engines.select import ModelChoice, Selection

    from .output import Sink

PASSWORD_VARIABLE = "INTERNVL_PDF_PASSWORD"
ENDPOINT_VARIABLE = "INTERNVL_ENDPOINT"

READING, ANSWERING, MODEL, OUTPUT = "Reading", "Answering", "Model", "Output"

# -- options; the words in capitals are what the help shows for a value

Pages = Annotated[
    str | None, typer.Option("--pages", metavar="PAGES", help="Which pages: 1,3-5,7-,end.", rich_help_panel=READING)
]
MaxTiles = Annotated[
    int,
    typer.Option(
        "--max-tiles", min=1, max=40, metavar="N", help="Most 448-pixel tiles of a page.", rich_help_panel=READING
    ),
]
Rasterizer = Annotated[
    Literal["auto", "pdfium", "poppler"],
    typer.Option("--rasterizer", help="What renders a PDF's pages.", rich_help_panel=READING),
]


def password_option(instead: str) -> Any:
    """Declare ``--password-file``; ``instead`` says what else may give the password."""
    text = f"A PDF's password, in a file (or {PASSWORD_VARIABLE}{instead}."
    return typer.Option("--password-file", metavar="FILE", help=text, rich_help_panel=READING)


PasswordFile = Annotated[Path | None, password_option(", or a prompt on a terminal)")]

Short = Annotated[bool, typer.Option("--short", help="Ask for a single word or phrase.", rich_help_panel=ANSWERING)]
MaxNewTokens = Annotated[
    int,
    typer.Option("--max-new-tokens", min=1, metavar="N", help="Most tokens of an answer.", rich_help_panel=ANSWERING),
]
Temperature = Annotated[
    float,
    typer.Option("--temperature", min=0.0, metavar="X", help="0 is greedy.", rich_help_panel=ANSWERING),
]
TopP = Annotated[
    float,
    typer.Option("--top-p", min=0.0, max=1.0, metavar="X", help="Nucleus sampling mass.", rich_help_panel=ANSWERING),
]
RepetitionPenalty = Annotated[
    float,
    typer.Option("--repetition-penalty", min=0.1, metavar="X", help="1 is off.", rich_help_panel=ANSWERING),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, metavar="N", help="For sampling.", rich_help_panel=ANSWERING),
]
MinConfidence = Annotated[
    float,
    typer.Option(
        "--min-confidence",
        min=0.0,
        max=1.0,
        metavar="X",
        help="The reader says 'not found' below this.",
        rich_help_panel=ANSWERING,
    ),
]

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="auto, reader, 1B, 2B, 4B, 8B, 26B, 40B, 76B, a folder or a repository.",
        rich_help_panel=MODEL,
    ),
]
Dtype = Annotated[
    Literal["auto", "bf16", "fp16", "fp32"], typer.Option("--dtype", help="Of the weights.", rich_help_panel=MODEL)
]
Device = Annotated[
    str,
    typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps…", rich_help_panel=MODEL),
]
Quantize = Annotated[
    Literal["8bit", "4bit"] | None,
    typer.Option("--quantize", help="Of the language model.", rich_help_panel=MODEL),
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help=f"An OpenAI-compatible server that answers instead (or {ENDPOINT_VARIABLE}); 'none' for this machine.",
        rich_help_panel=MODEL,
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never ask the hub.", rich_help_panel=MODEL)]

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.", rich_help_panel=OUTPUT)]
Plain = Annotated[bool, typer.Option("--plain", help="No colours, no frames.", rich_help_panel=OUTPUT)]
Quiet = Annotated[bool, typer.Option("--quiet", help="No notes, no progress.", rich_help_panel=OUTPUT)]
Expect = Annotated[
    str | None,
    typer.Option("--expect", metavar="REGEX", help="Exit with 10 if an answer does not match.", rich_help_panel=OUTPUT),
]


def _set_debug(wanted: bool) -> None:
    if wanted:
        os.environ["INTERNVL_DEBUG"] = "1"


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=_set_debug,
        help="Show the traceback of an error (or INTERNVL_DEBUG=1).",
        rich_help_panel=OUTPUT,
    ),
]

_LONGEST_PASSWORD = 4096
"""Bytes of a password file that are looked at."""

# -- from options to contracts


def make_choice(
    model: str, dtype: str, device: str, quantize: str | None, offline: bool, endpoint: str | None = None
) -> ModelChoice:
    """Put together what should answer; checks the model's name, and keeps the hub out where ``offline`` is set.

    The endpoint is that of ``--endpoint``, else of the environment, else of the configuration file; the model that of
    ``--model``, else of the configuration file.

    Raises:
        UsageError: No model, or no device, has this name.
        ConfigurationError: The configuration file is invalid.
    """
    from internvl_cli.checked import check_device
    from internvl_cli.config import load_config
    from internvl_cli.engines.select import ModelChoice, parse_model

    check_device(device)
    config = load_config()
    if model == "auto":
        model = config.model or model
    if endpoint is None:
        endpoint = os.environ.get(ENDPOINT_VARIABLE) or config.endpoint
    if endpoint is not None and endpoint.strip().lower() in ("", "none"):
        endpoint = None
    if endpoint is None:
        parse_model(model)
    if offline:  # Read by huggingface_hub when it is imported, so it has to be said before.
        os.environ["HF_HUB_OFFLINE"] = "1"
    return ModelChoice(model=model, endpoint=endpoint, dtype=dtype, device=device, quantize=quantize, offline=offline)


def choose_engine(choice: ModelChoice, options: Options, sink: Sink) -> Selection:
    """Select the engine, and say so where the choice was not the user's.

    Raises:
        ModelError: A model was named that cannot run here.
    """
    from internvl_cli.engines import select

    selection = select.select_engine(choice, options)
    if selection.note:
        sink.note(selection.note)
    return selection


def expand_files(names: Sequence[str]) -> list[str]:
    """Expand patterns that the shell left alone (quoted ones, or in a cron job); every other name stays as it is.

    Raises:
        InputError: A pattern matches nothing.
    """
    import glob

    files: list[str] = []
    for name in names:
        if name == "-" or "://" in name or not glob.has_magic(name) or os.path.lexists(name):
            files.append(name)
        elif matches := sorted(glob.glob(name, recursive=True)):  # noqa: PTH207 — keeps the name as the user wrote it
            files.extend(matches)
        else:
            raise InputError(f"{name}: no file matches", "Check the pattern and the folder it stands for.")
    return files


def password_source(file: Path | None) -> str | Callable[[str], str | None] | None:
    """Give a PDF's password: the first line of ``file``, else the environment variable, else a prompt for a terminal.

    The prompt is a function of the file's name; None where nobody sits at a terminal.

    Raises:
        InputError: ``file`` cannot be read, or its first line is empty.
    """
    if file is not None:
        return _read_password(file)
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    return _prompt if _is_tty(sys.stdin) and _is_tty(sys.stderr) else None


def _read_password(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            line = opened.readline(_LONGEST_PASSWORD).decode("utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{file}: cannot read the password: {reason}", "Check --password-file.") from error
    if not line:
        raise InputError(f"{file}: holds no password: its first line is empty", "Check --password-file.")
    return line


def _prompt(name: str) -> str | None:
    import getpass

    from .clean import clean_line

    try:
        return getpass.getpass(f"Password of {clean_line(name)}: ", stream=sys.stderr) or None
    except EOFError:
        return None


def compile_expectation(pattern: str | None) -> re.Pattern[str] | None:
    """Compile ``--expect``.

    Raises:
        UsageError: It is no regular expression.
    """
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        message = f"--expect {pattern!r} is not a regular expression: {error}"
        raise UsageError(message, "Escape characters that mean something else, as in '\\$1,200'.") from None


def check_expectation(pattern: re.Pattern[str] | None, answer: Answer) -> None:
    """Compare an answer with ``--expect``.

    Raises:
        ExpectationError: They don't match.
    """
    if pattern is not None and not pattern.search(answer.text):
        raise ExpectationError(f"the answer {_shorten(answer.text)!r} does not match --expect {pattern.pattern!r}")


def tell_warnings(answer: Answer, options: Options, sink: Sink) -> None:
    """Print what the user should hear about an answer; a JSON record carries it already."""
    if sink.mode == "json":
        return
    if answer.engine != "reader" and answer.usage.prompt_tokens and answer.pages:  # the reader is here: nothing is sent
        sink.note(_sent(answer))
    for warning in answer.warnings:
        sink.note(warning)
    if answer.finish_reason == "length":
        sink.note(f"the answer was cut off after {options.max_new_tokens} tokens: raise --max-new-tokens")
    elif answer.finish_reason == "repetition":
        sink.note("the answer was stopped because it repeated itself")


def _sent(answer: Answer) -> str:
    """What a model was given: ``sent 4 pages (28 tiles), 7,345 tokens``."""
    pages = f"{len(answer.pages)} page{'s' * (len(answer.pages) != 1)}"
    tiles = f" ({answer.tiles} tile{'s' * (answer.tiles != 1)})" if answer.tiles else ""
    return f"{answer.model}: sent {pages}{tiles}, {answer.usage.prompt_tokens:,} tokens"


def _shorten(text: str, most: int = 80) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_tty(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    try:
        return bool(isatty and isatty())
    except ValueError:
        return False
