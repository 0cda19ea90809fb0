"""Cut a page into overlapping windows of whole rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from internvl_cli.reader.features import PageFeatures

__all__ = ["OVERLAP", "WINDOW", "windows"]

WINDOW = 384
"""Most pieces of a window, question included: the longest that was trained."""

OVERLAP = 96
"""Pieces that two neighbouring windows share, rounded to whole rows."""


def windows(page: PageFeatures, question_tokens: int, window: int = WINDOW) -> Iterator[npt.NDArray[np.int64]]:
    """Give the words of each window, in reading order.

    Args:
        page: The page; a page without words gives no window.
        question_tokens: Pieces that the question and its separators take.
        window: Most pieces of a window.
    """
    order = page.layout.order
    if not len(order):
        return
    room = max(window - question_tokens - 1, 64)
    ends = np.cumsum([len(page.pieces[w]) for w in order])
    rows = page.layout.segment_row[page.layout.segment[order]]
    starts_row = np.concatenate([[True], rows[1:] != rows[:-1]])
    first = 0
    while True:
        used = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, used + room, side="right")), first + 1)
        if last >= len(order):
            yield order[first:]
            return
        cut = last
        while cut > first + 1 and not starts_row[cut]:
            cut -= 1
        if not starts_row[cut]:  # a row longer than the window
            cut = last
        yield order[first:cut]
        # Go back by the overlap, to the start of a row, but always forward.
        back = int(np.searchsorted(ends, ends[cut - 1] - OVERLAP))
        while back > first + 1 and not starts_row[back]:
            back -= 1
        first = back if back > first and starts_row[back] else cut
