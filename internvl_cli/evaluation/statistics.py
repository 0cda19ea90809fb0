"""How sure a mean score is: bootstrap intervals over documents, seeded, so that the same records give the same figures.

Questions about one document are not independent of each other, so documents are what is drawn (the cluster bootstrap),
each with all of its questions; where every question has a document of its own this is the ordinary bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Difference", "Interval", "bootstrap", "mean_score", "paired_bootstrap"]

RESAMPLES = 10_000
SEED = 20240704
_AT_ONCE = 2_000_000
"""Most drawn documents in memory at once."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % percentile interval.

    Attributes:
        mean: Of the scores as they are.
        low: 2.5th percentile of the resampled means.
        high: 97.5th percentile.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference(Interval):
    """Mean of B minus mean of A on the same questions.

    Attributes:
        p_value: Two-sided: twice the smaller share of resamples on either side of zero, at most 1.
    """

    p_value: float

    @property
    def p_text(self) -> str:
        """``p = 0.012``; resampling cannot tell a smaller one from zero than ``p < 0.001``."""
        return "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"


def mean_score(scores: Sequence[float], strata: Sequence[str] | None = None) -> float:
    """Give the mean; with ``strata`` the mean of the means of the strata, as ChartQA's two halves are averaged.

    Raises:
        ValueError: There are no scores.
    """
    if not scores:
        raise ValueError("a mean needs at least one score")
    names = strata or [""] * len(scores)
    groups: dict[str, list[float]] = {}
    for score, name in zip(scores, names, strict=True):
        groups.setdefault(name, []).append(score)
    return sum(sum(group) / len(group) for group in groups.values()) / len(groups)


def bootstrap(
    scores: Sequence[float],
    documents: Sequence[str],
    strata: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval:
    """Give mean and 95 % interval.

    Args:
        scores: One per question.
        documents: What each question is about; drawn together.
        strata: As in ``mean_score``.
        resamples: How many.
        seed: Of the draws.

    Raises:
        ValueError: There are no scores.
    """
    import numpy as np

    mean = mean_score(scores, strata)
    low, high = np.percentile(_resampled(scores, documents, strata, resamples, seed), [2.5, 97.5])
    return Interval(mean, float(low), float(high))


def paired_bootstrap(
    a: Sequence[float],
    b: Sequence[float],
    documents: Sequence[str],
    strata: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """Compare two runs over the same questions, in the same order: each draw takes a question for both.

    Raises:
        ValueError: There are no scores, or not as many in both.
    """
    import numpy as np

    gains = [y - x for x, y in zip(a, b, strict=True)]
    mean = mean_score(gains, strata)
    drawn = _resampled(gains, documents, strata, resamples, seed)
    low, high = np.percentile(drawn, [2.5, 97.5])
    tail = min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    return Difference(mean, float(low), float(high), min(1.0, 2 * tail))


def _resampled(
    scores: Sequence[float], documents: Sequence[str], strata: Sequence[str] | None, resamples: int, seed: int
) -> NDArray[np.float64]:
    """The means of ``resamples`` draws; a stratum that a draw misses does not count in it."""
    import numpy as np

    document_of = np.unique(np.asarray(documents, dtype=object), return_inverse=True)[1]
    stratum_of = np.unique(np.asarray(strata or [""] * len(scores), dtype=object), return_inverse=True)[1]
    shape = int(document_of.max()) + 1, int(stratum_of.max()) + 1
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (document_of, stratum_of), np.asarray(scores, dtype=np.float64))
    np.add.at(counts, (document_of, stratum_of), 1)
    rng, means = np.random.default_rng(seed), []
    step = max(1, _AT_ONCE // (shape[0] * shape[1]))
    for start in range(0, resamples, step):
        drawn = rng.integers(0, shape[0], (min(step, resamples - start), shape[0]))
        totals, sizes = sums[drawn].sum(axis=1), counts[drawn].sum(axis=1)
        present = sizes > 0
        by_stratum = np.divide(totals, sizes, out=np.zeros_like(totals), where=present)
        means.append(by_stratum.sum(axis=1) / present.sum(axis=1))
    return np.concatenate(means)
