"""Cutting pages into tiles: ``model.tiling`` against a straightforward reading of the reference, run in turn.

The reference resizes, crops and normalises tile by tile (``dynamic_preprocess`` and ``build_transform`` of
the model cards, with torchvision's ToTensor and Normalize spelled out). Both give the same bits; that is checked first.

    python benchmarks/tiling.py [--runs 9] [--threads 2]

Writes benchmarks/results/tiling.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from internvl_cli.model.tiling import IMAGENET_MEAN, IMAGENET_STD, choose_grid, normalize, tile_image

CASES = {
    "A4 150 dpi, 12 tiles": (1240, 1754, 12),
    "A4 200 dpi, 24 tiles": (1654, 2339, 24),
    "Letter 200 dpi, 12 tiles": (1700, 2200, 12),
    "chart 800x600, 12 tiles": (800, 600, 12),
    "slide 1920x1080, 12 tiles": (1920, 1080, 12),
    "photo 3000x4000, 12 tiles": (3000, 4000, 12),
    "icon 300x300, 12 tiles": (300, 300, 12),
}


def grid(width: int, height: int, max_num: int) -> tuple[int, int]:
    """Look for the closest ratio as the reference does: all grids are made and sorted for every image."""
    ratios = {
        (i, j) for n in range(1, max_num + 1) for i in range(1, n + 1) for j in range(1, n + 1) if i * j <= max_num
    }
    best, best_difference = (1, 1), float("inf")
    for ratio in sorted(ratios, key=lambda r: r[0] * r[1]):
        difference = abs(width / height - ratio[0] / ratio[1])
        if difference < best_difference:
            best, best_difference = ratio, difference
        elif difference == best_difference and width * height > 0.5 * 448 * 448 * ratio[0] * ratio[1]:
            best = ratio
    return best


def reference(image: Image.Image, max_num: int) -> torch.Tensor:
    cols, rows = grid(*image.size, max_num)
    resized = image.resize((448 * cols, 448 * rows))
    pieces = []
    for index in range(cols * rows):
        left, top = index % cols * 448, index // cols * 448
        pieces.append(resized.crop((left, top, left + 448, top + 448)))
    if len(pieces) > 1:
        pieces.append(image.resize((448, 448)))
    mean, std = torch.tensor(IMAGENET_MEAN).view(3, 1, 1), torch.tensor(IMAGENET_STD).view(3, 1, 1)
    tensors = []
    for piece in pieces:
        rgb = piece.convert("RGB").resize((448, 448), Image.Resampling.BICUBIC)
        tensor = torch.from_numpy(np.array(rgb)).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        tensors.append(tensor.clone().sub_(mean).div_(std))
    return torch.stack(tensors)


def ours(image: Image.Image, max_tiles: int) -> torch.Tensor:
    return normalize(tile_image(image, max_tiles=max_tiles))


def page(width: int, height: int, coloured: bool) -> Image.Image:
    """Dark marks on white, grey or blue: resizing does not care where they are."""
    values = np.full((height, width, 3), 255, dtype=np.uint8)
    marks = np.random.default_rng(0).random((height, width)) < 0.1
    values[marks] = (30, 30, 160) if coloured else 30
    return Image.fromarray(values)


def measure(width: int, height: int, max_tiles: int, runs: int, coloured: bool) -> dict[str, object]:
    image = page(width, height, coloured)
    if not torch.equal(reference(image, max_tiles), ours(image, max_tiles)):
        raise SystemExit(f"{width}x{height}: the pixels differ")
    seconds: dict[str, list[float]] = {"reference": [], "ours": []}
    work: dict[str, list[float]] = {"reference": [], "ours": []}
    for _ in range(runs):
        for name, function in (("reference", reference), ("ours", ours)):
            started, worked = time.perf_counter(), time.process_time()
            function(image, max_tiles)
            seconds[name].append(time.perf_counter() - started)
            work[name].append(time.process_time() - worked)
    cols, rows = choose_grid(width, height, max_tiles=max_tiles)
    return {"grid": f"{cols}x{rows}", "wall": compare(seconds), "processor": compare(work)}


def compare(seconds: dict[str, list[float]]) -> dict[str, float]:
    """Medians in milliseconds, and the median of the ratios of runs in turn."""
    ratio = statistics.median(a / b for a, b in zip(seconds["reference"], seconds["ours"], strict=True))
    medians = {name: round(statistics.median(values) * 1000, 2) for name, values in seconds.items()}
    return {**medians, "times_faster": round(ratio, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cases = {
        f"{name}, {'coloured' if coloured else 'grey'}": measure(*case, arguments.runs, coloured)
        for name, case in CASES.items()
        for coloured in (True, False)
    }
    result = {
        "what": "milliseconds to float32 tiles (wall, and processor time of all threads), medians of runs in turn",
        "runs": arguments.runs,
        "cases": cases,
        "device": {"cpu": platform.machine(), "cores": os.cpu_count(), "threads": arguments.threads},
        "versions": {name: version(name) for name in ("numpy", "pillow", "torch")},
    }
    path = Path(__file__).parent / "results" / "tiling.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
