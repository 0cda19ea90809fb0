"""Bars and points with printed values: where a value stands is a linear function of what it is.

That is what tells a chart from a table. Along one axis the labels stand evenly; along the other one the value's text
stands at the end of its bar, so its place is ``offset + slope · value`` up to a letter height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from internvl_cli.reader.grid import is_numeric
from internvl_cli.reader.operators import parse_column
from internvl_cli.reader.sheet import Segment

__all__ = ["Mark", "assign", "fits", "is_even", "marks_of", "ticks"]

UNEVEN = 0.25
"""Distances between neighbouring labels differ at most by this share of their median."""

TOLERANCE = 1.3
"""A value's text is at most this many letter heights away from where its size would put it."""

SPREAD = 3.0
"""The values' texts cover at least this many letter heights; all on a line would be a table."""

PROPOSERS = 12
"""Marks whose lines to all others are tried."""

LEAST_SHARE = 0.8
"""At least this share of the values are where their size puts them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A printed number and where it stands.

    Attributes:
        segment: What is printed.
        value: What it means.
    """

    segment: Segment
    value: float


def marks_of(segments: Sequence[Segment]) -> list[Mark]:
    """Give the segments that are numbers and nothing else."""
    numbers = [s for s in segments if is_numeric(s.text)]
    parsed = parse_column([s.text for s in numbers])
    return [Mark(s, float(n.value)) for s, n in zip(numbers, parsed, strict=True) if n is not None]


def is_even(places: Sequence[float], least: int = 3) -> bool:
    """Say whether sorted places have about the same distance from one to the next."""
    if len(places) < least:
        return False
    steps = [b - a for a, b in pairwise(places)]
    middle = sorted(steps)[len(steps) // 2]
    return middle > 0 and all(abs(step - middle) <= UNEVEN * middle for step in steps)


def ticks(marks: Sequence[Mark], height: float) -> list[Mark]:
    """Find the numbers of an axis: in one column (or row), evenly apart, in even steps of value.

    Args:
        marks: All numbers.
        height: Of a letter, in pixels.
    """
    found: list[Mark] = []
    # Right edges, left edges: an upright axis. Middles: a lying one.
    for edge, axis in ((2, 1), (0, 1), (None, 0)):
        places = [m.segment.centre[1] if edge is None else m.segment.box[edge] for m in marks]
        for first in places:
            group = [m for m, place in zip(marks, places, strict=True) if abs(place - first) < 0.6 * height]
            group.sort(key=lambda m: m.segment.centre[axis])
            if len(group) > len(found) and _is_scale(group, axis):
                found = group
    return found


def _is_scale(group: Sequence[Mark], axis: int) -> bool:
    if len(group) < 4 or not is_even([m.segment.centre[axis] for m in group]):
        return False
    steps = [b.value - a.value for a, b in pairwise(group)]
    return abs(steps[0]) > 0 and all(abs(s - steps[0]) <= 1e-6 * max(1.0, abs(steps[0])) for s in steps)


def assign(marks: Sequence[Mark], centres: Sequence[float], axis: int) -> list[list[Mark]]:
    """Give each label the marks nearest to it along the axis of the labels, at most half a step away."""
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    rows: list[list[Mark]] = [[] for _ in centres]
    for mark in marks:
        place = mark.segment.centre[axis]
        nearest = min(range(len(centres)), key=lambda i: abs(centres[i] - place))
        if abs(centres[nearest] - place) <= 0.5 * step:
            rows[nearest].append(mark)
    return rows


def fits(marks: Sequence[Mark], place: int, height: float, rising: bool) -> list[Mark]:
    """Give the largest set of marks whose place is a linear function of their value.

    Pairs of marks propose lines (RANSAC without chance); the one that most marks agree with wins.

    Args:
        marks: Candidates.
        place: Which side of the box stands at the end of the bar: 0 left, 1 top, 2 right, 3 bottom.
        height: Of a letter, in pixels.
        rising: Whether larger values stand at larger coordinates (lying bars) or at smaller ones (upright bars).

    Returns:
        The marks that agree; empty where too few do or where their texts stand on one line.
    """
    best: list[Mark] = []
    least_error = float("inf")
    # Most marks must agree in the end, so lines through a few of them are enough proposals.
    for a in marks[:: max(1, len(marks) // PROPOSERS)]:
        for b in marks:
            if a.value == b.value:
                continue
            slope = (b.segment.box[place] - a.segment.box[place]) / (b.value - a.value)
            if (slope > 0) is not rising or slope == 0:
                continue
            offset = a.segment.box[place] - slope * a.value
            errors = [abs(m.segment.box[place] - offset - slope * m.value) for m in marks]
            agree = [m for m, error in zip(marks, errors, strict=True) if error <= TOLERANCE * height]
            error = sum(e for e in errors if e <= TOLERANCE * height)
            if (-len(agree), error) < (-len(best), least_error):
                best, least_error = agree, error
    if len(best) < 3:
        return []
    places = [m.segment.box[place] for m in best]
    return best if max(places) - min(places) >= SPREAD * height else []
