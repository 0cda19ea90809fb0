"""Read the words of a page image with RapidOCR; its PP-OCR models lie inside its wheel, nothing is downloaded."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.page import Box, Word
from internvl_cli.errors import DependencyError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

__all__ = ["Recognised", "Recogniser"]

LONG_SIDE = 1600
"""The detector sees the page at most this long (in pixels): an A4 page then has letters of 10 to 20 pixels."""

LEAST_SIDE = 8
"""A page this thin (in pixels) holds no letters."""

THINNEST = 4
"""Thinner pages than this (long side by short side) get white beside them: the detector wants 736 pixels of the short
side, and would blow a rule of 30 by 1,500 pixels up to 736 by 36,800."""

MIN_SCORE = 0.5
"""Lines that the recogniser is less sure of are left out."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words of a page image.

    Attributes:
        words: Boxes in page pixels, as they stand on the image.
        upright: The same boxes with the page's skew turned away, for the layout.
        skew: In degrees, clockwise.
    """

    words: tuple[Word, ...]
    upright: tuple[Box, ...]
    skew: float


def _bounds(points: Any) -> Box:
    xs, ys = [float(p[0]) for p in points], [float(p[1]) for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def _skew(quads: Any) -> float:
    """Give the median angle of the long lines, in radians; 0 where there are none."""
    angles: list[float] = []
    for quad in quads:
        dx, dy = float(quad[1][0] - quad[0][0]), float(quad[1][1] - quad[0][1])
        height = math.hypot(float(quad[3][0] - quad[0][0]), float(quad[3][1] - quad[0][1]))
        if dx > 4 * max(height, 1.0):
            angles.append(math.atan2(dy, dx))
    angles.sort()
    return angles[len(angles) // 2] if len(angles) >= 3 else 0.0


def _widened(image: Image.Image) -> Image.Image:
    """Give a page that is not too thin, with white at its right or below it, so that boxes stay where they are."""
    from PIL import Image

    least = math.ceil(max(image.size) / THINNEST)
    if min(image.size) >= least:
        return image
    wide = Image.new("RGB", (max(image.width, least), max(image.height, least)), "white")
    wide.paste(image, (0, 0))
    return wide


class Recogniser:
    """Loads its models at the first page.

    Args:
        threads: For onnxruntime; None takes all cores of the machine.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._engine: Any = None

    def _load(self) -> Any:
        if self._engine is None:
            try:
                from rapidocr import RapidOCR
            except ImportError as error:
                raise DependencyError(
                    f"this page has no text layer, and the OCR engine is not usable ({error})", "pip install rapidocr"
                ) from error
            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    # Pages come upright; the classifier for lines upside down costs a tenth and finds nothing.
                    "Global.use_cls": False,
                    "Global.text_score": MIN_SCORE,
                    # Each line at its own width: in batches the short ones are padded, which costs a quarter more.
                    "Rec.rec_img_shape": [3, 48, 96],
                    "Rec.rec_batch_num": 1,
                    "Global.max_side_len": LONG_SIDE,
                    "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
        return self._engine

    def __call__(self, image: Image.Image) -> Recognised:
        """Read a page.

        Args:
            image: RGB.

        Raises:
            DependencyError: RapidOCR or OpenCV is not installed.
        """
        import numpy as np

        if min(image.size) < LEAST_SIDE:
            return Recognised((), (), 0.0)
        engine = self._load()
        page = np.asarray(_widened(image.convert("RGB")))
        # OpenCV's order of colours.
        pixels: np.ndarray[Any, np.dtype[np.uint8]] = np.ascontiguousarray(page[:, :, ::-1])
        result = engine(pixels, return_word_box=True)
        if result.boxes is None or result.txts is None:
            return Recognised((), (), 0.0)
        angle = _skew(result.boxes)
        if abs(angle) > math.radians(15):
            angle = 0.0
        cos, sin = math.cos(-angle), math.sin(-angle)
        middle = image.width / 2, image.height / 2

        def turn(point: Any) -> tuple[float, float]:
            x, y = float(point[0]) - middle[0], float(point[1]) - middle[1]
            return x * cos - y * sin + middle[0], x * sin + y * cos + middle[1]

        words: list[Word] = []
        upright: list[Box] = []
        parts = result.word_results or ()
        for line, (quad, text, score) in enumerate(zip(result.boxes, result.txts, result.scores, strict=True)):
            pieces = parts[line] if line < len(parts) and parts[line] else ((text, score, quad),)
            for piece, sure, points in pieces:
                if str(piece).strip() and points is not None:
                    words.append(Word(str(piece).strip(), _bounds(points), float(sure)))
                    upright.append(_bounds([turn(p) for p in points]))
        return Recognised(tuple(words), tuple(upright), math.degrees(angle))
