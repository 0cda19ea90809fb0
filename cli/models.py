"""``internvl models``: what there is, and what is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import common

if TYPE_CHECKING:
    from internvl_cli.model.catalog import CatalogEntry

    from .output import Sink

EXAMPLES = """\
internvl models
internvl models --json"""


def models(
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """List the models, and which are here.

    The figures are the authors' own: MMMU (val, VLMEvalKit), DocVQA (test) and ChartQA (test) in percent. Any other
    repository or folder in the same formats works too: --model OWNER/NAME or --model ./PATH.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    from internvl_cli.model import hub
    from internvl_cli.model.catalog import CATALOG

    here = {entry.size: hub.is_cached(entry) for entry in CATALOG}
    if sink.mode == "json":
        for entry in CATALOG:
            sink.record(_record(entry, here[entry.size]))
        return
    _show(sink, here)
    sink.note("the bundled reader is always here: --model reader; to download: internvl pull SIZE")


def _show(sink: Sink, here: dict[str, bool]) -> None:
    from internvl_cli.model.catalog import CATALOG

    columns = ("size", "parameters", "download", "MMMU", "DocVQA", "ChartQA", "licence", "here", "repository")
    rows = []
    for e in CATALOG:
        figures = (_figure(v) for v in (e.benchmarks.mmmu_vlmevalkit, e.benchmarks.docvqa, e.benchmarks.chartqa))
        size = f"{e.download_bytes / 1e9:.1f} GB"
        state = "yes" if here[e.size] else "no"
        rows.append((e.size, f"{e.parameters / 1e9:.2f} B", size, *figures, e.license, state, e.repo))
    sink.table(columns, rows)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _record(entry: CatalogEntry, here: bool) -> dict[str, Any]:
    marks = entry.benchmarks
    return {
        "schema_version": 1,
        "size": entry.size,
        "repository": entry.repo,
        "vision_encoder": entry.vision.name,
        "language_model": entry.llm.name,
        "parameters": entry.parameters,
        "parameters_inferred": entry.parameters_inferred,
        "download_bytes": entry.download_bytes,
        "context_length": entry.context_length,
        "template": entry.template,
        "license": entry.license,
        "benchmarks": {
            "mmmu_val": marks.mmmu,
            "mmmu_val_vlmevalkit": marks.mmmu_vlmevalkit,
            "docvqa_test": marks.docvqa,
            "chartqa_test": marks.chartqa,
            "source": marks.source,
        },
        "cached": here,
    }
