"""Writes that survive a crash: whole or not at all, and on the disk before they count."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from internvl_cli.errors import OutputError

__all__ = ["cannot_write", "replacing", "sync_folder"]


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Word the failure to write ``path``."""
    reason = error.strerror or str(error)
    return OutputError(
        f"{path}: cannot be written: {reason}", "choose another place with -o, or make room and run again"
    )


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside ``path`` and put it in its place at the end of the block; nothing changes on an exception.

    Raises:
        OutputError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        sync_folder(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Make a new or renamed ``path`` survive a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
