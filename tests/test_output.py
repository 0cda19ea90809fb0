from __future__ import annotations

import io
import json
import os
import re
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.cli.blocks import BlockSplitter
from internvl_cli.cli.clean import clean_line, clean_text, escape_json
from internvl_cli.cli.output import OutputClosed, Sink
from internvl_cli.cli.progress import Progress, progress_line
from internvl_cli.errors import OutputError

few = settings(max_examples=60, deadline=None)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def sink(mode: str = "human", *, tty: bool = False, notes: bool = True) -> tuple[Sink, io.BytesIO]:
    out = io.BytesIO()
    return Sink(mode, out, out_is_tty=tty, notes=notes), out  # type: ignore[arg-type]


# -- what is foreign is made harmless


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0gLXJm\x07", ""),
        ("\x9b31mred", "red"),
        ("a\x1bcb", "ab"),
        ("bell\x07 back\x08 null\x00 del\x7f", "bell back null del"),
        ("abc\u202etxt.exe\u202c", "abctxt.exe"),
        ("line one\r\nline\ttwo\n", "line one\nline\ttwo\n"),
        ("\x1b]never closed\nnext line", "\nnext line"),
        ("Größe 12 € 総額 \U0001f600", "Größe 12 € 総額 \U0001f600"),
        ("name\udcff", "name\\xff"),
    ],
)
def test_clean_text(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\x1b[2Jb.pdf", "a\\x1b[2Jb.pdf"),
        ("two\nlines", "two\\nlines"),
        ("caf\udce9.pdf", "caf\\xe9.pdf"),
        ("a\u202eb", "a\\u202eb"),
        ("Rechnung Mai.pdf", "Rechnung Mai.pdf"),
    ],
)
def test_clean_line(dirty: str, clean: str) -> None:
    assert clean_line(dirty) == clean


anything = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x1b\x9b\x9d\x07[]0m;\n\\"), max_size=40)


@few
@given(anything)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    steering = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    assert not re.search(steering, clean_text(text))
    assert not re.search(steering + "|[\n\t\u2028\u2029]", clean_line(text))


@few
@given(anything)
def test_json_stays_the_same_value_and_is_safe_to_show(text: str) -> None:
    written = escape_json(json.dumps({"a": text}, ensure_ascii=False))
    written.encode()
    assert json.loads(written) == {"a": text}
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written)


# -- blocks

DOCUMENT = """# Title
First paragraph,
second line.

- one
- two
  more of two

  - nested
- three

After the list.
```python
x = 1

y = 2
```
| a | b |
|---|---|
| 1 | 2 |

1. first
2. second
> quote"""

BLOCKS = [
    "# Title",
    "First paragraph,\nsecond line.",
    "- one\n- two\n  more of two\n\n  - nested\n- three",
    "After the list.",
    "```python\nx = 1\n\ny = 2\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "1. first\n2. second\n> quote",
]


def split_blocks(pieces: list[str]) -> list[str]:
    splitter = BlockSplitter()
    return [block for piece in pieces for block in splitter.feed(piece)] + splitter.finish()


def test_blocks() -> None:
    assert split_blocks([DOCUMENT]) == BLOCKS


@few
@given(st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_blocks_do_not_depend_on_the_pieces(sizes: list[int]) -> None:
    pieces, position = [], 0
    while position < len(DOCUMENT):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(DOCUMENT[position : position + size])
        position += size
    assert split_blocks(pieces) == BLOCKS


def test_a_block_comes_as_soon_as_it_is_finished() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("one\n") == []
    assert splitter.feed("\ntw") == ["one"]
    assert splitter.feed("o\n```\ncode") == ["two"]
    assert splitter.feed("\n```\n") == ["```\ncode\n```"]
    assert splitter.finish() == []


@few
@given(st.text("ab \n`-#|1.>", max_size=60))
def test_no_line_is_lost(text: str) -> None:
    kept = [line for block in split_blocks([text]) for line in block.split("\n") if line.strip()]
    assert kept == [line for line in text.split("\n") if line.strip()]


def test_an_unclosed_fence_is_printed_in_the_end() -> None:
    assert split_blocks(["```\nnever", " closed"]) == ["```\nnever closed"]


# -- the sink


def test_off_a_terminal_the_text_passes_byte_for_byte() -> None:
    out = sink()
    out[0].answer(["# Total\n", "", "  *12* \x1b[31m€\r\n", "caf\udce9"])
    assert out[1].getvalue() == "# Total\n  *12* \x1b[31m€\r\n".encode() + b"caf\xe9\n"


def test_no_second_newline_at_the_end() -> None:
    out = sink()
    out[0].answer(["42\n"])
    assert out[1].getvalue() == b"42\n"


def test_each_piece_is_flushed() -> None:
    seen: list[bytes] = []

    class Stream(io.BytesIO):
        def flush(self) -> None:
            seen.append(self.getvalue())

    Sink("human", Stream(), out_is_tty=False).answer(["a", "b"])
    assert seen[:2] == [b"a", b"ab"]


def test_markdown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = sink(tty=True)
    screen[0].answer(["**bo", "ld**\n\n", "- item [link](https://evil.example)\x1b]52;c;x\x07\n"])
    text = screen[1].getvalue().decode()
    assert "\x1b[1mbold\x1b[0m" in text
    assert "•" in text and "https://evil.example" in text
    assert "\x1b]" not in text and "**" not in text


def test_blocks_are_printed_before_the_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen, out = sink(tty=True)

    def pieces():  # type: ignore[no-untyped-def]
        yield "first\n\n"
        assert b"first" in out.getvalue()
        yield "second"
        assert b"second" not in out.getvalue()

    screen.answer(pieces())
    assert b"second" in out.getvalue()


@pytest.mark.parametrize("markdown", [True, False])
def test_half_an_answer_is_shown_on_a_terminal(markdown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen, out = sink(tty=True)

    def pieces():  # type: ignore[no-untyped-def]
        yield "half of"
        raise OutputError("x")

    with pytest.raises(OutputError):
        screen.answer(pieces(), markdown=markdown)
    assert out.getvalue() == b"half of\n"


@pytest.mark.parametrize(("mode", "term"), [("plain", "xterm"), ("quiet", "xterm"), ("human", "dumb")])
def test_no_markup_where_none_is_wanted(mode: str, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    screen = sink(mode, tty=True)
    screen[0].answer(["**bold** \x1b[31mred\n"])
    assert screen[1].getvalue() == b"**bold** red\n"


def test_a_quotation_is_not_read_as_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = sink(tty=True)
    screen[0].answer(["1. * # 5"], markdown=False)
    assert screen[1].getvalue() == b"1. * # 5\n"


def test_records_are_lines() -> None:
    out = sink("json")
    out[0].record({"a": "x\ny", "b": "caf\udce9"})
    out[0].record({"c": 1})
    lines = out[1].getvalue().decode().split("\n")
    assert [json.loads(line) for line in lines[:2]] == [{"a": "x\ny", "b": "caf\udce9"}, {"c": 1}]
    assert lines[2:] == [""]


def test_tables_are_tab_separated_off_a_terminal() -> None:
    out = sink()
    out[0].table(("page", "text"), [(1, "a\tb"), (2, "c")])
    assert out[1].getvalue() == b"page\ttext\n1\ta\\tb\n2\tc\n"


def test_notes_go_to_standard_error_once_and_clean(capsys: pytest.CaptureFixture[str]) -> None:
    human, out = sink()
    human.note("fewer tiles\x1b[2J")
    human.note("fewer tiles\x1b[2J")
    assert capsys.readouterr().err == "fewer tiles\\x1b[2J\n"
    assert out.getvalue() == b""


@pytest.mark.parametrize(("mode", "notes"), [("quiet", True), ("json", False)])
def test_quiet_says_nothing(mode: str, notes: bool, capsys: pytest.CaptureFixture[str]) -> None:
    quiet, out = sink(mode, notes=notes)
    quiet.note("a note")
    quiet.heading("a heading")
    quiet.note_table(("a",), [("b",)])
    with quiet.progress(3) as progress:
        progress.advance()
    assert capsys.readouterr().err == ""
    assert out.getvalue() == b""


def test_a_closed_pipe_ends_the_command() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb", buffering=0) as stream, pytest.raises(OutputClosed):  # noqa: PTH123
        Sink("plain", stream, out_is_tty=False).answer(["x"])


def test_a_full_disk_is_an_error_of_ours() -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        Sink("plain", Full(), out_is_tty=False).answer(["x"])


# -- progress


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        (("answering", 12, 300, "page", 1, 12, 4.0), "answering: 12 of 300 pages, 3.0/s, 1 min 36 s left, 1 failed"),
        (("", 0, 5, "file", 0, 0, 0.0), "0 of 5 files"),
        (("", 5, 5, "file", 0, 5, 50.0), "5 of 5 files, 10.0 s per file"),
        (("reading", 7, None, "page", 0, 7, 1.0), "reading: 7 pages, 7.0/s"),
        (("", 110, 7310, "page", 0, 10, 10.0), "110 of 7310 pages, 1.0/s, 2 h 0 min left"),
    ],
)
def test_progress_line(numbers: tuple[object, ...], line: str) -> None:
    assert progress_line(*numbers) == line  # type: ignore[arg-type]


def test_a_plain_line_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = SimpleNamespace(time=0.0)
    plain, _ = sink("plain")
    with Progress(plain, 100, "page", label="answering", clock=lambda: now.time) as progress:
        for _ in range(20):
            now.time += 1.0
            progress.advance(2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "answering: 10 of 100 pages, 2.0/s, 45 s left"
    assert len(lines) == 4


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    human, _ = sink()
    with human.progress(2, label="answering") as progress:
        progress.advance()
        progress.describe("a\x1b[2J.pdf")
        progress.advance(failed=1)
    assert "answering" in screen.getvalue() and "1 failed" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
