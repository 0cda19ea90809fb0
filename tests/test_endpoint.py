"""The endpoint engine against a server that misbehaves in every way the documentation names."""

from __future__ import annotations

import base64
import io
import pickle
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import misbehaving_server as srv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_cli.documents.page import Page, Word
from internvl_cli.engines.base import Answer, AnswerStream, Engine, Options, PageRef, Request, Usage, answer
from internvl_cli.engines.endpoint import EndpointEngine, Patience
from internvl_cli.engines.endpoint.address import base_url
from internvl_cli.engines.endpoint.picture import fit
from internvl_cli.engines.endpoint.retry import Tries, retry_after
from internvl_cli.engines.endpoint.served import choose_model
from internvl_cli.engines.endpoint.wire import EventDecoder
from internvl_cli.engines.local import DESCRIBE
from internvl_cli.errors import ConfigurationError, EndpointError, UsageError
from internvl_cli.model.chat import SHORT_ANSWER, TEMPLATES
from internvl_cli.model.tiling import choose_grid

QUICK = Patience(silence=1.0, deadline=30.0, base=0.01)


def page(number: int = 1, *, size: tuple[int, int] = (900, 500), text: str = "", noise: bool = False) -> Page:
    words = tuple(Word(word, (10.0 * i, 5.0, 10.0 * i + 8, 15.0)) for i, word in enumerate(text.split()))

    def render() -> Image.Image:
        return Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, (number, 9, 9))

    return Page("a.pdf", "digest", number, *size, words, render)


def ask(server: srv.Server, request: Request | None = None, **settings: Any) -> Answer:
    engine = EndpointEngine(server.url, patience=settings.pop("patience", QUICK), **settings)
    try:
        return answer(engine, request or Request([page()], "Total?"))
    finally:
        engine.close()


def fails(*steps: srv.Step, models: Any = (("model-1", "somebody"),), **settings: Any) -> tuple[EndpointError, int]:
    """The error, and how often the server was asked."""
    with srv.serving(*steps, models=models) as server:
        with pytest.raises(EndpointError) as caught:
            ask(server, **settings)
        assert caught.value.exit_code == 11
        assert server.url.partition("//")[2] in caught.value.message or "model-1" in caught.value.message
        return caught.value, len(server.bodies)


# -- what travels


def test_the_request_and_the_answer() -> None:
    with srv.serving(srv.answer("The total ", "is 42.")) as server:
        engine = EndpointEngine(server.url, patience=QUICK)
        stream = AnswerStream(engine.stream(Request([page(text="the total is 42")], "What is the total?")))
        assert list(stream) == ["The total ", "is 42."]
        result = stream.finish()
    assert isinstance(engine, Engine)
    assert (result.text, result.model, result.engine, engine.model) == (
        "The total is 42.",
        "model-1",
        "endpoint",
        "model-1",
    )
    assert (result.usage, result.finish_reason, result.warnings) == (Usage(7, 2), "stop", [])
    assert result.pages == [PageRef("a.pdf", 1, 0)]  # nobody knows what this server makes of a page
    assert set(result.seconds) == {"prepare", "first_token", "total"}
    (body,) = server.bodies
    assert body["stream"] is True and body["stream_options"] == {"include_usage": True}
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("model-1", 1024, 0.0)
    assert not {"seed", "top_p", "repetition_penalty", "internvl", "mm_processor_kwargs"} & set(body)
    (message,) = body["messages"]
    image, text = message["content"]
    assert text == {"type": "text", "text": "What is the total?"}
    assert set(image["image_url"]) == {"url"}
    assert opened(image).size == (896, 498)  # two tiles' worth


def opened(part: dict[str, Any]) -> Image.Image:
    head, _, data = part["image_url"]["url"].partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert head == f"data:image/{image.format.lower()};base64"  # type: ignore[union-attr]
    return image


def test_the_answer_stands_in_the_document() -> None:
    with srv.serving(srv.answer("42")) as server:
        result = ask(server, Request([page(text="total 42 EUR")], "Total?"))
    assert [e.text for e in result.evidence] == ["42"]


def test_several_pages_are_numbered_and_a_talk_begins_with_them() -> None:
    history = (("What is this?", "An invoice."),)
    with srv.serving(srv.answer("ok")) as server:
        ask(server, Request([page(1), page(2)], "And the total?", history=history))
    first, reply, last = server.bodies[0]["messages"]
    kinds = [part.get("text", "image") for part in first["content"]]
    assert kinds == ["Image-1: ", "image", "Image-2: ", "image", "What is this?"]
    assert [opened(part).getpixel((0, 0)) for part in first["content"][1::2]] == [(1, 9, 9), (2, 9, 9)]
    assert reply == {"role": "assistant", "content": "An invoice."}
    assert last == {"role": "user", "content": "And the total?"}


def test_options_travel() -> None:
    options = Options(max_new_tokens=5, temperature=0.5, top_p=0.9, seed=3, repetition_penalty=1.2, short=True)
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    with srv.serving(srv.answer("ok")) as server:
        ask(server, Request([], "Total?", replace(options, response_format=wanted)))
        ask(server, Request([], "", Options(format="markdown"), task="describe"))
    body, described = server.bodies
    assert {k: body[k] for k in ("max_tokens", "temperature", "top_p", "seed", "repetition_penalty")} == {
        "max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "seed": 3, "repetition_penalty": 1.2,
    }  # fmt: skip
    assert body["response_format"] == wanted
    assert body["messages"] == [{"role": "user", "content": f"Total? {SHORT_ANSWER}"}]
    assert described["messages"][0]["content"] == DESCRIBE["markdown"]


@pytest.mark.parametrize(
    ("owner", "expected"), [("lmdeploy", "image"), ("vllm", "kwargs"), ("openai", None), ("", None)]
)
def test_tiles_travel_where_the_server_takes_them(owner: str, expected: str | None) -> None:
    with srv.serving(srv.answer("ok"), models=[("InternVL2-8B", owner)]) as server:
        result = ask(server, Request([page()], "Total?", Options(max_tiles=6)))
    body = server.bodies[0]
    parts = body["messages"][-1]["content"]
    assert parts[0]["image_url"].get("max_dynamic_patch") == (6 if expected == "image" else None)
    assert body.get("mm_processor_kwargs") == ({"max_dynamic_patch": 6} if expected == "kwargs" else None)
    # These two leave the system message of the training out, the others do as they like.
    assert [m["content"] for m in body["messages"][:-1]] == ([TEMPLATES["internlm2-chat"].system] if expected else [])
    assert result.pages == [PageRef("a.pdf", 1, 3)]
    assert any("--max-tiles" in warning for warning in result.warnings) == (expected is None)


def test_the_system_message_is_a_choice() -> None:
    with srv.serving(srv.answer("ok"), models=[("InternVL2-8B", "lmdeploy")]) as server:
        ask(server, system="none")
        ask(server, system="Be brief.")
    assert [m["role"] for m in server.bodies[0]["messages"]] == ["user"]
    assert server.bodies[1]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_page_travels_no_larger_than_its_tiles() -> None:
    with srv.serving(srv.answer("ok")) as server:
        ask(server, Request([page(size=(4000, 2000))], "Total?", Options(max_tiles=2)))
        ask(server, Request([page(size=(1500, 1500), noise=True)], "Total?", Options(max_tiles=40)))
    small, photo = (opened(body["messages"][0]["content"][0]) for body in server.bodies)
    assert small.size == (896, 448) and small.format == "PNG"
    assert photo.size == (1500, 1500) and photo.format == "JPEG"


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6000), st.integers(1, 6000), st.integers(1, 40))
def test_a_smaller_picture_keeps_its_grid(width: int, height: int, most: int) -> None:
    cols, rows = choose_grid(width, height, max_tiles=most)
    wide, high = fit(width, height, most)
    assert choose_grid(wide, high, max_tiles=most) == (cols, rows)
    assert wide <= width and high <= height
    assert wide >= min(width, cols * 448) - 1 and high >= min(height, rows * 448) - 1


def test_pages_are_rendered_once_for_several_questions() -> None:
    renders = []
    one = page()
    inner = one.render

    def render() -> Image.Image:
        renders.append(1)
        return inner()

    one.render = render
    with srv.serving(srv.answer("ok")) as server:
        engine = EndpointEngine(server.url, patience=QUICK)
        for _ in range(3):
            answer(engine, Request([one], "Total?"))
    assert len(renders) == 1 and server.listed == 1 and len(server.bodies) == 3


# -- which model


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, "/models/OpenGVLab/InternVL2-2B"),
        ("2B", "/models/OpenGVLab/InternVL2-2B"),
        ("8b", "InternVL2-8B"),
        ("reader", "internvl-reader-1"),
        ("gpt-x", "gpt-x"),
    ],
)
def test_names_of_ours_find_the_servers_ids(wanted: str | None, found: str) -> None:
    listed = [("/models/OpenGVLab/InternVL2-2B", ""), ("InternVL2-8B", ""), ("internvl-reader-1", "internvl-cli")]
    served = choose_model(listed, wanted)
    assert served is not None and served.model == found
    assert ("3 models" in served.note) == (wanted is None)


def test_a_named_model_needs_no_list() -> None:
    with srv.serving(srv.answer("ok"), models=srv.refuse(404, "Not Found")) as server:
        assert ask(server, model="mine").text == "ok"
        assert server.bodies[0]["model"] == "mine"
        with pytest.raises(EndpointError, match="no list of models") as caught:
            ask(server)
        assert "/v1" in caught.value.hint


def test_a_server_without_models() -> None:
    error, asked = fails(srv.answer("ok"), models=[])
    assert "lists no model" in error.message and "--model" in error.hint and asked == 0


def test_a_list_behind_a_key() -> None:
    error, _ = fails(srv.answer("ok"), models=srv.refuse(401, "no"), model="mine")
    assert "wants an API key" in error.message


# -- what the server refuses and can be left out


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("message", "field", "models"),
    [
        ("Unsupported fields in the request: {'stream_options'}", "stream_options", [("m", "x")]),
        ("mm_processor_kwargs: extra fields not permitted", "mm_processor_kwargs", [("m-internvl", "vllm")]),
        ("Unsupported parameter: 'temperature'", "temperature", [("m", "x")]),
        ("bad request", "stream_options", [("m", "x")]),
    ],
)
def test_a_refused_field_is_left_out_from_then_on(status: int, message: str, field: str, models: Any) -> None:
    with srv.serving(srv.refuse(status, message), srv.answer("ok"), models=models) as server:
        engine = EndpointEngine(server.url, patience=QUICK)
        assert answer(engine, Request([page()], "Total?")).text == "ok"
        assert answer(engine, Request([page()], "Date?")).text == "ok"
    assert [field in body for body in server.bodies] == [True, False, False]


def test_tiles_are_left_out_of_the_images() -> None:
    refusal = srv.refuse(422, "Extra inputs are not permitted: max_dynamic_patch")
    with srv.serving(refusal, srv.answer("ok"), models=[("InternVL2-8B", "lmdeploy")]) as server:
        result = ask(server, Request([page()], "Total?", Options(max_tiles=4)))
    images = [body["messages"][-1]["content"][0]["image_url"] for body in server.bodies]
    assert [set(image) for image in images] == [{"url", "max_dynamic_patch"}, {"url"}]
    assert any("--max-tiles" in warning for warning in result.warnings)


def test_max_tokens_has_a_new_name() -> None:
    refusal = srv.refuse(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with srv.serving(refusal, srv.answer("ok")) as server:
        ask(server)
    assert "max_tokens" not in server.bodies[1] and server.bodies[1]["max_completion_tokens"] == 1024


def test_what_the_user_asked_for_is_never_left_out() -> None:
    wanted = Request([], "Total?", Options(response_format={"type": "json_object"}))
    refusal = srv.refuse(400, "response_format is not supported")
    with srv.serving(refusal) as server, pytest.raises(EndpointError, match="response_format is not supported"):
        ask(server, wanted)
    assert all("response_format" in body for body in server.bodies) and len(server.bodies) == 2


def test_a_failed_way_round_is_not_remembered() -> None:
    with srv.serving(srv.refuse(400, "no"), srv.refuse(400, "no"), srv.answer("ok")) as server:
        engine = EndpointEngine(server.url, patience=QUICK)
        with pytest.raises(EndpointError, match="refused the request"):
            answer(engine, Request([], "Total?"))
        answer(engine, Request([], "Total?"))
    assert ["stream_options" in body for body in server.bodies] == [True, False, True]


# -- failures: a line of its own for each, and another try only where that helps

STATUSES: dict[str, tuple[srv.Step, str, str, bool, int]] = {
    "401": (srv.refuse(401, "Incorrect key"), "wants an API key (401): Incorrect key", "INTERNVL_API_KEY", False, 1),
    "403": (srv.refuse(403, "region"), "forbids this (403): region", "key", False, 1),
    "404 model": (srv.refuse(404, "The model `x` does not exist"), "has no model 'model-1' (404)", "--model", False, 1),
    "404 path": (srv.page(404, "<h1>Not Found</h1>"), "has no chat completions (404): Not Found", "/v1", False, 1),
    "405": (srv.give_json(405, {"detail": "Method Not Allowed"}), "has no chat completions (405)", "/v1", False, 1),
    "413": (srv.page(413, "<p>Too Large</p>"), "pages are too large", "--max-tiles", False, 1),
    "400 tokens": (
        srv.refuse(400, "This model's maximum context length is 8192 tokens, you requested 9000"),
        "too long for model-1 (400)", "--pages", False, 1,
    ),
    "422 tokens": (srv.give_json(422, {"detail": "input is too long: session_len 1"}), "too long", "--pages", False, 1),
    "400 images": (srv.refuse(400, "At most 1 image(s) may be provided"), "fewer images", "--pages", False, 1),
    "400 blind": (srv.refuse(400, "x is not a multimodal model"), "cannot see images", "--model", False, 1),
    "400 other": (srv.refuse(400, "no such luck"), "refused the request (400): no such luck", "", False, 2),
    "429": (srv.refuse(429, "slow down"), "too much to do (429): slow down", "later", True, 4),
    "429 quota": (srv.refuse(429, "insufficient_quota: pay"), "no quota left", "provider", False, 1),
    "500": (srv.refuse(500, "boom"), "failed (500): boom", "log", True, 4),
    "502": (srv.page(502, "<title>502</title> Bad gateway"), "failed (502): 502 Bad gateway", "log", True, 4),
    "503": (srv.refuse(503, "loading"), "failed (503): loading", "log", True, 4),
    "501": (srv.refuse(501, "never"), "failed (501): never", "", False, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", STATUSES)
def test_statuses(case: str) -> None:
    step, message, hint, retryable, asked = STATUSES[case]
    error, times = fails(step)
    assert message in error.message and hint in error.hint
    assert (error.retryable, times) == (retryable, asked)
    assert "\n" not in error.message


BROKEN: dict[str, tuple[srv.Step, str, bool, int]] = {
    "dropped": (srv.drop(), "broke the connection off", True, 4),
    "cut at once": (srv.cut(), "broke the connection off", True, 4),
    "cut": (srv.cut("The total is 4"), "stopped half way, after 14 characters", True, 1),
    "reset": (srv.cut("The total is 4", reset=True), "stopped half way, after 14 characters", True, 1),
    "no finish": (srv.events(srv.delta("4")), "stopped half way, after 1 characters", True, 1),
    "no finish, no end": (srv.events(srv.delta("4"), done=False), "stopped half way", True, 1),
    "nothing": (srv.events(), "ended without an answer", True, 4),
    "silent": (srv.hang(), "accepted the request and never answered", True, 1),
    "silent half way": (srv.hang("The total"), "stopped half way, after 9 characters", True, 1),
    "error in the stream": (srv.events({"error": {"message": "boom", "code": 500}}), "failed (500): boom", True, 4),
    "error half way": (
        srv.events(srv.delta("4"), {"error": {"message": "boom"}}),
        "stopped half way, after 1 characters: boom", True, 1,
    ),
    "not json": (srv.raw(b"data: {nonsense\n\n"), "not JSON", True, 4),
    "html": (srv.raw(b"<html>Welcome</html>", "text/html"), "sent a web page, not an answer", False, 1),
    "filtered": (srv.events(srv.delta("4"), srv.delta(finish="content_filter")), "content filter", False, 1),
    "aborted": (srv.events(srv.delta("4"), srv.delta(finish="abort")), "it ended with 'abort'", False, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_answers(case: str) -> None:
    step, message, retryable, asked = BROKEN[case]
    error, times = fails(step)
    assert message in error.message and error.hint
    assert (error.retryable, times) == (retryable, asked)


def test_an_endless_trickle_meets_the_deadline_and_is_hung_up_on() -> None:
    with srv.serving(srv.trickle()) as server:
        started = time.monotonic()
        with pytest.raises(EndpointError, match=r"no whole answer within 0.6 s") as caught:
            ask(server, patience=replace(QUICK, deadline=0.6))
        assert time.monotonic() - started < 3 and caught.value.retryable
        assert server.hung_up.wait(5)


def test_a_cut_answer_is_no_answer_but_a_limit_is_one() -> None:
    with srv.serving(srv.answer("as far as it goes", finish="length")) as server:
        assert ask(server).finish_reason == "length"


def test_a_server_that_does_not_stream() -> None:
    choice = {"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 1}
    with srv.serving(srv.give_json(200, {"model": "model-1", "choices": [choice], "usage": usage})) as server:
        result = ask(server)
    assert (result.text, result.usage) == ("whole", Usage(3, 1))


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointError, match="connection refused") as caught:
        answer(EndpointEngine(f"http://127.0.0.1:{port}", patience=QUICK), Request([], "Total?"))
    assert caught.value.retryable and "internvl serve" in caught.value.hint


def test_no_such_host() -> None:
    with pytest.raises(EndpointError, match="no such host"):
        answer(EndpointEngine("http://nowhere.invalid", patience=QUICK), Request([], "Total?"))


def test_tls(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-keyout", cert, "-out", tmp_path / "c"], check=True, capture_output=True)
    cert.write_bytes(cert.read_bytes() + (tmp_path / "c").read_bytes())
    with srv.serving(srv.answer("ok"), cert=cert) as server:
        with pytest.raises(EndpointError, match="certificate is not accepted") as caught:
            ask(server)
        assert "SSL_CERT_FILE" in caught.value.hint and not caught.value.retryable
    with srv.serving(srv.answer("ok")) as server:
        with pytest.raises(EndpointError, match="no TLS there") as caught:
            answer(EndpointEngine(server.url.replace("http", "https"), patience=QUICK), Request([], "Total?"))
        assert "--endpoint http://127.0.0.1" in caught.value.hint


# -- tries


def test_another_try_after_the_time_the_server_asks_for() -> None:
    slow = srv.refuse(429, "slow down", {"Retry-After": "0.3"})
    with srv.serving(slow, srv.refuse(503, "later"), srv.drop(), srv.answer("ok")) as server:
        assert ask(server).text == "ok"
    assert server.times[1] - server.times[0] >= 0.3 and len(server.times) == 4


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    error, asked = fails(srv.refuse(429, "slow down", {"Retry-After": "3600"}))
    assert asked == 1 and error.retryable


def test_waiting_doubles_with_jitter_and_has_an_end() -> None:
    waits: list[float] = []
    for draw in (0.0, 1.0):
        tries = Tries(Patience(attempts=8, base=1, longest=10), sleep=waits.append, draw=lambda d=draw: d)
        assert [tries.wait(None) for _ in range(8)] == [True] * 7 + [False]
    assert waits == [0.5, 1, 2, 4, 5, 5, 5, 1, 2, 4, 8, 10, 10, 10]


def test_retry_after() -> None:
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, now=1445412470) == 10
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None
    assert retry_after({"retry-after": "-3"}) is None


def test_an_answer_that_nobody_waits_for_is_hung_up_on() -> None:
    with srv.serving(srv.endless()) as server:
        stream = AnswerStream(EndpointEngine(server.url, patience=QUICK).stream(Request([], "Total?")))
        assert next(iter(stream)) == "and "
        stream.close()
        assert server.hung_up.wait(5)


# -- secrets, addresses


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-somebody-else")
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    with srv.serving(srv.refuse(401, "Incorrect API key provided: s3cret-key")) as server:
        with pytest.raises(EndpointError, match=r"does not accept the API key \(401\)") as caught:
            ask(server, key="s3cret-key")
        assert "s3cret" not in caught.value.message and "***" in caught.value.message
        with pytest.raises(EndpointError):
            ask(server)
    first, second = server.headers
    assert first["authorization"] == "Bearer s3cret-key" and second["authorization"] is None
    assert first["openai-organization"] is None
    with pytest.raises(ConfigurationError, match="not an API key"):
        EndpointEngine("http://a", key="two words")


@pytest.mark.parametrize("stray", [None, "", "sk-for-somebody-else"])
def test_without_any_key_nothing_is_sent(configured: Any, monkeypatch: pytest.MonkeyPatch, stray: str | None) -> None:
    """The openai package wants a key, and takes one from variables of its own; servers on one's desk want none."""
    from internvl_cli.engines.select import ModelChoice, select_engine

    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False) if stray is None else monkeypatch.setenv(name, stray)
    listed: list[str | None] = []

    def models(handler: srv.Handler, _: dict[str, Any]) -> None:
        listed.append(handler.headers["authorization"])
        srv.give_json(200, {"data": [{"id": "model-1"}]})(handler, {})

    with srv.serving(srv.answer("42"), models=models) as server:
        engine = select_engine(ModelChoice(endpoint=server.url), Options()).engine
        assert answer(engine, Request([], "Total?")).text == "42"
    assert listed == [None] and [one["authorization"] for one in server.headers] == [None]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("https://h/v1/", "https://h/v1"),
        ("https://h/openai/v1/chat/completions", "https://h/openai/v1"),
        ("http://[::1]:9/api", "http://[::1]:9/api"),
    ],
)
def test_addresses(written: str, url: str) -> None:
    assert base_url(written) == url


@pytest.mark.parametrize(
    "written", ["localhost:8080", "ftp://h", "http://", "http://h:port", "http://a b", "", "file:///x"]
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(UsageError, match="--endpoint"):
        base_url(written)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(UsageError, match="password") as caught:
        base_url("https://me:hunter2@h/v1")
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_errors_survive_the_trip_between_processes() -> None:
    error, _ = fails(srv.refuse(503, "loading"))
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.message, copy.hint, copy.retryable) == (error.message, error.hint, True)


# -- events


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 7), max_size=40), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_events_do_not_depend_on_how_the_bytes_come(sizes: list[int], end: bytes) -> None:
    lines = [
        b": hi",
        b"",
        b'data: {"a": "\xc3\xa9"}',
        b"id: 3",
        b"",
        b"data: one",
        b"data:two",
        b"",
        b"event: x",
        b"",
        b"",
    ]
    data = end.join(lines)
    decoder, found = EventDecoder(), []
    for size in [*sizes, len(data)]:
        found += decoder.feed(data[:size])
        data = data[size:]
    found += decoder.feed(b"\n\n")
    assert found == ['{"a": "é"}', "one\ntwo"]


# -- the configuration file


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("INTERNVL_CONFIG", "INTERNVL_ENDPOINT", "INTERNVL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def write(text: str) -> Path:
        (tmp_path / "internvl").mkdir(exist_ok=True)
        (tmp_path / "internvl" / "config.toml").write_text(text)
        return tmp_path / "internvl" / "config.toml"

    return write


def choice(model: str = "auto", endpoint: str | None = None) -> tuple[str, str | None]:
    from internvl_cli.cli.common import make_choice

    made = make_choice(model, "auto", "auto", None, False, endpoint)
    return made.model, made.endpoint


def test_options_win_over_the_environment_and_that_over_the_file(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choice() == ("auto", None)  # no file at all
    configured('endpoint = "http://file"\nmodel = "2B"\n')
    assert choice() == ("2B", "http://file")
    assert choice("8B", "http://option") == ("8B", "http://option")
    assert choice(endpoint="none") == ("2B", None)
    monkeypatch.setenv("INTERNVL_ENDPOINT", "http://environment")
    assert choice() == ("2B", "http://environment")
    assert choice("gpt-x") == ("gpt-x", "http://environment")  # what a server calls a model is its own affair
    with pytest.raises(UsageError, match="no model is called"):
        choice("gpt-x", "none")


def test_the_key_comes_from_the_environment_or_a_file(configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from internvl_cli.engines.select import ModelChoice, select_engine

    file = configured('api_key_file = "key"\nsystem_prompt = "Be brief."\n')
    (file.parent / "key").write_text("from-a-file\n")

    def header() -> str:
        with srv.serving(srv.answer("ok")) as server:
            answer(select_engine(ModelChoice(endpoint=server.url), Options()).engine, Request([], "Total?"))
        assert server.bodies[0]["messages"][0] == {"role": "system", "content": "Be brief."}
        return server.headers[0]["authorization"]

    assert header() == "Bearer from-a-file"
    monkeypatch.setenv("INTERNVL_API_KEY", "from-the-environment")
    assert header() == "Bearer from-the-environment"
    monkeypatch.delenv("INTERNVL_API_KEY")
    for damage in ("\n", None):
        (file.parent / "key").unlink() if damage is None else (file.parent / "key").write_text(damage)
        with pytest.raises(ConfigurationError, match="key") as caught:
            header()
        assert "config.toml" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('endpont = "x"', "unknown key 'endpont'", "Did you mean endpoint?"),
        ("endpoint = 3", "endpoint must be a string", ""),
        ("endpoint = ", "not TOML", "For example"),
        ('model = ""', "model must be a string", ""),
    ],
)
def test_a_bad_file_is_named(configured: Any, text: str, message: str, hint: str) -> None:
    file = configured(text)
    with pytest.raises(ConfigurationError) as caught:
        choice()
    assert str(file) in caught.value.message and message in caught.value.message and hint in caught.value.hint
    assert caught.value.exit_code == 9


def test_another_file(configured: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured('model = "2B"')
    (tmp_path / "other.toml").write_text('model = "8B"')
    monkeypatch.setenv("INTERNVL_CONFIG", str(tmp_path / "other.toml"))
    assert choice() == ("8B", None)
    monkeypatch.setenv("INTERNVL_CONFIG", "")
    assert choice() == ("auto", None)
    monkeypatch.setenv("INTERNVL_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(ConfigurationError, match="no such file"):
        choice()
