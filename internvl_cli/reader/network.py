"""The network as shipped: an int8 ONNX file under onnxruntime, its vocabulary and its configuration."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from internvl_cli.errors import ModelError
from internvl_cli.reader.features import FLAGS, RELATIONS, Encoded
from internvl_cli.reader.wordpiece import WordPiece

__all__ = ["WEIGHTS", "Network", "Scores"]

WEIGHTS = Path(__file__).parent / "weights"
"""Folder with ``reader.onnx``, ``vocab.txt`` and ``config.json``."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the network says of one window of ``t`` pieces, all as logits.

    Attributes:
        start: ``(t,)``: the answer starts here; piece 0 stands for "not in this window".
        end: ``(t, t)``: given the start (row), the answer's last word is this (column).
        select: ``(t, 4)``: the word is a value, begins one, is a label, begins one.
        kind: ``(kinds,)``: see ``config["kinds"]``.
    """

    start: Array
    end: Array
    select: Array
    kind: Array


class Network:
    """Loads in a fraction of a second; one instance serves all questions.

    Args:
        folder: Where the weights are.
        threads: For onnxruntime; None takes up to four of the machine's cores.

    Raises:
        ModelError: A file is missing, damaged or made for another version of the features.
    """

    def __init__(self, folder: Path = WEIGHTS, threads: int | None = None) -> None:
        import onnxruntime

        hint = "reinstall the package: pip install --force-reinstall --no-deps internvl-cli"
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.tokenizer = WordPiece(folder / "vocab.txt")
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder}: the reader's weights are not usable ({error})", hint) from error
        if (self.config["flags"], self.config["relations"]) != (FLAGS, RELATIONS):
            raise ModelError(f"{folder}: the reader's weights were made for another version of its features", hint)
        self.kinds: tuple[str, ...] = tuple(self.config["kinds"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(
            4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "reader.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(f"{folder / 'reader.onnx'}: onnxruntime cannot load it ({error})", hint) from error

    def __call__(self, encoded: Encoded) -> Scores:
        """Score one window."""
        start, end, select, kind = self._session.run(
            None,
            {
                "ids": encoded.ids[None],
                "side": encoded.side[None],
                "geometry": encoded.geometry[None],
                "flags": encoded.flags[None],
                "relations": encoded.expand()[None].astype(np.int32),
            },
        )
        return Scores(start[0], end[0], select[0], kind[0])
