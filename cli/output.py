"""The one sink: everything a command prints goes through here, in a mode that is chosen once.

Standard output carries the answer and nothing else. ``open_sink`` moves it out of reach before any library is loaded:
file descriptor 1 then leads to standard error, so that a library that prints, native code included, cannot spoil the
answer. Everything else (notes, warnings, progress, errors) goes to standard error.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

from internvl_cli.errors import InternVLError, OutputError

from .blocks import BlockSplitter
from .clean import clean_line, clean_text, escape_json

if TYPE_CHECKING:
    from rich.console import Console

    from .progress import Progress

__all__ = [
    "Mode",
    "OutputClosed",
    "Sink",
    "open_sink",
    "print_error",
    "print_interrupted",
    "print_unexpected",
    "quiet_broken_stdout",
    "watch_stdout",
]

Mode = Literal["human", "plain", "json", "quiet"]

_NARROW = 20
"""Columns up to this wide keep their width; names and quotations are folded where the terminal is too narrow."""


class ByteStream(Protocol):
    """What the answer is written to."""

    def write(self, data: bytes, /) -> Any:
        """Take all of ``data``."""

    def flush(self) -> None:
        """Hand it on."""


class OutputClosed(BaseException):
    """The reader of standard output went away; there is nobody left to tell, so this ends the command quietly."""


class Sink:
    """Prints for one command.

    Args:
        mode: ``human`` (markdown and tables where the stream is a terminal), ``plain`` (never a colour or a frame),
            ``json`` (objects, one per line) or ``quiet`` (the plain answer, no notes, no progress).
        out: Where the answer goes, in bytes.
        out_is_tty: Whether ``out`` is a terminal.
        notes: False keeps notes and progress back (``quiet`` implies it; ``--json --quiet`` wants it too).
    """

    def __init__(self, mode: Mode, out: ByteStream, *, out_is_tty: bool, notes: bool = True) -> None:
        self.mode = mode
        self._out = out
        self._out_is_tty = out_is_tty
        self._notes = notes and mode != "quiet"
        self._seen: set[str] = set()

    @property
    def rich_out(self) -> bool:
        """Whether the answer may carry markup: a terminal that understands it, and nobody asked for plain text."""
        return self.mode == "human" and self._out_is_tty and not _dumb()

    @property
    def rich_err(self) -> bool:
        """Whether notes may carry markup and progress may move."""
        return self.mode in ("human", "json") and self._notes and _is_tty(sys.stderr) and not _dumb()

    @property
    def notes(self) -> bool:
        """Whether notes and progress are shown at all."""
        return self._notes

    # -- the answer, on standard output

    def answer(self, pieces: Iterable[str], *, markdown: bool = True) -> None:
        """Print an answer while it is being made, and end its last line.

        Off a terminal the pieces pass byte for byte, each flushed. On a terminal control characters are taken out, and
        markdown is printed block by block, each once it is finished.

        Args:
            pieces: The text as it comes.
            markdown: False where the text is a quotation, in which ``*`` and ``#`` mean themselves.

        Raises:
            OutputError: Standard output cannot be written.
        """
        if markdown and self.rich_out:
            self._markdown(pieces)
            return
        last = ""
        try:
            for piece in pieces:
                last = piece or last
                self._write(clean_text(piece) if self._out_is_tty else piece)
        except (Exception, KeyboardInterrupt):
            if self._out_is_tty and last and not last.endswith("\n"):
                self._write("\n")  # so that the message does not stick to half an answer
            raise
        if not last.endswith("\n"):
            self._write("\n")

    def record(self, value: dict[str, Any]) -> None:
        """Print one JSON object on one line (several make JSON Lines).

        Raises:
            OutputError: Standard output cannot be written.
        """
        import json

        self._write(escape_json(json.dumps(value, ensure_ascii=False, allow_nan=False)) + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
        """Print a table as the answer: drawn on a terminal, tab-separated with a header line elsewhere.

        Raises:
            OutputError: Standard output cannot be written.
        """
        if self.rich_out:
            self._print(self._console(), _table(columns, rows, title))
        else:
            self._write("".join(_tab_separated(columns, rows)))

    # -- everything else, on standard error

    def note(self, text: str) -> None:
        """Print one line on standard error, once however often it is said; nothing where notes are off."""
        if self._notes and text not in self._seen:
            self._seen.add(text)
            _say(clean_line(text))

    def heading(self, text: str) -> None:
        """Print, on standard error, which question or file the next answer belongs to."""
        if self._notes and self.mode != "json":
            _say(f"\x1b[1m{clean_line(text)}\x1b[0m" if self.rich_err else clean_line(text))

    def note_table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
        """Print a small table on standard error; nothing where notes are off."""
        if not self._notes:
            return
        if self.rich_err:
            self._err_console().print(_table(columns, rows, title))
        else:
            for line in _tab_separated(columns, rows):
                _say(line.rstrip("\n"))

    def progress(self, total: int | None, unit: str = "page", *, label: str = "", done: int = 0) -> Progress:
        """Give a progress display on standard error, to be used in a ``with`` block.

        A moving bar on a terminal, a plain line every few seconds elsewhere, nothing where notes are off.

        Args:
            total: How many units there are; None if not known.
            unit: What is counted, in the singular.
            label: What is being done, for example ``answering``.
            done: How many units are done already.
        """
        from .progress import Progress

        return Progress(self, total, unit, label=label, done=done)

    # -- how

    def _markdown(self, pieces: Iterable[str]) -> None:
        from rich.markdown import Markdown

        console, splitter = self._console(), BlockSplitter()
        first = True

        def show(blocks: list[str]) -> None:
            nonlocal first
            for block in blocks:
                if not first:
                    self._write("\n")
                first = False
                # A link's address is printed, not hidden behind its text: the document may have written it.
                self._print(console, Markdown(clean_text(block), hyperlinks=False))

        try:
            for piece in pieces:
                show(splitter.feed(piece))
        finally:  # half an answer, if the other half does not come
            show(splitter.finish())

    def _print(self, console: Console, renderable: Any) -> None:
        with console.capture() as capture:
            console.print(renderable)
        self._write("\n".join(line.rstrip() for line in capture.get().rstrip("\n").split("\n")) + "\n")

    def _write(self, text: str) -> None:
        try:
            self._out.write(_encode(text))
            self._out.flush()
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            message = f"cannot write to standard output: {error.strerror or error}"
            raise OutputError(message, "Check the free space where the output goes.") from error

    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=io.StringIO(), force_terminal=True, width=_width(), highlight=False, markup=False)

    def _err_console(self) -> Console:
        from rich.console import Console

        return Console(stderr=True, highlight=False, markup=False)


def open_sink(*, json: bool = False, plain: bool = False, quiet: bool = False) -> Sink:
    """Choose the mode and take standard output for the answer alone; call it once, first thing in a command.

    ``json`` wins over the two others; with ``quiet`` it goes without notes.

    Raises:
        OutputError: Standard output is closed.
    """
    mode: Mode = "json" if json else "quiet" if quiet else "plain" if plain else "human"
    out = _take_stdout()
    return Sink(mode, out, out_is_tty=_is_tty(out), notes=not quiet)


def print_error(error: InternVLError) -> None:
    """Print an error that was raised on purpose: one line that says what is wrong, one that says what to do."""
    _say(f"internvl: {clean_line(error.message)}")
    if error.hint:
        _say(f"hint: {clean_line(error.hint)}")


def print_unexpected(error: BaseException, *, traceback: bool) -> None:
    """Print an error that nobody raised on purpose; with its traceback where the user asked for it."""
    if traceback:
        import traceback as module

        for line in "".join(module.format_exception(error)).splitlines():
            _say(clean_text(line))
    if not isinstance(error, InternVLError):
        _say(f"internvl: unexpected error: {clean_line(f'{type(error).__name__}: {error}')}")
        if not traceback:
            _say("hint: This is a bug. Run the command again with INTERNVL_DEBUG=1 to see where, and report it.")


def print_interrupted(reason: str) -> None:
    """Print that a signal ended the command."""
    _say(f"internvl: {reason}")


def watch_stdout() -> None:
    """Make writing to a closed standard output raise ``OutputClosed``, whoever writes (``--help | head -1``)."""
    if _is_fd_1(sys.stdout):
        raw = _Watched(1, "w", closefd=False)
        buffer = io.BufferedWriter(raw)
        sys.stdout = io.TextIOWrapper(
            buffer, encoding=sys.stdout.encoding, errors="backslashreplace", line_buffering=sys.stdout.isatty()
        )


def quiet_broken_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush has nothing to complain about."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


class _Watched(io.FileIO):
    """File descriptor 1, whose closed pipe is an ``OutputClosed``, and what else fails there an ``OutputError``."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            quiet_broken_stdout()  # what is still in the buffer would fail again when the interpreter ends
            reason = error.strerror or str(error)
            raise OutputError(
                f"standard output cannot be written: {reason}", "Make room, or write elsewhere."
            ) from error


def _take_stdout() -> ByteStream:
    if sys.stdout is None:
        raise OutputError("standard output is closed", "Run the command without `>&-`.")
    if not _is_fd_1(sys.stdout):  # Someone redirected Python's own stream (a test, a notebook): that is their sink.
        return _TextBytes(sys.stdout)
    import fcntl

    sys.stdout.flush()
    # Above 2, for where standard error is closed: `dup` would give its number, and libraries write there.
    answer = os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3), "wb")
    try:
        os.dup2(2, 1)
    except OSError:
        quiet_broken_stdout()
    return answer


class _TextBytes:
    """Bytes into a text stream that has no file descriptor of its own."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, data: bytes, /) -> None:
        self._stream.write(data.decode("utf-8", "replace"))

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _encode(text: str) -> bytes:
    """UTF-8; the bytes of a file name that are not (PEP 383) come out as they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _say(line: str) -> None:
    """Write a line to standard error; a standard error that cannot be written is no reason to lose the answer."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(clean_line(title)) if title else None, title_justify="left", box=box.SIMPLE)
    cells = [[clean_line(str(cell)) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        widest = max((len(row[number]) for row in cells), default=0)
        table.add_column(Text(column), no_wrap=widest <= _NARROW, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _tab_separated(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "\t".join(columns) + "\n"
    for row in rows:
        yield "\t".join(clean_line(str(cell)) for cell in row) + "\n"


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((80, 24)).columns


def _dumb() -> bool:
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def _is_tty(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def _is_fd_1(stream: Any) -> bool:
    try:
        return bool(stream.fileno() == 1)
    except (AttributeError, OSError, ValueError):
        return False
