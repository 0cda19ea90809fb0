"""A key-value cache that grows in place.

``DynamicCache`` copies all keys and values for every new token; on a page of 3,000 tokens that is gigabytes per answer.
Here they are written into a buffer with room to spare, and attention gets a view of the part in use.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

__all__ = ["GrowingCache"]

STEP = 256
"""Tokens by which a full buffer grows."""


class _GrowingLayer(DynamicLayer):
    """Keys and values of one layer: ``(batch, heads, capacity, head_dim)``, of which ``length`` are in use."""

    def __init__(self, capacity: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.capacity = capacity
        self.length = 0
        self._buffers: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        end = self.length + key_states.shape[-2]
        keys, values = self._buffers_for(key_states, value_states, end)
        keys[:, :, self.length : end] = key_states
        values[:, :, self.length : end] = value_states
        self.length, self.is_initialized = end, True
        return keys[:, :, :end], values[:, :, :end]

    def get_seq_length(self, *_: Any) -> int:
        return self.length

    def get_mask_sizes(self, query_length: Any) -> tuple[int, int]:
        """Length and offset for the mask; earlier transformers 5 give positions instead of a length."""
        return self.length + (query_length if isinstance(query_length, int) else query_length.shape[0]), 0

    def reset(self) -> None:
        self.length = 0

    def crop(self, tokens_to_remove: int) -> None:
        """Forget the last ``-tokens_to_remove`` tokens."""
        self.length -= abs(tokens_to_remove)

    def _buffers_for(
        self, key_states: torch.Tensor, value_states: torch.Tensor, end: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give buffers that hold ``end`` tokens, with what the present ones hold."""
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            self.capacity = max(self.capacity, -(-end // STEP) * STEP)
            self._buffers = self._grown(key_states, 0), self._grown(value_states, 1)
        return self._buffers

    def _grown(self, like: torch.Tensor, index: int) -> torch.Tensor:
        batch, heads, _, size = like.shape
        buffer = like.new_empty((batch, heads, self.capacity, size))
        if self._buffers is not None:
            buffer[:, :, : self.length] = self._buffers[index][:, :, : self.length]
        return buffer


class GrowingCache(Cache):
    """The cache of all layers.

    Args:
        layers: Of the language model.
        capacity: Tokens there is room for at once; more are made room for when they come.
    """

    def __init__(self, layers: int, capacity: int) -> None:
        self._growing = [_GrowingLayer(capacity) for _ in range(layers)]
        super().__init__(layers=list(self._growing))

    @property
    def length(self) -> int:
        """Tokens held."""
        return self._growing[0].length

    def keep(self, length: int) -> None:
        """Forget all but the first ``length`` tokens."""
        for layer in self._growing:
            layer.length = min(layer.length, length)
