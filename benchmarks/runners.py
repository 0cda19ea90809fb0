"""The same documents through every runner of ``internvl batch``, against a loop of ``internvl ask``, in one run.

    python benchmarks/runners.py [--documents 200] [--asked 20] [--jobs 2] [--model reader] [--skip ray]

Draws the documents, asks each for its total, and compares: every runner must give the same answers and one record for
each document. The loop asks the first ``--asked`` documents, and its time for all of them is extrapolated from these.
``local`` and ``ray`` use ``--jobs`` workers, ``endpoint`` as many requests at a time at one ``internvl serve`` of its
own, whose start is counted apart. Each starts cold: loading is part of its time.

Writes benchmarks/results/runners.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from batch_memory import surroundings, write_invoice

RESULT = Path(__file__).parent / "results" / "runners.json"
QUESTION = "What is the total?"
PROGRAM = [sys.executable, "-m", "internvl_cli"]


def timed(command: list[str], folder: Path) -> tuple[float, str]:
    """Seconds and standard output of one run."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 12):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - start, done.stdout


def loop(names: list[str], model: str, folder: Path) -> tuple[float, dict[str, str]]:
    """A plain loop of ``internvl ask``: seconds, and the answer of each document."""
    seconds, answers = 0.0, {}
    for name in names:
        taken, out = timed([*PROGRAM, "ask", QUESTION, name, "--model", model, "--json", "--quiet"], folder)
        seconds += taken
        answers[name] = json.loads(out)["answer"]
    return seconds, answers


def batch(name: str, more: list[str], folder: Path, output: Path) -> tuple[float, dict[str, Any]]:
    """One runner: seconds, and what it wrote."""
    command = [*PROGRAM, "batch", QUESTION, "in", "-o", str(output), "--quiet", *more]
    seconds, _ = timed(command, folder)
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    by_file = {line["file"]: line for line in lines}
    if len(by_file) != len(lines):
        sys.exit(f"{name}: {len(lines)} records for {len(by_file)} documents")
    return seconds, by_file


@contextmanager
def server(model: str) -> Iterator[tuple[str, float]]:
    """``internvl serve`` on a free port: its URL, and the seconds until it was ready."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--model", model, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            sys.exit("internvl serve did not start:\n" + "".join(said))
        yield found[0], time.perf_counter() - start
    finally:
        process.terminate()
        process.communicate(timeout=30)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    names = sorted(f"in/{path.name}" for path in (folder / "in").iterdir())
    model = ["--model", options.model]
    asked, first = loop(names[: options.asked], options.model, folder)
    seconds = {"ask_loop": asked / options.asked * len(names)}
    found: dict[str, dict[str, Any]] = {}
    extra: dict[str, float] = {}
    for name in ("local", "endpoint", "ray"):
        if name in options.skip:
            continue
        output = folder / f"{name}.jsonl"
        if name == "endpoint":
            with server(options.model) as (url, extra["serve_start_seconds"]):
                more = ["--endpoint", url, "--concurrency", str(options.jobs)]
                seconds[name], found[name] = batch(name, more, folder, output)
        else:
            more = [*model, "--jobs", str(options.jobs), *(["--runner", "ray"] if name == "ray" else [])]
            seconds[name], found[name] = batch(name, more, folder, output)
    for name, records in found.items():
        if sorted(records) != names or any(record["error"] for record in records.values()):
            sys.exit(f"{name}: not one answer for each document")
        other = [file for file in names if records[file]["answer"] != found["local"][file]["answer"]]
        other += [file for file, answer in first.items() if records[file]["answer"] != answer]
        if other:
            sys.exit(f"{name}: other answers to {', '.join(other[:5])}")
    return {
        "documents": len(names),
        "asked_in_loop": options.asked,
        "jobs": options.jobs,
        "model": options.model,
        "identical_answers": True,
        "one_record_each": True,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "times_faster_than_ask_loop": {
            name: round(seconds["ask_loop"] / value, 2) for name, value in seconds.items() if name != "ask_loop"
        },
        **{name: round(value, 2) for name, value in extra.items()},
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "note": "ask_loop is extrapolated from asked_in_loop documents; all in one run, one after the other",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--asked", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--model", default="reader")
    parser.add_argument("--skip", nargs="*", default=[], choices=["endpoint", "ray"])
    parser.add_argument("--result", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").mkdir()
        for number in range(options.documents):
            write_invoice(folder / "in" / f"{number:04}.pdf", number, False)
        result = {**surroundings(), **measure(options, folder)}
    options.result.parent.mkdir(exist_ok=True)
    options.result.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
