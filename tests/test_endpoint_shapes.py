"""Endpoints whose answers come in shapes of their own, that send one elsewhere, and what messages show of a URL."""

from __future__ import annotations

import json
from typing import Any

import misbehaving_server as srv
import pytest

from internvl_cli.engines.base import Answer, Request, answer
from internvl_cli.engines.endpoint import EndpointEngine, Patience
from internvl_cli.engines.endpoint.address import shown_url
from internvl_cli.engines.endpoint.wire import EventDecoder, Unfinished, content_text
from internvl_cli.errors import EndpointError

QUICK = Patience(silence=1.0, deadline=30.0, base=0.01)
PARTS = [{"type": "text", "text": "It is "}, {"type": "image"}, {"type": "text", "text": "42."}]


def ask(url: str, model: str | None = "model-1") -> Answer:
    engine = EndpointEngine(url, model=model, patience=QUICK)
    try:
        return answer(engine, Request([], "Total?"))
    finally:
        engine.close()


def fails(step: srv.Step, **settings: Any) -> EndpointError:
    with srv.serving(step, **settings) as server, pytest.raises(EndpointError) as caught:
        ask(server.url, settings.get("model"))
    return caught.value


def completion(content: Any) -> dict[str, Any]:
    return {"model": "model-1", "choices": [{"message": {"content": content}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    "step",
    [
        srv.events(srv.delta(PARTS), srv.delta(finish="stop")),  # type: ignore[arg-type]
        srv.give_json(200, completion(PARTS)),
        srv.raw(json.dumps(completion("It is 42.")).encode(), "text/plain"),  # what it is called does not matter
        srv.raw(b"\n" + json.dumps(completion("It is 42.")).encode(), "text/event-stream"),
        srv.raw(
            b'\xef\xbb\xbfdata: {"choices":[{"delta":{"content":"It is 42."},"finish_reason":"stop"}]}\n\n',
            "text/plain",
        ),
    ],
)
def test_an_answer_in_another_shape_is_the_answer(step: srv.Step) -> None:
    with srv.serving(step) as server:
        assert ask(server.url).text == "It is 42."


@pytest.mark.parametrize("content", [42, {"text": "It is 42."}, [42], [{"text": 42}]])
def test_what_is_no_text_is_no_answer(content: Any) -> None:
    if not isinstance(content, dict):
        with pytest.raises(Unfinished, match="not text"):
            content_text(content)
    step = srv.events(srv.delta(content), srv.delta(finish="stop"))
    if not isinstance(content, dict):
        assert "not text" in fails(step).message


def test_a_web_page_in_place_of_the_list_of_models() -> None:
    error = fails(srv.answer("ok"), models=srv.page(200, "<!doctype html><title>Sign in</title>"))
    assert "sent a web page" in error.message and "--endpoint" in error.hint
    with srv.serving(srv.answer("ok"), models=srv.page(200, "<html>app</html>")) as server:
        assert ask(server.url, "mine").text == "ok"  # who names the model needs no list


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_pages_do_not_follow_a_redirect(status: int) -> None:
    with srv.serving(srv.answer("ok")) as other:
        where = f"{other.url}/v1/chat/completions?token=SECRET"
        error = fails(srv.give_json(status, {}, {"location": where}))
        assert not other.bodies
    assert f"redirects to {other.url}" in error.message and f"({status})" in error.message
    assert "--endpoint" in error.hint and "SECRET" not in error.message


def test_a_key_in_the_query_is_sent_and_never_shown() -> None:
    seen = []

    def look(handler: srv.Handler, body: dict[str, Any]) -> None:
        seen.append(handler.path)
        srv.refuse(500, "boom")(handler, body)

    with srv.serving(look) as server, pytest.raises(EndpointError) as caught:
        ask(f"{server.url}/v1?api_key=SECRET")
    assert seen and all("api_key=SECRET" in path for path in seen)
    assert "SECRET" not in str(caught.value) and "/v1?…" in caught.value.message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h:1/v1", "http://h:1/v1"),
        ("http://h/v1?key=S", "http://h/v1?…"),
        ("https://me:S@h/v1", "https://h/v1"),
        ("http://[S", "another address"),
    ],
)
def test_a_shown_address_keeps_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_a_long_line_may_come_in_very_many_chunks() -> None:
    decoder, found = EventDecoder(), []  # joining anew for each chunk would copy 200 GB here
    for _ in range(200_000):
        found += decoder.feed(b"data: 0123" if not found and not decoder._parts else b"0123456789")
    found += decoder.feed(b"\r")
    found += decoder.feed(b"\n\r\n")
    (event,) = found
    assert event.startswith("01230123456789") and len(event) == 4 + 10 * 199_999


@pytest.mark.parametrize("line", [b"x" * 1000, b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_has_a_largest_size(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("internvl_cli.engines.endpoint.wire._MOST", 100_000)
    decoder = EventDecoder()
    with pytest.raises(Unfinished, match="more than 32 MiB"):
        for _ in range(200):
            decoder.feed(line)
