"""Main memory and cores that this process may use, containers' limits included. Linux and macOS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["cores", "mac_memory", "main_memory", "run"]

Run = Callable[[Sequence[str]], str]


def run(command: Sequence[str]) -> str:
    """What a small program prints; empty if it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def main_memory(root: Path = Path("/")) -> tuple[int, int] | None:
    """Total and available bytes on Linux, under the tightest control group above this process; None elsewhere."""
    info = _key_values(root / "proc/meminfo")
    if "MemTotal" not in info:
        return None
    total = info["MemTotal"] * 1024
    free = info.get("MemAvailable", info.get("MemFree", 0)) * 1024
    for limit, used in _group_limits(root):
        if limit < total:
            total = limit
        free = min(free, max(limit - used, 0))
    return total, min(free, total)


def cores(root: Path = Path("/")) -> int:
    """Cores this process may use: its affinity mask, and the control group's CPU quota rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _read(root / "sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit() and quota[1].isdigit() and int(quota[1]) > 0:
        return max(1, min(allowed, -(-int(quota[0]) // int(quota[1]))))
    v1 = root / "sys/fs/cgroup/cpu"
    micros, period = _read(v1 / "cpu.cfs_quota_us").strip(), _read(v1 / "cpu.cfs_period_us").strip()
    if micros.isdigit() and period.isdigit() and int(period) > 0:  # "-1" means no limit
        return max(1, min(allowed, -(-int(micros) // int(period))))
    return max(1, allowed)


def mac_memory(run: Run = run) -> tuple[int, int] | None:
    """Total and available bytes on macOS by ``sysctl`` and ``vm_stat``; None where they say nothing."""
    size = run(["sysctl", "-n", "hw.memsize"]).strip()
    if not size.isdigit():
        return None
    total = int(size)
    report = run(["vm_stat"])
    page = next((int(word) for word in report.partition("\n")[0].split() if word.isdigit()), 16384)
    pages = 0
    for line in report.splitlines():
        name, _, value = line.partition(":")
        if name in ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable"):
            pages += int(value.strip().rstrip(".") or 0)
    return total, min(pages * page, total)


def _group_limits(root: Path) -> list[tuple[int, int]]:
    """Limit and use in bytes of every control group above this process that has a limit.

    Page cache that can be dropped counts as free: it is taken off the use.
    """
    limits = []
    for folder, limit_file, use_file, cache in _group_folders(root):
        limit, used = _read(folder / limit_file).strip(), _read(folder / use_file).strip()
        if limit.isdigit() and used.isdigit():  # "max" where there is none
            droppable = _key_values(folder / "memory.stat").get(cache, 0)
            limits.append((int(limit), max(int(used) - droppable, 0)))
    return limits


def _group_folders(root: Path) -> list[tuple[Path, str, str, str]]:
    v1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    v2 = ("memory.max", "memory.current", "inactive_file")
    folders: list[tuple[Path, str, str, str]] = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base, names = root / "sys/fs/cgroup", v2
        elif "memory" in controllers.split(","):
            base, names = root / "sys/fs/cgroup/memory", v1
        else:
            continue
        # In a container the path may be the host's, and only the root of the hierarchy be there: look at both.
        relative = Path(*(part for part in Path(path).parts if part not in ("/", "..")))
        for part in (relative, *relative.parents):
            folders.append((base / part, *names))
    return folders


def _key_values(path: Path) -> dict[str, int]:
    """Lines ``name value`` or ``name: value kB`` as a table."""
    table = {}
    for line in _read(path).splitlines():
        words = line.split()
        if len(words) >= 2 and words[1].isdigit():
            table[words[0].rstrip(":")] = int(words[1])
    return table


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
