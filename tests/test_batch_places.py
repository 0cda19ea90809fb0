"""Outputs that are no files, that go away, or that a run which never began must leave alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import answered, item, records

from internvl_cli.batch.journal import Journal
from internvl_cli.batch.merge import merge
from internvl_cli.batch.plan import Item, Plan, means_another
from internvl_cli.batch.record import Outcome, make_record
from internvl_cli.batch.run import Batch
from internvl_cli.batch.work import EngineInfo
from internvl_cli.errors import ModelError, OutputError, UsageError

SETTINGS = {"model": "auto", "question": "What?"}
A, B = item("a.pdf"), item("b.pdf")


class Never:
    """A runner that cannot start."""

    def open(self, expected: int) -> EngineInfo:
        raise ModelError("no such model")

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        raise AssertionError(items)
        yield

    def close(self, *, now: bool = False) -> None:
        pass


def fill(path: Path, *items: Item, folder: Path | None = None) -> None:
    with Journal(path, SETTINGS, folder=folder and str(folder)) as opened:
        opened.bind("fake", "fake-1")
        opened.extend(make_record(answered(x), 1) for x in items)
        opened.finish(items)


def cannot_start(path: Path, *, restart: bool = False) -> None:
    with Journal(path, SETTINGS, restart=restart) as opened, pytest.raises(ModelError):
        Batch(Plan((A, B)), opened).run(Never())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_pipe_is_refused_and_stays(tmp_path: Path, link: bool, ending: str, restart: bool) -> None:
    pipe = tmp_path / f"pipe{ending}"
    os.mkfifo(pipe)
    name = tmp_path / f"link{ending}" if link else pipe
    if link:
        name.symlink_to(pipe)
    before = files(tmp_path)
    with pytest.raises(OutputError, match="not a regular file"):
        Journal(name, SETTINGS, restart=restart)
    assert stat.S_ISFIFO(pipe.stat().st_mode) and files(tmp_path) == before


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_run_that_cannot_start_leaves_nothing_and_may_be_run_again(tmp_path: Path, ending: str) -> None:
    for _ in range(2):
        cannot_start(tmp_path / f"out{ending}")
        assert files(tmp_path) == []


def test_an_empty_file_of_the_users_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.touch(mode=0o640)
    cannot_start(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_restart_forgets_only_once_the_run_can_begin(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    fill(path, A, B)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    cannot_start(path, restart=True)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    with Journal(path, SETTINGS, restart=True) as opened:
        assert not opened.done(A)
        opened.bind("other", "other-1")
        assert list(opened.records()) == []
    meta = json.loads((tmp_path / f"out{ending}.meta.json").read_text())
    assert meta["engine"] == "other"


@pytest.mark.parametrize("how", ["removed", "replaced", "folder"])
def test_an_output_that_goes_away_is_said_at_once(tmp_path: Path, how: str) -> None:
    path = tmp_path / "sub" / "out.jsonl"
    path.parent.mkdir()
    with Journal(path, SETTINGS) as opened:
        opened.bind("fake", "fake-1")
        opened.append(make_record(answered(A), 1))
        if how == "folder":
            path.parent.rename(tmp_path / "away")
        else:
            path.unlink()
        if how == "replaced":
            path.write_text("mine\n")
        for attempt in (lambda: opened.append(make_record(answered(B), 1)), lambda: opened.finish([A, B])):
            with pytest.raises(OutputError, match="taken away"):
                attempt()
    if how == "replaced":
        assert path.read_text() == "mine\n"


RECORD: dict[str, Any] = {
    "id": "a", "file": "a.pdf", "question": "What?", "page_selection": None, "error": None, "attempts": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"id": [1]}, {"file": None}, {"question": 5}, {"page_selection": 1}, {"error": "no"}, {"attempts": "x"}],
)
def test_a_line_of_other_types_is_no_record(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, A)
    with path.open("a") as file:
        file.write(json.dumps({**RECORD, **changed}) + "\n")
    with pytest.raises(OutputError, match="line 2 is not a record"):
        Journal(path, SETTINGS)


@pytest.mark.parametrize("meta", ['{"settings": []}', '{"settings": null}', '{"part": 3}', "[" * 100_000])
def test_settings_of_other_types_are_refused(tmp_path: Path, meta: str) -> None:
    path = tmp_path / "out.jsonl"
    fill(path, A)
    path.with_name("out.jsonl.meta.json").write_text(meta)
    with pytest.raises(OutputError, match="cannot be read"):
        Journal(path, SETTINGS)


def two_folders(tmp_path: Path) -> tuple[Path, Path]:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "a.pdf").write_text(folder.name)
        (folder / "b.pdf").write_text("the same")
    return here, there


def test_the_same_name_in_another_folder_is_another_document(tmp_path: Path) -> None:
    here, there = two_folders(tmp_path)
    path = tmp_path / "out.jsonl"
    fill(path, A, B, folder=here)
    with Journal(path, SETTINGS, folder=str(there)) as opened:
        assert opened.done(B)
        with pytest.raises(UsageError, match=r"a\.pdf was the one in .*here, now it is that in .*there"):
            opened.done(A)
    here.rename(tmp_path / "moved")  # nobody can tell any more; a folder that moved is the same folder
    with Journal(path, SETTINGS, folder=str(there)) as opened:
        assert opened.done(A)
    assert not means_another("https://example.com/a.pdf", str(here), str(there))
    assert not means_another(str(there / "a.pdf"), str(tmp_path / "moved"), str(there))


def test_parts_about_other_documents_of_the_same_name_are_not_merged(tmp_path: Path) -> None:
    here, there = two_folders(tmp_path)
    fill(tmp_path / "1.jsonl", A, folder=here)
    fill(tmp_path / "2.jsonl", A, B, folder=there)
    with pytest.raises(UsageError, match=r"a\.pdf is another document"):
        merge(tmp_path / "all.jsonl", [tmp_path / "1.jsonl", tmp_path / "2.jsonl"])
    fill(tmp_path / "3.jsonl", B, folder=there)
    merged = merge(tmp_path / "all2.jsonl", [tmp_path / "1.jsonl", tmp_path / "3.jsonl"])
    assert merged.done == 2 and {r["id"] for r in records(tmp_path / "all2.jsonl")} == {"a.pdf", "b.pdf"}
