"""Time to first token and tokens per second at real sizes, against plain transformers ``generate`` on the same model.

The model has a release's shape and random weights (made on the device, no files). Both sides get the same tiles and
ids, run in turn, and give the same number of tokens. On CUDA the peak of torch's allocator is set beside what the
memory arithmetic predicts for such a prompt; everywhere the second question about the same page is timed too.

    python benchmarks/generation.py 1B [2B 8B 26B] [--device cuda] [--tiles 13] [--new 32] [--runs 5]

Writes benchmarks/results/generation_DEVICE.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from internvl_cli.memory import fit
from internvl_cli.model.catalog import CatalogEntry, get
from internvl_cli.model.checkpoint import CheckpointSpec, Loaded
from internvl_cli.model.config import native_config
from internvl_cli.model.generate import ImageInput, Runner
from internvl_cli.model.precision import DTYPES, choose_dtype
from internvl_cli.model.sampling import Sampling
from internvl_cli.model.tiling import normalize

IMAGE, STOP = 5, 7
ARCHITECTURES = {"internlm2": "InternLM2ForCausalLM", "qwen2": "Qwen2ForCausalLM", "phi3": "Phi3ForCausalLM"}


class Ids:
    """No text is needed here: prompts are ids already."""

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        return " ".join(map(str, ids))

    def token_id(self, token: str) -> int | None:
        return STOP


def original_config(entry: CatalogEntry) -> dict[str, Any]:
    """``config.json`` of a release, as far as its shape goes."""
    llm, vit = entry.llm, entry.vision
    rope = {"dynamic": {"type": "dynamic", "factor": 2.0}} if llm.family == "internlm2" else {}
    su = {"type": "su", "short_factor": [1.0] * (llm.head_dim // 2), "long_factor": [4.0] * (llm.head_dim // 2)}
    return {
        "model_type": "internvl_chat",
        "force_image_size": 448,
        "downsample_ratio": 0.5,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internlm2-chat",
        "llm_config": {
            "architectures": [ARCHITECTURES.get(llm.family, "LlamaForCausalLM")],
            "model_type": llm.family,
            "hidden_size": llm.hidden,
            "intermediate_size": llm.intermediate,
            "num_hidden_layers": llm.layers,
            "num_attention_heads": llm.heads,
            "num_key_value_heads": llm.kv_heads,
            "vocab_size": llm.vocab,
            "hidden_act": "silu",
            "bias": False,
            "rms_norm_eps": 1e-5,
            "rope_theta": 1000000,
            "rope_scaling": su if llm.family == "phi3" else rope.get("dynamic"),
            "max_position_embeddings": 131072 if llm.family == "phi3" else 32768,
            "original_max_position_embeddings": 4096,
            "pad_token_id": 0,
            "tie_word_embeddings": False,
        },
        "vision_config": {
            "hidden_size": vit.hidden,
            "intermediate_size": vit.intermediate,
            "num_hidden_layers": vit.layers,
            "num_attention_heads": vit.hidden // (128 if vit.rms else 64),
            "norm_type": "rms_norm" if vit.rms else "layer_norm",
            "qk_normalization": vit.rms,
            "qkv_bias": not vit.rms,
            "layer_norm_eps": 1e-6,
            "hidden_act": "gelu",
            "image_size": 448,
            "patch_size": 14,
            "num_channels": 3,
        },
    }


def build(entry: CatalogEntry, device: str, dtype: torch.dtype) -> Loaded:
    from transformers import InternVLForConditionalGeneration
    from transformers.initialization import no_init_weights

    config = native_config(original_config(entry), image_token_id=IMAGE, tie_word_embeddings=False)
    config._attn_implementation = "sdpa"
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    with torch.device(device), no_init_weights():
        model = InternVLForConditionalGeneration(config).eval()
    torch.set_default_dtype(before)
    assert model.model.language_model.rotary_emb.inv_freq.dtype == torch.float32
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.fill_(1.0)
            else:
                parameter.normal_(0, 0.02)
        model.lm_head.weight[STOP].zero_()  # logits of others are larger somewhere: the answer does not stop
    spec = CheckpointSpec(entry.name, "internlm2-chat", 448, 256, 1, 12, True, IMAGE, 8192, entry.llm.family)
    return Loaded(model, Ids(), spec)


def synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def timed(device: str, function: Callable[[], Any]) -> float:
    synchronize(device)
    started = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - started


def measure(size: str, arguments: argparse.Namespace) -> dict[str, Any]:
    entry, device = get(size), arguments.device
    dtype = choose_dtype(arguments.dtype, device)
    loaded = build(entry, device, dtype)
    weights = sum(parameter.nbytes for parameter in loaded.model.parameters())
    pixels = np.random.default_rng(0).integers(0, 256, (arguments.tiles, 448, 448, 3), dtype=np.uint8)
    ids = [*range(20, 84), *([IMAGE] * 256 * arguments.tiles), *range(100, 132)]
    runner = Runner(loaded)

    def plain(new: int) -> list[int]:
        tensor = torch.tensor([ids], device=device)
        out = loaded.model.generate(
            input_ids=tensor,
            attention_mask=torch.ones_like(tensor),
            pixel_values=normalize(pixels, dtype).to(device),
            max_new_tokens=new,
            min_new_tokens=new,
            do_sample=False,
            eos_token_id=STOP,
            pad_token_id=0,
        )
        return list(out[0, len(ids) :].tolist())

    def ours(new: int, key: str | None = None) -> list[int]:
        if key is None:
            runner.forget(features=True)
        image = ImageInput(arguments.tiles, lambda: pixels, key)
        return list(runner.run(ids, [image], Sampling(max_new_tokens=new)).ids)

    same = plain(4) == ours(4)  # warms up as well
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
        ours(arguments.new)
        peak = torch.cuda.max_memory_allocated()
    seconds: dict[str, list[float]] = {}
    for _ in range(arguments.runs):
        for name, function in (("plain", plain), ("ours", ours)):
            first = timed(device, lambda function=function: function(1))
            whole = timed(device, lambda function=function: function(arguments.new))
            seconds.setdefault(f"{name} first token", []).append(first)
            seconds.setdefault(f"{name} per token", []).append(max(whole - first, 1e-9) / (arguments.new - 1))
            seconds.setdefault(f"{name} whole", []).append(whole)
        ours(1, "page")
        seconds.setdefault("ours, second question, first token", []).append(timed(device, lambda: ours(1, "page")))
    result: dict[str, Any] = {
        "dtype": str(dtype).removeprefix("torch."),
        "prompt_tokens": len(ids),
        "weights_gib": round(weights / fit.GIB, 2),
        "same_first_tokens": same,
        "seconds": {name: round(statistics.median(values), 4) for name, values in seconds.items()},
        "tokens_per_second": {
            name: round(1 / statistics.median(seconds[f"{name} per token"]), 2) for name in ("plain", "ours")
        },
        "times_faster": {
            what: round(
                statistics.median(
                    a / b for a, b in zip(seconds[f"plain {what}"], seconds[f"ours {what}"], strict=True)
                ),
                3,
            )
            for what in ("first token", "per token", "whole")
        },
    }
    if device.startswith("cuda"):
        need = fit.need(entry, max_tiles=max(1, arguments.tiles - 1), context=len(ids) + arguments.new)
        result["peak_bytes"] = {
            "predicted": need.allocated,
            "measured": peak,
            "ratio": round(need.allocated / peak, 4),
        }
    return result


def device_name(device: str) -> str:
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name())
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sizes", nargs="*", default=["1B"])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="auto", choices=["auto", *DTYPES])
    parser.add_argument("--tiles", type=int, default=13)
    parser.add_argument("--new", type=int, default=32)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    path = Path(__file__).parent / "results" / f"generation_{arguments.device.split(':')[0]}.json"
    result = {
        "what": "seconds, medians of runs in turn; random weights in the releases' shapes",
        "tiles": arguments.tiles,
        "new_tokens": arguments.new,
        "runs": arguments.runs,
        "sizes": {},
        "device": {"name": device_name(arguments.device), "cores": os.cpu_count(), "threads": torch.get_num_threads()},
        "versions": {name: version(name) for name in ("torch", "transformers")},
    }
    for size in arguments.sizes:
        result["sizes"][size] = measure(size, arguments)
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")  # what is done stays, should one fail
        print(size, json.dumps(result["sizes"][size], indent=2), flush=True)
        if arguments.device.startswith("cuda"):
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
