"""Out of memory, as torch says it on different devices."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from internvl_cli.errors import MemoryShortageError

__all__ = ["is_out_of_memory", "raise_known", "release_memory"]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out on some device; on a CPU and on Apple torch says so in a plain ``RuntimeError``."""
    import torch

    said = str(error).lower()
    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)
    )


def raise_known(error: Exception, model: str) -> NoReturn:
    """Raise what a user should see where memory ran out or the device was lost, and any other error as it is.

    Raises:
        MemoryShortageError: Memory ran out, or the device was lost.
    """
    if is_out_of_memory(error):
        hint = "try --max-tiles 6, --quantize 4bit or a smaller --model"
        raise MemoryShortageError(f"{model}: out of memory", hint) from error
    if isinstance(error, RuntimeError) and "CUDA error" in str(error):
        reason = str(error).splitlines()[0]
        raise MemoryShortageError(f"{model}: the GPU failed: {reason}", "try again, or --device cpu") from error
    raise error


def release_memory() -> None:
    """Give back what nobody holds any more."""
    gc.collect()
    if (torch := sys.modules.get("torch")) is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
