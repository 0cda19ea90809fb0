"""Choose the engine for a model the user named, or for ``auto``.

``parse_model`` is pure and decides what a name means; ``select_engine`` has one branch for each meaning. A model the
user named and that cannot run is an error: only ``auto`` may choose something else, and says so.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from internvl_cli.engines.base import Engine, Options
from internvl_cli.errors import UsageError
from internvl_cli.model.catalog import CATALOG, find

if TYPE_CHECKING:
    from internvl_cli.memory.device import Device
    from internvl_cli.memory.fit import DtypeName, Quantize
    from internvl_cli.memory.place import Placement, Wish

__all__ = ["FORCE_VARIABLE", "SIZES", "ModelChoice", "ModelName", "Selection", "parse_model", "select_engine"]

SIZES = tuple(entry.size for entry in CATALOG)
"""The sizes of InternVL2 as the user writes them; 76B is InternVL2-Llama3-76B."""

FORCE_VARIABLE = "INTERNVL_FORCE_MEMORY"
"""Set to 1 it loads a model that does not seem to fit."""

_WORDS = ("auto", "reader", *SIZES)
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the user wants to be answered by; hashable, so that it can name an engine in a cache.

    Attributes:
        model: ``auto``, ``reader``, a size, the folder of a checkpoint, or a repository on the hub; with an endpoint
            what its server calls the model, ``auto`` being the first it lists.
        endpoint: Base URL of an OpenAI-compatible server; None for this machine.
        dtype: ``auto``, ``bf16``, ``fp16`` or ``fp32``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``…
        quantize: ``8bit`` or ``4bit`` for the language model; None for neither.
        offline: Never ask the hub.
    """

    model: str = "auto"
    endpoint: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    quantize: str | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The engine that answers.

    Attributes:
        engine: Ready to be asked; close it when done.
        note: One line for the user where the choice was not theirs; empty if it was.
    """

    engine: Engine
    note: str = ""


@dataclass(frozen=True, slots=True)
class ModelName:
    """What a model's name means.

    Attributes:
        kind: Which branch of ``select_engine`` handles it.
        value: The word in its usual spelling, the path or the repository.
    """

    kind: Literal["auto", "reader", "size", "path", "repo"]
    value: str


def parse_model(name: str) -> ModelName:
    """Say what ``name`` means: a word of ours, a folder that is there or looks like one, or a repository.

    Raises:
        UsageError: It is none of these.
    """
    word = name.strip()
    if (entry := find(word)) is not None:
        return ModelName("size", entry.size)
    if word.lower() in ("auto", "reader"):
        return ModelName("auto" if word.lower() == "auto" else "reader", word.lower())
    if word.startswith(("/", "./", "../", "~")) or word in (".", "..") or (word and Path(word).exists()):
        return ModelName("path", word)
    if _REPOSITORY.fullmatch(word):
        return ModelName("repo", word)
    raise _unknown(name)


def select_engine(choice: ModelChoice, options: Options) -> Selection:
    """Give the engine for ``choice``.

    Args:
        choice: What the user wants to be answered by.
        options: How to answer: the number of tiles and of new tokens decides how much memory a size needs.

    Raises:
        UsageError: The name of the model means nothing, or the endpoint is no URL.
        ConfigurationError: The endpoint's API key cannot be read.
        HubError: A model was named that has not been downloaded.
        MemoryShortageError: A model was named that does not fit.
        ModelError: A folder was named that holds no model.
    """
    if choice.endpoint is not None:
        return Selection(_endpoint(choice.endpoint, choice.model))
    name = parse_model(choice.model)
    if name.kind == "auto":
        return _auto(choice, options)
    if name.kind == "reader":
        return Selection(_reader())
    return _local(name, choice, options)


def _auto(choice: ModelChoice, options: Options) -> Selection:
    """The largest size that fits and is here, else the reader."""
    from internvl_cli.memory import choose, probe
    from internvl_cli.model import hub

    devices = _named(probe.devices(), choice.device)
    found = choose.auto(devices, _wish(choice, options), hub.is_cached)
    if found.placement is None:
        return Selection(_reader(), f"answering with the bundled reader ({found.reason})")
    entry = found.placement.entry
    engine = _engine(entry.repo, choice, found.placement)
    return Selection(engine, f"answering with {entry.name} ({found.reason}); the bundled reader: --model reader")


def _local(name: ModelName, choice: ModelChoice, options: Options) -> Selection:
    """InternVL2 on this machine, by size, folder or repository. A size that does not fit is refused first."""
    from internvl_cli.memory import choose, probe
    from internvl_cli.memory.folder import entry_of
    from internvl_cli.model import hub

    entry = find(name.value) if name.kind != "path" else None
    source = entry.repo if entry else name.value
    if entry is None:
        entry = entry_of(hub.resolve(source, offline=choice.offline))
    devices = _named(probe.devices(), choice.device)
    if entry is None or not devices:
        return Selection(_engine(source, choice, None))
    force = os.environ.get(FORCE_VARIABLE, "") not in ("", "0")
    placement = choose.check(entry, devices, _wish(choice, options), force=force)
    return Selection(_engine(source, choice, placement))


def _engine(source: str, choice: ModelChoice, placement: Placement | None) -> Engine:
    """A local engine where the probe puts it; without a placement, where torch says."""
    from internvl_cli.engines.local import LocalEngine

    device: str | Mapping[str, str] = choice.device
    if placement is not None:
        device = placement.device_map()
        if placement.devices[0].kind == "cuda" and "CUDA_VISIBLE_DEVICES" not in os.environ:
            # NVML counts GPUs in the order of the bus, CUDA the fastest first unless told otherwise.
            os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    quantize = cast("Quantize | None", choice.quantize)
    return LocalEngine(source, dtype=choice.dtype, device=device, quantize=quantize, offline=choice.offline)


def _wish(choice: ModelChoice, options: Options) -> Wish:
    from internvl_cli.memory.place import Wish

    dtype = None if choice.dtype == "auto" else cast("DtypeName", choice.dtype)
    return Wish(options.max_tiles, dtype=dtype, quantize=cast("Quantize | None", choice.quantize))


def _named(devices: list[Device], name: str) -> list[Device]:
    """The devices that ``--device`` means; empty where it names a kind that is not probed, which torch may know.

    Raises:
        UsageError: It names a device that is not here.
    """
    if name == "auto":
        return devices
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps"):
        return []
    kinds = ("cuda", "rocm") if kind == "cuda" else (kind,)
    found = [device for device in devices if device.kind in kinds and index in ("", str(device.index))]
    if not found:
        raise UsageError(f"there is no device {name!r} here", "internvl probe lists what there is")
    return found


def _endpoint(url: str, model: str) -> Engine:
    """A model behind a server; what it is called there only the server knows."""
    from internvl_cli.config import load_config, read_key
    from internvl_cli.engines.endpoint import EndpointEngine

    config = load_config()
    wanted = None if model.lower() == "auto" else model
    return EndpointEngine(url, model=wanted, key=read_key(config), system=config.system_prompt or "auto")


def _reader() -> Engine:
    from internvl_cli.engines.reader import ReaderEngine

    return ReaderEngine()


def _unknown(name: str) -> UsageError:
    close = difflib.get_close_matches(name.lower(), [word.lower() for word in _WORDS], n=1, cutoff=0.5)
    spelled = {word.lower(): word for word in _WORDS}
    meant = f" Did you mean {spelled[close[0]]}?" if close else ""
    valid = ", ".join(_WORDS)
    hint = f"Use one of {valid}, the folder of a checkpoint, or a repository such as OpenGVLab/InternVL2-2B.{meant}"
    return UsageError(f"no model is called {name!r}", hint)
