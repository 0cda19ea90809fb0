"""What comes back over the wire: an event stream, or one JSON object where a server does not stream.

The stream is decoded here and not by the client library, because the library takes a connection that is cut for the end
of the answer. Here an answer has ended only when the server said why (``finish_reason``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from internvl_cli.engines.base import Usage

__all__ = [
    "EventDecoder",
    "Outcome",
    "ServerFailed",
    "Unfinished",
    "WebPage",
    "content_text",
    "read_chunks",
    "usage_of",
]

_MOST = 32 << 20
"""Bytes that an event may have; a server that sends more is not one we know."""


class ServerFailed(Exception):
    """The server said in the stream that it failed.

    Attributes:
        payload: What it sent under ``error``.
    """

    def __init__(self, payload: Any) -> None:
        super().__init__("the server reported an error in its stream")
        self.payload = payload


class Unfinished(Exception):
    """The stream ended, or made no sense, before the answer was whole; the text says how."""


class WebPage(Exception):
    """What came is HTML: a login page, a proxy's, or the address of something else."""


@dataclass(slots=True)
class Outcome:
    """What is known once the stream has ended.

    Attributes:
        finish: The server's ``finish_reason``; None if it never gave one.
        usage: Tokens; None where the server does not count them.
        model: The id the server answered with.
        extra: The object that our own server puts under ``internvl``.
        pieces: The text as it came.
    """

    finish: str | None = None
    usage: Usage | None = None
    model: str = ""
    extra: dict[str, Any] | None = None
    pieces: list[str] = field(default_factory=list)

    @property
    def characters(self) -> int:
        """How much text came."""
        return sum(map(len, self.pieces))


class EventDecoder:
    """Takes bytes as they come, gives the data of whole events (HTML living standard, 9.2.6)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[str]:
        """Add bytes; give what became complete."""
        self._size += len(chunk)
        if self._size > _MOST:
            raise Unfinished("sent an event of more than 32 MiB")
        half = bool(self._parts) and self._parts[-1].endswith(b"\r")
        if not half and b"\n" not in chunk and b"\r" not in chunk:
            self._parts += [chunk] if chunk else []  # joined once the line ends: a long one comes in many chunks
            return []
        whole = b"".join([*self._parts, chunk])
        # A carriage return at the end may be half of a line end.
        held = b"\r" if whole.endswith(b"\r") else b""
        lines = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = lines.pop() + held
        self._parts = [rest] if rest else []
        events = [event for line in lines if (event := self._line(line)) is not None]
        self._size = len(rest) + sum(map(len, self._data))
        return events

    def _line(self, line: bytes) -> str | None:
        if not line:
            event, self._data = "\n".join(self._data), []
            return event or None
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
        return None


def read_chunks(chunks: Iterable[bytes], outcome: Outcome) -> Iterator[str]:
    """Give the pieces of the answer, and fill ``outcome``.

    Args:
        chunks: The body as it comes: an event stream, or one JSON object. Its first letter tells, whatever the server
            calls it.
        outcome: Filled as the stream goes.

    Raises:
        Unfinished: The body ended early or is not what it should be.
        WebPage: It is HTML.
        ServerFailed: The server reported an error inside.
    """
    first, chunks = _begun(chunks)
    if first == b"<":
        raise WebPage
    if first == b"{":
        yield from _take(_parse(_joined(chunks).decode("utf-8", "replace")), outcome)
    else:
        decoder = EventDecoder()
        for event in _events(chunks, decoder):
            if event.strip() == "[DONE]":
                break
            yield from _take(_parse(event), outcome)
    if outcome.finish is None:
        raise Unfinished(
            f"stopped half way, after {outcome.characters:,} characters"
            if outcome.characters
            else "ended without an answer"
        )


def _begun(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Give the first byte that is no white space, and all chunks from its own on."""
    rest = iter(chunks)
    for chunk in rest:
        if text := chunk.lstrip(b"\xef\xbb\xbf \t\r\n"):
            return text[:1], chain([text], rest)
    return b"", iter(())


def _joined(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > _MOST:
            raise Unfinished("sent an answer of more than 32 MiB")
    return bytes(body)


def _events(chunks: Iterable[bytes], decoder: EventDecoder) -> Iterator[str]:
    for chunk in chunks:
        yield from decoder.feed(chunk)
    yield from decoder.feed(b"\n\n")  # a last event without its empty line is an event all the same


def _parse(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise Unfinished(f"sent what is not JSON: {text[:60]!r}") from None
    if not isinstance(value, dict):
        raise Unfinished(f"sent what is not an object: {text[:60]!r}")
    return value


def _take(chunk: dict[str, Any], outcome: Outcome) -> Iterator[str]:
    """Give the text of a chunk or of a whole completion."""
    if chunk.get("error") is not None or chunk.get("object") == "error":
        raise ServerFailed(chunk.get("error") or chunk)
    outcome.model = _text(chunk.get("model")) or outcome.model
    usage = chunk.get("usage")
    if isinstance(usage, dict):
        outcome.usage = usage_of(usage)
    if isinstance(chunk.get("internvl"), dict):
        outcome.extra = chunk["internvl"]
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return
    body = choice.get("delta") or choice.get("message")
    if isinstance(body, dict):
        # A refusal is the answer that a hosted model gives instead of one.
        text = content_text(body.get("content")) or _text(body.get("refusal"))
        if text:
            outcome.pieces.append(text)
            yield text
    outcome.finish = _text(choice.get("finish_reason")) or outcome.finish


def content_text(content: Any) -> str:
    """Give the text of a message, which is a string, or a list of parts of which some are text.

    Raises:
        Unfinished: It is something else.
    """
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise Unfinished(f"sent an answer that is not text: {str(content)[:60]!r}")
    return "".join(text or "" for text in texts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def usage_of(counts: Mapping[str, Any]) -> Usage:
    """Give the tokens that a server says it counted; 0 for what is no count."""
    return Usage(_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
