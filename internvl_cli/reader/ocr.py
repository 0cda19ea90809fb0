"""Read the words of a page image with RapidOCR; its PP-OCR models lie inside its wheel, nothing is downloaded."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.page import Box, Word
from internvl_cli.documents.turn import turned, turned_back
from internvl_cli.errors import DependencyError

if TYPE_CHECKING:
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


MOST = 0.6
"""Share of letters in lines that stand, from which on a page lies on its side."""

DOUBT = 0.85
"""Mean score below which a page may be upside down. Measured on eight scans in four positions: upright or on the right
side 0.98 and more, upside down or on the left side 0.66 to 0.76."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words of a page image.

    Attributes:
        words: Boxes in page pixels, as they stand on the image.
        upright: The same boxes with the page's skew turned away, for the layout; on the turned image, if it was.
        skew: In degrees, clockwise.
        size: Width and height of what ``upright`` stands on.
        turn: By how many degrees the image was turned with the clock to be read: 0, 90, 180 or 270.
    """

    words: tuple[Word, ...]
    upright: tuple[Box, ...]
    skew: float
    size: tuple[int, int]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """What the engine gives for a line: its corners from the top left with the clock, and its pieces."""

    quad: Any
    text: str
    score: float
    pieces: Sequence[Any]

    @property
    def stands(self) -> bool:
        """Whether it is higher than wide: the engine lays such a line down to the left before it reads it."""
        (ax, ay), (bx, by), _, (dx, dy) = ((float(x), float(y)) for x, y in self.quad)
        return math.hypot(dx - ax, dy - ay) > 1.5 * math.hypot(bx - ax, by - ay)


def _likely(lines: Sequence[_Line]) -> float:
    """Give how many characters are read, each counted by how sure it is."""
    return sum(line.score * len(line.text) for line in lines)


def _other_way(lines: Sequence[_Line]) -> int:
    """Give the turn (degrees with the clock) that the lines ask for; 0 where they stand as they should."""
    letters = sum(len(line.text) for line in lines)
    if len(lines) < 3:
        return 0
    standing = sum(len(line.text) for line in lines if line.stands) > MOST * letters
    sure = _likely(lines) > DOUBT * letters
    if standing:
        return 270 if sure else 90
    return 0 if sure else 180


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
                    # Almost all pages come upright; the classifier for lines upside down costs a tenth on every page.
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
        if min(image.size) < LEAST_SIDE:
            return Recognised((), (), 0.0, image.size)
        image = image.convert("RGB")
        lines, turn = self._read(image), 0
        if other := _other_way(lines):
            again = self._read(turned(image, other))
            # Lines that were laid down may have been read as well as they are now.
            if _likely(again) > 0.9 * _likely(lines):
                lines, turn = again, other
        return _words(lines, turn, image.size)

    def _read(self, image: Image.Image) -> list[_Line]:
        """Give the lines of an RGB image as it stands."""
        import numpy as np

        # OpenCV's order of colours.
        pixels = np.ascontiguousarray(np.asarray(_widened(image))[:, :, ::-1])
        result = self._load()(pixels, return_word_box=True)
        if result.boxes is None or result.txts is None:
            return []
        parts = result.word_results or ()
        found = enumerate(zip(result.boxes, result.txts, result.scores, strict=True))
        return [
            _Line(quad, text, float(score), parts[i] if i < len(parts) and parts[i] else ((text, score, quad),))
            for i, (quad, text, score) in found
        ]


def _words(lines: Sequence[_Line], turn: int, size: tuple[int, int]) -> Recognised:
    """Give the words of an image of ``size`` that was turned before it was read."""
    width, height = (size[1], size[0]) if turn in (90, 270) else size
    angle = _skew([line.quad for line in lines])
    if abs(angle) > math.radians(15):
        angle = 0.0
    cos, sin = math.cos(-angle), math.sin(-angle)

    def straight(point: Any) -> tuple[float, float]:
        x, y = float(point[0]) - width / 2, float(point[1]) - height / 2
        return x * cos - y * sin + width / 2, x * sin + y * cos + height / 2

    words: list[Word] = []
    upright: list[Box] = []
    for text, sure, points in (piece for line in lines for piece in line.pieces):
        if str(text).strip() and points is not None:
            words.append(Word(str(text).strip(), turned_back(_bounds(points), turn, size), float(sure)))
            upright.append(_bounds([straight(p) for p in points]))
    return Recognised(tuple(words), tuple(upright), math.degrees(angle), (width, height), turn)
