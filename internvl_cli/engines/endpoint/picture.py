"""A page as a data URL, at the resolution that its tiles need and no more."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from internvl_cli.model.tiling import TILE, choose_grid, count_tiles

if TYPE_CHECKING:
    from PIL import Image

    from internvl_cli.documents.page import Page

__all__ = ["LARGEST_PNG", "data_url", "encode", "fit", "tiles_of"]

LARGEST_PNG = 3 << 20
"""Bytes up to which a page travels as PNG, without loss. Print and charts stay below; photographs and noisy scans do
not, and go as JPEG of quality 95 without chroma subsampling."""

_JPEG_QUALITY = 95


def tiles_of(width: int, height: int, max_tiles: int) -> int:
    """Count the tiles, thumbnail included, that InternVL2 cuts a page of this size into."""
    return count_tiles(*choose_grid(width, height, max_tiles=max_tiles))


def fit(width: int, height: int, max_tiles: int) -> tuple[int, int]:
    """Give the size a page is sent in: never larger than it is, and not smaller than its grid of tiles on either side.

    The server chooses the grid again, from the aspect ratio of what it gets; where rounding would lead it to another
    one, the page keeps its size.
    """
    cols, rows = choose_grid(width, height, max_tiles=max_tiles)
    scale = max(cols * TILE / width, rows * TILE / height)
    if scale >= 1:
        return width, height
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return size if choose_grid(*size, max_tiles=max_tiles) == (cols, rows) else (width, height)


def data_url(page: Page, max_tiles: int | None) -> str:
    """Render a page and write it as a data URL.

    Args:
        page: The page.
        max_tiles: Most tiles of it, which its size follows from; None keeps every pixel, as PNG.

    Raises:
        InputError: The page cannot be rendered.
    """
    image = page.image
    if max_tiles is None:
        return _url("png", _save(image, "png"))
    size = fit(*image.size, max_tiles)
    if size != image.size:
        from PIL import Image

        image = image.resize(size, Image.Resampling.LANCZOS)
    return _url(*encode(image))


def encode(image: Image.Image) -> tuple[str, bytes]:
    """Give the format, ``png`` or ``jpeg``, and the bytes of an image."""
    data = _save(image, "png")
    if len(data) <= LARGEST_PNG:
        return "png", data
    return "jpeg", _save(image, "jpeg")


def _save(image: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "png":
        image.save(target, "PNG", compress_level=3)
    else:
        image.save(target, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return target.getvalue()


def _url(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
