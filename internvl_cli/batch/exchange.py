"""OpenAI batch files: a plan written as requests, results read back, so that the work can be done anywhere else.

The format (https://platform.openai.com/docs/guides/batch) is what ``vllm run-batch`` and hosted batch services read and
write: a line per request with ``custom_id``, ``method``, ``url`` and ``body``; a line per result with ``custom_id``,
``response`` (``status_code`` and ``body``) and ``error``, in any order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internvl_cli.batch.files import replacing
from internvl_cli.batch.plan import Item
from internvl_cli.batch.pool import by_document
from internvl_cli.batch.prepare import prepare
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.batch.work import EngineInfo, Work
from internvl_cli.documents.page import Page
from internvl_cli.engines.base import Answer, FinishReason, Options, PageRef, Request
from internvl_cli.engines.endpoint.served import Dialect, Served
from internvl_cli.engines.endpoint.wire import Unfinished, content_text, usage_of
from internvl_cli.errors import InputError, UsageError

__all__ = ["FORMATS", "Exported", "ResultsRunner", "export_requests"]

FORMATS: dict[str, Dialect] = {"openai-batch": "other", "vllm-batch": "vllm"}
"""Formats of a file of requests. That for vLLM holds InternVL2's system message and ``--max-tiles`` as well, which
other services refuse or would misunderstand."""

_URL = "/v1/chat/completions"

_MAY_PASS = (408, 409, 425, 429)
_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


@dataclass(slots=True)
class Exported:
    """What was written.

    Attributes:
        requests: Lines.
        size: Bytes.
        failed: Items whose documents cannot be read, which are not in the file.
    """

    requests: int = 0
    size: int = 0
    failed: int = 0


def export_requests(
    items: Sequence[Item],
    work: Work,
    model: str,
    path: str | Path,
    dialect: Dialect = "other",
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> Exported:
    """Write a request for each item; the file is there whole or not at all.

    Args:
        items: What to ask.
        work: How to open and to ask.
        model: As the service calls it.
        path: The file.
        dialect: One of those in ``FORMATS``.
        report: Told of each item, with a failure for those whose documents cannot be read.

    Raises:
        OutputError: The file cannot be written.
    """
    done = Exported()
    with replacing(Path(path)) as file:
        for group in by_document(items):
            ready = prepare(work.open_document, group, _never)
            pictures: dict[tuple[str, int], str] = {}
            for item in ready.items:
                outcome = Outcome(item, failure=ready.failure)
                if ready.opened is not None:
                    request = Request(ready.opened.pages, item.question, work.options)
                    try:
                        line = _request_line(item, request, Served(model, dialect), pictures)
                    except Exception as error:  # a page that cannot be rendered
                        outcome = Outcome(item, failure=Failure.of(error))
                    else:
                        done.size += file.write(line)
                        done.requests += 1
                        outcome = Outcome(item, pages=len(request.pages))
                done.failed += outcome.failure is not None
                report(outcome)
    return done


class ResultsRunner:
    """Gives what a service answered, as if it had been answered now; items without a result stay open.

    Args:
        paths: Files of results; of several results for one item the first answer counts.
        work: How to open the documents, for pages and evidence.

    Attributes:
        unknown: Lines whose ``custom_id`` is none of the items'.
        repeated: Lines about an item that an earlier line answers.

    Raises:
        InputError: A file cannot be read.
        UsageError: A line is no result.
    """

    def __init__(self, paths: Sequence[str | Path], work: Work) -> None:
        self._work = work
        self.unknown = self.repeated = 0
        self._places: dict[str, tuple[Path, int, bool]] = {}
        self._model = ""
        for path in paths:
            self._read(Path(path))

    def open(self, expected: int) -> EngineInfo:
        """See ``Runner.open``."""
        return EngineInfo("endpoint", self._model)

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``, but for items without a result, which are not mentioned."""
        for group in by_document([item for item in items if item.id in self._places]):
            ready = prepare(self._work.open_document, group, _never)
            pages = ready.opened.pages if ready.opened is not None else []
            for item in group:
                outcome = self._outcome(item, pages)
                if outcome.answer is not None and ready.opened is not None:
                    outcome.answer["warnings"] = list(
                        dict.fromkeys([*ready.opened.notes(), *outcome.answer["warnings"]])
                    )
                yield outcome

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""

    def tell(self, known: Sequence[Item]) -> None:
        """Count the results that belong to none of ``known``."""
        self.unknown = len(self._places.keys() - {item.id for item in known})

    def _read(self, path: Path) -> None:
        """Note where the result of each item stands."""
        try:
            with path.open("rb") as file:
                offset = 0
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        self._note(path, offset, number, line)
                    offset += len(line)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None

    def _note(self, path: Path, offset: int, number: int, line: bytes) -> None:
        result = _parse(line)
        if result is None:
            hint = "results are JSON Lines with custom_id, response and error"
            raise UsageError(f"{path}, line {number}: not a result of an OpenAI batch", hint)
        key = result["custom_id"]
        before = self._places.get(key)
        body = _body(result)
        answered = body is not None and bool(body.get("choices"))
        if before is not None and (before[2] or not answered):
            self.repeated += 1
            return
        self.repeated += before is not None
        self._places[key] = path, offset, answered
        named = body.get("model") if body is not None and answered else None
        if isinstance(named, str) and named:
            if self._model and named != self._model:
                raise UsageError(
                    f"{path}, line {number}: answered by {named}, and other results by {self._model}",
                    "import the results of one model into one output",
                )
            self._model = named

    def _outcome(self, item: Item, pages: Sequence[Page]) -> Outcome:
        path, offset, _ = self._places[item.id]
        with path.open("rb") as file:
            file.seek(offset)
            result = _parse(file.readline())
        assert result is not None
        body = _body(result)
        if body is None:
            return Outcome(item, failure=_failure(result), pages=len(pages))
        try:
            choice = body["choices"][0]
            content, reason = choice["message"]["content"], choice.get("finish_reason")
            text = None if content is None else content_text(content)
        except (KeyError, IndexError, TypeError, Unfinished):
            text = reason = None
        if text is None or reason not in _FINISH:
            message = f"the service gave no whole answer (finish_reason {reason!r})"
            return Outcome(item, failure=Failure("endpoint", message), pages=len(pages))
        answer = _answer(text, _FINISH[reason], body, pages, self._work.options)
        return Outcome(item, answer=answer.to_json(), pages=len(pages))


def _request_line(item: Item, request: Request, served: Served, pictures: dict[tuple[str, int], str]) -> bytes:
    from internvl_cli.engines.endpoint.message import build_body
    from internvl_cli.engines.endpoint.picture import data_url

    def picture(page: Page) -> str:
        if page.key not in pictures:
            pictures[page.key] = data_url(page, request.options.max_tiles)
        return pictures[page.key]

    # What streams is no part of a batch.
    body = build_body(request, served, picture, "auto", ("stream_options",))
    line = {"custom_id": item.id, "method": "POST", "url": _URL, "body": body}
    return json.dumps(line, ensure_ascii=True).encode() + b"\n"


def _answer(text: str, finish: FinishReason, body: dict[str, Any], pages: Sequence[Page], options: Options) -> Answer:
    from internvl_cli.engines.endpoint.picture import tiles_of
    from internvl_cli.engines.evidence import locate

    model = str(body.get("model") or "")
    cuts = Served(model).is_internvl
    usage = body.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    refs = [
        PageRef(page.document, page.number, tiles_of(page.width, page.height, options.max_tiles) if cuts else 0)
        for page in pages
    ]
    return Answer(
        text,
        model,
        "endpoint",
        evidence=locate(text, [(page, page.words) for page in pages if page.words]),
        pages=refs,
        usage=usage_of(counts),
        finish_reason=finish,
    )


def _parse(line: bytes) -> dict[str, Any] | None:
    """Give the result in a line; None if it is none."""
    try:
        result = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fine = isinstance(result, dict) and isinstance(result.get("custom_id"), str)
    return result if fine and ("response" in result or "error" in result) else None


def _body(result: dict[str, Any]) -> dict[str, Any] | None:
    """Give the completion; None where there is none."""
    response = result.get("response")
    if result.get("error") or not isinstance(response, dict) or response.get("status_code", 200) != 200:
        return None
    body = response.get("body")
    return body if isinstance(body, dict) and not body.get("error") else None


def _failure(result: dict[str, Any]) -> Failure:
    response = result.get("response")
    response = response if isinstance(response, dict) else {}
    status = response.get("status_code")
    error = result.get("error") or (response.get("body") or {})
    if isinstance(error, dict):
        error = error.get("error") or error
    words = error.get("message") or error.get("code") if isinstance(error, dict) else error
    said = " ".join(str(words or "no reason given").split())[:300]
    retryable = not isinstance(status, int) or status in (200, *_MAY_PASS) or status >= 500
    answered = f"answered {status}: " if isinstance(status, int) and status != 200 else "failed: "
    return Failure("endpoint", f"the service {answered}{said}", retryable)


def _never(page: Page) -> bool:
    return False
