"""Choose the engine for a model the user named, or for ``auto``.

``parse_model`` is pure and decides what a name means; ``select_engine`` has one branch for each meaning. A model the
user named and that cannot run is an error: only ``auto`` may choose something else, and says so.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from internvl_cli.engines.base import Engine, Options
from internvl_cli.errors import ModelError, UsageError

__all__ = ["SIZES", "ModelChoice", "ModelName", "Selection", "parse_model", "select_engine"]

SIZES = ("1B", "2B", "4B", "8B", "26B", "40B", "76B")
"""The seven sizes of InternVL2 as the user writes them; 76B is InternVL2-Llama3-76B."""

_WORDS = ("auto", "reader", *SIZES)
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_LONG_NAME = re.compile(r"(?:opengvlab/)?internvl2-(?:llama3-)?(\d+b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the user wants to be answered by; hashable, so that it can name an engine in a cache.

    Attributes:
        model: ``auto``, ``reader``, a size, the folder of a checkpoint, or a repository on the hub.
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
    if (long_name := _LONG_NAME.fullmatch(word)) and long_name[1].upper() in SIZES:
        return ModelName("size", long_name[1].upper())
    if word.lower() in ("auto", "reader"):
        return ModelName("auto" if word.lower() == "auto" else "reader", word.lower())
    if word.upper() in SIZES:
        return ModelName("size", word.upper())
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
        UsageError: The name of the model means nothing.
        ModelError: A model was named that cannot run here.
    """
    name = parse_model(choice.model)
    if choice.endpoint is not None:
        message = f"{choice.endpoint}: this version cannot use an endpoint"
        raise UsageError(message, "Leave the endpoint out to answer on this machine.")
    if name.kind == "auto":
        return _auto(choice, options)
    if name.kind == "reader":
        return Selection(_reader())
    return _local(name, choice, options)


def _auto(choice: ModelChoice, options: Options) -> Selection:
    """The largest size that fits and is here, else the reader."""
    return Selection(_reader(), "answering with the bundled reader: this version runs no InternVL2 by itself")


def _local(name: ModelName, choice: ModelChoice, options: Options) -> Selection:
    """InternVL2 on this machine, by size, folder or repository."""
    hint = "Ask the bundled reader instead: --model reader"
    if name.kind == "path" and not Path(name.value).expanduser().is_dir():
        raise ModelError(f"{name.value}: there is no such folder with a model", hint)
    label = f"InternVL2-{name.value}" if name.kind == "size" else name.value
    raise ModelError(f"{label}: this version cannot run InternVL2 yet", hint)


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
