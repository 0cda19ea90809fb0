"""Where rows come from: Parquet and Arrow files, or the hub by ``datasets``; both with the extra ``eval``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from internvl_cli.errors import DependencyError, HubError, InputError

__all__ = ["HUB_NAME", "rows_of_files", "rows_of_hub"]

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
"""What a data set on the hub is called."""

_ROWS_AT_ONCE = 16
"""Rows in memory at once: each carries its image."""

_SPLIT_WORDS = {"val": ("validation", "val"), "validation": ("validation", "val")}
_CONFIGS = {"docvqa": "DocVQA", "infovqa": "InfographicVQA"}
"""What tells the two apart where one data set holds both (lmms-lab/DocVQA)."""

_INSTALL = "pip install 'internvl-cli[eval]'"

Rows = Iterator[tuple[str, dict[str, Any]]]
"""Where a row is, for messages; and the row."""


def rows_of_files(data: Path, benchmark: str, split: str) -> Rows | None:
    """Give the rows of the Parquet and Arrow files of a split; None where there are none.

    Args:
        data: A folder, searched to the bottom, or one file, which is taken to be of the split.
        benchmark: Its name.
        split: A file counts by its name or by that of its folder (``validation-00000-of-00001.parquet``,
            ``validation/data-00000-of-00001.arrow``).

    Raises:
        DependencyError: pyarrow is not installed.
    """
    if data.is_file():
        files = [data] if data.suffix in (".parquet", ".arrow") else []
    else:
        found = sorted(path for ending in ("parquet", "arrow") for path in data.rglob(f"*.{ending}"))
        files = [path for path in found if _belongs(path.relative_to(data), benchmark, split)]
    if not files:
        return None
    _require_pyarrow()
    return _rows(files)


def _belongs(path: Path, benchmark: str, split: str) -> bool:
    words = _SPLIT_WORDS.get(split, (split,))
    of_split = any(re.search(rf"(?<![a-z]){word}(?![a-z])", part.lower()) for part in path.parts for word in words)
    others = {config.lower() for name, config in _CONFIGS.items() if name != benchmark and benchmark in _CONFIGS}
    return of_split and not others & {part.lower() for part in path.parts}


def _require_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise DependencyError("reading Parquet needs pyarrow, which is not installed", _INSTALL) from None


def _rows(files: list[Path]) -> Rows:
    for path in files:
        number = 0
        try:
            for batch in _batches(path):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, record {number}", row
        except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
            reason = " ".join(str(error).split())
            raise InputError(f"{path}: cannot be read after record {number}: {reason}", "download it again") from None


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    if path.suffix == ".parquet":
        with pyarrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_ROWS_AT_ONCE)
        return
    with pyarrow.memory_map(str(path)) as source:
        try:
            reader = pyarrow.ipc.open_stream(source)  # what `datasets` writes
        except pyarrow.ArrowInvalid:
            source.seek(0)
            file = pyarrow.ipc.open_file(source)
            reader = (file.get_batch(i) for i in range(file.num_record_batches))
        for batch in reader:
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield batch.slice(start, _ROWS_AT_ONCE)


def rows_of_hub(name: str, benchmark: str, split: str) -> Rows:
    """Give the rows of a data set on the hub; MMMU's 30 subjects one after the other.

    Raises:
        DependencyError: ``datasets`` is not installed.
        HubError: The data set cannot be loaded.
    """
    try:
        import datasets
    except ImportError:
        message = f"{name}: reading a data set by its name needs datasets, which is not installed"
        raise DependencyError(message, f"{_INSTALL}; a folder needs it not") from None
    try:
        for config in _configs(datasets.get_dataset_config_names(name), benchmark):
            known = datasets.get_dataset_split_names(name, config)
            wanted = next((word for word in _SPLIT_WORDS.get(split, (split,)) if word in known), split)
            table = datasets.load_dataset(name, config, split=wanted)
            for column, feature in table.features.items():
                if isinstance(feature, datasets.Image):
                    table = table.cast_column(column, datasets.Image(decode=False))  # the bytes as they are
            for number, row in enumerate(table, start=1):
                yield f"{name}, {config}, {wanted}, record {number}", row
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        hint = "check the name and the connection, or download the data and give the folder"
        raise HubError(f"{name}: cannot be loaded: {reason}", hint) from error


def _configs(names: list[str], benchmark: str) -> list[str]:
    if benchmark == "mmmu":
        return names
    wanted = _CONFIGS.get(benchmark)
    return [wanted] if wanted in names else names[:1]
