"""InternLM2's fused attention projection, taken apart. Needs torch and transformers."""

from __future__ import annotations

from typing import Any

import torch
from transformers.core_model_loading import ConversionOps

__all__ = ["SplitGroupedQKV", "split_grouped_qkv"]


def split_grouped_qkv(
    fused: torch.Tensor, heads: int, kv_heads: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split ``wqkv`` into query, key and value projections.

    Rows come per key-value head: its ``heads / kv_heads`` query heads, then its key head, then its value head
    (``modeling_internlm2.py``: ``rearrange "b q (h gs d) -> b q h gs d"``).

    Args:
        fused: Weight of shape (rows, hidden) or bias of shape (rows,), rows = (heads + 2 · kv_heads) · head_dim.
        heads: Query heads.
        kv_heads: Key-value heads.

    Returns:
        q, k and v with heads · head_dim, kv_heads · head_dim and kv_heads · head_dim rows.
    """
    rest = fused.shape[1:]
    groups = fused.reshape(kv_heads, heads // kv_heads + 2, -1, *rest)
    q, k, v = groups[:, :-2], groups[:, -2], groups[:, -1]
    return q.reshape(-1, *rest), k.reshape(-1, *rest), v.reshape(-1, *rest)


class SplitGroupedQKV(ConversionOps):
    """``split_grouped_qkv`` as a step of transformers' weight conversion."""

    @torch.no_grad()
    def convert(  # type: ignore[override]  # as transformers' own Chunk does
        self, input_dict: dict[str, Any], source_patterns: list[str], target_patterns: list[str], **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """Give the three projections under the three target names."""
        value = next(iter(input_dict.values()))
        fused = value[0] if isinstance(value, list) else value
        text = kwargs["config"].get_text_config()
        parts = split_grouped_qkv(fused, text.num_attention_heads, text.num_key_value_heads)
        return dict(zip(target_patterns, (part.contiguous() for part in parts), strict=True))
