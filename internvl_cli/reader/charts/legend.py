"""Colours: which names have a coloured patch before them, and which of these colours a value stands on or at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from internvl_cli.documents.page import Box
from internvl_cli.reader.grid import is_numeric
from internvl_cli.reader.sheet import Segment, Sheet

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Colour", "Palette"]

Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.int16]

NEAR = 48.0
"""Colours nearer than this (Euclidean, 0 to 441) are the same: JPEG and antialiasing blur them."""

DISTINCT = 60.0
"""Patches of one legend are at least this far apart."""

PATCH = 0.12
"""A patch covers at least this share of the square before its name."""

_BUCKET = 24
"""Colours are counted in cubes of this side."""


def _distance(pixels: Any, colour: Sequence[float]) -> Any:
    return np.sqrt(((pixels.astype(np.float64) - np.array(colour, dtype=np.float64)) ** 2).sum(axis=-1))


def _main_colour(pixels: Pixels) -> tuple[Colour, int]:
    """Give the commonest colour of some pixels and how many have it."""
    buckets = pixels // _BUCKET
    keys = buckets[:, 0].astype(np.int64) * 4096 + buckets[:, 1] * 64 + buckets[:, 2]
    values, counts = np.unique(keys, return_counts=True)
    chosen = pixels[keys == values[counts.argmax()]]
    mean = chosen.mean(axis=0).round().astype(int).tolist()
    colour: Colour = (mean[0], mean[1], mean[2])
    return colour, int((_distance(pixels, colour) < NEAR / 2).sum())


class Palette:
    """The colours of a page's image, loaded at the first question.

    Args:
        image: Gives the page's image.
    """

    def __init__(self, image: Callable[[], Image.Image]) -> None:
        self._load = image
        self._pixels: Pixels | None = None
        self._paper: Colour = (255, 255, 255)

    @property
    def pixels(self) -> Pixels:
        """``(height, width, 3)``, 0 to 255."""
        if self._pixels is None:
            self._pixels = np.asarray(self._load().convert("RGB")).astype(np.int16)
            self._paper = _main_colour(self._pixels[::5, ::5].reshape(-1, 3))[0]
        return self._pixels

    def _area(self, box: Box) -> Pixels:
        pixels = self.pixels
        x0, y0, x1, y1 = (round(v) for v in box)
        area: Pixels = pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].reshape(-1, 3)
        return area

    def patch(self, sheet: Sheet, segment: Segment) -> Colour | None:
        """Give the colour of the patch before (left of) a name; None where there is none."""
        box = sheet.box(segment.words)
        height = segment.height
        area = self._area((box[0] - 2.6 * height, box[1], box[0] - 0.15 * height, box[3]))
        if not len(area):
            return None
        coloured = area[_distance(area, self._paper) > NEAR]
        if len(coloured) < PATCH * height * height:
            return None
        colour, count = _main_colour(coloured)
        # Letters before the name are thin: most of their pixels are neither paper nor ink.
        return colour if count >= 0.55 * len(coloured) else None

    def legend(self, sheet: Sheet, skip: Collection[int] = ()) -> list[tuple[Segment, Colour]]:
        """Find the names with patches: in one row or one column, each in a colour of its own.

        Args:
            sheet: The page.
            skip: Segments that are values.
        """
        named: list[tuple[Segment, Colour]] = []
        for segment in sheet.segments:
            if segment.index in skip or len(segment.words) > 6 or (is_numeric(segment.text) and len(segment.text) != 4):
                continue
            colour = self.patch(sheet, segment)
            if colour is not None:
                named.append((segment, colour))
        best: list[tuple[Segment, Colour]] = []
        for first, _ in named:
            same_row = [n for n in named if n[0].row == first.row]
            same_column = [n for n in named if abs(n[0].box[0] - first.box[0]) < first.height]
            for group in (same_row, same_column):
                if len(group) > max(1, len(best)) and _distinct([c for _, c in group]):
                    best = group
        return best

    def nearest(self, sheet: Sheet, segment: Segment, colours: Sequence[Colour], axis: int) -> int | None:
        """Tell which of the legend's colours a value stands on, or at the end of.

        Args:
            sheet: The page.
            segment: The value.
            colours: The legend's.
            axis: 0 where bars stand upright (the bar is below or around the value), 1 where they lie (left of it).
        """
        x0, y0, x1, y1 = sheet.box(segment.words)
        height = segment.height
        middle, half = (x0 + x1) / 2, max(0.3 * (x1 - x0), 2.0)
        around = x0 - 0.15 * height, y0 - 0.1 * height, x1 + 0.15 * height, y1 + 0.1 * height
        below = middle - half, y1, middle + half, y1 + 1.3 * height
        left = x0 - 1.5 * height, y0 + 0.2 * height, x0, y1 - 0.2 * height
        above = middle - half, y0 - 1.3 * height, middle + half, y0
        for box in (around, left if axis else below, above if not axis else around):
            area = self._area(box)
            if not len(area):
                continue
            counts = [int((_distance(area, colour) < NEAR).sum()) for colour in colours]
            best = int(np.argmax(counts))
            second = max((c for i, c in enumerate(counts) if i != best), default=0)
            if counts[best] >= max(6, 0.04 * len(area)) and counts[best] >= 2 * second:
                return best
        return None


def _distinct(colours: Sequence[Colour]) -> bool:
    return all(
        float(_distance(np.array([a]), b)[0]) >= DISTINCT for i, a in enumerate(colours) for b in colours[i + 1 :]
    )
