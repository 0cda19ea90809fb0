"""NVIDIA GPUs as the driver sees them, through NVML.

ctypes on ``libnvidia-ml.so.1``, which comes with the driver: nine calls do not earn a dependency (the ``nvidia-ml-py``
package wraps the same library in 7,000 lines). No CUDA context is made, so the GPU's memory and whoever uses it stay as
they are; importing torch to ask the same would cost 1.6 s and some 400 MB of GPU memory.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

from internvl_cli.memory.device import Device

__all__ = ["LIBRARY", "devices", "open_library"]

LIBRARY = "libnvidia-ml.so.1"
_UUID_SIZE = 96
_AMPERE = 8  # first compute capability with bfloat16


class _Memory(ctypes.Structure):
    """``nvmlMemory_t``."""

    _fields_ = [
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    ]


def open_library() -> Any | None:
    """The driver's NVML, initialised; None where there is no NVIDIA driver."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    return library if library.nvmlInit_v2() == 0 else None


def devices(library: Any, environ: Mapping[str, str]) -> list[Device]:
    """The GPUs that CUDA would show to this process, in PCI order.

    Args:
        library: As ``open_library`` gives it; shut down afterwards.
        environ: For ``CUDA_VISIBLE_DEVICES``: indices, UUIDs or their beginnings; an unknown one ends the list.
    """
    try:
        found = list(_enumerate(library))
    finally:
        library.nvmlShutdown()
    chosen = _visible(found, environ.get("CUDA_VISIBLE_DEVICES"))
    return [
        Device("cuda", index, name, memory.total, memory.free, bf16=bf16)
        for index, (_, name, memory, bf16) in enumerate(chosen)
    ]


_Found = tuple[str, str, _Memory, bool]


def _enumerate(library: Any) -> Iterator[_Found]:
    """Every GPU, or its MIG slices where it is cut up: UUID, name, memory, whether it knows bfloat16."""
    count = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return
    for index in range(count.value):
        handle = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != 0:
            continue  # lost, or not ours to see
        major, minor = ctypes.c_int(), ctypes.c_int()
        library.nvmlDeviceGetCudaComputeCapability(handle, ctypes.byref(major), ctypes.byref(minor))
        for part in _slices(library, handle):
            memory = _Memory()
            if library.nvmlDeviceGetMemoryInfo(part, ctypes.byref(memory)) == 0:
                uuid, name = _text(library.nvmlDeviceGetUUID, part), _text(library.nvmlDeviceGetName, part)
                yield uuid, name or "NVIDIA GPU", memory, major.value >= _AMPERE


def _slices(library: Any, handle: ctypes.c_void_p) -> Iterator[ctypes.c_void_p]:
    """The device itself, or its MIG slices."""
    current, pending, most = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    status = library.nvmlDeviceGetMigMode(handle, ctypes.byref(current), ctypes.byref(pending))
    if status != 0 or not current.value:
        yield handle
        return
    library.nvmlDeviceGetMaxMigDeviceCount(handle, ctypes.byref(most))
    for index in range(most.value):
        part = ctypes.c_void_p()
        if library.nvmlDeviceGetMigDeviceHandleByIndex(handle, ctypes.c_uint(index), ctypes.byref(part)) == 0:
            yield part


def _text(function: Any, handle: ctypes.c_void_p) -> str:
    buffer = ctypes.create_string_buffer(_UUID_SIZE)
    if function(handle, buffer, ctypes.c_uint(_UUID_SIZE)) != 0:
        return ""
    return buffer.value.decode("utf-8", "replace")


def _visible(found: list[_Found], variable: str | None) -> list[_Found]:
    if variable is None:
        # A process sees one MIG slice unless it names others, and none of them beside whole GPUs.
        whole = [gpu for gpu in found if not gpu[0].startswith("MIG-")]
        return whole or found[:1]
    chosen: list[_Found] = []
    for entry in (part.strip() for part in variable.split(",")):
        if entry.isdigit():
            match = found[int(entry) : int(entry) + 1]
        else:
            match = [gpu for gpu in found if entry and gpu[0].startswith(entry)]
        if not match or match[0] in chosen:
            break
        chosen.append(match[0])
    return chosen
