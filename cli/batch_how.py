"""Where a batch is answered: the options for it, declared once, and the runner that they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from internvl_cli.errors import UsageError

from . import common

if TYPE_CHECKING:
    from internvl_cli.batch.run import Runner
    from internvl_cli.batch.work import Work
    from internvl_cli.engines.base import Options
    from internvl_cli.engines.select import ModelChoice

    from .output import Sink

BATCH, ELSEWHERE = "Batch", "Elsewhere"

Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help="Worker processes; 1, or with --runner ray as many as there is room for.",
        rich_help_panel=BATCH,
        show_default=False,
    ),
]
PasswordFile = Annotated[Path | None, common.password_option("); a batch never asks for one")]
BatchSize = Annotated[
    int,
    typer.Option(
        "--batch-size",
        min=1,
        max=256,
        metavar="N",
        help="Inputs that a model on a GPU answers together; two processes render ahead.",
        rich_help_panel=BATCH,
    ),
]
Runs = Annotated[
    Literal["local", "endpoint", "ray"] | None,
    typer.Option(
        "--runner",
        help="What answers: this machine, servers (with --endpoint), a Ray cluster.",
        rich_help_panel=ELSEWHERE,
        show_default=False,
    ),
]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help=(
            f"An OpenAI-compatible server (or {common.ENDPOINT_VARIABLE}), again for further ones; none: this machine."
        ),
        rich_help_panel=ELSEWHERE,
    ),
]
Concurrency = Annotated[
    int,
    typer.Option("--concurrency", min=1, max=1024, metavar="N", help="Requests under way.", rich_help_panel=ELSEWHERE),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="The Ray cluster: auto, HOST:PORT, ray://HOST:PORT; else one is started here.",
        rich_help_panel=ELSEWHERE,
    ),
]
NumGpus = Annotated[
    float,
    typer.Option("--num-gpus", min=0.0, metavar="N", help="Of each worker on Ray.", rich_help_panel=ELSEWHERE),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Only the I-th of N parts, for array jobs; internvl batch-merge joins them.",
        rich_help_panel=ELSEWHERE,
    ),
]
Export = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--export",
        metavar="FORMAT FILE",
        help="Write what is missing as requests (openai-batch, vllm-batch), and ask nothing.",
        rich_help_panel=ELSEWHERE,
        show_default=False,
    ),
]
Import = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        metavar="FILE",
        help="Take answers from results of such requests; again for further files.",
        rich_help_panel=ELSEWHERE,
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch is answered.

    Attributes:
        runner: ``local``, ``endpoint`` or ``ray``.
        urls: Of the servers.
        jobs: Worker processes; None if the user did not say.
        concurrency: Requests under way.
        address: Of the Ray cluster.
        num_gpus: Of each of its workers.
        batch_size: Inputs that are answered together.
    """

    runner: Literal["local", "endpoint", "ray"]
    urls: tuple[str, ...]
    jobs: int | None
    concurrency: int
    address: str | None
    num_gpus: float
    batch_size: int = 1

    def make(self, choice: ModelChoice, options: Options, work: Work, sink: Sink) -> Runner:
        """Give the runner."""
        if self.runner == "ray":
            from internvl_cli.batch.ray_runner import RayRunner

            return RayRunner(work, address=self.address, jobs=self.jobs, num_gpus=self.num_gpus)
        if self.runner == "endpoint":
            from internvl_cli.batch.endpoints import EndpointRunner
            from internvl_cli.engines.select import select_engine

            works = [
                (url, replace(work, load_engine=partial(select_engine, replace(choice, endpoint=url), options)))
                for url in self.urls
            ]
            return EndpointRunner(works, self.concurrency, sink.note)
        if self.batch_size > 1:
            from internvl_cli.batch.ahead import AheadRunner

            return AheadRunner(work, self.batch_size)
        if (self.jobs or 1) == 1:
            from internvl_cli.batch.run import InProcessRunner

            return InProcessRunner(work)
        from internvl_cli.batch.pool import PoolRunner

        return PoolRunner(work, self.jobs or 1, sink.note)


def endpoint_of(runner: str | None, endpoints: list[str] | None) -> str | None:
    """Give what ``common.make_choice`` takes: the first server; ``none`` where this machine or Ray was asked for.

    Raises:
        UsageError: Servers are named for a runner that asks none, or beside ``none``.
    """
    if len(endpoints or ()) > len(servers := _servers(endpoints)) > 0:
        raise UsageError("--endpoint none and a server contradict each other", "leave one of them out")
    if runner in ("local", "ray"):
        if servers:
            raise UsageError(f"--runner {runner} asks no --endpoint", "leave one of them out")
        return "none"
    return endpoints[0] if endpoints else None


def _servers(endpoints: list[str] | None) -> list[str]:
    """The servers that are named; ``none`` is none."""
    return [url for url in endpoints or () if url.strip().lower() not in ("", "none")]


def place(
    runner: Literal["local", "endpoint", "ray"] | None,
    endpoints: list[str] | None,
    choice: ModelChoice,
    jobs: int | None,
    concurrency: int,
    address: str | None,
    num_gpus: float,
    batch_size: int = 1,
) -> Place:
    """Put together where a batch is answered; a server that is named anywhere means ``--runner endpoint``.

    Raises:
        UsageError: Options of different places are mixed, or there is no server to ask.
    """
    urls = tuple(dict.fromkeys(_servers(endpoints) or ([choice.endpoint] if choice.endpoint else [])))
    where = runner or ("endpoint" if urls else "local")
    if where == "endpoint" and not urls:
        raise UsageError("--runner endpoint needs a server", "name it with --endpoint http://HOST:PORT")
    if where == "endpoint" and jobs is not None:
        raise UsageError("--jobs is for --runner local and ray", "servers take --concurrency N")
    if where != "ray" and (address is not None or num_gpus):
        raise UsageError("--address and --num-gpus are for a Ray cluster", "add --runner ray")
    if batch_size > 1 and (where != "local" or (jobs or 1) > 1):
        raise UsageError("--batch-size is for one process on this machine", "leave out --jobs and --runner")
    return Place(where, urls, jobs, concurrency, address, num_gpus, batch_size)
