"""The tile budget as arithmetic: what the reference shares out, and what happens when that is too much."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.model.budget import plan_pages, share_tiles

A4 = (1240, 1754)  # 2x3 tiles and a thumbnail for limits 6 to 18: 1,792 tokens
LETTER = (1700, 2200)  # 3x4 and a thumbnail from 12 on: 3,328 tokens


@pytest.mark.parametrize(
    ("pages", "limit"), [(1, 12), (2, 18), (3, 18), (4, 16), (5, 12), (10, 6), (20, 3), (64, 1), (200, 1)]
)
def test_shares_of_the_reference_evaluation(pages: int, limit: int) -> None:
    assert share_tiles(pages) == limit


def test_max_tiles_holds_for_one_page_and_smaller_limits_for_all() -> None:
    assert share_tiles(1, 40) == 40
    assert share_tiles(2, 40) == 18
    assert share_tiles(2, 4) == 4
    assert share_tiles(30, 4) == 2


def test_everything_fits() -> None:
    plan = plan_pages([A4, A4, A4], text_tokens=100, reserve=256)
    assert (plan.pages, plan.tiles, plan.limit, plan.left_out, plan.notes) == ((0, 1, 2), (7, 7, 7), 18, (), ())
    assert plan.tokens == pytest.approx(100 + 3 * (7 * 256 + 2), abs=3 * 10)


def test_best_pages_are_kept_with_readable_tiles() -> None:
    scores = [0.0, 3.0, 0.0, 0.1, 9.0, 0.0, 2.0, 0.0, 0.0, 0.0]
    plan = plan_pages([A4] * 10, text_tokens=100, reserve=256, scores=scores)
    assert plan.pages == (1, 3, 4, 6)
    assert set(plan.tiles) == {7}
    assert plan.left_out == (0, 2, 5, 7, 8, 9)
    assert plan.notes == ("left out 6 of 10 pages, because 8,192 tokens hold no more: 1, 3, 6, 8, 9, 10",)


def test_labels_name_the_pages_left_out() -> None:
    plan = plan_pages([LETTER] * 3, scores=[1.0, 2.0, 3.0], labels=["a.pdf 7", "a.pdf 8", "a.pdf 9"])
    assert plan.notes[0].endswith(": a.pdf 7")


def test_equal_scores_keep_the_first_pages() -> None:
    assert plan_pages([LETTER] * 5, scores=[1.0] * 5).pages == (0, 1)


@pytest.mark.parametrize("scores", [None, [0.0] * 8])
def test_without_scores_all_pages_get_fewer_tiles(scores: list[float] | None) -> None:
    plan = plan_pages([A4] * 8, text_tokens=100, reserve=256, scores=scores)
    assert plan.pages == tuple(range(8))
    assert plan.limit < 8
    assert plan.tokens + 256 <= 8192
    assert "tiles per page instead of 8" in plan.notes[0]


def test_too_many_scans_leave_out_the_last() -> None:
    plan = plan_pages([A4] * 50)
    assert set(plan.tiles) == {1}
    assert plan.pages == tuple(range(len(plan.pages)))
    assert len(plan.pages) + len(plan.left_out) == 50
    assert plan.tokens <= 8192 < plan.tokens + 268


def test_forty_tiles_of_one_page_are_too_many() -> None:
    plan = plan_pages([(1654, 2339)], max_tiles=40, reserve=256)
    assert (plan.limit, plan.tiles) == (34, (25,))  # 4x6 is what fits below 5x7
    assert "34 tiles per page instead of 40" in plan.notes[0]


def test_a_long_question_is_said_but_sent() -> None:
    plan = plan_pages([A4], text_tokens=9000)
    assert (plan.pages, plan.tiles) == ((0,), (1,))
    assert "9,2" in plan.notes[-1]


@settings(max_examples=80, deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(50, 4000), st.integers(50, 4000)), min_size=1, max_size=40),
    max_tiles=st.integers(1, 40),
    text=st.integers(0, 1500),
    reserve=st.integers(0, 1024),
    data=st.data(),
)
def test_a_plan_always_fits_or_says_so(sizes, max_tiles, text, reserve, data) -> None:
    floats = st.floats(0, 9, allow_nan=False)
    scores = data.draw(st.one_of(st.none(), st.lists(floats, min_size=len(sizes), max_size=len(sizes))))
    plan = plan_pages(sizes, max_tiles=max_tiles, text_tokens=text, reserve=reserve, scores=scores)
    assert plan.pages
    assert sorted(plan.pages + plan.left_out) == list(range(len(sizes)))
    assert len(plan.tiles) == len(plan.pages)
    assert all(1 <= tiles <= plan.limit + 1 for tiles in plan.tiles)
    assert plan.tokens >= text + 256 * sum(plan.tiles) + 2 * len(plan.pages)
    assert plan.tokens + reserve <= 8192 or plan.notes
    if plan.left_out:
        assert plan.notes
        if scores is not None and any(scores):
            assert min(scores[page] for page in plan.pages) >= max(scores[page] for page in plan.left_out)


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys, internvl_cli.model.budget, internvl_cli.model.chat;"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'PIL', 'torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
