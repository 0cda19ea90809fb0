"""Answer on a Ray cluster: a Ray Data pipeline in which each actor of a pool loads the engine once.

Opening and rendering are tasks of their own, which scale apart from the actors. Ray Data by itself answers a block
again when its actor dies, without end where the block is what kills it, and keeps answers until a block of many is
full. So each block is one document's questions, nothing is tried again by Ray (``max_task_retries=0``), and what a dead
actor takes along is left out of the results (``max_errored_blocks=-1``): it is missing at the end of the round, fails
as ``worker_died`` and is tried again by the batch like any other failure that may pass.
"""

from __future__ import annotations

import logging
import os
import pickle
import secrets
import signal
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from internvl_cli.batch.plan import Item
from internvl_cli.batch.pool import by_document
from internvl_cli.batch.prepare import Prepared, needs_pictures, prepare
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.batch.work import EngineInfo, Work, answer_pages
from internvl_cli.errors import ConfigurationError, DependencyError, InternVLError, MemoryShortageError

__all__ = ["RayRunner"]

_ENGINE_CPUS = 0.5
_PREPARE_CPUS = 0.25
"""Of a core, as far as Ray's book-keeping goes: engines take at most half of the cores, so that the tasks that feed
them always find room. They differ because Ray would join two stages that ask for the same."""

_LOST = Failure("worker_died", "the Ray worker died, or its machine was lost", retryable=True)


class RayRunner:
    """Answers in a pool of Ray actors.

    Args:
        work: What to do for an item; it is pickled.
        address: ``auto`` or ``host:port`` of a cluster, ``ray://host:port`` of its client server; None starts Ray on
            this machine, on the loopback interface, and stops it at the end.
        jobs: Most actors; None for as many as the cluster has room for.
        num_gpus: GPUs of each actor; may be a fraction.
    """

    def __init__(self, work: Work, *, address: str | None = None, jobs: int | None = None, num_gpus: float = 0) -> None:
        self._work, self._address, self._jobs, self._num_gpus = work, address, jobs, num_gpus
        self._info = EngineInfo("", "")
        self._connected = False
        self._lost: set[str] = set()

    def open(self, expected: int) -> EngineInfo:
        """Connect, and ask one worker who answers; see ``Runner.open``.

        Raises:
            DependencyError: Ray is not installed.
            ConfigurationError: The cluster cannot be reached, or has too few GPUs.
        """
        if self._address is None and "RAY_AUTH_MODE" not in os.environ:
            # Whoever reaches a Ray cluster can run code on it: ours is for this process and its children alone.
            os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
        ray = _import_ray()
        with _signals_kept():
            self._connect(ray)
        self._jobs = min(expected, self._room(ray))
        asked = ray.remote(max_retries=0, **self._needs())(_who_answers).remote(self._work)
        with _in_our_words(ray):
            found = ray.get(asked)
        if isinstance(found, InternVLError):
            raise found
        self._info = found
        return self._info

    def run(self, items: Sequence[Item]) -> Generator[Outcome, None, None]:
        """See ``Runner.run``."""
        ray = _import_ray()
        left = {item.id: item for item in items}
        with _in_our_words(ray):
            for row in self._pipeline(ray, items).iter_rows():
                found = pickle.loads(row["data"])
                if isinstance(found, InternVLError):
                    raise found
                for outcome in found:
                    self._check(outcome)
                    if left.pop(outcome.item.id, None) is not None:
                        yield outcome
        self._lost |= left.keys()
        for item in left.values():
            yield Outcome(item, failure=_LOST)

    def close(self, *, now: bool = False) -> None:
        """See ``Runner.close``."""
        if self._connected:
            self._connected = False
            _import_ray().shutdown()

    def _connect(self, ray: Any) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}
        try:
            if self._address is None:
                local = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
                ray.init(address="local", **local, **quiet)
            else:
                ray.init(address=self._address, **quiet)
        except Exception as error:  # which ones Ray raises depends on what is wrong, and on its version
            where = self._address or "this machine"
            reason = " ".join(str(error).split())[:200]
            hint = "look at it with: ray status; a cluster that asks for a token needs RAY_AUTH_MODE=token here too"
            raise ConfigurationError(f"Ray at {where} cannot be used: {reason}", hint) from error
        self._connected = True
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def _room(self, ray: Any) -> int:
        """How many actors the cluster has room for, or the user wants."""
        has = ray.cluster_resources()
        if self._num_gpus > has.get("GPU", 0):
            raise ConfigurationError(
                f"the cluster has {has.get('GPU', 0):g} GPUs, and --num-gpus asks for {self._num_gpus:g}",
                "ray status lists what there is",
            )
        room = has.get("GPU", 0) / self._num_gpus if self._num_gpus else has.get("CPU", 1) * 0.5 / _ENGINE_CPUS
        return max(1, min(int(room), self._jobs or int(room)))

    def _needs(self) -> dict[str, float]:
        """What Ray is to set aside for an engine."""
        return {"num_gpus": self._num_gpus, "num_cpus": 0} if self._num_gpus else {"num_cpus": _ENGINE_CPUS}

    def _pipeline(self, ray: Any, items: Sequence[Item]) -> Any:
        context = ray.data.DataContext.get_current()
        context.max_errored_blocks = -1
        context.enable_progress_bars = False
        # What was lost together is tried apart: one that kills its worker must not take its neighbours along for ever.
        groups = [
            part
            for group in by_document(items)
            for part in ([[item] for item in group] if self._lost & {item.id for item in group} else [list(group)])
        ]
        rows = [{"data": pickle.dumps(tuple(group))} for group in groups]
        opened = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Preparer(self._work, self._info, str(Path.cwd())), num_cpus=_PREPARE_CPUS
        )
        with warnings.catch_warnings():  # the two below have no other name before Ray 2.64, see pyproject.toml
            warnings.simplefilter("ignore")
            return self._answered(ray, opened, len(rows))

    def _answered(self, ray: Any, opened: Any, rows: int) -> Any:
        return opened.map_batches(
            _Answerer,
            fn_constructor_args=(self._work,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(self._jobs or 1, rows),
                max_tasks_in_flight_per_actor=1,  # what waits in an actor would be lost with it
            ),
            max_task_retries=0,
            max_restarts=-1,
            **self._needs(),
        )

    def _check(self, outcome: Outcome) -> None:
        """Compare who answered with who should.

        Raises:
            ConfigurationError: ``auto`` means something else on another machine of the cluster.
        """
        answer = outcome.answer
        if answer is not None and (answer["engine"], answer["model"]) != (self._info.engine, self._info.model):
            raise ConfigurationError(
                f"one machine of the cluster answers with {answer['model']}, another with {self._info.model}",
                "name the model with --model",
            )


class _Preparer:
    """A task: open and render the document of some items."""

    def __init__(self, work: Work, info: EngineInfo, folder: str) -> None:
        self._work, self._info, self._folder = work, info, folder

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        items = pickle.loads(row["data"])
        ready: Prepared | InternVLError
        try:
            ready = prepare(self._work.open_document, items, needs_pictures(self._info), folder=self._folder)
        except InternVLError as error:
            ready = error
        return {"data": pickle.dumps(ready)}


class _Answerer:
    """An actor: one engine."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._error: InternVLError | None = None
        try:
            self._engine = work.load_engine().engine
        except InternVLError as error:  # raised here it would be one more death of an actor
            self._error = error

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        return {"data": [pickle.dumps(self._answer(pickle.loads(data))) for data in batch["data"]]}

    def _answer(self, ready: Prepared | InternVLError) -> list[Outcome] | InternVLError:
        if isinstance(ready, InternVLError):
            return ready
        if self._error is not None:
            return self._error
        if ready.opened is None:
            return [Outcome(item, failure=ready.failure) for item in ready.items]
        try:
            return [answer_pages(self._engine, ready.opened, item, self._work.options) for item in ready.items]
        except InternVLError as error:
            return error


def _who_answers(work: Work) -> EngineInfo | InternVLError:
    """Run on a worker, because ``auto`` depends on the machine."""
    try:
        loaded = work.load_engine()
        info = EngineInfo(loaded.engine.name, loaded.engine.model, loaded.note)
        loaded.engine.close()
    except InternVLError as error:
        return error
    return info


def _import_ray() -> Any:
    # Read when Ray is imported; nothing is reported to anybody.
    for name, value in (
        ("RAY_USAGE_STATS_ENABLED", "0"),
        ("RAY_DATA_DISABLE_PROGRESS_BARS", "1"),
        ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
    ):
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise DependencyError(
            "the Ray runner needs Ray, which is not installed", "pip install 'internvl-cli[ray]'"
        ) from error
    return ray


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep our signal handlers where Ray sets its own."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)


@contextmanager
def _in_our_words(ray: Any) -> Iterator[None]:
    """Turn Ray's errors into ours.

    Raises:
        MemoryShortageError: Workers died and could not be replaced.
        ConfigurationError: The cluster is gone.
    """
    try:
        yield
    except (ray.exceptions.ActorDiedError, ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        message = "the Ray worker died while it loaded the model (often: out of memory)"
        raise MemoryShortageError(message, "choose a smaller model, or --runner local to see the error") from error
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[-300:]
        raise ConfigurationError(f"the Ray cluster failed: {reason}", "ray status says how it is") from error
