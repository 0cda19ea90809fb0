"""Charts drawn for the tests: an image, and the words on it as OCR would give them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from internvl_cli.documents import Page, Word
from internvl_cli.reader.sheet import Sheet

BLUE, ORANGE, GREEN, RED = (47, 111, 159), (230, 126, 34), (39, 174, 96), (192, 57, 43)


class Canvas:
    """Draws and remembers where each word stands."""

    def __init__(self, width: int = 900, height: int = 600) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self.pen = ImageDraw.Draw(self.image)
        self.words: list[Word] = []
        self.loads = 0

    def text(self, x: float, y: float, text: str, anchor: str = "lt", size: int = 20, fill: str = "#222222") -> None:
        font = ImageFont.load_default(size)
        left, top, _, bottom = self.pen.textbbox((x, y), text, font=font, anchor=anchor)
        self.pen.text((x, y), text, font=font, fill=fill, anchor=anchor)
        for word in text.split():
            start = left + font.getlength(text[: text.index(word)])
            self.words.append(Word(word, (start, top, start + font.getlength(word), bottom), 0.98))

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        self.pen.rectangle((x0, y0, x1, y1), fill=colour)

    def load(self) -> Image.Image:
        self.loads += 1
        return self.image

    def sheet(self) -> Sheet:
        page = Page("chart.png", "0" * 64, 1, self.image.width, self.image.height, (), self.load)
        return Sheet.of(page, self.words)


def axis(canvas: Canvas, top: int, base: float = 500, scale: float = 5.0, step: int = 20) -> None:
    for value in range(0, top + 1, step):
        canvas.text(60, base - scale * value, str(value), "rm", 16)


def upright(
    labels: Sequence[str], series: dict[str, Sequence[float]], title: str = "Visitors by month", stacked: bool = False
) -> Canvas:
    """Bars with their values above them (or in them, stacked), axis, legend where there are several series."""
    canvas = Canvas()
    canvas.text(60, 20, title, size=30)
    colours = (BLUE, ORANGE, GREEN, RED)
    axis(canvas, 80)
    slot = 780 / len(labels)
    for i, label in enumerate(labels):
        x = 90 + slot * i
        canvas.text(x + slot / 2, 510, label, "mt", 18)
        at = 500.0
        for s, (values, colour) in enumerate(zip(series.values(), colours, strict=False)):
            wide = slot * 0.7 / (1 if stacked else len(series))
            left = x + slot * 0.15 + (0 if stacked else wide * s)
            high = 5 * values[i]
            canvas.box(left, at - high, left + wide - 2, at, colour)
            middle = at - high / 2 if stacked else at - high - 6
            shade = "white" if stacked else "#222222"
            canvas.text(left + wide / 2, middle, f"{values[i]:g}", "mm" if stacked else "mb", 16, shade)
            at -= high if stacked else 0
    if len(series) > 1:
        x = 120
        for name, colour in zip(series, colours, strict=False):
            canvas.box(x, 62, x + 16, 78, colour)
            canvas.text(x + 24, 70, name, "lm", 18)
            x += 200
    return canvas


def lying(labels: Sequence[str], values: Sequence[float], title: str = "Rainfall by city (mm)") -> Canvas:
    canvas = Canvas()
    canvas.text(40, 20, title, size=30)
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = 90 + 50 * i
        canvas.text(200, y + 15, label, "rm", 18)
        canvas.box(210, y, 210 + 6 * value, y + 30, BLUE)
        canvas.text(218 + 6 * value, y + 15, f"{value:g}", "lm", 18)
    return canvas


def pie(shares: dict[str, int], legend: bool) -> Canvas:
    canvas = Canvas(700, 500)
    canvas.text(40, 20, "Household budget", size=30)
    colours = (BLUE, ORANGE, GREEN, RED)
    angle = -90.0
    import math

    for i, ((label, share), colour) in enumerate(zip(shares.items(), colours, strict=False)):
        end = angle + 3.6 * share
        canvas.pen.pieslice((100, 100, 420, 420), angle, end, fill=colour)
        middle = math.radians((angle + end) / 2)
        reach = 95 if legend else 215
        x, y = 260 + reach * math.cos(middle), 260 + reach * math.sin(middle)
        canvas.text(x, y, f"{share}%" if legend else f"{label} {share}%", "mm", 18, "white" if legend else "#222222")
        if legend:
            canvas.box(500, 140 + 40 * i, 518, 158 + 40 * i, colour)
            canvas.text(528, 149 + 40 * i, label, "lm", 18)
        angle = end
    return canvas
