"""Where a model goes: one device, or its layers over several GPUs with everything else on the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from internvl_cli.memory.device import Device
from internvl_cli.memory.fit import DtypeName, Need, Quantize, kv_bytes, layer_bytes, margin, need
from internvl_cli.model.catalog import CONTEXT_LENGTH, CatalogEntry

__all__ = ["Placement", "Wish", "place"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall fit beside the weights.

    Attributes:
        max_tiles: Most tiles of a page, thumbnail aside.
        context: Tokens of prompt and answer together.
        dtype: None for what the device does best.
        quantize: Language model's layers in 8 or 4 bits; None for neither.
    """

    max_tiles: int = 12
    context: int = CONTEXT_LENGTH
    dtype: DtypeName | None = None
    quantize: Quantize | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Whether a model fits, and how it would be spread.

    Attributes:
        entry: The model.
        devices: Where it goes; the first holds vision encoder, embeddings and head.
        layers: Layers of the language model on each.
        need: Bytes in all, every device's overhead included.
        free: Bytes that may be used on them, margins taken off.
        fits: Whether it goes in.
        dtype: Of weights and activations.
    """

    entry: CatalogEntry
    devices: tuple[Device, ...]
    layers: tuple[int, ...]
    need: Need
    free: int
    fits: bool
    dtype: DtypeName

    @property
    def short(self) -> int:
        """Bytes that are missing; 0 where it fits."""
        return 0 if self.fits else max(self.need.total - self.free, 1)

    def device_map(self) -> str | Mapping[str, str]:
        """For ``from_pretrained``: a device, or module names to devices as the native classes name their modules."""
        names = [device.torch_name for device in self.devices]
        if len(names) == 1:
            return names[0]
        parts = ("vision_tower", "multi_modal_projector")
        inner = ("embed_tokens", "norm", "rotary_emb")
        table = {f"model.{part}": names[0] for part in parts}
        table |= {f"model.language_model.{part}": names[0] for part in inner}
        owners = [name for name, count in zip(names, self.layers, strict=True) for _ in range(count)]
        table |= {f"model.language_model.layers.{number}": owner for number, owner in enumerate(owners)}
        return table | {"lm_head": names[0]}


def place(entry: CatalogEntry, devices: Sequence[Device], wish: Wish, dtype: DtypeName) -> Placement:
    """Put ``entry`` on the fewest of ``devices``, the emptiest first.

    Args:
        entry: The model.
        devices: Of one kind, at least one; only GPUs share a model.
        wish: What shall fit beside the weights.
        dtype: Of weights and activations.
    """
    order = sorted(devices, key=lambda device: (_room(device), -device.index), reverse=True)
    whole = need(
        entry,
        max_tiles=wish.max_tiles,
        context=wish.context,
        dtype=dtype,
        quantize=wish.quantize,
        kind=order[0].kind,
    )
    most = len(order) if order[0].kind in ("cuda", "rocm") else 1
    placement = None
    for count in range(1, most + 1):
        placement = _spread(entry, tuple(order[:count]), wish, dtype, whole)
        if placement.fits:
            break
    assert placement is not None
    return placement


def _room(device: Device) -> int:
    return max(device.free - margin(device), 0)


def _spread(entry: CatalogEntry, devices: tuple[Device, ...], wish: Wish, dtype: DtypeName, whole: Need) -> Placement:
    """Give every layer to the device with most room left; each device pays for its own activations and overhead."""
    count = entry.llm.layers
    per_layer = layer_bytes(entry, dtype, wish.quantize) + kv_bytes(entry, wish.context, dtype) // count
    working = whole.prefill + whole.overhead
    # Tiles are encoded before there is a cache; of several devices the first may have room for little of it.
    later = whole.prefill + (whole.kv if len(devices) == 1 else 0)
    extra = max(whole.vision - later, 0)
    first = whole.weights - count * layer_bytes(entry, dtype, wish.quantize) + extra
    room = [_room(device) - working for device in devices]
    room[0] -= first
    layers = [0] * len(devices)
    for _ in range(count):
        target = max(range(len(devices)), key=lambda index: room[index])
        room[target] -= per_layer
        layers[target] += 1
    spread = Need(
        whole.weights,
        whole.kv,
        whole.vision,
        whole.prefill,
        whole.overhead + (len(devices) - 1) * working + (extra if len(devices) > 1 else 0),
    )
    free = sum(_room(device) for device in devices)
    return Placement(entry, devices, tuple(layers), spread, free, min(room) >= 0, dtype)
