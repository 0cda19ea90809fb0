"""The engine: one request, its tries, and the answer that comes of it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator
from typing import Any, cast, get_args

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import Answer, Evidence, FinishReason, PageRef, Request, Usage
from internvl_cli.engines.endpoint.address import base_url, check_key, is_loopback, shown_url
from internvl_cli.engines.endpoint.client import Client
from internvl_cli.engines.endpoint.failures import Failure, Place, classify, too_late
from internvl_cli.engines.endpoint.message import build_body, droppable, page_names
from internvl_cli.engines.endpoint.picture import data_url, tiles_of
from internvl_cli.engines.endpoint.retry import Patience, Tries
from internvl_cli.engines.endpoint.served import Served, choose_model, list_models
from internvl_cli.engines.endpoint.wire import Outcome, WebPage, read_chunks
from internvl_cli.engines.evidence import locate
from internvl_cli.errors import EndpointError, InternVLError

__all__ = ["EndpointEngine"]

_KEPT_PICTURES = 32 << 20
"""Characters of data URLs that are kept, so that the next question about the same pages does not render them again."""

_LOSSLESS = 8_000_000
"""Pixels up to which our own server gets every pixel of a page, and so answers exactly as this machine would."""

_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length", "eos": "stop", "stop_sequence": "stop"}
_REFUSED = {"content_filter": "its content filter stopped the answer"}


class EndpointEngine:
    """A model behind an OpenAI-compatible server. Nothing is sent before the first question; threads may share it.

    Args:
        url: As the user wrote it; see ``address.base_url``.
        model: An id, or a name of ours that the server's ids are searched for; None takes what ``/models`` lists first.
        key: The API key.
        system: ``auto``, ``none`` or a system message; see ``message.build_body``.
        patience: How often and how long to try.

    Raises:
        UsageError: The URL is none.
        ConfigurationError: The key is none.
    """

    name = "endpoint"

    def __init__(
        self,
        url: str,
        *,
        model: str | None = None,
        key: str | None = None,
        system: str = "auto",
        patience: Patience | None = None,
    ) -> None:
        self.url = base_url(url)
        self._shown = shown_url(self.url)
        self.model = model or "auto"
        self._wanted, self._key, self._system = model, check_key(key), system
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._served: Served | None = None
        self._refused: frozenset[str] = frozenset()
        self._pictures: OrderedDict[tuple[Any, ...], str] = OrderedDict()

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        """Answer; see ``Engine.stream``. Closing the generator closes the connection.

        Raises:
            EndpointError: The server cannot be reached, refuses, fails, or does not finish its answer. Tried again
                only where that can help, and never once a part of the answer has been given out.
            InputError: A page cannot be rendered.
            DependencyError: The package ``openai`` is not installed.
        """
        started = time.perf_counter()
        self._carrier()  # importing the client is not the server's time
        tries = Tries(self._patience)
        served = self._find_model(tries)
        place = Place(self._shown, self._key, served.model)
        without = set(self._refused)
        outcome = Outcome()
        sent = first = 0.0
        while True:
            body = build_body(request, served, lambda page: self._picture(page, request, served), self._system, without)
            sent = sent or time.perf_counter()
            outcome = Outcome()
            try:
                for piece in self._once(body, outcome, tries, place):
                    first = first or time.perf_counter()
                    yield piece
                break
            except Exception as error:
                if isinstance(error, InternVLError):
                    raise
                failure = classify(error, place)
                if outcome.characters:
                    raise _half(failure, outcome, place) from error
                more = _can_do_without(failure, body)
                if more and more - without:
                    without |= more
                elif not (failure.again and tries.wait(failure.pause)):
                    raise failure.error from error
        self._refused |= without
        finish = self._finish(outcome, place)
        done = time.perf_counter()
        seconds = {"prepare": sent - started, "first_token": (first or done) - sent, "total": done - started}
        return self._answer(request, served, outcome, finish, seconds, without)

    def models(self) -> list[str]:
        """List the ids of the server's models.

        Raises:
            EndpointError: As ``stream``.
        """
        try:
            return [model for model, _ in self._list(Tries(self._patience))]
        except _Listing as error:
            raise error.failure.error from error.__cause__

    def resolve(self) -> str:
        """Ask the server which model answers, unless that is known; give its id.

        Raises:
            EndpointError: As ``stream``.
        """
        return self._find_model(Tries(self._patience)).model

    def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._pictures.clear()

    # -- the server

    def _carrier(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = Client(self.url, self._key, self._patience)
            return self._client

    def _list(self, tries: Tries, *, insist: bool = True) -> list[tuple[str, str]]:
        client, place = self._carrier(), Place(self._shown, self._key)
        while True:
            try:
                body = client.models(tries.left)
                if isinstance(body, str) and body.lstrip().startswith("<"):
                    raise WebPage
                return list_models(body)
            except Exception as error:
                failure = classify(error, place)
                if not (insist and failure.again and tries.wait(failure.pause)):
                    raise _Listing(failure) from error

    def _find_model(self, tries: Tries) -> Served:
        if self._served is None:
            listed: list[tuple[str, str]] = []
            try:
                listed = self._list(tries, insist=self._wanted is None)
            except _Listing as error:
                # A server without a list, or with a broken one, still answers where the model is named.
                if self._wanted is None or error.failure.status in (None, 401):
                    raise error.failure.error from error.__cause__
            served = choose_model(listed, self._wanted)
            if served is None:
                raise EndpointError(f"{self._shown} lists no model", "Name one with --model, as the server calls it.")
            self._served, self.model = served, served.model
        return self._served

    def _once(self, body: dict[str, Any], outcome: Outcome, tries: Tries, place: Place) -> Iterator[str]:
        with self._carrier().chat(body, tries.left) as chunks:
            yield from read_chunks(self._in_time(chunks, tries, place), outcome)

    def _in_time(self, chunks: Iterator[bytes], tries: Tries, place: Place) -> Iterator[bytes]:
        """Give the chunks until the deadline; a server that sends something now and then is never silent."""
        for chunk in chunks:
            if tries.left <= 0:
                raise too_late(place, self._patience.deadline)
            yield chunk

    # -- pages

    def _picture(self, page: Page, request: Request, served: Served) -> str:
        tiles: int | None = request.options.max_tiles
        if served.dialect == "internvl" and page.width * page.height <= _LOSSLESS:
            tiles = None
        key = (page.key, page.width, page.height, tiles)
        with self._lock:
            if (kept := self._pictures.get(key)) is not None:
                self._pictures.move_to_end(key)
                return kept
        url = data_url(page, tiles)
        with self._lock:
            self._pictures[key] = url
            while len(self._pictures) > 1 and sum(map(len, self._pictures.values())) > _KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return url

    # -- the answer

    def _finish(self, outcome: Outcome, place: Place) -> FinishReason:
        reason = outcome.finish or ""
        if reason in _FINISH:
            return _FINISH[reason]
        if outcome.extra is not None and reason in get_args(FinishReason):
            return cast("FinishReason", reason)
        why = _REFUSED.get(reason, f"it ended with {place.hide(reason)!r}")
        raise EndpointError(f"{place.url} gave no whole answer: {why}", "Ask again, or ask differently.")

    def _answer(
        self,
        request: Request,
        served: Served,
        outcome: Outcome,
        finish: FinishReason,
        seconds: dict[str, float],
        without: set[str],
    ) -> Answer:
        text = "".join(outcome.pieces)
        answer = Answer(
            text,
            outcome.model or served.model,
            self.name,
            pages=[PageRef(page.document, page.number, self._tiles(page, request, served)) for page in request.pages],
            usage=outcome.usage or Usage(),
            finish_reason=finish,
            seconds=seconds,
            warnings=self._warnings(request, served, without),
        )
        if outcome.extra is not None and _complete(answer, request, outcome.extra):
            return answer
        readable = [(page, page.words) for page in request.pages if page.words]
        answer.evidence = locate(text, readable) if request.task == "ask" else []
        return answer

    def _tiles(self, page: Page, request: Request, served: Served) -> int:
        return tiles_of(page.width, page.height, request.options.max_tiles) if served.is_internvl else 0

    def _warnings(self, request: Request, served: Served, without: set[str]) -> list[str]:
        said = [served.note] if served.note else []
        if self._key and self.url.startswith("http://") and not is_loopback(self.url):
            said.append(f"the API key travels to {self._shown} without encryption")
        takes_tiles = served.dialect != "other" and not without & {"max_dynamic_patch", "mm_processor_kwargs"}
        if request.options.max_tiles != 12 and request.pages and not takes_tiles:
            said.append("this server does not take --max-tiles: it was sent smaller or larger pages instead")
        wishes = sorted(without & {"temperature", "top_p", "seed", "repetition_penalty"})
        said += [f"the server does not take {name}, which was left out" for name in wishes]
        return said


class _Listing(Exception):
    """The models could not be listed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


def _can_do_without(failure: Failure, body: dict[str, Any]) -> set[str]:
    return droppable(body, failure.said) if failure.may_be_a_field else set()


def _half(failure: Failure, outcome: Outcome, place: Place) -> InternVLError:
    """A failure after a part of the answer was given out, which nobody can take back."""
    reason = f": {failure.said}" if failure.said else ""
    message = f"{place.url} stopped half way, after {outcome.characters:,} characters{reason}"
    return EndpointError(message, "What came is no whole answer. Ask again.", retryable=True)


def _complete(answer: Answer, request: Request, extra: dict[str, Any]) -> bool:
    """Take over what our own server knows beyond the text; False, and nothing changed, where it makes no sense."""
    pages = {(name, page.number): page for name, page in zip(page_names(request), request.pages, strict=True)}
    try:
        evidence = []
        for item in extra["evidence"]:
            page = pages[item["file"], item["page"]]
            left, top, right, bottom = map(float, item["box"])
            wide, high = page.width / item["page_size"][0], page.height / item["page_size"][1]  # it may have shrunk
            box, size = (left * wide, top * high, right * wide, bottom * high), (page.width, page.height)
            evidence.append(Evidence(page.document, page.number, box, size, str(item["text"])))
        refs = []
        for item in extra["pages"]:
            page = pages[item["file"], item["page"]]
            refs.append(PageRef(page.document, page.number, int(item["tiles"])))
        confidence = extra["confidence"]
        confidence = None if confidence is None else float(confidence)
        seconds = {f"server_{stage}": float(value) for stage, value in extra["seconds"].items()}
        warnings = [str(item) for item in extra["warnings"]]
        finish = extra["finish_reason"]
        kind = extra["kind"]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return False
    if finish in get_args(FinishReason):
        answer.finish_reason = finish
    answer.kind = kind if isinstance(kind, str) else None
    answer.evidence, answer.pages, answer.confidence = evidence, refs, confidence
    answer.seconds |= seconds
    answer.warnings += warnings
    return True
