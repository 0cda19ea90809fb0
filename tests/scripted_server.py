"""An OpenAI-compatible server that answers, or misbehaves, by what is asked; it counts what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ScriptedServer:
    """Answers ``<question>!``. A question that holds a word gets that treatment, ``once`` in it the first time only:
    ``500``, ``429``, ``cut`` (the stream stops half way), ``drop`` (the connection closes), ``413``.

    Attributes:
        asked: How often each question came.
        answered: How often each was answered whole.
        broken: Every request gets a 500 while this is set.
        most: Most requests at a time.
    """

    def __init__(self, model: str = "scripted-1", pause: float = 0.0) -> None:
        self.model, self.pause = model, pause
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.broken = False
        self.most = self._now = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._send(200, {"object": "list", "data": [{"id": script.model, "owned_by": "test"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with script._lock:
                    script._now += 1
                    script.most = max(script.most, script._now)
                try:
                    self._chat(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                finally:
                    with script._lock:
                        script._now -= 1

            def _chat(self, body: dict[str, Any]) -> None:
                content = body["messages"][-1]["content"]
                question = content if isinstance(content, str) else content[-1]["text"]
                with script._lock:
                    script.asked[question] += 1
                    first = script.asked[question] == 1
                time.sleep(script.pause)
                bad = script.broken or first or "once" not in question
                if script.broken or (bad and "500" in question):
                    return self._send(500, {"error": {"message": "boom"}})
                if bad and "429" in question:
                    return self._send(429, {"error": {"message": "busy"}}, {"retry-after": "0"})
                if bad and "413" in question:
                    return self._send(413, {"error": {"message": "too large"}})
                if bad and "drop" in question:
                    self.close_connection = True
                    return None
                self._stream(f"{question}!", cut=bad and "cut" in question)
                return None

            def _stream(self, text: str, *, cut: bool) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                half = len(text) // 2
                for piece in (text[:half], text[half:]):
                    self._event({"choices": [{"index": 0, "delta": {"content": piece}}]})
                    if cut:
                        return
                self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self.wfile.write(b"data: [DONE]\n\n")
                self.wfile.flush()
                with script._lock:
                    script.answered[text[:-1]] += 1

            def _event(self, fields: dict[str, Any]) -> None:
                chunk = {"id": "c", "object": "chat.completion.chunk", "model": script.model, **fields}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()

            def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        return Handler
