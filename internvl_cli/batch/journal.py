"""What has been answered, on disk: an append-only file of records that a crash at any moment leaves usable.

Three rules make a second run safe:

- A record counts as done once its line is written and synced; a torn last line is cut off when the file is opened.
- The settings that answers depend on lie beside the output (``out.jsonl.meta.json``); a run with others is refused.
- The journal is locked while it is open, so that two runs never write one output.

``out.jsonl`` is its own journal. ``out.csv`` and ``out.parquet`` are made from ``out.csv.journal.jsonl``.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internvl_cli.batch.files import cannot_write, replacing, sync_folder
from internvl_cli.batch.plan import Item, changed_settings
from internvl_cli.batch.record import to_line
from internvl_cli.batch.tables import require_parquet, write_csv, write_parquet
from internvl_cli.errors import OutputError, UsageError

__all__ = ["ENDINGS", "Journal", "State"]

ENDINGS = (".jsonl", ".ndjson", ".csv", ".parquet")
"""What an output may end in."""


@dataclass(frozen=True, slots=True)
class State:
    """What the journal knows of an item without holding its record.

    Attributes:
        offset: Where its last record begins, in bytes.
        done: Whether that record carries an answer.
        attempts: Tries so far.
        asks: What was asked (``Item.asks``).
    """

    offset: int
    done: bool
    attempts: int
    asks: tuple[str, str, str | None]


class Journal:
    """The output of a batch, opened, repaired, locked and checked; use it in a ``with`` block.

    Args:
        output: As in ``-o``; its ending chooses the format.
        settings: What the answers depend on (``plan.run_settings``).
        restart: Forget what an earlier run wrote.
        part: Which part of a whole this is, for ``merge``: ``shard`` (``3/8``; None for all of it), ``total`` (items of
            the whole). Kept beside the settings and not among them; another ``shard`` than before is refused.

    Attributes:
        states: What is known, by ``Item.id``.

    Raises:
        UsageError: The ending is unknown, the file is not the output of a batch, or the settings changed.
        OutputError: It cannot be written, is damaged, or another run has it open.
        DependencyError: Parquet is wanted and pyarrow is not installed.
    """

    def __init__(
        self,
        output: str | Path,
        settings: Mapping[str, Any],
        *,
        restart: bool = False,
        part: Mapping[str, Any] | None = None,
    ) -> None:
        self.output = Path(os.path.realpath(output))  # a link stays a link; what it leads to is replaced
        self._name = Path(output)
        ending = self._name.suffix.lower()
        if ending not in ENDINGS:
            raise UsageError(
                f"{self._name}: cannot tell the format from the name", f"end it in one of {', '.join(ENDINGS)}"
            )
        if ending == ".parquet":
            require_parquet()
        self._table = {".csv": write_csv, ".parquet": write_parquet}.get(ending)
        self._path = self.output.with_name(f"{self.output.name}.journal.jsonl") if self._table else self.output
        self._meta = self.output.with_name(f"{self.output.name}.meta.json")
        self._settings = dict(settings)
        self._part = dict(part or {})
        self._changed = False
        self._superseded = 0
        self.states: dict[str, State] = {}
        self._fd = self._lock()
        try:
            self._admit(restart)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if not os.fstat(self._fd).st_size and not self._meta.exists():
            self._path.unlink(missing_ok=True)  # nothing came of it, so nothing is left behind
        os.close(self._fd)

    def done(self, item: Item) -> bool:
        """Whether ``item`` has its answer.

        Raises:
            UsageError: There is an answer under the item's id, and it answers something else.
        """
        state = self.states.get(item.id)
        if state is None:
            return False
        for part, then, now in zip(("file", "question", "pages"), state.asks, item.asks, strict=True):
            if then != now:
                raise self._refused(f"{part} of the task {item.id!r} is not what it was")
        return state.done

    def attempts(self, item: Item) -> int:
        """How often ``item`` has been tried."""
        state = self.states.get(item.id)
        return state.attempts if state else 0

    def bind(self, engine: str, model: str) -> None:
        """Note who answers, before the first record is written.

        Raises:
            UsageError: Somebody else wrote the answers that are there; ``--model auto`` may choose another today.
        """
        before = self._read_meta() or {}
        now = {"engine": engine, "resolved_model": model}
        # Results of a batch service that are errors throughout do not say which model it was.
        then = {name: before.get(name) or word for name, word in now.items() if word}
        if self.states and (changes := changed_settings(then, {name: now[name] for name in then})):
            raise self._refused("; ".join(changes))
        with replacing(self._meta) as file:
            text = json.dumps({"settings": self._settings, **now, "part": self._part}, indent=2, ensure_ascii=True)
            file.write(text.encode() + b"\n")

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record; when this returns, it is on the disk.

        Raises:
            OutputError: It cannot be written.
        """
        self.extend([record])

    def extend(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Write records; when this returns, all of them are on the disk.

        Raises:
            OutputError: They cannot be written.
        """
        try:
            for record in records:
                line = to_line(record)
                offset = os.lseek(self._fd, 0, os.SEEK_END)
                written = 0
                while written < len(line):
                    written += os.write(self._fd, line[written:])
                self._changed = True
                self._take(offset, dict(record))
            os.fsync(self._fd)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def finish(self, items: Iterable[Item]) -> None:
        """Leave one record per item, in the order of ``items``, and write the table if one is wanted.

        Records of items that are not among ``items`` (an earlier run over other files) stay, before the others. Safe
        to call after an interruption at any point: what counts is read from the disk again.

        Raises:
            OutputError: It cannot be written, or is damaged.
        """
        self._load()
        mine = [item.id for item in items if item.id in self.states]
        known = set(mine)
        order = [key for key in self.states if key not in known] + mine
        offsets = [self.states[key].offset for key in order]
        if self._superseded or offsets != sorted(offsets):
            self._rewrite(offsets)
        if self._table and (self._changed or not self.output.exists()):
            with replacing(self.output) as file:
                self._table(self.records(), file)

    def records(self) -> Iterator[dict[str, Any]]:
        """Give every record, as it lies in the journal; after ``finish`` there is one for each item."""
        for _, record in self._lines():
            yield record

    def last_records(self) -> Iterator[dict[str, Any]]:
        """Give the last record of each item."""
        for offset, record in self._lines():
            if self.states[record["id"]].offset == offset:
                yield record

    # -- how

    def _lock(self) -> int:
        """Open the journal and lock it: the file itself, so that no lock file is left behind.

        A run that ends replaces the file; whoever opened the old one meanwhile opens again.
        """
        try:
            while True:
                fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
                try:
                    self._lock_descriptor(fd)
                    if os.path.samestat(os.fstat(fd), self._path.stat()):
                        return fd
                except FileNotFoundError:
                    pass
                except BaseException:
                    os.close(fd)
                    raise
                os.close(fd)
        except OSError as error:
            raise cannot_write(self._name, error) from error

    def _lock_descriptor(self, fd: int) -> None:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{self._name}: another run is writing it", "wait for that run, or choose another output"
            ) from None

    def _admit(self, restart: bool) -> None:
        """Decide whether what is there may be continued, and read it."""
        if restart:
            self._empty()
            return
        meta = self._read_meta()
        foreign = self.output.exists() and self._table is not None and meta is None
        if meta is None and (foreign or os.fstat(self._fd).st_size):
            raise UsageError(
                f"{self._name}: exists and is not the output of a batch ({self._meta.name} is missing)",
                "choose another output, or write over it with --restart",
            )
        self._load()
        if meta is not None and self.states and (changes := changed_settings(meta.get("settings", {}), self._settings)):
            raise self._refused("; ".join(changes))
        before, now = (meta or {}).get("part", {}).get("shard"), self._part.get("shard")
        if self.states and before and now and before != now:
            raise self._refused(f"shard: was {before}, now {now}")

    def _refused(self, what: str) -> UsageError:
        return UsageError(
            f"{self._name}: holds answers to something else ({what})",
            "choose another output, or begin again with --restart",
        )

    def _empty(self) -> None:
        # The records go before the settings do: a crash between the two must not leave old answers under new settings.
        try:
            os.ftruncate(self._fd, 0)
            os.fsync(self._fd)
            self._meta.unlink(missing_ok=True)
            sync_folder(self._meta)
        except OSError as error:
            raise cannot_write(self._name, error) from error
        self._changed = True

    def _read_meta(self) -> dict[str, Any] | None:
        try:
            meta = json.loads(self._meta.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            meta = None
        if not isinstance(meta, dict):
            raise OutputError(f"{self._meta}: cannot be read", "begin again with --restart")
        return meta

    def _load(self) -> None:
        """Read the journal, cutting off a last line that a crash tore."""
        self._mend_tail()
        self.states = {}
        self._superseded = 0
        for offset, record in self._lines():
            self._superseded += record["id"] in self.states
            self._take(offset, record)

    def _take(self, offset: int, record: dict[str, Any]) -> None:
        # A million records mostly share their question: one copy of it is enough.
        asks = (record["file"], sys.intern(record["question"]), record["page_selection"])
        key = record["id"]
        self.states.pop(key, None)  # so that the order is that of the last records
        self.states[key] = State(offset, record["error"] is None, record["attempts"], asks)

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        offset = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    record = json.loads(line)
                    record["id"], record["file"], record["question"], record["page_selection"]
                    record["error"], record["attempts"]
                except (ValueError, KeyError, TypeError):
                    raise OutputError(
                        f"{self._name}: line {number} is not a record of a batch",
                        f"take the line out of {self._path.name} (its item is asked again), or begin with --restart",
                    ) from None
                yield offset, record
                offset += len(line)

    def _mend_tail(self) -> None:
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            end = size
            while end:
                start = max(0, end - 65536)
                file.seek(start)
                newline = file.read(end - start).rfind(b"\n")
                if newline >= 0:
                    end = start + newline + 1
                    break
                end = start
        if end < size:
            os.ftruncate(self._fd, end)
            os.fsync(self._fd)
            self._changed = True

    def _rewrite(self, offsets: Iterable[int]) -> None:
        """Write the lines at ``offsets``, in that order, into the journal's place; stay locked."""
        with self._path.open("rb") as old, replacing(self._path) as new:
            for offset in offsets:
                old.seek(offset)
                new.write(old.readline())
            fd = os.dup(new.fileno())
            self._lock_descriptor(fd)  # before it takes the place: nobody can come between
        os.close(self._fd)
        self._fd = fd
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        self._load()
