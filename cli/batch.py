"""``internvl batch``: the same question about many documents, or a file of tasks; stop and go on at any time."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from internvl_cli.errors import BatchError, UsageError

from . import common

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from internvl_cli.batch.journal import Journal
    from internvl_cli.batch.plan import Plan
    from internvl_cli.batch.record import Outcome
    from internvl_cli.batch.run import Batch as Run
    from internvl_cli.batch.run import Counts, Runner
    from internvl_cli.batch.stream import StreamRecords
    from internvl_cli.batch.work import EngineInfo, Work

    from .output import Sink
    from .progress import Progress

EXAMPLES = """\
internvl batch "What is the total?" invoices/ -o totals.jsonl
internvl batch "Who signed?" 'contracts/**/*.pdf' -o signed.csv --jobs 4
internvl batch --tasks tasks.jsonl -o answers.parquet
internvl batch "What is the date?" scans/ -o - | jq -r .answer"""

BATCH = "Batch"


def batch(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="Asked of every input.", show_default=False)
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help="Files, patterns, folders (searched to the bottom), URLs."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Ends in .jsonl, .csv or .parquet; - writes JSON Lines to standard output.",
            rich_help_panel=BATCH,
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            metavar="FILE",
            help="JSON Lines with file and question, optional id, pages and answers.",
            rich_help_panel=BATCH,
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Worker processes.", rich_help_panel=BATCH)
    ] = 1,
    retries: Annotated[
        int,
        typer.Option(
            "--retries", min=0, metavar="N", help="Further tries where a failure may pass.", rich_help_panel=BATCH
        ),
    ] = 2,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N inputs.", rich_help_panel=BATCH)
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget what the output holds.", rich_help_panel=BATCH)
    ] = False,
    pages: common.Pages = None,
    max_tiles: common.MaxTiles = 12,
    rasterizer: common.Rasterizer = "auto",
    password_file: common.PasswordFile = None,
    short: common.Short = False,
    max_new_tokens: common.MaxNewTokens = 1024,
    temperature: common.Temperature = 0.0,
    top_p: common.TopP = 1.0,
    repetition_penalty: common.RepetitionPenalty = 1.0,
    seed: common.Seed = None,
    min_confidence: common.MinConfidence = 0.0,
    model: common.Model = "auto",
    dtype: common.Dtype = "auto",
    device: common.Device = "auto",
    quantize: common.Quantize = None,
    offline: common.Offline = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Ask the same of many documents; stop and go on at any time.

    Each answer is written as soon as it is there. The same command again asks only what is missing or failed; with
    another model, question or option it is refused unless --restart. Exits with 5 if some inputs failed; "the document
    does not tell" is an answer.
    """
    from .output import open_sink

    sink = open_sink(plain=plain, quiet=quiet)
    target = _output(output, question, inputs)
    choice = common.make_choice(model, dtype, device, quantize, offline)
    from internvl_cli.batch.plan import run_settings
    from internvl_cli.batch.run import Batch
    from internvl_cli.batch.work import Work
    from internvl_cli.documents import open_document
    from internvl_cli.engines.base import Options
    from internvl_cli.engines.select import select_engine

    options = Options(
        max_tiles=max_tiles,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        seed=seed,
        short=short,
        min_confidence=min_confidence,
    )
    plan = _plan(question, inputs, tasks, pages, limit, sink)
    # Where it runs (device, jobs) does not change what is asked, so a batch may go on elsewhere.
    extra = {"dtype": dtype, "quantize": quantize, "rasterizer": rasterizer}
    settings = run_settings(
        model=model, question=None if tasks else question, pages=pages, options=options, extra=extra
    )
    password = common.password_source(password_file)
    key = None if callable(password) else password  # nobody sits by a batch to be asked
    work = Work(
        partial(select_engine, choice, options),
        partial(open_document, password=key, rasterizer=rasterizer, max_tiles=max_tiles),
        options,
    )
    with _records(target, settings, restart, sink) as records:
        show = _Show(sink, len(plan.items))
        run = Batch(plan, records, retries=retries, started=show.started, report=show.outcome)
        counts = show.through(run, _runner(work, jobs, sink), _way_on(target, restart))
    if counts.failed:
        raise typer.Exit(BatchError.exit_code)


class _Show:
    """Tells the user how a batch goes: progress in pages, a line for each failure, and the count at the end."""

    def __init__(self, sink: Sink, total: int) -> None:
        self._sink, self._total = sink, total
        self._items = self._pages = self._left = 0
        self._start = 0.0
        self._progress: Progress | None = None

    def through(self, run: Run, runner: Runner, way_on: str) -> Counts:
        """See a batch through; whatever ends it, say how far it came.

        Args:
            run: The batch.
            runner: Does it.
            way_on: How to go on after an interruption; empty where one cannot.
        """
        self._left = len(run.todo)
        with self._sink.progress(self._left, "page", label="answering") as self._progress:
            try:
                counts = run.run(runner)
            except BaseException:
                if self._items:
                    self._sink.note(_counted(run.counts()))
                    self._sink.note(way_on)
                raise
        if counts.failed and way_on:
            self._sink.note("the same command again tries the failed inputs once more")
        self._sink.note(_counted(counts))
        return counts

    def started(self, info: EngineInfo) -> None:
        """Begin to count time, and say what the user should hear about the engine."""
        self._start = time.monotonic()  # loading the model is no part of the rate
        if info.note:
            self._sink.note(info.note)

    def outcome(self, outcome: Outcome, again: bool) -> None:
        """Count one outcome; say a failure that is final."""
        failure = outcome.failure
        if again:
            return
        self._items += 1
        self._left -= 1
        self._pages += outcome.pages
        if failure is not None:
            named = outcome.item.file in failure.message or outcome.item.source in failure.message
            self._sink.note(failure.message if named else f"{outcome.item.file}: {failure.message}")
        if self._progress is not None:
            # Nobody opens ten thousand files to count their pages first: those to come are taken to be like the others.
            self._progress.total = self._pages + round(self._left * (self._pages / self._items))
            rate = self._pages / max(time.monotonic() - self._start, 1e-3)
            self._progress.describe(f"{self._total - self._left} of {self._total} inputs, {rate:.1f} pages/s")
            self._progress.advance(outcome.pages, failed=failure is not None)


def _output(output: str | None, question: str | None, inputs: list[str] | None) -> str:
    """Give the output.

    Raises:
        UsageError: There is none: hours of work would have no place to go on from.
    """
    if output is None:
        import shlex

        words = " ".join(shlex.quote(word) for word in [question, *(inputs or [])] if word)
        hint = f"internvl batch {words} -o out.jsonl; -o - writes to standard output and cannot be resumed"
        raise UsageError("a batch needs an output: -o FILE", hint)
    return output


def _plan(
    question: str | None, inputs: list[str] | None, tasks: str | None, pages: str | None, limit: int | None, sink: Sink
) -> Plan:
    """Put together what is asked of what.

    Raises:
        UsageError: There is neither a question with inputs nor a file of tasks, or there are both.
        InputError: A folder or pattern gives no document, or the tasks cannot be read.
    """
    from internvl_cli.batch.plan import plan_inputs, read_tasks
    from internvl_cli.documents import find_documents

    if tasks is not None:
        if question is not None:
            raise UsageError("--tasks brings its own questions and files", f"leave {question!r} out, or --tasks")
        plan = read_tasks(tasks, pages)
    elif question is None or not inputs:
        raise UsageError("a batch needs a question and inputs, or --tasks", EXAMPLES.splitlines()[0])
    else:
        plan = plan_inputs(question, find_documents(inputs), pages)
    if plan.merged:
        sink.note(f"named more than once, asked once: {_some(plan.merged)}")
    return plan if limit is None else plan.first(limit)


def _records(
    target: str, settings: dict[str, object], restart: bool, sink: Sink
) -> AbstractContextManager[Journal | StreamRecords]:
    """Open where the records go.

    Raises:
        UsageError: The output is not of a batch, or of another one.
        OutputError: It cannot be written.
    """
    if target == "-":
        from contextlib import nullcontext

        from internvl_cli.batch.stream import StreamRecords

        return nullcontext(StreamRecords(sink.record))
    from internvl_cli.batch.journal import Journal

    return Journal(target, settings, restart=restart)


def _runner(work: Work, jobs: int, sink: Sink) -> Runner:
    if jobs == 1:
        from internvl_cli.batch.run import InProcessRunner

        return InProcessRunner(work)
    from internvl_cli.batch.pool import PoolRunner

    return PoolRunner(work, jobs, sink.note)


def _way_on(target: str, restart: bool) -> str:
    if target == "-":
        return "standard output keeps no place to go on from; -o FILE does"
    return "run the same command again to go on from here" + (", without --restart" if restart else "")


def _counted(counts: Counts) -> str:
    """The last line: the parts add up to the inputs."""
    parts = f"{counts.done} done, {counts.skipped} skipped, {counts.failed} failed"
    left = f", {counts.open} left" if counts.open else ""
    return f"{counts.total} input{'' if counts.total == 1 else 's'}: {parts}{left}"


def _some(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
