"""``internvl batch --export`` and ``--import``: let a batch service do the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from internvl_cli.errors import UsageError

if TYPE_CHECKING:
    from internvl_cli.batch.plan import Item
    from internvl_cli.batch.record import Outcome
    from internvl_cli.batch.work import Work

    from .output import Sink

_MOST_REQUESTS, _MOST_BYTES = 50_000, 200_000_000
"""What OpenAI's batch service takes in one file; others are like it."""


def export(items: Sequence[Item], work: Work, model: str, wanted: tuple[str, str], sink: Sink) -> int:
    """Write requests for ``items``.

    Returns:
        How many could not be written, because their documents cannot be read.

    Raises:
        UsageError: The format is unknown, or the model has no name that a service would know.
        OutputError: The file cannot be written.
    """
    from internvl_cli.batch.exchange import FORMATS, export_requests

    format, path = wanted
    if format not in FORMATS:
        raise UsageError(f"--export knows no format {format!r}", f"use one of {', '.join(FORMATS)}")
    with sink.progress(len(items), "input", label="writing requests") as progress:

        def report(outcome: Outcome) -> None:
            if outcome.failure is not None:
                sink.note(f"{outcome.item.file}: {outcome.failure.message}")
            progress.advance(1, failed=outcome.failure is not None)

        written = export_requests(items, work, _name_of(model), path, FORMATS[format], report)
    sink.note(
        f"{path}: {written.requests} request{'' if written.requests == 1 else 's'}, {written.size / 1e6:.1f} MB"
        + (f"; {written.failed} failed" if written.failed else "")
    )
    if written.requests > _MOST_REQUESTS or written.size > _MOST_BYTES:
        sink.note("hosted services take 50,000 requests or 200 MB in one file: write parts with --shard I/N")
    return written.failed


def _name_of(model: str) -> str:
    """Give the model's name at a service: a size is its repository, anything else stands.

    Raises:
        UsageError: It is ours alone.
    """
    from internvl_cli.model.catalog import find

    if model.lower() in ("auto", "reader"):
        raise UsageError(
            f"--export needs a model that the service knows, not {model!r}", "--model 8B, or the name it has there"
        )
    entry = find(model)
    return entry.repo if entry is not None else model
