"""How much memory a model needs, and which model fits: arithmetic over numbers, no device is touched.

Every formula counts the tensors that are alive at the worst moment of transformers' InternVL classes (SDPA attention,
logits for the last position only). ``benchmarks/memory_trace.py`` runs those classes on torch's meta device and counts
the same bytes; ``docs/memory.md`` works two examples through by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from internvl_cli.memory.device import Device, Kind
from internvl_cli.model.catalog import CONTEXT_LENGTH, TILE_POSITIONS, TILE_TOKENS, CatalogEntry

__all__ = [
    "VISION_CHUNK",
    "Need",
    "Quantize",
    "decode_bytes_per_token",
    "dtype_for",
    "kv_bytes",
    "layer_bytes",
    "margin",
    "need",
    "prefill_bytes",
    "vision_bytes",
    "weight_bytes",
]

Quantize = Literal["8bit", "4bit"]
DtypeName = Literal["bf16", "fp16", "fp32"]

GIB = 1 << 30
_BYTES: dict[str, int] = {"bf16": 2, "fp16": 2, "fp32": 4}

VISION_CHUNK: dict[Kind, int] = {"cuda": 8, "rocm": 8, "mps": 4, "cpu": 1}
"""Most tiles encoded at once (``model.vision`` goes by these where memory allows)."""

# What bitsandbytes stores per weight of a linear layer: int8 and one float32 per row (the row is negligible), or 4 bits
# and one float32 per block of 64.
_QUANTIZED_BYTES: dict[str, float] = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}

# Outside torch's allocator: the CUDA context with the kernels that get loaded (0.5 GiB on recent cards), cuBLAS and
# cuDNN workspaces; on a CPU the code of torch and transformers themselves.
_CONTEXT: dict[str, int] = {"cuda": 640 << 20, "rocm": 768 << 20, "mps": 512 << 20, "cpu": 1 << 30}
_FRAGMENTATION = 0.05  # of what comes and goes; weights come once


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes a model needs on one device.

    Attributes:
        weights: All weights, quantized or not.
        kv: Keys and values of the whole context.
        vision: What the vision encoder holds while it encodes one chunk of tiles.
        prefill: What the language model holds, beside weights and cache, while it reads a context full of prompt.
        overhead: Context, workspaces and fragmentation: what the device loses beyond torch's tensors.
    """

    weights: int
    kv: int
    vision: int
    prefill: int
    overhead: int

    @property
    def allocated(self) -> int:
        """Peak of torch's tensors: tiles are encoded before there is a cache, so the two peaks do not add up."""
        return self.weights + max(self.vision, self.kv + self.prefill)

    @property
    def total(self) -> int:
        """What must be free on the device."""
        return self.allocated + self.overhead


def need(
    entry: CatalogEntry,
    *,
    max_tiles: int = 12,
    context: int = CONTEXT_LENGTH,
    dtype: DtypeName = "bf16",
    quantize: Quantize | None = None,
    kind: Kind = "cuda",
) -> Need:
    """What ``entry`` needs on one device.

    Args:
        entry: The model.
        max_tiles: Most tiles of a page; its thumbnail comes on top.
        context: Tokens of prompt and answer together.
        dtype: Of weights (unless quantized), cache and activations.
        quantize: Language model's layers in 8 or 4 bits.
        kind: Of device, for what it loses to its context.
    """
    tiles = max_tiles + 1
    kv = kv_bytes(entry, context, dtype)
    vision = vision_bytes(entry, tiles, dtype, VISION_CHUNK[kind])
    prefill = prefill_bytes(entry, context, dtype, quantize)
    overhead = _CONTEXT[kind] + int(_FRAGMENTATION * max(vision, kv + prefill))
    return Need(weight_bytes(entry, dtype, quantize), kv, vision, prefill, overhead)


def weight_bytes(entry: CatalogEntry, dtype: DtypeName = "bf16", quantize: Quantize | None = None) -> int:
    """Bytes of all weights. Quantization shrinks the language model's layers; all else keeps ``dtype``.

    InternViT stays whole because its authors warn that InternViT-6B in 4 bits talks nonsense.
    """
    layers = entry.llm.layers
    rest = entry.parameters - layers * entry.llm.parameters_per_layer
    return rest * _BYTES[dtype] + layers * layer_bytes(entry, dtype, quantize)


def layer_bytes(entry: CatalogEntry, dtype: DtypeName = "bf16", quantize: Quantize | None = None) -> int:
    """Bytes of one layer of the language model."""
    llm = entry.llm
    if quantize is None:
        return llm.parameters_per_layer * _BYTES[dtype]
    rest = llm.parameters_per_layer - llm.linear_parameters_per_layer
    return int(llm.linear_parameters_per_layer * _QUANTIZED_BYTES[quantize]) + rest * _BYTES[dtype]


def kv_bytes(entry: CatalogEntry, tokens: int, dtype: DtypeName = "bf16") -> int:
    """Bytes of the key-value cache: keys and values of every layer and token."""
    llm = entry.llm
    return 2 * llm.layers * llm.kv_heads * llm.head_dim * tokens * _BYTES[dtype]


def vision_bytes(entry: CatalogEntry, tiles: int, dtype: DtypeName = "bf16", chunk: int = 8) -> int:
    """Peak while tiles are encoded, ``chunk`` at a time.

    The worst moment is the activation inside an MLP: five tensors of the encoder's width are alive (the encoder's
    input, the layer's input, the attention's output, the residual, the normed residual), two of the MLP's, and the
    pixels; beside them wait the features of the tiles that are done.
    """
    vit = entry.vision
    per_tile = TILE_POSITIONS * (5 * vit.hidden + 2 * vit.intermediate) + 3 * 448 * 448
    features = tiles * TILE_TOKENS * entry.llm.hidden
    return (min(tiles, chunk) * per_tile + features) * _BYTES[dtype]


def prefill_bytes(entry: CatalogEntry, tokens: int, dtype: DtypeName = "bf16", quantize: Quantize | None = None) -> int:
    """Peak while the prompt is read, beside weights and cache.

    The worst moment is the gated product inside an MLP: the tiles' features, the embeddings, the residual, the layer's
    input and its norm are alive, gate and up (fused in Phi-3, hence once more) and their product, and rope's cosines
    and sines.
    """
    llm = entry.llm
    wide = 4 if llm.family == "phi3" else 3
    per_token = (5 * llm.hidden + wide * llm.intermediate + 2 * llm.head_dim) * _BYTES[dtype]
    if quantize == "8bit":
        per_token += 4 * llm.intermediate + llm.hidden  # the int32 product and the int8 input of LLM.int8()
    extra = 2 * llm.hidden * llm.intermediate if quantize == "4bit" else 0  # one matrix, unpacked for the product
    return tokens * per_token + extra


def margin(device: Device) -> int:
    """What ``auto`` leaves free: 3 % of the device, at least a quarter GiB; on a CPU and on Apple 10 %, at least 1 GiB.

    A desktop's own windows take more when they like; main memory is shared with everything that runs.
    """
    shared = device.kind in ("cpu", "mps")
    return max(device.total // 10, GIB) if shared else max(device.total * 3 // 100, GIB // 4)


def dtype_for(device: Device) -> DtypeName:
    """What ``--dtype auto`` means there: bfloat16 where it is native, else fp16 on a GPU and fp32 on a CPU."""
    if device.bf16:
        return "bf16"
    return "fp16" if device.accelerator else "fp32"


def decode_bytes_per_token(entry: CatalogEntry, dtype: DtypeName = "bf16", quantize: Quantize | None = None) -> int:
    """Bytes read for every new token: the language model without its embedding table."""
    llm = entry.llm
    return llm.layers * layer_bytes(entry, dtype, quantize) + llm.embedding_parameters * _BYTES[dtype]
