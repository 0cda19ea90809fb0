"""How long ``internvl --help`` takes, against ``python -c "import typer"``; they are run in turn.

In a pipe (plain help) and on a terminal (rich help, by a pseudo-terminal).

    python benchmarks/help_time.py [--runs 15]

Writes benchmarks/results/help_time.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import pty
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

PROGRAM = [sys.executable, "-m", "internvl_cli"]
COMMANDS = {
    "import typer": ([sys.executable, "-c", "import typer"], False),
    "internvl --help": ([*PROGRAM, "--help"], False),
    "internvl --help, terminal": ([*PROGRAM, "--help"], True),
    "internvl ask --help": ([*PROGRAM, "ask", "--help"], False),
    "internvl ask --help, terminal": ([*PROGRAM, "ask", "--help"], True),
    "internvl --version": ([*PROGRAM, "--version"], False),
}


def run(command: list[str], terminal: bool) -> float:
    """Seconds of one run."""
    if not terminal:
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start
    parent, child = pty.openpty()
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=child, env={**os.environ, "TERM": "xterm-256color"}) as process:
        os.close(child)
        with contextlib.suppress(OSError):  # EIO: the program has ended
            while os.read(parent, 65536):
                pass
        process.wait()
    os.close(parent)
    return time.perf_counter() - start


def measure(runs: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(runs + 1):
        for name, (command, terminal) in COMMANDS.items():
            taken = run(command, terminal)
            if number:  # the first fills the file cache
                seconds[name].append(taken)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    seconds = measure(parser.parse_args().runs)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratios = {
        name: statistics.median(a / b for a, b in zip(values, seconds["import typer"], strict=True))
        for name, values in seconds.items()
    }
    result = {
        "what": "seconds, medians of runs in turn; ratio to import typer",
        "runs": len(seconds["import typer"]),
        "seconds": {name: round(value, 4) for name, value in medians.items()},
        "ratio": {name: round(value, 2) for name, value in ratios.items()},
        "target": "internvl --help within 3 x import typer",
        "met": ratios["internvl --help"] <= 3,
        "device": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version(), "typer": version("typer"), "rich": version("rich")},
    }
    target = Path(__file__).parent / "results" / "help_time.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
