"""Answer on one or several servers at once: threads ask, others render ahead, and a server that fails is rested.

An item that a server could not answer goes to the others within the same try, so that it fails only where all of them
failed it. When none of them answers any more, the run ends instead of failing the rest of the plan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

from internvl_cli.api import OpenFiles
from internvl_cli.batch.fleet import Fleet
from internvl_cli.batch.plan import Item
from internvl_cli.batch.pool import by_document
from internvl_cli.batch.prepare import needs_pictures, prepare
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.batch.work import EngineInfo, Work, answer_pages

__all__ = ["EndpointRunner"]

_RENDERERS = 2
"""Threads that open and render. PDFium takes one at a time; the second reads images or waits for a download."""

_GRACE = 5.0
"""Seconds that all threads together get to end; a tenth of it where nobody waits for what is under way."""


class EndpointRunner:
    """Asks servers; as many items are under way as there are threads.

    Args:
        works: For each server its URL and what to do; options and opening are taken from the first.
        concurrency: Requests under way, over all servers.
        note: Told what the user should hear.
        rest: Seconds that a server rests after its first failure in a row; doubles with each further one.
    """

    def __init__(
        self,
        works: Sequence[tuple[str, Work]],
        concurrency: int,
        note: Callable[[str], None] = lambda text: None,
        *,
        rest: float = 2.0,
    ) -> None:
        self._work = works[0][1]
        self._concurrency = concurrency
        self._fleet = Fleet([(url, work.load_engine) for url, work in works], note, rest)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._info = EngineInfo("endpoint", "")

    def open(self, expected: int) -> EngineInfo:
        """Ask every server who answers; one that cannot be reached is tried again later; see ``Runner.open``."""
        self._info = self._fleet.open()
        return self._info

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``."""
        self._stop = stop = threading.Event()
        line = _Line(items, self._concurrency, stop)
        renderers = [threading.Thread(target=self._render, args=(line,), daemon=True) for _ in range(_RENDERERS)]
        askers = [threading.Thread(target=self._ask, args=(line,), daemon=True) for _ in range(self._concurrency)]
        self._threads = [*renderers, *askers]
        try:
            for thread in self._threads:
                thread.start()
            for _ in items:
                outcome = line.outcomes.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            stop.set()

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""
        self._stop.set()
        self._fleet.close()
        until = time.monotonic() + (_GRACE / 10 if now else _GRACE)
        for thread in self._threads:  # daemons: one that still waits for a server ends with the process
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        self._threads = []

    def _render(self, line: _Line) -> None:
        """Run in a thread: take a document, make it ready, put its questions into the queue."""
        try:
            while (group := line.next_group()) is not None:
                ready = prepare(self._work.open_document, group, needs_pictures(self._info))
                for item in ready.items:
                    if not line.put(item, ready.opened, ready.failure):
                        return
        except BaseException as error:
            line.outcomes.put(error)

    def _ask(self, line: _Line) -> None:
        """Run in a thread: take a question, give its outcome."""
        try:
            while (taken := line.take()) is not None:
                item, opened, failure = taken
                if opened is None:
                    line.outcomes.put(Outcome(item, failure=failure))
                    continue
                line.outcomes.put(self._try(item, opened))
        except BaseException as error:
            line.outcomes.put(error)

    def _try(self, item: Item, opened: OpenFiles) -> Outcome:
        """Ask the servers for an item, one after the other, until one answers or the item itself is at fault.

        Raises:
            InternVLError: No server answers any more.
        """
        tried: set[str] = set()
        while True:
            server = self._fleet.take(tried)
            trouble = True
            try:
                outcome = answer_pages(server.engine, opened, item, self._work.options)
                trouble = _is_of_server(outcome.failure)
            finally:
                self._fleet.give_back(server, failed=trouble)
            tried.add(server.url)
            if not trouble or not self._fleet.others(tried) or self._stop.is_set():
                return outcome


class _Line:
    """The way of the items of one round: documents, a bounded queue of what is ready, outcomes."""

    def __init__(self, items: Sequence[Item], concurrency: int, stop: threading.Event) -> None:
        self.outcomes: Queue[Outcome | BaseException] = Queue()
        self._groups = by_document(items)
        self._ready: Queue[tuple[Item, OpenFiles | None, Failure | None]] = Queue(max(2, concurrency // 2))
        self._lock = threading.Lock()
        self._left = len(items)
        self._stop = stop

    def next_group(self) -> Sequence[Item] | None:
        """Give the next document's items; None at the end."""
        with self._lock:
            return tuple(self._groups.popleft()) if self._groups and not self._stop.is_set() else None

    def put(self, item: Item, opened: OpenFiles | None, failure: Failure | None) -> bool:
        """Put in what is ready, once there is room; False if the work has stopped."""
        while not self._stop.is_set():
            with suppress(Full):
                self._ready.put((item, opened, failure), timeout=0.2)
                return True
        return False

    def take(self) -> tuple[Item, OpenFiles | None, Failure | None] | None:
        """Take what is ready, once it is there; None at the end."""
        while not self._stop.is_set():
            with self._lock:
                if self._left == 0:
                    return None
            with suppress(Empty):
                taken = self._ready.get(timeout=0.2)
                with self._lock:
                    self._left -= 1
                return taken
        return None


def _is_of_server(failure: Failure | None) -> bool:
    """Whether another server, or the same one later, may answer what this one did not."""
    return failure is not None and failure.type == "endpoint" and failure.retryable
