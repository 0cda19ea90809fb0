"""Count the bytes that the real model classes hold, at real sizes, without a GPU and without weights.

The model is built on torch's meta device, where tensors have shapes and no bytes; a dispatch mode adds up what lives.
Tiles go through ``model.vision`` and a prompt through the language model with ``model.kvcache``, as in an answer.
Attention is replaced by what the fused kernels allocate: the output and one float32 per row. Prints one JSON object per
size, predicted and counted bytes beside each other.

    python benchmarks/memory_trace.py 1B 8B 26B --tokens 8192 --tiles 13
"""

from __future__ import annotations

import argparse
import json
import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from internvl_cli.memory import fit
from internvl_cli.model.catalog import CatalogEntry, get
from internvl_cli.model.kvcache import GrowingCache
from internvl_cli.model.vision import encode_tiles


class Peak(TorchDispatchMode):
    """Most bytes of storages made inside that were alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and tensor.device.type == "meta":
                storage = tensor.untyped_storage()
                key = storage._cdata
                if key not in self._alive:
                    self._alive[key] = storage.nbytes()
                    self.now += storage.nbytes()
                    self.peak = max(self.peak, self.now)
                    weakref.finalize(storage, self._free, key)
        return out

    def _free(self, key: int) -> None:
        self.now -= self._alive.pop(key)


def fused_attention(query: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    rows = torch.empty(query.shape[:3], dtype=torch.float32, device=query.device)
    del rows
    return torch.empty_like(query)


def build(entry: CatalogEntry, device: str = "meta") -> Any:
    """The native model in a release's shape, in bfloat16; on ``meta`` without bytes."""
    from transformers import (
        InternVLConfig,
        InternVLForConditionalGeneration,
        InternVLVisionConfig,
        LlamaConfig,
        Phi3Config,
        Qwen2Config,
    )

    llm, vit = entry.llm, entry.vision
    text = {"qwen2": Qwen2Config, "phi3": Phi3Config}.get(llm.family, LlamaConfig)(
        hidden_size=llm.hidden,
        intermediate_size=llm.intermediate,
        num_hidden_layers=llm.layers,
        num_attention_heads=llm.heads,
        num_key_value_heads=llm.kv_heads,
        vocab_size=llm.vocab,
        max_position_embeddings=32768,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    vision = InternVLVisionConfig(
        hidden_size=vit.hidden,
        intermediate_size=vit.intermediate,
        num_hidden_layers=vit.layers,
        num_attention_heads=vit.hidden // (128 if vit.rms else 64),
        norm_type="rms_norm" if vit.rms else "layer_norm",
        use_qk_norm=vit.rms,
        attention_bias=not vit.rms,
        image_size=[448, 448],
        patch_size=[14, 14],
        use_mean_pooling=True,
    )
    config = InternVLConfig(vision_config=vision, text_config=text, image_token_id=5, tie_word_embeddings=False)
    config._attn_implementation = "sdpa"
    with torch.device(device):
        # transformers' own initialisation: random weights, and rope's tables as they should be.
        return InternVLForConditionalGeneration._from_config(config, dtype=torch.bfloat16).eval()


@torch.inference_mode()
def trace(size: str, tokens: int, tiles: int) -> dict[str, Any]:
    entry = get(size)
    model = build(entry)
    weights = sum(parameter.nbytes for parameter in model.parameters())
    with Peak() as vision:
        pixels = torch.empty(tiles, 3, 448, 448, device="meta", dtype=torch.bfloat16)
        encode_tiles(model, pixels, chunk=fit.VISION_CHUNK["cuda"])
        del pixels
    cache = GrowingCache(entry.llm.layers, tokens)
    with Peak() as prompt:
        # All of the prompt is tiles here, which is the most their features can take.
        features = torch.empty(tokens, entry.llm.hidden, device="meta", dtype=torch.bfloat16)
        embeds = torch.empty(1, tokens, entry.llm.hidden, device="meta", dtype=torch.bfloat16)
        model.model.language_model(inputs_embeds=embeds, past_key_values=cache, use_cache=True)
        del features, embeds
    need = fit.need(entry, max_tiles=tiles - 1, context=tokens)
    counted = weights + max(vision.peak, prompt.peak)
    return {
        "size": size,
        "tokens": tokens,
        "tiles": tiles,
        "weights": {"predicted": need.weights, "counted": weights},
        "vision": {"predicted": need.vision, "counted": vision.peak},
        "prompt": {"predicted": need.kv + need.prefill, "counted": prompt.peak},
        "allocated": {"predicted": need.allocated, "counted": counted, "ratio": round(need.allocated / counted, 4)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sizes", nargs="+")
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--tiles", type=int, default=13)
    arguments = parser.parse_args()
    torch.nn.functional.scaled_dot_product_attention = fused_attention
    for size in arguments.sizes:
        print(json.dumps(trace(size, arguments.tokens, arguments.tiles)), flush=True)


if __name__ == "__main__":
    main()
