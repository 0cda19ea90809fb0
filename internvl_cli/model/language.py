"""The language model of a checkpoint, fed with embeddings: the few calls that generation is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from internvl_cli.errors import UsageError
from internvl_cli.model.attention import exact_attention, grouped_attention
from internvl_cli.model.kvcache import GrowingCache
from internvl_cli.model.rope import crosses_switch, reset_rope, rope_switch

__all__ = ["LanguageModel"]


class LanguageModel:
    """Embeddings, decoder and head of an ``InternVLForConditionalGeneration``.

    Args:
        model: In eval mode, on its devices.
        image_token_id: Id of ``<IMG_CONTEXT>``.
    """

    def __init__(self, model: Any, image_token_id: int) -> None:
        self._model = model
        self._decoder = model.model.language_model
        self._embedding = model.get_input_embeddings()
        self._image_token = image_token_id
        self._switch = rope_switch(model)

    @property
    def vocabulary(self) -> int:
        """How many ids have an embedding."""
        return int(self._embedding.weight.shape[0])

    def new_cache(self, capacity: int) -> GrowingCache:
        """Make an empty cache with room for so many tokens."""
        return GrowingCache(self._decoder.config.num_hidden_layers, capacity)

    def begin(self) -> None:
        """Start a prompt: the rotary embedding forgets the length of the last one."""
        reset_rope(self._model)

    def is_long(self, length: int) -> bool:
        """Whether a text of so many tokens is beyond the switch of the rotary embedding."""
        return crosses_switch(self._switch, length)

    @property
    def long_texts_agree(self) -> bool:
        """Whether all texts beyond the switch have the same frequencies (LongRoPE), or each its own (dynamic NTK)."""
        return self._switch is not None and self._switch.kind == "longrope"

    def embed(self, ids: Sequence[int]) -> torch.Tensor:
        """Embed ids: ``(tokens, hidden)``."""
        tensor: torch.Tensor = self._embedding(torch.tensor(ids, device=self._embedding.weight.device))
        return tensor

    def fill(self, ids: Sequence[int], features: torch.Tensor | None) -> torch.Tensor:
        """Embed a prompt, with features where images stand.

        Args:
            ids: Of the prompt.
            features: As ``join`` gives them, in the order of their places; None without images.

        Returns:
            ``(1, tokens, hidden)``.

        Raises:
            UsageError: There are more or fewer features than places.
        """
        embeds = self.embed(ids)
        if features is not None:
            places = torch.tensor(ids, device=embeds.device) == self._image_token
            if int(places.sum()) != len(features):
                raise UsageError(f"{int(places.sum())} places for image tokens, but {len(features)} features")
            embeds[places] = features
        return embeds[None]

    def forward(
        self,
        embeds: torch.Tensor,
        cache: GrowingCache | None,
        *,
        mask: torch.Tensor | None = None,
        positions: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Pass embeddings through the decoder, after what the cache holds.

        Args:
            embeds: ``(batch, tokens, hidden)``.
            cache: Takes the new keys and values; None keeps none.
            mask: ``(batch, tokens held and new)``, 0 for padding; None without padding.
            positions: ``(batch, tokens)``; None counts on from the cache.

        Returns:
            ``(batch, tokens, hidden)``.
        """
        with grouped_attention(self._decoder.config):
            output = self._decoder(
                inputs_embeds=embeds,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=cache is not None,
            )
        hidden: torch.Tensor = output.last_hidden_state
        return hidden

    def logits(self, embeds: torch.Tensor) -> torch.Tensor:
        """Give the logits of every position of a prompt: ``(1, tokens, hidden)`` to ``(tokens, vocabulary)``."""
        with exact_attention(self._decoder, embeds.shape[1]):
            return self.head(self.forward(embeds, None))[0]

    def head(self, hidden: torch.Tensor) -> torch.Tensor:
        """Give logits: ``(…, hidden)`` to ``(…, vocabulary)``."""
        logits: torch.Tensor = self._model.lm_head(hidden)
        return logits

    def join(self, features: Sequence[torch.Tensor]) -> torch.Tensor | None:
        """Put the features of several images in one row, ``(image tokens, hidden)``; None where there are none."""
        weight = self._embedding.weight
        return torch.cat([one.flatten(0, 1).to(weight.device, weight.dtype) for one in features]) if features else None
