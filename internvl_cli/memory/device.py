"""One place where a model can run, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Device", "Kind"]

Kind = Literal["cuda", "rocm", "mps", "cpu"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device and its memory.

    Attributes:
        kind: ``cuda``, ``rocm``, ``mps`` or ``cpu``.
        index: Number by which torch knows it; 0 for ``mps`` and ``cpu``.
        name: For people.
        total: Bytes.
        free: Bytes that a new process can have now: what others use is taken off, limits of the container count.
        bf16: Whether it computes in bfloat16 natively.
        cores: Processor cores this process may use; 0 for accelerators.
        problem: Why torch cannot use it (``torch here is a CPU build``); empty if it can.
    """

    kind: Kind
    index: int
    name: str
    total: int
    free: int
    bf16: bool = True
    cores: int = 0
    problem: str = ""

    @property
    def accelerator(self) -> bool:
        """False for the CPU."""
        return self.kind != "cpu"

    @property
    def torch_name(self) -> str:
        """As torch spells it; ROCm devices are ``cuda`` to torch."""
        return f"cuda:{self.index}" if self.kind in ("cuda", "rocm") else self.kind
