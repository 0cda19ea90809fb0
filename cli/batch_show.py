"""What the user sees of a batch: progress in pages, a line for each failure, and the count at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from internvl_cli.batch.record import Outcome
    from internvl_cli.batch.run import Batch, Counts, Runner
    from internvl_cli.batch.work import EngineInfo

    from .output import Sink
    from .progress import Progress

__all__ = ["Show", "some"]


class Show:
    """Tells the user how a batch goes: progress in pages, a line for each failure, and the count at the end."""

    def __init__(self, sink: Sink, total: int) -> None:
        self._sink, self._total = sink, total
        self._items = self._pages = self._left = 0
        self._start = 0.0
        self._progress: Progress | None = None

    def through(self, run: Batch, runner: Runner, way_on: str) -> Counts:
        """See a batch through; whatever ends it, say how far it came.

        Args:
            run: The batch.
            runner: Does it.
            way_on: How to go on after an interruption; empty where one cannot.
        """
        self._left = len(run.todo)
        with self._sink.progress(self._left, "page", label="answering") as self._progress:
            try:
                counts = run.run(runner)
            except BaseException:
                if self._items:
                    self._sink.note(_counted(run.counts()))
                    self._sink.note(way_on)
                raise
        if counts.failed and way_on:
            self._sink.note("the same command again tries the failed inputs once more")
        self._sink.note(_counted(counts))
        return counts

    def started(self, info: EngineInfo) -> None:
        """Begin to count time, and say what the user should hear about the engine."""
        self._start = time.monotonic()  # loading the model is no part of the rate
        if info.note:
            self._sink.note(info.note)

    def outcome(self, outcome: Outcome, again: bool) -> None:
        """Count one outcome; say a failure that is final."""
        failure = outcome.failure
        if again:
            return
        self._items += 1
        self._left -= 1
        self._pages += outcome.pages
        if failure is not None:
            named = outcome.item.file in failure.message or outcome.item.source in failure.message
            self._sink.note(failure.message if named else f"{outcome.item.file}: {failure.message}")
        if self._progress is not None:
            # Nobody opens ten thousand files to count their pages first: those to come are taken to be like the others.
            self._progress.total = self._pages + round(self._left * (self._pages / self._items))
            rate = self._pages / max(time.monotonic() - self._start, 1e-3)
            self._progress.describe(f"{self._total - self._left} of {self._total} inputs, {rate:.1f} pages/s")
            self._progress.advance(outcome.pages, failed=failure is not None)


def _counted(counts: Counts) -> str:
    """The last line: the parts add up to the inputs."""
    parts = f"{counts.done} done, {counts.skipped} skipped, {counts.failed} failed"
    left = f", {counts.open} left" if counts.open else ""
    return f"{counts.total} input{'' if counts.total == 1 else 's'}: {parts}{left}"


def some(names: tuple[str, ...], most: int = 5) -> str:
    """Name the first few."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
