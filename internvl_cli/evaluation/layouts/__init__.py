"""Layouts of data in, questions out: the makers' JSON, Parquet and Arrow files, and data sets on the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from internvl_cli.errors import InputError, UsageError
from internvl_cli.evaluation.benchmarks import Benchmark
from internvl_cli.evaluation.images import Images
from internvl_cli.evaluation.layouts import official
from internvl_cli.evaluation.layouts.rows import ROWS
from internvl_cli.evaluation.layouts.tables import HUB_NAME, Rows, rows_of_files, rows_of_hub
from internvl_cli.evaluation.questions import Question

__all__ = ["read_questions"]

_OFFICIAL: dict[str, Callable[[Path, str], Iterator[Question] | None]] = {
    "docvqa": official.read_docvqa,
    "infovqa": official.read_infovqa,
    "chartqa": official.read_chartqa,
    "textvqa": official.read_textvqa,
    "ocrbench": official.read_ocrbench,
}


def read_questions(benchmark: Benchmark, data: str, split: str, images: Images) -> Iterator[Question]:
    """Read the questions of a split, in the order of the data.

    Args:
        benchmark: Which.
        data: A folder in the makers' layout or with Parquet or Arrow files, one such file, or a data set's name on the
            hub (``OWNER/NAME``).
        split: Which part.
        images: Where images that lie inside a table are put.

    Raises:
        UsageError: There is no such split.
        InputError: Nothing of the benchmark is there; later, while the questions are taken: a record is malformed.
        DependencyError: The extra ``eval`` is needed and not installed.
        HubError: The data set cannot be loaded.
    """
    if split not in benchmark.splits:
        raise UsageError(f"{benchmark.title} has no split {split!r}", f"--split {' or '.join(benchmark.splits)}")
    folder = Path(data)
    if not folder.exists():
        if HUB_NAME.fullmatch(data):
            return _of_rows(rows_of_hub(data, benchmark.name, split), benchmark, split, images)
        raise InputError(f"{data}: no such folder", f"--data takes the folder of {benchmark.title}: {benchmark.home}")
    reader = _OFFICIAL.get(benchmark.name)
    questions = reader(folder, split) if reader is not None and folder.is_dir() else None
    if questions is not None:
        return questions
    rows = rows_of_files(folder, benchmark.name, split)
    if rows is None:
        message = f"{data}: neither {benchmark.title}'s own layout nor Parquet files of the split {split!r}"
        raise InputError(message, f"download it: {benchmark.home}; docs/benchmarks.md shows the layouts")
    return _of_rows(rows, benchmark, split, images)


def _of_rows(rows: Rows, benchmark: Benchmark, split: str, images: Images) -> Iterator[Question]:
    for number, (where, row) in enumerate(rows, start=1):
        yield ROWS[benchmark.name](row, number, where, split, images)
