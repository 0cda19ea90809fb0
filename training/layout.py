"""Page layout without a renderer: text set into lines, paragraphs and tables of words with boxes.

A page is built in points (1/72 inch) on a `Sheet`; `Sheet.finish` turns it into page pixels, in the order in which a
text layer or an OCR engine would give the words, optionally skewed, jittered and misread. Spans handed out while
building are ranges of placement indices; `Printed.span` translates them into the final page.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from training.faces import Face, pick_face
from training.noise import Noise, misread
from training.sample import Span

PAGE_SIZES: tuple[tuple[tuple[float, float], int], ...] = (
    ((595, 842), 6),  # A4
    ((612, 792), 4),  # US Letter
    ((420, 595), 1),  # A5
    ((842, 595), 1),  # A4 landscape
)
"""Page sizes in points, with weights."""

DPI = ((72, 1), (100, 2), (110, 1), (144, 2), (150, 5), (200, 2), (300, 1))
"""Resolutions of the page image, with weights; 150 dpi makes A4 1240 × 1754 pixels."""

Box = tuple[float, float, float, float]


def weighted(rng: random.Random, options: Sequence[tuple[object, int]]) -> object:
    """One of ``(value, weight)`` pairs."""
    return rng.choices([o[0] for o in options], [o[1] for o in options])[0]


@dataclass
class Printed:
    """The finished page.

    Attributes:
        words: Text of each word in reading order.
        boxes: Box of each word in page pixels.
        size: (width, height) in pixels.
        clean: The text of each placed word before noise, by placement index.
        places: Final range of word indices of each placed word.
    """

    words: list[str]
    boxes: list[Box]
    size: tuple[int, int]
    clean: list[str]
    places: list[Span]

    def span(self, span: Span) -> Span | None:
        """The final range of a placed range; None where the reading order tears it apart."""
        ranges = sorted(self.places[i] for i in range(*span))
        if not ranges:
            return None
        start, end = ranges[0]
        for a, b in ranges[1:]:
            if a > end:
                return None
            end = max(end, b)
        return start, end

    def text(self, span: Span) -> str:
        """The words of a final range as they stand on the page."""
        return " ".join(self.words[span[0] : span[1]])


@dataclass
class Sheet:
    """A page under construction; all lengths are points, y grows downwards.

    Attributes:
        rng: Source of every random choice.
        width: Page width.
        height: Page height; grows in `finish` when the content is longer.
        margin: Left and right margin.
        face: The typeface.
        size: Body text size.
        leading: Line height as a multiple of the text size.
    """

    rng: random.Random
    width: float = 595
    height: float = 842
    margin: float = 50
    face: Face = field(default_factory=Face)
    size: float = 10
    leading: float = 1.25
    words: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    tight: bool = False

    @property
    def inner(self) -> float:
        """Width between the margins."""
        return self.width - 2 * self.margin

    def line(self, size: float | None = None) -> float:
        """Line height of a text size."""
        return (size or self.size) * self.leading

    def measure(self, text: str, size: float | None = None, bold: bool = False) -> float:
        """Width of a text."""
        return self.face.width(text, bold) * (size or self.size)

    def put(
        self, text: str, x: float, y: float, size: float | None = None, bold: bool = False, align: str = "left"
    ) -> Span:
        """Set one line with its top at ``y``; ``x`` is the left, right or middle according to ``align``."""
        size = size or self.size
        parts = text.split()
        start = len(self.words)
        if not parts:
            return start, start
        widths = [self.face.width(p, bold) * size for p in parts]
        space = self.face.space * size
        total = sum(widths) + space * (len(parts) - 1)
        if align == "right":
            x -= total
        elif align == "center":
            x -= total / 2
        segment = self.segments[-1] + 1 if self.segments else 0
        base = y + 0.95 * size
        for part, width in zip(parts, widths, strict=True):
            top, bottom = self.face.extent(part) if self.tight else (0.92, 0.22)
            self.words.append(part)
            self.boxes.append((x, base - top * size, x + width, base + bottom * size))
            self.segments.append(segment)
            x += width + space
        return start, len(self.words)

    def wrap(self, text: str, width: float, size: float | None = None, bold: bool = False) -> list[str]:
        """Break a text into lines no wider than ``width`` (a longer word stands alone)."""
        size = size or self.size
        space = self.face.space * size
        lines: list[list[str]] = [[]]
        room = width
        for word in text.split():
            need = self.face.width(word, bold) * size
            if lines[-1] and need > room:
                lines.append([])
                room = width
            lines[-1].append(word)
            room -= need + space
        return [" ".join(line) for line in lines if line]

    def block(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        size: float | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> tuple[Span, float]:
        """Set a wrapped paragraph; returns its words and the y below it."""
        size = size or self.size
        start = len(self.words)
        offset = {"left": 0.0, "right": width, "center": width / 2}[align]
        for line in self.wrap(text, width, size, bold):
            self.put(line, x + offset, y, size, bold, align)
            y += size * self.leading
        return (start, len(self.words)), y

    def lines(
        self,
        texts: Iterable[str],
        x: float,
        y: float,
        size: float | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> tuple[list[Span], float]:
        """Set one line under the other; returns the words of each and the y below."""
        size = size or self.size
        spans = []
        for text in texts:
            spans.append(self.put(text, x, y, size, bold, align))
            y += size * self.leading
        return spans, y

    def finish(self, protected: Iterable[Span] = (), noise: Noise | None = None, order: str = "stream") -> Printed:
        """Turn the sheet into a page in pixels.

        Args:
            protected: Ranges that noise must not fuse with their neighbours.
            noise: What the page suffers; None leaves it clean, at 150 dpi.
            order: ``stream`` keeps the order of placement (a text layer), ``rows`` sorts the segments from top to
                bottom and left to right (an OCR engine).
        """
        noise = noise or Noise()
        sequence = list(range(len(self.words)))
        if order == "rows":
            sequence = self._rows()
        bottom = max((b[3] for b in self.boxes), default=0.0)
        right = max((b[2] for b in self.boxes), default=0.0)
        width = max(self.width, right + self.margin / 2)
        height = max(self.height, bottom + self.margin / 2)
        scale = noise.dpi / 72
        boxes = _skew([self.boxes[i] for i in sequence], noise.angle, width / 2, height / 2)
        size = round(width * scale), round(height * scale)
        boxes = [_to_pixels(b, scale, noise.jitter, size, self.rng) for b in boxes]
        position = {old: new for new, old in enumerate(sequence)}
        bounds: set[int] = set()
        for start, end in protected:
            if end > start:
                inside = [position[i] for i in range(start, end)]
                bounds.update((min(inside), max(inside) + 1))
        segments = [self.segments[i] for i in sequence]
        words, boxes, moved = misread([self.words[i] for i in sequence], boxes, segments, bounds, noise, self.rng)
        places = [moved[position[i]] for i in range(len(self.words))]
        return Printed(words, boxes, size, list(self.words), places)

    def _rows(self) -> list[int]:
        """Indices with segments sorted into visual rows."""
        groups: dict[int, list[int]] = {}
        for i, segment in enumerate(self.segments):
            groups.setdefault(segment, []).append(i)
        items = sorted(
            ((self.boxes[g[0]][1] + self.boxes[g[0]][3]) / 2, self.boxes[g[0]][0], g) for g in groups.values()
        )
        rows: list[list[tuple[float, list[int]]]] = []
        last = -math.inf
        for y, x, group in items:
            if y - last > 0.45 * self.size or not rows:
                rows.append([])
                last = y
            rows[-1].append((x, group))
        return [i for row in rows for _, group in sorted(row) for i in group]


def _skew(boxes: list[Box], degrees: float, cx: float, cy: float) -> list[Box]:
    """Boxes of words on a page turned by a small angle: upright boxes around the turned words."""
    if not degrees:
        return boxes
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    out = []
    for x0, y0, x1, y1 in boxes:
        x, y = (x0 + x1) / 2 - cx, (y0 + y1) / 2 - cy
        half_w = ((x1 - x0) * cos + (y1 - y0) * abs(sin)) / 2
        half_h = ((y1 - y0) * cos + (x1 - x0) * abs(sin)) / 2
        x, y = x * cos - y * sin + cx, x * sin + y * cos + cy
        out.append((x - half_w, y - half_h, x + half_w, y + half_h))
    return out


def _to_pixels(box: Box, scale: float, jitter: float, size: tuple[int, int], rng: random.Random) -> Box:
    """A box in pixels, each edge moved by up to ``jitter`` of its height, kept on the page."""
    x0, y0, x1, y1 = box
    if jitter:
        reach = jitter * (y1 - y0)
        x0, x1 = x0 + rng.uniform(-reach, reach), x1 + rng.uniform(-reach, reach)
        y0, y1 = y0 + rng.uniform(-reach, reach), y1 + rng.uniform(-reach, reach)
    left = min(max(0.0, x0 * scale), size[0] - 1.0)
    top = min(max(0.0, y0 * scale), size[1] - 1.0)
    return (
        round(left, 1),
        round(top, 1),
        round(min(max(left + 1, x1 * scale), float(size[0])), 1),
        round(min(max(top + 1, y1 * scale), float(size[1])), 1),
    )


def new_sheet(rng: random.Random, width: float | None = None, height: float | None = None) -> Sheet:
    """A sheet with a random page size, margin, typeface and text size."""
    page = rng.choices([p for p, _ in PAGE_SIZES], [w for _, w in PAGE_SIZES])[0]
    sheet = Sheet(
        rng,
        width=width or page[0],
        height=height or page[1],
        face=pick_face(rng),
        size=rng.choice((8, 9, 9.5, 10, 10, 10.5, 11, 11, 12)),
        leading=rng.choice((1.1, 1.15, 1.2, 1.2, 1.25, 1.3, 1.4, 1.5)),
        tight=rng.random() < 0.35,
    )
    sheet.margin = sheet.width * rng.uniform(0.05, 0.13)
    return sheet


def random_noise(rng: random.Random, misread_share: float = 0.3) -> Noise:
    """What a page suffers: nothing on a born-digital one; skew, jitter and misread characters on a scan."""
    dpi = rng.choices([d for d, _ in DPI], [w for _, w in DPI])[0]
    draw = rng.random()
    if draw > misread_share + 0.25:
        return Noise(dpi=dpi)
    angle = rng.gauss(0, 0.6) if rng.random() < 0.6 else 0.0
    jitter = rng.uniform(0.02, 0.12)
    if draw > misread_share:
        return Noise(dpi=dpi, angle=angle, jitter=jitter)
    return Noise(
        dpi=dpi,
        angle=angle,
        jitter=jitter,
        confuse=rng.choice((0.0, 0.01, 0.02, 0.04)),
        merge=rng.choice((0.0, 0.01, 0.02, 0.05)),
        split=rng.choice((0.0, 0.0, 0.005, 0.01)),
        drop=rng.choice((0.0, 0.0, 0.02, 0.05)),
    )
