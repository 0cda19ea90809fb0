"""Run ``internvl`` in a process of its own with a fake engine in place of the real ones.

    python tests/drivers/fake_engine.py '{"replies": ["42"]}' ask "What?" page.png

The first argument is a JSON object: ``replies`` (a text, a list of pieces, ``{"error": class, "message": …}`` or
``{"answer": fields of Answer}``), ``note`` (of the selection), ``pause`` (seconds after each piece), ``pollute`` (print
to standard output as a careless library does), ``say`` (a file to create when the engine starts to answer).
"""

from __future__ import annotations

import builtins
import ctypes
import json
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from internvl_cli import errors
from internvl_cli.cli.app import main
from internvl_cli.engines import select
from internvl_cli.engines.base import Answer, Evidence, PageRef, Request
from internvl_cli.engines.fake import FakeEngine

SPEC: dict[str, Any] = json.loads(sys.argv[1])


class ScriptedEngine(FakeEngine):
    def stream(self, request: Request) -> Generator[str, None, Answer]:
        if SPEC.get("pollute"):
            _pollute()
        if say := SPEC.get("say"):
            Path(say).touch()
        pieces = super().stream(request)
        try:
            while True:
                yield next(pieces)
                time.sleep(SPEC.get("pause", 0))
        except StopIteration as end:
            return end.value
        finally:
            if say:
                Path(say).with_suffix(".closed").touch()


def _pollute() -> None:
    print("library: loading")
    os.write(1, b"native: loading\n")
    ctypes.CDLL(None).puts(b"c library: loading")  # stays in C's buffer until the process ends
    sys.__stdout__.write("library: really loading\n")


def _reply(value: Any) -> Any:
    if isinstance(value, dict) and "error" in value:
        kind = getattr(errors, value["error"], None) or getattr(builtins, value["error"])
        return kind(value.get("message", "something failed"))
    if isinstance(value, dict):
        fields = dict(value["answer"])
        fields["evidence"] = [Evidence(**item) for item in fields.get("evidence", [])]
        fields["pages"] = [PageRef(**item) for item in fields.get("pages", [])]
        return Answer(**{"model": "fake-1", "engine": "fake", **fields})
    return value


def _select(choice: Any, options: Any) -> select.Selection:
    engine = ScriptedEngine()
    for value in SPEC.get("replies", []):
        engine.enqueue(_reply(value))
    return select.Selection(engine, SPEC.get("note", ""))


select.select_engine = _select
sys.exit(main(sys.argv[2:]))
