"""Records that go down a pipe: nothing is remembered from run to run, and one final record per item all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from internvl_cli.batch.plan import Item

__all__ = ["StreamRecords"]


class StreamRecords:
    """Writes each answer at once, and each failure when it is final.

    Args:
        write: Takes a record.
    """

    def __init__(self, write: Callable[[dict[str, Any]], None]) -> None:
        self._write = write
        self._done: set[str] = set()
        self._failed: dict[str, dict[str, Any]] = {}

    def done(self, item: Item) -> bool:
        """Whether ``item`` was answered in this run."""
        return item.id in self._done

    def attempts(self, item: Item) -> int:
        """How often ``item`` was tried in this run."""
        if item.id in self._done:
            return 1
        record = self._failed.get(item.id)
        return record["attempts"] if record else 0

    def bind(self, engine: str, model: str) -> None:
        """Nothing to compare with."""

    def append(self, record: dict[str, Any]) -> None:
        """Write an answer, hold a failure back: the next try may answer."""
        if record["error"] is None:
            self._failed.pop(record["id"], None)
            self._done.add(record["id"])
            self._write(record)
        else:
            self._failed[record["id"]] = record

    def finish(self, items: Iterable[Item]) -> None:
        """Write the failures."""
        for record in self._failed.values():
            self._write(record)
