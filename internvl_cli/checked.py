"""Settings of the library, checked as the command line checks its options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from internvl_cli.errors import UsageError

__all__ = ["CHOICES", "RANGES", "check_device", "check_settings"]

RANGES: dict[str, tuple[type[float] | type[int], float, float | None]] = {
    "max_tiles": (int, 1, 40),
    "max_new_tokens": (int, 1, None),
    "temperature": (float, 0.0, None),
    "top_p": (float, 0.0, 1.0),
    "repetition_penalty": (float, 0.1, None),
    "seed": (int, 0, None),
    "min_confidence": (float, 0.0, 1.0),
}
"""Kind, least and most of each number; None is no limit."""

CHOICES: dict[str, tuple[str, ...]] = {
    "rasterizer": ("auto", "pdfium", "poppler"),
    "dtype": ("auto", "bf16", "fp16", "fp32"),
    "quantize": ("8bit", "4bit"),
    "format": ("text", "markdown", "json"),
}
"""The words that a setting may be."""

_OPTIONAL = frozenset({"seed", "quantize", "pages", "endpoint"})
_TEXTS = ("pages", "model", "endpoint")
_DEVICE = re.compile(r"auto|cpu|mps|hpu|(cuda|xpu|npu)(:\d+)?")


def check_settings(settings: Mapping[str, Any]) -> None:
    """See that settings given in Python are what the options of the same names may be.

    Raises:
        UsageError: One is of another type, beyond its range, or none of its words.
    """
    for name, value in settings.items():
        if value is None and name in _OPTIONAL:
            continue
        if name in RANGES:
            _number(name, value)
        elif name in CHOICES and value not in CHOICES[name]:
            raise UsageError(f"{name} is {value!r}", f"{name} may be {', '.join(CHOICES[name])}")
        elif name == "device":
            check_device(value)
        elif name in _TEXTS and not isinstance(value, str):
            raise UsageError(f"{name} is {value!r}, which is no text", f'For example: {name}="{_EXAMPLES[name]}"')


def check_device(device: object) -> None:
    """See that a device has the name of one.

    Raises:
        UsageError: It has not.
    """
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        raise UsageError(f"device is {device!r}", "device may be auto, cpu, cuda, cuda:1 (its number), mps")


_EXAMPLES = {"pages": "1,3-5", "model": "2B", "endpoint": "http://127.0.0.1:8080"}


def _number(name: str, value: Any) -> None:
    kind, least, most = RANGES[name]
    fits = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not fits or not least <= value or (most is not None and value > most):
        what = "a whole number" if kind is int else "a number"
        limits = f"from {least:g} up" if most is None else f"from {least:g} to {most:g}"
        raise UsageError(f"{name} is {value!r}", f"{name} is {what} {limits}")
