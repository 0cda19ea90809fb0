"""``internvl batch`` as a user runs it, in processes of its own."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pyarrow.parquet
import pytest
from batch_helpers import batch, documents, records
from PIL import Image

from internvl_cli.cli import progress
from internvl_cli.cli.app import main
from internvl_cli.engines.fake import FakeEngine
from internvl_cli.errors import InputError


def last_line(text: str) -> str:
    return text.splitlines()[-1]


def test_a_folder_with_everything_in_it(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", "a", "fail", "bug", "flaky", "nothing")
    documents(folder / "sub", "z")
    (folder / "readme.txt").write_text("not a document")
    (folder / "name.png").write_text("not a picture either")
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7\ntorn")
    done = batch("What?", "in", "in/a.png", "./in/a.png", "gone.pdf", "-o", "out.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert last_line(done.stderr) == "9 inputs: 4 done, 0 skipped, 5 failed"
    assert "a slow engine answers" in done.stderr
    assert "named more than once, asked once: ./in/a.png" in done.stderr
    assert done.stderr.count("in/bug.png: ZeroDivisionError: division by zero") == 1
    found = {r["file"]: r for r in records(tmp_path / "out.jsonl")}
    assert list(found) == [
        "in/a.png", "in/bug.png", "in/fail.png", "in/flaky.png", "in/name.png", "in/nothing.png", "in/torn.pdf",
        "in/sub/z.png", "gone.pdf",
    ]  # fmt: skip
    assert (found["in/flaky.png"]["attempts"], found["in/flaky.png"]["answer"]) == (2, "What? flaky.png")
    assert (found["in/nothing.png"]["found"], found["in/nothing.png"]["error"]) == (False, None)
    assert {f: r["error"]["type"] for f, r in found.items() if r["error"]} == {
        "in/fail.png": "input", "in/bug.png": "unexpected", "in/name.png": "input", "in/torn.pdf": "input",
        "gone.pdf": "input",
    }  # fmt: skip


def test_again_and_changed_and_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents(tmp_path / "in", "a", "b")
    log = str(tmp_path / "log")
    words = ("What?", "in", "-o", "out.jsonl")
    first = batch(*words, cwd=tmp_path, log=log)
    assert (first.returncode, last_line(first.stderr)) == (0, "2 inputs: 2 done, 0 skipped, 0 failed")
    before = (tmp_path / "out.jsonl").read_bytes()
    again = batch(*words, cwd=tmp_path, log=log)
    assert (again.returncode, last_line(again.stderr)) == (0, "2 inputs: 0 done, 2 skipped, 0 failed")
    assert len(Path(log).read_text().splitlines()) == 2
    documents(tmp_path / "in", "c")
    for change, named in (
        ([*words, "--max-tiles", "6"], "max-tiles: was 12, now 6"),
        ([*words, "--pages", "1"], 'pages: was null, now "1"'),
        (["Who?", *words[1:]], 'question: was "What?", now "Who?"'),
        ([*words, "--model", "reader"], 'model: was "auto", now "reader"'),
    ):
        monkeypatch.chdir(tmp_path)
        assert main(["batch", *change]) == 2
        refused = capsys.readouterr().err
        assert named in refused and "--restart" in refused and "Traceback" not in refused
    other = batch(*words, cwd=tmp_path, model="slow-2")  # `auto` chooses another today
    assert other.returncode == 2 and 'was "slow-1", now "slow-2"' in other.stderr
    assert (tmp_path / "out.jsonl").read_bytes() == before
    anew = batch("Who?", *words[1:], "--restart", cwd=tmp_path)
    assert (anew.returncode, last_line(anew.stderr)) == (0, "3 inputs: 3 done, 0 skipped, 0 failed")
    assert [r["answer"] for r in records(tmp_path / "out.jsonl")] == ["Who? a.png", "Who? b.png", "Who? c.png"]


def test_tasks_from_elsewhere_into_tables(tmp_path: Path) -> None:
    documents(tmp_path / "data", "a", "b")
    tasks = [
        {"file": "a.png", "question": "One?", "id": "first", "answers": ["1"]},
        {"file": "a.png", "question": "Two?"},
        {"file": "b.png", "question": "Three?", "pages": "1"},
        {"file": "b.png", "question": "Four?", "pages": "2"},
    ]
    (tmp_path / "data" / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    for _ in range(2):
        done = batch("--tasks", "data/tasks.jsonl", "-o", "out.csv", "--jobs", "2", cwd=tmp_path)
        assert done.returncode == 5
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["answer"] for row in rows] == ["One? a.png", "Two? a.png", "Three? b.png", ""]
        assert (rows[0]["id"], rows[0]["file"]) == ("first", "a.png")
        assert rows[3]["error_type"] == "page_selection"
    assert last_line(done.stderr) == "4 inputs: 0 done, 3 skipped, 1 failed"
    assert rows[3]["attempts"] == "2"
    done = batch("--tasks", "data/tasks.jsonl", "-o", "out.parquet", "--limit", "3", cwd=tmp_path)
    assert (done.returncode, last_line(done.stderr)) == (0, "3 inputs: 3 done, 0 skipped, 0 failed")
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet")["answer"].to_pylist()[2] == "Three? b.png"
    bad = batch("--tasks", "-", "-o", "new.jsonl", cwd=tmp_path, input=b'{"file": "a.png"}\n')
    assert bad.returncode == 2 and "-, line 1: 'question' is missing" in bad.stderr


def test_standard_output_gets_records_and_nothing_else(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "fail", "flaky")
    done = batch("What?", "in", "-o", "-", cwd=tmp_path)
    assert done.returncode == 5
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["file"], r["attempts"], r["error"] is None) for r in found] == [
        ("in/a.png", 1, True), ("in/flaky.png", 2, True), ("in/fail.png", 1, False),
    ]  # fmt: skip
    assert last_line(done.stderr) == "3 inputs: 2 done, 0 skipped, 1 failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_quiet_says_nothing(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "fail")
    done = batch("What?", "in", "-o", "out.jsonl", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "")
    assert len(records(tmp_path / "out.jsonl")) == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["What?", "in"], 2, "internvl batch 'What?' in -o out.jsonl"),
        (["What?", "-o", "out.jsonl"], 2, "question and inputs"),
        (["What?", "--tasks", "t.jsonl", "-o", "out.jsonl"], 2, "--tasks"),
        (["--tasks", "t.jsonl", "-o", "out.jsonl"], 3, "t.jsonl"),
        (["What?", "in", "-o", "out.doc"], 2, ".parquet"),
        (["What?", "in", "-o", "no/out.jsonl"], 4, "no/out.jsonl"),
        (["What?", "-", "-o", "out.jsonl"], 2, "standard input"),
        (["What?", "*.tiff", "-o", "out.jsonl"], 3, "*.tiff"),
        (["What?", "empty", "-o", "out.jsonl"], 3, "empty"),
        (["What?", "in", "-o", "out.jsonl", "--jobs", "0"], 2, "--jobs"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    documents(tmp_path / "in", "a")
    (tmp_path / "empty").mkdir()
    assert main(["batch", *words]) == code
    out, err = capsys.readouterr()
    assert out == "" and said in err and "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "in"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_engine_that_cannot_answer_anything_ends_the_run(tmp_path: Path, jobs: str) -> None:
    documents(tmp_path / "in", "a", "b", "c")
    words = ("What?", "in", "-o", "out.jsonl", "--jobs", jobs)
    unloadable = batch(*words, cwd=tmp_path, load="error")
    assert (unloadable.returncode, unloadable.stderr) == (7, "internvl: no weights\nhint: internvl pull 2B\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    damaged = batch(*words, cwd=tmp_path, fatal=True)
    assert damaged.returncode == 7 and "hint: internvl pull 2B" in damaged.stderr
    assert records(tmp_path / "out.jsonl") == []
    assert batch(*words, cwd=tmp_path).returncode == 0


def test_progress_counts_pages_as_they_become_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fake_engine: FakeEngine,
) -> None:
    documents(tmp_path / "in", "a", "b", "c", "d")
    frame = Image.new("RGB", (40, 30))
    frame.save(tmp_path / "in" / "b.tiff", save_all=True, append_images=[frame] * 4)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    for _ in range(4):
        fake_engine.enqueue("42")
    fake_engine.enqueue(InputError("cannot be rendered"))
    assert main(["batch", "What?", "in", "-o", "out.jsonl"]) == 5
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("answering")]
    # a has 1 page, so five files are taken to have 5; b.png 1; b.tiff 5: 7 in three files, so about 5 in two; …
    assert [line.split(",")[0].removeprefix("answering: ") for line in lines] == [
        "1 of 5 pages", "2 of 5 pages", "7 of 12 pages", "8 of 10 pages", "9 of 9 pages",
    ]  # fmt: skip
    assert all(" left" in line for line in lines[:-1]) and lines[-1].endswith("1 failed")


def test_names_that_are_not_utf_8_or_not_harmless(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a")
    page = (tmp_path / "in" / "a.png").read_bytes()
    names = [b"\xff.png", b"\xfe.png", b"esc\x1b[31m.png"]
    for name in names:
        (tmp_path / "in" / os.fsdecode(name)).write_bytes(page)
    for output in ("out.jsonl", "out.csv"):
        for line in ("4 inputs: 4 done, 0 skipped, 0 failed", "4 inputs: 0 done, 4 skipped, 0 failed"):
            done = batch("What?", "in", "-o", output, cwd=tmp_path)
            assert (done.returncode, last_line(done.stderr)) == (0, line)
            assert "\x1b" not in done.stderr
    found = {os.fsencode(r["file"]) for r in records(tmp_path / "out.jsonl")}
    assert found == {b"in/" + name for name in [*names, b"a.png"]}
    assert b"\x1b" not in (tmp_path / "out.jsonl").read_bytes()
    assert rb"in/\xff.png" in (tmp_path / "out.csv").read_bytes()
