"""How many GPUs share a model where each holds a part of every layer."""

from __future__ import annotations

from collections.abc import Sequence

from internvl_cli.errors import MemoryShortageError
from internvl_cli.memory.choose import gib
from internvl_cli.memory.device import Device
from internvl_cli.memory.fit import margin, need
from internvl_cli.memory.place import Wish
from internvl_cli.model.catalog import CatalogEntry

__all__ = ["gpus_needed"]


def gpus_needed(entry: CatalogEntry, devices: Sequence[Device], wish: Wish | None = None) -> int:
    """Give the smallest power of two of GPUs that ``entry`` fits on.

    Each GPU holds its share of the language model and of the cache; vision encoder, activations and context are counted
    whole on every one, because engines keep the encoder on one GPU or copy it.

    Args:
        entry: The model.
        devices: As probed.
        wish: What shall fit beside the weights.

    Raises:
        MemoryShortageError: There is no GPU, or all of them together do not suffice.
    """
    wish = wish or Wish()
    room = sorted((d.free - margin(d) for d in devices if d.kind in ("cuda", "rocm") and not d.problem), reverse=True)
    if not room:
        raise MemoryShortageError("there is no GPU here that could serve a model", "run: internvl probe")
    whole = need(entry, max_tiles=wish.max_tiles, context=wish.context, dtype=wish.dtype or "bf16", kind="cuda")
    encoder = 2 * (entry.vision.parameters + entry.projector_parameters)
    count = 1
    while count <= len(room):
        share = (whole.weights - encoder + whole.kv) // count
        each = share + encoder + max(whole.vision, whole.prefill) + whole.overhead
        if entry.llm.heads % count == 0 and each <= room[count - 1]:
            return count
        count *= 2
    have = f"{gib(sum(max(r, 0) for r in room))} can be used on {len(room)} GPU{'' if len(room) == 1 else 's'}"
    hint = "name a smaller size, or say --tp N yourself (details: internvl probe)"
    raise MemoryShortageError(f"{entry.name} needs {gib(whole.total)}, {have}", hint)
