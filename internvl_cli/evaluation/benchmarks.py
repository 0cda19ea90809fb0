"""The benchmarks as data: how each is asked, how it is scored, which splits it has.

Prompts, decoding and tile counts are those of ``internvl_chat/eval`` in the InternVL repository (DocVQA, InfoVQA,
ChartQA, TextVQA, MMMU) and of VLMEvalKit's InternVL class (OCRBench), with which the published figures were made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from internvl_cli.engines.base import Options

__all__ = ["BENCHMARKS", "OWN", "Benchmark", "Metric"]

Metric = Literal["anls", "relaxed", "mmmu", "vqa", "ocrbench", "match"]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: As on the command line.
        title: As people write it.
        metric: What scores an answer (``scoring.score``).
        metric_title: What the score is called.
        max_tiles: Most tiles of an image (the reference's ``--max-num``).
        max_new_tokens: Most tokens of an answer.
        short: Whether "Answer the question using a single word or phrase." follows the question, after one space; where
            it does not, the question carries its instruction itself.
        splits: The splits that can be read; the first is the default.
        hidden: Splits without answers, which only the organisers' server scores.
        by_halves: The figure is the mean of the means by kind (ChartQA's human and augmented questions).
        scale: What a mean of 1 is printed as.
        home: Where the data are.
    """

    name: str
    title: str
    metric: Metric
    metric_title: str
    max_tiles: int
    max_new_tokens: int
    short: bool
    splits: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    by_halves: bool = False
    scale: int = 100
    home: str = ""

    def options(self, min_confidence: float = 0.0) -> Options:
        """Greedy decoding with this benchmark's limits."""
        return Options(
            max_tiles=self.max_tiles,
            max_new_tokens=self.max_new_tokens,
            short=self.short,
            min_confidence=min_confidence,
        )


BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            "docvqa",
            "DocVQA",
            "anls",
            "ANLS",
            max_tiles=18,
            max_new_tokens=100,
            short=True,
            splits=("val", "test"),
            hidden=("test",),
            home="https://rrc.cvc.uab.es/?ch=17 (task 1), or lmms-lab/DocVQA",
        ),
        Benchmark(
            "infovqa",
            "InfographicVQA",
            "anls",
            "ANLS",
            max_tiles=24,
            max_new_tokens=100,
            short=True,
            splits=("val", "test"),
            hidden=("test",),
            home="https://rrc.cvc.uab.es/?ch=17 (task 3), or lmms-lab/DocVQA",
        ),
        Benchmark(
            "chartqa",
            "ChartQA",
            "relaxed",
            "relaxed accuracy, mean of human and augmented",
            max_tiles=12,
            max_new_tokens=100,
            short=True,
            splits=("test", "val"),
            by_halves=True,
            home="https://github.com/vis-nlp/ChartQA, or HuggingFaceM4/ChartQA",
        ),
        Benchmark(
            "textvqa",
            "TextVQA",
            "vqa",
            "VQA accuracy",
            max_tiles=6,
            max_new_tokens=10,
            short=True,
            splits=("val",),
            home="https://textvqa.org (v0.5.1), or lmms-lab/textvqa",
        ),
        Benchmark(
            "mmmu",
            "MMMU",
            "mmmu",
            "accuracy",
            max_tiles=6,
            max_new_tokens=10,
            short=False,
            splits=("validation", "dev"),
            home="MMMU/MMMU",
        ),
        Benchmark(
            "ocrbench",
            "OCRBench",
            "ocrbench",
            "points of 1,000",
            max_tiles=24,
            max_new_tokens=1024,
            short=False,
            splits=("test",),
            scale=1000,
            home="https://github.com/Yuliang-Liu/MultimodalOCR, or echo840/OCRBench",
        ),
    )
}
"""By name."""

OWN = Benchmark(
    "own",
    "Own held-out set",
    "match",
    "accuracy",
    max_tiles=12,
    max_new_tokens=100,
    short=True,
    splits=("held-out",),
)
"""Our own set, or anyone's tasks with answers."""
