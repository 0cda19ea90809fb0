"""The endpoint engine against a server that others wrote: ``transformers serve`` with a converted checkpoint."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import clean_environment
from PIL import Image
from tiny import make

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import AnswerStream, Options, Request, answer
from internvl_cli.engines.endpoint import EndpointEngine
from internvl_cli.engines.local import LocalEngine
from internvl_cli.model.convert import convert_checkpoint

DRIVER = Path(__file__).parent / "drivers" / "transformers_serve.py"
NEEDED = ("fastapi", "uvicorn", "openai", "transformers.cli.serving.server")


def missing() -> list[str]:
    def found(name: str) -> bool:
        try:
            return importlib.util.find_spec(name) is not None
        except ImportError:
            return False

    return [name for name in NEEDED if not found(name)]


pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")

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


@pytest.fixture(scope="module")
def there(server: str, folder: Path) -> Iterator[EndpointEngine]:
    engine = EndpointEngine(server, model=str(folder))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def here(folder: Path) -> LocalEngine:
    return LocalEngine(folder, dtype="fp32", device="cpu")


def page(number: int) -> Page:
    """Three by two tiles at any limit from six on, so that it makes no difference who divides the tiles over pages."""

    def render() -> Image.Image:
        return Image.frombytes("RGB", (150, 100), bytes((i * 7 * number + i // 450) % 256 for i in range(45_000)))

    return Page("a.pdf", "digest", number, 150, 100, (), render)


HISTORY = (("What is the total?", "It is 42."),)
REQUESTS = {
    "page": Request([page(1)], "What is the total?", GREEDY),
    "pages": Request([page(1), page(2)], "What is the total?", GREEDY),
    "pages, talk": Request([page(2), page(1)], "And the date?", GREEDY, history=HISTORY),
    "text": Request([], "Hello", GREEDY),
    "text, talk": Request([], "And the date?", GREEDY, history=HISTORY),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_transformers_serve_answers_as_this_machine_does(case: str, there: EndpointEngine, here: LocalEngine) -> None:
    stream = AnswerStream(there.stream(REQUESTS[case]))
    pieces = list(stream)
    result, expected = stream.finish(), answer(here, REQUESTS[case])
    assert "".join(pieces) == result.text
    assert (result.finish_reason, result.usage) == (expected.finish_reason, expected.usage)
    # Half a character at the very end is held back by their streamer, and shown as a mark by ours.
    assert shown(result.text) == shown(expected.text) != ""


def shown(text: str) -> str:
    return text.rstrip("\ufffd").strip()
