"""Bring a plan to a journal by a runner, and count.

A runner is anything that takes items and gives outcomes: this process (``InProcessRunner``), a pool of worker processes
(``pool.PoolRunner``), or machines elsewhere. Resuming, retrying, writing and counting are the same for all, and here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from internvl_cli.batch.plan import Item, Plan
from internvl_cli.batch.record import Outcome, make_record
from internvl_cli.batch.work import Desk, EngineInfo, Work

__all__ = ["Batch", "Counts", "InProcessRunner", "Records", "Runner"]

_FIRST_PAUSE = 1.0
"""Seconds before the first round of retries; doubles with each round."""


class Runner(Protocol):
    """Answers items, somewhere."""

    def open(self, expected: int) -> EngineInfo:
        """Get ready for about ``expected`` items and say who will answer.

        Raises:
            InternVLError: Nobody can.
        """
        ...

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """Try each item once, in any order; give exactly one outcome for each, as soon as it is there.

        Only a bounded number of items may be under way: what was given out and not written is lost in a crash.
        Closing the generator stops the work.

        Raises:
            InternVLError: No further item can be answered; outcomes given so far stand.
        """
        ...

    def close(self, *, now: bool = False) -> None:
        """Free everything; with ``now``, without waiting for what is under way."""
        ...


class Records(Protocol):
    """Where records go: ``Journal``, or a stream that remembers nothing."""

    def done(self, item: Item) -> bool:
        """Whether ``item`` has its answer."""
        ...

    def attempts(self, item: Item) -> int:
        """How often ``item`` has been tried."""
        ...

    def bind(self, engine: str, model: str) -> None:
        """Note who answers."""
        ...

    def append(self, record: dict[str, Any]) -> None:
        """Write one record."""
        ...

    def finish(self, items: Iterable[Item]) -> None:
        """Leave one record per item."""
        ...


@dataclass(slots=True)
class Counts:
    """How a batch went, in items.

    Attributes:
        total: Items in the plan; the sum of the others.
        done: Answered in this run.
        skipped: Answered by an earlier run.
        failed: Tried in this run, without an answer.
        open: Not tried, because the run was stopped.
    """

    total: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    open: int = 0


class InProcessRunner:
    """One item after the other, in this process.

    Args:
        work: What to do for an item.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._desk: Desk | None = None

    def open(self, expected: int) -> EngineInfo:
        """Load the engine; see ``Runner.open``."""
        self._desk = Desk(self._work)
        return self._desk.info

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``."""
        assert self._desk is not None, "open() comes first"
        for item in items:
            yield self._desk.answer(item)

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()


class Batch:
    """A plan on its way into records.

    Args:
        plan: What is asked.
        records: Where it goes, and what is there already.
        retries: Further tries for an item whose failure may pass. They come after all other items, round by round, so
            that whatever was overloaded has had time.
        started: Told who answers, before the first item.
        report: Told of each outcome, and whether the item will be tried again.
        sleep: Waits so many seconds.

    Attributes:
        todo: Items that are missing or failed.

    Raises:
        UsageError: The records hold an answer to something else under the id of an item.
    """

    def __init__(
        self,
        plan: Plan,
        records: Records,
        *,
        retries: int = 2,
        started: Callable[[EngineInfo], None] = lambda info: None,
        report: Callable[[Outcome, bool], None] = lambda outcome, again: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plan, self._records, self._retries = plan, records, retries
        self._started, self._report, self._sleep = started, report, sleep
        self.todo = [item for item in plan.items if not records.done(item)]
        self._before = [records.attempts(item) for item in self.todo]

    def run(self, runner: Runner) -> Counts:
        """Ask what is missing or failed; whatever ends this, the records are left in order.

        Raises:
            InternVLError: The run cannot start, cannot go on, or cannot write.
        """
        through = False
        try:
            if self.todo:
                info = runner.open(len(self.todo))
                self._records.bind(info.engine, info.model)
                self._started(info)
                self._rounds(runner)
            through = True
        finally:
            runner.close(now=not through)
            self._records.finish(self._plan.items)
        return self.counts()

    def counts(self) -> Counts:
        """Count by what the records say; true after an interruption too."""
        counts = Counts(total=len(self._plan.items), skipped=len(self._plan.items) - len(self.todo))
        for item, before in zip(self.todo, self._before, strict=True):
            if self._records.done(item):
                counts.done += 1
            elif self._records.attempts(item) > before:
                counts.failed += 1
            else:
                counts.open += 1
        return counts

    def _rounds(self, runner: Runner) -> None:
        todo: Sequence[Item] = self.todo
        for left in range(self._retries, -1, -1):
            todo = self._round(runner, todo, last=left == 0)
            if not todo:
                return
            self._sleep(_FIRST_PAUSE * 2 ** (self._retries - left))

    def _round(self, runner: Runner, items: Sequence[Item], *, last: bool) -> list[Item]:
        """Try each item once; give those worth another try."""
        again = []
        with closing(runner.run(items)) as outcomes:
            for outcome in outcomes:
                self._records.append(make_record(outcome, self._records.attempts(outcome.item) + 1))
                retry = outcome.failure is not None and outcome.failure.retryable and not last
                if retry:
                    again.append(outcome.item)
                self._report(outcome, retry)
        return again
