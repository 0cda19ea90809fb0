"""What dies, and what is left: kill -9, signals, workers that kill themselves."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from subprocess import Popen

import psutil
import pytest
from batch_helpers import batch, documents, records, start

PAUSE = 0.03


def wait_for(path: Path, lines: int) -> None:
    deadline = time.monotonic() + 30
    while not path.exists() or path.read_bytes().count(b"\n") < lines:
        assert time.monotonic() < deadline, "the batch does not get on"
        time.sleep(0.01)


def end_of(process: Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=30)
    assert out == ""
    return process.returncode, err


def kill(process: Popen[str]) -> None:
    """Kill the process alone; its pipes are closed at once, so that nobody waits for a worker that holds them."""
    process.kill()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    process.wait(timeout=30)


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=5)[1]


@pytest.mark.parametrize(("jobs", "output", "most"), [("1", "out.csv", 3), ("2", "out.jsonl", 2)])
def test_kill_9_at_random_moments(tmp_path: Path, jobs: str, output: str, most: int) -> None:
    names = [f"d{number:02}" for number in range(24)]
    documents(tmp_path / "in", *names)
    journal = tmp_path / (output if output.endswith("l") else f"{output}.journal.jsonl")
    words = ("What?", "in", "-o", output, "--jobs", jobs)
    chance, before = random.Random(), 0
    for _ in range(most):
        process = start(*words, cwd=tmp_path, pause=PAUSE, log=str(tmp_path / "log"))
        wait_for(journal, before + chance.randint(1, 6))
        time.sleep(chance.random() * 2 * PAUSE)
        workers = psutil.Process(process.pid).children(recursive=True)
        kill(process)
        assert gone(workers)
        before = journal.read_bytes().count(b"\n")
        if chance.random() < 0.5:  # a crash in the middle of a write
            with journal.open("ab") as file:
                file.write(b'{"id": "torn", "answ')
    done = batch(*words, cwd=tmp_path, log=str(tmp_path / "log"))
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == f"24 inputs: {24 - before} done, {before} skipped, 0 failed"
    found = records(journal)
    assert [(r["file"], r["answer"]) for r in found] == [(f"in/{name}.png", f"What? {name}.png") for name in names]
    assert len({r["id"] for r in found}) == 24
    assert all(r["attempts"] == 1 for r in found)
    asked = len((tmp_path / "log").read_text().splitlines())
    assert asked <= 24 + most * int(jobs)  # only what was in hand is asked twice
    if output.endswith(".csv"):
        assert (tmp_path / output).read_text().count("\n") == 25


@pytest.mark.parametrize(("number", "code", "jobs"), [(signal.SIGINT, 130, "2"), (signal.SIGTERM, 143, "1")])
def test_a_signal_leaves_a_whole_output_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals, code: int, jobs: str
) -> None:
    documents(tmp_path / "in", *(f"d{n:02}" for n in range(40)))
    words = ("What?", "in", "-o", "out.csv", "--jobs", jobs)
    process = start(*words, cwd=tmp_path, pause=PAUSE)
    wait_for(tmp_path / "out.csv.journal.jsonl", 5)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, number)  # as a terminal and a job scheduler do: to everyone in the group
    rc, err = end_of(process)
    assert rc == code and "Traceback" not in err
    assert "run the same command again to go on" in err
    assert gone(workers)
    kept = records(tmp_path / "out.csv.journal.jsonl")
    assert 5 <= len(kept) < 40 and all(r["error"] is None for r in kept)
    assert f"40 inputs: {len(kept)} done, 0 skipped, 0 failed, {40 - len(kept)} left" in err
    assert (tmp_path / "out.csv").read_text().count("\n") == len(kept) + 1
    done = batch(*words, cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == f"40 inputs: {40 - len(kept)} done, {len(kept)} skipped, 0 failed"


def test_a_worker_that_dies_costs_its_item_only(tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "kill", "once", "x", "y", "z"]
    documents(tmp_path / "in", *names)
    done = batch("What?", "in", "-o", "out.jsonl", "-j", "2", "--retries", "1", cwd=tmp_path, pause=PAUSE)
    assert done.returncode == 5
    assert done.stderr.splitlines()[-1] == "9 inputs: 8 done, 0 skipped, 1 failed"
    found = {Path(r["file"]).stem: r for r in records(tmp_path / "out.jsonl")}
    assert list(found) == names
    assert {name: r["attempts"] for name, r in found.items() if r["attempts"] > 1} == {"kill": 2, "once": 2}
    assert found["kill"]["error"]["type"] == "worker_died" and found["kill"]["error"]["retryable"]
    assert "SIGKILL" in found["kill"]["error"]["message"]
    assert found["once"]["answer"] == "What? once.png"


def test_kill_9_leaves_no_worker_behind_in_the_middle_of_an_item(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "b")
    process = start("What?", "in", "-o", "out.jsonl", "-j", "2", cwd=tmp_path, pause=60, log="log")
    wait_for(tmp_path / "log", 2)  # both have an item in hand
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    kill(process)
    assert gone(workers)


def test_items_about_one_document_stay_with_one_worker(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "b")
    lines = [f'{{"file": "in/{name}.png", "question": "{n}?"}}\n' for name in "ab" for n in range(6)]
    (tmp_path / "tasks.jsonl").write_text("".join(lines))
    done = batch("--tasks", "tasks.jsonl", "-o", "out.jsonl", "-j", "2", cwd=tmp_path, log="log", pause=PAUSE)
    assert done.returncode == 0
    asked = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert len({(pid, page) for pid, name, page in asked if name == "a.png"}) == 1  # one process, one page object


def test_workers_that_die_while_loading_end_the_run(tmp_path: Path) -> None:
    documents(tmp_path / "in", "a", "b", "c")
    done = batch("What?", "in", "-o", "out.jsonl", "-j", "2", cwd=tmp_path, load="kill")
    assert done.returncode == 6
    assert "killed by SIGKILL (often: out of memory) while it loaded the model" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    documents(tmp_path / "in", *(f"d{n:02}" for n in range(20)))
    process = start("What?", "in", "-o", "-", cwd=tmp_path, pause=PAUSE)
    assert process.stdout is not None and process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 141
    assert "Traceback" not in err
