"""Scans that lie on a side or upside down are read all the same, and boxes point at the image as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import internvl_cli
from internvl_cli.documents import open_document
from internvl_cli.documents.turn import turned, turned_back
from internvl_cli.reader.ocr import _Line, _other_way

SCAN = Path(__file__).parents[1] / "samples" / "scan.pdf"


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0, 90, 180, 270]), st.data())
def test_a_box_is_turned_back_as_its_pixels_are(width: int, height: int, degrees: int, data: Any) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    image = Image.new("L", (width, height))
    image.putpixel((x, y), 255)
    box = turned(image, degrees).getbbox()
    assert box is not None
    assert turned_back(box, degrees, image.size) == (x, y, x + 1, y + 1)


def line(stands: bool, score: float) -> _Line:
    quad = [(0, 0), (10, 0), (10, 90), (0, 90)] if stands else [(0, 0), (90, 0), (90, 10), (0, 10)]
    return _Line(quad, "ten letter", score, ())


@pytest.mark.parametrize(
    ("stands", "score", "turn"), [(False, 0.98, 0), (False, 0.7, 180), (True, 0.98, 270), (True, 0.7, 90)]
)
def test_what_the_lines_ask_for(stands: bool, score: float, turn: int) -> None:
    assert _other_way([line(stands, score)] * 3) == turn
    assert _other_way([line(stands, score)] * 2) == 0  # too few to say
    assert _other_way([line(stands, score), *[line(False, 0.98)] * 9]) == 0  # a label at an axis is no page


@pytest.fixture(scope="module")
def scan() -> Image.Image:
    with open_document(str(SCAN)) as document:
        return document.page(1).image


@pytest.mark.parametrize(("degrees", "lies"), [(90, "right side"), (180, "upside down"), (270, "left side")])
def test_a_scan_that_was_laid_down_wrong(degrees: int, lies: str, scan: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    turned(scan, degrees).save(path)
    answer = internvl_cli.ask("What is the order number?", path, model="reader")
    assert answer.text == "WEB-119406"
    assert any(lies in warning for warning in answer.warnings)
    upright = internvl_cli.ask("What is the order number?", SCAN, model="reader").evidence[0]
    (found,) = answer.evidence
    assert found.page_size == turned(scan, degrees).size
    back = turned_back(found.box, degrees, scan.size)
    scale = scan.width / upright.page_size[0]
    assert back == pytest.approx([value * scale for value in upright.box], abs=12)
