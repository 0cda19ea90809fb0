"""Export a checkpoint, or the mean of several: ONNX, int8 weights, vocabulary, configuration.

``python -m training.export --checkpoint training/runs/shipped/last.pt --out internvl_cli/reader/weights``
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from internvl_cli.reader.features import FLAGS, GEOMETRY, RELATIONS
from training.model import Reader, mean
from training.sample import KINDS
from training.train import minilm_folder

if TYPE_CHECKING:
    import onnx

WORDS = "words.weight"
"""Name of the word embeddings in the exported graph."""

NAMES = ("ids", "side", "geometry", "flags", "relations")

UNFITTED: dict[str, Any] = {
    "threshold": 0.5,
    "found": {"bias": 0.0, "weights": {"found": 1.0}},
    "span": {"bias": 0.0, "weights": {"start": 1.0, "end": 1.0}},
    "selection": {"bias": 0.0, "weights": {"selection": 1.0}},
}
"""Confidence before ``training.evaluate --fit``."""


def example(tokens: int) -> tuple[torch.Tensor, ...]:
    """Give inputs of the right types for tracing."""
    return (
        torch.randint(1000, 20000, (1, tokens)),
        torch.ones(1, tokens, dtype=torch.int64),
        torch.ones(1, tokens, len(GEOMETRY), dtype=torch.int64),
        torch.rand(1, tokens, FLAGS),
        torch.randint(1, RELATIONS, (1, tokens, tokens), dtype=torch.int32),
    )


def in_rows(weights: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Cut a table to int8 with a scale for each row.

    One scale for the whole table, as ``quantize_dynamic`` has it, costs several points (``training/README.md``): rows
    differ in size, and the small ones would be left with a few steps.

    Args:
        weights: Of shape (rows, columns).

    Returns:
        Whole numbers from -127 to 127 of that shape, and scales of shape (rows, 1).
    """
    scales = np.maximum(np.abs(weights).max(1, keepdims=True) / 127, 1e-12).astype(np.float32)
    return np.clip(np.rint(weights / scales), -127, 127).astype(np.int8), scales


def words_in_rows(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the word embeddings in int8 with a scale for each word."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    table = next(i for i in graph.initializer if i.name == WORDS)
    rows, scales = in_rows(numpy_helper.to_array(table))
    (lookup,) = (n for n in graph.node if n.op_type == "Gather" and n.input[0] == WORDS)
    ids, result, at = lookup.input[1], lookup.output[0], list(graph.node).index(lookup)
    graph.node.remove(lookup)
    graph.initializer.remove(table)
    graph.initializer.extend(
        [numpy_helper.from_array(rows, "words.rows"), numpy_helper.from_array(scales, "words.scales")]
    )
    nodes = (
        helper.make_node("Gather", ["words.rows", ids], ["words.small"], axis=0),
        helper.make_node("Cast", ["words.small"], ["words.plain"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["words.scales", ids], ["words.scale"], axis=0),
        helper.make_node("Mul", ["words.plain", "words.scale"], [result]),
    )
    for i, node in enumerate(nodes):
        graph.node.insert(at + i, node)
    return model


def export(checkpoints: Sequence[Path], out: Path, float_too: bool = False) -> None:
    """Write ``reader.onnx`` (int8), ``vocab.txt`` and ``config.json``; maybe ``reader-float.onnx`` as well.

    Args:
        checkpoints: Their weights are averaged; the last one says how long was trained.
        out: Folder.
        float_too: Also write the network before quantisation.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    loaded = [torch.load(checkpoint, map_location="cpu") for checkpoint in checkpoints]
    saved = loaded[-1]
    model = Reader(layout=saved["config"].get("layout", True))
    model.load_state_dict(mean([one["model"] for one in loaded]), strict=True)
    model.eval()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "reader.onnx"
        torch.onnx.export(
            model, example(48), str(plain), input_names=list(NAMES), output_names=["start", "end", "select", "kind"],
            dynamic_axes={n: {1: "t"} | ({2: "t"} if n == "relations" else {}) for n in NAMES}
            | {"start": {1: "t"}, "end": {1: "t", 2: "t"}, "select": {1: "t"}},
            opset_version=17, dynamo=False,
        )  # fmt: skip
        small = Path(folder) / "int8.onnx"
        quantize_dynamic(
            plain, small, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]
        )  # fmt: skip
        onnx.save(words_in_rows(onnx.load(small)), out / "reader.onnx")
        if float_too:
            shutil.copy(plain, out / "reader-float.onnx")
    shutil.copy(minilm_folder() / "vocab.txt", out / "vocab.txt")
    place = out / "config.json"
    config = json.loads(place.read_text()) if place.exists() else {"confidence": UNFITTED}
    config.update(
        model="internvl-reader-1", kinds=list(KINDS), flags=FLAGS, relations=RELATIONS,
        trained={"steps": saved["progress"][0], "samples": saved["progress"][1], "tokens": saved["progress"][2]},
    )  # fmt: skip
    place.write_text(json.dumps(config, indent=1) + "\n")


def main() -> None:
    """Parse arguments and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, nargs="+", help="several: the mean of their weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float", action="store_true", help="also write the model before quantisation")
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out, arguments.float)


if __name__ == "__main__":
    main()
