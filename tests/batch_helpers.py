"""What the tests of the batch room share: documents, the command with a slow engine, and reading what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from internvl_cli.batch.plan import Item
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.engines.base import Answer, PageRef

DRIVER = Path(__file__).parent / "drivers_batch" / "slow_engine.py"


def documents(folder: Path, *names: str) -> Path:
    """Make a folder of one-page documents, each of other bytes than the next."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        Image.new("RGB", (40 + number % 50, 30 + number // 50), "white").save(folder / f"{name}.png")
    return folder


def environment(**spec: Any) -> dict[str, str]:
    dropped = ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "INTERNVL_DEBUG", "INTERNVL_PDF_PASSWORD")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    kept.pop("INTERNVL_ENDPOINT", None)
    return {**kept, "OMP_NUM_THREADS": "1", "INTERNVL_API_KEY": "test", "BATCH_SPEC": json.dumps(spec)}


def command(*words: str | Path, driver: str = "slow") -> list[str]:
    """Give the command line; the driver ``plain`` is the program itself."""
    program = [str(DRIVER)] if driver == "slow" else ["-m", "internvl_cli"]
    return [sys.executable, *program, "batch", *map(str, words)]


def batch(
    *words: str | Path, cwd: Path, input: bytes | None = None, driver: str = "slow", timeout: float = 60, **spec: Any
) -> subprocess.CompletedProcess[str]:
    """Run ``internvl batch`` in a process of its own, to its end."""
    done = subprocess.run(
        command(*words, driver=driver),
        cwd=cwd,
        env=environment(**spec),
        input=b"" if input is None else input,
        capture_output=True,
        timeout=timeout,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*words: str | Path, cwd: Path, driver: str = "slow", **spec: Any) -> subprocess.Popen[str]:
    """Start ``internvl batch`` in a process group of its own."""
    return subprocess.Popen(
        command(*words, driver=driver),
        cwd=cwd,
        env=environment(**spec),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def records(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines strictly: every line ends, and is an object."""
    data = path.read_bytes()
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def item(name: str, question: str = "What?", **fields: Any) -> Item:
    return Item(fields.pop("id", name), name, fields.pop("source", name), question, **fields)


def answered(asked: Item, text: str = "42") -> Outcome:
    return Outcome(asked, Answer(text, "fake-1", "fake", pages=[PageRef(asked.source, 1)]).to_json(), pages=1)


def failed(asked: Item, retryable: bool = False) -> Outcome:
    return Outcome(asked, failure=Failure("input", f"{asked.file}: cannot be read", retryable))
