"""``internvl pull``: download a model's weights."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from . import common

if TYPE_CHECKING:
    from internvl_cli.model.download import Pulled

    from .output import Sink
    from .progress import Progress

EXAMPLES = """\
internvl pull 2B
internvl pull OpenGVLab/InternVL2-8B-MPO
HF_HOME=/large/disk internvl pull 26B"""

MIB = 1 << 20


def pull(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A size (2B) or a repository (OWNER/NAME).", show_default=False)
    ],
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="REV", help="Branch, tag or commit; main otherwise.", show_default=False),
    ] = None,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Download a model's weights.

    They go to the Hugging Face cache (HF_HOME, HF_HUB_CACHE), where other programs find them too. Only what is needed
    comes: configuration, tokenizer and safetensors; never Python files or pickle weights. Interrupted, it goes on where
    it stopped. HF_TOKEN opens gated repositories. Prints the folder.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    from internvl_cli.model import download

    with ExitStack() as stack:
        pulled = download.pull(model, revision=revision, progress=_Mebibytes(sink, model, stack))
    _show(sink, model, pulled)


class _Mebibytes:
    """Shows bytes as whole mebibytes; what is on the disk already does not count towards the rate."""

    def __init__(self, sink: Sink, model: str, stack: ExitStack) -> None:
        self._sink, self._label, self._stack = sink, f"pulling {model}", stack
        self._bar: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        units = done // MIB
        if self._bar is None:
            progress = self._sink.progress(-(-total // MIB), "MiB", label=self._label, done=units)
            self._bar = self._stack.enter_context(progress)
        elif units != self._bar.done:
            self._bar.advance(units - self._bar.done)


def _show(sink: Sink, model: str, pulled: Pulled) -> None:
    if sink.mode == "json":
        sink.record(
            {
                "schema_version": 1,
                "model": model,
                "folder": str(pulled.folder),
                "files": list(pulled.files),
                "bytes": pulled.total,
                "fetched_bytes": pulled.fetched,
            }
        )
        return
    sink.answer([str(pulled.folder)], markdown=False)
    come = "all of it was here" if not pulled.fetched else f"{pulled.fetched / 1e9:.1f} GB came over the network"
    sink.note(f"{model}: {len(pulled.files)} files, {pulled.total / 1e9:.1f} GB; {come}")
