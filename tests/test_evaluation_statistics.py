"""Intervals: against closed forms where there are some, and properties."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.evaluation.statistics import bootstrap, mean_score, paired_bootstrap

quick = settings(max_examples=25, deadline=None)
scores = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def test_mean_of_halves_is_not_the_mean() -> None:
    assert mean_score([1, 1, 1, 0], ["human", "human", "human", "augmented"]) == 0.5
    assert mean_score([1, 1, 1, 0]) == 0.75
    with pytest.raises(ValueError, match="at least one"):
        mean_score([])


@quick
@given(scores)
def test_interval_properties(values: list[float]) -> None:
    documents = [str(i % 4) for i in range(len(values))]
    interval = bootstrap(values, documents, resamples=200)
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert interval.mean == pytest.approx(sum(values) / len(values))
    assert bootstrap(values, documents, resamples=200) == interval  # seeded


def test_interval_is_as_wide_as_the_binomial_one() -> None:
    values = [1.0] * 300 + [0.0] * 100
    interval = bootstrap(values, [str(i) for i in range(400)])
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert interval.low == pytest.approx(0.75 - half, abs=0.006)
    assert interval.high == pytest.approx(0.75 + half, abs=0.006)


def test_questions_of_one_document_count_together() -> None:
    values = [1.0] * 200 + [0.0] * 200
    alone = bootstrap(values, [str(i) for i in range(400)])
    together = bootstrap(values, [str(i // 20) for i in range(400)])  # twenty documents, all right or all wrong
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_a_stratum_that_a_draw_misses_does_not_count_in_it() -> None:
    interval = bootstrap([1.0, 0.0], ["x", "y"], ["human", "augmented"])
    assert (interval.mean, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_paired_difference() -> None:
    rng = random.Random(1)
    a = [float(rng.random() < 0.6) for _ in range(300)]
    b = [1.0 if rng.random() < 0.2 else value for value in a]
    documents = [str(i) for i in range(300)]
    difference = paired_bootstrap(a, b, documents)
    assert difference.mean == pytest.approx((sum(b) - sum(a)) / 300)
    assert 0 < difference.low < difference.mean < difference.high
    assert (difference.p_value < 0.001, difference.p_text) == (True, "p < 0.001")
    back = paired_bootstrap(b, a, documents)
    assert (back.mean, back.low, back.high) == pytest.approx((-difference.mean, -difference.high, -difference.low))
    same = paired_bootstrap(a, a, documents)
    assert (same.mean, same.low, same.high, same.p_text) == (0, 0, 0, "p = 1.000")
    with pytest.raises(ValueError, match=r"shorter|longer"):
        paired_bootstrap(a, b[:-1], documents)


def test_no_difference_gives_large_p_values_most_of_the_time() -> None:
    rng = random.Random(5)
    small = 0
    for trial in range(60):
        a = [float(rng.random() < 0.5) for _ in range(80)]
        b = [float(rng.random() < 0.5) for _ in range(80)]
        small += paired_bootstrap(a, b, [str(i) for i in range(80)], resamples=400, seed=trial).p_value < 0.05
    assert small <= 9  # about three expected
