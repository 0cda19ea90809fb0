"""Write ``docs/answers.md``: what the bundled reader answers to the samples' questions, as it really came out.

``python docs/generate_answers.py`` asks every question of ``samples/questions.jsonl`` and, with ``--unseen``, those of
the twelve documents that ``benchmarks/unseen/draw.py`` draws, whose score goes to ``benchmarks/results/unseen.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import internvl_cli

ROOT = Path(__file__).resolve().parent.parent


def plain(text: str) -> str:
    """Case, spaces and the marks at the ends aside."""
    return re.sub(r"\s+", " ", text).strip(" .,;:").casefold()


def is_right(answer: internvl_cli.Answer, gold: list[str]) -> bool:
    """Whether the answer equals one of the gold answers, or rightly says that there is none."""
    if not answer.found:
        return "not found" in gold
    return plain(answer.text) in {plain(text) for text in gold}


def ask_all(tasks: Path) -> Iterator[tuple[dict[str, Any], internvl_cli.Answer]]:
    """Ask the questions of a tasks file with the reader, document by document."""
    rows = [json.loads(line) for line in tasks.read_text(encoding="utf-8").splitlines()]
    for file in dict.fromkeys(row["file"] for row in rows):
        mine = [row for row in rows if row["file"] == file]
        answers = internvl_cli.ask_many([row["question"] for row in mine], tasks.parent / file, model="reader")
        yield from zip(mine, answers, strict=True)


def table(results: list[tuple[dict[str, Any], internvl_cli.Answer]]) -> list[str]:
    """The rows of a Markdown table, wrong answers marked with what would have been right."""
    lines = ["| document | question | answer | confidence |", "| --- | --- | --- | ---: |"]
    for row, answer in results:
        text = answer.text.replace("|", "\\|").replace("\n", " ")
        if not is_right(answer, row["answers"]):
            text += f" **✗** (right: {row['answers'][0]})"
        lines.append(f"| {row['file']} | {row['question']} | {text} | {answer.confidence or 0:.2f} |")
    return lines


def score(results: list[tuple[dict[str, Any], internvl_cli.Answer]]) -> tuple[int, int]:
    """Right answers and questions."""
    return sum(is_right(answer, row["answers"]) for row, answer in results), len(results)


def ask_unseen() -> list[tuple[dict[str, Any], internvl_cli.Answer]]:
    """Draw the twelve documents and ask about them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, ROOT / "benchmarks/unseen/draw.py", folder], check=True)
        return list(ask_all(Path(folder) / "tasks.jsonl"))


def main() -> None:
    """Write the page and, if asked, the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unseen", action="store_true", help="also ask about the twelve documents")
    unseen = parser.parse_args().unseen
    results = list(ask_all(ROOT / "samples/questions.jsonl"))
    right, count = score(results)
    model = results[0][1].model
    lines = [
        "# Answers to the samples' questions",
        "",
        f"Written by `python docs/generate_answers.py --unseen` with the bundled reader (`{model}`):",
        f"{right} of {count} right, letter for letter but for case, spaces and the marks at the ends. A wrong answer",
        "is marked, with the right one beside it. The rules for where an answer is cut were chosen with the samples",
        "among the development questions, so this shows what the reader does, not how good it is elsewhere.",
        "",
        *table(results),
    ]
    if unseen:
        others = ask_unseen()
        right, count = score(others)
        lines += [
            "",
            "## Documents that the reader was not trained on",
            "",
            "Twelve documents drawn by hand (`benchmarks/unseen/draw.py`), never trained on. What it got wrong was",
            "looked at while the rules for names, dates and telephone numbers were written, and documents of some of",
            "these kinds are among the cards and notes of the second training, so the own set of",
            "[benchmarks.md](benchmarks.md) is the stricter test:",
            f"{right} of {count} right.",
            "",
            *table(others),
        ]
        result = {
            "what": "exact answers on twelve hand-drawn documents",
            "model": model,
            "right": right,
            "questions": count,
            "device": {"cpu": platform.processor() or platform.machine()},
            "versions": {"python": platform.python_version(), "onnxruntime": version("onnxruntime")},
        }
        (ROOT / "benchmarks/results/unseen.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (ROOT / "docs/answers.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
