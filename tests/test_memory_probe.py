"""The machine's numbers, from files and a driver of our own."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from internvl_cli.memory import nvml, probe, system

GIB = 1 << 30
KIB = 1 << 10


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal: 33554432 kB\nMemFree: 1048576 kB\nMemAvailable: 20971520 kB\n"  # 32, 1 and 20 GiB


def test_main_memory_counts_what_can_be_reclaimed(tmp_path: Path) -> None:
    assert system.main_memory(write(tmp_path, {"proc/meminfo": MEMINFO})) == (32 * GIB, 20 * GIB)
    assert system.main_memory(tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/b/memory.current": "1\n",
                "sys/fs/cgroup/a/memory.max": f"{4 * GIB}\n",
                "sys/fs/cgroup/a/memory.current": f"{3 * GIB}\n",
                "sys/fs/cgroup/a/memory.stat": f"anon 5\ninactive_file {GIB}\n",
            },
            (4 * GIB, 2 * GIB),
            id="v2, the limit above us counts, droppable cache is free",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/../../kubepods/x\n",
                "sys/fs/cgroup/memory.max": f"{8 * GIB}\n",
                "sys/fs/cgroup/memory.current": f"{GIB}\n",
            },
            (8 * GIB, 7 * GIB),
            id="v2 in a container that sees only its own root",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n",
                "sys/fs/cgroup/memory/x/memory.limit_in_bytes": f"{2 * GIB}\n",
                "sys/fs/cgroup/memory/x/memory.usage_in_bytes": f"{GIB}\n",
            },
            (2 * GIB, GIB),
            id="v1",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "4:memory:/x\n",
                "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/x/memory.usage_in_bytes": f"{GIB}\n",
            },
            (32 * GIB, 20 * GIB),
            id="v1 without a limit",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/x\n",
                "sys/fs/cgroup/x/memory.max": f"{GIB}\n",
                "sys/fs/cgroup/x/memory.current": f"{2 * GIB}\n",
            },
            (GIB, 0),
            id="beyond its limit",
        ),
    ],
)
def test_a_container_gets_what_its_group_allows(
    tmp_path: Path, files: dict[str, str], expected: tuple[int, int]
) -> None:
    assert system.main_memory(write(tmp_path, {"proc/meminfo": MEMINFO, **files})) == expected


def test_cores_go_by_the_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert system.cores(tmp_path) == 8
    assert system.cores(write(tmp_path, {"sys/fs/cgroup/cpu.max": "150000 100000\n"})) == 2
    assert system.cores(write(tmp_path, {"sys/fs/cgroup/cpu.max": "max 100000\n"})) == 8
    v1 = {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}
    assert system.cores(write(tmp_path / "v1", v1)) == 3


def test_a_mac_by_its_tools() -> None:
    vm_stat = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        "Pages free:                              65536.\nPages active:    900000.\n"
        "Pages inactive:                         131072.\nPages speculative:  0.\nPages purgeable:   65536.\n"
    )
    answers = {"sysctl": f"{16 * GIB}\n", "vm_stat": vm_stat}
    assert system.mac_memory(lambda command: answers[command[0]]) == (16 * GIB, 4 * GIB)
    assert system.mac_memory(lambda _: "") is None
    small, large = probe.mps_device(18 * GIB, 10 * GIB), probe.mps_device(64 * GIB, 60 * GIB)
    assert (small.total, small.free) == (12 * GIB, 10 * GIB)
    assert (large.total, large.free) == (48 * GIB, 48 * GIB)


def test_amd_gpus_by_the_kernels_files(tmp_path: Path) -> None:
    def card(number: int, vendor: str = "0x1002") -> dict[str, str]:
        folder = f"sys/class/drm/card{number}/device"
        return {
            f"{folder}/vendor": f"{vendor}\n",
            f"{folder}/mem_info_vram_total": f"{(number + 1) * GIB}\n",
            f"{folder}/mem_info_vram_used": f"{GIB // 2}\n",
        }

    files = {**card(0), **card(1), **card(2, vendor="0x8086"), **card(10)}
    root = write(tmp_path, {**files, "sys/class/drm/card0-HDMI-A-1/status": "connected"})
    found = probe._rocm({}, root)
    assert [(d.index, d.total // GIB, d.free) for d in found] == [
        (0, 1, GIB // 2),
        (1, 2, 3 * GIB // 2),
        (2, 11, 21 * GIB // 2),
    ]
    assert found[2].torch_name == "cuda:2"
    assert [d.total // GIB for d in probe._rocm({"HIP_VISIBLE_DEVICES": "2,0,9"}, root)] == [11, 1]
    assert probe._rocm({"HIP_VISIBLE_DEVICES": ""}, root) == []


# -- NVML


class FakeNvml:
    """Answers as the driver's library does, through the same pointers.

    ``gpus``: UUID, name, GiB in all, GiB free, compute capability.
    """

    def __init__(self, gpus: list[tuple[str, str, int, int, int]], mig: dict[int, list[int]] | None = None) -> None:
        self.gpus, self.mig, self.open = gpus, mig or {}, True

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len([gpu for gpu in self.gpus if gpu[0].startswith("GPU-")])
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        handle._obj.value = index.value + 1
        return 15 if self.gpus[index.value][1] == "lost" else 0

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any, major: Any, minor: Any) -> int:
        major._obj.value = self.gpus[handle.value - 1][4]
        return 0

    def nvmlDeviceGetMigMode(self, handle: Any, current: Any, pending: Any) -> int:
        current._obj.value = int(handle.value - 1 in self.mig)
        return 0 if self.mig else 3

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any, most: Any) -> int:
        most._obj.value = 7
        return 0

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: Any, part: Any) -> int:
        slices = self.mig[handle.value - 1]
        if index.value >= len(slices):
            return 6
        part._obj.value = slices[index.value] + 1
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: Any, memory: Any) -> int:
        _, _, total, free, _ = self.gpus[handle.value - 1]
        memory._obj.total, memory._obj.free, memory._obj.used = total * GIB, free * GIB, (total - free) * GIB
        return 0

    def nvmlDeviceGetUUID(self, handle: Any, buffer: Any, size: ctypes.c_uint) -> int:
        buffer.value = self.gpus[handle.value - 1][0].encode()
        return 0

    def nvmlDeviceGetName(self, handle: Any, buffer: Any, size: ctypes.c_uint) -> int:
        buffer.value = self.gpus[handle.value - 1][1].encode()
        return 0

    def nvmlShutdown(self) -> int:
        self.open = False
        return 0


TWO = [("GPU-aaa1", "RTX 3090", 24, 20, 8), ("GPU-bbb2", "Tesla V100", 32, 31, 7)]


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        (None, ["RTX 3090", "Tesla V100"]),
        ("1,0", ["Tesla V100", "RTX 3090"]),
        ("1", ["Tesla V100"]),
        ("GPU-aa", ["RTX 3090"]),
        ("", []),
        ("-1", []),
        ("0,7,1", ["RTX 3090"]),
        ("0,0", ["RTX 3090"]),
    ],
)
def test_nvidia_gpus_that_cuda_would_show(variable: str | None, names: list[str]) -> None:
    library = FakeNvml(TWO)
    found = nvml.devices(library, {} if variable is None else {"CUDA_VISIBLE_DEVICES": variable})
    assert [device.name for device in found] == names
    assert [device.index for device in found] == list(range(len(names)))
    assert not library.open, "NVML is shut down again"
    for device in found:
        assert device.bf16 == (device.name == "RTX 3090")
        assert device.total - device.free == (4 if device.name == "RTX 3090" else 1) * GIB


def test_a_lost_gpu_is_left_out() -> None:
    assert [d.name for d in nvml.devices(FakeNvml([("GPU-x", "lost", 1, 1, 8), TWO[1]]), {})] == ["Tesla V100"]


def test_mig_slices_stand_for_their_gpu() -> None:
    gpus = [
        ("GPU-x", "H100", 80, 0, 9),
        ("MIG-1", "H100 MIG 3g.40gb", 40, 39, 9),
        ("MIG-2", "H100 MIG 1g.10gb", 10, 9, 9),
    ]
    slices = {0: [1, 2]}
    assert [d.total // GIB for d in nvml.devices(FakeNvml(gpus, slices), {})] == [40]
    chosen = nvml.devices(FakeNvml(gpus, slices), {"CUDA_VISIBLE_DEVICES": "MIG-2"})
    assert [(d.total // GIB, d.bf16) for d in chosen] == [(10, True)]


def test_real_nvml_by_ctypes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same calls into compiled code: types, pointers and the memory struct are what C expects."""
    source = tmp_path / "nvml.c"
    source.write_text(
        """
        #include <string.h>
        typedef struct { unsigned long long total, free, used; } mem;
        int nvmlInit_v2(void) { return 0; }
        int nvmlShutdown(void) { return 0; }
        int nvmlDeviceGetCount_v2(unsigned *n) { *n = 1; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) { *h = (void *)(0x7f0000000000ULL + i); return 0; }
        static int ok(void *h) { return h == (void *)0x7f0000000000ULL; }
        int nvmlDeviceGetCudaComputeCapability(void *h, int *a, int *b) { *a = 9; *b = 0; return !ok(h); }
        int nvmlDeviceGetMigMode(void *h, unsigned *a, unsigned *b) { *a = *b = 0; return !ok(h); }
        int nvmlDeviceGetMemoryInfo(void *h, mem *m) { m->total = 80ULL << 30; m->free = 79ULL << 30; return !ok(h); }
        int nvmlDeviceGetUUID(void *h, char *s, unsigned n) { strncpy(s, "GPU-1", n); return !ok(h); }
        int nvmlDeviceGetName(void *h, char *s, unsigned n) { strncpy(s, "H100", n); return !ok(h); }
        """
    )
    library = tmp_path / "libnvidia-ml.so.1"
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no C compiler")
    monkeypatch.setattr(nvml, "LIBRARY", str(library))
    (device,) = nvml.devices(nvml.open_library(), {})
    assert (device.name, device.total, device.free) == ("H100", 80 * GIB, 79 * GIB)


def test_no_driver_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "LIBRARY", "libthere-is-no-such-thing.so.1")
    assert nvml.open_library() is None


# -- torch, unimported


def test_the_build_of_torch_is_read_without_running_it(tmp_path: Path) -> None:
    code = (
        "import sys; from internvl_cli.memory import probe; b = probe.torch_build(); print(b, 'torch' in sys.modules)"
    )
    write(
        tmp_path,
        {
            "torch/__init__.py": "raise SystemExit",
            "torch/version.py": "__version__ = '9+rocm'\nhip: str = '7'\ncuda = None",
        },
    )
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "TorchBuild(version='9+rocm', cuda=False, hip=True) False"
    cpu_build = probe.TorchBuild("2.13.0+cpu", cuda=False, hip=False)
    assert "without CUDA" in cpu_build.problem("cuda") and not cpu_build.problem("cpu")
