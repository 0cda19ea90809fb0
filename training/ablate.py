# ruff: noqa: E501
"""What the parts of the reader are worth: short runs that differ in one thing each, and one table.

``python -m training.ablate --data DIR --out benchmarks/results/reader_ablations.json``. Every run starts from MiniLM, takes the same
number of steps over data in the same order, is exported to int8 and gets its own fitted confidence. The runs are a twentieth
as long as the shipped one: the differences tell, not the heights.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "without layout": {"layout": False},
    "without written questions": {"mix": {"generator": 1.0}},
}
"""What each run changes: a key of the configuration, or the mix of its only stage."""

MIX = {"generator": 0.52, "prose": 0.2, "tables": 0.21, "finance": 0.07}
FIGURES = {
    "held-out families: fields": ("held_out", "fields"),
    "held-out families: table cells": ("held_out", "cells"),
    "held-out families: unanswerable": ("held_out", "unanswerable"),
    "trained families: all": ("trained", "all"),
    "prose: answerable": ("prose", "answerable"),
    "Wikipedia tables: answer in a cell": ("wikitable", "cells"),
}


def configuration(base: dict[str, Any], change: dict[str, Any], steps: int) -> dict[str, Any]:
    """Give the configuration of a variant: one stage of ``steps`` steps."""
    stage = {
        "name": "short", "minutes": 240, "gpu_minutes": 240, "steps": steps, "warmup": 40, "rate_from": 0.6, "rate_to": 0.01,
        "per_document": 4, "mix": change.get("mix", MIX),
    }  # fmt: skip
    extra = {key: value for key, value in change.items() if key != "mix"}
    return {**base, **extra, "save_minutes": 60, "log_every": 50, "stages": [stage]}


def run(*arguments: object) -> None:
    """Run a module of this package, and stop where it fails."""
    subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True)


def measure(weights: Path, data: Path, folder: Path) -> dict[str, Any]:
    """Fit the confidence of some weights, and measure them on the development documents."""
    out = folder / "measured.json"
    run("training.evaluate", "--weights", weights, "--data", data, "--generator", 12, "--fit", "--out", out)
    report: dict[str, Any] = json.loads(out.read_text())
    sets = report["sets"]
    return {name: sets[group][part] for name, (group, part) in FIGURES.items()}


def main() -> None:
    """Parse arguments, train, measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=Path("training/configs/shipped.json"))
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--runs", type=Path, default=Path("training/runs/ablations"))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    base = json.loads(arguments.base.read_text())
    report: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    report["steps"] = arguments.steps
    for name, change in VARIANTS.items():
        if name in report.get("variants", {}):
            continue
        folder = arguments.runs / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / "config.json"
        place.write_text(json.dumps(configuration(base, change, arguments.steps), indent=2))
        run("training.train", "--config", place, "--data", arguments.data, "--run", folder)
        with tempfile.TemporaryDirectory() as scratch:
            run("training.export", "--checkpoint", folder / "last.pt", "--out", scratch)
            report.setdefault("variants", {})[name] = measure(Path(scratch), arguments.data, folder)
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
