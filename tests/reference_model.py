"""An independent, plain reading of the original architecture, slow and short, to hold the native model against.

Works on the original tensors by their original names, in float32. Written from the architecture: InternViT, pixel
shuffle (both versions), the projector, and the decoders of InternLM2, Llama, Qwen2 and Phi-3. A key-value cache is
kept, because keys stay rotated as they were when a rotary embedding changes with the length.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

Tensor = torch.Tensor
Cache = list[tuple[Tensor, Tensor]]


class Reference:
    """The original model of a checkpoint folder."""

    def __init__(self, folder: Path) -> None:
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.vision, self.llm = self.config["vision_config"], self.config["llm_config"]
        self.w: dict[str, Tensor] = {}
        for file in sorted(folder.glob("*.safetensors")):
            self.w.update({name: tensor.float() for name, tensor in load_file(file).items()})
        self.arch = self.llm["architectures"][0].removesuffix("ForCausalLM")

    # -- vision ------------------------------------------------------------------------------------------------------

    def features(self, pixels: Tensor) -> Tensor:
        """Projected tiles: (tiles, 3, side, side) to (tiles, positions, llm hidden)."""
        x = self._embed_patches(pixels)
        states = [x]
        for n in range(self.vision["num_hidden_layers"]):
            p = f"vision_model.encoder.layers.{n}."
            x = x + self._vit_attention(self._vit_norm(x, p + "norm1"), p + "attn.") * self.w[p + "ls1"]
            h = F.gelu(self._linear(self._vit_norm(x, p + "norm2"), p + "mlp.fc1"))
            x = x + self._linear(h, p + "mlp.fc2") * self.w[p + "ls2"]
            states.append(x)
        x = states[self.config["select_layer"]][:, 1:]
        tiles, count, width = x.shape
        side = math.isqrt(count)
        grid = x.view(tiles, side, side, width)
        # Four neighbours (at a ratio of 0.5) become one: channels run over (row, column) of the 2 x 2 block.
        n = int(1 / self.config["downsample_ratio"])
        # Blocks row by row; the first version, which is the default, has them column by column.
        places = [(row, column) for row in range(0, side, n) for column in range(0, side, n)]
        if self.config.get("ps_version", "v1") == "v1":
            places = [(row, column) for column in range(0, side, n) for row in range(0, side, n)]
        x = torch.stack([grid[:, row : row + n, column : column + n].flatten(1) for row, column in places], dim=1)
        x = F.layer_norm(x, x.shape[-1:], self.w["mlp1.0.weight"], self.w["mlp1.0.bias"], 1e-5)
        return self._linear(F.gelu(self._linear(x, "mlp1.1")), "mlp1.3")

    def _embed_patches(self, pixels: Tensor) -> Tensor:
        p = "vision_model.embeddings."
        patch = self.vision["patch_size"]
        x = F.conv2d(pixels, self.w[p + "patch_embedding.weight"], self.w[p + "patch_embedding.bias"], stride=patch)
        rows, columns = x.shape[-2:]
        x = x.flatten(2).transpose(1, 2)
        table = self.w[p + "position_embedding"]
        side = self.vision["image_size"] // patch
        grid = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(rows, columns), mode="bicubic", align_corners=False)
        position = torch.cat([table[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)
        return torch.cat([self.w[p + "class_embedding"].expand(len(x), 1, -1), x], dim=1) + position

    def _vit_norm(self, x: Tensor, name: str) -> Tensor:
        eps = self.vision["layer_norm_eps"]
        if self.vision["norm_type"] == "rms_norm":
            return _rms(x, self.w[name + ".weight"], eps)
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], eps)

    def _vit_attention(self, x: Tensor, p: str) -> Tensor:
        heads = self.vision["num_attention_heads"]
        q, k, v = self._linear(x, p + "qkv").chunk(3, dim=-1)
        if self.vision["qk_normalization"]:
            q = _rms(q, self.w[p + "q_norm.weight"], self.vision["layer_norm_eps"])
            k = _rms(k, self.w[p + "k_norm.weight"], self.vision["layer_norm_eps"])
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        weights = ((q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)).softmax(-1)
        return self._linear((weights @ v).transpose(1, 2).flatten(2), p + "proj")

    # -- language ----------------------------------------------------------------------------------------------------

    def logits(self, ids: list[int], pixels: Tensor | None = None, image_token: int = -1) -> Tensor:
        """(length, vocabulary)"""
        return self._forward(self._embed(ids, pixels, image_token), [])

    def greedy(self, ids: list[int], count: int, pixels: Tensor | None = None, image_token: int = -1) -> list[int]:
        """The next ``count`` tokens."""
        cache: Cache = []
        row = self._forward(self._embed(ids, pixels, image_token), cache)[-1]
        tokens = []
        for _ in range(count):
            tokens.append(int(row.argmax()))
            row = self._forward(self._embed(tokens[-1:], None, -1), cache)[-1]
        return tokens

    def _embed(self, ids: list[int], pixels: Tensor | None, image_token: int) -> Tensor:
        name = "tok_embeddings" if self.arch == "InternLM2" else "embed_tokens"
        x = self.w[f"language_model.model.{name}.weight"][torch.tensor(ids)]
        if pixels is not None:
            x[torch.tensor(ids) == image_token] = self.features(pixels).flatten(0, 1)
        return x

    def _forward(self, x: Tensor, cache: Cache) -> Tensor:
        past = cache[0][0].shape[1] if cache else 0
        cos, sin = self._rotary(past, len(x))
        eps = self.llm["rms_norm_eps"]
        internlm2 = self.arch == "InternLM2"
        window = (self.arch == "Phi3" and self.llm.get("sliding_window")) or past + len(x)
        norms = ("attention_norm", "ffn_norm") if internlm2 else ("input_layernorm", "post_attention_layernorm")
        for n in range(self.llm["num_hidden_layers"]):
            p = f"language_model.model.layers.{n}."
            q, k, v = self._qkv(_rms(x, self.w[p + norms[0] + ".weight"], eps), p)
            q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
            if len(cache) > n:
                k, v = torch.cat([cache[n][0], k], dim=1), torch.cat([cache[n][1], v], dim=1)
                cache[n] = (k, v)
            else:
                cache.append((k, v))
            x = x + self._linear(_attend(q, k, v, window), p + ("attention.wo" if internlm2 else "self_attn.o_proj"))
            x = x + self._mlp(_rms(x, self.w[p + norms[1] + ".weight"], eps), p)
        x = _rms(x, self.w["language_model.model.norm.weight"], eps)
        head = self.w.get("language_model.output.weight", self.w.get("language_model.lm_head.weight"))
        return x @ (self.w["language_model.model.embed_tokens.weight"] if head is None else head).T

    def _qkv(self, x: Tensor, p: str) -> tuple[Tensor, Tensor, Tensor]:
        heads, kv = self.llm["num_attention_heads"], self.llm["num_key_value_heads"]
        width = self.llm["hidden_size"] // heads
        if self.arch == "InternLM2":
            groups = self._linear(x, p + "attention.wqkv").view(len(x), kv, heads // kv + 2, width)
            q, k, v = groups[:, :, :-2].flatten(1, 2), groups[:, :, -2], groups[:, :, -1]
        elif self.arch == "Phi3":
            fused = self._linear(x, p + "self_attn.qkv_proj").view(len(x), heads + 2 * kv, width)
            q, k, v = fused.split([heads, kv, kv], dim=1)
        else:
            q, k, v = (self._linear(x, f"{p}self_attn.{t}_proj").unflatten(-1, (-1, width)) for t in "qkv")
        return q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)

    def _mlp(self, x: Tensor, p: str) -> Tensor:
        if self.arch == "InternLM2":
            p += "feed_forward."
            return self._linear(F.silu(self._linear(x, p + "w1")) * self._linear(x, p + "w3"), p + "w2")
        p += "mlp."
        if self.arch == "Phi3":
            gate, up = self._linear(x, p + "gate_up_proj").chunk(2, dim=-1)
        else:
            gate, up = self._linear(x, p + "gate_proj"), self._linear(x, p + "up_proj")
        return self._linear(F.silu(gate) * up, p + "down_proj")

    def _rotary(self, past: int, count: int) -> tuple[Tensor, Tensor]:
        width = self.llm["hidden_size"] // self.llm["num_attention_heads"]
        length, limit = past + count, self.llm["max_position_embeddings"]
        base = float(self.llm["rope_theta"])
        positions = torch.arange(past, length).float()
        exponents = torch.arange(0, width, 2).float() / width
        scaling = self.llm.get("rope_scaling") or {"type": "none"}
        factors, amplitude = torch.ones(width // 2), 1.0
        if scaling["type"] == "linear":
            positions = positions / scaling["factor"]
        elif scaling["type"] == "dynamic" and length > limit:
            stretch = scaling["factor"] * length / limit - (scaling["factor"] - 1)
            base *= stretch ** (width / (width - 2))
        elif scaling["type"] == "su":
            original = self.llm["original_max_position_embeddings"]
            factors = torch.tensor(scaling["long_factor" if length > original else "short_factor"])
            amplitude = math.sqrt(1 + math.log(limit / original) / math.log(original))
        angles = positions[:, None] * (1.0 / (factors * base**exponents))
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos() * amplitude, angles.sin() * amplitude

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias"))


def _rms(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


def _attend(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """(heads, new, width), keys and values with fewer heads and the past; to (new, heads * width).

    A position sees itself and the ``window - 1`` before it.
    """
    groups = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(groups, dim=0), v.repeat_interleave(groups, dim=0)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    new, total = scores.shape[-2:]
    visible = torch.ones(new, total).tril(total - new).triu(total - new - window + 1).bool()
    return (scores.masked_fill(~visible, float("-inf")).softmax(-1) @ v).transpose(0, 1).flatten(1)
