"""Where the parts of a model go when there is more than one device.

The authors' ``split_model`` keeps the vision encoder, the embeddings, the head and the last layer on the first device,
because the first and the last layer exchange tensors with them. So do we; the other layers are spread by free memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from internvl_cli.errors import MemoryShortageError

if TYPE_CHECKING:
    import torch
    from transformers import InternVLConfig

__all__ = ["balanced_device_map", "resolve_device_map", "spread_layers"]

Device = int | str

_LAYERS = "model.language_model.layers"
_TOGETHER = (
    "model.vision_tower",
    "model.multi_modal_projector",
    "model.language_model.embed_tokens",
    "model.language_model.norm",
    "model.language_model.rotary_emb",
    "lm_head",
)
_QUANTIZED_BYTES = {"8bit": 1.0, "4bit": 0.56}  # per weight; 4 bits and one scale (float32) per 64 weights


def spread_layers(layers: int, layer_bytes: int, home_bytes: int, memories: Mapping[Device, int]) -> list[Device]:
    """Give every layer a device: in order, each device equally full in proportion to its memory.

    Args:
        layers: Layers of the language model; the last one goes to the first device.
        layer_bytes: Size of one.
        home_bytes: What else stands on the first device.
        memories: Free bytes per device, in order; the first is home.

    Returns:
        One device per layer.

    Raises:
        MemoryShortageError: All devices together, or the first one, are too small.
    """
    total = home_bytes + layers * layer_bytes
    home, *others = memories
    if total > sum(memories.values()) or home_bytes + layer_bytes > memories[home]:
        needed, free = total / 2**30, sum(memories.values()) / 2**30
        raise MemoryShortageError(
            f"the weights need {needed:.1f} GiB, the devices have {free:.1f} GiB free",
            "a smaller --model or --quantize 4bit",
        )
    fill = total / sum(memories.values())
    room = max(0.0, fill * memories[home] - home_bytes - layer_bytes)
    placed: list[Device] = [home] * min(layers - 1, round(room / layer_bytes))
    left = layers - 1 - len(placed)
    rest = sum(memories[device] for device in others)
    for device in others:
        share = min(left, round(left * memories[device] / rest)) if rest else 0
        placed += [device] * share
        left -= share
        rest -= memories[device]
    # Nowhere else to go: one device only.
    placed += [others[-1] if others else home] * left
    return [*placed, home]


def balanced_device_map(
    config: InternVLConfig, memories: Mapping[Device, int], dtype: torch.dtype, quantize: str | None = None
) -> dict[str, Device]:
    """Device map for ``load_checkpoint`` over several devices.

    Args:
        config: Native configuration.
        memories: Free bytes per device, in order; the first one gets all that must stay together.
        dtype: Of the parameters.
        quantize: ``8bit`` or ``4bit`` for the language model's layers, or None.

    Raises:
        MemoryShortageError: The devices are too small for the weights.
    """
    import torch
    from transformers import InternVLForConditionalGeneration

    with torch.device("meta"):
        model: Any = InternVLForConditionalGeneration(config)
    count = len(model.model.language_model.layers)
    layer = sum(p.numel() for p in model.model.language_model.layers[0].parameters())
    everything = sum(p.numel() for p in model.parameters())
    width = dtype.itemsize
    layer_bytes = int(layer * (_QUANTIZED_BYTES[quantize] if quantize else width))
    home_bytes = (everything - count * layer) * width
    home = next(iter(memories))
    places = spread_layers(count, layer_bytes, home_bytes, memories)
    return {**dict.fromkeys(_TOGETHER, home), **{f"{_LAYERS}.{n}": device for n, device in enumerate(places)}}


def resolve_device_map(device_map: Any, config: InternVLConfig, dtype: torch.dtype, quantize: str | None) -> Any:
    """Spell out ``auto``: all of one GPU, several GPUs by free memory, MPS, else the CPU. Anything else stays."""
    if device_map != "auto":
        return device_map
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count > 1:
        free: dict[Device, int] = {n: torch.cuda.mem_get_info(n)[0] for n in range(count)}
        return balanced_device_map(config, free, dtype, quantize)
    if count == 1:
        return {"": 0}
    return {"": "mps"} if torch.backends.mps.is_available() else None
