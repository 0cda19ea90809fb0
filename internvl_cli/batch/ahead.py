"""One engine that answers several items at a time, fed by processes that open and render ahead of it.

Items wait until there are enough with equally many tiles: prompts of one length need no padding. What waits is bounded,
and so is what is rendered ahead. For an engine without ``answer_batch``, or one item at a time, this would gain nothing
over ``InProcessRunner``.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from internvl_cli.api import OpenFiles
from internvl_cli.batch.plan import Item
from internvl_cli.batch.pool import by_document, die_with_parent
from internvl_cli.batch.prepare import Prepared, needs_pictures, prepare
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.batch.work import FATAL, EngineInfo, Work, answer_pages
from internvl_cli.engines.base import Answer, Engine, Request
from internvl_cli.model.tiling import choose_grid, count_tiles

__all__ = ["AheadRunner"]

_WAITING = 4
"""Most items that wait for others like them, in batches."""

_DIED = Failure("worker_died", "a process that renders pages died (often: out of memory)", retryable=True)

Waiting = tuple[Item, OpenFiles]


class AheadRunner:
    """Answers up to ``size`` items together, in this process.

    Args:
        work: What to do for an item; what opens documents is pickled.
        size: Most items of one batch.
        renderers: Processes that open and render.
    """

    def __init__(self, work: Work, size: int, renderers: int = 2) -> None:
        self._work, self._size, self._renderers = work, size, renderers
        self._engine: Engine | None = None
        self._info = EngineInfo("", "")
        self._pool: ProcessPoolExecutor | None = None

    def open(self, expected: int) -> EngineInfo:
        """Load the engine; see ``Runner.open``."""
        loaded = self._work.load_engine()
        self._engine = loaded.engine
        self._info = EngineInfo(self._engine.name, self._engine.model, loaded.note)
        return self._info

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``."""
        waiting: dict[int, deque[Waiting]] = defaultdict(deque)
        for ready in self._prepared(items):
            if ready.opened is None:
                yield from (Outcome(item, failure=ready.failure) for item in ready.items)
                continue
            waiting[self._tiles(ready.opened)].extend((item, ready.opened) for item in ready.items)
            while (count := self._due(waiting)) is not None:
                yield from self._answer(_take(waiting, count, self._size))
        while waiting:
            yield from self._answer(_take(waiting, max(waiting, key=lambda key: len(waiting[key])), self._size))

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""
        self._end_pool()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def _due(self, waiting: dict[int, deque[Waiting]]) -> int | None:
        """Which number of tiles is to be answered now: one with a whole batch, or the fullest when too much waits."""
        if not waiting:
            return None
        fullest = max(waiting, key=lambda key: len(waiting[key]))
        crowded = sum(map(len, waiting.values())) > _WAITING * self._size
        return fullest if len(waiting[fullest]) >= self._size or crowded else None

    def _tiles(self, opened: OpenFiles) -> int:
        most = self._work.options.max_tiles
        return sum(count_tiles(*choose_grid(page.width, page.height, max_tiles=most)) for page in opened.pages)

    def _answer(self, batch: Sequence[Waiting]) -> Iterator[Outcome]:
        """Answer a batch; where it fails as a whole, one item after the other, each with its own error."""
        assert self._engine is not None, "open() comes first"
        options = self._work.options
        together: Callable[[Sequence[Request]], list[Answer]] | None = getattr(self._engine, "answer_batch", None)
        if together is not None and len(batch) > 1:
            try:
                answers = together([Request(opened.pages, item.question, options) for item, opened in batch])
            except FATAL:
                raise
            except Exception:  # whose fault it was shows below
                pass
            else:
                for (item, opened), answer in zip(batch, answers, strict=True):
                    yield Outcome(item, answer=opened.noted(answer).to_json(), pages=len(opened.pages))
                return
        for item, opened in batch:
            yield answer_pages(self._engine, opened, item, options)

    def _prepared(self, items: Sequence[Item]) -> Iterator[Prepared]:
        """Give the documents as they are ready, in order, with a bounded number under way."""
        groups = deque(tuple(group) for group in by_document(items))
        under_way: deque[tuple[Sequence[Item], Future[Prepared]]] = deque()
        while groups or under_way:
            try:
                while groups and len(under_way) < self._renderers + 2:
                    under_way.append((groups[0], self._submit(groups[0])))
                    groups.popleft()
                ready = under_way[0][1].result()
            except BrokenProcessPool:
                self._end_pool()
                yield from (self._alone(group) for group, _ in under_way)  # which one it was shows only then
                under_way.clear()
                continue
            under_way.popleft()
            yield ready

    def _alone(self, group: Sequence[Item]) -> Prepared:
        """Prepare one document with nothing else under way."""
        try:
            return self._submit(group).result()
        except BrokenProcessPool:
            self._end_pool()
            return Prepared(tuple(group), failure=_DIED)

    def _submit(self, group: Sequence[Item]) -> Future[Prepared]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._renderers, mp_context=context, initializer=_begin)
        return self._pool.submit(prepare, self._work.open_document, group, needs_pictures(self._info))

    def _end_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def _take(waiting: dict[int, deque[Waiting]], count: int, size: int) -> list[Waiting]:
    line = waiting[count]
    taken = [line.popleft() for _ in range(min(size, len(line)))]
    if not line:
        del waiting[count]
    return taken


def _begin() -> None:
    """Begin a process: Ctrl-C reaches the whole group, but the parent decides when to stop, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
