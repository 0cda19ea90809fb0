"""Values of a native checkpoint (the -hf repositories) that no model can have, told before they are computed with.

The original format's are in ``values``. What transformers' own configuration classes refuse is left to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from internvl_cli.model.config import check_template
from internvl_cli.model.values import (
    check_layer,
    check_layers,
    check_positive,
    check_ratio,
    check_rope,
    check_theta,
    is_whole,
    refused,
)

__all__ = ["check_native", "image_settings", "tile_side"]

Settings = dict[str, Any]

_USUAL_HEAD = 128
_WHOLE = (
    "hidden_size",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
)


def image_settings(processor: Settings, where: Path) -> Settings:
    """The image processor's part of its file; the older files are nothing else.

    Raises:
        ModelError: It is no object, or its numbers of tiles are none.
    """
    images = processor.get("image_processor", processor)
    if not isinstance(images, dict):
        raise refused(images, "image_processor", "an object", where)
    for name in ("min_patches", "max_patches"):
        if name in images:
            check_positive(images[name], name, where)
    return images


def tile_side(images: Settings, vision: Settings, where: Path) -> int:
    """Side of a tile in pixels, as the image processor says, else the vision encoder.

    A processor may cut larger tiles than the position table has places for: it is interpolated.

    Args:
        images: As ``image_settings`` gives them.
        vision: ``vision_config``.
        where: The processor's file, for messages.

    Raises:
        ModelError: The tiles would not be squares, or of no size.
    """
    size = images.get("size")
    if isinstance(size, dict):
        size = [size["height"], size.get("width", size["height"])] if size.get("height") else None
    elif size is not None and not is_whole(size):
        raise refused(size, "size", "an object with height and width", where)
    if size is None:
        return _side(vision.get("image_size", 448), "vision_config.image_size", where.parent / "config.json")
    return _side(size, "size", where)


def check_native(config: Settings, side: int, where: Path) -> None:
    """Check the values of a native ``config.json``.

    Args:
        config: The whole file; ``text_config`` and ``vision_config`` are objects.
        side: Of a tile in pixels.
        where: For messages.

    Raises:
        ModelError: With the first value that cannot be.
    """
    vision, text = config["vision_config"], config["text_config"]
    for section, settings in (("vision_config", vision), ("text_config", text)):
        if "num_hidden_layers" in settings:
            check_layers(settings["num_hidden_layers"], f"{section}.num_hidden_layers", where)
        for name in _WHOLE:
            if settings.get(name) is not None:
                check_positive(settings[name], f"{section}.{name}", where)
    if vision.get("num_channels", 3) != 3:
        raise refused(vision["num_channels"], "vision_config.num_channels", "3, for red, green and blue", where)
    layer = config.get("vision_feature_layer", -1)
    check_layer(layer, vision.get("num_hidden_layers", 24), "vision_feature_layer", where)
    if layer == 0:  # transformers takes it for no layer at all
        raise refused(layer, "vision_feature_layer", "from 1, or from -1 for the last", where)
    strategy = config.get("vision_feature_select_strategy", "default")
    if strategy != "default":  # "full" keeps the class token, which is no patch of the grid
        raise refused(strategy, "vision_feature_select_strategy", "default", where)
    if config.get("template"):
        check_template(config["template"], where)
    _check_tokens(config, side, where)
    _check_rope(text, where)


def _check_tokens(config: Settings, side: int, where: Path) -> None:
    """A tile gives as many tokens as the prompt has places for it."""
    vision, vocabulary = config["vision_config"], config["text_config"].get("vocab_size")
    token, count = config.get("image_token_id", 0), config.get("image_seq_length", 256)
    if not is_whole(token) or token < 0 or (is_whole(vocabulary) and token >= vocabulary):
        raise refused(token, "image_token_id", "an id of the vocabulary", where)
    check_positive(count, "image_seq_length", where)
    patches = side // _side(vision.get("patch_size", 14), "vision_config.patch_size", where)
    ratio = config.get("downsample_ratio", 0.5)
    check_ratio(ratio, patches, vision.get("hidden_size", 1024), where)
    if count != int(patches * ratio) ** 2:
        raise refused(count, "image_seq_length", f"{int(patches * ratio) ** 2}, the tokens of a tile", where)


def _check_rope(text: Settings, where: Path) -> None:
    hidden, heads = text.get("hidden_size"), text.get("num_attention_heads")
    # Where nothing is said it is the class's own, which can be scaled.
    head = text.get("head_dim") or (hidden // heads if hidden and heads else _USUAL_HEAD)
    if not is_whole(head):
        raise refused(head, "text_config.head_dim", "a positive whole number", where)
    rope = text.get("rope_parameters") or text.get("rope_scaling")
    check_rope(rope, int(head), where)
    for settings in (text, rope):
        if isinstance(settings, dict) and "rope_theta" in settings:
            check_theta(settings["rope_theta"], "text_config.rope_theta", where)


def _side(value: Any, name: str, where: Path) -> int:
    """One side of a square: a number, or two equal ones."""
    sides = value if isinstance(value, list) and len(value) == 2 else [value, value]
    check_positive(sides[0], name, where)
    if sides[0] != sides[1]:
        raise refused(value, name, "that of a square", where)
    return int(sides[0])
