"""From what stands on the command line to a list of documents: files, globs, and folders with all that is in them."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NoReturn

from internvl_cli.documents.sniff import HEAD_SIZE, sniff
from internvl_cli.documents.sources import is_url, shown
from internvl_cli.errors import InputError

__all__ = ["find_documents"]

_ENDINGS = (
    ".pdf", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif",
)  # fmt: skip
"""What somebody who names a file like this means by it, whatever its bytes are."""


def find_documents(inputs: Sequence[str]) -> list[str]:
    """List the documents that the inputs name, each once, in a stable order.

    A file, a URL and ``-`` stand for themselves, whatever they hold and whether or not they exist: opening them tells.
    A folder gives every document in it and below it, sorted by path, links followed (each folder once); names that
    begin with a dot are left out. A pattern (``*``, ``?``, ``[…]``, ``**`` for any depth) that is not the name of a
    file gives the documents that match, sorted.
    Documents are told by their bytes. What is empty, damaged, gone or may not be read is listed where its name ends as
    a document's does, so that it fails loudly and nobody misses it.

    Raises:
        InputError: A folder cannot be read or has no documents, or nothing matches a pattern.
    """
    found: dict[str, None] = {}
    for name in inputs:
        found.update(dict.fromkeys(_expand(name)))
    return list(found)


def _expand(name: str) -> list[str]:
    if name == "-" or is_url(name) or "\0" in name:
        return [name]
    if os.path.isdir(name):  # noqa: PTH112 - names stay strings: "./a.pdf" must come out as it went in
        documents = list(_walk(name))
        if not documents:
            raise InputError(f"{shown(name)} has no documents in it", "PDF and image files are looked for.")
        return documents
    if glob.has_magic(name) and not os.path.lexists(name):
        return _matches(name)
    return [name]


def _matches(pattern: str) -> list[str]:
    documents: list[str] = []
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - see above
    for match in matches:
        if not os.path.isdir(match):  # noqa: PTH112
            documents += [match] if _is_document(match) else []
        elif "**" not in pattern:  # else the files in it match by themselves
            documents += _walk(match)
    if not documents:
        what = "no document among the files that match" if matches else "no file matches"
        raise InputError(f"{what} {shown(pattern)}", "Quote the pattern, or give the folder to go through all of it.")
    return documents


def _walk(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> NoReturn:
        reason = error.strerror or str(error)
        raise InputError(f"{shown(str(error.filename))} cannot be listed: {reason}") from error

    seen: set[tuple[int, int]] = set()  # a link may lead back up
    for parent, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        try:
            status = os.stat(parent)  # noqa: PTH116
        except OSError as error:
            refuse(error)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.join(parent, name)  # noqa: PTH118
            if not name.startswith(".") and _is_document(path):
                yield path


def _is_document(path: str) -> bool:
    named = path.lower().endswith(_ENDINGS)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return True
    except OSError:
        return named
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        return named or sniff(os.read(descriptor, HEAD_SIZE)) is not None
    except OSError:
        return named
    finally:
        os.close(descriptor)
