"""Ctrl-C and SIGTERM while a module is being imported: the process ends at once, whatever the module catches."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STUBBORN = """
import sys, time
sys.stdout.write("importing\\n"), sys.stdout.flush()
for _ in range(10):
    try:
        time.sleep(10)
    except BaseException:
        pass
"""
PROGRAM = """
import sys, tempfile
from internvl_cli.cli.interrupt import catch_signals
catch_signals()
folder = tempfile.TemporaryDirectory(dir=sys.argv[1])
sys.path.insert(0, sys.argv[1])
import stubborn
"""


NATIVE = """
import hashlib, threading
from internvl_cli.cli.interrupt import catch_signals
catch_signals()
threading.Timer(0.5, lambda: print("busy", flush=True)).start()  # from beside the call
hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)  # ten minutes in one call
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_a_long_native_call(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", NATIVE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"busy\n"
        for _ in range(2):
            assert process.poll() is None
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.5)  # two of one kind that come together are one
        assert process.wait(20) == 128 + number


HANDLED = """
import time
from internvl_cli.cli.interrupt import catch_signals
catch_signals()
for round in range(3):
    try:
        print("busy", flush=True)
        time.sleep(20)
    except KeyboardInterrupt:
        pass
print("through")
"""


def test_a_signal_that_was_answered_does_not_count() -> None:
    with subprocess.Popen([sys.executable, "-c", HANDLED], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline() == b"busy\n"
            process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"through\n" and process.wait(20) == 0


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, b""), (signal.SIGTERM, 143, b"internvl: stopped by SIGTERM\n")]
)
def test_a_signal_during_an_import_is_not_lost(number: signal.Signals, code: int, said: bytes, tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    process = subprocess.Popen(
        [sys.executable, "-B", "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"importing\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=9)
    assert (process.returncode, err) == (code, said)
    assert [path.name for path in tmp_path.iterdir()] == ["stubborn.py"], "temporary folders are removed"
