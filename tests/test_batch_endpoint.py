"""A batch against servers: none of its items is lost or doubled, however the servers behave."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import batch, documents, records, start
from scripted_server import ScriptedServer

from internvl_cli.batch.endpoints import EndpointRunner
from internvl_cli.batch.journal import Journal
from internvl_cli.batch.plan import Item, Plan
from internvl_cli.batch.run import Batch, Counts
from internvl_cli.batch.work import Work
from internvl_cli.cli.app import main
from internvl_cli.documents import open_document
from internvl_cli.engines.endpoint import EndpointEngine, Patience
from internvl_cli.engines.select import Selection
from internvl_cli.errors import EndpointError, UsageError

QUICK = Patience(attempts=2, connect=5, silence=5, deadline=20, base=0.01, longest=0.02)


def engine(url: str) -> Selection:
    return Selection(EndpointEngine(url, key="test", patience=QUICK))


def runner(*urls: str, concurrency: int = 4, **options: Any) -> EndpointRunner:
    works = [(url, Work(partial(engine, url), partial(open_document, max_tiles=1))) for url in urls]
    return EndpointRunner(works, concurrency, **{"rest": 0.02, **options})


def plan(folder: Path, questions: Sequence[str]) -> Plan:
    documents(folder, "a", "b", "c")
    items = [
        Item(f"i{n}", f"{'abc'[n % 3]}.png", str(folder / f"{'abc'[n % 3]}.png"), question)
        for n, question in enumerate(questions)
    ]
    return Plan(tuple(items))


def go(asked: Plan, out: Path, to: EndpointRunner, retries: int = 2) -> Counts:
    with Journal(out, {}) as journal:
        return Batch(asked, journal, retries=retries, sleep=lambda seconds: None).run(to)


BAD = ["500 once", "429 once", "cut once", "drop once", "413", "500", "cut"]


def test_a_misbehaving_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    questions = [f"q{n} {random.Random(n).choice(BAD) if n % 3 == 0 else 'fine'}" for n in range(60)]
    with ScriptedServer() as server:
        counts = go(plan(tmp_path / "in", questions), tmp_path / "out.jsonl", runner(server.url))
    found = records(tmp_path / "out.jsonl")
    assert [r["id"] for r in found] == [f"i{n}" for n in range(60)]
    assert [r["question"] for r in found] == questions
    for record in found:
        word = record["question"].partition(" ")[2]
        assert record["answer"] == (None if word in ("413", "500", "cut") else f"{record['question']}!"), word
        assert (record["error"] is None) == (record["answer"] is not None)
        if record["error"]:
            assert record["error"]["type"] == "endpoint"
            assert (record["error"]["retryable"], record["attempts"]) == ((False, 1) if word == "413" else (True, 3))
    assert counts.done + counts.failed == 60 and counts.failed == sum(r["error"] is not None for r in found)
    assert all(count == 1 for count in server.answered.values())


def test_servers_share_the_work_and_a_broken_one_loses_none_of_it(tmp_path: Path) -> None:
    questions = [f"q{n}" for n in range(40)]
    with ScriptedServer(pause=0.01) as good, ScriptedServer(pause=0.01) as bad:
        bad.broken = True
        counts = go(plan(tmp_path / "in", questions), tmp_path / "out.jsonl", runner(good.url, bad.url, rest=5.0))
    assert counts == Counts(total=40, done=40)
    assert all(r["attempts"] == 1 for r in records(tmp_path / "out.jsonl"))  # within the same try
    assert sum(good.answered.values()) == 40
    assert 0 < sum(bad.asked.values()) <= 16  # it rests
    with ScriptedServer(pause=0.02) as one, ScriptedServer(pause=0.02) as two:
        go(plan(tmp_path / "in", questions), tmp_path / "two.jsonl", runner(one.url, two.url, concurrency=6))
    assert sum(one.answered.values()) + sum(two.answered.values()) == 40
    assert min(sum(one.answered.values()), sum(two.answered.values())) >= 10
    assert one.most <= 6 and two.most <= 6 and one.most + two.most >= 4


def test_a_server_that_is_down_at_first_and_one_with_another_model(tmp_path: Path) -> None:
    questions = [f"q{n}" for n in range(6)]
    heard: list[str] = []
    with ScriptedServer() as good, ScriptedServer() as gone:
        down = gone.url
    with ScriptedServer() as good:
        counts = go(plan(tmp_path / "in", questions), tmp_path / "out.jsonl", runner(down, good.url, note=heard.append))
        assert counts == Counts(total=6, done=6)
        assert "connection refused; going on without it" in heard[0]
        with ScriptedServer("other-2") as other, pytest.raises(UsageError, match=r"scripted-1.*other-2"):
            go(plan(tmp_path / "in", questions), tmp_path / "new.jsonl", runner(good.url, other.url))
    assert not (tmp_path / "new.jsonl").exists()
    with pytest.raises(EndpointError, match="connection refused"):
        go(plan(tmp_path / "in", questions), tmp_path / "new.jsonl", runner(down))


def test_when_no_server_answers_the_run_ends_and_the_plan_is_not_used_up(tmp_path: Path) -> None:
    questions = [f"q{n}" for n in range(300)]
    asked = plan(tmp_path / "in", questions)
    with ScriptedServer() as server:
        to = runner(server.url)
        server.broken = True
        with pytest.raises(EndpointError, match="no answer from http") as caught:
            go(asked, tmp_path / "out.jsonl", to)
        assert caught.value.hint.startswith("run the same command again")
        assert len(records(tmp_path / "out.jsonl")) < 100
        server.broken = False
        counts = go(asked, tmp_path / "out.jsonl", runner(server.url))
    assert counts == Counts(total=300, done=300)
    assert all(count == 1 for count in server.answered.values())


def test_bad_documents_fail_alone(tmp_path: Path) -> None:
    asked = plan(tmp_path / "in", ["q0", "q1", "q2"])
    (tmp_path / "in" / "b.png").write_text("no picture")
    with ScriptedServer() as server:
        counts = go(asked, tmp_path / "out.jsonl", runner(server.url))
    assert (counts.done, counts.failed) == (2, 1)
    assert [r["error"] and r["error"]["type"] for r in records(tmp_path / "out.jsonl")] == [None, "input", None]


def test_kill_9_and_on_again(tmp_path: Path) -> None:
    documents(tmp_path / "in", *(f"d{n:02}" for n in range(30)))
    with ScriptedServer(pause=0.05) as server:
        words = ("What?", "in", "-o", "out.jsonl", "--endpoint", server.url, "--concurrency", "3")
        process = start(*words, cwd=tmp_path, driver="plain")
        deadline = time.monotonic() + 40
        while not (tmp_path / "out.jsonl").exists() or len((tmp_path / "out.jsonl").read_bytes().splitlines()) < 5:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=30)
        before = (tmp_path / "out.jsonl").read_bytes().count(b"\n")
        asked = sum(server.asked.values())
        server.pause = 0
        done = batch(*words, cwd=tmp_path, driver="plain")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == f"30 inputs: {30 - before} done, {before} skipped, 0 failed"
    assert 0 < before < 30 and before <= asked <= before + 6
    found = records(tmp_path / "out.jsonl")
    assert len({r["id"] for r in found}) == len(found) == 30
    assert all(r["answer"] == "What?!" and r["attempts"] == 1 and r["engine"] == "endpoint" for r in found)
    assert [r["file"] for r in found] == [f"in/d{n:02}.png" for n in range(30)]


def test_a_signal_does_not_wait_for_the_server(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "b", "c")
    with ScriptedServer(pause=120) as server:
        process = start("What?", "in", "-o", "out.jsonl", "--endpoint", server.url, cwd=tmp_path, driver="plain")
        deadline = time.monotonic() + 40
        while sum(server.asked.values()) < 3:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in said, said
    assert not records(tmp_path / "out.jsonl")


def test_options_of_different_places_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents(tmp_path / "in", "a")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INTERNVL_ENDPOINT", raising=False)
    for more, said in (
        (["--runner", "endpoint"], "needs a server"),
        (["--runner", "local", "--endpoint", "http://127.0.0.1:1"], "asks no --endpoint"),
        (["--endpoint", "http://127.0.0.1:1", "--jobs", "2"], "--concurrency"),
        (["--endpoint", "none", "--endpoint", "http://127.0.0.1:1"], "contradict"),
        (["--endpoint", "none", "--runner", "endpoint"], "needs a server"),
        (["--address", "auto"], "--runner ray"),
        (["--batch-size", "4", "--jobs", "2"], "one process"),
    ):
        assert main(["batch", "What?", "in", "-o", "out.jsonl", *more]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
