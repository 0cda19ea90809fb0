"""The endpoint engine against a server that others wrote: ``transformers serve`` with a converted checkpoint."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import clean_environment
from PIL import Image
from tiny import make

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

import httpx

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import AnswerStream, Options, Request, answer
from internvl_cli.engines.endpoint import EndpointEngine
from internvl_cli.engines.local import LocalEngine
from internvl_cli.model.convert import convert_checkpoint

DRIVER = Path(__file__).parent / "drivers" / "transformers_serve.py"
GREEDY = Options(max_new_tokens=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    return convert_checkpoint(make("like-1b", root / "original"), root / "InternVL2-tiny").folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = clean_environment(HF_HUB_OFFLINE="1", HF_HOME=str(folder.parent / "home"))
    log = folder.parent / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(DRIVER), str(folder), str(port)], stdout=out, stderr=out, env=environment
        )
        try:
            for _ in range(600):
                assert process.poll() is None, log.read_text()[-2000:]
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def page(number: int) -> Page:
    def render() -> Image.Image:
        return Image.frombytes("RGB", (150, 90), bytes((i * 7 * number + i // 450) % 256 for i in range(150 * 90 * 3)))

    return Page("a.pdf", "digest", number, 150, 90, (), render)


def test_transformers_serve(server: str, folder: Path) -> None:
    there = EndpointEngine(server, model=str(folder))
    one = Request([page(1)], "What is the total?", GREEDY)
    stream = AnswerStream(there.stream(one))
    pieces = list(stream)
    result, expected = stream.finish(), answer(LocalEngine(folder, dtype="fp32", device="cpu"), one)
    assert "".join(pieces) == result.text
    # Half a character at the very end is held back by their streamer, and shown as a mark by ours.
    assert result.text.strip().rstrip("\ufffd") == expected.text.strip().rstrip("\ufffd")

    talk = Request([page(1), page(2)], "And the date?", GREEDY, history=(("What is the total?", "It is 42."),))
    for request in (talk, Request([], "Hello", GREEDY)):
        assert answer(there, request).finish_reason in ("stop", "length")
    there.close()
