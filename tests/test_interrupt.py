"""Ctrl-C and SIGTERM while a module is being imported: the process ends at once, whatever the module catches."""

from __future__ import annotations

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
