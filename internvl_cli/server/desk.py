"""A bounded queue, and the one thread that asks the engine: first come, first served.

An engine answers one request at a time, or several together where it has an ``answer_batch``. Its thread hands every
piece of text to the event loop of the client that waits for it, and to no other: each ticket has a queue of its own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from internvl_cli.engines.base import Answer, AnswerStream, Engine, Request
from internvl_cli.server.counts import Counts
from internvl_cli.server.trouble import Trouble

__all__ = ["Desk", "Ticket"]


@dataclass(eq=False)
class Ticket:
    """One request that waits or is being answered.

    Attributes:
        request: For the engine.
        loop: Of the client.
        events: What comes for it: a piece of text, the ``Answer``, or an exception.
        cancelled: The client hung up.
        taken: When it was put in the queue.
        close: Frees the documents; called once, whatever happens.
    """

    request: Request
    loop: asyncio.AbstractEventLoop
    close: Callable[[], None]
    events: asyncio.Queue[str | Answer | Exception] = field(default_factory=asyncio.Queue)
    cancelled: threading.Event = field(default_factory=threading.Event)
    taken: float = field(default_factory=time.monotonic)

    def put(self, event: str | Answer | Exception) -> None:
        """Hand an event to the client; called by the engine's thread."""
        if not self.cancelled.is_set():
            try:
                self.loop.call_soon_threadsafe(self.events.put_nowait, event)
            except RuntimeError:  # the loop is closed: the server is going down
                self.cancelled.set()

    async def pieces(self) -> AsyncIterator[str | Answer]:
        """Give the text as it comes, then the answer.

        Raises:
            Exception: What the engine raised.
        """
        while True:
            event = await self.events.get()
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, Answer):
                return


class Desk:
    """The queue and the engine's thread.

    Args:
        engine: Asked by one thread only.
        counts: Where everything is counted.
        most: Requests that may wait; one more is turned away.
        batch: Most requests answered together, where the engine can.
    """

    def __init__(self, engine: Engine, counts: Counts, *, most: int = 64, batch: int = 1) -> None:
        self._engine, self._counts, self._most = engine, counts, most
        self._batch = batch if hasattr(engine, "answer_batch") else 1
        self._waiting: deque[Ticket] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._pace = 1.0
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Start the engine's thread."""
        self._thread.start()

    def close(self, seconds: float = 10.0) -> None:
        """Turn everyone away, stop what is being answered, and free the engine."""
        with self._changed:
            self._closed = True
            left, self._waiting = list(self._waiting), deque()
            self._changed.notify()
        for ticket in left:
            ticket.put(Trouble(503, "the server is shutting down", "shutting_down"))
            ticket.close()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def submit(self, request: Request, close: Callable[[], None]) -> Ticket:
        """Put a request into the queue; called by the event loop.

        Raises:
            Trouble: The queue is full (429), or the server is going down (503).
        """
        ticket = Ticket(request, asyncio.get_running_loop(), close)
        with self._changed:
            if self._closed:
                raise Trouble(503, "the server is shutting down", "shutting_down")
            if len(self._waiting) >= self._most:
                wait = max(1, min(60, round(self._pace * len(self._waiting) / 2)))
                message = f"{len(self._waiting)} requests are waiting already; try again in {wait} s"
                raise Trouble(429, message, "queue_full", wait=wait)
            self._waiting.append(ticket)
            self._counts.waiting.set(len(self._waiting))
            self._changed.notify()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """The client hung up: give its place away, or stop its generation."""
        ticket.cancelled.set()
        with self._changed:
            if ticket not in self._waiting:
                return  # the engine's thread has it, and frees it
            self._waiting.remove(ticket)
            self._counts.waiting.set(len(self._waiting))
        self._counts.hung_up.inc()
        ticket.close()

    # -- the engine's thread

    def _work(self) -> None:
        while True:
            tickets = self._next()
            if not tickets:
                self._engine.close()
                return
            started = time.monotonic()
            self._counts.running.set(len(tickets))
            try:
                if len(tickets) > 1:
                    self._answer_together(tickets)
                else:
                    self._answer(tickets[0])
            finally:
                for ticket in tickets:
                    ticket.close()
                self._counts.running.set(0)
            # How long a request takes, for Retry-After: the last ones count most.
            self._pace += 0.3 * ((time.monotonic() - started) / len(tickets) - self._pace)

    def _next(self) -> list[Ticket]:
        """Wait for work: the oldest ticket, and those behind it that may be answered with it; nothing at the end."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return []
            first = self._waiting.popleft()
            tickets = [first]
            for ticket in list(self._waiting):
                if len(tickets) >= self._batch:
                    break
                if _go_together(first.request, ticket.request):
                    self._waiting.remove(ticket)
                    tickets.append(ticket)
            self._counts.waiting.set(len(self._waiting))
        now = time.monotonic()
        for ticket in tickets:
            self._counts.waited.observe(now - ticket.taken)
        self._counts.batch.observe(len(tickets))
        return tickets

    def _answer(self, ticket: Ticket) -> None:
        stream = AnswerStream(self._engine.stream(ticket.request))
        try:
            for piece in stream:
                if ticket.cancelled.is_set() or self._closed:
                    self._counts.hung_up.inc()
                    ticket.put(Trouble(503, "the server is shutting down", "shutting_down"))
                    return
                ticket.put(piece)
            ticket.put(stream.finish())
        except Exception as error:  # whatever one request makes the engine raise, the next one is served
            ticket.put(error)
        finally:
            stream.close()

    def _answer_together(self, tickets: Sequence[Ticket]) -> None:
        engine: Any = self._engine
        try:
            answers: list[Answer] = engine.answer_batch([ticket.request for ticket in tickets])
        except Exception:  # one of them may be to blame; alone, the others get their answers
            for ticket in tickets:
                if not ticket.cancelled.is_set():
                    self._answer(ticket)
            return
        for ticket, answer in zip(tickets, answers, strict=True):
            ticket.put(answer.text)
            ticket.put(answer)


def _go_together(first: Request, other: Request) -> bool:
    return first.options == other.options and first.task == other.task
