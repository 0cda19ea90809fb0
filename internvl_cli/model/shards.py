"""The safetensors files of a checkpoint: found, complete, and what their headers hold. No torch.

A safetensors file is eight bytes of header length (little endian), the header as JSON, then the tensors' bytes
(https://github.com/huggingface/safetensors, "Format"). Pickle files are never opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from internvl_cli.errors import ModelError
from internvl_cli.model.config import read_json

__all__ = ["TensorInfo", "compare_layout", "index_tensors", "weight_files"]

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
_HEADER_LIMIT = 100_000_000  # bytes; the reference implementation refuses longer headers
_DOWNLOAD = "download it again: internvl pull checks sizes"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where a tensor stands.

    Attributes:
        file: Its safetensors file.
        dtype: Safetensors' name: ``BF16``, ``F16``, ``F32``, …
        shape: Its shape.
    """

    file: Path
    dtype: str
    shape: tuple[int, ...]


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, as transformers looks for them.

    Raises:
        ModelError: None there, only pickle files there, or a shard of the index is missing.
    """
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        if any(next(folder.glob(pattern), None) for pattern in _PICKLES):
            raise ModelError(
                f"{folder}: only pickle weights (.bin), which can run code and are never read",
                "take a repository or revision with safetensors",
            )
        raise ModelError(f"{folder}: no model.safetensors and no model.safetensors.index.json", _DOWNLOAD)
    return [folder / name for name in sorted(set(_weight_map(index).values()))]


def index_tensors(folder: Path) -> dict[str, TensorInfo]:
    """Read the headers of all weight files.

    Raises:
        ModelError: A file is missing, cut short or damaged, or lacks a tensor that the index promises.
    """
    tensors: dict[str, TensorInfo] = {}
    for file in weight_files(folder):
        if not file.is_file():
            raise ModelError(f"{folder}: shard {file.name} is missing", _DOWNLOAD)
        tensors.update(_read_header(file))
    index = folder / "model.safetensors.index.json"
    if index.is_file() and not (folder / "model.safetensors").is_file():
        for name, file_name in _weight_map(index).items():
            if name not in tensors:
                raise ModelError(f"{folder / file_name}: lacks {name}, which the index places there", _DOWNLOAD)
    return tensors


def compare_layout(
    tensors: Mapping[str, TensorInfo], expected: Mapping[str, tuple[int, ...]], optional: Iterable[str], folder: Path
) -> None:
    """Check that exactly the expected tensors are there, in their shapes.

    Args:
        tensors: What the files hold.
        expected: What they should hold.
        optional: Names that may be absent.
        folder: For messages.

    Raises:
        ModelError: One line: how many tensors are missing, unknown or of a wrong shape, and the first of them.
    """
    # Rotary tables were saved by some old versions; they are computed, never read.
    unknown = sorted(name for name in tensors.keys() - expected.keys() if not name.endswith("rotary_emb.inv_freq"))
    missing = sorted(expected.keys() - tensors.keys() - set(optional))
    hint = "the weights do not belong to this config.json; download both again"
    if missing:
        raise ModelError(f"{folder}: {_count(missing, 'tensor')} missing: {_few(missing)}", hint)
    if unknown:
        raise ModelError(f"{folder}: {_count(unknown, 'unknown tensor')}: {_few(unknown)}", hint)
    wrong = [name for name in sorted(expected.keys() & tensors.keys()) if tensors[name].shape != expected[name]]
    if wrong:
        found = f"{wrong[0]} is {_shape(tensors[wrong[0]].shape)}, config.json wants {_shape(expected[wrong[0]])}"
        raise ModelError(f"{folder}: {_count(wrong, 'tensor')} of a wrong shape: {found}", hint)


def _weight_map(index: Path) -> dict[str, str]:
    content = read_json(index)
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index}: no weight_map", _DOWNLOAD)
    for name in weight_map.values():
        # The index comes from a stranger: it may name files of its own folder only.
        if not isinstance(name, str) or not name.endswith(".safetensors") or Path(name).name != name or "\\" in name:
            raise ModelError(f"{index}: {name!r} is no safetensors file of this folder", "do not use this repository")
    return weight_map


def _read_header(file: Path) -> dict[str, TensorInfo]:
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > min(size - 8, _HEADER_LIMIT):
                raise ModelError(f"{file}: cut short or not a safetensors file ({size} bytes)", _DOWNLOAD)
            header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        tensors = {
            name: TensorInfo(file, str(entry["dtype"]), tuple(int(n) for n in entry["shape"]))
            for name, entry in header.items()
        }
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{file}: damaged safetensors header ({error})", _DOWNLOAD) from error
    if size != 8 + length + end:
        raise ModelError(f"{file}: {size} bytes, its header promises {8 + length + end}", _DOWNLOAD)
    return tensors


def _count(names: list[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a scalar"
