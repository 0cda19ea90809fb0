"""Two runs over the same questions: how much better the second is, how sure that is, and which questions flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from internvl_cli.errors import UsageError
from internvl_cli.evaluation.benchmarks import BENCHMARKS, OWN, Benchmark
from internvl_cli.evaluation.results import Results
from internvl_cli.evaluation.scoring import Scored
from internvl_cli.evaluation.statistics import Difference, mean_score, paired_bootstrap

__all__ = ["Comparison", "Pair", "compare"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One question, answered twice."""

    a: Scored
    b: Scored

    @property
    def gain(self) -> float:
        """Score of B minus score of A."""
        return (self.b.score or 0.0) - (self.a.score or 0.0)

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``right`` or ``wrong`` (both); a score of at least a half is right."""
        if abs(self.gain) > 1e-9:
            return "better" if self.gain > 0 else "worse"
        return "right" if (self.a.score or 0.0) >= 0.5 else "wrong"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    Attributes:
        benchmark: Of both.
        a: The first run.
        b: The second.
        pairs: Questions that both were asked, in the order of A.
        score_a: A's figure over the pairs, in the benchmark's unit.
        score_b: B's.
        difference: B minus A, 0 to 1.
        unpaired: Questions that only one was asked.
    """

    benchmark: Benchmark
    a: Results
    b: Results
    pairs: tuple[Pair, ...]
    score_a: float
    score_b: float
    difference: Difference
    unpaired: int

    @property
    def flipped(self) -> list[Pair]:
        """The pairs with different scores, what got worse first."""
        changed = [pair for pair in self.pairs if pair.verdict in ("better", "worse")]
        return sorted(changed, key=lambda pair: pair.gain)


def compare(a: Results, b: Results) -> Comparison:
    """Pair two runs by question.

    Raises:
        UsageError: They are of different benchmarks, or have no question with an answer key in common.
    """
    names = a.summary["benchmark"], b.summary["benchmark"]
    if names[0] != names[1]:
        raise UsageError(f"{a.folder} is of {names[0]}, {b.folder} of {names[1]}", "compare two runs of one benchmark")
    benchmark = BENCHMARKS.get(names[0], OWN)
    both = [key for key, one in a.scores.items() if one.score is not None and _same(one, b.scores.get(key))]
    if not both:
        raise UsageError(f"{a.folder} and {b.folder} have no scored question in common", "compare two runs of one set")
    pairs = tuple(Pair(a.scores[key], b.scores[key]) for key in both)
    first, second = [pair.a.score or 0.0 for pair in pairs], [pair.b.score or 0.0 for pair in pairs]
    strata = [pair.a.kind for pair in pairs] if benchmark.by_halves else None
    documents = [pair.a.file for pair in pairs]
    return Comparison(
        benchmark,
        a,
        b,
        pairs,
        _scaled(first, strata, benchmark),
        _scaled(second, strata, benchmark),
        paired_bootstrap(first, second, documents, strata),
        len(a.scores.keys() | b.scores.keys()) - len(pairs),
    )


def _same(one: Scored, other: Scored | None) -> bool:
    """Whether both were asked the same; the id alone may belong to another set."""
    return other is not None and other.score is not None and one.question == other.question


def _scaled(scores: Sequence[float], strata: Sequence[str] | None, benchmark: Benchmark) -> float:
    return round(mean_score(scores, strata) * benchmark.scale, 2)
