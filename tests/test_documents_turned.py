"""Pages whose text stands sideways or upside down are read, and shown, upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from drawn_pdfs import drawn_pdf
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from internvl_cli.documents import open_document, poppler
from internvl_cli.documents.page import Page

LINES = ["Item        Price", "Thermal     100.00", "Carriage     20.00", "Total       120.00", "Signed by Jane Doe"]
SIZES = {0: (400, 300), 90: (300, 400), 180: (400, 300), 270: (300, 400)}


def turned(angle: int, labels: int = 0) -> bytes:
    """Lines that stand at ``angle`` (degrees, against the clock), and upright labels that do not."""

    def draw(canvas: Canvas) -> None:
        width, height = SIZES[angle]
        canvas.saveState()
        canvas.translate(width / 2, height / 2)
        canvas.rotate(angle)
        canvas.setFont("Courier", 14)
        for number, text in enumerate(LINES):
            canvas.drawString(-160, 100 - 30 * number, text)
        canvas.restoreState()
        for number in range(labels):
            canvas.drawString(20, 20 + 12 * number, f"label number {number} stands upright")

    return drawn_pdf(draw, size=SIZES[angle])


def opened(
    tmp_path: Path, data: bytes, rasterizer: Literal["pdfium", "poppler"] = "pdfium"
) -> tuple[Page, Image.Image]:
    path = tmp_path / "page.pdf"
    path.write_bytes(data)
    with open_document(str(path), rasterizer=rasterizer) as document:
        page = document.page(1)
        again = document.page(1)
        assert (again.words, again.notes) == (page.words, page.notes)
        return page, page.image


def ink(page: Page, image: Image.Image) -> tuple[float, float]:
    """Share of dark pixels in the words' boxes, and outside."""
    dark = np.asarray(image.convert("L")) < 128
    assert dark.shape == (page.height, page.width)
    inside = np.zeros_like(dark)
    for x0, y0, x1, y1 in (word.box for word in page.words):
        inside[int(y0) - 1 : int(y1) + 2, int(x0) - 1 : int(x1) + 2] = True
    return float(dark[inside].mean()), float(dark[~inside].mean())


def engines() -> list[Any]:
    missing = pytest.mark.skipif(not poppler.is_available(), reason="needs poppler")
    return ["pdfium", pytest.param("poppler", marks=missing)]


@pytest.mark.parametrize("rasterizer", engines())
@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_turned_page_is_as_the_upright_one(
    angle: int, rasterizer: Literal["pdfium", "poppler"], tmp_path: Path
) -> None:
    upright, _ = opened(tmp_path, turned(0))
    page, image = opened(tmp_path, turned(angle), rasterizer)
    assert [word.text for word in page.words] == [word.text for word in upright.words] == " ".join(LINES).split()
    assert (page.width, page.height) == (upright.width, upright.height)
    for word, other in zip(page.words, upright.words, strict=True):
        assert word.box == pytest.approx(other.box, abs=6)
    inside, outside = ink(page, image)
    assert inside > 0.05 and outside < 0.001
    assert upright.notes == [] and any("turned" in note for note in page.notes)


def test_a_page_of_two_minds_stays(tmp_path: Path) -> None:
    page, _ = opened(tmp_path, turned(90, labels=8))
    assert (page.width < page.height) and page.notes == []


def test_a_page_that_says_how_it_is_turned_is_left_at_that(tmp_path: Path) -> None:
    import pypdfium2

    path = tmp_path / "rotated.pdf"
    pdf = pypdfium2.PdfDocument(turned(90))
    pdf[0].set_rotation(90)  # /Rotate turns with the clock, and the text was turned against it
    pdf.save(str(path))
    page, _ = opened(tmp_path, path.read_bytes())
    assert page.width > page.height and page.notes == []
    assert [word.text for word in page.words] == " ".join(LINES).split()
