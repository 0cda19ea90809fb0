"""Measure the bundled reader on our own held-out set, the unseen and the everyday documents; write it into the docs.

    python benchmarks/evaluate_reader.py [FOLDER] [--resume]

Writes results folders below FOLDER (build/evaluation otherwise), benchmarks/results/evaluation_reader.json and the
generated part of docs/benchmarks.md. Begins anew, because the weights may have changed; --resume goes on after an
interruption. Takes some ten minutes of CPU.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EVERYDAY = Path(__file__).parent / "everyday"
RESULT = Path(__file__).parent / "results" / "evaluation_reader.json"
WEIGHTS = ROOT / "internvl_cli" / "reader" / "weights" / "reader.onnx"


def evaluate(folder: Path, *words: str) -> dict[str, Any]:
    """Run ``internvl eval own`` with the reader; give its summary."""
    command = [sys.executable, "-m", "internvl_cli", "eval", "own", "--model", "reader", "--json", "-o", str(folder)]
    done = subprocess.run([*command, *words], stdout=subprocess.PIPE, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return {key: value for key, value in summary.items() if key not in ("data", "published", "why_sources_differ")}


def evaluate_tasks(folder: Path, split: str, tasks: Path, *words: str) -> dict[str, Any]:
    """Measure a set of documents with questions of their own; ``split`` says where in the repository it stands."""
    return {**evaluate(folder, "--tasks", str(tasks), *words), "split": split}


def cpu() -> str:
    """Name the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--resume"]
    folder = Path(words[0] if words else ROOT / "build" / "evaluation")
    restart = [] if "--resume" in sys.argv[1:] else ["--restart"]
    unseen = folder / "unseen-documents"
    subprocess.run([sys.executable, str(ROOT / "benchmarks" / "unseen" / "draw.py"), str(unseen)], check=True)
    result = {
        "own": evaluate(folder / "own", *restart),
        "unseen": evaluate_tasks(folder / "unseen", "benchmarks/unseen", unseen / "tasks.jsonl", *restart),
        **{
            f"everyday_{part.name}": evaluate_tasks(
                folder / f"everyday-{part.name}", f"benchmarks/everyday/{part.name}", part / "tasks.jsonl", *restart
            )
            for part in (EVERYDAY / "seen", EVERYDAY / "blind")
        },
        "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "device": {
            "cpu": cpu(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "onnxruntime": version("onnxruntime"),
            "rapidocr": version("rapidocr"),
            "pypdfium2": version("pypdfium2"),
        },
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, str(ROOT / "docs" / "generate_benchmarks.py")], check=True)


if __name__ == "__main__":
    main()
