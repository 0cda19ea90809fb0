"""Where documents come from: paths, http(s) URLs, and ``-`` for standard input."""

from __future__ import annotations

import hashlib
import io
import os
import re
import select
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from internvl_cli.documents.sniff import HEAD_SIZE, describe_unknown, sniff
from internvl_cli.errors import InputError

__all__ = ["Limits", "Source", "is_url", "read_source", "shown"]

_KEPT_IN_MEMORY = 1 << 20
"""Files up to this many bytes are read once and kept: no open handle, and no race with whoever rewrites them."""
_CHUNK = 1 << 20
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_READABLE = "PDF, PNG, JPEG, WebP, BMP, GIF, TIFF and HEIC can be read."


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before it costs memory or time.

    Attributes:
        max_bytes: Of what arrives from a URL, a pipe or standard input; a local file has no limit, as it is not copied.
        max_pixels: Of an image, from its header; Pillow itself refuses more than 178 million.
        timeout: Seconds that a connection, or a pipe, may stay silent.
        deadline: Seconds for a whole download.
        max_redirects: Of a URL.
    """

    max_bytes: int = 256 << 20
    max_pixels: int = 100_000_000
    timeout: float = 30.0
    deadline: float = 300.0
    max_redirects: int = 3


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a document, in memory or in a file.

    Attributes:
        name: As the user gave it.
        kind: As ``sniff`` tells.
        digest: SHA-256 of the bytes, in hex.
        data: The bytes, where they are in memory.
        path: The file, absolute, where they are not.
        stamp: Device, inode, size and time of change (ns) of the file when it was read.
    """

    name: str
    kind: str
    digest: str
    data: bytes | None
    path: Path | None
    stamp: tuple[int, int, int, int] | None = None

    def open(self) -> BinaryIO:
        """Open the bytes for reading.

        Raises:
            InputError: The file is gone, or is not the one that was there first.
        """
        if self.data is not None:
            return io.BytesIO(self.data)
        assert self.path is not None
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise _os_error(self.name, error) from error
        if _stamp(os.fstat(file.fileno())) != self.stamp:
            file.close()
            raise InputError(f"{shown(self.name)} was changed while it was being read", "Run the command again.")
        return file


def shown(name: str) -> str:
    """Give a name that can be printed: control characters and non-UTF-8 bytes escaped, URL passwords hidden."""
    if is_url(name):
        name = re.sub(r"(?<=://)[^/?#@]*@", "", name)
    clean = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in clean)


def is_url(name: str) -> bool:
    """Whether a source is written as a URL, of whatever scheme."""
    return _SCHEME.match(name) is not None


def read_source(source: str | os.PathLike[str], limits: Limits) -> Source:
    """Read or open a source and tell what it is.

    Raises:
        InputError: It cannot be read, is empty, or is not a document.
    """
    name = os.fspath(source)
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if not name:
        raise InputError("the name of a document is empty", "Is a variable of your script unset?")
    if name == "-":
        return _in_memory(name, _read_stdin(limits))
    if is_url(name):
        from internvl_cli.documents.fetch import fetch

        return _in_memory(name, fetch(name, limits))
    return _read_path(name, limits)


def _in_memory(name: str, data: bytes) -> Source:
    kind = _kind(name, data[:HEAD_SIZE])
    return Source(name, kind, hashlib.sha256(data).hexdigest(), data, None)


def _kind(name: str, head: bytes) -> str:
    shown_name = "standard input" if name == "-" else shown(name)
    if not head:
        raise InputError(f"{shown_name} is empty", "Check that whatever wrote it has finished.")
    kind = sniff(head)
    if kind is None:
        what = describe_unknown(head)
        kinds = "a PDF nor an image of a kind that is read here" if "image" in what else "a PDF nor an image"
        raise InputError(f"{shown_name} is neither {kinds}: it is {what}", _READABLE)
    return kind


def _read_stdin(limits: Limits) -> bytes:
    hint = "Pipe a document in, for example: curl -s URL | internvl ask QUESTION -"
    try:
        if sys.stdin is None or sys.stdin.closed:
            raise InputError("standard input is closed", hint)
        if sys.stdin.isatty():
            raise InputError("standard input is a terminal, not a document", hint)
        data = sys.stdin.buffer.read(limits.max_bytes + 1)
    except OSError as error:
        raise _os_error("standard input", error) from error
    if len(data) > limits.max_bytes:
        raise _too_large("standard input", limits)
    return data


def _read_path(name: str, limits: Limits) -> Source:
    try:
        # Without O_NONBLOCK, opening a FIFO waits for a writer that may never come.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _os_error(name, error) from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{shown(name)}: no such file") from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            hint = f"To go through a folder: internvl batch QUESTION {shown(name)} -o answers.jsonl"
            raise InputError(f"{shown(name)} is a directory, not a document", hint)
        if stat.S_ISFIFO(status.st_mode):
            return _in_memory(name, _read_pipe(descriptor, name, limits))
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{shown(name)} is a device or a socket, not a document", _READABLE)
        try:
            return _read_regular(descriptor, name, status)
        except OSError as error:
            raise _os_error(name, error) from error
    finally:
        os.close(descriptor)


def _read_regular(descriptor: int, name: str, status: os.stat_result) -> Source:
    file = io.FileIO(descriptor, closefd=False)
    if status.st_size <= _KEPT_IN_MEMORY:
        return _in_memory(name, file.readall())
    head = file.read(HEAD_SIZE)
    kind = _kind(name, head)
    digest = hashlib.sha256(head)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return Source(name, kind, digest.hexdigest(), None, Path(name).absolute(), _stamp(status))


def _read_pipe(descriptor: int, name: str, limits: Limits) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    data = bytearray()
    until = time.monotonic() + limits.deadline
    while True:
        if not poll.poll(limits.timeout * 1000) or time.monotonic() > until:
            raise InputError(f"{shown(name)} is a pipe and nothing came through it for too long")
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return bytes(data)
        data += chunk
        if len(data) > limits.max_bytes:
            raise _too_large(shown(name), limits)


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _too_large(name: str, limits: Limits) -> InputError:
    hint = "Save it as a file and name the file: local files have no such limit."
    return InputError(f"{name} is larger than {limits.max_bytes:,} bytes", hint)


def _os_error(name: str, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return InputError(f"{shown(name)}: no such file", "Check the name; quote it if it has spaces.")
    if isinstance(error, PermissionError):
        return InputError(f"{shown(name)}: permission denied", f"Try: chmod u+r {shown(name)}")
    return InputError(f"{shown(name)} cannot be read: {error.strerror or error}")
