"""Run ``internvl`` with an engine that is slow, and that misbehaves where the name of a document says so.

    BATCH_SPEC='{"pause": 0.05}' python tests/drivers_batch/slow_engine.py batch "What?" folder -o out.jsonl

``BATCH_SPEC`` is a JSON object: ``pause`` (seconds per answer), ``model`` (what the engine is called), ``fatal`` (every
answer raises ModelError), ``load`` (``error`` or ``kill``: what happens while the engine is loaded), ``log`` (a file
that gets a line per answer), ``folder`` (where the documents' relative paths begin, for workers that run elsewhere).
Documents named ``*fail*`` raise, ``*bug*`` divide by zero, ``*flaky*`` are refused the
first time, ``*kill*`` kill the process, ``*once*`` do so the first time, ``*nothing*`` do not tell.

Worker processes import this file too, and so have the same engine.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from internvl_cli import errors
from internvl_cli.cli.app import main
from internvl_cli.engines import select
from internvl_cli.engines.base import Answer, Evidence, Options, PageRef, Request

SPEC: dict[str, Any] = json.loads(os.environ.get("BATCH_SPEC", "{}"))


class SlowEngine:
    name = "fake"

    def __init__(self) -> None:
        self.model = SPEC.get("model", "slow-1")

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        document = Path(request.pages[0].document)
        if log := SPEC.get("log"):
            with Path(log).open("a") as file:
                file.write(f"{os.getpid()} {document.name} {id(request.pages[0])}\n")
        time.sleep(SPEC.get("pause", 0))
        _misbehave(document)
        found = "nothing" not in document.name
        text = f"{request.question} {document.name}" if found else "The document does not say."
        yield text
        pages = [PageRef(page.document, page.number) for page in request.pages]
        evidence = [Evidence(str(document), 1, (1.0, 2.0, 3.0, 4.0), (9, 9), "word")] if found else []
        finish = "stop" if found else "not_found"
        return Answer(text, self.model, self.name, evidence=evidence, pages=pages, finish_reason=finish)

    def close(self) -> None:
        pass


def _misbehave(document: Path) -> None:
    if SPEC.get("fatal"):
        raise errors.ModelError("the weights are damaged", "internvl pull 2B")
    if "fail" in document.name:
        raise errors.InputError(f"{document}: cannot be understood")
    if "bug" in document.name:
        raise ZeroDivisionError("division\nby zero")
    if "flaky" in document.name and _first_time(document):
        raise errors.EndpointError("busy", retryable=True)
    if "kill" in document.name or ("once" in document.name and _first_time(document)):
        os.kill(os.getpid(), signal.SIGKILL)


def _first_time(document: Path) -> bool:
    mark = Path(SPEC.get("folder", "")) / document.with_suffix(".seen")
    seen = mark.exists()
    mark.touch()
    return not seen


def select_slow(choice: select.ModelChoice, options: Options) -> select.Selection:
    if SPEC.get("load") == "error":
        raise errors.ModelError("no weights", "internvl pull 2B")
    if SPEC.get("load") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return select.Selection(SlowEngine(), "a slow engine answers")


select.select_engine = select_slow

if __name__ == "__main__":
    sys.exit(main())
