"""LMDeploy or vLLM as a process: find it, start it, wait until it is healthy, pass signals on, give its exit code."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

from internvl_cli.errors import DependencyError, OutputError
from internvl_cli.server.backend import Backend

__all__ = ["find_program", "installed_version", "run_child", "write_files"]

_HOW = {
    "lmdeploy": "Install it into an environment of its own (it wants its own torch): pip install lmdeploy",
    "vllm": "Install it into an environment of its own (it wants its own torch): pip install vllm",
}


def find_program(backend: Backend) -> str:
    """Find the engine's program: beside this Python, else on the PATH.

    Raises:
        DependencyError: It is not installed.
    """
    beside = Path(sys.executable).with_name(backend)
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(backend)
    if found is None:
        raise DependencyError(
            f"{backend} is not installed", f"{_HOW[backend]}; --dry-run shows the command without it."
        )
    return found


def installed_version(backend: Backend, program: str) -> str:
    """Say which version ``program`` is: from the metadata beside it, else by asking it, which takes it some seconds.

    Raises:
        DependencyError: It does not tell.
    """
    # A program in another environment (its packages clash with ours) has its metadata there.
    found = _metadata_version(backend, Path(program))
    if found is not None:
        return found
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DependencyError(f"{program} cannot be run: {error}", _HOW[backend]) from None
    numbers = re.findall(r"\d+\.\d+(?:\.\d+)*", said.stdout + said.stderr)
    if said.returncode or not numbers:
        raise DependencyError(f"{program} does not tell its version", "Say it: --assume-version 0.16.0")
    return str(numbers[-1])


def _metadata_version(backend: Backend, program: Path) -> str | None:
    root = program.resolve().parent.parent
    folders = [str(folder) for folder in root.glob("lib/python3*/site-packages")]
    found = next(iter(importlib.metadata.distributions(name=backend, path=folders)), None) if folders else None
    return found.version if found is not None else None


def write_files(files: Mapping[Path, str]) -> None:
    """Write the chat templates.

    Raises:
        OutputError: They cannot be written.
    """
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{file}: cannot be written: {error.strerror or error}", "Set XDG_CACHE_HOME.") from error


def run_child(
    words: list[str],
    url: str,
    *,
    ready: Callable[[], None],
    environment: Mapping[str, str] | None = None,
    pause: float = 0.5,
) -> int:
    """Run the engine's server until it ends.

    Args:
        words: Its command.
        url: Where it will answer.
        ready: Called once it is healthy.
        environment: Additions to the environment.
        pause: Seconds between two looks at it.

    Returns:
        Its exit code; 128 and the signal's number where a signal ended it, as a shell counts.

    Raises:
        DependencyError: It cannot be started.
    """
    try:
        # A session of its own: Ctrl-C reaches it through us, once, and not from the terminal as well.
        child = subprocess.Popen(words, env={**os.environ, **(environment or {})}, start_new_session=True)
    except OSError as error:
        raise DependencyError(f"{words[0]} cannot be started: {error.strerror or error}") from error
    with _passing_signals_on(child):
        try:
            while child.poll() is None:
                if _healthy(url):
                    ready()
                    break
                time.sleep(pause)
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    return code if code >= 0 else 128 - code


def _healthy(url: str) -> bool:
    import httpx

    try:
        # Straight to it: a proxy for the web knows nothing of this machine.
        with httpx.Client(trust_env=False, timeout=2.0) as client:
            return client.get(f"{url}/health").is_success
    except httpx.HTTPError:
        return False


@contextlib.contextmanager
def _passing_signals_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    def pass_on(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
