"""Load time of a checkpoint in the original layout, against reading the same bytes with ``safetensors``.

    python benchmarks/load.py --size 1B --rounds 5

Makes a checkpoint of random bfloat16 weights in a release's shape (in --folder, kept for the next time), then runs
the two in turn, each in a process of its own with the files in the page cache, and writes medians, their ratio and the
peak of resident memory to ``benchmarks/results/load.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "load.json"
SHARD = 5_000_000_000
TINY = {"1B": "like-1b", "2B": "like-2b", "4B": "like-4b", "8B": "like-8b-ntk", "26B": "like-26b"}


def make(size: str, folder: Path) -> None:
    """Write a checkpoint with the shapes of ``size``: the tiny one of the tests with the release's numbers."""
    import torch

    sys.path.insert(0, str(ROOT / "tests"))
    import tiny

    from internvl_cli.model.catalog import get
    from internvl_cli.model.layout import original_layout

    entry = get(size)
    tiny.make(TINY[size], folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    vit, llm = entry.vision, entry.llm
    config |= {"force_image_size": 448, "torch_dtype": "bfloat16"}
    config["vision_config"] |= {
        "hidden_size": vit.hidden,
        "num_hidden_layers": vit.layers,
        "num_attention_heads": vit.hidden // (128 if vit.rms else 64),
        "intermediate_size": vit.intermediate,
        "image_size": 448,
    }
    config["llm_config"] |= {
        "hidden_size": llm.hidden,
        "num_hidden_layers": llm.layers,
        "num_attention_heads": llm.heads,
        "num_key_value_heads": llm.kv_heads,
        "intermediate_size": llm.intermediate,
        "max_position_embeddings": 32768,
        "vocab_size": llm.vocab,
    }
    tiny.write_json(folder / "config.json", config)
    tensors: dict[str, Any] = {}
    for name, shape in original_layout(config).items():
        scale = shape[-1] ** -0.5 if len(shape) > 1 else 0.02
        tensors[name] = torch.empty(shape, dtype=torch.bfloat16).normal_(0, scale)
        if len(shape) == 1 and not name.endswith("bias"):
            tensors[name] += 1
    total = sum(tensor.nbytes for tensor in tensors.values())
    for old in folder.glob("*.safetensors*"):
        old.unlink()
    tiny.save_weights(folder, tensors, shards=-(-total // SHARD))


def read(folder: Path) -> int:
    """Every tensor into memory of its own: the least that loading can mean."""
    from safetensors import safe_open

    total = 0
    kept = []
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - no mapping
                kept.append(tensors.get_tensor(name).clone())
                total += kept[-1].nbytes
    return total


def load(folder: Path) -> int:
    from internvl_cli.model.checkpoint import load_checkpoint

    model = load_checkpoint(folder).model
    return sum(parameter.nbytes for parameter in model.parameters())


def once(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", what, "--folder", str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def run(what: str, folder: Path) -> None:
    """One measurement, imports apart."""
    if what == "load":
        import internvl_cli.model.checkpoint
        import internvl_cli.model.loader  # noqa: F401
    else:
        import torch  # noqa: F401
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    size = (load if what == "load" else read)(folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "bytes": size, "peak_bytes": (peak - before) * 1024}))


def measure(size: str, folder: Path, rounds: int) -> dict[str, Any]:
    if not (folder / "config.json").is_file():
        make(size, folder)
    once("read", folder)  # fills the page cache
    pairs = [(once("read", folder), once("load", folder)) for _ in range(rounds)]
    reads, loads = zip(*pairs, strict=True)
    return {
        "size": size,
        "bytes": loads[0]["bytes"],
        "rounds": rounds,
        "read_seconds": round(statistics.median(one["seconds"] for one in reads), 3),
        "load_seconds": round(statistics.median(one["seconds"] for one in loads), 3),
        "ratio": round(statistics.median(b["seconds"] / a["seconds"] for a, b in pairs), 3),
        "load_peak_over_weights": round(max(one["peak_bytes"] / one["bytes"] for one in loads), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", default="1B", choices=sorted(TINY))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--run", choices=["read", "load"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run(arguments.run, arguments.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(arguments.size, arguments.folder or Path(scratch) / arguments.size, arguments.rounds)
    from internvl_cli.memory.probe import devices

    cpu = devices()[-1]
    packages = ("torch", "transformers", "safetensors")
    record = {
        "benchmark": "load",
        "device": f"{cpu.name}, {cpu.cores} cores",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "results": [result],
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
