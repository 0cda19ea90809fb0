"""What several test files need: small documents, and the command line in and out of process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from internvl_cli.engines import select
from internvl_cli.engines.base import Answer
from internvl_cli.engines.fake import FakeEngine

DRIVER = Path(__file__).parent / "drivers" / "fake_engine.py"

# A shell starts what runs in the background with SIGINT ignored, and programs started from here would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what would change colours, widths or errors."""
    dropped = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "COLUMNS", "INTERNVL_DEBUG", "TYPER_USE_RICH")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "OMP_NUM_THREADS": "1", "TERM": "xterm-256color", **extra}


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A small picture."""
    from PIL import Image

    path = tmp_path / "page.png"
    Image.new("RGB", (900, 400), "white").save(path)
    return path


@pytest.fixture
def internvl() -> Run:
    """Run the real program: ``internvl("ask", …, cwd=…, input=b"", env={…})``."""

    def run(*args: str | bytes, env: dict[str, str] | None = None, **options: Any) -> Any:
        command = [sys.executable, "-m", "internvl_cli", *args]
        options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
        return subprocess.run(command, capture_output=True, timeout=60, env=clean_environment(**(env or {})), **options)

    return run


@pytest.fixture
def faked() -> Run:
    """Run the program with a fake engine: ``faked({"replies": ["42"]}, "ask", …)``; see the driver."""

    def run(spec: dict[str, Any], *args: str | bytes, env: dict[str, str] | None = None, **options: Any) -> Any:
        command = [sys.executable, str(DRIVER), json.dumps(spec), *args]
        options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
        if "stdout" not in options:
            options["stdout"] = subprocess.PIPE
        return subprocess.run(
            command, stderr=subprocess.PIPE, timeout=60, env=clean_environment(**(env or {})), **options
        )

    return run


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """A fake engine that every selection gives, for tests that call ``main()`` in this process."""
    engine = FakeEngine()
    monkeypatch.setattr(select, "select_engine", lambda choice, options: select.Selection(engine))
    return engine


@pytest.fixture
def not_found() -> Answer:
    """What an engine gives where the document does not tell."""
    return Answer("The document does not say.", "fake-1", "fake", kind="not_found", finish_reason="not_found")
