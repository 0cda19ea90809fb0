"""Draw a sample's page as an image, so that OCR can be part of an evaluation.

Only the words are drawn, each fitted to its box; a page may be skewed and saved as JPEG, as a scanner would.
"""

from __future__ import annotations

import functools
import io
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.sample import Sample

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path("/Library/Fonts"))
"""Where open fonts are looked for."""

NAMES = (
    ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf", "DejaVuSansCondensed.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf", "LiberationMono-Regular.ttf"),
)
"""Fonts that are taken where they are found: DejaVu and Liberation, both under open licences."""


@dataclass(frozen=True)
class Wear:
    """What the paper and the scanner do.

    Attributes:
        angle: Skew in degrees.
        blur: Radius of the blur in pixels.
        quality: JPEG quality, 0 for none.
        paper: Brightness of the paper, 0 to 255.
        ink: Brightness of the ink, 0 to 255.
    """

    angle: float = 0.0
    blur: float = 0.0
    quality: int = 0
    paper: int = 255
    ink: int = 0


def random_wear(rng: random.Random) -> Wear:
    """A clean page in a third of the cases, a scan in the others."""
    if rng.random() < 0.33:
        return Wear()
    return Wear(
        angle=rng.gauss(0, 0.7),
        blur=rng.choice((0.0, 0.0, 0.4, 0.7)),
        quality=rng.randint(35, 90),
        paper=rng.randint(225, 255),
        ink=rng.randint(0, 70),
    )


@functools.cache
def fonts() -> tuple[str, ...]:
    """Paths of the open fonts of this machine; empty where there are none."""
    found = {path.name: str(path) for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*.ttf")}
    return tuple(found[name] for family in NAMES for name in family if name in found)


@functools.lru_cache(maxsize=512)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


def draw(sample: Sample, font: str = "", wear: Wear | None = None, rng: random.Random | None = None) -> Image.Image:
    """Draw a page.

    Args:
        sample: The page; its words should not have been misread already.
        font: Path of a TrueType font; empty for one of this machine's open fonts, by chance, or Pillow's own.
        wear: What paper and scanner do; None leaves the page clean.
        rng: Chooses the font.

    Returns:
        An RGB image of ``sample.size``.
    """
    wear = wear or Wear()
    if not font and fonts():
        font = (rng or random.Random(sample.document)).choice(fonts())
    image = Image.new("L", sample.size, wear.paper)
    pen = ImageDraw.Draw(image)
    for word, (x0, y0, x1, y1) in zip(sample.words, sample.boxes, strict=True):
        size = _size(font, word, x1 - x0, y1 - y0)
        face = _font(font, size)
        middle = (y0 + y1) / 2
        if y1 - y0 < size:
            # The box holds the ink alone, not the line: put the middle of the ink there.
            ink = pen.textbbox((0, 0), word, font=face, anchor="ls")
            pen.text((x0, middle - (ink[1] + ink[3]) / 2), word, font=face, fill=wear.ink, anchor="ls")
        else:
            pen.text((x0, middle), word, font=face, fill=wear.ink, anchor="lm")
    if wear.angle:
        image = image.rotate(-wear.angle, Image.Resampling.BICUBIC, fillcolor=wear.paper)
    if wear.blur:
        image = image.filter(ImageFilter.GaussianBlur(wear.blur))
    if wear.quality:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=wear.quality)
        image = Image.open(buffer)
    return image.convert("RGB")


def _size(font: str, word: str, width: float, height: float) -> int:
    """The text size at which a word is as wide as its box, within what the height allows."""
    length = _font(font, 100).getlength(word) / 100
    low, high = max(5.0, height * 0.75), height * 2
    return round(min(max(width / length, low), high)) if length else round(height)
