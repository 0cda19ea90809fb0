"""From words with boxes to rows, segments and stacks: the geometry that the reader sees.

A *row* is what stands at one height; a *segment* is a run of words on a row with no gap wider than about one letter
height (a table cell, a line of a column, a label); a *stack* is a chain of segments under one another without a
visible gap (the lines of a paragraph or of an address, the cells of a column). An answer runs along a segment and, at
its end, goes on in the segment below it in the same stack, whatever stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from internvl_cli.documents.page import Box

__all__ = ["Layout", "lay_out"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SEGMENT_GAP = 1.1
"""A gap wider than this many row heights starts a new segment; a space is about a third, a justified one two thirds."""

STACK_GAP = 1.0
"""Two segments with more than this many heights of white between them are not in one stack."""


@dataclass(slots=True)
class Layout:
    """Geometry of one page of ``n`` words with ``s`` segments; words are numbered as they were given.

    Attributes:
        boxes: ``(n, 4)``: x0, y0, x1, y1 in page pixels.
        size: Width and height of the page in pixels.
        order: ``(n,)``: the words in reading order.
        segment: ``(n,)``: segment of each word.
        place: ``(n,)``: place of each word in its segment, from 0.
        segment_words: The words of each segment, left to right.
        segment_box: ``(s, 4)``.
        segment_row: ``(s,)``: row of each segment, from the top.
        segment_column: ``(s,)``: rank of the left edge among the page's left edges.
        segment_index: ``(s,)``: place of the segment in its row, from 0.
        below: ``(s,)``: the next segment of the stack, -1 at its end.
        stack: ``(s,)``: stack of each segment.
    """

    boxes: FloatArray
    size: tuple[float, float]
    order: IntArray
    segment: IntArray
    place: IntArray
    segment_words: list[list[int]]
    segment_box: FloatArray
    segment_row: IntArray
    segment_column: IntArray
    segment_index: IntArray
    below: IntArray
    stack: IntArray

    def path(self, start: int, end: int, max_lines: int = 12) -> list[int] | None:
        """Give the words from ``start`` to ``end`` along the segment and down its stack.

        Args:
            start: First word.
            end: Last word.
            max_lines: Most segments the path may touch.

        Returns:
            The words in order, or None where no path leads from one to the other.
        """
        segment, goal = int(self.segment[start]), int(self.segment[end])
        words = self.segment_words[segment][int(self.place[start]) :]
        for _ in range(max_lines):
            if segment == goal:
                keep = len(words) - (len(self.segment_words[segment]) - int(self.place[end]) - 1)
                return words[:keep] if keep > 0 and words[keep - 1] == end else None
            segment = int(self.below[segment])
            if segment < 0:
                return None
            words = words + self.segment_words[segment]
        return None

    def along_row(self, start: int, end: int) -> list[int] | None:
        """Give the words from ``start`` to ``end`` along one row, across segments; None where they share no row."""
        first, last = int(self.segment[start]), int(self.segment[end])
        if self.segment_row[first] != self.segment_row[last]:
            return None
        row = np.flatnonzero(self.segment_row == self.segment_row[first])
        words = [w for s in sorted(row, key=lambda s: self.segment_index[s]) for w in self.segment_words[int(s)]]
        i, j = words.index(start), words.index(end)
        return words[i : j + 1] if i <= j else None


def _rows(boxes: FloatArray) -> list[list[int]]:
    """Group words by height; rows come from top to bottom, words in a row from left to right."""
    centre = (boxes[:, 1] + boxes[:, 3]) / 2
    rows: list[list[int]] = []
    spans: list[tuple[float, float]] = []
    tops, bottoms = boxes[:, 1].tolist(), boxes[:, 3].tolist()
    for word in np.argsort(centre, kind="stable").tolist():
        top, bottom = tops[word], bottoms[word]
        height = max(bottom - top, 1.0)
        best, best_distance = -1, 0.0
        for r in range(len(rows) - 1, max(-1, len(rows) - 7), -1):
            row_top, row_bottom = spans[r]
            row_height = row_bottom - row_top
            overlap = min(bottom, row_bottom) - max(top, row_top)
            distance = abs((top + bottom) - (row_top + row_bottom)) / 2
            near = distance < 0.35 * max(height, row_height)
            if overlap >= 0.5 * min(height, row_height) and near and (best < 0 or distance < best_distance):
                best, best_distance = r, distance
        if best < 0:
            rows.append([word])
            spans.append((top, top + height))
        else:
            n = len(rows[best])
            row_top, row_bottom = spans[best]
            rows[best].append(word)
            spans[best] = ((row_top * n + top) / (n + 1), (row_bottom * n + bottom) / (n + 1))
    order = sorted(range(len(rows)), key=lambda r: sum(spans[r]))
    lefts = boxes[:, 0].tolist()
    return [sorted(rows[r], key=lambda w: lefts[w]) for r in order]


def _segments(boxes: FloatArray, rows: list[list[int]]) -> tuple[list[list[int]], list[int], list[int]]:
    """Cut rows at wide gaps; give the words, the row and the place in the row of each segment."""
    segments: list[list[int]] = []
    row_of: list[int] = []
    index: list[int] = []
    x0, x1, heights = boxes[:, 0].tolist(), boxes[:, 2].tolist(), (boxes[:, 3] - boxes[:, 1]).tolist()
    for r, row in enumerate(rows):
        tall = sorted(heights[w] for w in row)
        gap = SEGMENT_GAP * max(tall[(len(tall) * 4) // 5 if len(tall) > 1 else 0], 1.0)
        right = -1e9
        place = 0
        for word in row:
            if x0[word] - right > gap:
                segments.append([])
                row_of.append(r)
                index.append(place)
                place += 1
            segments[-1].append(word)
            right = max(right, x1[word]) if len(segments[-1]) > 1 else x1[word]
    return segments, row_of, index


def _stacks(box: FloatArray, row: IntArray) -> tuple[IntArray, IntArray]:
    """Link each segment to the one right under it; give the links and the stack numbers."""
    count = len(box)
    below = np.full(count, -1, dtype=np.int64)
    if count:
        width = np.maximum(box[:, 2] - box[:, 0], 1.0)
        height = np.maximum(box[:, 3] - box[:, 1], 1.0)
        gap = box[None, :, 1] - box[:, None, 3]
        overlap = np.minimum(box[:, None, 2], box[None, :, 2]) - np.maximum(box[:, None, 0], box[None, :, 0])
        ratio = height[:, None] / height[None, :]
        near = gap <= STACK_GAP * np.minimum(height[:, None], height[None, :])
        fits = (overlap >= 0.6 * np.minimum(width[:, None], width[None, :])) & (ratio > 0.66) & (ratio < 1.5)
        under = (row[None, :] > row[:, None]) & (row[None, :] <= row[:, None] + 3)
        linked = fits & near & under
        # Nearest first; the wider overlap where two are as near.
        cost = np.where(linked, row[None, :] - row[:, None] - overlap / (2 * np.maximum(width[:, None], 1)), np.inf)
        down, up = cost.argmin(axis=1), cost.argmin(axis=0)
        for s in range(count):
            t = int(down[s])
            if linked[s, t] and int(up[t]) == s:
                below[s] = t
    stack = np.full(count, -1, dtype=np.int64)
    number = 0
    for s in np.argsort(row, kind="stable").tolist() if count else []:
        if stack[s] < 0:
            t = s
            while t >= 0:
                stack[t] = number
                t = int(below[t])
            number += 1
    return below, stack


def _is_column(members: list[int], words: list[list[int]], box: FloatArray) -> bool:
    """Tell a column of prose from a column of cells: at least three lines, filled with words up to the edge."""
    if len(members) < 3 or sum(len(words[s]) for s in members) < 3.5 * len(members):
        return False
    widths = box[members, 2] - box[members, 0]
    return bool(np.mean(widths[:-1]) >= 0.8 * widths.max())


def _reading_order(segments: list[list[int]], box: FloatArray, below: IntArray, stack: IntArray) -> list[int]:
    """Row by row, except that a column of prose is read to its end."""
    members: dict[int, list[int]] = {}
    above = set(below[below >= 0].tolist())
    for s in range(len(segments)):
        if s not in above:
            chain = [s]
            while below[chain[-1]] >= 0:
                chain.append(int(below[chain[-1]]))
            members[int(stack[s])] = chain
    columns = {number for number, chain in members.items() if _is_column(chain, segments, box)}
    order: list[int] = []
    done: set[int] = set()
    for s in range(len(segments)):
        number = int(stack[s])
        if number in done:
            continue
        if number in columns:
            done.add(number)
            for t in members[number]:
                order.extend(segments[t])
        else:
            order.extend(segments[s])
    return order


def _columns(box: FloatArray) -> IntArray:
    """Rank the left edges: those closer than one letter height share a rank."""
    if not len(box):
        return np.zeros(0, dtype=np.int64)
    left = box[:, 0]
    order = np.argsort(left, kind="stable")
    step = np.diff(left[order], prepend=left[order[0]]) > float(np.median(box[:, 3] - box[:, 1]))
    ranks = np.empty(len(box), dtype=np.int64)
    ranks[order] = np.cumsum(step)
    return ranks


def lay_out(boxes: Sequence[Box] | FloatArray, size: tuple[float, float]) -> Layout:
    """Find rows, segments, stacks and the reading order of a page.

    Args:
        boxes: One box a word, in page pixels, upright (a skewed scan is turned before).
        size: Width and height of the page in pixels.
    """
    array = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    count = len(array)
    segments, row_of, index = _segments(array, _rows(array))
    segment = np.zeros(count, dtype=np.int64)
    place = np.zeros(count, dtype=np.int64)
    for s, words in enumerate(segments):
        for p, word in enumerate(words):
            segment[word], place[word] = s, p
    box = np.array(
        [(array[w, 0].min(), array[w, 1].min(), array[w, 2].max(), array[w, 3].max()) for w in segments]
    ).reshape(-1, 4)
    row = np.array(row_of, dtype=np.int64)
    below, stack = _stacks(box, row)
    order = np.array(_reading_order(segments, box, below, stack), dtype=np.int64)
    columns = _columns(box)
    return Layout(
        boxes=array,
        size=(float(size[0]), float(size[1])),
        order=order,
        segment=segment,
        place=place,
        segment_words=segments,
        segment_box=box,
        segment_row=row,
        segment_column=columns,
        segment_index=np.array(index, dtype=np.int64),
        below=below,
        stack=stack,
    )
