"""What this machine has: devices, their memory, and whether the installed torch can use them.

Only the driver's and the kernel's own numbers are read; torch is not imported and no GPU context is made.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from internvl_cli.memory import nvml, system
from internvl_cli.memory.device import Device, Kind

__all__ = ["TorchBuild", "devices", "torch_build"]

_AMD = "0x1002"


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What the installed torch was built for."""

    version: str
    cuda: bool
    hip: bool

    def problem(self, kind: Kind) -> str:
        """Why this torch cannot use such a device; empty if it can."""
        if kind == "cuda" and not self.cuda:
            return f"torch {self.version} is built without CUDA"
        if kind == "rocm" and not self.hip:
            return f"torch {self.version} is built without ROCm"
        return ""


def torch_build() -> TorchBuild | None:
    """Read torch's ``version.py`` without running torch; None if torch is not installed."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return None
    try:
        text = Path(spec.submodule_search_locations[0], "version.py").read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, SyntaxError):
        return None
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        if isinstance(node.value, ast.Constant):
            found.update({target.id: node.value.value for target in targets if isinstance(target, ast.Name)})
    return TorchBuild(str(found.get("__version__", "?")), bool(found.get("cuda")), bool(found.get("hip")))


def devices(environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> list[Device]:
    """Every device, accelerators first, the CPU last.

    Args:
        environ: Environment; this process's by default.
        root: Root of the file system, for tests.
    """
    environ = os.environ if environ is None else environ
    build = torch_build()
    found = [*_cuda(environ), *_rocm(environ, root), *_mps()]
    if build is not None:
        found = [replace(device, problem=build.problem(device.kind)) for device in found]
    return [*found, _cpu(root)]


def _cuda(environ: Mapping[str, str]) -> list[Device]:
    library = nvml.open_library()
    return nvml.devices(library, environ) if library is not None else []


def _rocm(environ: Mapping[str, str], root: Path) -> list[Device]:
    """AMD GPUs by the kernel driver's files; ``HIP_VISIBLE_DEVICES`` (or its elders) picks."""
    found = []
    cards = (root / "sys/class/drm").glob("card*")
    for card in sorted((c for c in cards if re.fullmatch(r"card\d+", c.name)), key=lambda c: int(c.name[4:])):
        folder = card / "device"
        vendor, total, used, name = (
            _line(folder / file) for file in ("vendor", "mem_info_vram_total", "mem_info_vram_used", "product_name")
        )
        if vendor == _AMD and total.isdigit() and used.isdigit():
            found.append((name or "AMD GPU", int(total), max(int(total) - int(used), 0)))
    names = ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")
    visible = next((environ[name] for name in names if name in environ), None)
    if visible is not None:
        picks = [int(entry) for entry in visible.split(",") if entry.strip().isdigit()]
        found = [found[pick] for pick in picks if pick < len(found)]
    return [Device("rocm", index, *numbers) for index, numbers in enumerate(found)]


def _mps() -> list[Device]:
    """Apple's GPU shares main memory; Metal recommends a working set of three quarters, two thirds up to 36 GiB."""
    if sys.platform != "darwin" or platform.machine() != "arm64":
        return []
    memory = system.mac_memory()
    return [mps_device(*memory)] if memory else []


def mps_device(total: int, available: int) -> Device:
    """Apple's GPU by the numbers of main memory, in bytes."""
    working_set = total * 3 // 4 if total > 36 << 30 else total * 2 // 3
    return Device("mps", 0, "Apple GPU (shared memory)", working_set, min(working_set, available))


def _cpu(root: Path) -> Device:
    total, free = system.main_memory(root) or system.mac_memory() or (0, 0)
    info = system.run(["sysctl", "-n", "machdep.cpu.brand_string"]) if sys.platform == "darwin" else ""
    text = _read(root / "proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    names = set(flags.group(1).split()) if flags else set()
    name = info.strip() or (model.group(1).strip() if model else platform.processor() or "CPU")
    bf16 = bool(names & {"avx512_bf16", "amx_bf16", "bf16"})
    return Device("cpu", 0, name, total, free, bf16=bf16, cores=system.cores(root))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
