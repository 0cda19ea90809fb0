"""A batch on a real Ray cluster of two workers, on the loopback interface, with workers and the driver killed."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_helpers import batch, documents, environment, records, start

from internvl_cli.batch.ray_runner import RayRunner
from internvl_cli.batch.work import Work
from internvl_cli.documents import open_document
from internvl_cli.errors import DependencyError

PATIENCE = 240.0
"""Seconds that Ray gets to start: a second or two where a core is free."""

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Start Ray with two cores, and end it with everything it started; gives its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        yield from _cluster()


def _cluster() -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.2", 0))
        port = found.getsockname()[1]
    # Loopback all the same: 127.0.0.1 is what Ray takes for "this machine", and puts its outer address in its place.
    home = tempfile.mkdtemp(prefix="r", dir="/tmp")  # Ray's sockets lie below it, and their paths must be short
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus", "2"]
    command += ["--node-ip-address", "127.0.0.2", "--port", str(port), "--temp-dir", home]
    command += ["--include-dashboard", "false", "--disable-usage-stats", "--object-store-memory", str(100 << 20)]
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not list(Path(home).glob("session_*/sockets/raylet*")):
            assert process.poll() is None and time.monotonic() < deadline, "Ray does not start"
            time.sleep(0.1)
        yield f"127.0.0.2:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


@needs_ray
def test_workers_and_the_driver_die_and_every_item_has_one_record(tmp_path: Path, cluster: str) -> None:
    names = [f"d{n:02}" for n in range(12)]
    documents(tmp_path / "in", *names[:8], "once", *names[8:], "kill")
    (tmp_path / "in" / "torn.pdf").write_bytes(b"%PDF-1.7\ntorn")
    words = ("What?", "in", "-o", "out.jsonl", "--runner", "ray", "--address", cluster, "--retries", "1")
    process = start(*words, cwd=tmp_path, pause=0.1, log=str(tmp_path / "log"), folder=str(tmp_path))
    out, deadline = tmp_path / "out.jsonl", time.monotonic() + PATIENCE
    while not out.exists() or out.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()  # the driver: what was answered is on the disk
    process.communicate(timeout=30)
    before = out.read_bytes().count(b"\n")
    done = batch(*words, cwd=tmp_path, timeout=PATIENCE, pause=0.01, log=str(tmp_path / "log"), folder=str(tmp_path))
    assert done.returncode == 5 and done.stdout == "" and "Traceback" not in done.stderr, done.stderr
    found = {Path(r["file"]).stem: r for r in records(out)}
    assert len(records(out)) == len(found) == 15
    assert [name for name, r in found.items() if r["error"]] == ["kill", "torn"]
    assert found["kill"]["error"]["type"] == "worker_died" and found["torn"]["error"]["type"] == "input"
    assert all(found[name]["answer"] == f"What? {name}.png" for name in [*names, "once"])
    assert all(r["file"] == f"in/{name}.{'pdf' if name == 'torn' else 'png'}" for name, r in found.items())
    assert {name for name, r in found.items() if r["attempts"] > 1} == {"once", "kill"}  # only what was in hand
    asked = [line.split()[:2] for line in (tmp_path / "log").read_text().splitlines()]
    assert len({pid for pid, _ in asked}) >= 3  # two workers, and one in a dead one's place
    assert before < 15 and len(asked) <= 15 + 8


def test_without_ray_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DependencyError) as caught:
        RayRunner(Work(lambda: pytest.fail("loaded"), open_document)).open(1)
    assert "pip install 'internvl-cli[ray]'" in caught.value.hint
