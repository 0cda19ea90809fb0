"""At which resolution a PDF page is rendered. Pure."""

from __future__ import annotations

import math

from internvl_cli.errors import InputError

__all__ = ["PageScale", "page_scale", "pixel_budget"]

_TILE = 448
"""Side of a tile of InternVL2, in pixels."""
_FLOOR = 1240 * 1754
"""Pixels of an A4 page at 150 dpi. Print of 8 points is some 17 pixels high then, which OCR still reads; with few tiles
the model could do with less, but the words and the evidence could not."""
_MAX_DPI = 600
_MAX_SIDE = 16_384
_MIN_SIDE = 8
"""A page thinner than this has nothing that can be read."""

PageScale = tuple[int, int, float]
"""Width and height in pixels, and pixels per point."""


def pixel_budget(max_tiles: int) -> int:
    """Give the pixels a page may have: what ``max_tiles`` tiles hold (2.4 million at 12), but enough for OCR."""
    return max(max_tiles * _TILE * _TILE, _FLOOR)


def page_scale(width: float, height: float, max_tiles: int, name: str) -> PageScale:
    """Choose the size of a page image from the page's size, before anything is rendered.

    The page gets the whole budget, up to 600 dpi; however large a page says it is, the image is not larger.

    Args:
        width: In points, as the page is shown (after its own rotation).
        height: In points.
        max_tiles: Most tiles the model takes of a page.
        name: What to call the page in an error.

    Raises:
        InputError: The page has no area, or is so long and thin that it would be less than 8 pixels across.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise InputError(f"{name} has no area: it is {width:g} × {height:g} points")
    scale = min(
        math.sqrt(pixel_budget(max_tiles)) / math.sqrt(width) / math.sqrt(height),
        _MAX_DPI / 72,
        _MAX_SIDE / max(width, height),
    )
    pixels = max(1, round(width * scale)), max(1, round(height * scale))
    if min(pixels) < _MIN_SIDE:
        raise InputError(f"{name} is too small or too thin to be read: {_points(width)} × {_points(height)} points")
    return *pixels, scale


def _points(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"
