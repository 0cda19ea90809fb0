"""Our own held-out set: documents and charts that are drawn when they are needed, the same ones every time.

The drawing functions and their seed are used nowhere else: the reader's training has its own generator, and nobody who
wrote either looked at the other. The wheel carries the functions, not the files.
"""

from __future__ import annotations

import io
import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

from internvl_cli.batch.files import cannot_write, replacing
from internvl_cli.batch.plan import read_tasks
from internvl_cli.errors import UsageError
from internvl_cli.evaluation.own import charts, lists, papers
from internvl_cli.evaluation.own.drawn import Draw, Drawn, Look
from internvl_cli.evaluation.own.sheet import to_pdf
from internvl_cli.evaluation.questions import Question

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FAMILIES", "SEED", "draw_all", "draw_own", "read_own"]

SEED = "internvl eval own, 2026, held out"

FAMILIES: dict[str, tuple[Draw, tuple[Look, ...]]] = {
    "lease": (papers.lease, ("pdf", "scan", "pdf")),
    "minutes": (papers.minutes, ("scan", "pdf", "image")),
    "recipe": (papers.recipe, ("image", "pdf", "scan")),
    "letter": (papers.letter, ("scan", "pdf", "scan")),
    "ferry": (lists.ferry, ("image", "pdf", "scan")),
    "receipt": (lists.receipt, ("scan", "image", "pdf")),
    "blood-test": (lists.blood_test, ("pdf", "scan", "pdf")),
    "programme": (lists.programme, ("pdf", "pdf", "scan")),
    "packing-list": (lists.packing_list, ("scan", "image", "pdf")),
    "registration": (lists.registration, ("image", "pdf", "scan")),
    "columns": (charts.columns, ("image", "image", "pdf")),
    "bars": (charts.bars, ("image", "pdf", "image")),
    "line": (charts.line, ("image", "pdf", "image")),
    "pie": (charts.pie, ("image", "image", "pdf")),
    "pairs": (charts.pairs, ("image", "pdf", "image")),
}
"""What draws a family, and how each of its documents comes."""

DOTS = 150
"""Dots per inch of pictures and scans."""


def draw_all() -> dict[str, Drawn]:
    """Give every document under its file name; nothing is rendered."""
    documents = {}
    for name, (draw, looks) in FAMILIES.items():
        for number, look in enumerate(looks, start=1):
            ending = {"pdf": "pdf", "image": "png", "scan": "scan.pdf"}[look]
            documents[f"{name}-{number}.{ending}"] = draw(random.Random(f"{SEED} {name} {number}"), look)
    return documents


def draw_own(folder: Path) -> Path:
    """Write the documents and ``tasks.jsonl``, which comes last; what is complete already is left alone.

    Returns:
        The path of ``tasks.jsonl``.

    Raises:
        OutputError: They cannot be written.
    """
    documents, tasks = draw_all(), folder / "tasks.jsonl"
    text = "".join(_tasks(name, drawn) for name, drawn in documents.items())
    if tasks.is_file() and tasks.read_text(encoding="utf-8") == text:
        return tasks
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    for name, drawn in documents.items():
        with replacing(folder / name) as file:
            file.write(_file(name, drawn))
    with replacing(tasks) as file:
        file.write(text.encode())
    return tasks


def read_own(tasks: str) -> list[Question]:
    """Read questions in the format of ``internvl batch --tasks``, with ``answers``.

    Raises:
        InputError: The file cannot be read.
        UsageError: A line is not a task, or none has answers.
    """
    items = read_tasks(tasks).items
    if not any(item.answers for item in items):
        raise UsageError(f"{tasks}: no task has answers", 'a scored task has "answers": ["42"]')
    return [Question(item, f"{tasks}, task {item.id}") for item in items]


def _tasks(name: str, drawn: Drawn) -> str:
    stem = name.partition(".")[0]
    lines = [
        {"id": f"{stem}-{i}", "file": name, "question": asked.question, "answers": asked.answers, "kind": asked.kind}
        for i, asked in enumerate(drawn.asked, start=1)
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _file(name: str, drawn: Drawn) -> bytes:
    data = to_pdf(drawn.sheets)
    if drawn.look == "pdf":
        return data
    pages, buffer = _rendered(data), io.BytesIO()
    if drawn.look == "image":
        pages[0].save(buffer, "PNG")
    else:
        scanned = [_scanned(page, f"{name} {i}") for i, page in enumerate(pages)]
        dates = dict.fromkeys(("creationDate", "modDate"), time.gmtime(0))  # Pillow writes today's otherwise
        scanned[0].save(buffer, "PDF", save_all=True, append_images=scanned[1:], resolution=DOTS, quality=70, **dates)
    return buffer.getvalue()


def _rendered(data: bytes) -> list[Image.Image]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return [page.render(scale=DOTS / 72).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def _scanned(image: Image.Image, name: str) -> Image.Image:
    """Make a page look scanned: crooked, greyish, darker towards one edge, noisy."""
    import numpy as np
    from PIL import Image

    rng = random.Random(f"{SEED} {name}")
    crooked = image.rotate(rng.uniform(-1.3, 1.3), resample=Image.Resampling.BICUBIC, fillcolor="white")
    light = np.linspace(rng.uniform(0.88, 0.96), 1.0, image.width)[None, :, None]
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 6, (image.height, image.width, 1))
    pixels = np.asarray(crooked, dtype=np.float64) * light * 0.97 + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
