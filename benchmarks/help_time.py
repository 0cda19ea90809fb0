"""How long ``internvl --help`` takes, against ``python -c "import typer"``; the two are run in turn.

    python benchmarks/help_time.py [--runs 15]

Writes benchmarks/results/help_time.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

COMMANDS = {
    "import typer": [sys.executable, "-c", "import typer"],
    "internvl --help": [sys.executable, "-m", "internvl_cli", "--help"],
    "internvl ask --help": [sys.executable, "-m", "internvl_cli", "ask", "--help"],
    "internvl --version": [sys.executable, "-m", "internvl_cli", "--version"],
}


def measure(runs: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            if run:  # the first fills the file cache
                seconds[name].append(time.perf_counter() - start)
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
