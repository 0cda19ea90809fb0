"""Writes that survive a crash: whole or not at all, and on the disk before they count; and files of one writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from internvl_cli.errors import OutputError

__all__ = ["cannot_write", "lock", "open_locked", "replacing", "require_regular", "sync_folder"]


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Word the failure to write ``path``."""
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        hint = f"make its folder (mkdir -p {shlex.quote(str(path.parent))}), or choose another place with -o"
    else:
        hint = "choose another place with -o, or make room and run again"
    return OutputError(f"{path}: cannot be written: {reason}", hint)


def require_regular(path: Path, status: os.stat_result) -> None:
    """Refuse a pipe or a device: it can neither be read again nor be replaced by a file.

    Raises:
        OutputError: ``status`` is of something else than a regular file.
    """
    if not stat.S_ISREG(status.st_mode):
        hint = "choose a file with -o; -o - writes to standard output"
        raise OutputError(f"{path}: cannot be written: not a regular file", hint)


def lock(descriptor: int, name: Path) -> None:
    """Keep other runs out until the descriptor is closed.

    Raises:
        OutputError: Another run has it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{name}: another run is writing it", "wait for that run, or choose another output") from None


def open_locked(path: Path, name: Path) -> tuple[int, bool]:
    """Open a file for appending and lock the file itself, so that no lock file is left behind.

    A run that ends replaces the file; whoever opened the old one meanwhile opens again.

    Args:
        path: What is opened, and made where it is missing.
        name: What messages call it.

    Returns:
        The descriptor, and whether this call made the file.

    Raises:
        OutputError: It cannot be opened, is no regular file, or another run has it.
    """
    try:
        while True:
            descriptor, made = _open(path, name)
            try:
                lock(descriptor, name)
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor, made
            except FileNotFoundError:
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
    except OSError as error:
        raise cannot_write(name, error) from error


def _open(path: Path, name: Path) -> tuple[int, bool]:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    while True:
        with contextlib.suppress(FileExistsError):
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666), True
        with contextlib.suppress(FileNotFoundError):  # gone between the two looks: the next round makes it
            require_regular(name, path.stat())  # before it is opened: opening a device may do something
            return os.open(path, flags), False


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
