"""From questions and records to scores, and from scores to a summary."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from internvl_cli.evaluation import metrics, mmmu
from internvl_cli.evaluation.benchmarks import Benchmark
from internvl_cli.evaluation.published import figures, gpt4v, reason
from internvl_cli.evaluation.questions import Question
from internvl_cli.evaluation.statistics import bootstrap

__all__ = ["Scored", "score", "summarize"]

MMMU_SEED = 42
"""The MMMU authors' seed for replies that name no choice; each question draws from its own generator here, so that a
score does not depend on which questions came before."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with what was answered and what that is worth; a line of ``scores.jsonl``.

    Attributes:
        id: Of the question.
        file: The document's name.
        source: Where it was opened: an absolute path or a URL.
        question: As asked.
        kind: What scores are broken out by; may be empty.
        answers: Gold answers.
        prediction: What was said; None where the question failed.
        score: 0 to 1; None where there are no gold answers. A question that failed counts as 0.
        other: Scores by other conventions, by name.
        found: False where the engine declined.
        confidence: Of the answer, where the engine has one.
        evidence: As in the record.
        pages: 1-based numbers of the pages that were used.
        page_selection: Which pages were asked for; None for all.
        error: Why it failed.
    """

    id: str
    file: str
    source: str
    question: str
    kind: str
    answers: tuple[str, ...]
    prediction: str | None
    score: float | None
    other: Mapping[str, float] = field(default_factory=dict)
    found: bool = True
    confidence: float | None = None
    evidence: Sequence[Mapping[str, Any]] = ()
    pages: Sequence[int] = ()
    page_selection: str | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON-ready values."""
        return asdict(self)


def score(benchmark: Benchmark, question: Question, record: Mapping[str, Any] | None) -> Scored:
    """Score one record.

    Args:
        benchmark: Decides the metric.
        question: What was asked.
        record: What the batch wrote; None where it wrote nothing.
    """
    item = question.item
    record = record or {"error": {"message": "was not asked"}}
    error = record.get("error")
    prediction = None if error else str(record["answer"])
    worth: float | None = None
    other: dict[str, float] = {}
    if item.answers:
        found = bool(record.get("found"))
        worth, other = (0.0, {}) if prediction is None else _worth(benchmark, question, prediction, found)
    return Scored(
        item.id,
        item.file,
        item.source if "://" in item.source else os.path.abspath(item.source),  # noqa: PTH100 — keeps links
        item.question,
        question.kind,
        item.answers,
        prediction,
        worth,
        other,
        found=bool(record.get("found")) if prediction is not None else False,
        confidence=record.get("confidence"),
        evidence=tuple(record.get("evidence") or ()),
        pages=tuple(page["page"] for page in record.get("pages") or ()),
        page_selection=item.pages,
        error=str(error["message"]) if error else None,
    )


def _worth(benchmark: Benchmark, question: Question, said: str, found: bool) -> tuple[float, dict[str, float]]:
    """The score, and the scores by other conventions."""
    answers = question.item.answers
    if benchmark.metric == "anls":
        return metrics.anls(said, answers), {}
    if benchmark.metric == "relaxed":
        return float(any(metrics.relaxed_correctness(said.strip(), gold) for gold in answers)), {}
    if benchmark.metric == "vqa":
        return metrics.vqa_accuracy(said, answers), {}
    if benchmark.metric == "ocrbench":
        return float(metrics.ocrbench_contains(said, answers, formula=question.formula)), {}
    if benchmark.metric == "mmmu":
        return _mmmu(question, said)
    # "not found" is no string to be near to: declining rightly scores 1 in both.
    right = float(metrics.answer_matches(said, answers, found=found))
    return right, {"anls": max(right, metrics.anls(said, answers) if found else 0.0)}


def _mmmu(question: Question, said: str) -> tuple[float, dict[str, float]]:
    gold = question.item.answers
    if not question.choices:
        right = float(mmmu.open_correct(mmmu.parse_open(said), gold))
        return right, {"official": right}
    letter = mmmu.parse_choice_internvl(said, question.choices)
    drawn = mmmu.parse_choice_official(said, question.choices, random.Random(f"{MMMU_SEED} {question.item.id}"))
    return float(letter in gold), {"official": float(drawn in gold)}


def summarize(
    benchmark: Benchmark, scored: Sequence[Scored], *, split: str, data: str, model: str, engine: str
) -> dict[str, Any]:
    """Give the summary as JSON-ready values: the figure with its interval, by kind, and beside what was published.

    Args:
        benchmark: Which.
        scored: Every question that was asked for, failures included.
        split: Which part of the data.
        data: As in ``--data``.
        model: Who answered.
        engine: What ran it.
    """
    from importlib.metadata import version

    failed = sum(one.error is not None for one in scored)
    beside = [*figures(benchmark.name, model), *gpt4v(benchmark.name)]
    return {
        "schema_version": 1,
        "benchmark": benchmark.name,
        "title": benchmark.title,
        "metric": benchmark.metric_title,
        "split": split,
        "data": data,
        "model": model,
        "engine": engine,
        "questions": len(scored),
        "documents": len({one.source for one in scored}),
        "failed": failed,
        **_figure(benchmark, scored),
        "by_kind": {kind: _figure(benchmark, part) | {"questions": len(part)} for kind, part in _kinds(scored)},
        "other": _others(benchmark, scored),
        "settings": {
            "max_tiles": benchmark.max_tiles,
            "max_new_tokens": benchmark.max_new_tokens,
            "greedy": True,
            "short": benchmark.short,
        },
        "published": [asdict(figure) for figure in beside],
        "why_sources_differ": reason(benchmark.name),
        "internvl_version": version("internvl-cli"),
    }


def _figure(benchmark: Benchmark, scored: Sequence[Scored]) -> dict[str, Any]:
    """``score`` and ``interval`` in the benchmark's unit; null where there is nothing to score by."""
    counted = [(one.score, one.source, one.kind) for one in scored if one.score is not None]
    if not counted:
        return {"score": None, "interval": None}
    scores, documents, kinds = zip(*counted, strict=True)
    interval = bootstrap(scores, documents, kinds if benchmark.by_halves else None)
    scale = benchmark.scale
    return {
        "score": round(interval.mean * scale, 2),
        "interval": [round(interval.low * scale, 2), round(interval.high * scale, 2)],
    }


def _kinds(scored: Sequence[Scored]) -> list[tuple[str, list[Scored]]]:
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.kind, []).append(one)
    return [] if list(groups) == [""] else [(kind or "other", groups[kind]) for kind in sorted(groups)]


def _others(benchmark: Benchmark, scored: Sequence[Scored]) -> dict[str, float]:
    """Means by other conventions; a failure is 0 in each."""
    names = sorted({name for one in scored for name in one.other})
    return {
        name: round(sum(one.other.get(name, 0.0) for one in scored) / len(scored) * benchmark.scale, 2)
        for name in names
    }
