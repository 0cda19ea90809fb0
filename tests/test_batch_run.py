"""From a plan to records: what is missing, retries in rounds, counts that add up."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import answered, documents, failed, item

from internvl_cli.batch.journal import Journal
from internvl_cli.batch.plan import Item, Plan
from internvl_cli.batch.record import Outcome
from internvl_cli.batch.run import Batch, Counts, InProcessRunner
from internvl_cli.batch.stream import StreamRecords
from internvl_cli.batch.work import EngineInfo, Work
from internvl_cli.documents import open_document
from internvl_cli.engines.fake import FakeEngine
from internvl_cli.engines.select import Selection
from internvl_cli.errors import InputError, ModelError


class ScriptedRunner:
    """Gives, for each file, the next of its scripted outcomes: ``ok``, ``fail``, ``retry`` or an exception."""

    def __init__(self, **script: Sequence[Any]) -> None:
        self.script = {name: list(turns) for name, turns in script.items()}
        self.rounds: list[list[str]] = []
        self.closed: list[bool] = []

    def open(self, expected: int) -> EngineInfo:
        return EngineInfo("fake", "fake-1", "chosen")

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        self.rounds.append([asked.file for asked in items])
        for asked in reversed(items):
            turn = self.script[asked.file].pop(0)
            if isinstance(turn, BaseException):
                raise turn
            yield answered(asked) if turn == "ok" else failed(asked, turn == "retry")

    def close(self, *, now: bool = False) -> None:
        self.closed.append(now)


class Memory(StreamRecords):
    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        super().__init__(self.written.append)


def plan(*names: str) -> Plan:
    return Plan(tuple(item(name) for name in names))


def go(asked: Plan, runner: Any, records: Any, **options: Any) -> Counts:
    return Batch(asked, records, sleep=lambda seconds: None, **options).run(runner)


def test_failures_that_may_pass_are_tried_again_after_the_others() -> None:
    runner = ScriptedRunner(a=["retry", "retry", "ok"], b=["ok"], c=["fail"], d=["retry"] * 3)
    memory, heard, slept = Memory(), [], []
    batch = Batch(
        plan("a", "b", "c", "d"),
        memory,
        retries=2,
        report=lambda outcome, again: heard.append((outcome.item.file, again)),
        sleep=slept.append,
    )
    counts = batch.run(runner)
    assert counts == Counts(total=4, done=2, failed=2)
    assert runner.rounds == [["a", "b", "c", "d"], ["d", "a"], ["a", "d"]]
    assert {r["id"]: (r["attempts"], r["error"] is None) for r in memory.written} == {
        "b": (1, True), "a": (3, True), "c": (1, False), "d": (3, False),
    }  # fmt: skip
    assert len(memory.written) == 4
    assert [again for name, again in heard if name == "d"] == [True, True, False]
    assert slept == [1.0, 2.0]
    assert runner.closed == [False]


def test_no_retries() -> None:
    assert go(plan("a"), ScriptedRunner(a=["retry"]), Memory(), retries=0).failed == 1


def test_the_second_run_asks_what_is_missing_or_failed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with Journal(path, {}) as journal:
        assert go(plan("a", "b"), ScriptedRunner(a=["fail"], b=["ok"]), journal) == Counts(2, 1, 0, 1)
    runner = ScriptedRunner(a=["ok"], c=["ok"])
    with Journal(path, {}) as journal:
        assert go(plan("a", "b", "c"), runner, journal) == Counts(3, 2, 1, 0)
        assert [(r["id"], r["attempts"]) for r in journal.records()] == [("a", 2), ("b", 1), ("c", 1)]
    assert runner.rounds == [["a", "c"]]
    with Journal(path, {}) as journal:
        runner = ScriptedRunner()
        assert go(plan("a", "b", "c"), runner, journal) == Counts(3, 0, 3, 0)
        assert runner.rounds == []


@pytest.mark.parametrize("end", [ModelError("gone"), KeyboardInterrupt()])
def test_what_ends_a_run_leaves_the_records_in_order(tmp_path: Path, end: BaseException) -> None:
    path = tmp_path / "out.jsonl"
    runner = ScriptedRunner(a=["ok"], b=[end], c=["retry"], d=["ok"])
    with Journal(path, {}) as journal:
        batch = Batch(plan("a", "b", "c", "d"), journal, sleep=lambda seconds: None)
        with pytest.raises(type(end)):
            batch.run(runner)
        assert batch.counts() == Counts(total=4, done=1, failed=1, open=2)
        assert [r["id"] for r in journal.records()] == ["c", "d"]
    assert runner.closed == [True]


def work(engine: FakeEngine) -> Work:
    return Work(lambda: Selection(engine, "a note"), open_document)


def run_here(engine: FakeEngine, items: Iterable[Item]) -> list[Outcome]:
    runner = InProcessRunner(work(engine))
    assert runner.open(1) == EngineInfo("fake", "fake-1", "a note")
    outcomes = list(runner.run(list(items)))
    runner.close()
    assert engine.closed
    return outcomes


def test_neighbours_about_one_document_share_its_pages(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", "a", "b")
    a, b = str(folder / "a.png"), str(folder / "b.png")
    engine = FakeEngine(default="42")
    run_here(engine, [item(a, "1?"), item(a, "2?"), item(b, "3?"), item(b, "4?", pages="1")])
    pages = [request.pages[0] for request in engine.history]
    assert pages[0] is pages[1]
    assert len({id(page) for page in pages}) == 3


def test_one_document_that_fails_does_not_fail_the_next(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", "a", "b")
    (folder / "junk.png").write_bytes(b"junk")
    engine = FakeEngine(default="42")
    engine.enqueue(InputError("cannot be rendered"))
    engine.enqueue(ZeroDivisionError("bug"))
    names = ["a.png", "a.png", "gone.png", "junk.png", "b.png"]
    asked = [item(str(folder / name), pages="2" if n == 4 else None) for n, name in enumerate(names)]
    outcomes = run_here(engine, [*asked, item(str(folder / "b.png"))])
    types = [outcome.failure and outcome.failure.type for outcome in outcomes]
    assert types == ["input", "unexpected", "input", "input", "page_selection", None]


def test_an_engine_of_no_use_ends_the_run(tmp_path: Path) -> None:
    folder = documents(tmp_path / "in", "a")
    engine = FakeEngine()
    engine.enqueue(ModelError("the weights are damaged"))
    with pytest.raises(ModelError):
        run_here(engine, [item(str(folder / "a.png"))])


def test_notes_about_the_document_reach_the_record(tmp_path: Path) -> None:
    document = open_document(documents(tmp_path / "in", "a") / "a.png")
    document.notes.append("poppler rendered this")
    runner = InProcessRunner(Work(lambda: Selection(FakeEngine(default="42")), lambda source: document))
    runner.open(1)
    (outcome,) = runner.run([item("a.png")])
    assert outcome.answer is not None and outcome.answer["warnings"] == ["poppler rendered this"]
