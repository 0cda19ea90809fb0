"""Values of an original ``config.json`` that no model can have, told before anything is computed with them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError

__all__ = ["check_values"]

_WHOLE = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "original_max_position_embeddings",
    "image_size",
    "patch_size",
    "num_channels",
)
_REAL = ("rope_theta", "rms_norm_eps", "layer_norm_eps")


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
                _positive(settings[name], f"{section}.{name}", where)
        for name in _REAL:
            if name in settings:
                _real(settings[name], f"{section}.{name}", where)
        _multiple(settings, "hidden_size", "num_attention_heads", section, where)
    _multiple(language, "num_attention_heads", "num_key_value_heads", "llm_config", where)
    if language.get("original_max_position_embeddings") == 1:  # its logarithm is a divisor
        raise _refused(1, "llm_config.original_max_position_embeddings", "more than 1", where)
    if language.get("sliding_window") is not None:
        _positive(language["sliding_window"], "llm_config.sliding_window", where)
    for name in ("min_dynamic_patch", "max_dynamic_patch", "force_image_size"):
        if config.get(name):  # null and 0 are as good as absent
            _positive(config[name], name, where)
    layers, layer = vision["num_hidden_layers"], config.get("select_layer", -1)
    if not _is_whole(layer) or not -layers - 1 <= layer <= layers:
        raise _refused(layer, "select_layer", f"a layer of {layers}", where)
    version = config.get("ps_version", "v1")
    if version not in ("v1", "v2"):
        raise _refused(version, "ps_version", "v1 or v2", where)
    _grid(config, vision, where)


def _grid(config: dict[str, Any], vision: dict[str, Any], where: Path) -> None:
    """A tile has a grid of patches, and the pixel shuffle divides its sides."""
    ratio = config.get("downsample_ratio", 0.5)
    _real(ratio, "downsample_ratio", where)
    side = (config.get("force_image_size") or vision["image_size"]) // vision["patch_size"]
    if not 0 < ratio <= 1 or side < 1 or side * ratio != int(side * ratio):
        raise _refused(ratio, "downsample_ratio", f"a part of {side}x{side} patches", where)


def _positive(value: Any, name: str, where: Path) -> None:
    if not _is_whole(value) or value < 1:
        raise _refused(value, name, "a positive whole number", where)


def _real(value: Any, name: str, where: Path) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise _refused(value, name, "a number", where)


def _multiple(settings: dict[str, Any], name: str, divisor: str, section: str, where: Path) -> None:
    if settings[name] % settings[divisor]:
        wanted = f"a multiple of {divisor} ({settings[divisor]})"
        raise _refused(settings[name], f"{section}.{name}", wanted, where)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refused(value: Any, name: str, wanted: str, where: Path) -> ModelError:
    return ModelError(f"{where}: {name} is {str(value)[:40]!r}, not {wanted}", "download the file again")
