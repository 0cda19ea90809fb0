"""Does a long batch keep its memory? The resident size of ``internvl batch`` over 300 one-page documents.

    python benchmarks/batch_memory.py [--documents 300] [--jobs 1] [--scans 0] [--fake]

Writes ``benchmarks/results/batch_memory.json``. The size is read from /proc each time a record reaches the journal, the
workers' included; the medians over the first and over the last third of the documents are compared, and peaks are given
too. Exits with 1 if the last third is more than 10 % above the first. ``--fake`` leaves the reader out (the batch room
alone); ``--scans N`` makes every N-th page an image without a text layer, so that OCR takes part.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "batch_memory.json"
FAKE = Path(__file__).parent.parent / "tests" / "drivers_batch" / "slow_engine.py"
GROWTH = 1.10
WORDS = ("gear", "pump", "valve", "seal", "bolt", "filter", "hose", "bracket", "sensor", "cable", "motor", "switch")


def write_invoice(path: Path, number: int, scan: bool) -> None:
    """Draw one invoice of its own: a table of items and a total."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    chance = random.Random(number)
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(60, 770, f"Invoice 2024-{number:04}")
    canvas.setFont("Helvetica", 10)
    total = 0.0
    for row in range(chance.randint(5, 30)):
        amount = chance.randint(100, 99_999) / 100
        total += amount
        canvas.drawString(60, 720 - 18 * row, f"{chance.choice(WORDS)} {chance.choice(WORDS)} {chance.randint(1, 99)}")
        canvas.drawRightString(500, 720 - 18 * row, f"{amount:,.2f}")
    canvas.drawString(60, 120, "Total")
    canvas.drawRightString(500, 120, f"{total:,.2f} EUR")
    canvas.save()
    if scan:
        _flatten(path)


def _flatten(path: Path) -> None:
    """Replace the page by its picture."""
    import pypdfium2
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    with pypdfium2.PdfDocument(path.read_bytes()) as document:
        picture = document[0].render(scale=150 / 72).to_pil()
    data = io.BytesIO()
    picture.convert("L").save(data, "JPEG", quality=60)
    canvas = Canvas(str(path), pagesize=A4)
    canvas.drawImage(ImageReader(data), 0, 0, *A4)
    canvas.save()


def resident(pid: int) -> int:
    """Resident bytes of a process and its descendants; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def watch(process: subprocess.Popen[bytes], journal: Path) -> list[tuple[int, int]]:
    """Sample (documents done, resident bytes) until the process ends."""
    samples = []
    done = offset = 0
    while process.poll() is None:
        if journal.exists():
            with journal.open("rb") as file:
                file.seek(offset)
                new = file.read()
            done, offset = done + new.count(b"\n"), offset + len(new)
        if size := resident(process.pid):
            samples.append((done, size))
        time.sleep(0.02)
    return samples


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Run the batch and sum up."""
    program = [str(FAKE)] if options.fake else ["-m", "internvl_cli"]
    model = [] if options.fake else ["--model", "reader"]
    words = ["batch", "What is the total?", str(folder), "-o", "out.jsonl", "--jobs", str(options.jobs), *model]
    environment = {**os.environ, "BATCH_SPEC": '{"pause": 0.03}'}
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, *program, *words], cwd=folder.parent, env=environment) as process:
        samples = watch(process, folder.parent / "out.jsonl")
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"the batch ended with {process.returncode}")
    third = options.documents // 3
    # The first sample with a record: before it, the program and the engine are still being loaded.
    first = [size for done, size in samples if 1 <= done <= third]
    last = [size for done, size in samples if options.documents - third <= done < options.documents]
    return {
        "documents": options.documents,
        "jobs": options.jobs,
        "scans_every": options.scans,
        "engine": "fake" if options.fake else "reader",
        "first_third_mib": round(statistics.median(first) / 2**20, 1),
        "last_third_mib": round(statistics.median(last) / 2**20, 1),
        "last_over_first": round(statistics.median(last) / statistics.median(first), 4),
        "peak_mib": round(max(size for _, size in samples) / 2**20, 1),
        "documents_per_second": round(options.documents / seconds, 2),
        "samples": len(samples),
    }


def surroundings() -> dict[str, object]:
    """Device and versions."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for name in ("internvl-cli", "onnxruntime", "pypdfium2", "pillow", "rapidocr"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    cpu = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    return {"device": cpu, "cpus": os.cpu_count(), "versions": versions}


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--scans", type=int, default=0)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--result", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "documents"
        folder.mkdir()
        for number in range(options.documents):
            write_invoice(folder / f"{number:04}.pdf", number, bool(options.scans) and number % options.scans == 0)
        result = {**surroundings(), **run(folder, options)}
    options.result.parent.mkdir(exist_ok=True)
    options.result.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    if float(str(result["last_over_first"])) > GROWTH:
        sys.exit("memory grows")


if __name__ == "__main__":
    main()
