"""Answers as the protocol writes them: one completion, or a chunk for each piece. Pure but for ids and the time."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from internvl_cli.engines.base import Answer

__all__ = ["DONE", "KEEP_ALIVE", "Letter", "event"]

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": waiting\n\n"
"""A comment: clients skip it, and their timeouts begin anew."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What all parts of one response share.

    Attributes:
        model: The id that is served.
        with_usage: Whether the tokens come as a chunk of their own.
        with_answer: Whether the whole ``Answer`` comes along, for our own client.
    """

    model: str
    with_usage: bool = False
    with_answer: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def first(self) -> bytes:
        """The chunk that opens the stream."""
        return event(self._chunk({"role": "assistant", "content": ""}))

    def piece(self, text: str) -> bytes:
        """A chunk with a piece of text."""
        return event(self._chunk({"content": text}))

    def last(self, answer: Answer) -> bytes:
        """The end of the stream: why it ends, the usage where it was asked for, and the mark."""
        chunk = self._chunk({}, _reason(answer))
        if self.with_answer:
            chunk["internvl"] = answer.to_json()
        usage = event({**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(answer)})
        return event(chunk) + (usage if self.with_usage else b"") + DONE

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The completion of a request that does not stream."""
        message = {"role": "assistant", "content": answer.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}
        completion = {**self._head("chat.completion"), "choices": [choice], "usage": _usage(answer)}
        return completion | ({"internvl": answer.to_json()} if self.with_answer else {})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}


def event(value: dict[str, Any]) -> bytes:
    """Write an event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def _reason(answer: Answer) -> str:
    # "not_found" and "repetition" are ours; to the protocol the model has stopped.
    return "length" if answer.finish_reason == "length" else "stop"


def _usage(answer: Answer) -> dict[str, int]:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
