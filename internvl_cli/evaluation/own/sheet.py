"""A sheet of paper to draw on, and a PDF of several: text in the standard fonts, lines, rectangles, polygons.

Written here because the wheel brings no PDF writer and needs little of one. Coordinates are points from the top left, y
down; a text's y is its baseline (ISO 32000-1, 8.2 and 9.4, for what is written).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["FACES", "Sheet", "to_pdf"]

FACES = {
    "sans": "Helvetica",
    "sans bold": "Helvetica-Bold",
    "sans italic": "Helvetica-Oblique",
    "serif": "Times-Roman",
    "serif bold": "Times-Bold",
    "serif italic": "Times-Italic",
    "mono": "Courier",
    "mono bold": "Courier-Bold",
}
"""Standard fonts, which every PDF reader has (ISO 32000-1, 9.6.2.2)."""

Colour = tuple[float, float, float]
BLACK: Colour = (0.1, 0.1, 0.12)

# Widths of the characters from space to tilde in thousandths of the size (Adobe's AFM files); italics are close.
_SANS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 "
    "278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 "
    "667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 "
    "556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_SERIF = (
    "250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 500 278 "
    "278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722 556 722 667 556 611 722 "
    "722 944 722 722 611 333 278 333 469 500 333 444 500 444 500 444 333 500 500 278 278 500 278 778 500 500 500 "
    "500 333 389 278 500 500 722 500 500 444 480 200 480 541"
)
_WIDTHS = {"sans": [int(w) for w in _SANS.split()], "serif": [int(w) for w in _SERIF.split()]}
_BOLDER = 1.06
"""Bold is wider by about this much."""


class Sheet:
    """One page.

    Args:
        width: In points.
        height: In points.
    """

    def __init__(self, width: float = 595, height: float = 842) -> None:
        self.width, self.height = width, height
        self._marks: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        face: str = "sans",
        *,
        align: str = "left",
        colour: Colour = BLACK,
    ) -> None:
        """Write a line whose left end, middle or right end is at ``x``."""
        x -= {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * self.measure(text, size, face)
        data = text.encode("cp1252")
        escaped = data.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)").decode("cp1252")
        name = f"/F{list(FACES).index(face)}"
        self._marks.append(
            f"BT {_rgb(colour)} rg {name} {size:g} Tf {x:.2f} {self.height - y:.2f} Td ({escaped}) Tj ET"
        )

    def measure(self, text: str, size: float = 10, face: str = "sans") -> float:
        """Give the width of a line in points; to a hundredth or so."""
        family, _, style = face.partition(" ")
        if family == "mono":
            return 0.6 * size * len(text)
        widths = _WIDTHS[family]
        total = sum(widths[ord(c) - 32] if 32 <= ord(c) < 127 else 556 for c in text)
        return total / 1000 * size * (_BOLDER if style == "bold" else 1)

    def paragraph(
        self, x: float, y: float, width: float, text: str, size: float = 10, face: str = "sans", *, step: float = 1.4
    ) -> float:
        """Write a text in lines of at most ``width``; give the baseline after the last."""
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and self.measure(longer, size, face) > width:
                self.text(x, y, line, size, face)
                y += size * step
                line = word
            else:
                line = longer
        self.text(x, y, line, size, face)
        return y + size * step

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7, colour: Colour = BLACK) -> None:
        """Draw a straight line."""
        h = self.height
        self._marks.append(f"{_rgb(colour)} RG {width:g} w {x0:.2f} {h - y0:.2f} m {x1:.2f} {h - y1:.2f} l S")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: Colour | None = None,
        edge: Colour | None = BLACK,
    ) -> None:
        """Draw a rectangle from its top left corner."""
        self.polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], fill=fill, edge=edge)

    def polygon(
        self, points: Sequence[tuple[float, float]], *, fill: Colour | None = None, edge: Colour | None = BLACK
    ) -> None:
        """Draw a closed polygon."""
        path = " ".join(f"{x:.2f} {self.height - y:.2f} {'l' if i else 'm'}" for i, (x, y) in enumerate(points))
        colours = (f"{_rgb(fill)} rg " if fill else "") + (f"{_rgb(edge)} RG 0.7 w " if edge else "")
        paint = "b" if fill and edge else "f" if fill else "s"  # b and s close the path by themselves, f as well
        self._marks.append(f"{colours}{path} {paint}")

    def wedge(self, x: float, y: float, radius: float, start: float, end: float, fill: Colour) -> None:
        """Draw a slice of a circle; angles in turns, clockwise from the top."""
        steps = max(2, round((end - start) * 90))
        angles = [2 * math.pi * (start + (end - start) * i / steps) for i in range(steps + 1)]
        rim = [(x + radius * math.sin(a), y - radius * math.cos(a)) for a in angles]
        self.polygon([(x, y), *rim], fill=fill, edge=(1, 1, 1))

    def table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        *,
        size: float = 10,
        face: str = "sans",
        right: Sequence[int] = (),
        rules: str = "head",
    ) -> float:
        """Write rows, the first in bold.

        Args:
            x: Left edge.
            y: Baseline of the first row.
            widths: Of the columns, in points.
            rows: Cells.
            size: Of the text.
            face: Of the text; its bold is taken for the head.
            right: Columns that are aligned right.
            rules: ``head`` (a line under the head), ``grid``, ``stripes`` or ``none``.

        Returns:
            The baseline after the last row.
        """
        step, total = size * 1.9, sum(widths)
        for i, row in enumerate(rows):
            top = y - size * 1.25
            if rules == "stripes" and i % 2:
                self.box(x - 4, top, total, step, fill=(0.92, 0.93, 0.95), edge=None)
            left = x
            for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
                if rules == "grid":
                    self.box(left - 4, top, width, step)
                place = (left + width - 10, "right") if column in right else (left, "left")
                self.text(place[0], y, cell, size, f"{face} bold" if i == 0 else face, align=place[1])
                left += width
            if i == 0 and rules in ("head", "stripes"):
                self.line(x - 4, top + step - 1, x + total - 4, top + step - 1)
            y += step
        return y

    def marks(self) -> bytes:
        """The content stream."""
        return "\n".join(self._marks).encode("cp1252")


def to_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Write a PDF, the same bytes every time."""
    fonts = [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in FACES.values()
    ]
    first_font, first_page = 3, 3 + len(fonts)
    pages = [first_page + 2 * i for i in range(len(sheets))]
    resources = " ".join(f"/F{i} {first_font + i} 0 R" for i in range(len(fonts)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{n} 0 R' for n in pages)}] >>".encode(),
        *fonts,
    ]
    for number, sheet in zip(pages, sheets, strict=True):
        box = f"/MediaBox [0 0 {sheet.width:g} {sheet.height:g}]"
        page = (
            f"<< /Type /Page /Parent 2 0 R {box} /Resources << /Font << {resources} >> >> /Contents {number + 1} 0 R >>"
        )
        stream = sheet.marks()
        objects += [page.encode(), b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream)]
    data, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def _rgb(colour: Colour) -> str:
    return " ".join(f"{part:g}" for part in colour)
