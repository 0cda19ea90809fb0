"""A chat server on the loopback that does what it is told, wrong things above all.

Each request for a completion takes the next step of ``steps`` (the last one stays). A step is a function that gets the
handler and the body, and writes the response; the functions below make such steps.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Step = Callable[["Handler", dict[str, Any]], None]


class Server(ThreadingHTTPServer):
    """Remembers what it was asked.

    Attributes:
        bodies: Of the requests for completions, in order.
        headers: Theirs.
        steps: What is still to be done.
        models: What ``/v1/models`` gives: a list of (id, owner), or a step.
    """

    daemon_threads = True

    def __init__(self, steps: list[Step], models: Any) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.steps, self.models = steps, models
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.times: list[float] = []
        self.listed = 0
        self.hung_up = threading.Event()
        self.released = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what is being tested."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        self.server.listed += 1
        if callable(self.server.models):
            self.server.models(self, {})
            return
        data = [{"id": model, "object": "model", "owned_by": owner} for model, owner in self.server.models]
        give_json(200, {"object": "list", "data": data})(self, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        self.server.headers.append(self.headers)
        self.server.times.append(time.monotonic())
        steps = self.server.steps
        (steps.pop(0) if len(steps) > 1 else steps[0])(self, body)

    def begin_stream(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, value: Any) -> None:
        self.chunk(f"data: {json.dumps(value)}\n\n".encode())

    def end(self) -> None:
        self.chunk(b"")


@contextlib.contextmanager
def serving(*steps: Step, models: Any = (("model-1", "somebody"),), cert: Path | None = None) -> Iterator[Server]:
    server = Server(list(steps), models)
    if cert is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def delta(text: str | None = None, finish: str | None = None, **extra: Any) -> dict[str, Any]:
    piece = {} if text is None else {"content": text}
    return {"id": "1", "model": "model-1", "choices": [{"index": 0, "delta": piece, "finish_reason": finish}], **extra}


def usage(prompt: int = 7, completion: int = 2) -> dict[str, Any]:
    return {"id": "1", "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}


def answer(*pieces: str, finish: str = "stop", **extra: Any) -> Step:
    """A whole answer with its usage."""

    def step(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin_stream()
        for piece in pieces:
            handler.event(delta(piece))
        handler.event(delta(finish=finish, **extra))
        if "stream_options" in body:
            handler.event(usage())
        handler.chunk(b"data: [DONE]\n\n")
        handler.end()

    return step


def events(*values: Any, done: bool = True) -> Step:
    """Events as they are given."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin_stream()
        for value in values:
            handler.event(value)
        if done:
            handler.chunk(b"data: [DONE]\n\n")
        handler.end()

    return step


def raw(data: bytes, kind: str = "text/event-stream") -> Step:
    """A body of any kind."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def give_json(status: int, value: Any, headers: dict[str, str] | None = None) -> Step:
    """One JSON object with a status."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        handler.send_response(status)
        for name, text in (headers or {}).items():
            handler.send_header(name, text)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def refuse(status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> Step:
    """An error as OpenAI writes it."""
    return give_json(status, {"error": {"message": message, "type": "error", **more}}, headers)


def page(status: int, html: str) -> Step:
    """An error of a proxy in front of the server."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        data = html.encode()
        handler.send_response(status)
        handler.send_header("content-type", "text/html")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def cut(*pieces: str, reset: bool = False) -> Step:
    """A stream that is cut in the middle: by a closed connection, or by a reset."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin_stream()
        for piece in pieces:
            handler.event(delta(piece))
        if reset:
            time.sleep(0.5)  # a reset throws away what the client has not read yet
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR) if not reset else handler.connection.close()

    return step


def hang(*pieces: str) -> Step:
    """Some pieces, then nothing any more; without pieces not even a status line."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        if pieces:
            handler.begin_stream()
            for piece in pieces:
                handler.event(delta(piece))
        handler.server.released.wait(20)
        handler.close_connection = True

    return step


def drop() -> Step:
    """Close without a word."""

    def step(handler: Handler, _: dict[str, Any]) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    return step


def trickle() -> Step:
    """Comments for ever, which keep a connection from being silent; notes when the client hangs up."""
    return _for_ever(b": still here\n\n")


def endless() -> Step:
    """An answer without an end; notes when the client hangs up."""
    return _for_ever(f"data: {json.dumps(delta('and '))}\n\n".encode())


def _for_ever(event: bytes) -> Step:
    def step(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin_stream()
        try:
            while not handler.server.released.wait(0.02):
                handler.chunk(event)
        except OSError:
            handler.server.hung_up.set()
        handler.close_connection = True

    return step
