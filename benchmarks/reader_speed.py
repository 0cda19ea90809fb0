"""Speed and memory of the bundled reader: load, a question on a window, cold ``ask`` on the samples.

``python benchmarks/reader_speed.py``: medians; writes ``benchmarks/results/reader_speed.json``.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RUNS = 5


def cold(file: str, question: str) -> dict[str, float]:
    """Time ``internvl ask`` as a user runs it, and its peak memory."""
    seconds, peaks = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "internvl_cli", "ask", question, str(ROOT / "samples" / file), "--model", "reader"],
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - begun)
        peaks.append(usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
        if os.waitstatus_to_exitcode(status) not in (0, 12):
            raise SystemExit(f"internvl ask failed on {file}")
    return {"seconds": round(statistics.median(seconds), 3), "peak_megabytes": round(max(peaks), 1)}


def warm() -> dict[str, Any]:
    """Time the load and one window of 384 pieces."""
    begun = time.perf_counter()
    from internvl_cli.documents.page import Word
    from internvl_cli.reader.reading import Reader

    reader = Reader()
    assert reader.network is not None
    load = time.perf_counter() - begun
    loads = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        assert Reader().network is not None
        loads.append(time.perf_counter() - begun)
    words = [
        Word(f"word{i}", (40 + 90 * (i % 6), 40 + 16 * (i // 6), 110 + 90 * (i % 6), 52 + 16 * (i // 6)))
        for i in range(170)
    ]
    text = reader.prepare(words, [w.box for w in words], (600, 800))
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        _, pieces = reader.ask([text], "What is the total amount?")
        times.append(time.perf_counter() - begun)
    return {
        "load_with_imports_seconds": round(load, 3),
        "load_seconds": round(statistics.median(loads), 3),
        "question_milliseconds": round(1000 * statistics.median(times), 1),
        "pieces": pieces,
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Measure and write."""
    import numpy
    import onnxruntime
    import rapidocr

    report = {
        "device": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_average_before": round(os.getloadavg()[0], 2),
        "versions": {
            "python": platform.python_version(), "numpy": numpy.__version__, "onnxruntime": onnxruntime.__version__,
            "rapidocr": getattr(rapidocr, "__version__", "?"),
        },
        "warm": warm(),
        "invoice": cold("invoice.pdf", "What is the total due?"),
        "scan": cold("scan.pdf", "What is the total weight?"),
    }  # fmt: skip
    place = HERE / "results" / "reader_speed.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
