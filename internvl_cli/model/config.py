"""A checkpoint's ``config.json``, original or native, and its translation to native transformers settings.

Everything but ``native_config`` works on plain dictionaries and needs no torch. Defaults for absent keys are those of
the original configuration classes (OpenGVLab/InternVL, ``configuration_*.py``; transformers 4.37.2 for Llama and
Qwen2), because the original writes files that rely on them.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from internvl_cli.errors import ModelError
from internvl_cli.model.values import brief, check_rope, check_values, is_whole

if TYPE_CHECKING:
    from transformers import InternVLConfig

__all__ = [
    "TEMPLATES",
    "Config",
    "check_config",
    "check_template",
    "checkpoint_format",
    "has_first_shuffle",
    "language_settings",
    "language_type",
    "native_config",
    "read_config",
    "read_json",
    "vision_settings",
]

Config = dict[str, Any]
Format = Literal["original", "native"]

TEMPLATES = ("Hermes-2", "internlm2-chat", "phi3-chat", "internvl2_5")
"""Conversation templates that this program can speak."""

_LANGUAGE_TYPES = {
    "InternLM2ForCausalLM": "internlm2",
    "LlamaForCausalLM": "llama",
    "Qwen2ForCausalLM": "qwen2",
    "Phi3ForCausalLM": "phi3",
}

# InternVisionConfig
_VISION_DEFAULTS: Config = {
    "hidden_size": 3200,
    "num_hidden_layers": 48,
    "num_attention_heads": 25,
    "intermediate_size": 12800,
    "image_size": 224,
    "patch_size": 14,
    "num_channels": 3,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-6,
    "norm_type": "rms_norm",
    "qkv_bias": False,
    "qk_normalization": True,
}

# InternLM2Config, LlamaConfig, Qwen2Config (4.37.2) and Phi3Config
_LANGUAGE_DEFAULTS: dict[str, Config] = {
    "internlm2": {
        "vocab_size": 103168,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": None,
        "hidden_act": "silu",
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "bias": True,
    },
    "llama": {
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": None,
        "hidden_act": "silu",
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "attention_bias": False,
    },
    "qwen2": {
        "vocab_size": 151936,
        "hidden_size": 4096,
        "intermediate_size": 22016,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "hidden_act": "silu",
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
    },
    "phi3": {
        "vocab_size": 32064,
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": None,
        "hidden_act": "silu",
        "max_position_embeddings": 4096,
        "original_max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "sliding_window": None,
    },
}


_DEEPEST = 100
"""Lists and objects within each other that a file may have; the releases' have 4."""

_ENDLESS = 100_000
"""A sliding window of so many tokens (Phi-3: 262,144) never slides; without one the cache is a plain one."""


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        ModelError: It is missing, unreadable, not JSON, or nested deeper than any program nests it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path.parent}: no {path.name}", "point to the folder of a complete checkpoint") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not readable as JSON ({brief(error)})", "download the file again") from error
    except RecursionError:
        raise _nested(path) from None
    if _is_deep(content):
        raise _nested(path)
    return content


def _is_deep(content: Any) -> bool:
    """Whether a value is nested so deep that what walks through it (``repr``, ``deepcopy``) could run out of stack."""
    level = [content]
    for _ in range(_DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _nested(path: Path) -> ModelError:
    return ModelError(f"{path}: nested deeper than {_DEEPEST} levels", "download the file again")


def read_config(folder: Path) -> Config:
    """Read and check ``folder/config.json``.

    Raises:
        ModelError: No InternVL checkpoint, or one that the native classes cannot serve.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder", "internvl pull 2B downloads a model")
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise ModelError(f"{folder / 'config.json'}: not a JSON object", "download the file again")
    check_config(config, folder)
    return config


def checkpoint_format(config: Config) -> Format:
    """``original`` (``internvl_chat``) or ``native`` (``internvl``, the -hf repositories)."""
    return "native" if config.get("model_type") == "internvl" else "original"


def has_first_shuffle(config: Config) -> bool:
    """Whether the language model was trained on a tile's tokens column by column, not row by row.

    The original's first pixel shuffle (``ps_version`` v1, its default) leaves rows and columns swapped. InternVL2 and
    later use v2, and native checkpoints know nothing else.
    """
    return checkpoint_format(config) == "original" and config.get("ps_version", "v1") == "v1"


def check_config(config: Config, folder: Path) -> None:
    """Refuse what the native classes cannot serve exactly.

    Raises:
        ModelError: With the reason.
    """
    where = folder / "config.json"
    kind = config.get("model_type")
    if kind not in ("internvl_chat", "internvl"):
        raise ModelError(
            f"{where}: model_type is {brief(repr(kind))}, not internvl_chat or internvl", "internvl models lists sizes"
        )
    if config.get("quantization_config") or _mapping(config, "llm_config").get("quantization_config"):
        raise ModelError(
            f"{folder.name}: the weights are quantized (an AWQ repository), which only LMDeploy serves",
            "use the repository without -AWQ and --quantize 4bit, or serve it with LMDeploy and --endpoint",
        )
    if kind == "internvl":
        _native_text(config, where)
        return
    if not isinstance(config.get("vision_config"), dict) or not isinstance(config.get("llm_config"), dict):
        raise ModelError(f"{where}: vision_config or llm_config is missing", "download the file again")
    language_type(config)
    check_template(config.get("template"), where)
    if config.get("use_backbone_lora") or config.get("use_llm_lora"):
        raise ModelError(f"{where}: the weights hold an unmerged LoRA", "merge it with the original repository's tools")
    language = language_settings(config)
    check_values(config, vision_settings(config), language, where)
    if language_type(config) in ("internlm2", "llama"):
        head = language["hidden_size"] // language["num_attention_heads"]
        check_rope(_mapping(config, "llm_config").get("rope_scaling"), head, where)
    _rope_parameters(config, where)


def check_template(template: Any, where: Path) -> None:
    """Check the name of a conversation template.

    Raises:
        ModelError: This program does not speak it.
    """
    if template not in TEMPLATES:
        raise ModelError(f"{where}: unknown template {brief(repr(template))}", f"known: {', '.join(TEMPLATES)}")


def language_type(config: Config) -> str:
    """``internlm2``, ``llama``, ``qwen2`` or ``phi3`` (native checkpoints: the text model's type).

    Raises:
        ModelError: Another architecture.
    """
    if checkpoint_format(config) == "native":
        return str(config["text_config"]["model_type"])
    llm = _mapping(config, "llm_config")
    names = llm.get("architectures")
    name = names[0] if isinstance(names, list) and names else names
    if not isinstance(name, str) or name not in _LANGUAGE_TYPES:
        raise ModelError(
            f"config.json: language model {brief(repr(name))} is not served",
            f"known: {', '.join(sorted(_LANGUAGE_TYPES))}",
        )
    return _LANGUAGE_TYPES[name]


def vision_settings(config: Config) -> Config:
    """The vision encoder's settings under their original names, defaults filled in.

    Raises:
        ModelError: A kind of norm that does not exist.
    """
    given = _mapping(config, "vision_config")
    settings = {key: given.get(key, default) for key, default in _VISION_DEFAULTS.items()}
    settings["num_channels"] = 3  # whatever the file says: the original's patch embedding doesn't ask it
    if settings["norm_type"] not in ("layer_norm", "rms_norm"):
        kind = brief(repr(settings["norm_type"]))
        raise ModelError(f"config.json: unknown norm_type {kind}", "layer_norm or rms_norm")
    return settings


def language_settings(config: Config) -> Config:
    """The language model's settings under their original names, defaults filled in."""
    given = _mapping(config, "llm_config")
    settings = {key: given.get(key, default) for key, default in _LANGUAGE_DEFAULTS[language_type(config)].items()}
    if settings["num_key_value_heads"] is None:
        settings["num_key_value_heads"] = settings["num_attention_heads"]
    return settings


def native_config(config: Config, *, image_token_id: int, tie_word_embeddings: bool) -> InternVLConfig:
    """Build the native configuration. ``config`` stays as it is (transformers rewrites what it is given).

    Args:
        config: As ``read_config`` gave it.
        image_token_id: Id of ``<IMG_CONTEXT>``.
        tie_word_embeddings: Whether the head shares the embedding's tensor; the native default would be True.

    Raises:
        ModelError: transformers refuses the values.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import InternVLConfig, InternVLVisionConfig

    config = copy.deepcopy(config)
    try:
        if checkpoint_format(config) == "native":
            text = config["text_config"]
            text["pad_token_id"] = _padding(text.get("pad_token_id"), text.get("vocab_size"))
            native = InternVLConfig.from_dict(config)
            native.tie_word_embeddings = tie_word_embeddings
            return native
        vision = vision_settings(config)
        image = config.get("force_image_size") or vision["image_size"]
        ratio = float(config.get("downsample_ratio", 0.5))
        return InternVLConfig(
            vision_config=InternVLVisionConfig(**_native_vision(vision)),
            text_config=_native_text_config(config),
            image_token_id=image_token_id,
            image_seq_length=int((image // vision["patch_size"]) ** 2 * ratio**2),
            downsample_ratio=ratio,
            projector_hidden_act="gelu",
            vision_feature_layer=_vision_layer(config, vision),
            vision_feature_select_strategy="default",
            tie_word_embeddings=tie_word_embeddings,
        )
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, StrictDataclassError) as error:
        reason = brief(" ".join(str(error).split()), 300)
        raise ModelError(f"config.json: transformers refuses its values ({reason})", "check the file") from error


def _vision_layer(config: Config, vision: Config) -> int:
    """The layer to take. Counted from the end: transformers takes 0, what enters the first layer, for no layer."""
    layer = int(config.get("select_layer", -1))
    return layer if layer < 0 else layer - vision["num_hidden_layers"] - 1


def _native_vision(vision: Config) -> Config:
    renamed = {"qkv_bias": "attention_bias", "qk_normalization": "use_qk_norm"}
    settings = {renamed.get(key, key): value for key, value in vision.items()}
    settings["layer_norm_eps"] = float(settings["layer_norm_eps"])
    for key in ("attention_bias", "use_qk_norm"):  # a file may say 1 and 0
        settings[key] = bool(settings[key])
    # The original has no final norm (mean pooling drops the native one); its weights overwrite the layer scale.
    return {**settings, "use_mean_pooling": True, "use_absolute_position_embeddings": True}


def _native_text_config(config: Config) -> Any:
    from transformers import LlamaConfig, Phi3Config, Qwen2Config

    kind = language_type(config)
    settings = language_settings(config)
    bias = settings.pop("bias", None)
    if kind == "internlm2":  # wqkv and wo, as Llama's attention_bias covers q, k, v and o
        settings["attention_bias"] = bias
    if "attention_bias" in settings:
        settings["attention_bias"] = bool(settings["attention_bias"])
    settings.pop("rope_theta")
    settings["rms_norm_eps"] = float(settings["rms_norm_eps"])
    given = _mapping(config, "llm_config")
    for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
        settings[key] = given.get(key)
    settings["pad_token_id"] = _padding(settings["pad_token_id"], settings["vocab_size"])
    settings["rope_parameters"] = _rope_parameters(config, Path("config.json"))
    if (settings.get("sliding_window") or 0) >= _ENDLESS:
        settings["sliding_window"] = None
    classes = {"internlm2": LlamaConfig, "llama": LlamaConfig, "qwen2": Qwen2Config, "phi3": Phi3Config}
    return classes[kind](**settings, tie_word_embeddings=False)


def _rope_parameters(config: Config, where: Path) -> Config:
    """``rope_theta`` and ``rope_scaling`` as one native dictionary."""
    kind = language_type(config)
    settings = language_settings(config)
    theta = {"rope_theta": float(settings["rope_theta"])}
    scaling = _mapping(config, "llm_config").get("rope_scaling")
    # Qwen2 of the reference's transformers (4.37.2) knows no scaling, so the weights were made without.
    if not scaling or kind == "qwen2":
        return {"rope_type": "default", **theta}
    if not isinstance(scaling, dict):
        raise ModelError(f"{where}: rope_scaling is {str(scaling)[:40]!r}, not an object", "download the file again")
    name = scaling.get("type") or scaling.get("rope_type")
    try:
        if kind == "phi3" and name in ("su", "longrope"):
            original = int(settings["original_max_position_embeddings"])
            return {
                "rope_type": "longrope",
                "short_factor": [float(value) for value in scaling["short_factor"]],
                "long_factor": [float(value) for value in scaling["long_factor"]],
                "original_max_position_embeddings": original,
                # The attention's scaling follows from it; transformers would divide the same two.
                "factor": settings["max_position_embeddings"] / original,
                **theta,
            }
        if kind in ("internlm2", "llama") and name in ("dynamic", "linear"):
            return {"rope_type": name, "factor": float(scaling["factor"]), **theta}
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(f"{where}: rope_scaling is incomplete ({brief(error)})", "download the file again") from error
    raise ModelError(
        f"{where}: rope_scaling {brief(repr(name))} is not served for {kind}", "the releases use none, dynamic and su"
    )


def _padding(index: Any, vocabulary: Any) -> Any:
    """A ``pad_token_id`` that the embedding can take: None for one beyond its rows, which nothing is padded with."""
    return None if is_whole(index) and is_whole(vocabulary) and not 0 <= index < vocabulary else index


def _native_text(config: Config, where: Path) -> Config:
    text = config.get("text_config")
    if not isinstance(text, dict) or "model_type" not in text or not isinstance(config.get("vision_config"), dict):
        raise ModelError(f"{where}: text_config or vision_config is missing", "download the file again")
    return text


def _mapping(config: Config, key: str) -> Config:
    value = config.get(key)
    return value if isinstance(value, dict) else {}
