"""Reading records whose fields may be missing or of another type; every message names the file and the record."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from internvl_cli.errors import InputError
from internvl_cli.evaluation.questions import malformed

__all__ = ["find_file", "find_image", "load_json", "name_in", "records_of", "text_of", "texts_of"]

Record = Mapping[str, Any]


def load_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: It cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8", "download it again") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}", "download it again") from None


def records_of(path: Path, key: str | None = None) -> Iterator[tuple[str, Record]]:
    """Give the records of a JSON file with their place in it, counted from 1.

    Args:
        path: The file.
        key: Under which the list lies; None where the file is the list.

    Raises:
        InputError: It is something else.
    """
    content = load_json(path)
    if key is not None:
        content = content.get(key) if isinstance(content, dict) else None
    if not isinstance(content, list):
        expected = "a list of records" if key is None else f"an object with a list under {key!r}"
        raise InputError(f"{path}: holds no questions: {expected} was expected", "check --data and --split")
    for number, record in enumerate(content, start=1):
        where = f"{path}, record {number}"
        if not isinstance(record, dict):
            raise malformed(where, "not an object")
        yield where, record


def text_of(record: Record, name: str, where: str, *, default: str | None = None) -> str:
    """Give a text that is not empty; a number counts as one.

    Raises:
        InputError: It is missing, empty or of another type.
    """
    value = record.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise malformed(where, f"{name!r} is missing" if value is None else f"{name!r} must be a text, not {value!r}")
    return value


def texts_of(record: Record, name: str, where: str) -> tuple[str, ...]:
    """Give a list of texts with at least one in it; a single text counts as one.

    Raises:
        InputError: It is missing, empty or of another type.
    """
    value = record.get(name)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, Sequence) or not value or not all(isinstance(v, (str, int, float)) for v in value):
        raise malformed(
            where, f"{name!r} is missing" if value is None else f"{name!r} must be a list of texts, not {value!r}"
        )
    return tuple(str(entry) for entry in value)


def find_file(folder: Path, *patterns: str) -> Path | None:
    """The first file in ``folder`` that matches a pattern; patterns earlier in the list come first."""
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                return path
    return None


def find_image(folder: Path, name: str, *subfolders: str) -> Path:
    """Where an image lies: under its name, or by its last part in one of ``subfolders``.

    An image that is nowhere is looked for when its question is asked, and then fails that question alone.
    """
    last = Path(name).name
    for path in (folder / name, *(folder / subfolder / last for subfolder in subfolders), folder / last):
        if path.is_file():
            return path
    return folder / name


def name_in(folder: Path, path: Path) -> str:
    """What to call a file: the same wherever the data folder lies."""
    return os.path.relpath(path, folder)
