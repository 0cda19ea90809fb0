"""``internvl batch-merge``: bring the outputs of array jobs into one, and count what is not there."""

from __future__ import annotations

from typing import Annotated

import typer

from internvl_cli.errors import BatchError

from . import common

EXAMPLES = """\
internvl batch-merge all.jsonl part-*.jsonl
internvl batch-merge all.csv part-1.jsonl part-2.jsonl"""


def batch_merge(
    output: Annotated[str, typer.Argument(metavar="OUT", help="Ends in .jsonl, .csv or .parquet.", show_default=False)],
    shards: Annotated[
        list[str], typer.Argument(metavar="SHARD...", help="What batch --shard wrote.", show_default=False)
    ],
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Bring the outputs of array jobs into one, and count what is not there.

    One record for each input, an answer rather than a failure. Shards of another model, question or option are refused.
    Exits with 5 if inputs are missing or failed; the command of the shards without --shard and with -o OUT asks those.
    """
    from .output import open_sink

    sink = open_sink(plain=plain, quiet=quiet)
    from internvl_cli.batch.merge import merge

    merged = merge(output, shards)
    for name in merged.absent:
        sink.note(f"shard {name} is not among the files")
    more = f", {merged.duplicate} duplicate" if merged.duplicate else ""
    sink.note(
        f"{merged.total} input{'' if merged.total == 1 else 's'}: {merged.done} done, {merged.failed} failed, "
        f"{merged.missing} missing{more}"
    )
    if merged.failed or merged.missing:
        raise typer.Exit(BatchError.exit_code)
