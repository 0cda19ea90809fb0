"""An engine for tests: answers what was queued, and remembers what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence

from internvl_cli.engines.base import Answer, PageRef, Request, Usage

__all__ = ["FakeEngine"]


class FakeEngine:
    """Answers from a queue; an exception in the queue is raised.

    Attributes:
        history: Every request, in order.
    """

    name = "fake"

    def __init__(self, model: str = "fake-1", default: str | None = None) -> None:
        self.model = model
        self.history: list[Request] = []
        self.closed = False
        self._default = default
        self._queue: deque[Sequence[str] | Answer | BaseException] = deque()

    def enqueue(self, reply: str | Sequence[str] | Answer | BaseException) -> None:
        """Queue a reply: text, pieces of text, a ready ``Answer``, or an exception to raise."""
        self._queue.append([reply] if isinstance(reply, str) else reply)

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        """Yield the next reply; see ``Engine.stream``."""
        self.history.append(request)
        reply: Sequence[str] | Answer | BaseException
        if self._queue:
            reply = self._queue.popleft()
        elif self._default is not None:
            reply = [self._default]
        else:
            raise AssertionError("FakeEngine was asked more often than enqueue() was called")
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, Answer):
            yield reply.text
            return reply
        yield from reply
        text = "".join(reply)
        pages = [PageRef(page.document, page.number) for page in request.pages]
        return Answer(text, self.model, self.name, pages=pages, usage=Usage(0, len(text.split())))

    def close(self) -> None:
        """Note that the engine was closed."""
        self.closed = True
