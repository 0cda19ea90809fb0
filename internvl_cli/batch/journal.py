"""What has been answered, on disk: an append-only file of records that a crash at any moment leaves usable.

Three rules make a second run safe:

- A record counts as done once its line is written and synced; a torn last line is cut off when the file is opened.
- The settings that answers depend on lie beside the output (``out.jsonl.meta.json``); a run with others is refused.
- The journal is locked while it is open, so that two runs never write one output.

With ``restart`` the old records go when the new run can begin (``bind``), and not before.

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
from types import NoneType
from typing import Any

from internvl_cli.batch.files import cannot_write, lock, open_locked, replacing, require_regular, sync_folder
from internvl_cli.batch.plan import Item, changed_settings, means_another
from internvl_cli.batch.record import to_line
from internvl_cli.batch.tables import require_parquet, write_csv, write_parquet
from internvl_cli.errors import OutputError, UsageError

__all__ = ["ENDINGS", "Journal", "State", "journal_of", "meta_of", "read_meta"]

ENDINGS = (".jsonl", ".ndjson", ".csv", ".parquet")
"""What an output may end in."""


def meta_of(output: Path) -> Path:
    """Give where an output's settings lie."""
    return output.with_name(f"{output.name}.meta.json")


def journal_of(table: Path) -> Path:
    """Give where the records lie that a table is made from."""
    return table.with_name(f"{table.name}.journal.jsonl")


def read_meta(place: Path) -> dict[str, Any] | None:
    """Read the settings beside an output; None where there are none.

    Raises:
        OutputError: They are damaged.
    """
    try:
        meta = json.loads(place.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict) or not all(isinstance(meta.get(k, {}), dict) for k in ("settings", "part")):
        raise OutputError(f"{place}: cannot be read", "begin again with --restart")
    return meta


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
        restart: Forget what an earlier run wrote, once this one can begin (``bind``).
        part: Which part of a whole this is, for ``merge``: ``shard`` (``3/8``; None for all of it), ``total`` (items of
            the whole). Kept beside the settings and not among them; another ``shard`` than before is refused.
        folder: What relative names are relative to; the current folder if None.

    Attributes:
        states: What is known, by ``Item.id``.
        folder: As above, absolute.

    Raises:
        UsageError: The ending is unknown, the file is not the output of a batch, or the settings changed.
        OutputError: It cannot be written, is no regular file, is damaged, or another run has it open.
        DependencyError: Parquet is wanted and pyarrow is not installed.
    """

    def __init__(
        self,
        output: str | Path,
        settings: Mapping[str, Any],
        *,
        restart: bool = False,
        part: Mapping[str, Any] | None = None,
        folder: str | None = None,
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
        self._path = journal_of(self.output) if self._table else self.output
        self._meta = meta_of(self.output)
        self._settings = dict(settings)
        self._part = dict(part or {})
        self.folder = self._folder_before = folder or str(Path.cwd())
        self._changed = False
        self._superseded = 0
        self._forget = restart
        self.states: dict[str, State] = {}
        if self._table and self.output.exists():  # a journal is looked at when it is opened
            require_regular(self._name, self.output.stat())
        self._fd, self._made = open_locked(self._path, self._name)
        try:
            if not restart:
                self._admit()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._made and not os.fstat(self._fd).st_size and not self._meta.exists():
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
        if state.done and means_another(item.file, self._folder_before, self.folder):
            raise self._refused(f"{item.file} was the one in {self._folder_before}, now it is that in {self.folder}")
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
        if self._forget:
            self._empty()
        before = read_meta(self._meta) or {}
        now = {"engine": engine, "resolved_model": model}
        # Results of a batch service that are errors throughout do not say which model it was.
        then = {name: before.get(name) or word for name, word in now.items() if word}
        if self.states and (changes := changed_settings(then, {name: now[name] for name in then})):
            raise self._refused("; ".join(changes))
        with replacing(self._meta) as file:
            meta = {"settings": self._settings, **now, "part": self._part, "folder": self.folder}
            file.write(json.dumps(meta, indent=2, ensure_ascii=True).encode() + b"\n")

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
        if self._forget:
            self._empty()
        self._require_place()
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
            OutputError: It cannot be written, is damaged, or was taken away.
        """
        if self._forget:
            return  # the run never began: what was there stays
        self._require_place()
        self._load()
        mine = [item.id for item in items if item.id in self.states]
        known = set(mine)
        order = [key for key in self.states if key not in known] + mine
        offsets = [self.states[key].offset for key in order]
        if self._superseded or offsets != sorted(offsets):
            self._rewrite(offsets)
        if self._table and self._meta.exists() and (self._changed or not self.output.exists()):
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

    def _require_place(self) -> None:
        """See that what is written still lies where the next run will look for it.

        Raises:
            OutputError: Somebody removed or replaced it.
        """
        try:
            there = os.path.samestat(os.fstat(self._fd), self._path.stat())
        except FileNotFoundError:
            there = False
        except OSError as error:
            raise cannot_write(self._path, error) from error
        if not there:
            hint = "run the same command again; what was answered so far is lost with it"
            raise OutputError(f"{self._path}: was taken away while it was being written", hint)

    def _admit(self) -> None:
        """Decide whether what is there may be continued, and read it."""
        meta = read_meta(self._meta)
        foreign = self.output.exists() and self._table is not None and meta is None
        if meta is None and (foreign or os.fstat(self._fd).st_size):
            raise UsageError(
                f"{self._name}: exists and is not the output of a batch ({self._meta.name} is missing)",
                "choose another output, or write over it with --restart",
            )
        self._load()
        if meta is not None and self.states and (changes := changed_settings(meta.get("settings", {}), self._settings)):
            raise self._refused("; ".join(changes))
        if self.states and isinstance(known := (meta or {}).get("folder"), str):
            self._folder_before = known
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
        self._changed, self._forget = True, False

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
                record = _record_in(line)
                if record is None:
                    raise OutputError(
                        f"{self._name}: line {number} is not a record of a batch",
                        f"take the line out of {self._path.name} (its item is asked again), or begin with --restart",
                    )
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
            lock(fd, self._name)  # before it takes the place: nobody can come between
        os.close(self._fd)
        self._fd = fd
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        self._load()


_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "file": (str,),
    "question": (str,),
    "page_selection": (str, NoneType),
    "error": (dict, NoneType),
    "attempts": (int,),
}
"""What is read of a record, and what it may be."""


def _record_in(line: bytes) -> dict[str, Any] | None:
    """Give the record in a line; None where there is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    fine = all(name in record and isinstance(record[name], kinds) for name, kinds in _FIELDS.items())
    return record if fine else None
