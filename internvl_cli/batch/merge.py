"""Bring the outputs of several jobs into one, and count what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from internvl_cli.batch.journal import ENDINGS, Journal, journal_of, meta_of, read_meta
from internvl_cli.batch.plan import changed_settings, means_another
from internvl_cli.errors import InputError, UsageError

__all__ = ["Merged", "merge"]

_MOST_NAMED = 100


@dataclass(slots=True)
class Merged:
    """What a merge brought, in items.

    Attributes:
        total: Items of the whole, as far as the shards know it.
        done: Those with an answer in the output.
        failed: Those without one, that were tried.
        duplicate: Answers that were left out because the output had one already.
        absent: Shards that should be there and are not named, such as ``3/8``.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    duplicate: int = 0
    absent: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """Items that nobody has tried."""
        return max(0, self.total - self.done - self.failed)


@dataclass(frozen=True, slots=True)
class _Shard:
    """One output, as far as its settings say."""

    path: Path
    meta: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that its answers depend on, and who gave them."""
        return {**self.meta["settings"], **{name: self.meta.get(name) for name in ("engine", "resolved_model")}}

    @property
    def part(self) -> Mapping[str, Any]:
        return self.meta.get("part", {})  # type: ignore[no-any-return]

    @property
    def folder(self) -> str | None:
        """What its relative names are relative to; None where an older version wrote it."""
        folder = self.meta.get("folder")
        return folder if isinstance(folder, str) else None


def merge(output: str | Path, shards: Sequence[str | Path]) -> Merged:
    """Write the records of ``shards`` into ``output``, one for each item: an answer rather than a failure.

    What ``output`` holds already counts like a shard, so that shards may come one after the other. The result can be
    gone on with: the command of the shards without ``--shard`` asks what is missing, and puts all in order.

    Raises:
        UsageError: A shard is no output of a batch, or answers something else than the others.
        InputError: A shard is missing.
        OutputError: A shard is damaged or still being written, or the output cannot be written.
    """
    parts = [_read(Path(path)) for path in shards]
    first = parts[0]
    for other in parts[1:]:
        if changes := changed_settings(first.settings, other.settings):
            raise UsageError(
                f"{other.path}: its answers are to something else than those in {first.path} ({'; '.join(changes)})",
                "merge only what one command wrote",
            )
    settings = first.meta["settings"]
    total = max((part.part.get("total") or 0 for part in parts), default=0)
    merged = Merged()
    folder = next((part.folder for part in parts if part.folder), None)
    with Journal(output, settings, part={"shard": None, "total": total}, folder=folder) as journal:
        if any(part.path.resolve() == journal.output for part in parts):
            raise UsageError(f"{output}: is one of the shards", "name the output first, and then the shards")
        journal.bind(first.meta.get("engine", ""), first.meta.get("resolved_model", ""))
        try:
            for part in parts:
                with Journal(part.path, settings, folder=part.folder) as shard:
                    journal.extend(_new(shard, journal, merged))
        finally:
            journal.finish(())
        merged.done = sum(state.done for state in journal.states.values())
        merged.failed = len(journal.states) - merged.done
        merged.total = max(total, len(journal.states))
    merged.absent = _absent(parts) if merged.missing else ()
    return merged


def _new(shard: Journal, journal: Journal, merged: Merged) -> Iterator[dict[str, Any]]:
    """Give the records that the output lacks."""
    for record in shard.last_records():
        there = journal.states.get(record["id"])
        if there is not None and means_another(record["file"], journal.folder, shard.folder):
            what = f"{record['file']} is another document in {journal.folder} than in {shard.folder}"
            raise UsageError(f"{shard.output}: {what}", "merge only what one command wrote")
        answered = record["error"] is None
        merged.duplicate += answered and there is not None and there.done
        if there is None or (answered and not there.done):
            yield record


def _read(path: Path) -> _Shard:
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path}: is not the output of a batch", f"outputs end in {', '.join(ENDINGS)}")
    journal = journal_of(path) if path.suffix.lower() in (".csv", ".parquet") else path
    if not journal.exists():
        hint = "a job whose part of the inputs is empty writes nothing: leave it out" if not path.exists() else ""
        raise InputError(f"{journal}: no such file", hint)
    meta = read_meta(meta_of(path))
    if meta is None or "settings" not in meta:
        raise UsageError(f"{path}: is not the output of a batch ({meta_of(path).name} is missing)")
    return _Shard(path, meta)


def _absent(parts: Sequence[_Shard]) -> tuple[str, ...]:
    named = {str(part.part.get("shard")) for part in parts}
    counts = {name.partition("/")[2] for name in named} - {""}
    if len(counts) != 1 or not (count := counts.pop()).isdigit():
        return ()
    wanted = (f"{number}/{count}" for number in range(1, int(count) + 1))
    return tuple(islice((name for name in wanted if name not in named), _MOST_NAMED))
