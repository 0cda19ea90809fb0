from __future__ import annotations

import json
from pathlib import Path

import pytest

from internvl_cli.cli.app import main
from internvl_cli.engines.fake import FakeEngine


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_describe(form: str, png: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    fake_engine.enqueue(["An in", "voice."])
    assert main(["describe", str(png), "--as", form]) == 0
    assert capsys.readouterr() == ("An invoice.\n", "")
    (request,) = fake_engine.history
    assert (request.task, request.question, request.options.format) == ("describe", "", form)


def test_each_file_by_itself(png: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    fake_engine.enqueue("one")
    fake_engine.enqueue("two")
    assert main(["describe", str(png), str(png), "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(r["answer"], r["file"], r["question"]) for r in records] == [("one", str(png), ""), ("two", str(png), "")]
    assert [len(request.pages) for request in fake_engine.history] == [1, 1]


def test_headings_tell_the_files_apart(png: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    fake_engine.enqueue("one")
    fake_engine.enqueue("two")
    assert main(["describe", str(png), str(png)]) == 0
    assert capsys.readouterr() == ("one\ntwo\n", f"{png}\n{png}\n")


def test_a_bad_file_does_not_stop_the_others(
    png: Path, tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_engine.enqueue("one")
    bad = tmp_path / "bad.png"
    bad.write_bytes(png.read_bytes()[:33])
    assert main(["describe", str(bad), f"{png}.missing", str(png), str(bad)]) == 3
    out, err = capsys.readouterr()
    assert out == "one\n" and err.count("bad.png is truncated or damaged (png: its header cannot be read)") == 2
    assert ".missing" in err and " at 0x" not in err


def test_bad_input(png: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", f"{png}.missing"]) == 3
    assert main(["describe", str(png), "--as", "poem"]) == 2
    assert capsys.readouterr().out == ""
    assert not fake_engine.history
