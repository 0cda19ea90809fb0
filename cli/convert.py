"""``internvl convert``: original weights into the native layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import common

EXAMPLES = """\
internvl convert ~/models/InternVL2-2B ~/models/InternVL2-2B-hf
internvl convert $(internvl pull 8B) InternVL2-8B-hf --shard-size 2GB
vllm serve ./InternVL2-8B-hf"""


def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Folder of the original checkpoint.")],
    target: Annotated[Path, typer.Argument(metavar="DST", help="New folder for the native one.")],
    shard_size: Annotated[str, typer.Option("--shard-size", metavar="SIZE", help="Largest weight file.")] = "5GB",
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Turn original weights into the native layout.

    The result opens without remote code in transformers (AutoModelForImageTextToText, AutoProcessor, transformers
    serve) and vLLM, and its chat template writes the prompt that the model was trained on. All weights must fit into
    memory. Prints the new folder.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    sink.note(f"converting {source}")
    from internvl_cli.model.convert import convert_checkpoint

    done = convert_checkpoint(source, target, shard_size=shard_size)
    if sink.mode == "json":
        sink.record({"schema_version": 1, "folder": str(done.folder), "files": list(done.files), "bytes": done.total})
        return
    sink.answer([str(done.folder)], markdown=False)
    sink.note(f"{len(done.files)} files, {done.total / 1e9:.1f} GB")
