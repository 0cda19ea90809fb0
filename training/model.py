"""The reader's network in torch: MiniLM with layout, trained here and exported to ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from internvl_cli.reader.features import FLAGS, GEOMETRY, RELATIONS
from training.sample import KINDS

HIDDEN, HEADS, LAYERS, INNER, VOCABULARY, POSITIONS = 384, 12, 6, 1536, 30522, 512
"""MiniLM-L6-H384's sizes."""

POINTER = 64
"""Width of the space in which ends meet their start."""

SELECTIONS = ("value", "value_begins", "label", "label_begins")
"""What the selection head says of each word."""


class Layer(nn.Module):
    """A BERT layer (post-norm) whose attention takes an additive bias."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """``x``: (batch, tokens, hidden); ``bias``: (batch, heads, tokens, tokens)."""
        batch, tokens, _ = x.shape
        heads = self.qkv(x).view(batch, tokens, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = heads[0], heads[1], heads[2]
        # Written out: on CPU in bf16 this trains twice as fast as scaled_dot_product_attention with a bias.
        weights = (query * (1 / math.sqrt(HIDDEN // HEADS))) @ key.transpose(-1, -2) + bias
        mixed = (weights.softmax(-1) @ value).transpose(1, 2).reshape(batch, tokens, HIDDEN)
        x = self.norm1(x + self.out(mixed))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Reader(nn.Module):
    """Encoder with layout and four heads: start, end given the start, selection, kind.

    Args:
        layout: False leaves the 2-D embeddings, the flags and the relations out (for the ablation).
    """

    def __init__(self, layout: bool = True) -> None:
        super().__init__()
        self.layout = layout
        self.words = nn.Embedding(VOCABULARY, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.sides = nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.geometry = nn.Embedding(sum(size + 1 for size in GEOMETRY), HIDDEN)
        self.flags = nn.Linear(FLAGS, HIDDEN, bias=False)
        # Two sets of heads: the lower layers and the upper layers look in different directions.
        self.relations = nn.Embedding(RELATIONS, 2 * HEADS + 1)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.start = nn.Linear(HIDDEN, 1)
        self.end_query = nn.Linear(HIDDEN, POINTER)
        self.end_key = nn.Linear(HIDDEN, POINTER)
        self.end_bias = nn.Linear(HIDDEN, 1)
        self.select = nn.Sequential(nn.Linear(HIDDEN, HIDDEN // 2), nn.GELU(), nn.Linear(HIDDEN // 2, len(SELECTIONS)))
        self.kind = nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, len(KINDS)))
        for module in (self.geometry, self.relations, self.flags):
            nn.init.zeros_(module.weight)
        offsets = torch.tensor([sum(size + 1 for size in GEOMETRY[:i]) for i in range(len(GEOMETRY))])
        self.register_buffer("offsets", offsets, persistent=False)

    def encode(
        self, ids: Tensor, side: Tensor, geometry: Tensor, flags: Tensor, relations: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give hidden states (batch, tokens, hidden) and the relations' part of the ends (batch, tokens, tokens).

        Args:
            ids: (batch, tokens) piece ids.
            side: (batch, tokens): 0 question, 1 page.
            geometry: (batch, tokens, 8), see ``GEOMETRY``.
            flags: (batch, tokens, FLAGS).
            relations: (batch, tokens, tokens); 0 where the column is padding.
        """
        tokens = ids.shape[1]
        x = self.words(ids) + self.positions.weight[:tokens] + self.sides(side)
        if not self.layout:
            relations = (relations > 0).to(relations.dtype)
        table = self.relations.weight
        # Row 0 is padding: no attention.
        table = torch.cat([torch.full_like(table[:1], -1e4), table[1:]])
        bias = F.embedding(relations, table)
        placed = self.geometry(geometry + self.offsets).sum(2) + self.flags(flags.to(x.dtype))
        # Times zero, not left out: the exported network keeps its inputs.
        x = x + (placed if self.layout else placed * 0.0)
        x = self.norm(x)
        lower = bias[..., :HEADS].permute(0, 3, 1, 2).contiguous()
        upper = bias[..., HEADS : 2 * HEADS].permute(0, 3, 1, 2).contiguous()
        for number, layer in enumerate(self.layers):
            x = layer(x, lower if number < LAYERS // 2 else upper)
        return x, bias[..., 2 * HEADS]

    def forward(
        self, ids: Tensor, side: Tensor, geometry: Tensor, flags: Tensor, relations: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Give all scores, as the exported network does.

        Returns:
            start (batch, tokens), end (batch, start token, end token), selection (batch, tokens, 4) and kind
            (batch, kinds), all as logits; the start score of token 0 stands for "not here".
        """
        x, pairs = self.encode(ids, side, geometry, flags, relations)
        end = self.end_query(x) @ self.end_key(x).transpose(1, 2) / math.sqrt(POINTER)
        end = end + self.end_bias(x).transpose(1, 2) + pairs
        return self.start(x).squeeze(-1), end, self.select(x), self.kind(x[:, 0])

    def load_minilm(self, folder: Path) -> None:
        """Start from MiniLM-L6-H384 in Hugging Face's layout (``model.safetensors``)."""
        from safetensors.torch import load_file

        source = load_file(folder / "model.safetensors")
        target = {
            "words.weight": source["embeddings.word_embeddings.weight"],
            "positions.weight": source["embeddings.position_embeddings.weight"],
            "sides.weight": source["embeddings.token_type_embeddings.weight"],
            "norm.weight": source["embeddings.LayerNorm.weight"],
            "norm.bias": source["embeddings.LayerNorm.bias"],
        }
        names = {
            "out": "attention.output.dense",
            "norm1": "attention.output.LayerNorm",
            "up": "intermediate.dense",
            "down": "output.dense",
            "norm2": "output.LayerNorm",
        }
        for i in range(LAYERS):
            for part in ("weight", "bias"):
                attention = f"encoder.layer.{i}.attention.self"
                target[f"layers.{i}.qkv.{part}"] = torch.cat(
                    [source[f"{attention}.{name}.{part}"] for name in ("query", "key", "value")]
                )
                for ours, theirs in names.items():
                    target[f"layers.{i}.{ours}.{part}"] = source[f"encoder.layer.{i}.{theirs}.{part}"]
        missing, unexpected = self.load_state_dict(target, strict=False)
        assert not unexpected, unexpected
        assert not any(name.startswith(("layers", "words")) for name in missing), missing


def mean(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Average weights of one run: ends of several stages (Wortsman et al. 2022, "Model soups")."""
    return {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
