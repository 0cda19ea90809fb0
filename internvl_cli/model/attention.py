"""Attention of one new token: the query heads that share keys go through torch's kernel together.

Every family but Phi-3 has several query heads per key head. transformers hands them to torch with ``enable_gqa``, which
reads a key head once per query head. With one new token that reading is all the work, and on a CPU in bfloat16 it took
fifteen times as long as this: heads that share keys laid out as the rows of one query, so that keys are read once.
Prompts and padded batches go transformers' way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

__all__ = ["exact_attention", "grouped_attention"]

NAME = "internvl_grouped"

EAGER_BYTES = 2 << 30
"""Largest matrix of scores, in bytes, that eager attention may make: 8,192 tokens with 8 heads in float32."""


def _forward(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attend; shapes ``(batch, heads, tokens, head_dim)``, result ``(batch, tokens, heads, head_dim)``."""
    batch, heads, tokens, size = query.shape
    if tokens > 1 or attention_mask is not None or heads == key.shape[1]:
        output, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return output, None
    rows = query.view(batch, key.shape[1], heads // key.shape[1], size)
    attended = torch.nn.functional.scaled_dot_product_attention(rows, key, value, scale=scaling)
    return attended.reshape(batch, 1, heads, size), None


ALL_ATTENTION_FUNCTIONS.register(NAME, _forward)
ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, sdpa_mask)


@contextmanager
def _instead_of_sdpa(config: Any, name: str) -> Iterator[None]:
    """Let a decoder attend in another way where it would use ``sdpa``; its own choice otherwise stays."""
    if config._attn_implementation != "sdpa":
        yield
        return
    config._attn_implementation = name
    try:
        yield
    finally:
        config._attn_implementation = "sdpa"


def grouped_attention(config: Any) -> AbstractContextManager[None]:
    """Let a decoder attend like this where it would use ``sdpa``; another choice, such as FlashAttention, stays."""
    return _instead_of_sdpa(config, NAME)


def exact_attention(decoder: Any, tokens: int) -> AbstractContextManager[None]:
    """Let a decoder attend as the original code does ("eager"), for logits to compare with, in float32 on a CPU.

    torch's kernel sums in another order: from a thousand tokens on, logits are up to 2e-4 apart. Other types and
    devices round far more, and texts whose scores would take more than ``EAGER_BYTES`` stay with the kernel.
    """
    config, weight = decoder.config, next(decoder.parameters())
    size = 4 * config.num_attention_heads * tokens * tokens
    if weight.dtype != torch.float32 or weight.device.type != "cpu" or size > EAGER_BYTES:
        return nullcontext()
    return _instead_of_sdpa(config, "eager")
