"""A checkpoint folder, opened: what it is, its tokenizer, its model.

``read_spec`` reads two or three small JSON files and needs no torch; ``load_checkpoint`` builds the model.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from internvl_cli.errors import DependencyError, ModelError, UsageError
from internvl_cli.model.config import (
    Config,
    checkpoint_format,
    has_first_shuffle,
    language_type,
    native_config,
    read_config,
    read_json,
    vision_settings,
)
from internvl_cli.model.native import check_native, image_settings, tile_side
from internvl_cli.model.rope import reset_rotary
from internvl_cli.model.shards import TensorInfo, index_tensors
from internvl_cli.model.tokenizer import load_tokenizer
from internvl_cli.model.tokenizer_files import read_tokenizer_files
from internvl_cli.model.values import refused

if TYPE_CHECKING:
    import torch
    from transformers import InternVLForConditionalGeneration

__all__ = ["ChatTokenizer", "CheckpointSpec", "Loaded", "Quantize", "load_checkpoint", "read_spec"]

Quantize = Literal["8bit", "4bit"]

IMAGE_TOKEN = "<IMG_CONTEXT>"
"""Stands in the prompt once for every position of a tile."""

CONTEXT_LENGTH = 8192
"""Tokens that all InternVL2 were trained to hold; taken where the tokenizer's ``model_max_length`` says nothing."""

_LONGEST_NAME = 100  # letters of a class

_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float32"}


@dataclass(frozen=True)
class CheckpointSpec:
    """What a checkpoint's files say about how to talk to it.

    Attributes:
        name: For people: ``InternVL2-2B``.
        template: Conversation template: ``Hermes-2``, ``internlm2-chat``, ``phi3-chat`` or ``internvl2_5``.
        image_size: Side of a tile in pixels (448 in every release).
        tokens_per_tile: Language model tokens of one tile (256 in every release).
        min_tiles: Fewest tiles of a page.
        max_tiles: Most tiles of a page in the checkpoint's config, thumbnail aside.
        use_thumbnail: Whether a small copy of the whole page follows its tiles.
        image_token_id: Id of ``<IMG_CONTEXT>``.
        context_length: Tokens that the model was trained to hold (8,192 in every InternVL2).
        llm_type: ``internlm2``, ``llama``, ``qwen2`` or ``phi3``.
    """

    name: str
    template: str
    image_size: int
    tokens_per_tile: int
    min_tiles: int
    max_tiles: int
    use_thumbnail: bool
    image_token_id: int
    context_length: int
    llm_type: str


class ChatTokenizer(Protocol):
    """Text to ids and back, as the checkpoint's original tokenizer does it."""

    def encode(self, text: str) -> list[int]:
        """Ids of a whole prompt: special tokens written out in ``text`` are parsed, BOS as the original adds it."""
        ...

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Text of ids."""
        ...

    def token_id(self, token: str) -> int | None:
        """Id of one token by its exact name; None if there is no such token."""
        ...


@dataclass
class Loaded:
    """A checkpoint ready for use.

    Attributes:
        model: In eval mode, on its devices.
        tokenizer: The original tokenizer's equal.
        spec: What the files said.
    """

    model: InternVLForConditionalGeneration
    tokenizer: ChatTokenizer
    spec: CheckpointSpec


def read_spec(folder: Path) -> CheckpointSpec:
    """Read what ``folder`` says about itself, without torch.

    Raises:
        ModelError: The folder is no InternVL checkpoint, or one that these classes cannot serve.
    """
    folder = Path(folder)
    config = read_config(folder)
    if checkpoint_format(config) == "native":
        return _native_spec(folder, config)
    vision = vision_settings(config)
    image_size = int(config.get("force_image_size") or vision["image_size"])
    ratio = float(config.get("downsample_ratio", 0.5))
    return CheckpointSpec(
        name=_name(folder),
        template=str(config["template"]),
        image_size=image_size,
        tokens_per_tile=int((image_size // vision["patch_size"]) ** 2 * ratio**2),
        min_tiles=int(config.get("min_dynamic_patch") or 1),
        max_tiles=int(config.get("max_dynamic_patch") or 6),
        use_thumbnail=bool(config.get("use_thumbnail", False)),
        image_token_id=_image_token_id(folder),
        context_length=_context_length(folder),
        llm_type=language_type(config),
    )


def load_checkpoint(
    folder: Path,
    *,
    dtype: Literal["auto"] | torch.dtype = "auto",
    device_map: Any = None,
    quantize: Quantize | None = None,
    attn: str | None = None,
) -> Loaded:
    """Load a checkpoint in the original ``internvl_chat`` or the native ``internvl`` format.

    Args:
        folder: Holds ``config.json``, safetensors and the tokenizer's files. Its Python files are never read.
        dtype: ``auto`` takes the config's (bfloat16 in every release).
        device_map: None for the CPU, a device (``"cuda:0"``), ``"auto"``, or module names to devices.
        quantize: Language model only, with bitsandbytes on CUDA; the vision encoder and the projector keep ``dtype``.
        attn: Attention of transformers (``sdpa``, ``eager``, ``flash_attention_2``); None for its default.

    Raises:
        ModelError: The files are missing, damaged or not what the config says.
        MemoryShortageError: The weights do not fit on the devices.
        DependencyError: Quantization without bitsandbytes or CUDA, or attention without its package.
    """
    from internvl_cli.model import loader
    from internvl_cli.model.devices import resolve_device_map
    from internvl_cli.model.vision import order_by_columns

    folder = Path(folder)
    spec = read_spec(folder)
    config = read_config(folder)
    tokenizer = load_tokenizer(folder)
    tensors = index_tensors(folder)
    loader.check_tensors(config, tensors, folder)
    tied = loader.ties_embeddings(config, tensors)
    native = native_config(config, image_token_id=spec.image_token_id, tie_word_embeddings=tied)
    chosen = _dtype(dtype, config, tensors)
    model = loader.load_model(
        native,
        tensors,
        original=checkpoint_format(config) == "original",
        folder=folder,
        dtype=chosen,
        device_map=resolve_device_map(device_map, native, chosen, quantize),
        quantization=_quantization(quantize, chosen),
        attn=attn,
    )
    _restore_norm_eps(model, config)
    if has_first_shuffle(config):
        order_by_columns(model)
    model.model.language_model.register_forward_pre_hook(_fresh_rope, with_kwargs=True)
    loader.check_finite(model, folder)
    return Loaded(model, tokenizer, spec)


def _native_spec(folder: Path, config: Config) -> CheckpointSpec:
    names = ("preprocessor_config.json", "processor_config.json")
    where = next((folder / name for name in names if (folder / name).is_file()), folder / names[0])
    images = image_settings(_object(where), where)
    side = tile_side(images, config["vision_config"], where)
    check_native(config, side, folder / "config.json")
    return CheckpointSpec(
        name=_name(folder),
        # Published native checkpoints are InternVL2.5 and later; ours carry the template of their original.
        template=str(config.get("template") or "internvl2_5"),
        image_size=side,
        tokens_per_tile=int(config.get("image_seq_length", 256)),
        min_tiles=int(images.get("min_patches", 1)),
        max_tiles=int(images.get("max_patches", 12)),
        use_thumbnail=True,
        image_token_id=int(config.get("image_token_id", 151667)),
        context_length=_context_length(folder),
        llm_type=language_type(config),
    )


def _name(folder: Path) -> str:
    """``InternVL2-2B``: the folder's name, or the repository's within the hub's cache."""
    folder = folder.resolve()
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.rsplit("--", 1)[-1]
    return folder.name


def _image_token_id(folder: Path) -> int:
    # Nearly always an added token; else the vocabulary file has to be opened.
    added = read_tokenizer_files(folder).added
    index = next((index for index, token in added.items() if token.content == IMAGE_TOKEN), None)
    index = load_tokenizer(folder).token_id(IMAGE_TOKEN) if index is None else index
    if index is None:
        raise ModelError(f"{folder}: the tokenizer has no {IMAGE_TOKEN}", "this is not the tokenizer of an InternVL2")
    return index


def _tokenizer_settings(folder: Path) -> dict[str, Any]:
    where = folder / "tokenizer_config.json"
    settings = _object(where)
    name = settings.get("tokenizer_class") or ""
    if not isinstance(name, str) or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise refused(name, "tokenizer_class", "a name", where)
    return settings


def _context_length(folder: Path) -> int:
    length = _tokenizer_settings(folder).get("model_max_length")
    # transformers writes 10³⁰ for "unknown".
    return int(length) if isinstance(length, int | float) and 0 < length < 10**8 else CONTEXT_LENGTH


def _object(path: Path) -> dict[str, Any]:
    """Read a file that may be missing; {} then, and where it holds something else."""
    content = read_json(path) if path.is_file() else {}
    return content if isinstance(content, dict) else {}


def _dtype(dtype: Literal["auto"] | torch.dtype, config: Config, tensors: Mapping[str, TensorInfo]) -> torch.dtype:
    import torch

    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype != "auto":
        raise UsageError(f"dtype {dtype!r}", "auto or a torch.dtype")
    named = config.get("torch_dtype") or config.get("dtype") or (config.get("llm_config") or {}).get("torch_dtype")
    stored = _DTYPES.get(next(iter(tensors.values())).dtype, "float32")
    name = str(named) if named in _DTYPES.values() else stored
    chosen: torch.dtype = getattr(torch, name)
    return chosen


def _quantization(quantize: Quantize | None, dtype: torch.dtype) -> Any:
    """The language model's layers only: the authors warn that InternViT-6B talks nonsense in 4 bits."""
    if quantize is None:
        return None
    if quantize not in get_args(Quantize):
        raise UsageError(f"unknown quantization {quantize!r}", "8bit or 4bit")
    import torch

    transformers: Any = importlib.import_module("transformers")
    if not torch.cuda.is_available():
        raise DependencyError(f"--quantize {quantize} needs a CUDA device", "leave it out, or take a smaller --model")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise DependencyError(f"--quantize {quantize} needs bitsandbytes", "pip install 'internvl-cli[quantize]'")
    keep = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
    if quantize == "8bit":
        return transformers.BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=keep)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype, llm_int8_skip_modules=keep
    )


def _fresh_rope(language_model: Any, args: Any, kwargs: Any) -> None:
    """Start every text with plain frequencies; transformers keeps those of an earlier, longer one."""
    past = kwargs.get("past_key_values")
    if past is None or past.get_seq_length() == 0:
        reset_rotary(language_model.rotary_emb)


def _restore_norm_eps(model: InternVLForConditionalGeneration, config: Config) -> None:
    """The native class fixes the eps of query and key norms at 1e-6; the original reads it from the config."""
    eps = float((config.get("vision_config") or {}).get("layer_norm_eps", 1e-6))
    if checkpoint_format(config) == "original":
        for layer in model.model.vision_tower.encoder.layer:
            for norm in (layer.attention.q_norm, layer.attention.k_norm):
                if hasattr(norm, "variance_epsilon"):
                    norm.variance_epsilon = eps
