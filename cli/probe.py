"""``internvl probe``: what this machine has, what each size needs, and which one ``auto`` takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import common

if TYPE_CHECKING:
    from internvl_cli.memory.choose import Choice
    from internvl_cli.memory.device import Device
    from internvl_cli.memory.place import Placement, Wish

    from .output import Sink

EXAMPLES = """\
internvl probe
internvl probe --max-tiles 24 --context 16384
internvl probe --quantize 4bit --json"""

Context = Annotated[
    int,
    typer.Option(
        "--context", min=256, metavar="TOKENS", help="Prompt and answer together.", rich_help_panel=common.MODEL
    ),
]


def probe(
    max_tiles: common.MaxTiles = 12,
    context: Context = 8192,
    dtype: common.Dtype = "auto",
    quantize: common.Quantize = None,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Show what this machine has, and which model fits.

    The need is computed: weights, keys and values of the whole context, and the larger of what encoding the tiles and
    reading the prompt take (docs/memory.md). Nothing is loaded and no GPU is touched. "auto" takes the largest size
    that fits and has been downloaded.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    from internvl_cli.memory import choose
    from internvl_cli.memory import probe as machine
    from internvl_cli.memory.place import Wish
    from internvl_cli.model import hub

    devices = machine.devices()
    wish = Wish(max_tiles, context, None if dtype == "auto" else dtype, quantize)
    choice = choose.auto(devices, wish, hub.is_cached)
    places = choose.placements(devices, wish)
    cached = {place.entry.size: hub.is_cached(place.entry) for place in places}
    if sink.mode == "json":
        sink.record(_record(devices, places, cached, choice, wish))
    else:
        _show(sink, devices, places, cached, choice)


def _show(sink: Sink, devices: list[Device], places: list[Placement], cached: dict[str, bool], choice: Choice) -> None:
    rows = [(d.torch_name, d.name, _gib(d.total), _gib(d.free), d.problem or "yes") for d in devices]
    sink.note_table(("device", "name", "total GiB", "free GiB", "usable"), rows)
    columns = ("size", "weights", "KV", "vision", "prefill", "total GiB", "fits", "here")
    sink.table(columns, [_row(place, cached[place.entry.size]) for place in places])
    sink.note(f"auto: {choice.size or 'the bundled reader'} ({choice.reason})")


def _row(place: Placement, here: bool) -> tuple[str, ...]:
    need = place.need
    parts = (_gib(value) for value in (need.weights, need.kv, need.vision, need.prefill, need.total))
    spread = f"yes, on {len(place.devices)} GPUs" if len(place.devices) > 1 else "yes"
    fits = spread if place.fits else f"no, {_gib(place.short)} GiB short"
    return (place.entry.size, *parts, fits, "yes" if here else "no")


def _record(
    devices: list[Device], places: list[Placement], cached: dict[str, bool], choice: Choice, wish: Wish
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "max_tiles": wish.max_tiles,
        "context": wish.context,
        "quantize": wish.quantize,
        "devices": [{**asdict(device), "torch_name": device.torch_name} for device in devices],
        "sizes": [
            {
                "size": place.entry.size,
                "dtype": place.dtype,
                **{f"{name}_bytes": value for name, value in asdict(place.need).items()},
                "total_bytes": place.need.total,
                "usable_bytes": place.free,
                "fits": place.fits,
                "short_bytes": place.short,
                "devices": [device.torch_name for device in place.devices],
                "layers": list(place.layers),
                "cached": cached[place.entry.size],
            }
            for place in places
        ],
        "choice": choice.size,
        "verdict": _verdict(choice),
        "reason": choice.reason,
    }


def _verdict(choice: Choice) -> Literal["model", "reader"]:
    return "model" if choice.size else "reader"


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f}"
