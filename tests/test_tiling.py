"""Tiling against a naive reading of the reference algorithm, written here from its description."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_cli.errors import UsageError
from internvl_cli.model.tiling import IMAGENET_MEAN, IMAGENET_STD, choose_grid, count_tiles, normalize, tile_image


def naive_grid(width: int, height: int, min_num: int, max_num: int) -> tuple[int, int]:
    ratios = set()
    for n in range(min_num, max_num + 1):
        for i in range(1, n + 1):
            for j in range(1, n + 1):
                if min_num <= i * j <= max_num:
                    ratios.add((i, j))
    best, best_diff = (1, 1), math.inf
    for ratio in sorted(ratios, key=lambda r: r[0] * r[1]):
        diff = abs(width / height - ratio[0] / ratio[1])
        if diff < best_diff:
            best, best_diff = ratio, diff
        elif diff == best_diff and width * height > 0.5 * 448 * 448 * ratio[0] * ratio[1]:
            best = ratio
    return best


def naive_tiles(image: Image.Image, min_num: int, max_num: int, thumbnail: bool, size: int) -> list[np.ndarray]:
    cols, rows = choose_grid(*image.size, max_tiles=max_num, min_tiles=min_num, tile=size)
    resized = image.resize((cols * size, rows * size))
    pieces = []
    for row in range(rows):
        for col in range(cols):
            pieces.append(resized.crop((col * size, row * size, (col + 1) * size, (row + 1) * size)))
    if thumbnail and len(pieces) > 1:
        pieces.append(image.resize((size, size)))
    return [np.array(piece) for piece in pieces]


def picture(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    values = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(values.squeeze() if channels == 1 else values, mode)


side = st.integers(1, 5000)


@settings(max_examples=150, deadline=None)
@given(width=side, height=side, limits=st.tuples(st.integers(1, 40), st.integers(1, 40)))
@example(width=500, height=400, limits=(2, 2))  # 1.25 is as far from 1/2 as from 2
@example(width=1000, height=800, limits=(2, 2))
@example(width=896, height=896, limits=(1, 12))
@example(width=300, height=300, limits=(1, 12))
def test_grid_is_the_reference_choice(width: int, height: int, limits: tuple[int, int]) -> None:
    low, high = sorted(limits)
    assert choose_grid(width, height, min_tiles=low, max_tiles=high) == naive_grid(width, height, low, high)


@pytest.mark.parametrize(
    ("size", "max_tiles", "grid"),
    [
        ((1240, 1754), 12, (2, 3)),  # A4 stays 2x3 for any limit from 6 to 18
        ((1240, 1754), 18, (2, 3)),
        ((1654, 2339), 24, (4, 6)),
        ((1240, 1754), 40, (5, 7)),
        ((1700, 2200), 12, (3, 4)),
        ((1920, 1080), 12, (4, 2)),
        ((800, 600), 6, (3, 2)),
        ((800, 600), 12, (4, 3)),
        ((300, 300), 12, (1, 1)),
        ((448, 448), 12, (1, 1)),
        ((896, 896), 12, (2, 2)),
        ((960, 960), 12, (3, 3)),
        ((1, 5000), 12, (1, 12)),
    ],
)
def test_grids_of_common_pages(size: tuple[int, int], max_tiles: int, grid: tuple[int, int]) -> None:
    assert choose_grid(*size, max_tiles=max_tiles) == grid


def test_tie_needs_more_than_half_of_the_larger_grid() -> None:
    half = math.isqrt(448 * 448 * 4 // 2)  # 633: a square of 633 pixels has just less than half of 2x2 tiles
    assert choose_grid(half, half, max_tiles=4) == (1, 1)
    assert choose_grid(half + 1, half + 1, max_tiles=4) == (2, 2)


@pytest.mark.parametrize("limits", [(0, 12), (1, 41), (5, 4), (1, 0)])
def test_limits_out_of_range(limits: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="tiles must satisfy"):
        choose_grid(10, 10, min_tiles=limits[0], max_tiles=limits[1])


def test_empty_image() -> None:
    with pytest.raises(UsageError, match="0x10"):
        choose_grid(0, 10)


@settings(max_examples=12, deadline=None)
@given(
    width=st.integers(1, 120),
    height=st.integers(1, 120),
    high=st.integers(1, 12),
    thumbnail=st.booleans(),
    seed=st.integers(0, 9),
)
def test_tiles_are_the_reference_pixels(width: int, height: int, high: int, thumbnail: bool, seed: int) -> None:
    image = picture(width, height, seed=seed)
    tiles = tile_image(image, max_tiles=high, use_thumbnail=thumbnail, tile=32)
    expected = naive_tiles(image, 1, high, thumbnail, 32)
    assert tiles.dtype == np.uint8
    assert len(tiles) == len(expected)
    for tile, want in zip(tiles, expected, strict=True):
        assert np.array_equal(tile, want)


def test_real_tile_size_and_thumbnail_last() -> None:
    image = picture(700, 1000)
    tiles = tile_image(image)
    assert tiles.shape == (7, 448, 448, 3)
    assert np.array_equal(tiles[-1], np.array(image.resize((448, 448))))
    assert np.array_equal(tiles, np.stack(naive_tiles(image, 1, 12, True, 448)))


def test_single_tile_has_no_thumbnail() -> None:
    assert tile_image(picture(300, 300)).shape == (1, 448, 448, 3)
    assert (count_tiles(1, 1), count_tiles(2, 3), count_tiles(2, 3, use_thumbnail=False)) == (1, 7, 6)


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_other_modes_are_converted_first(mode: str) -> None:
    image = picture(90, 60, mode)
    assert np.array_equal(tile_image(image, tile=32), tile_image(image.convert("RGB"), tile=32))


def test_normalize_is_the_reference_arithmetic_to_the_bit() -> None:
    values = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    tiles = np.concatenate([values, values[:, ::-1], np.roll(values, 1, axis=3)])
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    for tile, got in zip(tiles, normalize(tiles), strict=True):
        want = torch.from_numpy(tile.copy()).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        want = (want - mean[:, None, None]) / std[:, None, None]
        assert torch.equal(got, want)


def test_normalize_rounds_once_to_a_smaller_type() -> None:
    tiles = tile_image(picture(40, 40), tile=32)
    assert torch.equal(normalize(tiles, torch.bfloat16), normalize(tiles).to(torch.bfloat16))
    assert normalize(tiles).shape == (len(tiles), 3, 32, 32)


def test_the_arithmetic_imports_nothing_heavy() -> None:
    code = (
        "import sys; from internvl_cli.model.tiling import choose_grid; choose_grid(10, 20);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'PIL', 'torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("spot", [None, (0, 0), (199, 130)])
def test_a_grey_page_and_one_with_a_coloured_pixel_are_the_reference_pixels(spot: tuple[int, int] | None) -> None:
    page = picture(200, 131, seed=4).convert("L").convert("RGB")
    if spot is not None:
        page.putpixel(spot, (250, 3, 90))
    assert np.array_equal(tile_image(page, max_tiles=6, tile=32), naive_tiles(page, 1, 6, True, 32))
