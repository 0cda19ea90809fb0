"""Several items at a time, rendered ahead: the same outcomes as one by one."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from internvl_cli.batch.ahead import AheadRunner
from internvl_cli.batch.plan import Item
from internvl_cli.batch.run import InProcessRunner
from internvl_cli.batch.work import Work
from internvl_cli.documents import open_document
from internvl_cli.documents.page import Document
from internvl_cli.engines.base import Answer, PageRef, Request, answer
from internvl_cli.engines.select import Selection
from internvl_cli.errors import InputError, ModelError


class Together:
    """Answers with the colour of the first pixel; notes the batches."""

    name, model = "fake", "together-1"

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        if "fail" in request.question:
            raise InputError("cannot be understood")
        if "fatal" in request.question:
            raise ModelError("damaged")
        page = request.pages[0]
        text = f"{request.question} {page.image.getpixel((0, 0))}"
        yield text
        return Answer(text, self.model, self.name, pages=[PageRef(page.document, page.number)])

    def answer_batch(self, requests: Sequence[Request]) -> list[Answer]:
        self.batches.append([request.pages[0].width for request in requests])
        return [answer(self, request) for request in requests]

    def close(self) -> None:
        pass


def open_or_die(source: str) -> Document:
    if "kill" in source:
        os.kill(os.getpid(), signal.SIGKILL)
    return open_document(source)


def plan(folder: Path) -> list[Item]:
    folder.mkdir()
    items = []
    for number in range(12):
        path = folder / f"{number}.png"
        Image.new("RGB", (448 if number % 3 else 1344, 448), (number, 0, 0)).save(path)
        items.append(Item(str(number), path.name, str(path), "fail?" if number == 4 else "What?"))
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7\ntorn")
    return [*items, Item("torn", "torn.pdf", str(folder / "torn.pdf"), "What?")]


def test_batches_of_like_items_and_the_same_outcomes(tmp_path: Path) -> None:
    items = plan(tmp_path / "in")
    items.insert(6, Item("kill", "kill.png", str(tmp_path / "in" / "kill.png"), "What?"))
    engine = Together()
    runner = AheadRunner(Work(lambda: Selection(engine), open_or_die), size=3)
    assert runner.open(14).model == "together-1"
    try:
        outcomes = {outcome.item.id: outcome for outcome in runner.run(items)}
    finally:
        runner.close()
    assert sorted(outcomes) == sorted(item.id for item in items)
    killed = outcomes.pop("kill").failure
    assert killed is not None and (killed.type, killed.retryable) == ("worker_died", True)
    alone = InProcessRunner(Work(lambda: Selection(Together()), open_document))
    alone.open(13)
    for expected in alone.run([item for item in items if item.id != "kill"]):
        assert outcomes[expected.item.id] == expected
    assert all(len(set(widths)) == 1 and 2 <= len(widths) <= 3 for widths in engine.batches)
    assert max(map(len, engine.batches)) == 3


def test_what_no_item_can_pass_ends_the_run(tmp_path: Path) -> None:
    items = [Item(item.id, item.file, item.source, "fatal?") for item in plan(tmp_path / "in")]
    runner = AheadRunner(Work(lambda: Selection(Together()), partial(open_document, max_tiles=1)), size=2)
    runner.open(len(items))
    with pytest.raises(ModelError):
        list(runner.run(items))
    runner.close(now=True)
