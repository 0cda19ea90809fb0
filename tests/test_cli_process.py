"""What only a process of its own can show: exit codes, pipes, signals, terminals, a clean standard output."""

from __future__ import annotations

import json
import os
import pty
import re
import select as readiness
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import DRIVER, Run, clean_environment

from internvl_cli import errors

EXIT_CODES = Path(__file__).parents[1] / "docs" / "exit-codes.md"


# -- exit codes


def error_classes() -> list[type[errors.InternVLError]]:
    found, queue = [], [errors.InternVLError]
    while queue:
        found.append(kind := queue.pop())
        queue += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def documented() -> dict[int, str]:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", EXIT_CODES.read_text(encoding="utf-8"), re.MULTILINE)
    return {int(code): names for code, names in rows}


def test_the_table_and_the_tree_agree() -> None:
    table = documented()
    in_table = {(int(code), name) for code, names in table.items() for name in re.findall(r"`(\w+)`", names)}
    assert in_table == {(kind.exit_code, kind.__name__) for kind in error_classes()}
    assert {0, 130, 141, 143} <= set(table)


@pytest.mark.parametrize(
    "kind", sorted(error_classes(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_each_error_has_its_code(
    kind: type[errors.InternVLError], png: Path, fake_engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from internvl_cli.cli.app import main

    fake_engine.enqueue(kind("it is\x1b[2J so", "do that"))
    assert main(["ask", "q", str(png)]) == kind.exit_code
    out, err = capsys.readouterr()
    assert err == "internvl: it is\\x1b[2J so\nhint: do that\n"
    assert out == ""


REAL: dict[str, tuple[int, list[str], str]] = {
    "usage": (2, ["ask", "q", "{png}", "--no-such-option"], "--no-such-option"),
    "unknown model": (2, ["ask", "q", "{png}", "-m", "9B"], "9B"),
    "missing": (3, ["ask", "q", "{dir}/missing.pdf"], "missing.pdf"),
    "directory": (3, ["ask", "q", "{dir}"], "directory"),
    "empty": (3, ["ask", "q", "{dir}/empty.pdf"], "empty.pdf"),
    "garbage": (3, ["ask", "q", "{dir}/garbage.pdf"], "garbage.pdf"),
    "truncated": (3, ["ask", "q", "{dir}/truncated.png"], "truncated.png"),
    "picture": (4, ["tiles", "{png}", "-o", "{dir}/no/such/folder.png"], "folder.png"),
    "model": (7, ["ask", "q", "{png}", "-m", "{dir}/no-model-here"], "no-model-here"),
}


@pytest.mark.parametrize("case", REAL)
def test_bad_input_through_the_real_program(case: str, png: Path, internvl: Run) -> None:
    code, arguments, word = REAL[case]
    folder = png.parent
    (folder / "empty.pdf").touch()
    (folder / "garbage.pdf").write_bytes(bytes(range(256)) * 20)
    (folder / "truncated.png").write_bytes(png.read_bytes()[:60])
    done = internvl(*(argument.format(png=png, dir=folder) for argument in arguments))
    error = done.stderr.decode()
    assert done.returncode == code, error
    assert word in error and "Traceback" not in error
    if code != 2:
        assert error.startswith("internvl: ") and len(error.splitlines()) <= 2
    if not case.startswith("picture"):
        assert done.stdout == b""


FAKED: dict[str, tuple[int, Any, list[str]]] = {
    "answered": (0, "42", []),
    "unexpected": (1, {"error": "ZeroDivisionError", "message": "boom"}, []),
    "memory": (6, {"error": "MemoryShortageError"}, []),
    "no memory at all": (6, {"error": "MemoryError"}, []),
    "configuration": (9, {"error": "ConfigurationError"}, []),
    "expectation": (10, "42", ["--expect", "43"]),
    "not found": (12, {"answer": {"text": "no", "finish_reason": "not_found"}}, []),
    "endpoint": (11, {"error": "EndpointError"}, []),
    "hub": (13, {"error": "HubError"}, []),
    "dependency": (14, {"error": "DependencyError"}, []),
}


@pytest.mark.parametrize("case", FAKED)
def test_codes_of_answers(case: str, png: Path, faked: Run) -> None:
    code, reply, options = FAKED[case]
    done = faked({"replies": [reply]}, "ask", "q", str(png), *options)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("how", [["--debug"], []])
def test_debug_shows_the_traceback(how: list[str], png: Path, faked: Run) -> None:
    spec = {"replies": [{"error": "ZeroDivisionError", "message": "boom"}]}
    done = faked(spec, "ask", "q", str(png), *how, env={} if how else {"INTERNVL_DEBUG": "1"})
    assert done.returncode == 1
    assert b"Traceback" in done.stderr and b"ZeroDivisionError: boom" in done.stderr


def encrypted_pdf(path: Path, password: str) -> Path:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), encrypt=password, pagesize=(300, 200))
    canvas.drawString(50, 100, "secret")
    canvas.save()
    return path


def test_an_encrypted_pdf(tmp_path: Path, internvl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from internvl_cli.cli.app import main

    pdf = encrypted_pdf(tmp_path / "secret.pdf", "öffne dich")
    done = internvl("tiles", str(pdf))
    assert done.returncode == 8 and b"secret.pdf" in done.stderr and b"--password-file" in done.stderr
    monkeypatch.setenv("INTERNVL_PDF_PASSWORD", "öffne dich")
    assert main(["tiles", str(pdf)]) == 0
    monkeypatch.setenv("INTERNVL_PDF_PASSWORD", "wrong")
    assert main(["tiles", str(pdf)]) == 8
    (tmp_path / "password").write_text("öffne dich\n", encoding="utf-8")
    assert main(["tiles", str(pdf), "--password-file", str(tmp_path / "password")]) == 0
    assert main(["tiles", str(pdf), "--password-file", str(tmp_path / "missing")]) == 3
    (tmp_path / "password").write_text("öffne dich\r\nrest", encoding="utf-8-sig")  # as an editor on Windows writes it
    assert main(["tiles", str(pdf), "--password-file", str(tmp_path / "password")]) == 0
    (tmp_path / "password").write_text("\nöffne dich")
    assert main(["tiles", str(pdf), "--password-file", str(tmp_path / "password")]) == 3


def test_a_password_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    pdf = encrypted_pdf(tmp_path / "secret.pdf", "open")
    child, terminal = pty.fork()
    if not child:
        os.execve(sys.executable, [sys.executable, "-m", "internvl_cli", "tiles", str(pdf)], clean_environment())
    shown = b""
    while b"secret.pdf: " not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, b"open\n")
    try:
        while data := os.read(terminal, 1024):
            shown += data
    except OSError:  # EIO: it has ended
        pass
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    assert b"tokens" in shown and b"open\r" not in shown


def test_an_unreadable_file(png: Path, internvl: Run) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    png.chmod(0)
    done = internvl("ask", "q", str(png))
    assert done.returncode == 3 and b"Traceback" not in done.stderr


STRANGE = [b"caf\xe9.png", b"a\x1b[31mred\x1b[0m.png", b"two\nlines.png", b"-dash.png"]


def test_strange_names(png: Path, faked: Run) -> None:
    for name in STRANGE:
        Path(os.fsdecode(os.fsencode(png.parent) + b"/" + name)).write_bytes(png.read_bytes())
    done = faked({"replies": ["x"]}, "ask", "q", "--json", "--", *STRANGE, cwd=png.parent)
    assert done.returncode == 0, done.stderr
    assert [os.fsencode(name) for name in json.loads(done.stdout)["files"]] == STRANGE


@pytest.mark.parametrize("name", STRANGE[:3])
def test_strange_names_in_messages(name: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    from internvl_cli.cli.app import main

    assert main(["ask", "q", os.fsdecode(name)]) == 3
    err = capsys.readouterr().err
    assert "\x1b" not in err and len(err.splitlines()) <= 2
    err.encode()


# -- standard output


def test_standard_output_carries_the_answer_alone(png: Path, faked: Run) -> None:
    done = faked({"replies": [["the ", "answer"]], "pollute": True, "note": "a note"}, "ask", "q", str(png))
    assert done.stdout == b"the answer\n"
    for line in (b"library: loading", b"native: loading", b"c library: loading", b"library: really loading", b"a note"):
        assert line in done.stderr


def test_a_closed_standard_error(png: Path) -> None:
    spec = '{"replies": ["x"], "pollute": true, "note": "a note"}'
    script = f"{sys.executable} {DRIVER} '{spec}' ask q {png} 2>&-"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), timeout=60)
    assert (done.returncode, done.stdout) == (0, b"x\n")


def test_the_text_passes_byte_for_byte(png: Path, faked: Run) -> None:
    done = faked({"replies": [["# T\n\n", "- *a*\n", "\x1b[1m€"]]}, "ask", "q", str(png), env={"LC_ALL": "C"})
    assert done.stdout == "# T\n\n- *a*\n\x1b[1m€\n".encode()


def test_pieces_arrive_while_the_answer_is_made(png: Path) -> None:
    spec = json.dumps({"replies": [["first", " second"]], "pause": 1.5})
    command = [sys.executable, str(DRIVER), spec, "ask", "q", str(png)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 100) == b"first"
        assert process.poll() is None
        process.terminate()


def test_a_reader_that_leaves_ends_it_quietly(png: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    spec = json.dumps({"replies": [["a\n"] * 5]})
    command = [sys.executable, str(DRIVER), spec, "ask", "q", str(png)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=clean_environment(), timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_help_into_a_closed_pipe(internvl: Run) -> None:
    script = f"{sys.executable} -m internvl_cli ask --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), timeout=60)
    assert done.stderr == b"" and done.stdout.strip() in (b"0", b"141")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["ask", "-h"]])
def test_help_to_a_full_disk(words: list[str], internvl: Run) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "internvl_cli", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 4
    assert done.stderr.startswith(b"internvl: standard output cannot be written") and b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(png: Path, faked: Run) -> None:
    with Path("/dev/full").open("wb") as full:
        done = faked({"replies": ["x"]}, "ask", "q", str(png), stdout=full)
    assert done.returncode == 4 and b"No space left" in done.stderr and b"Traceback" not in done.stderr


def test_a_closed_standard_output(png: Path) -> None:
    script = f'{sys.executable} {DRIVER} \'{{"replies": ["x"]}}\' ask q {png} >&-'
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), timeout=60)
    assert done.returncode == 4 and b"Traceback" not in done.stderr


# -- standard input


def test_a_loop_keeps_its_list(png: Path) -> None:
    """``while read`` hands its list to every command in it: only ``-`` may read it."""
    driver = f'{sys.executable} {DRIVER} \'{{"replies": ["x"]}}\''
    script = f'while read -r f; do {driver} ask q "$f"; done'
    names = f"{png}\n{png}\n".encode()
    done = subprocess.run(["bash", "-c", script], input=names, capture_output=True, env=clean_environment(), timeout=60)
    assert done.stdout == b"x\nx\n", done.stderr


def test_a_dash_is_standard_input(png: Path, faked: Run) -> None:
    done = faked({"replies": ["x"]}, "ask", "q", "-", "--json", input=png.read_bytes())
    assert done.returncode == 0 and json.loads(done.stdout)["file"] == "-"
    done = faked({"replies": ["x"]}, "ask", "q", "-", input=b"")
    assert done.returncode == 3


# -- signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(number: signal.Signals, code: int, png: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    spec = json.dumps({"replies": [["a", "b"]], "pause": 30, "say": str(started)})
    process = subprocess.Popen(
        [sys.executable, str(DRIVER), spec, "ask", "q", str(png)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    assert process.stdout is not None
    os.read(process.stdout.fileno(), 1)  # now it is in the middle of the answer
    time.sleep(0.1)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert err == (b"" if number == signal.SIGINT else b"internvl: stopped by SIGTERM\n")
    assert started.with_suffix(".closed").exists(), "the engine's own clean-up ran"


# -- a terminal


def on_terminal(spec: dict[str, Any], *args: str, env: dict[str, str] | None = None) -> tuple[str, str, int]:
    """Run with standard output and standard error on a terminal each; give what each showed."""
    out_parent, out_child = pty.openpty()
    err_parent, err_child = pty.openpty()
    command = [sys.executable, str(DRIVER), json.dumps(spec), *args]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out_child, stderr=err_child, env=clean_environment(**(env or {}))
    )
    os.close(out_child)
    os.close(err_child)
    shown = {out_parent: b"", err_parent: b""}
    waiting = [out_parent, err_parent]
    while waiting:
        ready, _, _ = readiness.select(waiting, [], [], 60)
        assert ready, "nothing came for a minute"
        for end in ready:
            try:
                data = os.read(end, 4096)
            except OSError:  # EIO: the other side is closed
                data = b""
            shown[end] += data
            if not data:
                waiting.remove(end)
                os.close(end)
    return shown[out_parent].decode(), shown[err_parent].decode(), process.wait(timeout=20)


MARKDOWN = {"replies": [["**bold**\n\n", "- item\x1b]0;title\x07\n"]], "note": "a note"}


def test_markdown_on_a_terminal_and_notes_beside_it(png: Path) -> None:
    out, err, code = on_terminal(MARKDOWN, "ask", "q", str(png))
    assert code == 0
    assert "\x1b[1mbold\x1b[0m" in out and "•" in out
    assert "\x1b]0" not in out and "a note" not in out
    assert err == "a note\r\n"


@pytest.mark.parametrize(("options", "env"), [(["--plain"], {}), ([], {"TERM": "dumb"})])
def test_no_escape_at_all_where_none_is_wanted(options: list[str], env: dict[str, str], png: Path) -> None:
    out, err, _ = on_terminal(MARKDOWN, "ask", "q", str(png), *options, env=env)
    assert out == "**bold**\r\n\r\n- item\r\n"
    assert "\x1b" not in err


def test_help_is_dressed_up_on_a_terminal_only(internvl: Run) -> None:
    dressed, _, code = on_terminal({}, "ask", "--help")
    assert code == 0 and "\x1b[" in dressed and "╭" in dressed
    plain = internvl("ask", "--help", env={"FORCE_COLOR": "1"}).stdout.decode()
    assert "\x1b" not in plain and "╭" not in plain and "  internvl ask -q" in plain


def test_no_color(png: Path) -> None:
    spec = {"replies": ["# Title\n\n`code`\n\n```python\nx = 1\n```"]}
    out, _, _ = on_terminal(spec, "ask", "q", str(png), env={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[\d;]*\b(3[0-7]|4[0-7]|38|48|9[0-7])[\d;]*m", out)
    coloured, _, _ = on_terminal(spec, "ask", "q", str(png))
    assert re.search(r"\x1b\[[\d;]*\b(3[0-7]|4[0-7]|38|48|9[0-7])[\d;]*m", coloured)


def test_evidence_on_a_terminal(png: Path) -> None:
    evidence = {"file": "page.png", "page": 1, "box": [1, 2, 3, 4], "page_size": [900, 400], "text": "4\x1b[2J2"}
    spec = {"replies": [{"answer": {"text": "42", "evidence": [evidence]}}]}
    out, err, _ = on_terminal(spec, "ask", "q", str(png), "--show-evidence")
    assert out == "42\r\n"
    assert "1 2 3 4" in err and "\x1b[2J" not in err and "─" in err
