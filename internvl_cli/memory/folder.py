"""The numbers of a checkpoint that is not in the catalog, from its ``config.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError
from internvl_cli.model.catalog import Benchmarks, CatalogEntry, LanguageModel, VisionEncoder
from internvl_cli.model.config import language_type, read_json
from internvl_cli.model.values import MOST, MOST_LAYERS

__all__ = ["entry_of"]


def entry_of(folder: Path) -> CatalogEntry | None:
    """Describe the checkpoint in ``folder`` as the catalog describes a release.

    Returns:
        None where the configuration leaves a number out; loading will say what is wrong with it.

    Raises:
        ModelError: There is no readable ``config.json``.
    """
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        return None
    vision, llm = config.get("vision_config"), config.get("llm_config") or config.get("text_config")
    if not isinstance(vision, dict) or not isinstance(llm, dict):
        return None
    try:
        return CatalogEntry(
            size=folder.name,
            repo=f"./{folder.name}",
            vision=_vision(vision),
            llm=_language(llm, config),
            template=str(config.get("template", "")),
            license="",
            published_gib=0.0,
            benchmarks=Benchmarks(None, None, None, None, ""),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, ModelError):
        return None


def _whole(value: Any, most: int = MOST) -> int:
    """A number that a model can have; what goes on with others would divide by zero or run over."""
    number = int(value)
    if not 1 <= number <= most:
        raise ValueError(f"{number} is out of range")
    return number


def _vision(settings: dict[str, Any]) -> VisionEncoder:
    return VisionEncoder(
        "vision",
        hidden=_whole(settings["hidden_size"]),
        layers=_whole(settings["num_hidden_layers"], MOST_LAYERS),
        intermediate=_whole(settings["intermediate_size"]),
        rms=settings.get("norm_type") == "rms_norm",
    )


def _language(settings: dict[str, Any], config: dict[str, Any]) -> LanguageModel:
    hidden, heads = _whole(settings["hidden_size"]), _whole(settings["num_attention_heads"])
    kind = language_type(config) if "llm_config" in config else str(settings.get("model_type"))
    family = next((name for name in ("qwen2", "internlm2", "phi3") if name in kind), "llama")
    return LanguageModel(
        "language",
        family=family,  # type: ignore[arg-type]
        hidden=hidden,
        layers=_whole(settings["num_hidden_layers"], MOST_LAYERS),
        heads=heads,
        kv_heads=_whole(settings.get("num_key_value_heads") or heads),
        head_dim=_whole(settings.get("head_dim") or hidden // heads),
        intermediate=_whole(settings["intermediate_size"]),
        vocab=_whole(settings["vocab_size"]),
        qkv_bias=family == "qwen2",
    )
