"""Which tensors the original format holds, and of which shapes: arithmetic over ``config.json``, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from internvl_cli.model.config import Config, language_settings, language_type, vision_settings

__all__ = ["HEADS", "Shape", "original_layout"]

Shape = tuple[int, ...]

HEADS = ("language_model.lm_head.weight", "language_model.output.weight")
"""Names of the language model's head; absent where it shares the embedding's tensor."""


def original_layout(config: Config) -> Mapping[str, Shape]:
    """Names and shapes of all tensors that an ``internvl_chat`` checkpoint with this config holds.

    Source: ``modeling_intern_vit.py``, ``modeling_internvl_chat.py``, ``modeling_internlm2.py`` and
    ``modeling_phi3.py`` of OpenGVLab/InternVL; Llama and Qwen2 of transformers 4.37.2.
    """
    return dict([*_vision(config), *_projector(config), *_language(config)])


def _vision(config: Config) -> Iterator[tuple[str, Shape]]:
    v = vision_settings(config)
    hidden, inner, patch = v["hidden_size"], v["intermediate_size"], v["patch_size"]
    prefix = "vision_model.embeddings."
    yield prefix + "class_embedding", (1, 1, hidden)
    yield prefix + "position_embedding", (1, (v["image_size"] // patch) ** 2 + 1, hidden)
    yield prefix + "patch_embedding.weight", (hidden, v["num_channels"], patch, patch)
    yield prefix + "patch_embedding.bias", (hidden,)
    for n in range(v["num_hidden_layers"]):
        prefix = f"vision_model.encoder.layers.{n}."
        yield prefix + "ls1", (hidden,)
        yield prefix + "ls2", (hidden,)
        for norm in ("norm1", "norm2"):
            yield f"{prefix}{norm}.weight", (hidden,)
            if v["norm_type"] == "layer_norm":
                yield f"{prefix}{norm}.bias", (hidden,)
        yield prefix + "attn.qkv.weight", (3 * hidden, hidden)
        if v["qkv_bias"]:
            yield prefix + "attn.qkv.bias", (3 * hidden,)
        if v["qk_normalization"]:
            yield prefix + "attn.q_norm.weight", (hidden,)
            yield prefix + "attn.k_norm.weight", (hidden,)
        yield from _linear(prefix + "attn.proj", hidden, hidden)
        yield from _linear(prefix + "mlp.fc1", hidden, inner)
        yield from _linear(prefix + "mlp.fc2", inner, hidden)


def _projector(config: Config) -> Iterator[tuple[str, Shape]]:
    wide = vision_settings(config)["hidden_size"] * int(1 / config.get("downsample_ratio", 0.5)) ** 2
    hidden = language_settings(config)["hidden_size"]
    yield "mlp1.0.weight", (wide,)
    yield "mlp1.0.bias", (wide,)
    yield from _linear("mlp1.1", wide, hidden)
    yield from _linear("mlp1.3", hidden, hidden)


def _language(config: Config) -> Iterator[tuple[str, Shape]]:
    kind, s = language_type(config), language_settings(config)
    hidden, vocab = s["hidden_size"], s["vocab_size"]
    internlm2 = kind == "internlm2"
    yield f"language_model.model.{'tok_embeddings' if internlm2 else 'embed_tokens'}.weight", (vocab, hidden)
    yield "language_model.model.norm.weight", (hidden,)
    yield HEADS[internlm2], (vocab, hidden)
    layer = {"internlm2": _internlm2_layer, "phi3": _phi3_layer}.get(kind, _llama_layer)
    for n in range(s["num_hidden_layers"]):
        for name, shape in layer(s, kind):
            yield f"language_model.model.layers.{n}.{name}", shape


def _widths(s: Config) -> tuple[int, int, int]:
    head = s["hidden_size"] // s["num_attention_heads"]
    return s["hidden_size"], s["num_attention_heads"] * head, s["num_key_value_heads"] * head


def _internlm2_layer(s: Config, kind: str) -> Iterator[tuple[str, Shape]]:
    hidden, q, kv = _widths(s)
    inner = s["intermediate_size"]
    yield "attention_norm.weight", (hidden,)
    yield "ffn_norm.weight", (hidden,)
    yield from _linear("attention.wqkv", hidden, q + 2 * kv, bias=s["bias"])
    yield from _linear("attention.wo", q, hidden, bias=s["bias"])
    yield "feed_forward.w1.weight", (inner, hidden)
    yield "feed_forward.w3.weight", (inner, hidden)
    yield "feed_forward.w2.weight", (hidden, inner)


def _llama_layer(s: Config, kind: str) -> Iterator[tuple[str, Shape]]:
    hidden, q, kv = _widths(s)
    inner = s["intermediate_size"]
    bias = kind == "qwen2" or s["attention_bias"]
    yield from _norms(hidden)
    yield from _linear("self_attn.q_proj", hidden, q, bias=bias)
    yield from _linear("self_attn.k_proj", hidden, kv, bias=bias)
    yield from _linear("self_attn.v_proj", hidden, kv, bias=bias)
    yield from _linear("self_attn.o_proj", q, hidden, bias=bias and kind == "llama")
    yield "mlp.gate_proj.weight", (inner, hidden)
    yield "mlp.up_proj.weight", (inner, hidden)
    yield "mlp.down_proj.weight", (hidden, inner)


def _phi3_layer(s: Config, kind: str) -> Iterator[tuple[str, Shape]]:
    hidden, q, kv = _widths(s)
    inner = s["intermediate_size"]
    yield from _norms(hidden)
    yield "self_attn.qkv_proj.weight", (q + 2 * kv, hidden)
    yield "self_attn.o_proj.weight", (hidden, q)
    yield "mlp.gate_up_proj.weight", (2 * inner, hidden)
    yield "mlp.down_proj.weight", (hidden, inner)


def _norms(hidden: int) -> Iterator[tuple[str, Shape]]:
    yield "input_layernorm.weight", (hidden,)
    yield "post_attention_layernorm.weight", (hidden,)


def _linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)
