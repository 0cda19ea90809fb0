"""How long one ``internvl ask`` takes from nothing, in processes of their own, and how much memory it holds at most.

    python benchmarks/cold_start.py [--runs 7] [--profile]

Wall time, processor time and peak resident memory are those that the kernel counted for the child (``wait4``). The
first run of each only fills the file cache. ``--profile`` prints the slowest imports of the invoice's run instead.
Writes benchmarks/results/cold_start.json. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "internvl_cli"]
CASES = {
    "invoice.pdf (born digital)": ("What is the total due?", "invoice.pdf", 1.5, 700),
    "scan.pdf (OCR)": ("What is the order number?", "scan.pdf", 5.0, 1000),
}
"""What is asked → question, sample, most seconds, most megabytes."""
Run = dict[str, float]


def ask(question: str, sample: str) -> Run:
    """Run it once: seconds of wall time, seconds of processor time, and peak memory in MB (10⁶ bytes)."""
    command = [*PROGRAM, "ask", question, str(ROOT / "samples" / sample)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 12):  # 12: the document does not tell, which takes as long
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # getrusage(2): bytes there, KiB on Linux
    return {"wall": seconds, "processor": usage.ru_utime + usage.ru_stime, "peak_mb": peak / 1e6}


def measure(runs: int) -> dict[str, list[Run]]:
    results: dict[str, list[Run]] = {name: [] for name in CASES}
    for number in range(runs + 1):
        for name, (question, sample, *_) in CASES.items():
            run = ask(question, sample)
            if number:
                results[name].append(run)
    return results


def summary(runs: list[Run], most_seconds: float, most_mb: float) -> dict[str, object]:
    medians = {field: statistics.median(run[field] for run in runs) for field in runs[0]}
    return {
        "wall_s": round(medians["wall"], 3),
        "wall_s_all": [round(run["wall"], 3) for run in runs],
        "processor_s": round(medians["processor"], 3),
        "peak_mb": round(medians["peak_mb"]),
        "targets": {"wall_s": most_seconds, "peak_mb": most_mb},
        "met": medians["wall"] <= most_seconds and medians["peak_mb"] <= most_mb,
    }


def slowest_imports(most: int = 25) -> list[tuple[float, float, str]]:
    """Milliseconds by itself and with all below it, and the module's name, as ``-X importtime`` tells."""
    question, sample, *_ = CASES["invoice.pdf (born digital)"]
    command = [sys.executable, "-X", "importtime", "-m", "internvl_cli", "ask", question]
    done = subprocess.run([*command, str(ROOT / "samples" / sample)], capture_output=True, text=True, check=True)
    lines = re.findall(r"^import time: +(\d+) \| +(\d+) \| +(\S+)$", done.stderr, re.MULTILINE)
    rows = [(int(own) / 1000, int(total) / 1000, name) for own, total, name in lines]
    return sorted(rows, key=lambda row: -row[1])[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--profile", action="store_true", help="print the slowest imports")
    arguments = parser.parse_args()
    if arguments.profile:
        for own, total, name in slowest_imports():
            print(f"{total:8.1f} ms, {own:7.1f} by itself  {name}")
        return
    measured = measure(arguments.runs)
    result = {
        "what": "one internvl ask from nothing; medians; the file cache is warm",
        "runs": arguments.runs,
        "cases": {name: summary(measured[name], *CASES[name][2:]) for name in CASES},
        "device": {"cpu": _cpu(), "cores": os.cpu_count(), "load_5_min": round(os.getloadavg()[1], 2)},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("onnxruntime", "rapidocr", "pypdfium2", "typer")},
        },
    }
    target = Path(__file__).parent / "results" / "cold_start.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def _cpu() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
