"""What a resident server saves: a loop of 20 questions with and without one; and its memory over 1,000 requests.

    python benchmarks/resident.py loop [--questions 20]
    python benchmarks/resident.py memory [--requests 1000]

The loop runs ``internvl ask`` as a process for each question, in turn with and without the server, with the bundled
reader. Memory is the server's resident set while its requests stream, with a fake engine (the server's own memory) or
with the reader (``--engine reader``).
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
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results")
QUESTIONS = (
    "What is the total due?",
    "What is the invoice number?",
    "What is the date of the invoice?",
    "When is it due?",
    "Who sent the invoice?",
)
FAKE = """
import sys
from internvl_cli.cli.app import main
from internvl_cli.engines import select
from internvl_cli.engines.base import Answer, Usage
from internvl_cli.engines.fake import FakeEngine

class Words(FakeEngine):
    def stream(self, request):
        for page in request.pages:
            page.image.load()
        yield from ["word "] * 200
        return Answer("word " * 200, self.model, self.name, usage=Usage(1, 200))

select.select_engine = lambda choice, options: select.Selection(Words())
sys.exit(main(["serve", "--port", "0"]))
"""


def start(engine: str) -> tuple[subprocess.Popen[str], str]:
    """Start a server; gives its process and its URL."""
    command = [sys.executable, "-c", FAKE]
    if engine != "fake":
        command = [sys.executable, "-m", "internvl_cli", "serve", "--model", engine, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "INTERNVL_CONFIG": ""})
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"INTERNVL_ENDPOINT=(\S+)", line):
            return process, found[1]
    raise SystemExit("the server did not start")


def ask(question: str, endpoint: str | None) -> tuple[float, str]:
    """Seconds and answer of one process."""
    environment = {**os.environ, "INTERNVL_CONFIG": "", "INTERNVL_ENDPOINT": endpoint or "none"}
    command = [sys.executable, "-m", "internvl_cli", "ask", question, str(ROOT / "samples" / "invoice.pdf"), "--quiet"]
    command += ["--model", "reader"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in (0, 12):
        raise SystemExit(done.stderr)
    return time.perf_counter() - started, done.stdout


def measure_loop(count: int) -> dict[str, Any]:
    """Ask the same questions both ways, in turn."""
    began = time.perf_counter()
    process, url = start("reader")
    loading = time.perf_counter() - began
    without, resident, same = [], [], 0
    try:
        ask(QUESTIONS[0], url)
        for number in range(count):
            question = QUESTIONS[number % len(QUESTIONS)]
            alone, served = ask(question, None), ask(question, url)
            without.append(alone[0])
            resident.append(served[0])
            same += alone[1] == served[1]
    finally:
        process.terminate()
        process.wait()
    return {
        "questions": count,
        "same_answers": same,
        "server_start_s": round(loading, 2),
        "without_s": round(sum(without), 2),
        "resident_s": round(sum(resident), 2),
        "median_without_s": round(statistics.median(without), 3),
        "median_resident_s": round(statistics.median(resident), 3),
        "ratio_of_medians": round(statistics.median(without) / statistics.median(resident), 3),
    }


def measure_memory(count: int, engine: str) -> dict[str, Any]:
    """Stream requests over one connection, and look at the server's memory."""
    import base64

    import httpx
    import psutil

    process, url = start(engine)
    image = base64.b64encode((ROOT / "samples" / "chart.png").read_bytes()).decode()
    image_part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    message = {"role": "user", "content": [image_part, {"type": "text", "text": "How many visitors came in July?"}]}
    body = {"messages": [message], "stream": True, "stream_options": {"include_usage": True}}
    resident: list[int] = []
    try:
        server = psutil.Process(process.pid)
        with httpx.Client(timeout=300) as client:
            for number in range(count):
                with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
                    assert response.status_code == 200
                    assert [line for line in response.iter_lines() if line][-1] == "data: [DONE]"
                if number % max(1, count // 20) == 0 or number == count - 1:
                    resident.append(server.memory_info().rss >> 10)
    finally:
        process.terminate()
        process.wait()
    warm = resident[len(resident) // 10 or 1]
    return {
        "requests": count,
        "engine": engine,
        "resident_kib": resident,
        "growth_after_warm_up_kib": max(resident[2:]) - warm,
        "growth_per_request_bytes": round((resident[-1] - warm) * 1024 / (0.9 * count), 1),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=["loop", "memory"])
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--engine", choices=["fake", "reader"], default="fake")
    arguments = parser.parse_args()
    if arguments.what == "loop":
        result = measure_loop(arguments.questions)
    else:
        result = measure_memory(arguments.requests, arguments.engine)
    target = RESULTS / "resident.json"
    kept = json.loads(target.read_text()) if target.exists() else {}
    packages = ("internvl-cli", "openai", "fastapi", "uvicorn", "onnxruntime")
    result["machine"] = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }
    target.write_text(json.dumps({**kept, arguments.what: result}, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
