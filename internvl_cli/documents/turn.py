"""Quarter turns of a page image, with the clock, and of what stands on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from internvl_cli.documents.page import Box

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["turned", "turned_back"]


def turned(image: Image.Image, degrees: int) -> Image.Image:
    """Turn an image by 0, 90, 180 or 270 degrees with the clock."""
    from PIL import Image

    # Pillow turns against the clock.
    ways = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return image.transpose(ways[degrees]) if degrees else image


def turned_back(box: Box, degrees: int, size: tuple[int, int]) -> Box:
    """Give the box of an image of ``size`` for one that was found on it ``turned`` by ``degrees``."""
    x0, y0, x1, y1 = box
    width, height = size
    if degrees == 90:
        return y0, height - x1, y1, height - x0
    if degrees == 180:
        return width - x1, height - y1, width - x0, height - y0
    if degrees == 270:
        return width - y1, x0, width - y0, x1
    return box
