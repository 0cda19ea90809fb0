"""Which floating point type and which attention a model runs with here."""

from __future__ import annotations

import importlib.util
import time
from functools import cache
from pathlib import Path
from typing import Literal

import torch

from internvl_cli.errors import UsageError

__all__ = ["DTYPES", "choose_attention", "choose_dtype", "faster_on_cpu"]

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
"""What ``--dtype`` may name."""

PROMPT_TOKENS, ANSWER_TOKENS = 2048, 64
"""What an answer about one page is made of, roughly; weighs the two measurements on a CPU."""

Device = Literal["cuda", "mps", "cpu"]


def choose_dtype(name: str, device: str, *, weight_bytes: int = 0) -> torch.dtype:
    """Choose the type of numbers.

    ``auto`` is bfloat16 on a GPU, float16 on one without bfloat16, and on a CPU whichever of bfloat16 and float32 is
    faster there; bfloat16 where the weights would not fit into memory as float32.

    Args:
        name: ``auto``, ``bf16``, ``fp16`` or ``fp32``.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``…
        weight_bytes: Size of the weights' files, which hold 2 bytes per weight; 0 if unknown.

    Raises:
        UsageError: There is no such type.
    """
    if name in DTYPES:
        return DTYPES[name]
    if name != "auto":
        raise UsageError(f"unknown number type {name!r}", f"use auto, {', '.join(DTYPES)}")
    kind = device.split(":")[0]
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if kind == "mps":
        return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float16
    if weight_bytes and 2 * weight_bytes > 0.9 * _available_memory():
        return torch.bfloat16
    return faster_on_cpu()


@cache
def faster_on_cpu() -> torch.dtype:
    """Measure whether bfloat16 or float32 answers sooner on this CPU (about 0.1 s, once per process).

    A prompt is many rows at a time and asks for arithmetic, where bfloat16 needs special instructions (AVX-512 BF16,
    AMX) to win; an answer is one row at a time and asks for memory, where half the bytes win.
    """
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        weight = torch.ones(4096, 2048, dtype=dtype)
        many, one = _seconds(weight, 64), _seconds(weight, 1)
        seconds[dtype] = many / 64 * PROMPT_TOKENS + one * ANSWER_TOKENS
    return min(seconds, key=lambda dtype: seconds[dtype])


def _seconds(weight: torch.Tensor, rows: int) -> float:
    """Time one product with ``rows`` rows; the best of four, the first of which warms up."""
    inputs = torch.ones(rows, weight.shape[1], dtype=weight.dtype)
    best = float("inf")
    with torch.inference_mode():
        for _ in range(4):
            started = time.perf_counter()
            torch.nn.functional.linear(inputs, weight)
            best = min(best, time.perf_counter() - started)
    return best


def _available_memory() -> float:
    """Bytes of host memory that can be had without swapping; infinite where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return float("inf")


def choose_attention(device: str, dtype: torch.dtype) -> str:
    """Choose FlashAttention-2 where it is installed and can work, else torch's own (``sdpa``)."""
    able = device.startswith("cuda") and dtype != torch.float32 and torch.version.cuda is not None
    if able and importlib.util.find_spec("flash_attn") is not None:
        return "flash_attention_2"
    return "sdpa"
