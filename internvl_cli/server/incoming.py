"""A body of ``/v1/chat/completions`` becomes a request for an engine, or an error that names the field to blame."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from internvl_cli.documents.page import Document, Page
from internvl_cli.engines.base import Options, Request
from internvl_cli.model.chat import IMAGE, TEMPLATES
from internvl_cli.server.images import Allowed, fetch_url, open_bytes, read_data_url
from internvl_cli.server.pages import take_pages
from internvl_cli.server.trouble import Trouble

__all__ = ["Asked", "read_request"]

_LABEL = re.compile(r"\s*Image-\d+:\s*")
"""What clients put in front of several images; the engine numbers them itself, in the same words."""

_DETAIL = {"low": 6, "medium": 12, "high": 24}
"""Tiles for OpenAI's ``detail``, as LMDeploy reads it."""

_SYSTEM = {template.system for template in TEMPLATES.values()}
_MANY = 1 << 20


@dataclass(slots=True)
class Asked:
    """A request, ready for the desk.

    Attributes:
        request: For the engine.
        stream: Whether the client wants events.
        with_usage: Whether it wants the tokens at their end.
        with_answer: Whether it is our own client, which gets evidence and all.
        close: Frees the documents.
    """

    request: Request
    stream: bool
    with_usage: bool
    with_answer: bool
    close: Callable[[], None] = field(default=lambda: None)


def read_request(body: Any, *, model: str, marks: bool, allowed: Allowed, default: Options) -> Asked:
    """Read a body; blocking, because images may be fetched.

    Args:
        body: As JSON gave it.
        model: The id that is served.
        marks: Whether the engine understands ``<image>`` marks in a question (InternVL2 does, the reader does not).
        allowed: What images may be.
        default: What holds where the body says nothing.

    Raises:
        Trouble: A field is missing, malformed, or asks for what cannot be done.
        InternVLError: An image cannot be opened.
    """
    if not isinstance(body, dict):
        raise Trouble(400, "the body is not a JSON object")
    wanted = body.get("model")
    if wanted is not None and wanted != model:
        raise Trouble(404, f"the model {wanted!r} is not served here, only {model!r}", "model_not_found", param="model")
    _refuse_unknown_wishes(body)
    ours = body.get("internvl")
    if ours is not None and not isinstance(ours, dict):
        raise _bad("internvl", "an object")
    talk = _Talk(allowed, _most_tiles(body, ours, default))
    with ExitStack() as stack:
        stack.callback(talk.close)
        talk.read(body.get("messages"))
        options = _options(body, ours or {}, default, talk.max_tiles)
        if ours is None:
            question, history, pages = talk.question(marks), talk.history(marks), talk.pages()
        else:
            question, history, pages = talk.plain_question(), talk.plain_history(), take_pages(ours, talk.pages())
        task = cast("Literal['ask', 'describe']", _one_of(ours or {}, "task", ("ask", "describe"), "ask"))
        if task == "ask" and not question.strip():
            raise Trouble(400, "the last message asks nothing", param="messages")
        streaming = _flag(body, "stream")
        usage = body.get("stream_options")
        with_usage = isinstance(usage, dict) and usage.get("include_usage") is True
        request = Request(pages, question, options, task, history)
        return Asked(request, streaming, with_usage, ours is not None, stack.pop_all().close)


class _Talk:
    """The messages: turns of text with places for images, and the documents that were opened for them."""

    def __init__(self, allowed: Allowed, max_tiles: int) -> None:
        self.max_tiles = max_tiles
        self._allowed = allowed
        self._documents: list[Document] = []
        self._system = ""
        # Of each turn: text, and None where an image of so many pages stands.
        self._turns: list[list[str | int]] = []
        self._replies: list[str] = []

    def close(self) -> None:
        for document in self._documents:
            document.close()

    def read(self, messages: Any) -> None:
        if not isinstance(messages, list) or not messages:
            raise _bad("messages", "a list with at least one message")
        for message in messages:
            role = message.get("role") if isinstance(message, dict) else None
            if role in ("system", "developer"):
                self._system = _only_text(message)
            elif role == "user" and len(self._turns) == len(self._replies):
                self._turns.append(self._parts(message.get("content")))
            elif role == "assistant" and len(self._turns) == len(self._replies) + 1:
                self._replies.append(_only_text(message))
            else:
                raise Trouble(400, "messages take turns: system, user, assistant, user, …", param="messages")
        if len(self._turns) != len(self._replies) + 1:
            raise Trouble(400, "the last message must be the user's", param="messages")

    def pages(self) -> list[Page]:
        return [page for document in self._documents for page in document.pages()]

    def plain_question(self) -> str:
        return _text(self._turns[-1])

    def plain_history(self) -> tuple[tuple[str, str], ...]:
        return tuple((_text(turn), reply) for turn, reply in zip(self._turns, self._replies, strict=False))

    def question(self, marks: bool) -> str:
        return self._marked()[-1] if marks else self.plain_question()

    def history(self, marks: bool) -> tuple[tuple[str, str], ...]:
        if not marks:
            return self.plain_history()
        return tuple(zip(self._marked(), self._replies, strict=False))

    def _marked(self) -> list[str]:
        """The turns' texts with ``<image>`` marks, unless all images lead the talk, where the engine puts them."""
        first = self._turns[0]
        images = sum(isinstance(part, int) for part in first)
        leading = all(isinstance(part, int) for part in first[:images])
        inside = any(isinstance(part, int) for turn in self._turns[1:] for part in turn)
        if leading and not inside:
            texts = [_text(turn) for turn in self._turns]
        else:
            texts = ["".join(f"{IMAGE}\n" * p if isinstance(p, int) else p for p in turn) for turn in self._turns]
        if self._system and self._system not in _SYSTEM:
            texts[0] = f"{self._system}\n\n{texts[0]}"
        return texts

    def _parts(self, content: Any) -> list[str | int]:
        if isinstance(content, str):
            return [content]
        if not isinstance(content, list):
            raise _bad("messages.content", "a string or a list of parts")
        found: list[str | int] = []
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "text" and isinstance(part.get("text"), str):
                found.append(part["text"])
            elif kind == "image_url":
                _drop_label(found)
                found.append(self._open(_url_of(part.get("image_url"))))
            elif kind == "file":
                found.append(self._open(_file_of(part.get("file"))))
            else:
                raise Trouble(400, f"a part of type {kind!r} is not understood", param="messages")
        return found

    def _open(self, url: str) -> int:
        is_data = url[:5].lower() == "data:"
        data = read_data_url(url) if is_data else fetch_url(url, self._allowed)
        name = f"image {len(self._documents) + 1}"
        document = open_bytes(data, name, self._allowed, self.max_tiles)
        self._documents.append(document)
        if sum(d.page_count for d in self._documents) > self._allowed.max_pages:
            raise Trouble(400, f"more than {self._allowed.max_pages} pages in one request", param="messages")
        return document.page_count


def _drop_label(found: list[str | int]) -> None:
    if found and isinstance(found[-1], str) and _LABEL.fullmatch(found[-1]):
        found.pop()


def _text(turn: list[str | int]) -> str:
    return "\n".join(part for part in turn if isinstance(part, str))


def _only_text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or ""
    texts = [p.get("text") for p in content if isinstance(p, dict)] if isinstance(content, list) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise Trouble(400, f"a message of role {message.get('role')!r} may hold text only", param="messages")
    return "\n".join(str(text) for text in texts)


def _url_of(value: Any) -> str:
    url = value.get("url") if isinstance(value, dict) else value
    if not isinstance(url, str):
        raise _bad("image_url.url", "a string")
    return url


def _file_of(value: Any) -> str:
    data = value.get("file_data") if isinstance(value, dict) else None
    if not isinstance(data, str):
        raise _bad("file.file_data", "a data URL")
    return data


def _refuse_unknown_wishes(body: Mapping[str, Any]) -> None:
    """Refuse what would change the answer and cannot be done; what would not is passed over."""
    if body.get("n") not in (None, 1):
        raise Trouble(400, "only one answer is given: n must be 1", "unsupported_parameter", param="n")
    for name in ("tools", "functions", "logprobs", "stop", "logit_bias", "presence_penalty", "frequency_penalty"):
        if body.get(name):
            raise Trouble(400, f"{name!r} is not supported", "unsupported_parameter", param=name)
    wanted = body.get("response_format")
    if wanted is not None and (not isinstance(wanted, dict) or wanted.get("type") != "text"):
        message = "response_format is not supported: answers are text"
        raise Trouble(400, message, "unsupported_parameter", param="response_format")


def _most_tiles(body: Mapping[str, Any], ours: Any, default: Options) -> int:
    """What the images say with ``max_dynamic_patch`` or ``detail``; the largest, as one number holds for all pages."""
    if ours is not None:
        return int(_number(ours, "max_tiles", default.max_tiles, 1, 40))
    found = []
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else []:
            image = part.get("image_url") if isinstance(part, dict) else None
            if isinstance(image, dict):
                if image.get("max_dynamic_patch") is not None:
                    found.append(int(_number(image, "max_dynamic_patch", 0, 1, 40)))
                elif (detail := _one_of(image, "detail", ("auto", *_DETAIL), "auto")) != "auto":
                    found.append(_DETAIL[detail])
    return max(found, default=default.max_tiles)


def _options(body: Mapping[str, Any], ours: Mapping[str, Any], default: Options, max_tiles: int) -> Options:
    most = "max_completion_tokens" if body.get("max_completion_tokens") is not None else "max_tokens"
    seed = body.get("seed")
    format_ = _one_of(ours, "format", ("text", "markdown", "json"), "text")
    return Options(
        max_tiles=max_tiles,
        max_new_tokens=int(_number(body, most, default.max_new_tokens, 1, _MANY)),
        temperature=_number(body, "temperature", default.temperature, 0, 2),
        top_p=_number(body, "top_p", default.top_p, 0, 1),
        repetition_penalty=_number(body, "repetition_penalty", default.repetition_penalty, 0.1, 10),
        seed=None if seed is None else int(_number(body, "seed", 0, 0, 2**63)),
        short=_flag(ours, "short"),
        min_confidence=_number(ours, "min_confidence", default.min_confidence, 0, 1),
        format=cast("Literal['text', 'markdown', 'json']", format_),
    )


def _number(table: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    value = table.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _bad(name, f"a number from {low} to {high}")
    return value


def _flag(table: Mapping[str, Any], name: str) -> bool:
    value = table.get(name)
    if value is not None and not isinstance(value, bool):
        raise _bad(name, "true or false")
    return bool(value)


def _one_of(table: Mapping[str, Any], name: str, known: tuple[str, ...], default: str) -> str:
    value = table.get(name)
    if value is None:
        return default
    if value not in known:
        raise _bad(name, f"one of {', '.join(known)}")
    return str(value)


def _bad(name: str, wanted: str) -> Trouble:
    return Trouble(400, f"{name!r} must be {wanted}", "invalid_value", param=name)
