"""``internvl eval``: benchmarks, our own held-out set, and two runs side by side.

Questions go through the same machinery as internvl batch: stop and go on at any time with the same command. A
results folder holds predictions.jsonl, scores.jsonl and summary.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from internvl_cli.errors import BatchError, UsageError
from internvl_cli.evaluation.benchmarks import BENCHMARKS, OWN

from . import batch_how as how
from . import common

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from internvl_cli.engines.select import ModelChoice
    from internvl_cli.evaluation.benchmarks import Benchmark
    from internvl_cli.evaluation.compare import Comparison
    from internvl_cli.evaluation.questions import Question
    from internvl_cli.evaluation.scoring import Scored

    from .output import Sink

EXAMPLES = """\
internvl eval docvqa --data DocVQA/ --model 8B -o results/docvqa-8B
internvl eval mmmu --data MMMU/MMMU --model 2B --limit 100
internvl eval own --model reader
internvl eval compare results/own-reader results/own-2B --html flips.html"""

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})

RUN = "Run"

Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Where results go; results/BENCHMARK-MODEL otherwise.",
        rich_help_panel=RUN,
    ),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N questions.", rich_help_panel=RUN)
]
Retries = Annotated[
    int,
    typer.Option("--retries", min=0, metavar="N", help="Further tries where a failure may pass.", rich_help_panel=RUN),
]
Restart = Annotated[bool, typer.Option("--restart", help="Forget what the output holds.", rich_help_panel=RUN)]
Split = Annotated[str, typer.Option("--split", metavar="NAME", help="Which part of the data.", rich_help_panel=RUN)]


def _register(benchmark: Benchmark) -> None:
    """Add the command of a benchmark."""

    @app.command(benchmark.name, help=_about(benchmark), no_args_is_help=True)
    def run(
        data: Annotated[
            str,
            typer.Option(
                "--data",
                metavar="DIR",
                help="The data's folder, a Parquet file, or a name on the hub (OWNER/NAME).",
                show_default=False,
            ),
        ],
        split: Split = benchmark.splits[0],
        limit: Limit = None,
        output: Output = None,
        jobs: how.Jobs = None,
        batch_size: how.BatchSize = 1,
        retries: Retries = 2,
        restart: Restart = False,
        runner: how.Runs = None,
        endpoint: how.Endpoints = None,
        concurrency: how.Concurrency = 8,
        address: how.Address = None,
        num_gpus: how.NumGpus = 0.0,
        min_confidence: common.MinConfidence = 0.0,
        model: common.Model = "auto",
        dtype: common.Dtype = "auto",
        device: common.Device = "auto",
        quantize: common.Quantize = None,
        offline: common.Offline = False,
        json: common.Json = False,
        plain: common.Plain = False,
        quiet: common.Quiet = False,
        debug: common.Debug = False,
    ) -> None:
        from .output import open_sink

        sink = open_sink(json=json, plain=plain, quiet=quiet)
        choice = common.make_choice(model, dtype, device, quantize, offline, how.endpoint_of(runner, endpoint))
        place = how.place(runner, endpoint, choice, jobs, concurrency, address, num_gpus, batch_size)
        from internvl_cli.evaluation.images import Images
        from internvl_cli.evaluation.layouts import read_questions
        from internvl_cli.evaluation.questions import collect

        folder = _folder(output, benchmark, choice)
        questions = collect(read_questions(benchmark, data, split, Images(folder / "images")), data, limit)
        run = _Run(benchmark, questions, split, data, folder, choice, place, min_confidence)
        _show(benchmark, run.through(retries, restart, sink), sink)
        run.end()


def _about(benchmark: Benchmark) -> str:
    splits = " or ".join(benchmark.splits)
    hidden = "".join(f" {split} is scored by the organisers: hand in submission.json." for split in benchmark.hidden)
    return (
        f"{benchmark.title}: {benchmark.metric_title}.\n\nAs the authors of InternVL2 ran it: greedy, at most "
        f"{benchmark.max_tiles} tiles and {benchmark.max_new_tokens} new tokens. Splits: {splits}.{hidden}"
    )


for _benchmark in BENCHMARKS.values():
    _register(_benchmark)


@app.command("own", no_args_is_help=False)
def own(
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            metavar="FILE",
            help="Your own questions: JSON Lines as for batch, with answers and optional kind.",
        ),
    ] = None,
    limit: Limit = None,
    output: Output = None,
    jobs: how.Jobs = None,
    batch_size: how.BatchSize = 1,
    retries: Retries = 2,
    restart: Restart = False,
    runner: how.Runs = None,
    endpoint: how.Endpoints = None,
    concurrency: how.Concurrency = 8,
    address: how.Address = None,
    num_gpus: how.NumGpus = 0.0,
    rasterizer: common.Rasterizer = "auto",
    min_confidence: common.MinConfidence = 0.0,
    model: common.Model = "auto",
    dtype: common.Dtype = "auto",
    device: common.Device = "auto",
    quantize: common.Quantize = None,
    offline: common.Offline = False,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Our held-out set, or your own documents.

    Without --tasks, documents and charts are drawn into the results folder, the same ones every time, and asked about.
    An answer is right if it is a gold answer apart from case, punctuation and the like; the gold answer "not found"
    means that the document does not tell.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    choice = common.make_choice(model, dtype, device, quantize, offline, how.endpoint_of(runner, endpoint))
    place = how.place(runner, endpoint, choice, jobs, concurrency, address, num_gpus, batch_size)
    from internvl_cli.evaluation.own import draw_own, read_own

    folder = _folder(output, OWN, choice)
    source = str(draw_own(folder / "documents")) if tasks is None else tasks
    questions = read_own(source)[:limit]
    split = OWN.splits[0] if tasks is None else tasks
    run = _Run(OWN, questions, split, tasks or "drawn", folder, choice, place, min_confidence, rasterizer)
    _show(OWN, run.through(retries, restart, sink), sink)
    run.end()


@app.command("compare", no_args_is_help=True)
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A results folder.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, of the same benchmark.", show_default=False)],
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Also write a page to look through.")
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, metavar="N", help="Most questions on the page; those that flipped first.")
    ] = 300,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Which of two runs is better, and where.

    The difference is that of B over A on the questions both were asked, with a 95 % interval by paired bootstrap over
    documents. The table lists the questions whose score changed, what got worse first.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    from internvl_cli.evaluation.compare import compare as compare_runs
    from internvl_cli.evaluation.results import read_results

    comparison = compare_runs(read_results(first), read_results(second))
    if html is not None:
        _write_page(comparison, html, most)
        sink.note(f"wrote {html}")
    _show_comparison(comparison, sink)


# -- running


class _Run:
    """One run of a benchmark through the batch machinery."""

    def __init__(
        self,
        benchmark: Benchmark,
        questions: Sequence[Question],
        split: str,
        data: str,
        folder: Path,
        choice: ModelChoice,
        place: how.Place,
        min_confidence: float,
        rasterizer: Literal["auto", "pdfium", "poppler"] = "auto",
    ) -> None:
        self._benchmark, self._questions = benchmark, questions
        self._split, self._data, self._folder = split, data, folder
        self._choice, self._place, self._rasterizer = choice, place, rasterizer
        self._options = benchmark.options(min_confidence)
        self._failed = 0

    def through(self, retries: int, restart: bool, sink: Sink) -> dict[str, Any]:
        """Ask what is missing, score everything, write the results, give the summary.

        Raises:
            InternVLError: The run cannot start, go on or write.
        """
        from functools import partial

        from internvl_cli.batch.journal import Journal
        from internvl_cli.batch.plan import run_settings
        from internvl_cli.batch.run import Batch
        from internvl_cli.batch.work import Work
        from internvl_cli.documents import open_document
        from internvl_cli.engines.select import select_engine
        from internvl_cli.evaluation.questions import plan_of
        from internvl_cli.evaluation.results import PREDICTIONS, prepare

        from .batch_show import Show

        choice = self._choice
        extra = {
            "benchmark": self._benchmark.name,
            "split": self._split,
            "dtype": choice.dtype,
            "quantize": choice.quantize,
            "rasterizer": self._rasterizer,
        }
        settings = run_settings(model=choice.model, question=None, pages=None, options=self._options, extra=extra)
        opening: Any = partial(open_document, rasterizer=self._rasterizer, max_tiles=self._options.max_tiles)
        work = Work(partial(select_engine, choice, self._options), opening, self._options)
        plan = plan_of(self._questions)
        prepare(self._folder)
        with Journal(self._folder / PREDICTIONS, settings, restart=restart) as journal:
            show = Show(sink, len(plan.items))
            batch = Batch(plan, journal, retries=retries, started=show.started, report=show.outcome)
            way_on = "run the same command again to go on from here" + (", without --restart" if restart else "")
            counts = show.through(batch, self._place.make(choice, self._options, work, sink), way_on)
            self._failed = counts.failed
            records = {str(record["id"]): record for record in journal.records()}
        return self._score(records, sink)

    def end(self) -> None:
        """Exit as ``internvl batch`` does where questions failed."""
        if self._failed:
            raise typer.Exit(BatchError.exit_code)

    def _score(self, records: Mapping[str, Mapping[str, Any]], sink: Sink) -> dict[str, Any]:
        from internvl_cli.evaluation.results import write_results
        from internvl_cli.evaluation.scoring import score, summarize

        scored = [score(self._benchmark, one, records.get(one.item.id)) for one in self._questions]
        said = next((record for record in records.values() if record.get("model")), {})
        summary = summarize(
            self._benchmark,
            scored,
            split=self._split,
            data=self._data,
            model=str(said.get("model") or self._choice.model),
            engine=str(said.get("engine") or ""),
        )
        submit = self._split in self._benchmark.hidden
        write_results(self._folder, summary, scored, submit=submit)
        self._tell(scored, submit, sink)
        return summary

    def _tell(self, scored: Sequence[Scored], submit: bool, sink: Sink) -> None:
        if failed := sum(one.error is not None for one in scored):
            sink.note(f"{failed} of {len(scored)} questions failed and count as wrong")
        if submit:
            where = self._folder / "submission.json"
            sink.note(f"this split has no answers: hand {where} in at https://rrc.cvc.uab.es/?ch=17")
        sink.note(f"results: {self._folder}")


def _folder(output: str | None, benchmark: Benchmark, choice: ModelChoice) -> Path:
    """Where the results go.

    Raises:
        UsageError: ``-o -``: a folder has no way down a pipe.
    """
    import re
    from pathlib import Path

    if output == "-":
        raise UsageError("results are a folder and cannot go to standard output", "-o results/; --json prints the sum")
    if output is not None:
        return Path(output)
    model = choice.model if choice.endpoint is None else f"endpoint-{choice.model}"
    return Path("results") / f"{benchmark.name}-{re.sub('[^A-Za-z0-9.]+', '-', model).strip('-.') or 'model'}"


# -- showing


def _show(benchmark: Benchmark, summary: Mapping[str, Any], sink: Sink) -> None:
    """The row of this run beside what was published; scores by kind."""
    if sink.mode == "json":
        sink.record(dict(summary))
        return
    if benchmark is OWN:
        kinds = [("all", summary), *summary["by_kind"].items()]
        rows = [(kind, part["questions"], _value(part["score"]), _range(part["interval"])) for kind, part in kinds]
        sink.table(("kind", "questions", "accuracy", "95 % interval"), rows, title=str(summary["model"]))
        return
    this = (
        summary["model"],
        summary["split"],
        summary["questions"],
        _value(summary["score"]),
        _range(summary["interval"]),
        "this run",
    )
    published = [
        (f["model"], f["split"], "", _value(f["value"]), "", f"{f['source']} {f['note']}".strip())
        for f in summary["published"]
    ]
    columns = ("model", "split", "questions", benchmark.metric_title, "95 % interval", "source")
    sink.table(columns, [this, *published], title=benchmark.title)
    for name, value in summary["other"].items():
        sink.note(f"by the {name} convention: {_value(value)}")
    if summary["by_kind"]:
        parts = [(kind, part["questions"], _value(part["score"])) for kind, part in summary["by_kind"].items()]
        sink.note_table(("kind", "questions", "score"), parts)
    if summary["why_sources_differ"]:
        sink.note(f"why sources differ: {summary['why_sources_differ']}")


def _show_comparison(comparison: Comparison, sink: Sink) -> None:
    scale = comparison.benchmark.scale
    difference = comparison.difference
    gain, low, high = (value * scale for value in (difference.mean, difference.low, difference.high))
    flipped = comparison.flipped
    if sink.mode == "json":
        sink.record(
            {
                "schema_version": 1,
                "benchmark": comparison.benchmark.name,
                "questions": len(comparison.pairs),
                "unpaired": comparison.unpaired,
                "a": {"folder": str(comparison.a.folder), "score": comparison.score_a},
                "b": {"folder": str(comparison.b.folder), "score": comparison.score_b},
                "difference": {
                    "mean": round(gain, 2),
                    "interval": [round(low, 2), round(high, 2)],
                    "p_value": round(difference.p_value, 4),
                },
                "flipped": [
                    {
                        "id": pair.a.id,
                        "kind": pair.a.kind,
                        "question": pair.a.question,
                        "answers": list(pair.a.answers),
                        "a": {"answer": pair.a.prediction, "score": pair.a.score},
                        "b": {"answer": pair.b.prediction, "score": pair.b.score},
                    }
                    for pair in flipped
                ],
            }
        )
        return
    sink.note(f"A {comparison.a.folder}: {comparison.score_a:.2f}; B {comparison.b.folder}: {comparison.score_b:.2f}")
    sink.note(
        f"B minus A over {len(comparison.pairs)} questions: {gain:+.2f} "
        f"(95 % {low:+.2f} to {high:+.2f}, {difference.p_text})"
    )
    if comparison.unpaired:
        sink.note(f"{comparison.unpaired} questions are not in both, or have no gold answer")
    rows = [
        (
            pair.verdict,
            pair.a.kind,
            pair.a.id,
            pair.a.question,
            " | ".join(pair.a.answers),
            _said(pair.a),
            _said(pair.b),
        )
        for pair in flipped
    ]
    sink.table(("B is", "kind", "id", "question", "gold", "A", "B"), rows)


def _write_page(comparison: Comparison, html: str, most: int) -> None:
    from pathlib import Path

    from internvl_cli.batch.files import replacing
    from internvl_cli.evaluation.page import render_page

    page = render_page(comparison, most=most)
    with replacing(Path(html)) as file:
        file.write(page.encode("utf-8", "replace"))


def _said(one: Scored) -> str:
    return f"(failed: {one.error})" if one.prediction is None else one.prediction


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if value < 100 else f"{value:g}"


def _range(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"
