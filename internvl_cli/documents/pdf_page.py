"""One PDF page as PDFium holds it: draw it, read its words. The callers hold PDFium's lock."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.page import Box, Word

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["flatten", "rasterize", "read_words", "stand_up"]

_FEW_WORDS, _SCAN = 20, 0.6
"""A page with fewer words than this, of which a picture covers more than this share, is read by OCR all the same."""
_STRIP, _LARGE = 0.15, 0.35
"""So is one whose words stand beside less of its height than this, and of which a picture covers more than this: they
are a scanner's header, or a stamp of several lines."""
_ENOUGH_LETTERS = 20
"""Fewer do not say which way a page stands."""
_MOST_LETTERS = 0.75
"""A page is turned where this share of its letters stands another way."""


def flatten(page: Any) -> bool:
    """Draw filled-in form fields and comments into the page, so that its text has them; say whether there were any.

    Links, which are most annotations, show nothing.
    """
    import pypdfium2.raw as pdfium

    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if subtype not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
            return bool(pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS)
    return False


def stand_up(page: Any) -> bool:
    """Turn a page whose text stands sideways or upside down, as ``/Rotate`` would; say whether it was turned.

    Wide tables on tall pages are often drawn so. Neither a person nor a model would read them as they lie.
    """
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        angles = [
            round(math.degrees(pdfium.FPDFText_GetCharAngle(textpage.raw, index)) / 90) % 4
            for index in range(0, count, max(1, count // 200))
            if pdfium.FPDFText_GetUnicode(textpage.raw, index) > 0x20
        ]
    finally:
        textpage.close()
    if len(angles) < _ENOUGH_LETTERS:
        return False
    angle, often = Counter(angles).most_common(1)[0]
    upright = -90 * angle % 360
    if often < _MOST_LETTERS * len(angles) or upright == page.get_rotation():
        return False
    page.set_rotation(upright)
    return True


def rasterize(page: Any, width: int, height: int) -> Image.Image:
    """Draw a page on a white bitmap of exactly ``(width, height)``.

    pypdfium2's own ``render`` rounds the size up by itself, and takes one scale for both directions.
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        placed = (0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, *placed)
        if page.formenv:
            pdfium.FPDF_FFLDraw(page.formenv, bitmap, page, *placed)
        image: Image.Image = bitmap.to_pil()
        return image
    finally:
        bitmap.close()


def read_words(page: Any, width: int, height: int) -> tuple[list[Word], str | None]:
    """Give the text layer in pixels of a ``(width, height)`` image, and what is wrong with it where it is ignored."""
    from internvl_cli.documents.textlayer import extract_words

    textpage = page.get_textpage()
    try:
        words, problem = extract_words(textpage, _to_pixels(page, width, height))
    finally:
        textpage.close()
    few, strip = 0 < len(words) < _FEW_WORDS, bool(words) and _height_share(words, height) < _STRIP
    if (few or strip) and _picture_share(page) > (_LARGE if strip else _SCAN):
        plural = "word" if len(words) == 1 else "words"
        return [], f"a scan with only {len(words)} {plural} of text layer, which is ignored"
    return words, problem


def _height_share(words: Sequence[Word], height: int) -> float:
    """Give the share of the page's height beside which there are words, to a fiftieth."""
    places: set[int] = set()
    for word in words:
        places.update(range(int(50 * word.box[1] / height), int(50 * word.box[3] / height) + 1))
    return len(places) / 50


def _to_pixels(page: Any, width: int, height: int) -> Callable[[float, float, float, float], Box]:
    """Give the map from page space (origin bottom left, before rotation) to pixels, clipped to the image.

    /Rotate turns clockwise (PDF 32000-1, 7.7.3.3).
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    rotation = 90 * pdfium.FPDFPage_GetRotation(page)
    if rotation < 0:
        raise pypdfium2.PdfiumError("what should be a page is something else")
    box_left, box_bottom, box_right, box_top = _visible_box(page)
    across, along = max(box_right - box_left, 1e-9), max(box_top - box_bottom, 1e-9)

    def convert(left: float, bottom: float, right: float, top: float) -> Box:
        u0, u1 = (left - box_left) / across, (right - box_left) / across
        v0, v1 = (box_top - top) / along, (box_top - bottom) / along
        if rotation == 90:
            u0, v0, u1, v1 = 1 - v1, u0, 1 - v0, u1
        elif rotation == 180:
            u0, v0, u1, v1 = 1 - u1, 1 - v1, 1 - u0, 1 - v0
        elif rotation == 270:
            u0, v0, u1, v1 = v0, 1 - u1, v1, 1 - u0
        x0, y0, x1, y1 = u0 * width, v0 * height, u1 * width, v1 * height
        # A word of which less than half can be seen is not read.
        if not (0 <= (x0 + x1) / 2 <= width and 0 <= (y0 + y1) / 2 <= height):
            return (0.0, 0.0, 0.0, 0.0)
        return (round(max(x0, 0), 2), round(max(y0, 0), 2), round(min(x1, width), 2), round(min(y1, height), 2))

    return convert


def _visible_box(page: Any) -> tuple[float, float, float, float]:
    """Give left, bottom, right and top of what is shown: the crop box within the media box."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, box):
        return 0.0, 0.0, *page.get_size()
    return box.left, box.bottom, box.right, box.top


def _picture_share(page: Any) -> float:
    """Give how much of the page its largest picture covers: words beside a large one are a stamp, not the text."""
    import ctypes

    import pypdfium2.raw as pdfium

    left, bottom, right, top = _visible_box(page)
    area = max((right - left) * (top - bottom), 1e-9)
    bounds = [ctypes.c_float() for _ in range(4)]
    largest = 0.0
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        if pdfium.FPDFPageObj_GetBounds(image, *bounds):
            x0, y0, x1, y1 = (bound.value for bound in bounds)
            seen = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
            largest = max(largest, seen / area)
    return largest
