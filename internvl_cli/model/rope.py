"""Where a language model's rotary embedding changes its frequencies with the length of the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["RopeSwitch", "crosses_switch", "divide_positions", "reset_rope", "reset_rotary", "rope_switch"]


@dataclass(frozen=True, slots=True)
class RopeSwitch:
    """A change of frequencies.

    Attributes:
        kind: ``dynamic`` (NTK: other frequencies for every length beyond the limit) or ``longrope`` (one other set).
        limit: The longest text in tokens that has the plain frequencies.
    """

    kind: Literal["dynamic", "longrope"]
    limit: int


def rope_switch(model: Any) -> RopeSwitch | None:
    """Read the switch from the language model's config; None where the frequencies are fixed."""
    config = model.config.text_config
    parameters = getattr(config, "rope_parameters", None) or {}
    kind = parameters.get("rope_type", "default")
    if kind == "dynamic":
        return RopeSwitch("dynamic", int(config.max_position_embeddings))
    if kind == "longrope":
        original = parameters.get("original_max_position_embeddings") or config.original_max_position_embeddings
        return RopeSwitch("longrope", int(original))
    return None


def crosses_switch(switch: RopeSwitch | None, length: int) -> bool:
    """Whether a text of ``length`` tokens is beyond the switch."""
    return switch is not None and length > switch.limit


def reset_rope(model: Any) -> None:
    """Put dynamic NTK back to its plain frequencies.

    transformers keeps those of the longest text so far until a text shorter than the limit comes, so that an answer
    would depend on what was asked before it.
    """
    reset_rotary(getattr(model.model.language_model, "rotary_emb", None))


def reset_rotary(rotary: Any) -> None:
    """``reset_rope`` for a language model's rotary embedding; None is left alone."""
    if rotary is None or "dynamic" not in str(getattr(rotary, "rope_type", "")):
        return
    if rotary.max_seq_len_cached != rotary.original_max_seq_len:
        rotary.inv_freq = rotary.original_inv_freq.to(rotary.inv_freq.device)
        rotary.max_seq_len_cached = rotary.original_max_seq_len


def divide_positions(model: Any) -> None:
    """Let linear scaling divide positions, as the original does, where transformers divides frequencies.

    The two round differently: in float32, logits are 1e-4 apart from some two hundred tokens on.
    """
    import torch

    parameters = getattr(model.config.text_config, "rope_parameters", None) or {}
    if parameters.get("rope_type") != "linear":
        return
    factor = float(parameters["factor"])
    rotary = model.model.language_model.rotary_emb
    size = 2 * len(rotary.inv_freq)
    exponents = torch.arange(0, size, 2, device=rotary.inv_freq.device).float() / size
    rotary.inv_freq = 1.0 / (float(parameters["rope_theta"]) ** exponents)

    def divided(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if "position_ids" in kwargs:
            return args, {**kwargs, "position_ids": kwargs["position_ids"].float() / factor}
        return (args[0], args[1].float() / factor, *args[2:]), kwargs

    rotary.register_forward_pre_hook(divided, with_kwargs=True)
