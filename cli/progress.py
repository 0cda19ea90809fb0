"""Progress on standard error: a bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .output import Sink

__all__ = ["Progress", "progress_line"]

EVERY = 5.0
"""Seconds between two plain lines."""


class Progress:
    """Counts units of work; made by ``Sink.progress`` and used in a ``with`` block.

    Args:
        sink: Prints the plain lines.
        total: How many units there are; None if not known.
        unit: What is counted, in the singular.
        label: What is being done.
        done: How many units are done already; they do not count towards the rate.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        sink: Sink,
        total: int | None,
        unit: str,
        *,
        label: str = "",
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.done = done
        self.failed = 0
        self._sink, self._unit, self._label, self._clock = sink, unit, label, clock
        self._before = done
        self._start = self._said = clock()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        self._start = self._said = self._clock()
        if self._sink.rich_err:
            self._open_bar()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def advance(self, units: int = 1, *, failed: int = 0) -> None:
        """Count ``units`` as done, ``failed`` of them in vain."""
        self.done += units
        self.failed += failed
        self._show()

    def describe(self, text: str) -> None:
        """Say what is being worked on right now (on a terminal only)."""
        if self._bar is not None:
            from .clean import clean_line

            self._bar.update(self._task, current=clean_line(text))

    def grow(self, units: int) -> None:
        """Add ``units`` to the total, where it becomes known on the way."""
        self.total = (self.total or 0) + units
        self._show()

    def line(self) -> str:
        """The plain line for this moment."""
        elapsed = self._clock() - self._start
        return progress_line(
            self._label, self.done, self.total, self._unit, self.failed, self.done - self._before, elapsed
        )

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, total=self.total, failed=self._failed_text())
        elif self._sink.notes and self._clock() - self._said >= EVERY:
            self._said = self._clock()
            self._sink.note(self.line())

    def _failed_text(self) -> str:
        return f"{self.failed} failed" if self.failed else ""

    def _open_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{self._unit}s", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}", markup=False),
            TextColumn("{task.fields[current]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=True,
        )
        self._task = self._bar.add_task(self._label, total=self.total, completed=self.done, failed="", current="")
        self._bar.start()


def progress_line(label: str, done: int, total: int | None, unit: str, failed: int, fresh: int, elapsed: float) -> str:
    """Word one line of progress, for example ``answering: 12 of 300 pages, 3.1/s, 1 min 33 s left, 1 failed``.

    Args:
        label: What is being done; may be empty.
        done: Units done.
        total: Units there are; None if not known.
        unit: What is counted, in the singular.
        failed: Units that failed.
        fresh: Units done in this run, which the rate is taken from.
        elapsed: Seconds this run has taken.
    """
    parts = [f"{done} of {total} {unit}s" if total is not None else f"{done} {unit}s"]
    if fresh > 0 and elapsed > 0:
        rate = fresh / elapsed
        parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s per {unit}")
        if total is not None and total > done:
            parts.append(f"{_duration((total - done) / rate)} left")
    if failed:
        parts.append(f"{failed} failed")
    return (f"{label}: " if label else "") + ", ".join(parts)


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
