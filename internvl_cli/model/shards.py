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
from internvl_cli.model.values import brief

__all__ = ["TensorInfo", "compare_layout", "index_tensors", "weight_bytes", "weight_files"]

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
_HEADER_LIMIT = 100_000_000  # bytes; the reference implementation refuses longer headers
_LONGEST_NAME = 255  # letters of a file's name that file systems take
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
        if single.is_symlink():  # the hub's cache links to blobs, and this one is lost
            raise _missing(single)
        if any(next(folder.glob(pattern), None) for pattern in _PICKLES):
            raise ModelError(
                f"{folder}: only pickle weights (.bin), which can run code and are never read",
                "take a repository or revision with safetensors",
            )
        raise ModelError(f"{folder}: no model.safetensors and no model.safetensors.index.json", _DOWNLOAD)
    return [folder / name for name in sorted(set(_weight_map(index).values()))]


def weight_bytes(folder: Path) -> int:
    """Size of a folder's safetensors files together; a lost one counts nothing, and ``index_tensors`` tells of it."""
    total = 0
    for file in folder.glob("*.safetensors"):
        try:
            total += file.stat().st_size
        except OSError:  # a link to nowhere, or to itself
            continue
    return total


def index_tensors(folder: Path) -> dict[str, TensorInfo]:
    """Read the headers of all weight files.

    Raises:
        ModelError: A file is missing, cut short or damaged, or lacks a tensor that the index promises.
    """
    tensors: dict[str, TensorInfo] = {}
    for file in weight_files(folder):
        if not file.is_file():
            raise _missing(file)
        tensors.update(_read_header(file))
    index = folder / "model.safetensors.index.json"
    if index.is_file() and not (folder / "model.safetensors").is_file():
        for name, file_name in _weight_map(index).items():
            if name not in tensors:
                raise ModelError(f"{folder / file_name}: lacks {brief(name)}, which the index places there", _DOWNLOAD)
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
        name = wrong[0]
        found = f"{brief(name)} is {_shape(tensors[name].shape)}, config.json wants {_shape(expected[name])}"
        raise ModelError(f"{folder}: {_count(wrong, 'tensor')} of a wrong shape: {found}", hint)


def _weight_map(index: Path) -> dict[str, str]:
    content = read_json(index)
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index}: no weight_map", _DOWNLOAD)
    for name in weight_map.values():
        # The index comes from a stranger: it may name files of its own folder only.
        if not isinstance(name, str) or not _is_file_name(name):
            shown = brief(repr(name))
            raise ModelError(f"{index}: {shown} is no safetensors file of this folder", "do not use this repository")
    return weight_map


def _is_file_name(name: str) -> bool:
    own = Path(name).name == name and "\\" not in name and name.isprintable()
    return own and name.endswith(".safetensors") and len(name.encode()) <= _LONGEST_NAME


def _missing(file: Path) -> ModelError:
    return ModelError(f"{file.parent}: shard {file.name} is missing", _DOWNLOAD)


def _read_header(file: Path) -> dict[str, TensorInfo]:
    try:
        size = file.stat().st_size
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ModelError(f"{file}: damaged safetensors header ({brief(error)})", _DOWNLOAD) from error
    except RecursionError:
        raise ModelError(f"{file}: damaged safetensors header (nested too deep)", _DOWNLOAD) from None
    if size != 8 + length + end:
        raise ModelError(f"{file}: {size} bytes, its header promises {brief(8 + length + end)}", _DOWNLOAD)
    return tensors


def _count(names: list[str], noun: str) -> str:
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"


def _few(names: list[str]) -> str:
    return ", ".join(brief(name) for name in names[:3]) + (", …" if len(names) > 3 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return brief("×".join(map(str, shape))) or "a scalar"
