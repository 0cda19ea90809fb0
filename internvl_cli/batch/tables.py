"""Records as a table: CSV, or Parquet with the extra ``parquet``. One row per record, nested fields as JSON text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from internvl_cli.errors import DependencyError

__all__ = ["COLUMNS", "require_parquet", "row", "write_csv", "write_parquet"]

COLUMNS: dict[str, str] = {
    "id": "string",
    "file": "string",
    "question": "string",
    "page_selection": "string",
    "answer": "string",
    "found": "bool",
    "kind": "string",
    "confidence": "double",
    "pages": "string",
    "evidence": "string",
    "model": "string",
    "engine": "string",
    "finish_reason": "string",
    "tiles": "int64",
    "prompt_tokens": "int64",
    "completion_tokens": "int64",
    "seconds": "double",
    "warnings": "string",
    "attempts": "int64",
    "expected": "string",
    "error_type": "string",
    "error_message": "string",
    "error_retryable": "bool",
    "schema_version": "int64",
}
"""Columns in order, with their Arrow types."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")  # PEP 383

_ROWS_AT_ONCE = 1000
"""Rows of a Parquet row group: what is held in memory while writing."""


def row(record: dict[str, Any]) -> dict[str, Any]:
    """Flatten a record: page numbers as ``1,3``, the total of ``seconds``, ``usage`` and ``error`` as columns."""
    usage, error = record.get("usage") or {}, record.get("error") or {}
    flat = {
        **record,
        "pages": ",".join(str(page["page"]) for page in record.get("pages") or []),
        "seconds": round(sum((record.get("seconds") or {}).values()), 4),
        "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"),
        "error_type": error.get("type"),
        "error_message": error.get("message"),
        "error_retryable": error.get("retryable"),
        **{name: _as_text(record.get(name)) for name in ("evidence", "warnings", "expected")},
    }
    return {name: _carried(flat.get(name)) for name in COLUMNS}


def write_csv(records: Iterable[dict[str, Any]], file: BinaryIO) -> None:
    """Write RFC 4180 with a header line, in UTF-8; null is an empty cell, true and false are words."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow(str(cell).lower() if isinstance(cell, bool) else cell for cell in row(record).values())
    text.detach()


def write_parquet(records: Iterable[dict[str, Any]], file: BinaryIO) -> None:
    """Write Parquet, a row group at a time.

    Raises:
        DependencyError: pyarrow is not installed.
    """
    require_parquet()
    import pyarrow
    import pyarrow.parquet

    types: dict[str, Callable[[], Any]] = {
        "string": pyarrow.string,
        "bool": pyarrow.bool_,
        "double": pyarrow.float64,
        "int64": pyarrow.int64,
    }
    schema = pyarrow.schema([(name, types[kind]()) for name, kind in COLUMNS.items()])
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for rows in _groups(map(row, records)):
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))


def require_parquet() -> None:
    """Say before hours of work, not after them, that Parquet cannot be written.

    Raises:
        DependencyError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        message = "writing Parquet needs pyarrow, which is not installed"
        raise DependencyError(message, "pip install 'internvl-cli[parquet]', or choose -o out.jsonl") from None


def _carried(value: Any) -> Any:
    r"""Replace what UTF-8 cannot carry: a byte of a file name that is not UTF-8 becomes ``\xff``."""
    if not isinstance(value, str):
        return value
    return (
        _ESCAPED_BYTE.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", value).encode("utf-8", "replace").decode()
    )


def _as_text(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while group := list(islice(rows, _ROWS_AT_ONCE)):
        yield group
