"""Worker processes on this machine: each loads the engine once, and one that dies costs the item it had in hand.

``concurrent.futures`` gives up the whole pool when a worker dies, so the processes are kept here, each on its own pipe.
They are spawned, not forked: a forked CUDA context or thread pool is broken.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby, islice
from multiprocessing.connection import Connection, wait
from typing import Any

from internvl_cli.batch.plan import Item
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.batch.work import Desk, EngineInfo, Work
from internvl_cli.errors import InternVLError, MemoryShortageError

__all__ = ["PoolRunner", "by_document", "die_with_parent"]

_GROUP = 16
"""Most neighbouring items about one document that go to one worker, which keeps the document open for them."""

_GRACE = 5.0
"""Seconds a worker may take to free its engine at the end."""


class PoolRunner:
    """Answers in ``jobs`` worker processes; exactly one item is under way in each.

    Args:
        work: What to do for an item; it is pickled.
        jobs: Most processes.
        note: Told what the user should hear.
    """

    def __init__(self, work: Work, jobs: int, note: Callable[[str], None] = lambda text: None) -> None:
        self._work, self._jobs, self._note = work, jobs, note
        self._workers: list[_Worker] = []

    def open(self, expected: int) -> EngineInfo:
        """Start the workers and wait for the first that has its engine; see ``Runner.open``."""
        self._jobs = max(1, min(self._jobs, expected))
        self._staff(self._jobs)
        while True:
            for worker in self._ready():
                if worker.info is None:
                    self._hear(worker)
                if worker.info is not None:
                    return worker.info

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``."""
        queue = by_document(items)
        while True:
            self._staff(min(self._jobs, len(queue) + sum(worker.item is not None for worker in self._workers)))
            for worker in self._workers:
                worker.take(queue)
            if not any(worker.item for worker in self._workers) and not queue:
                return
            for worker in self._ready():
                outcome = self._hear(worker)
                if outcome is not None:
                    yield outcome
                if worker.gone and worker.rest:
                    queue.appendleft(worker.rest)

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.dismiss(now=now)
        for worker in workers:
            worker.end()

    def _staff(self, wanted: int) -> None:
        """Start workers where there are fewer than could be busy."""
        while len(self._workers) < wanted:
            self._workers.append(_Worker(self._work, self._jobs))
            self._workers[-1].start()  # known before it is there, so that nothing is left over if this is interrupted

    def _ready(self) -> list[_Worker]:
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
        return [by_pipe[pipe] for pipe in wait(list(by_pipe))]

    def _hear(self, worker: _Worker) -> Outcome | None:
        """Take one message; a pipe at its end means that the worker is gone.

        Raises:
            InternVLError: No further item can be answered.
        """
        message = worker.hear()
        if isinstance(message, InternVLError):
            raise message
        if isinstance(message, Outcome):
            return message
        if isinstance(message, EngineInfo):
            return None
        self._workers.remove(worker)
        cause = worker.end()
        if worker.info is None:
            self._miss(cause)
        if worker.item is None:
            return None
        return Outcome(worker.item, failure=Failure("worker_died", f"the worker process {cause}", retryable=True))

    def _miss(self, cause: str) -> None:
        """Go on with fewer workers when one could not load the engine, unless it was the last."""
        if not self._workers:
            message = f"the worker process {cause} while it loaded the model"
            raise MemoryShortageError(message, "choose a smaller model, or --jobs 1 to see the error")
        self._jobs = len(self._workers)
        self._note(f"a worker process {cause} while it loaded the model; going on with {self._jobs}")


class _Worker:
    """The parent's end of one worker process.

    Attributes:
        pipe: Items go out, messages come in.
        info: Who answers; None until the engine is loaded.
        item: What it has in hand.
        rest: Items about the same document that come next.
        gone: Whether it was found dead.
    """

    def __init__(self, work: Work, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, self._theirs = context.Pipe()
        self.info: EngineInfo | None = None
        self.item: Item | None = None
        self.rest: deque[Item] = deque()
        self.gone = False
        self._process = context.Process(target=_serve, args=(self._theirs, work, jobs), daemon=True)

    def start(self) -> None:
        """Start the process."""
        with _signals_held():
            self._process.start()
        self._theirs.close()

    def take(self, queue: deque[deque[Item]]) -> None:
        """Take the next item in hand, if there is one and the hand is free."""
        if self.info is None or self.item is not None:
            return
        if not self.rest and queue:
            self.rest = queue.popleft()
        if self.rest:
            self.item = self.rest.popleft()
            with suppress(OSError):  # it died meanwhile: its pipe is at its end, which is heard next
                self.pipe.send(self.item)

    def hear(self) -> object:
        """Give the next message; None if there will be none."""
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            self.gone = True
            return None
        if isinstance(message, EngineInfo):
            self.info = message
        else:
            self.item = None
        return message

    def dismiss(self, *, now: bool) -> None:
        """Tell it to go; one that is still loading has nothing to finish."""
        if self._process.pid is None:
            return
        if now or self.info is None:
            self._process.kill()
            return
        with suppress(OSError):
            self.pipe.send(None)

    def end(self) -> str:
        """Wait until it is gone, and say how it went."""
        if self._process.pid is None:
            return "never started"
        self._process.join(_GRACE)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self.pipe.close()
        return _how_it_ended(self._process.exitcode)


def _serve(pipe: Connection, work: Work, jobs: int) -> None:
    """Run in the worker: load the engine, then answer what comes until nothing more does."""
    # The parent decides when to stop: Ctrl-C reaches the whole process group, and an item must not fail by it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    with suppress(BrokenPipeError):  # the parent is gone
        try:
            desk = Desk(work)
            pipe.send(desk.info)
            while (item := pipe.recv()) is not None:
                pipe.send(desk.answer(item))
            desk.close()
        except EOFError:
            return
        except InternVLError as error:
            pipe.send(error)
        except Exception as error:
            pipe.send(InternVLError(f"the worker failed: {type(error).__name__}: {error}"))


def die_with_parent() -> None:
    """End this process when the parent's does, even in the middle of an item: ``kill -9`` leaves nobody behind."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process starts: the child inherits that, and ignores it before it lets it through."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def by_document(items: Sequence[Item]) -> deque[deque[Item]]:
    """Cut items into runs about one document, none longer than ``_GROUP``."""
    groups: deque[deque[Item]] = deque()
    for _, run in groupby(items, key=lambda item: (item.source, item.pages)):
        while group := deque(islice(run, _GROUP)):
            groups.append(group)
    return groups


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"was killed by {name}" + (" (often: out of memory)" if name == "SIGKILL" else "")
    return f"ended with exit code {code}"
