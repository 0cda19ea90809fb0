"""The released InternVL2 models as data: what they are made of, what they weigh, what their authors measured.

Nothing here opens a file or imports a library. Sources, by short name (``docs/models.md`` spells them out):

* README, DOC: the OpenGVLab/InternVL repository's README and its documentation (internvl.readthedocs.io).
* BLOG: the announcement of InternVL 2.0 of 2024-07-02.
* CONFIG: ``config.json`` of the model's repository. Those of 1B, 4B, 8B and 26B were read; 2B's, 40B's and 76B's
  language model numbers come from the base models. 2B's parameter count confirms them to the unit; the vocabularies of
  40B and 76B are counted from the added tokens, so their totals are ``inferred``.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from internvl_cli.errors import UsageError

__all__ = [
    "CATALOG",
    "CONTEXT_LENGTH",
    "TILE_TOKENS",
    "Benchmarks",
    "CatalogEntry",
    "LanguageModel",
    "VisionEncoder",
    "find",
    "get",
]

CONTEXT_LENGTH = 8192
"""Tokens all InternVL2 models were trained to hold (DOC, FAQ 7)."""

TILE_TOKENS = 256
"""Language model tokens per tile: (448 / 14)² positions, a quarter after pixel shuffle."""

TILE_POSITIONS = 1025
"""Positions the vision encoder sees per tile: (448 / 14)² patches and the class token."""


@dataclass(frozen=True, slots=True)
class VisionEncoder:
    """An InternViT. Patch 14, tile 448, MLP and projections with bias, layer scale, no final norm (CONFIG).

    Attributes:
        name: As on the hub.
        hidden: Width.
        layers: Layers that the InternVL2 checkpoints carry (45 of the 6B's 48).
        intermediate: Width of the MLP.
        rms: RMS norm, no qkv bias and normalised queries and keys (6B), or layer norm and qkv bias (300M).
    """

    name: str
    hidden: int
    layers: int
    intermediate: int
    rms: bool

    @property
    def parameters(self) -> int:
        """Exact number of parameters."""
        h, m = self.hidden, self.intermediate
        embeddings = h + TILE_POSITIONS * h + (3 * 14 * 14 * h + h)
        norms = 2 * h if self.rms else 2 * 2 * h
        attention = 3 * h * h + (2 * h if self.rms else 3 * h) + h * h + h
        mlp = h * m + m + m * h + h
        layer_scale = 2 * h
        return embeddings + self.layers * (norms + attention + mlp + layer_scale)


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A decoder of the Llama kind, with untied embeddings in every release (CONFIG).

    Attributes:
        name: Repository it was made from.
        family: ``qwen2``, ``internlm2``, ``phi3`` or ``llama``.
        hidden: Width.
        layers: Number of layers.
        heads: Query heads.
        kv_heads: Key and value heads.
        head_dim: Width of a head.
        intermediate: Width of the gated MLP.
        vocab: Rows of the embedding and of the head, InternVL's added tokens included.
        qkv_bias: Whether queries, keys and values have a bias.
    """

    name: str
    family: Literal["qwen2", "internlm2", "phi3", "llama"]
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    qkv_bias: bool = False

    @property
    def linear_parameters_per_layer(self) -> int:
        """Weights of one layer's projections, without biases: what quantization shrinks."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return self.hidden * (q + 2 * kv) + q * self.hidden + 3 * self.hidden * self.intermediate

    @property
    def parameters_per_layer(self) -> int:
        """All parameters of one layer."""
        bias = (self.heads + 2 * self.kv_heads) * self.head_dim if self.qkv_bias else 0
        return self.linear_parameters_per_layer + bias + 2 * self.hidden

    @property
    def embedding_parameters(self) -> int:
        """Parameters of the embedding table; the head has as many again."""
        return self.vocab * self.hidden

    @property
    def parameters(self) -> int:
        """Exact number of parameters, embedding and head apart from each other."""
        return 2 * self.embedding_parameters + self.layers * self.parameters_per_layer + self.hidden


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Published figures in percent; None where none was published.

    Attributes:
        mmmu: MMMU val by the InternVL code base.
        mmmu_vlmevalkit: MMMU val by VLMEvalKit (OpenCompass): other matching, other figure.
        docvqa: DocVQA test, ANLS.
        chartqa: ChartQA test, relaxed accuracy, mean of the human and the augmented half.
        source: Where they stand.
    """

    mmmu: float | None
    mmmu_vlmevalkit: float | None
    docvqa: float | None
    chartqa: float | None
    source: str = "https://internvl.github.io/blog/2024-07-02-InternVL-2.0/"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One released model.

    Attributes:
        size: Short name: ``2B``.
        repo: Repository on the hub.
        vision: Its vision encoder.
        llm: Its language model.
        template: Conversation template of its config.
        license: Licence of the weights as its model card says.
        published_gib: Download size in GiB as the documentation says.
        benchmarks: Published figures.
        parameters_inferred: The total rests on an inferred vocabulary, and may be off by some thousand parameters.
    """

    size: str
    repo: str
    vision: VisionEncoder
    llm: LanguageModel
    template: str
    license: str
    published_gib: float
    benchmarks: Benchmarks
    parameters_inferred: bool = False

    @property
    def name(self) -> str:
        """``InternVL2-2B``."""
        return self.repo.partition("/")[2]

    @property
    def context_length(self) -> int:
        """Tokens the model was trained to hold."""
        return CONTEXT_LENGTH

    @property
    def projector_parameters(self) -> int:
        """LayerNorm over four positions, then two linear layers with bias (``mlp1``)."""
        wide, h = 4 * self.vision.hidden, self.llm.hidden
        return 2 * wide + (wide * h + h) + (h * h + h)

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.vision.parameters + self.projector_parameters + self.llm.parameters

    @property
    def download_bytes(self) -> int:
        """Bytes of the bfloat16 weights, which are nearly all of the download."""
        return 2 * self.parameters


VIT_300M = VisionEncoder("InternViT-300M-448px", hidden=1024, layers=24, intermediate=4096, rms=False)
VIT_6B = VisionEncoder("InternViT-6B-448px-V1-5", hidden=3200, layers=45, intermediate=12800, rms=True)

_QWEN2 = LanguageModel(
    "Qwen/Qwen2-0.5B-Instruct",
    "qwen2",
    hidden=896,
    layers=24,
    heads=14,
    kv_heads=2,
    head_dim=64,
    intermediate=4864,
    vocab=151_655,
    qkv_bias=True,
)
_INTERNLM2_2B = LanguageModel(
    "internlm/internlm2-chat-1_8b",
    "internlm2",
    hidden=2048,
    layers=24,
    heads=16,
    kv_heads=8,
    head_dim=128,
    intermediate=8192,
    vocab=92_553,
)
_PHI3 = LanguageModel(
    "microsoft/Phi-3-mini-128k-instruct",
    "phi3",
    hidden=3072,
    layers=32,
    heads=32,
    kv_heads=32,
    head_dim=96,
    intermediate=8192,
    vocab=32_020,
)
_INTERNLM2_7B = LanguageModel(
    "internlm/internlm2_5-7b-chat",
    "internlm2",
    hidden=4096,
    layers=32,
    heads=32,
    kv_heads=8,
    head_dim=128,
    intermediate=14_336,
    vocab=92_553,
)
_INTERNLM2_20B = LanguageModel(
    "internlm/internlm2-chat-20b",
    "internlm2",
    hidden=6144,
    layers=48,
    heads=48,
    kv_heads=8,
    head_dim=128,
    intermediate=16_384,
    vocab=92_553,
)
_YI_34B = LanguageModel(
    "NousResearch/Nous-Hermes-2-Yi-34B",
    "llama",
    hidden=7168,
    layers=60,
    heads=56,
    kv_heads=8,
    head_dim=128,
    intermediate=20_480,
    vocab=64_007,
)
_LLAMA3_70B = LanguageModel(
    "NousResearch/Hermes-2-Theta-Llama-3-70B",
    "llama",
    hidden=8192,
    layers=80,
    heads=64,
    kv_heads=8,
    head_dim=128,
    intermediate=28_672,
    vocab=128_265,
)

CATALOG: tuple[CatalogEntry, ...] = (
    CatalogEntry(
        "1B", "OpenGVLab/InternVL2-1B", VIT_300M, _QWEN2, "Hermes-2", "MIT", 1.8, Benchmarks(35.4, 36.7, 81.7, 72.9)
    ),
    CatalogEntry(
        "2B",
        "OpenGVLab/InternVL2-2B",
        VIT_300M,
        _INTERNLM2_2B,
        "internlm2-chat",
        "MIT",
        4.2,
        Benchmarks(34.3, 36.3, 86.9, 76.2),
    ),
    CatalogEntry(
        "4B", "OpenGVLab/InternVL2-4B", VIT_300M, _PHI3, "phi3-chat", "MIT", 7.8, Benchmarks(47.0, 48.3, 89.2, 81.5)
    ),
    CatalogEntry(
        "8B",
        "OpenGVLab/InternVL2-8B",
        VIT_300M,
        _INTERNLM2_7B,
        "internlm2-chat",
        "MIT",
        16,
        Benchmarks(49.3, 51.2, 91.6, 83.3),
    ),
    CatalogEntry(
        "8B-MPO",
        "OpenGVLab/InternVL2-8B-MPO",
        VIT_300M,
        _INTERNLM2_7B,
        "internlm2-chat",
        "MIT",
        16,
        Benchmarks(None, None, None, None, "https://internvl.github.io/blog/2024-11-14-InternVL-2.0-MPO/"),
    ),
    CatalogEntry(
        "26B",
        "OpenGVLab/InternVL2-26B",
        VIT_6B,
        _INTERNLM2_20B,
        "internlm2-chat",
        "MIT",
        48,
        Benchmarks(48.3, 50.7, 92.9, 84.9),
    ),
    CatalogEntry(
        "40B",
        "OpenGVLab/InternVL2-40B",
        VIT_6B,
        _YI_34B,
        "Hermes-2",
        "MIT",
        75,
        Benchmarks(53.9, 55.2, 93.9, 86.2),
        parameters_inferred=True,
    ),
    CatalogEntry(
        "76B",
        "OpenGVLab/InternVL2-Llama3-76B",
        VIT_6B,
        _LLAMA3_70B,
        "internlm2-chat",
        "Llama 3 Community",
        143,
        Benchmarks(55.2, 58.2, 94.1, 88.4),
        parameters_inferred=True,
    ),
)


def _names(entry: CatalogEntry) -> set[str]:
    names = {entry.size, entry.name, entry.repo, f"InternVL2-{entry.size}"}
    if entry.size == "76B":
        names.add("Llama3-76B")
    return {name.lower() for name in names}


_BY_NAME = {name: entry for entry in CATALOG for name in _names(entry)}


def find(name: str) -> CatalogEntry | None:
    """The entry called ``name``: a size (``2B``), a name (``InternVL2-2B``) or a repository, in any case."""
    return _BY_NAME.get(name.strip().lower())


def get(name: str) -> CatalogEntry:
    """The entry called ``name``.

    Raises:
        UsageError: There is none; the hint says which was perhaps meant.
    """
    entry = find(name)
    if entry is not None:
        return entry
    sizes = ", ".join(e.size for e in CATALOG)
    # Short names share most letters, so only a near miss is worth a guess.
    near = difflib.get_close_matches(name.strip().lower(), _BY_NAME, n=1, cutoff=0.75)
    guess = f"did you mean {_BY_NAME[near[0]].size}? " if near else ""
    raise UsageError(
        f"{name}: no such InternVL2 size",
        f"{guess}sizes: {sizes}; a repository (OWNER/NAME) or a folder (./PATH) works too",
    )
