"""Pages rendered and tiled per second: ours against pdf2image with the reference's tiling, on the same PDFs, in turn.

Ours is ``internvl_cli.documents`` (PDFium, at the resolution that 12 tiles can use) and ``internvl_cli.model.tiling``.
The reference is ``pdf2image.convert_from_path``, page by page at its default 200 dpi, and the tiling of the model
cards: PIL resize, crop and thumbnail, each tile through ToTensor and Normalize, then a stack. It is also timed at our
own pixel size ("same pixels"), so that the resolution alone cannot win; and all are timed to 8-bit tiles, without the
tensor. Processor time (pdftoppm's included) stands beside the wall time: it hardly depends on what else runs.

    python benchmarks/rendering.py [--runs 5] [PDF...]

Without a PDF it draws one: 6 pages of prose, tables and lines. Needs pdftoppm. Writes results/rendering.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from pdf2image import convert_from_path
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from internvl_cli.documents import open_document
from internvl_cli.model.tiling import normalize, tile_image

TILE, MAX_TILES = 448, 12
MEAN = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)


def reference_tiles(image: Image.Image) -> list[Image.Image]:
    """``dynamic_preprocess`` with max_num=12 and a thumbnail, as the model cards describe it."""
    width, height = image.size
    grids = sorted(
        {
            (i, j)
            for n in range(1, MAX_TILES + 1)
            for i in range(1, n + 1)
            for j in range(1, n + 1)
            if i * j <= MAX_TILES
        },
        key=lambda grid: grid[0] * grid[1],
    )
    best, least = (1, 1), float("inf")
    for cols, rows in grids:
        difference = abs(width / height - cols / rows)
        if difference < least:
            best, least = (cols, rows), difference
        elif difference == least and width * height > 0.5 * TILE * TILE * cols * rows:
            best = (cols, rows)
    cols, rows = best
    resized = image.resize((TILE * cols, TILE * rows))
    tiles = [
        resized.crop((TILE * col, TILE * row, TILE * (col + 1), TILE * (row + 1)))
        for row in range(rows)
        for col in range(cols)
    ]
    return [*tiles, image.resize((TILE, TILE))] if len(tiles) > 1 else tiles


def reference_tensor(tiles: list[Image.Image]) -> torch.Tensor:
    """ToTensor and Normalize for each tile, then a stack."""
    tensors = []
    for tile in tiles:
        resized = tile.convert("RGB").resize((TILE, TILE), Image.Resampling.BICUBIC)
        tensor = torch.from_numpy(np.array(resized)).permute(2, 0, 1).contiguous().float().div(255)
        tensors.append(tensor.sub(MEAN).div(STD))
    return torch.stack(tensors)


def ours(path: str, to_tensor: bool) -> int:
    pages = 0
    with open_document(path, max_tiles=MAX_TILES) as document:
        for page in document.pages():
            tiles = tile_image(page.image, max_tiles=MAX_TILES)
            if to_tensor:
                normalize(tiles)
            pages += 1
    return pages


def reference(path: str, pages: int, sizes: list[tuple[int, int]] | None, to_tensor: bool) -> int:
    for number in range(1, pages + 1):
        size = sizes[number - 1] if sizes else None
        (image,) = convert_from_path(path, first_page=number, last_page=number, size=size)
        tiles = reference_tiles(image.convert("RGB"))
        if to_tensor:
            reference_tensor(tiles)
    return pages


def draw(path: str, pages: int = 6) -> None:
    """Six pages as offices make them: prose, a table with rules, a line drawing."""
    chance = random.Random(7)
    prose = "the annual report shows that revenue of our branches grew while costs for energy and rent fell"
    canvas = Canvas(path, pagesize=(595.276, 841.89))
    for page in range(pages):
        canvas.setFont("Times-Roman", 10.5)
        for line in range(32):
            canvas.drawString(60, 780 - 13 * line, " ".join(chance.choices(prose.split(), k=14)))
        canvas.setFont("Helvetica", 9)
        for row in range(12):
            canvas.line(60, 340 - 14 * row, 520, 340 - 14 * row)
            for column in range(5):
                canvas.drawString(64 + 92 * column, 330 - 14 * row, f"{chance.uniform(1, 9999):,.2f}")
        for line in range(20):
            canvas.line(60 + 22 * line, 60, 60 + 22 * line + chance.uniform(-20, 20), 60 + chance.uniform(10, 90))
        canvas.drawString(280, 30, f"Page {page + 1}")
        canvas.showPage()
    canvas.save()


def timed(function: Callable[[], int]) -> tuple[float, float]:
    """Wall and processor seconds, those of child processes included."""
    start, before = time.perf_counter(), os.times()
    function()
    after = os.times()
    return time.perf_counter() - start, sum(after[:4]) - sum(before[:4])


def measure(path: str, runs: int) -> dict[str, object]:
    with open_document(path, max_tiles=MAX_TILES) as document:
        sizes = [(page.width, page.height) for page in document.pages()]
    pages = len(sizes)
    contestants: dict[str, Callable[[], int]] = {
        "ours": lambda: ours(path, True),
        "reference, 200 dpi": lambda: reference(path, pages, None, True),
        "reference, same pixels": lambda: reference(path, pages, sizes, True),
        "ours, to 8-bit tiles": lambda: ours(path, False),
        "reference, 200 dpi, to 8-bit tiles": lambda: reference(path, pages, None, False),
        "reference, same pixels, to 8-bit tiles": lambda: reference(path, pages, sizes, False),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for run in range(runs + 1):
        for name, function in contestants.items():
            value = timed(function)
            if run:  # the first fills the file cache
                taken[name].append(value)

    def ratio(name: str, clock: int) -> float:
        fastest = taken["ours, to 8-bit tiles" if "8-bit" in name else "ours"]
        turns = zip(taken[name], fastest, strict=True)
        return round(statistics.median(slow[clock] / fast[clock] for slow, fast in turns), 2)

    def ratios(clock: int) -> dict[str, float]:
        return {name: ratio(name, clock) for name in taken if name.startswith("reference")}

    return {
        "pages": pages,
        "page_pixels": sizes[0],
        "pages_per_second": {
            name: round(pages / statistics.median(wall for wall, _ in values), 2) for name, values in taken.items()
        },
        "times_as_fast_as": ratios(0),
        "times_as_fast_as, processor time": ratios(1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("pdf", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # both alike; with more, normalising waits for whatever else runs
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        drawn = str(Path(folder) / "drawn.pdf")
        draw(drawn)
        for path in arguments.pdf or [drawn]:
            results[Path(path).name] = measure(path, arguments.runs)
    result = {
        "what": "pages rendered and tiled per second, medians of runs in turn; ratios: medians of the turns",
        "runs": arguments.runs,
        "target": "at least 3 times as fast as pdf2image and the reference's tiling",
        "files": results,
        "device": {
            "cpu": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("pypdfium2", "pdf2image", "pillow", "torch", "numpy")},
        },
    }
    out = Path(__file__).parent / "results" / "rendering.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
