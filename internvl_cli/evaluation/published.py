"""Published figures to stand beside ours, each with its source, and why sources differ.

The three headline figures of a size are the catalog's; this module adds the other benchmarks, the validation splits,
the reruns and the closed models.

Sources: BLOG = the announcement of InternVL 2.0 (2024-07-02), DOC = internvl.readthedocs.io (internvl2.0/evaluation),
BLOG2.5 = the announcement of InternVL 2.5 (2024-12-05), DOC1.2 = internvl.readthedocs.io (internvl1.2/introduction).
"""

from __future__ import annotations

from dataclasses import dataclass

from internvl_cli.model import catalog

__all__ = ["BLOG", "BLOG25", "DOC", "Figure", "figures", "gpt4v", "reason"]

BLOG = "https://internvl.github.io/blog/2024-07-02-InternVL-2.0/"
BLOG25 = "https://internvl.github.io/blog/2024-12-05-InternVL-2.5/"
DOC = "https://internvl.readthedocs.io/en/latest/internvl2.0/evaluation.html"
DOC12 = "https://internvl.readthedocs.io/en/latest/internvl1.2/introduction.html"


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure.

    Attributes:
        model: Whose.
        split: Of which split.
        value: In the benchmark's usual unit (percent; points of 1,000 for OCRBench).
        source: Where it stands.
        note: How it was made, where that matters.
    """

    model: str
    split: str
    value: float
    source: str
    note: str = ""


_SIZES = ("1B", "2B", "4B", "8B", "26B", "40B", "76B")


def _by_size(*values: float) -> dict[str, float]:
    return dict(zip(_SIZES, values, strict=True))


_INFOVQA_TEST = _by_size(50.9, 58.9, 67.0, 74.8, 75.9, 78.7, 82.0)
_INFOVQA_VAL = _by_size(50.18, 57.66, 66.25, 72.60, 76.01, 78.51, 80.21)
_DOCVQA_VAL = _by_size(79.99, 85.90, 88.09, 90.81, 92.12, 93.73, 94.17)
_TEXTVQA_VAL = _by_size(70.5, 73.4, 74.4, 77.4, 82.3, 83.0, 84.4)
_OCRBENCH = _by_size(754, 784, 788, 794, 825, 837, 839)
_MMMU_RERUN = _by_size(36.9, 36.3, 47.9, 51.8, 51.2, 55.2, 58.2)
_CHARTQA_HALVES = {
    "1B": "53.92 human, 91.84 augmented",
    "2B": "59.52 human, 92.96 augmented",
    "4B": "69.92 human, 93.04 augmented",
    "8B": "72.88 human, 93.68 augmented",
    "26B": "75.28 human, 94.48 augmented",
    "40B": "77.2 human, 95.2 augmented",
    "76B": "81.6 human, 95.2 augmented",
}

_GPT4V: dict[str, tuple[Figure, ...]] = {
    "mmmu": (
        Figure("GPT-4V (original)", "validation", 56.8, DOC12),
        Figure("GPT-4 Turbo 2024-04-09", "validation", 63.1, BLOG, "61.7 by OpenCompass"),
    ),
    "docvqa": (
        Figure("GPT-4V", "test", 88.4, BLOG25),
        Figure("GPT-4 Turbo 2024-04-09", "test", 87.2, BLOG),
    ),
    "chartqa": (
        Figure("GPT-4V", "test", 78.5, BLOG25),
        Figure("GPT-4 Turbo 2024-04-09", "test", 78.1, BLOG),
    ),
    "infovqa": (Figure("GPT-4V", "test", 75.1, BLOG25),),
    "textvqa": (Figure("GPT-4V", "val", 78.0, BLOG25),),
    "ocrbench": (
        Figure("GPT-4V", "test", 645, BLOG25),
        Figure("GPT-4 Turbo 2024-04-09", "test", 678, BLOG),
    ),
}

_REASONS = {
    "mmmu": "two published figures for each size: the InternVL code base matches letters and option texts, VLMEvalKit "
    "matches by itself and asks a judge; 63.1, often quoted for GPT-4V, is GPT-4 Turbo's, the original's is 56.8",
    "docvqa": "the test split is scored by the organisers' server only; the val split has its own figures",
    "infovqa": "the test split is scored by the organisers' server only; the val split has its own figures",
    "chartqa": "the published figure is the mean of the human and the augmented half; "
    "GPT-4V's two figures are two models",
    "ocrbench": "VLMEvalKit's figures, in points of 1,000; GPT-4V's two figures are two models",
}


def gpt4v(benchmark: str) -> tuple[Figure, ...]:
    """What was published for GPT-4V, by which authors ever."""
    return _GPT4V.get(benchmark, ())


def reason(benchmark: str) -> str:
    """Why sources differ; empty where they don't."""
    return _REASONS.get(benchmark, "")


def figures(benchmark: str, model: str) -> tuple[Figure, ...]:
    """What was published for an InternVL2 size on a benchmark.

    Args:
        benchmark: Its name.
        model: A size, or a model's name or repository; anything that is no released model has no figures.
    """
    entry = catalog.find(model)
    if entry is None:
        return ()
    size, name, published = entry.size, entry.name, entry.benchmarks
    found: list[Figure | None] = []
    if benchmark == "mmmu":
        found = [
            _figure(name, "validation", published.mmmu, published.source, "InternVL code base"),
            _figure(name, "validation", published.mmmu_vlmevalkit, published.source, "VLMEvalKit"),
            _figure(name, "validation", _MMMU_RERUN.get(size), DOC, "VLMEvalKit, rerun"),
        ]
    elif benchmark == "docvqa":
        found = [
            _figure(name, "test", published.docvqa, published.source),
            _figure(name, "val", _DOCVQA_VAL.get(size), DOC),
        ]
    elif benchmark == "chartqa":
        found = [_figure(name, "test", published.chartqa, published.source, _CHARTQA_HALVES.get(size, ""))]
    elif benchmark == "infovqa":
        found = [
            _figure(name, "test", _INFOVQA_TEST.get(size), BLOG),
            _figure(name, "val", _INFOVQA_VAL.get(size), DOC),
        ]
    elif benchmark == "textvqa":
        found = [_figure(name, "val", _TEXTVQA_VAL.get(size), DOC)]
    elif benchmark == "ocrbench":
        found = [_figure(name, "test", _OCRBENCH.get(size), BLOG, "VLMEvalKit")]
    return tuple(figure for figure in found if figure is not None)


def _figure(model: str, split: str, value: float | None, source: str, note: str = "") -> Figure | None:
    return None if value is None else Figure(model, split, value, source, note)
