"""The routes of the built-in server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from internvl_cli.engines.base import Answer, Engine, Options
from internvl_cli.engines.endpoint.served import OWNER
from internvl_cli.errors import InternVLError
from internvl_cli.server.counts import Counts
from internvl_cli.server.desk import Desk, Ticket
from internvl_cli.server.guard import check_host, check_key, read_json
from internvl_cli.server.images import Allowed
from internvl_cli.server.incoming import Asked, read_request
from internvl_cli.server.outgoing import DONE, KEEP_ALIVE, Letter, event
from internvl_cli.server.trouble import Trouble, trouble_of

__all__ = ["Rules", "create_app"]

_PATIENCE = 10.0
"""Seconds after which a stream that waits begins, so that its client sees a sign of life; errors come in it then."""

_CLOSED_BY_CLIENT = 499
"""What nginx logs where the client hung up; nobody gets to see it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the server serves.

    Attributes:
        keys: Of which one must be sent; empty lets everybody ask.
        local_only: Whether only names of this machine are answered to.
        max_body: Bytes of a request.
        queue: Requests that may wait.
        batch: Most requests answered together.
        allowed: What images may be.
        default: What holds where a request says nothing.
    """

    keys: tuple[str, ...] = ()
    local_only: bool = True
    max_body: int = 64 << 20
    queue: int = 64
    batch: int = 1
    allowed: Allowed = field(default_factory=Allowed)
    default: Options = field(default_factory=Options)


def create_app(engine: Engine, rules: Rules | None = None) -> FastAPI:
    """Make the application.

    Args:
        engine: Answers; closed when the application ends.
        rules: How to serve.
    """
    server = _Server(engine, rules or Rules())

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        server.desk.start()
        yield
        await run_in_threadpool(server.desk.close)

    # Its pages about the API load scripts from elsewhere.
    app = FastAPI(title="internvl", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/health", server.health, methods=["GET"])
    app.add_api_route("/metrics", server.metrics, methods=["GET"])
    app.add_api_route("/v1/models", server.models, methods=["GET"])
    app.add_api_route("/v1/models/{model:path}", server.model, methods=["GET"])
    app.add_api_route("/v1/chat/completions", server.chat, methods=["POST"], response_model=None)
    app.add_exception_handler(Trouble, server.failed)
    app.add_exception_handler(HTTPException, _no_route)
    return app


class _Server:
    """The routes, and what they share."""

    def __init__(self, engine: Engine, rules: Rules) -> None:
        self.engine, self.rules = engine, rules
        self.counts = Counts()
        self.desk = Desk(engine, self.counts, most=rules.queue, batch=rules.batch)
        self._started = int(time.time())

    async def health(self) -> dict[str, str]:
        """Say that the server is up."""
        return {"status": "ok", "model": self.engine.model}

    async def metrics(self, request: Request) -> Response:
        """Show the counters."""
        self._admit(request)
        return Response(self.counts.text(), media_type=self.counts.content_type)

    async def models(self, request: Request) -> dict[str, Any]:
        """List the one model."""
        self._admit(request)
        return {"object": "list", "data": [self._card()]}

    async def model(self, request: Request, model: str) -> dict[str, Any]:
        """Show the one model."""
        self._admit(request)
        if model != self.engine.model:
            raise Trouble(404, f"the model {model!r} is not served here", "model_not_found", param="model")
        return self._card()

    async def chat(self, request: Request) -> Response:
        """Answer."""
        started = time.monotonic()
        status = 500
        try:
            response = await self._chat(request, started)
            status = response.status_code
        except ClientDisconnect:
            status = _CLOSED_BY_CLIENT
            response = Response(status_code=status)
        except Exception as error:
            response = await self.failed(request, error)
            status = response.status_code
        finally:
            self.counts.requests.labels(str(status)).inc()
        return response

    async def failed(self, _: Request, error: Exception) -> Response:
        """Turn an error into its object."""
        _log(error)
        trouble = trouble_of(error)
        return JSONResponse(trouble.body, trouble.status, headers=trouble.headers)

    def _admit(self, request: Request) -> None:
        check_host(request, self.rules.local_only)
        check_key(request, self.rules.keys)

    def _card(self) -> dict[str, Any]:
        return {"id": self.engine.model, "object": "model", "created": self._started, "owned_by": OWNER}

    async def _chat(self, request: Request, started: float) -> Response:
        self._admit(request)
        body = await read_json(request, self.rules.max_body)
        asked = await run_in_threadpool(
            read_request,
            body,
            model=self.engine.model,
            marks=self.engine.name == "local",
            allowed=self.rules.allowed,
            default=self.rules.default,
        )
        del body  # base64 of all images, while the request waits
        letter = Letter(self.engine.model, asked.with_usage, asked.with_answer)
        try:
            ticket = self.desk.submit(asked.request, asked.close)
        except Trouble:
            asked.close()
            raise
        return await (self._stream if asked.stream else self._whole)(request, ticket, letter, asked, started)

    async def _whole(self, request: Request, ticket: Ticket, letter: Letter, _: Asked, started: float) -> Response:
        """Wait for the answer, and for the client to hang up; whichever comes first."""
        answering = asyncio.ensure_future(_last(ticket))
        leaving = asyncio.ensure_future(_hangs_up(request))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                raise ClientDisconnect
            answer = answering.result()
        finally:
            self.desk.cancel(ticket)
            for task in (answering, leaving):
                task.cancel()
        self._count(answer, started)
        return JSONResponse(letter.whole(answer))

    async def _stream(self, request: Request, ticket: Ticket, letter: Letter, _: Asked, started: float) -> Response:
        """Wait a while for the first piece, so that an error can have a status of its own; then stream."""
        pieces = ticket.pieces()
        first = asyncio.ensure_future(anext(pieces))
        # Ends with the connection, or with the response; from then on nobody waits for this ticket.
        leaving = asyncio.ensure_future(_hangs_up(request))
        leaving.add_done_callback(lambda _: self.desk.cancel(ticket))
        try:
            await asyncio.wait((first, leaving), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise ClientDisconnect
            if first.done():
                first.result()
        except BaseException:
            first.cancel()
            leaving.cancel()
            raise
        body = self._events(pieces, first, leaving, letter, started)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(body, media_type="text/event-stream", headers=headers)

    async def _events(
        self,
        pieces: AsyncIterator[str | Answer],
        first: asyncio.Future[str | Answer],
        leaving: asyncio.Future[None],
        letter: Letter,
        started: float,
    ) -> AsyncIterator[bytes]:
        """The body of a stream."""
        coming = first
        try:
            yield letter.first()
            while not leaving.done():
                await asyncio.wait((coming, leaving), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    yield KEEP_ALIVE
                    continue
                item = coming.result()
                if isinstance(item, Answer):
                    self._count(item, started)
                    yield letter.last(item)
                    return
                yield letter.piece(item)
                coming = asyncio.ensure_future(anext(pieces))
        except Exception as error:
            _log(error)
            yield event(trouble_of(error).body) + DONE
        finally:
            coming.cancel()
            leaving.cancel()

    def _count(self, answer: Answer, started: float) -> None:
        self.counts.seconds.observe(time.monotonic() - started)
        self.counts.tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self.counts.tokens.labels("completion").inc(answer.usage.completion_tokens)


def _log(error: Exception) -> None:
    if not isinstance(error, InternVLError | Trouble):
        logging.getLogger(__name__).error("unexpected error", exc_info=error)


async def _last(ticket: Ticket) -> Answer:
    async for item in ticket.pieces():
        if isinstance(item, Answer):
            return item
    raise AssertionError("pieces() ends with an answer or an exception")


async def _hangs_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _no_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    trouble = Trouble(status, f"there is no {request.method} {request.url.path} here", "unknown_url")
    return JSONResponse(trouble.body, trouble.status)
