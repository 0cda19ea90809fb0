"""On a CUDA machine: memory as predicted against memory as measured, time to the first token, tokens per second.

    python benchmarks/gpu.py                     # 1B 2B 8B 26B, as many as fit
    python benchmarks/gpu.py 8B --tiles 13 --new-tokens 64 --rounds 5
    python benchmarks/gpu.py 1B --device cpu     # the same path without a GPU, no memory figures

Random weights in the release's shapes are made on the device, and a prompt of one page is answered by the program's own
``Runner``. Plain transformers ``generate`` runs in turn with it, on the same model, prompt and pixels. Writes
``benchmarks/results/gpu.json``; each size runs in a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
IMAGE_TOKEN, STOP_TOKEN = 5, -1
QUESTION_TOKENS = 80


class NoTokenizer:
    """Ids are all that counts here."""

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        return " ".join(str(one) for one in ids)

    def token_id(self, token: str) -> int:
        return STOP_TOKEN


def open_runner(size: str, device: str) -> Any:
    from memory_trace import build

    from internvl_cli.model.catalog import get
    from internvl_cli.model.checkpoint import CheckpointSpec, Loaded
    from internvl_cli.model.generate import Runner

    entry = get(size)
    spec = CheckpointSpec(
        name=entry.name,
        template=entry.template,
        image_size=448,
        tokens_per_tile=256,
        min_tiles=1,
        max_tiles=12,
        use_thumbnail=True,
        image_token_id=IMAGE_TOKEN,
        context_length=8192,
        llm_type=entry.llm.family,
    )
    return Runner(Loaded(build(entry, device), NoTokenizer(), spec))


def ours(runner: Any, ids: list[int], pixels: Any, new_tokens: int) -> dict[str, float]:
    from internvl_cli.model.generate import ImageInput
    from internvl_cli.model.sampling import Sampling

    runner.forget(features=True)
    sampling = Sampling(max_new_tokens=new_tokens)
    result = runner.run(ids, [ImageInput(len(pixels), lambda: pixels)], sampling)
    decoded = max(len(result.ids) - 1, 1)
    first = result.seconds["vision"] + result.seconds["prefill"]
    return {"first_token": first, "tokens_per_second": decoded / max(result.seconds["decode"], 1e-9)}


def plain(runner: Any, ids: list[int], pixels: Any, new_tokens: int) -> dict[str, float]:
    """``generate`` of transformers on the same model: once for one token, once for all."""
    import torch

    model = runner.loaded.model
    device = model.device
    inputs = {
        "input_ids": torch.tensor([ids], device=device),
        "attention_mask": torch.ones(1, len(ids), dtype=torch.long, device=device),
        "pixel_values": pixels.to(device),
    }
    times = []
    for count in (1, new_tokens):
        started = time.perf_counter()
        model.generate(
            **inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False, pad_token_id=0, eos_token_id=None
        )
        synchronize(device)
        times.append(time.perf_counter() - started)
    return {"first_token": times[0], "tokens_per_second": (new_tokens - 1) / max(times[1] - times[0], 1e-9)}


def synchronize(device: Any) -> None:
    import torch

    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()


def measure(size: str, device: str, tiles: int, new_tokens: int, rounds: int) -> dict[str, Any]:
    import torch

    from internvl_cli.memory import fit
    from internvl_cli.model.catalog import get

    runner = open_runner(size, device)
    pixels = torch.rand(tiles, 3, 448, 448, dtype=torch.bfloat16)
    ids = [7] * (QUESTION_TOKENS // 2) + [IMAGE_TOKEN] * (256 * tiles) + [7] * (QUESTION_TOKENS // 2)
    cuda = torch.device(device).type == "cuda"
    record: dict[str, Any] = {"size": size, "tiles": tiles, "prompt_tokens": len(ids), "new_tokens": new_tokens}
    if cuda:
        gc.collect()
        torch.cuda.reset_peak_memory_stats()
        free_before, total = torch.cuda.mem_get_info()
    ours(runner, ids, pixels, new_tokens)  # warms up, and is what the memory is measured on
    if cuda:
        # The cache has room for the prompt and the answer, in whole steps of 256 tokens.
        context = -(-(len(ids) + new_tokens) // 256) * 256
        need = fit.need(get(size), max_tiles=tiles - 1, context=context)
        peak = torch.cuda.max_memory_allocated()
        free_after, _ = torch.cuda.mem_get_info()
        record["memory"] = {
            "predicted_allocated": need.allocated,
            "max_memory_allocated": peak,
            "ratio": round(need.allocated / peak, 4),
            "predicted_total": need.total,
            "taken_from_the_device": total - free_after,
            "max_memory_reserved": torch.cuda.max_memory_reserved(),
            "free_before_answer": free_before,
        }
    pairs = [(ours(runner, ids, pixels, new_tokens), plain(runner, ids, pixels, new_tokens)) for _ in range(rounds)]
    for name, side in (("ours", 0), ("transformers_generate", 1)):
        record[name] = {
            "first_token_seconds": round(statistics.median(pair[side]["first_token"] for pair in pairs), 4),
            "tokens_per_second": round(statistics.median(pair[side]["tokens_per_second"] for pair in pairs), 2),
        }
    record["ratios"] = {
        key: round(statistics.median(pair[0][key] / pair[1][key] for pair in pairs), 3)
        for key in ("first_token", "tokens_per_second")
    }
    return record


def sizes_that_fit(sizes: list[str], device: str) -> list[str]:
    from internvl_cli.memory import probe
    from internvl_cli.memory.place import Wish, place
    from internvl_cli.model.catalog import get

    kind = device.partition(":")[0]
    here = [one for one in probe.devices() if one.kind == kind and not one.problem][:1]
    if not here:
        sys.exit(f"no {kind} device that this torch can use: internvl probe")
    return [size for size in sizes if place(get(size), here, Wish(context=4096), "bf16").fits]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sizes", nargs="*", default=["1B", "2B", "8B", "26B"])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiles", type=int, default=13)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    shared = (arguments.device, arguments.tiles, arguments.new_tokens, arguments.rounds)
    if arguments.one:
        print(json.dumps(measure(arguments.one, *shared)))
        return
    records = []
    for size in sizes_that_fit(arguments.sizes, arguments.device):
        command = [sys.executable, __file__, "--one", size, "--device", arguments.device]
        command += ["--tiles", str(arguments.tiles), "--new-tokens", str(arguments.new_tokens)]
        command += ["--rounds", str(arguments.rounds)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        records.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(records[-1], indent=1), flush=True)
    import torch

    from internvl_cli.memory.probe import devices

    cuda = arguments.device.startswith("cuda")
    cpu = devices()[-1]
    result = {
        "benchmark": "gpu",
        "device": torch.cuda.get_device_name() if cuda else f"{cpu.name}, {cpu.cores} cores",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "transformers": version("transformers"),
        },
        "results": records,
    }
    (RESULTS / ("gpu.json" if cuda else "gpu_path_on_cpu.json")).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
