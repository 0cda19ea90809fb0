"""The built-in server with a fake engine: over real sockets, with the official client and with our own."""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import DRIVER, clean_environment
from drawn_pdfs import drawn_pdf, text_at
from PIL import Image

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")

import httpx
import openai
import uvicorn

from internvl_cli.documents.page import Page, Word
from internvl_cli.engines.base import Answer, Evidence, Options, PageRef, Request, Usage, answer
from internvl_cli.engines.endpoint import EndpointEngine, Patience
from internvl_cli.engines.fake import FakeEngine
from internvl_cli.errors import ConfigurationError, EndpointError, MemoryShortageError, UsageError
from internvl_cli.server.app import Rules, create_app
from internvl_cli.server.guard import read_keys
from internvl_cli.server.images import Allowed
from internvl_cli.server.incoming import read_request
from internvl_cli.server.run import bind
from internvl_cli.server.trouble import Trouble

QUICK = Patience(base=0.05, silence=20, deadline=30)


class EchoEngine(FakeEngine):
    """Answers with the question, word by word; ``pause`` seconds before each."""

    def __init__(self, pause: float = 0.0, name: str = "fake") -> None:
        super().__init__(model="echo-1")
        self.pause, self.name = pause, name
        self.stopped = threading.Event()
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        self.history.append(request)
        self.begun.set()
        self.gate.wait(20)
        words = request.question.split(" ")
        try:
            for number, word in enumerate(words):
                time.sleep(self.pause)
                yield word if number == 0 else f" {word}"
        except GeneratorExit:
            self.stopped.set()
            raise
        return Answer(request.question, self.model, self.name, usage=Usage(3, len(words)))


class BatchEngine(EchoEngine):
    """Answers several at once, unless one of them is called poison."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.gate.clear()

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        self.gate.wait(20)
        if "poison" in request.question:
            raise UsageError("poison")
        return (yield from super().stream(request))

    def answer_batch(self, requests: Sequence[Request]) -> list[Answer]:
        self.sizes.append(len(requests))
        if any("poison" in request.question for request in requests):
            raise UsageError("poison")
        return [Answer(request.question, self.model, self.name) for request in requests]


@contextlib.contextmanager
def served(engine: FakeEngine, rules: Rules | None = None) -> Iterator[str]:
    config = uvicorn.Config(create_app(engine, rules), log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with bind("127.0.0.1", 0) as opened:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def until(condition: Any, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def png(color: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, "PNG")
    return target.getvalue()


def pdf(*texts: str) -> bytes:
    return drawn_pdf(*(text_at(40, 200, line) for line in texts))


def url_of(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def image(data: bytes | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url_of(data or png()), **more}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def post(url: str, body: Any = None, **options: Any) -> httpx.Response:
    body = {"messages": [user(text("hello"))]} if body is None else body
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=20, **options)


def page(number: int = 1, words: str = "", document: str = "a.pdf") -> Page:
    boxes = tuple(Word(word, (10.0 * i, 5.0, 10.0 * i + 8, 15.0)) for i, word in enumerate(words.split()))
    return Page(
        document, f"digest {document}", number, 60, 40, boxes, lambda: Image.new("RGB", (60, 40), (number, 0, 0))
    )


# -- the official client


def test_the_official_client() -> None:
    engine = EchoEngine()
    with served(engine) as url:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="any")
        (model,) = client.models.list().data
        assert (model.id, model.owned_by) == ("echo-1", "internvl-cli")
        assert client.models.retrieve("echo-1").id == "echo-1"
        messages: Any = [user(image(), text("what is this"))]
        whole = client.chat.completions.create(model="echo-1", messages=messages)
        assert whole.choices[0].message.content == "what is this"
        assert whole.choices[0].finish_reason == "stop" and whole.usage is not None
        assert (whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.total_tokens) == (3, 3, 6)
        stream = client.chat.completions.create(
            model="echo-1", messages=messages, stream=True, stream_options={"include_usage": True}, max_tokens=9
        )
        chunks = list(stream)
        with pytest.raises(openai.NotFoundError, match="not served here"):
            client.chat.completions.create(model="other", messages=messages)
        client.close()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "what is this"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 3
    assert [r.options.max_new_tokens for r in engine.history] == [1024, 9]
    assert [(p.width, p.height) for p in engine.history[0].pages] == [(60, 40)]
    assert engine.history[0].pages[0].image.getpixel((0, 0)) == (255, 0, 0)
    assert engine.closed


# -- our own client


def test_our_own_client_gets_what_the_engine_gives() -> None:
    engine = FakeEngine()
    evidence = Evidence("document-2", 7, (1.0, 2.0, 3.0, 4.0), (60, 40), "42")
    given = Answer(
        "The document does not tell.", "fake-1", "fake", kind="not_found", confidence=0.25, evidence=[evidence],
        pages=[PageRef("document-2", 7, 3)], usage=Usage(5, 6), finish_reason="not_found", warnings=["careful"],
    )  # fmt: skip
    engine.enqueue(given)
    pages = [page(1, "total"), page(7, "42", "b.pdf")]
    options = Options(max_tiles=7, short=True, min_confidence=0.5, max_new_tokens=11)
    with served(engine) as url:
        remote = EndpointEngine(url, patience=QUICK)
        result = answer(remote, Request(pages, "Total?", options, history=(("a", "b"),)))
        remote.close()
    assert (result.text, result.kind, result.finish_reason, result.confidence) == (
        given.text, "not_found", "not_found", 0.25,
    )  # fmt: skip
    assert result.engine == "endpoint" and not result.found and result.usage == Usage(5, 6)
    assert result.evidence == [replace(evidence, file="b.pdf")] and result.pages == [PageRef("b.pdf", 7, 3)]
    assert "careful" in result.warnings
    (request,) = engine.history
    assert (request.question, request.history, request.options) == ("Total?", (("a", "b"),), options)
    assert [(p.document, p.number, [w.text for w in p.words]) for p in request.pages] == [
        ("document-1", 1, ["total"]),
        ("document-2", 7, ["42"]),
    ]
    assert [p.image.getpixel((0, 0)) for p in request.pages] == [(1, 0, 0), (7, 0, 0)]
    assert request.pages[0].words == pages[0].words


def test_our_own_client_describes() -> None:
    engine = FakeEngine(default="All of it.")
    with served(engine) as url:
        result = answer(EndpointEngine(url), Request([page()], "", Options(format="json"), task="describe"))
    assert result.text == "All of it."
    (request,) = engine.history
    assert (request.task, request.question, request.options.format) == ("describe", "", "json")


def test_the_reader_gets_words_without_pixels() -> None:
    engine = FakeEngine(model="internvl-reader-9", default="42")
    rendered = []
    scanned, printed = page(1), page(2, "total 42")
    printed.render = lambda: rendered.append(1)  # type: ignore[assignment, return-value, func-returns-value]
    with served(engine) as url:
        assert answer(EndpointEngine(url, model="reader"), Request([scanned, printed], "Total?")).text == "42"
    first, second = engine.history[0].pages
    assert not rendered and not first.words and [w.text for w in second.words] == ["total", "42"]
    assert first.image.size == (60, 40) and (second.width, second.height) == (60, 40)


def test_what_a_client_calls_a_page_does_not_name_it_in_caches() -> None:
    engine = FakeEngine(model="internvl-reader-9", default="x")
    with served(engine) as url:
        for words in ("first text", "other text", "first text"):
            answer(EndpointEngine(url), Request([page(1, words)], "Total?"))
    keys = [request.pages[0].key for request in engine.history]
    assert keys[0] == keys[2] != keys[1]


# -- requests


def read(*messages: Any, marks: bool = True, allowed: Allowed | None = None, **body: Any) -> Any:
    asked = read_request(
        {"messages": list(messages), **body}, model="m", marks=marks, allowed=allowed or Allowed(), default=Options()
    )
    asked.close()
    return asked


def test_images_in_front_are_numbered_by_the_engine() -> None:
    labelled = user(text("Image-1: "), image(), text("Image-2: "), image(png("blue")), text("Compare."))
    request = read(labelled).request
    assert (request.question, len(request.pages)) == ("Compare.", 2)
    assert request.pages[0].key != request.pages[1].key


def test_images_elsewhere_keep_their_places() -> None:
    inside = read(user(text("This "), image(), text("and this "), image(), text("?"))).request
    assert inside.question == "This <image>\nand this <image>\n?"
    talk = [user(image(), text("What?")), {"role": "assistant", "content": "A bill."}, user(image(), text("And this?"))]
    later = read(*talk).request
    assert later.history == (("<image>\nWhat?", "A bill."),) and later.question == "<image>\nAnd this?"
    reader = read(*talk, marks=False).request
    assert (reader.history, reader.question, len(reader.pages)) == ((("What?", "A bill."),), "And this?", 2)


def test_system_messages_reach_the_model_that_has_a_place_for_them() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert read(system, user(text("What?"))).request.question == "Be brief.\n\nWhat?"
    assert read(system, user(text("What?")), marks=False).request.question == "What?"


def test_pdfs_are_pages() -> None:
    data = url_of(pdf("first page", "second page"), "application/pdf")
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}
    request = read(user(part, text("What?"))).request
    assert [[w.text for w in p.words] for p in request.pages] == [["first", "page"], ["second", "page"]]
    with pytest.raises(Trouble, match="more than 1 pages"):
        read(user(part, text("What?")), allowed=Allowed(max_pages=1))


@pytest.mark.parametrize(
    ("given", "tiles"), [({}, 12), ({"detail": "low"}, 6), ({"detail": "high"}, 24), ({"max_dynamic_patch": 3}, 3)]
)
def test_tiles(given: dict[str, Any], tiles: int) -> None:
    assert read(user(image(**given), text("?"))).request.options.max_tiles == tiles


def test_options() -> None:
    body = {"max_completion_tokens": 5, "temperature": 0.5, "top_p": 0.9, "seed": 4, "repetition_penalty": 1.1}
    options = read(user(text("?")), **body, user="me", stop=None, n=1, response_format={"type": "text"}).request.options
    assert options == Options(max_new_tokens=5, temperature=0.5, top_p=0.9, seed=4, repetition_penalty=1.1)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no messages": ({}, "messages"),
    "empty": ({"messages": []}, "messages"),
    "not the user's": ({"messages": [user(text("?")), {"role": "assistant", "content": "a"}]}, "last message"),
    "no turns": ({"messages": [user(text("?")), user(text("?"))]}, "turns"),
    "empty question": ({"messages": [user(text(" "))]}, "asks nothing"),
    "part": ({"messages": [user({"type": "input_audio"})]}, "input_audio"),
    "content": ({"messages": [{"role": "user", "content": 3}]}, "content"),
    "message": ({"messages": ["x"]}, "turns"),
    "no base64": (
        {"messages": [user({"type": "image_url", "image_url": {"url": "data:image/png;base64,%%%"}})]},
        "base64",
    ),
    "no image": ({"messages": [user(image(b"hello there"), text("?"))]}, "neither an image nor a PDF"),
    "truncated": ({"messages": [user(image(png()[:30]), text("?"))]}, "truncated or damaged"),
    "no url": ({"messages": [user({"type": "image_url", "image_url": {}})]}, "image_url.url"),
    "a file": ({"messages": [user({"type": "image_url", "image_url": "file:///etc/passwd"})]}, "allowed host"),
    "any host": ({"messages": [user({"type": "image_url", "image_url": "http://h/a.png"})]}, "does not fetch"),
    "n": ({"messages": [user(text("?"))], "n": 2}, "n must be 1"),
    "tools": ({"messages": [user(text("?"))], "tools": [{}]}, "tools"),
    "stop": ({"messages": [user(text("?"))], "stop": ["x"]}, "stop"),
    "format": ({"messages": [user(text("?"))], "response_format": {"type": "json_object"}}, "response_format"),
    "temperature": ({"messages": [user(text("?"))], "temperature": "hot"}, "temperature"),
    "nan": ({"messages": [user(text("?"))], "temperature": float("nan")}, "temperature"),
    "tokens": ({"messages": [user(text("?"))], "max_tokens": 0}, "max_tokens"),
    "stream": ({"messages": [user(text("?"))], "stream": 1}, "stream"),
    "tiles": ({"messages": [user(image(max_dynamic_patch=99), text("?"))]}, "max_dynamic_patch"),
    "ours": ({"messages": [user(text("?"))], "internvl": {"pages": [{}]}}, "internvl.pages"),
    "ours with images": ({"messages": [user(image(), text("?"))], "internvl": {"pages": []}}, "internvl.pages"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests(case: str) -> None:
    body, word = BAD[case]
    with pytest.raises((Trouble, Exception)) as caught:
        read_request(body, model="m", marks=True, allowed=Allowed(), default=Options())
    error: Any = caught.value
    assert word in error.message and getattr(error, "status", 400) == 400


def test_large_images_are_refused_by_their_header() -> None:
    with pytest.raises(Exception, match="at most 1,000 are decoded"):
        read(user(image(), text("?")), allowed=Allowed(max_pixels=1000))


# -- who may ask


def test_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# ours\nfirst\n\nsecond\n")
    rules = Rules(keys=read_keys(file))
    with served(FakeEngine(default="ok"), rules) as url:
        assert post(url).status_code == 401
        wrong = post(url, headers={"Authorization": "Bearer third"})
        assert wrong.status_code == 401 and wrong.headers["www-authenticate"] == "Bearer"
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert post(url, headers={"Authorization": "Bearer second"}).json()["choices"][0]["message"]["content"] == "ok"
        assert httpx.get(f"{url}/v1/models").status_code == httpx.get(f"{url}/metrics").status_code == 401
        assert httpx.get(f"{url}/health").json() == {"status": "ok", "model": "fake-1"}
        assert answer(EndpointEngine(url, key="first"), Request([], "?")).text == "ok"
        with pytest.raises(EndpointError, match="wants an API key"):
            answer(EndpointEngine(url), Request([], "?"))
    for content in ("", "# nothing\n"):
        file.write_text(content)
        with pytest.raises(ConfigurationError, match="no API key"):
            read_keys(file)


def test_other_names_types_sizes_and_paths() -> None:
    with served(FakeEngine(default="ok"), Rules(max_body=3000)) as url:
        assert post(url, headers={"Host": "evil.example"}).status_code == 421
        assert post(url, headers={"Host": "localhost:99"}).status_code == 200
        plain = httpx.post(f"{url}/v1/chat/completions", content="{}", headers={"content-type": "text/plain"})
        assert plain.status_code == 415
        broken = httpx.post(f"{url}/v1/chat/completions", content="{", headers={"content-type": "application/json"})
        assert broken.status_code == 400 and broken.json()["error"]["code"] == "invalid_json"
        assert post(url, {"messages": [user(text("x" * 4000))]}).status_code == 413

        def chunks() -> Iterator[bytes]:
            yield b'{"x": "' + b"x" * 4000

        endless = httpx.post(
            f"{url}/v1/chat/completions", content=chunks(), headers={"content-type": "application/json"}
        )
        assert endless.status_code == 413
        lost = httpx.get(f"{url}/v1/embeddings")
        assert lost.status_code == 404 and lost.json()["error"]["code"] == "unknown_url"
        assert httpx.get(f"{url}/docs").status_code == httpx.get(f"{url}/openapi.json").status_code == 404
        with pytest.raises(EndpointError, match="pages are too large"):
            answer(EndpointEngine(url, patience=QUICK), Request([], "x" * 4000))


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("location", "/a.png")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(png("blue"))

    def log_message(self, *_: Any) -> None: ...


def test_http_urls_of_allowed_hosts() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as files:
        threading.Thread(target=files.serve_forever, args=(0.02,), daemon=True).start()
        host = f"127.0.0.1:{files.server_address[1]}"

        def fetch(url: str, *hosts: str) -> Any:
            part = {"type": "image_url", "image_url": {"url": url}}
            return read(user(part, text("?")), allowed=Allowed(frozenset(hosts))).request.pages[0]

        assert fetch(f"http://{host}/a.png", host).image.getpixel((0, 0)) == (0, 0, 255)
        with pytest.raises(Trouble, match="does not fetch"):
            fetch(f"http://{host}/a.png", "127.0.0.1")
        with pytest.raises(Trouble, match="does not fetch"):
            fetch(f"http://me@{host}/a.png", host)
        with pytest.raises(Exception, match="redirects"):
            fetch(f"http://{host}/away", host)
        files.shutdown()


# -- the queue


def test_a_full_queue_turns_away_and_our_client_comes_again() -> None:
    engine = EchoEngine()
    engine.gate.clear()
    with served(engine, Rules(queue=1)) as url, ThreadPoolExecutor(3) as pool:
        first = pool.submit(post, url, {"messages": [user(text("one two three"))]})
        assert engine.begun.wait(10)
        second = pool.submit(post, url, {"messages": [user(text("four"))]})
        assert until(lambda: b"internvl_waiting 1.0" in httpx.get(f"{url}/metrics").content)
        third = post(url)
        assert third.status_code == 429 and third.json()["error"]["code"] == "queue_full"
        assert int(third.headers["retry-after"]) >= 1
        last = pool.submit(answer, EndpointEngine(url, patience=QUICK), Request([], "five"))
        turned_away = b'internvl_requests_total{status="429"} 2.0'
        assert until(lambda: turned_away in httpx.get(f"{url}/metrics").content)
        engine.gate.set()
        texts = [f.result().json()["choices"][0]["message"]["content"] for f in (first, second)]
        assert texts == ["one two three", "four"] and last.result().text == "five"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_stops_its_generation(stream: bool) -> None:
    engine = EchoEngine(pause=0.05)
    with served(engine) as url:
        body = {"messages": [user(text("word " * 1000))], "stream": stream}
        data = json.dumps(body).encode()
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n"
            client.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + data)
            assert engine.begun.wait(5)
            if stream:
                assert b"200 OK" in client.recv(1000)
        assert engine.stopped.wait(5)
        assert post(url).json()["choices"][0]["message"]["content"] == "hello"
        assert until(lambda: b"internvl_hung_up_total 1.0" in httpx.get(f"{url}/metrics").content)


def test_a_client_that_hangs_up_in_the_queue_is_never_answered() -> None:
    engine = EchoEngine()
    engine.gate.clear()
    with served(engine) as url, ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, url, {"messages": [user(text("first"))]})
        assert engine.begun.wait(10)
        late = {"messages": [user(text("late"))], "stream": True}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/chat/completions", json=late, timeout=1)
        assert until(lambda: b"internvl_hung_up_total 1.0" in httpx.get(f"{url}/metrics").content)
        engine.gate.set()
        assert first.result().status_code == 200 and post(url).status_code == 200
    assert [request.question for request in engine.history] == ["first", "hello"]


def test_32_clients_each_get_their_own_text() -> None:
    engine = EchoEngine(pause=0.001)
    with served(engine) as url:
        remote = EndpointEngine(url, patience=QUICK)
        barrier = threading.Barrier(32)

        def client(number: int) -> list[bool]:
            barrier.wait(10)
            questions = [f"question {number} of round {turn} is {'x ' * number}end" for turn in range(3)]
            return [answer(remote, Request([page(number)], question)).text == question for question in questions]

        with ThreadPoolExecutor(32) as pool:
            results = list(pool.map(client, range(1, 33)))
    assert results == [[True] * 3] * 32
    # First come, first served: nobody is passed by somebody else's third question for long.
    rounds = [int(re.findall(r"round (\d)", request.question)[0]) for request in engine.history]
    assert len(rounds) == 96 and max(i for i, turn in enumerate(rounds) if turn == 0) < 64


def test_micro_batches() -> None:
    engine = BatchEngine()
    with served(engine, Rules(batch=4)) as url, ThreadPoolExecutor(8) as pool:
        questions = [f"question {number}" for number in range(7)]
        first = pool.submit(post, url, {"messages": [user(text("first"))]})
        assert until(lambda: b"internvl_running 1.0" in httpx.get(f"{url}/metrics").content)
        futures = [pool.submit(post, url, {"messages": [user(text(q))]}) for q in questions]
        assert until(lambda: b"internvl_waiting 7.0" in httpx.get(f"{url}/metrics").content)
        engine.gate.set()
        assert [f.result().json()["choices"][0]["message"]["content"] for f in futures] == questions
        assert first.result().status_code == 200
    assert engine.sizes == [4, 3]


def test_one_that_fails_does_not_take_its_batch_along() -> None:
    engine = BatchEngine()
    with served(engine, Rules(batch=4)) as url, ThreadPoolExecutor(8) as pool:
        pool.submit(post, url, {"messages": [user(text("first"))]})
        assert until(lambda: b"internvl_running 1.0" in httpx.get(f"{url}/metrics").content)
        futures = [pool.submit(post, url, {"messages": [user(text(q))]}) for q in ("good", "poison", "fine")]
        assert until(lambda: b"internvl_waiting 3.0" in httpx.get(f"{url}/metrics").content)
        engine.gate.set()
        assert [f.result().status_code for f in futures] == [200, 400, 200]
    assert engine.sizes == [3]


# -- failures of the engine


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (UsageError("no such thing"), 400, "no such thing"),
        (MemoryShortageError("out of memory", "fewer tiles"), 503, "fewer tiles"),
        (RuntimeError("secret of another client"), 500, "RuntimeError"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_errors_of_the_engine(error: Exception, status: int, word: str, stream: bool) -> None:
    engine = FakeEngine(default="ok")
    engine.enqueue(error)
    with served(engine) as url:
        failed = post(url, {"messages": [user(text("?"))], "stream": stream})
        assert failed.status_code == status and word in failed.json()["error"]["message"]
        assert "secret" not in failed.text
        assert post(url).status_code == 200


def test_an_error_half_way_is_an_event_and_no_whole_answer() -> None:
    class Breaking(FakeEngine):
        def stream(self, request: Request) -> Generator[str, None, Answer]:
            yield "The total "
            raise MemoryShortageError("out of memory")

    with served(Breaking()) as url:
        pieces = EndpointEngine(url, patience=QUICK).stream(Request([], "?"))
        assert next(pieces) == "The total "
        with pytest.raises(EndpointError, match="stopped half way, after 10 characters: out of memory"):
            next(pieces)


def test_metrics() -> None:
    with served(EchoEngine()) as url:
        post(url)
        post(url, {"messages": []})
        counted = httpx.get(f"{url}/metrics").text
    for line in (
        'internvl_requests_total{status="200"} 1.0', 'internvl_requests_total{status="400"} 1.0',
        'internvl_tokens_total{kind="prompt"} 3.0', 'internvl_tokens_total{kind="completion"} 1.0',
        "internvl_request_seconds_count 1.0", "internvl_wait_seconds_count 1.0", "internvl_batch_requests_count 1.0",
    ):  # fmt: skip
        assert line in counted


_watching = threading.Event()
_written: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watching.is_set():
        path, _, flags = arguments
        if flags is not None and flags & (os.O_WRONLY | os.O_RDWR) and "__pycache__" not in str(path):
            _written.append(str(path))


def test_nothing_is_written_to_disk() -> None:
    sys.addaudithook(_watch)
    part = {"type": "file", "file": {"file_data": url_of(pdf("page"), "application/pdf")}}

    class Looking(FakeEngine):
        def stream(self, request: Request) -> Generator[str, None, Answer]:
            for one in request.pages:
                one.image.load()
            return (yield from super().stream(request))

    with served(Looking(default="ok")) as url:
        _watching.set()
        try:
            assert post(url, {"messages": [user(image(), part, text("?"))]}).status_code == 200
        finally:
            _watching.clear()
    assert _written == []


# -- the command


def test_serve_and_ask_from_the_command_line(png: Path) -> None:
    spec = json.dumps({"replies": [{"answer": {"text": "42", "confidence": 0.5}}]})
    command = [sys.executable, str(DRIVER), spec, "serve", "--port", "0"]
    environment = clean_environment(INTERNVL_CONFIG="")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as server:
        assert server.stderr is not None and server.stdout is not None
        said = []
        for line in server.stderr:
            said.append(line.decode())
            if found := re.search(r"INTERNVL_ENDPOINT=(\S+)", said[-1]):
                break
        assert found, said
        ask = [sys.executable, "-m", "internvl_cli", "ask", "What?", str(png), "--json"]
        environment["INTERNVL_ENDPOINT"] = found[1]
        done = subprocess.run(ask, capture_output=True, env=environment, timeout=60)
        record = json.loads(done.stdout)
        assert (record["answer"], record["engine"], record["confidence"]) == ("42", "endpoint", 0.5), done.stderr
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 143
        assert server.stdout.read() == b""


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot listen on"):
            bind("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="no address of this machine"):
        bind("no.such.host.invalid", 0)
