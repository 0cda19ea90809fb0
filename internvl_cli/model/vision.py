"""Tiles to embeddings: the vision encoder and the projector, a few tiles at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from internvl_cli.model.tiling import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = torch.Tensor | NDArray[np.uint8]

__all__ = ["CHUNK_CPU", "CHUNK_GPU", "chunk_size", "encode_tiles", "order_by_columns"]

CHUNK_GPU = 8
"""Most tiles at once on a GPU: 8,200 positions keep it busy, and more would only need more memory."""

CHUNK_CPU = 1
"""Tiles at once on a CPU: activations of one stay closer to its caches, and Ctrl-C acts between two."""


def tile_bytes(config: Any, itemsize: int) -> int:
    """Estimate what one tile needs while it passes a layer of the vision encoder, in bytes.

    Two copies of the MLP's inner activations, and eight of the hidden state (residual, norm, query, key, value…).
    """
    side = config.image_size[0] if isinstance(config.image_size, (list, tuple)) else config.image_size
    patch = config.patch_size[0] if isinstance(config.patch_size, (list, tuple)) else config.patch_size
    positions = (side // patch) ** 2 + 1
    return int(positions * (2 * config.intermediate_size + 8 * config.hidden_size) * itemsize)


def chunk_size(model: Any) -> int:
    """Choose how many tiles pass the encoder at once: half of the device's free memory may go to them."""
    weight = _first_parameter(model.model.vision_tower)
    if weight.device.type == "cpu":
        return CHUNK_CPU
    if weight.device.type != "cuda":
        return CHUNK_GPU // 2
    free, _ = torch.cuda.mem_get_info(weight.device)
    free += torch.cuda.memory_reserved(weight.device) - torch.cuda.memory_allocated(weight.device)
    return int(max(1, min(CHUNK_GPU, free // 2 // tile_bytes(model.config.vision_config, weight.element_size()))))


@torch.inference_mode()
def encode_tiles(model: Any, pixels: Pixels, *, chunk: int | None = None) -> torch.Tensor:
    """Give the language model's embeddings of tiles.

    Args:
        model: ``InternVLForConditionalGeneration``.
        pixels: uint8 ``(tiles, side, side, 3)``, or normalised floats ``(tiles, 3, side, side)``.
        chunk: Tiles at once; None lets free memory decide.

    Returns:
        ``(tiles, tokens per tile, hidden)`` where the vision encoder is.
    """
    weight = _first_parameter(model.model.vision_tower)
    chunk = chunk or chunk_size(model)
    features = []
    for start in range(0, len(pixels), chunk):
        part = pixels[start : start + chunk]
        tiles = normalize(part, weight.dtype) if isinstance(part, np.ndarray) else part.to(weight.dtype)
        features.append(model.model.get_image_features(tiles.to(weight.device), return_dict=True).pooler_output)
    return torch.cat(features)


def order_by_columns(model: Any) -> None:
    """Let the model give a tile's tokens column by column, as the original does after its first pixel shuffle.

    transformers' pixel shuffle is the second one. Its other order is all that differs: the projector takes every token
    by itself. It is done on the projector, so that whatever uses the model gets it; files that the model is saved to
    don't hold it.

    Args:
        model: ``InternVLForConditionalGeneration``.
    """
    model.model.multi_modal_projector.register_forward_hook(_swap_rows_and_columns)


def _swap_rows_and_columns(_projector: Any, _inputs: Any, tokens: torch.Tensor) -> torch.Tensor:
    tiles, count, hidden = tokens.shape
    side = math.isqrt(count)
    return tokens.view(tiles, side, side, hidden).transpose(1, 2).reshape(tiles, count, hidden)


def _first_parameter(module: torch.nn.Module) -> torch.Tensor:
    """A parameter that tells the module's device and type of numbers."""
    return next(parameter for parameter in module.parameters() if parameter.is_floating_point())
