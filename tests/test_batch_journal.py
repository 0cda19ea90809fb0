"""What is on disk: repaired, checked, locked, and in order at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import answered, failed, item, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from internvl_cli.batch.journal import Journal
from internvl_cli.batch.record import make_record
from internvl_cli.errors import DependencyError, OutputError, UsageError

SETTINGS = {"model": "auto", "question": "What?"}
A, B, C = item("a.pdf"), item("b.pdf"), item("c.pdf")


def journal(path: Path, now: Mapping[str, Any] = SETTINGS, *, restart: bool = False) -> Journal:
    return Journal(path, now, restart=restart)


def fill(path: Path, *outcomes: Any) -> None:
    with journal(path) as opened:
        opened.bind("fake", "fake-1")
        for outcome in outcomes:
            opened.append(make_record(outcome, opened.attempts(outcome.item) + 1))


def test_a_record_counts_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A), failed(B))
    with journal(path) as opened:
        assert [opened.done(x) for x in (A, B, C)] == [True, False, False]
        assert [opened.attempts(x) for x in (A, B, C)] == [1, 1, 0]


def test_a_superseded_failure_goes_and_the_order_is_that_of_the_items(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, failed(C), answered(item("earlier.pdf")), failed(B), answered(A), answered(C))
    with journal(path) as opened:
        opened.finish([A, B, C])
        opened.append(make_record(answered(B), 2))  # the rewritten file is still the journal, and still locked
        with pytest.raises(OutputError, match="another run"):
            journal(path)
        opened.finish([A, B, C])
    found = [(r["id"], r["attempts"], r["error"] is None) for r in records(path)]
    assert found == [("earlier.pdf", 1, True), ("a.pdf", 1, True), ("b.pdf", 2, True), ("c.pdf", 2, True)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.jsonl", "out.jsonl.meta.json"]


def test_nothing_is_rewritten_that_is_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A), answered(B))
    inode = path.stat().st_ino
    with journal(path) as opened:
        opened.finish([A, B])
    assert path.stat().st_ino == inode


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=0))
def test_a_line_torn_anywhere_is_cut_off(tmp_path: Path, where: int) -> None:
    path = tmp_path / "torn.jsonl"
    path.unlink(missing_ok=True)
    path.with_name("torn.jsonl.meta.json").unlink(missing_ok=True)
    fill(path, answered(A), answered(B, "ünï"), answered(C))
    whole = path.read_bytes()
    cut = where % (len(whole) + 1)
    path.write_bytes(whole[:cut])
    complete = whole[:cut].count(b"\n")
    with journal(path) as opened:
        assert [opened.done(x) for x in (A, B, C)] == [n < complete for n in range(3)]
        for x in (A, B, C)[complete:]:
            opened.append(make_record(answered(x, "ünï" if x is B else "42"), 1))
    assert path.read_bytes() == whole


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"answer": "' + b"x" * 200_000)
    with journal(path):
        assert path.read_bytes() == whole


def test_damage_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A), answered(B))
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b"\0\0\n", b"{}\n", b"[]\n", b"\n"):
        path.write_bytes(lines[0] + damage + lines[1])
        with pytest.raises(OutputError, match="line 2 is not a record"):
            journal(path)


def test_changed_settings_are_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A))
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r'question: was "What\?", now "Who\?"'):
        journal(path, {**SETTINGS, "question": "Who?"})
    assert path.read_bytes() == before
    with journal(path, {**SETTINGS, "question": "Who?"}, restart=True) as opened:
        assert not opened.done(A)
        opened.bind("fake", "fake-1")
    with journal(path, {**SETTINGS, "model": "2B"}):
        pass  # no answers yet, so nothing to mix up


def test_another_engine_under_the_same_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A))
    with journal(path) as opened, pytest.raises(UsageError, match='resolved-model: was "fake-1", now "InternVL2-2B"'):
        opened.bind("fake", "InternVL2-2B")


def test_an_id_that_means_another_task_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(item("a.pdf", id="x")))
    with journal(path) as opened:
        assert opened.done(item("a.pdf", id="x"))
        with pytest.raises(UsageError, match="question of the task 'x'"):
            opened.done(item("a.pdf", "Who?", id="x"))
        with pytest.raises(UsageError, match="pages of the task 'x'"):
            opened.done(item("a.pdf", id="x", pages="1"))


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    for name in ("notes.jsonl", "table.csv"):
        path = tmp_path / name
        path.write_text("precious\n")
        with pytest.raises(UsageError, match="not the output of a batch"):
            journal(path)
        assert path.read_text() == "precious\n"
        assert not (tmp_path / f"{name}.journal.jsonl").exists()


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with journal(path), pytest.raises(OutputError, match="another run"):
        journal(path)
    with journal(path):
        pass


@pytest.mark.parametrize("name", ["out.txt", "out", "jsonl"])
def test_an_ending_that_says_nothing_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="format"):
        journal(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for path in (tmp_path / "nowhere" / "out.jsonl", tmp_path / "folder.jsonl"):
        with pytest.raises(OutputError, match="cannot be written"):
            journal(path)


def test_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A))
    whole = path.read_bytes()
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(fd, data[:-10])

    with journal(path) as opened:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OutputError, match="No space left"):
            opened.append(make_record(answered(B), 1))
        monkeypatch.undo()
        opened.finish([A, B])
        assert not opened.done(B)
    assert path.read_bytes() == whole


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.jsonl"
    link.symlink_to(tmp_path / "real" / "data")
    fill(link, answered(B), answered(A))
    with journal(link) as opened:
        opened.finish([A, B])
    assert link.is_symlink()
    assert [r["id"] for r in records(tmp_path / "real" / "data")] == ["a.pdf", "b.pdf"]


def test_tables_are_made_from_a_journal_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with journal(path) as opened:
        opened.bind("fake", "fake-1")
        opened.append(make_record(answered(A), 1))
        assert not path.exists()
        opened.finish([A])
    assert path.read_text().count("\n") == 2
    stamp = path.stat().st_mtime_ns
    with journal(path) as opened:
        assert opened.done(A)
        opened.finish([A])
    assert path.stat().st_mtime_ns == stamp
    path.unlink()
    with journal(path) as opened:
        opened.finish([A])
    assert path.exists()


def test_parquet_without_pyarrow_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DependencyError, match="pyarrow") as caught:
        journal(tmp_path / "out.parquet")
    assert "pip install" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, answered(A))
    (tmp_path / "out.jsonl.meta.json").write_text("{")
    with pytest.raises(OutputError, match=r"meta\.json"):
        journal(path)
    with journal(path, restart=True) as opened:
        assert json.dumps(opened.states) == "{}"
