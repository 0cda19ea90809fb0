"""A checkpoint folder, opened: what it is, its tokenizer, its model.

``read_spec`` reads two or three small JSON files and needs no torch; ``load_checkpoint`` builds the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import torch
    from transformers import InternVLForConditionalGeneration

__all__ = ["ChatTokenizer", "CheckpointSpec", "Loaded", "Quantize", "load_checkpoint", "read_spec"]

Quantize = Literal["8bit", "4bit"]
DeviceMap = str | Mapping[str, int | str] | None


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
    raise NotImplementedError


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
        quantize: Language model only, with bitsandbytes on CUDA.
        attn: Attention implementation of transformers (``sdpa``, ``eager``, ``flash_attention_2``); None for its default.

    Raises:
        ModelError: The files are missing, damaged or not what the config says.
        DependencyError: Quantization without bitsandbytes.
    """
    raise NotImplementedError
