"""Cut a page into 448-pixel tiles as InternVL2 does: choose a grid, resize once, cut row by row, add a thumbnail.

``choose_grid`` and ``count_tiles`` are plain arithmetic and import nothing heavy. The pixels are those of the reference
(``dynamic_preprocess`` and ``build_transform`` of the model cards), bit for bit.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from internvl_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from PIL import Image

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "MAX_TILES",
    "TILE",
    "choose_grid",
    "count_tiles",
    "normalize",
    "tile_image",
]

TILE = 448
"""Side of a tile in pixels: ``force_image_size`` of every InternVL2."""

MAX_TILES = 40
"""Most tiles the authors use at inference (12 in training); the thumbnail comes on top."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of red, green and blue in ImageNet, which InternViT was trained with."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Their standard deviations."""


@cache
def _grids(min_tiles: int, max_tiles: int) -> tuple[tuple[int, int, float], ...]:
    """Give every ``(cols, rows, cols / rows)`` with ``min_tiles <= cols * rows <= max_tiles``, fewest tiles first.

    Grids with equally many tiles keep the order in which a set gives them, because the reference's do: with
    ``min_tiles`` above 1 a tie can depend on it. (Hashes of tuples of small integers are the same in every process.)
    """
    grids = {
        (cols, rows)
        for most in range(min_tiles, max_tiles + 1)
        for cols in range(1, most + 1)
        for rows in range(1, most + 1)
        if min_tiles <= cols * rows <= max_tiles
    }
    return tuple((cols, rows, cols / rows) for cols, rows in sorted(grids, key=lambda grid: grid[0] * grid[1]))


def choose_grid(
    width: int, height: int, *, max_tiles: int = 12, min_tiles: int = 1, tile: int = TILE
) -> tuple[int, int]:
    """Choose the grid whose aspect ratio is closest to the image's.

    Of grids that are equally close, a larger one is taken only if the image has more than half of its pixels.

    Args:
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        max_tiles: Most tiles, 1 to 40.
        min_tiles: Fewest tiles, 1 to ``max_tiles``.
        tile: Side of a tile in pixels.

    Returns:
        Columns and rows.

    Raises:
        UsageError: A size or a limit is out of range.
    """
    if width < 1 or height < 1:
        raise UsageError(f"an image of {width}x{height} pixels cannot be cut into tiles")
    if not 1 <= min_tiles <= max_tiles <= MAX_TILES:
        raise UsageError(
            f"tiles must satisfy 1 <= min ({min_tiles}) <= max ({max_tiles}) <= {MAX_TILES}", "try --max-tiles 12"
        )
    aspect = width / height
    pixels = width * height
    best, best_difference = (1, 1), float("inf")
    for cols, rows, ratio in _grids(min_tiles, max_tiles):
        difference = abs(aspect - ratio)
        if difference < best_difference or (difference == best_difference and pixels > 0.5 * tile * tile * cols * rows):
            best, best_difference = (cols, rows), difference
    return best


def count_tiles(cols: int, rows: int, *, use_thumbnail: bool = True) -> int:
    """Count what is sent for a grid: its tiles, and a thumbnail where there is more than one tile."""
    tiles = cols * rows
    return tiles + 1 if use_thumbnail and tiles > 1 else tiles


def tile_image(
    image: Image.Image, *, max_tiles: int = 12, min_tiles: int = 1, use_thumbnail: bool = True, tile: int = TILE
) -> NDArray[np.uint8]:
    """Cut an image into tiles.

    The whole image is resized to the grid (bicubic with antialiasing, aspect ratio ignored) and cut left to right, top
    to bottom; the thumbnail, where there is one, comes last. Transparency is dropped, not blended, as in the reference.

    Args:
        image: Any PIL image; other modes are converted to RGB first.
        max_tiles: Most tiles, 1 to 40, the thumbnail not counted.
        min_tiles: Fewest tiles.
        use_thumbnail: Whether to add the whole image as one more tile where there is more than one.
        tile: Side of a tile in pixels.

    Returns:
        uint8 of shape ``(tiles, tile, tile, 3)``, RGB.

    Raises:
        UsageError: A limit is out of range, or the image has no pixels.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from PIL import Image

    rgb = image if image.mode == "RGB" else image.convert("RGB")
    cols, rows = choose_grid(*rgb.size, max_tiles=max_tiles, min_tiles=min_tiles, tile=tile)
    tiles = np.empty((count_tiles(cols, rows, use_thumbnail=use_thumbnail), tile, tile, 3), dtype=np.uint8)
    grid = tiles[: cols * rows].reshape(rows, cols, tile, tile, 3)

    rgb.load()  # before two threads read it
    # Channels are resized one by one, so a grey page gives the same pixels from a third of the work.
    source = rgb.getchannel(0) if _is_grey(rgb) else rgb

    def resize(width: int, height: int) -> NDArray[np.uint8]:
        pixels = np.asarray(source.resize((width, height), Image.Resampling.BICUBIC))
        return pixels if pixels.ndim == 3 else np.broadcast_to(pixels[..., None], (height, width, 3))

    with ThreadPoolExecutor(1) as helper:  # Pillow lets go of the interpreter while it resizes
        thumbnail = helper.submit(resize, tile, tile) if len(tiles) > cols * rows else None
        grid[...] = resize(cols * tile, rows * tile).reshape(rows, tile, cols, tile, 3).swapaxes(1, 2)
        if thumbnail is not None:
            tiles[-1] = thumbnail.result()
    return tiles


def _is_grey(rgb: Image.Image) -> bool:
    """Whether red, green and blue are equal everywhere; a few rows tell most coloured pages at once."""
    import numpy as np

    def equal(part: Image.Image) -> bool:
        red, green, blue = np.moveaxis(np.asarray(part), -1, 0)
        return bool((red == green).all() and (green == blue).all())

    width, height = rgb.size
    rows = range(0, height, max(1, height // 16))
    return all(equal(rgb.crop((0, row, width, row + 1))) for row in rows) and equal(rgb)


def normalize(tiles: NDArray[np.uint8], dtype: torch.dtype | None = None) -> torch.Tensor:
    """Turn pixels into what the vision encoder takes: ``(x / 255 - mean) / std`` per channel.

    Args:
        tiles: uint8 of shape ``(tiles, height, width, 3)``.
        dtype: Of the result; float32 if None. The arithmetic is always float32, in the reference's order.

    Returns:
        ``(tiles, 3, height, width)`` on the CPU.
    """
    import numpy as np
    import torch

    count, height, width, _ = tiles.shape
    mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
    std = torch.tensor(IMAGENET_STD).view(3, 1, 1)
    pixels = torch.empty((count, 3, height, width), dtype=dtype or torch.float32)
    for target, one in zip(pixels, tiles, strict=True):  # a tile at a time stays in the processor's cache
        planes = torch.from_numpy(np.ascontiguousarray(one.transpose(2, 0, 1)))
        target.copy_(planes.to(torch.float32).div_(255).sub_(mean).div_(std))
    return pixels
