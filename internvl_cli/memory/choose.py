"""Which size ``auto`` takes, whether a named size may be loaded, and the reason in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from internvl_cli.errors import MemoryShortageError
from internvl_cli.memory.device import Device
from internvl_cli.memory.fit import GIB, DtypeName, decode_bytes_per_token, dtype_for
from internvl_cli.memory.place import Placement, Wish, place
from internvl_cli.model.catalog import CATALOG, TILE_POSITIONS, TILE_TOKENS, CatalogEntry

__all__ = ["PATIENCE", "Choice", "auto", "check", "placements", "seconds_per_page", "usable"]

PATIENCE = 120.0
"""Seconds for one page and its answer that somebody may be ready to wait; ``auto`` picks nothing slower on a CPU."""

# Estimates, on the low side: one core of a current server does 85 GFLOP/s in float32 and 400 in native bfloat16 in a
# single product (measured), a laptop about half, a whole model about half of that.
_FLOPS_PER_CORE = {"fp32": 30e9, "bf16": 60e9, "fp16": 30e9}
_BANDWIDTH = 15e9  # bytes per second of main memory that a model's matrices are read at
_ANSWER_TOKENS, _QUESTION_TOKENS = 32, 80
_NOT_BY_ITSELF = ("8B-MPO",)  # made for long chains of thought; the user asks for it by name


@dataclass(frozen=True, slots=True)
class Choice:
    """What ``auto`` takes.

    Attributes:
        placement: The model and where it goes; None where no InternVL2 is chosen.
        reason: In words, for example ``8B: needs 17.9 GiB, 22.1 GiB free; 26B: needs 51.5 GiB``.
        wanted: The size that would have been taken were it in the cache; None if the choice is the best one.
    """

    placement: Placement | None
    reason: str
    wanted: CatalogEntry | None = None

    @property
    def size(self) -> str | None:
        """Short name of the chosen size."""
        return self.placement.entry.size if self.placement else None


def usable(devices: Sequence[Device]) -> list[Device]:
    """The devices that a model goes to unless told otherwise: NVIDIA's, else AMD's, else Apple's GPU, else the CPU."""
    groups = _groups(devices)
    return groups[0] if groups else []


def placements(devices: Sequence[Device], wish: Wish, entries: Sequence[CatalogEntry] = CATALOG) -> list[Placement]:
    """Each model on the devices that would be used; empty where no device is usable."""
    group = usable(devices)
    return [place(entry, group, wish, _dtype(group, wish)) for entry in entries] if group else []


def auto(devices: Sequence[Device], wish: Wish, is_cached: Callable[[CatalogEntry], bool]) -> Choice:
    """The largest size that fits with a margin, that is in the cache, and on a CPU that answers in ``PATIENCE``.

    Nothing is ever downloaded unasked: where a size fits but is not here, ``wanted`` names it.
    """
    entries = [entry for entry in CATALOG if entry.size not in _NOT_BY_ITSELF]
    candidates: list[Placement] = []
    good: list[Placement] = []
    for group in _groups(devices):  # a full GPU leaves the CPU
        found = [place(entry, group, wish, _dtype(group, wish)) for entry in entries]
        good = [p for p in found if p.fits and _seconds(p, wish) <= PATIENCE]
        candidates = found if good or not candidates else candidates
        if good:
            break
    if not candidates:
        return Choice(None, "no device that this torch can use")
    here = [p for p in good if is_cached(p.entry)]
    best = good[-1] if good else None
    chosen = here[-1] if here else None
    return Choice(chosen, _reason(chosen, best, candidates, wish), best.entry if best and best is not chosen else None)


def check(entry: CatalogEntry, devices: Sequence[Device], wish: Wish, *, force: bool = False) -> Placement:
    """Where a size that the user named goes. It is never replaced by another one.

    Args:
        entry: The model.
        devices: As probed.
        wish: What shall fit beside the weights.
        force: Place it although it does not seem to fit.

    Raises:
        MemoryShortageError: It does not fit; the message says by how much, the hint names the sizes that do.
    """
    group = usable(devices)
    if not group:
        raise MemoryShortageError(f"{entry.name}: no device that this torch can use", "run: internvl probe")
    placement = place(entry, group, wish, _dtype(group, wish))
    if placement.fits or force:
        return placement
    fitting = [p.entry.size for p in placements(devices, wish) if p.fits]
    instead = f"fits: {', '.join(fitting)}" if fitting else "no size fits; the bundled reader does: --model reader"
    have = f"{gib(placement.free)} can be used on {_where(placement)}"
    message = f"{entry.name} needs {gib(placement.need.total)}, {have}"
    raise MemoryShortageError(message, f"{instead} (details: internvl probe; to try anyway: INTERNVL_FORCE_MEMORY=1)")


def seconds_per_page(entry: CatalogEntry, cores: int, wish: Wish, dtype: DtypeName) -> float:
    """Estimated seconds on a CPU for one page and an answer of 32 tokens.

    Floating point operations of encoding the tiles and reading the prompt (two per weight and position, attention on
    top) over what the cores do; then each new token reads the weights once.
    """
    tiles = wish.max_tiles + 1
    vit, llm = entry.vision, entry.llm
    per_tile = 2 * vit.parameters * TILE_POSITIONS + 4 * TILE_POSITIONS**2 * vit.hidden * vit.layers
    tokens = min(tiles * TILE_TOKENS + _QUESTION_TOKENS, wish.context)
    prompt = 2 * llm.layers * llm.parameters_per_layer * tokens + 2 * tokens**2 * llm.heads * llm.head_dim * llm.layers
    compute = (tiles * per_tile + prompt) / (max(cores, 1) * _FLOPS_PER_CORE[dtype])
    return compute + _ANSWER_TOKENS * decode_bytes_per_token(entry, dtype) / _BANDWIDTH


def gib(count: int) -> str:
    """Bytes in words: ``18.9 GiB``."""
    return f"{count / GIB:.1f} GiB"


def _groups(devices: Sequence[Device]) -> list[list[Device]]:
    """Devices that torch can use, by kind, the fastest kind first."""
    able = [device for device in devices if not device.problem]
    groups = ([device for device in able if device.kind == kind] for kind in ("cuda", "rocm", "mps", "cpu"))
    return [group for group in groups if group]


def _dtype(group: Sequence[Device], wish: Wish) -> DtypeName:
    if wish.dtype is not None:
        return wish.dtype
    names = [dtype_for(device) for device in group]
    return names[0] if len(set(names)) == 1 else "fp16"


def _seconds(placement: Placement, wish: Wish) -> float:
    device = placement.devices[0]
    return 0.0 if device.accelerator else seconds_per_page(placement.entry, device.cores, wish, placement.dtype)


def _reason(chosen: Placement | None, best: Placement | None, candidates: Sequence[Placement], wish: Wish) -> str:
    parts = []
    if chosen is not None:
        parts.append(f"{_needs(chosen)}, {gib(chosen.free)} can be used on {_where(chosen)}")
        if not chosen.devices[0].accelerator:
            parts[0] += f", about {_seconds(chosen, wish):.0f} s a page"
    if best is not None and best is not chosen:
        beside = "would fit too" if chosen else f"would fit (needs {gib(best.need.total)})"
        parts.append(f"{best.entry.size} {beside} but is not downloaded: internvl pull {best.entry.size}")
    larger = candidates[candidates.index(best) + 1 :] if best else candidates
    if larger:
        next_up = larger[0]
        if next_up.fits:
            parts.append(f"{next_up.entry.size}: about {_seconds(next_up, wish):.0f} s a page on {_where(next_up)}")
        else:
            room = "" if chosen else f", {gib(next_up.free)} can be used on {_where(next_up)}"
            parts.append(f"{_needs(next_up)}{room}")
    return "; ".join(parts)


def _needs(placement: Placement) -> str:
    return f"{placement.entry.size}: needs {gib(placement.need.total)}"


def _where(placement: Placement) -> str:
    names = [device.name for device in placement.devices]
    return names[0] if len(names) == 1 else f"{len(names)} × {names[0]}" if len(set(names)) == 1 else " + ".join(names)
