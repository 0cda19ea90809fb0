"""``internvl batch``: the same question about many documents, or a file of tasks; stop and go on at any time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from internvl_cli.errors import BatchError, UsageError

from . import batch_how as how
from . import common

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from internvl_cli.batch.exchange import ResultsRunner
    from internvl_cli.batch.journal import Journal
    from internvl_cli.batch.plan import Plan
    from internvl_cli.batch.stream import StreamRecords

    from .output import Sink

EXAMPLES = """\
internvl batch "What is the total?" invoices/ -o totals.jsonl
internvl batch "Who signed?" 'contracts/**/*.pdf' -o signed.csv --jobs 4
internvl batch --tasks tasks.jsonl -o answers.parquet
internvl batch "What is the date?" scans/ -o - | jq -r .answer
internvl batch "What is due?" bills/ -o due.jsonl --endpoint http://gpu1:8080 --endpoint http://gpu2:8080"""


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
            rich_help_panel=how.BATCH,
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            metavar="FILE",
            help="JSON Lines with file and question, optional id, pages and answers.",
            rich_help_panel=how.BATCH,
        ),
    ] = None,
    jobs: how.Jobs = None,
    batch_size: how.BatchSize = 1,
    retries: Annotated[
        int,
        typer.Option(
            "--retries", min=0, metavar="N", help="Further tries where a failure may pass.", rich_help_panel=how.BATCH
        ),
    ] = 2,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help="Only the first N inputs.", rich_help_panel=how.BATCH),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget what the output holds.", rich_help_panel=how.BATCH)
    ] = False,
    runner: how.Runs = None,
    endpoint: how.Endpoints = None,
    concurrency: how.Concurrency = 8,
    address: how.Address = None,
    num_gpus: how.NumGpus = 0.0,
    shard: how.ShardOption = None,
    export: how.Export = None,
    import_: how.Import = None,
    pages: common.Pages = None,
    max_tiles: common.MaxTiles = 12,
    rasterizer: common.Rasterizer = "auto",
    password_file: how.PasswordFile = None,
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
    where = how.endpoint_of(runner, endpoint)
    if export or import_:  # a service calls its models as it likes
        choice = replace(common.make_choice("auto", dtype, device, quantize, offline, "none"), model=model)
    else:
        choice = common.make_choice(model, dtype, device, quantize, offline, where)
    place = how.place(runner, endpoint, choice, jobs, concurrency, address, num_gpus, batch_size)
    from internvl_cli.batch.exchange import ResultsRunner
    from internvl_cli.batch.plan import run_settings
    from internvl_cli.batch.run import Batch
    from internvl_cli.batch.shard import Shard
    from internvl_cli.batch.work import Work
    from internvl_cli.documents import open_document
    from internvl_cli.engines.base import Options
    from internvl_cli.engines.select import select_engine

    from .batch_exchange import export as export_to
    from .batch_show import Show

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
    total = len(plan.items)
    part = Shard.parse(shard) if shard is not None else None
    plan = part.of(plan) if part is not None else plan
    # Where it runs (device, jobs) does not change what is asked, so a batch may go on elsewhere.
    extra = {"dtype": dtype, "quantize": quantize, "rasterizer": rasterizer}
    settings = run_settings(
        model=choice.model, question=None if tasks else question, pages=pages, options=options, extra=extra
    )
    password = common.password_source(password_file)
    key = None if callable(password) else password  # nobody sits by a batch to be asked
    work = Work(
        partial(select_engine, choice, options),
        partial(open_document, password=key, rasterizer=rasterizer, max_tiles=max_tiles),
        options,
    )
    whole: dict[str, object] = {"shard": part and str(part), "total": total}
    with _records(target, settings, restart, whole, plan.folder, sink) as records:
        show = Show(sink, len(plan.items))
        run = Batch(plan, records, retries=0 if import_ else retries, started=show.started, report=show.outcome)
        if export is not None:
            failed = export_to(run.todo, work, choice.model, export, sink)
        elif import_:
            results = ResultsRunner(import_, work)
            results.tell(plan.items)
            counts = show.through(run, results, "")
            failed = counts.failed + counts.open
            _tell_results(results, counts.open, sink)
        else:
            failed = show.through(run, place.make(choice, options, work, sink), _way_on(target, restart)).failed
    if failed:
        raise typer.Exit(BatchError.exit_code)


def _tell_results(results: ResultsRunner, left: int, sink: Sink) -> None:
    """Say what became of results that are not in the output, and of inputs without one."""
    if results.unknown:
        sink.note(f"about none of the inputs: {results.unknown:,} of the results")
    if results.repeated:
        sink.note(f"about an input that has one already: {results.repeated:,} of the results")
    if left:
        sink.note("inputs without a result stay missing: import further results, or run without --import")


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
        from .batch_show import some

        sink.note(f"named more than once, asked once: {some(plan.merged)}")
    return plan if limit is None else plan.first(limit)


def _records(
    target: str,
    settings: dict[str, object],
    restart: bool,
    part: dict[str, object],
    folder: str | None,
    sink: Sink,
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

    return Journal(target, settings, restart=restart, part=part, folder=folder)


def _way_on(target: str, restart: bool) -> str:
    if target == "-":
        return "standard output keeps no place to go on from; -o FILE does"
    return "run the same command again to go on from here" + (", without --restart" if restart else "")
