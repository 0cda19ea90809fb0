"""Strips and slivers: what is thin is not blown up, and boxes stay where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from internvl_cli.reader.ocr import LEAST_SIDE, THINNEST, Recogniser, _widened


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 600), st.integers(1, 600))
def test_a_page_is_widened_to_the_right_or_below(width: int, height: int) -> None:
    image = Image.new("RGB", (width, height), "black")
    wide = _widened(image)
    assert max(wide.size) == max(image.size) and max(wide.size) <= THINNEST * min(wide.size)
    assert wide.crop((0, 0, width, height)).getextrema() == ((0, 0),) * 3
    if wide.size == image.size:
        assert max(image.size) <= THINNEST * min(image.size)
    else:
        assert wide.getpixel((wide.width - 1, wide.height - 1)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(1, 50), (LEAST_SIDE - 1, 3000), (20000, 1)])
def test_a_sliver_is_not_even_shown_to_the_engine(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Recogniser, "_load", never)
    assert Recogniser(1)(Image.new("RGB", size, "white")).words == ()


def test_a_strip_is_read_in_its_own_pixels() -> None:
    strip = Image.new("RGB", (900, 40), "white")
    ImageDraw.Draw(strip).text((20, 6), "Invoice total 42.50", "black", font=ImageFont.load_default(24))
    words = Recogniser(1)(strip).words
    assert "42.50" in "".join(word.text for word in words)
    assert all(0 <= w.box[0] < w.box[2] <= 900 and -2 <= w.box[1] < w.box[3] <= 42 for w in words)
