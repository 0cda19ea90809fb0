"""Values in a checkpoint's files that no model can have, told before anything is computed with them.

``check_values`` reads an original ``config.json``; the single checks serve native ones too, see ``native``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError

__all__ = [
    "MOST",
    "MOST_LAYERS",
    "brief",
    "check_layer",
    "check_layers",
    "check_positive",
    "check_ratio",
    "check_rope",
    "check_theta",
    "check_values",
    "is_whole",
    "refused",
]

MOST = 2**31 - 1
"""The largest whole number that is taken: more would not fit into a tensor's sizes."""

MOST_LAYERS = 1000
"""The releases have at most 80; a number far beyond would keep the arithmetic of the layout busy for minutes."""

_WHOLE = (
    "hidden_size",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "original_max_position_embeddings",
    "image_size",
    "patch_size",
)
_REAL = ("rms_norm_eps", "layer_norm_eps")


def brief(value: Any, limit: int = 100) -> str:
    """A value from a stranger's file for a message: on one line, printable, and cut where it is long."""
    text = str(value)
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:limit])
    return shown[:limit] + "…" * (len(shown) > limit or len(text) > limit)


def check_values(config: dict[str, Any], vision: dict[str, Any], language: dict[str, Any], where: Path) -> None:
    """Check kinds and ranges.

    Args:
        config: The whole file.
        vision: The vision encoder's settings, defaults filled in.
        language: The language model's.
        where: For messages.

    Raises:
        ModelError: With the first value that cannot be.
    """
    for section, settings in (("vision_config", vision), ("llm_config", language)):
        for name in _WHOLE:
            if name in settings:
                check_positive(settings[name], f"{section}.{name}", where)
        check_layers(settings["num_hidden_layers"], f"{section}.num_hidden_layers", where)
        for name in _REAL:
            if name in settings:
                _real(settings[name], f"{section}.{name}", where)
        _multiple(settings, "hidden_size", "num_attention_heads", section, where)
    check_theta(language["rope_theta"], "llm_config.rope_theta", where)
    _multiple(language, "num_attention_heads", "num_key_value_heads", "llm_config", where)
    if language.get("original_max_position_embeddings") == 1:  # its logarithm is a divisor
        raise refused(1, "llm_config.original_max_position_embeddings", "more than 1", where)
    if language.get("sliding_window") is not None:
        check_positive(language["sliding_window"], "llm_config.sliding_window", where)
    for name in ("min_dynamic_patch", "max_dynamic_patch", "force_image_size"):
        if config.get(name):  # null and 0 are as good as absent
            check_positive(config[name], name, where)
    check_layer(config.get("select_layer", -1), vision["num_hidden_layers"], "select_layer", where)
    version = config.get("ps_version", "v1")
    if version not in ("v1", "v2"):
        raise refused(version, "ps_version", "v1 or v2", where)
    _grid(config, vision, where)


def check_rope(scaling: Any, head: int, where: Path) -> None:
    """Check the numbers of a ``rope_scaling`` of the kinds that have one factor; other kinds are passed over.

    Args:
        scaling: As the file has it.
        head: Numbers of an attention head.
        where: For messages.

    Raises:
        ModelError: The factor is none, or the heads are too small to be scaled.
    """
    if not isinstance(scaling, dict):
        return
    kind = scaling.get("type") or scaling.get("rope_type")
    if kind not in ("dynamic", "linear") or "factor" not in scaling:
        return
    factor = scaling["factor"]
    if not _is_number(factor) or factor < 1:
        raise refused(factor, "rope_scaling.factor", "a number of 1 or more", where)
    if kind == "dynamic" and head <= 2:  # the exponent's divisor is two less
        raise refused(head, "the attention heads' size", "more than 2, which dynamic rope_scaling needs", where)


def check_theta(value: Any, name: str, where: Path) -> None:
    """Check the base of a rotary embedding, which is a divisor.

    Raises:
        ModelError: It is none.
    """
    if not _is_number(value) or value <= 0:
        raise refused(value, name, "a number above 0", where)


def check_positive(value: Any, name: str, where: Path) -> None:
    """Check that a value is a whole number from 1.

    Raises:
        ModelError: It is not.
    """
    if not is_whole(value) or not 1 <= value <= MOST:
        raise refused(value, name, "a positive whole number", where)


def check_layers(value: Any, name: str, where: Path) -> None:
    """Check that a value is a number of layers.

    Raises:
        ModelError: It is not.
    """
    check_positive(value, name, where)
    if value > MOST_LAYERS:
        raise refused(value, name, f"at most {MOST_LAYERS:,}", where)


def check_layer(value: Any, layers: int, name: str, where: Path) -> None:
    """Check that a value points to what enters or leaves one of so many layers.

    Raises:
        ModelError: It does not.
    """
    if not is_whole(value) or not -layers - 1 <= value <= layers:
        raise refused(value, name, f"a layer of {layers}", where)


def check_ratio(ratio: Any, side: int, hidden: int, where: Path) -> None:
    """Check that the pixel shuffle's arithmetic works out to the end.

    The original cuts every size down to a whole number (``int(height * ratio)``, ``int(channels / ratio)``), and its
    projector is ``int(1 / ratio)`` squared times as wide. transformers' pixel shuffle wants that a side divided by the
    ratio leaves no rest, which with 1/3 it does: 1/3 is no binary fraction.

    Args:
        ratio: ``downsample_ratio``.
        side: Patches along a tile's side.
        hidden: Numbers of a patch.
        where: For messages.

    Raises:
        ModelError: It does not.
    """
    _real(ratio, "downsample_ratio", where)
    if not 0 < ratio <= 1 or side < 1 or side * ratio != int(side * ratio):
        raise refused(ratio, "downsample_ratio", f"a part of {side}x{side} patches", where)
    short, wide, wider = int(side * ratio), int(hidden / ratio), int(hidden / (ratio * ratio))
    views = short * wide == side * hidden and short * short * wider == side * side * hidden
    patches = f"{side}x{side} patches of {hidden} numbers"
    if not views or wider != hidden * int(1 / ratio) ** 2 or side % ratio or int(side**2 * ratio**2) != short**2:
        raise ModelError(
            f"{where}: downsample_ratio {brief(ratio)} does not divide {patches} evenly",
            "the releases have 0.5; 1 and 0.25 can be served too",
        )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, and neither true nor false."""
    return isinstance(value, int) and not isinstance(value, bool)


def refused(value: Any, name: str, wanted: str, where: Path) -> ModelError:
    """The error for a value that cannot be; ``wanted`` says what could."""
    return ModelError(f"{where}: {name} is {str(value)[:40]!r}, not {wanted}", "download the file again")


def _grid(config: dict[str, Any], vision: dict[str, Any], where: Path) -> None:
    """A tile has a grid of patches, and the pixel shuffle divides its sides."""
    side = (config.get("force_image_size") or vision["image_size"]) // vision["patch_size"]
    check_ratio(config.get("downsample_ratio", 0.5), side, vision["hidden_size"], where)


def _real(value: Any, name: str, where: Path) -> None:
    if not _is_number(value) or value < 0:
        raise refused(value, name, "a number", where)


def _is_number(value: Any) -> bool:
    """Whether a value is a number that a float can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _multiple(settings: dict[str, Any], name: str, divisor: str, section: str, where: Path) -> None:
    if settings[name] % settings[divisor]:
        wanted = f"a multiple of {divisor} ({settings[divisor]})"
        raise refused(settings[name], f"{section}.{name}", wanted, where)
