"""Tables set as words with boxes."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.layout import Sheet
from training.sample import Span

_NUMERIC = re.compile(r"^[\s$€£¥₹%()+\-–−.,\d/a-zA-Z]{0,4}[\d][\d\s.,%()$€£]*$")


@dataclass
class TableStyle:
    """How a table is set.

    Attributes:
        pad_x: Space left and right of a cell's text, in text sizes.
        pad_y: Space above and below, in text sizes.
        numbers: Alignment of columns of numbers.
        texts: Alignment of the other columns.
        header: Alignment of the header; empty follows the column.
        bold_header: Header in bold.
        stretch: Spread the columns over the whole width.
        middle: Cells are centred in the height of their row.
        upper_header: Header in capitals.
    """

    pad_x: float = 0.5
    pad_y: float = 0.2
    numbers: str = "right"
    texts: str = "left"
    header: str = ""
    bold_header: bool = True
    stretch: bool = True
    middle: bool = False
    upper_header: bool = False


def random_style(rng: random.Random) -> TableStyle:
    """A style by chance: ruled and airy, or dense without rules."""
    return TableStyle(
        pad_x=rng.choice((0.3, 0.4, 0.6, 0.8, 1.2)),
        pad_y=rng.choice((0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)),
        numbers=rng.choice(("right", "right", "right", "left", "center")),
        texts=rng.choice(("left", "left", "left", "left", "center")),
        header=rng.choice(("", "", "", "center", "left")),
        bold_header=rng.random() < 0.7,
        stretch=rng.random() < 0.6,
        middle=rng.random() < 0.3,
        upper_header=rng.random() < 0.1,
    )


def set_table(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    rows: Sequence[Sequence[str]],
    style: TableStyle,
    headers: int = 1,
    size: float | None = None,
) -> tuple[list[list[Span]], float]:
    """Set a table.

    Args:
        sheet: The page.
        x: Left edge in points.
        y: Top edge in points.
        width: Room in points.
        rows: Cell texts; all rows have the same number of cells; an empty text leaves its cell empty.
        style: How it is set.
        headers: How many of the first rows are header rows.
        size: Text size.

    Returns:
        The words of every cell (an empty range for an empty cell), and the y below the table.
    """
    size = size or sheet.size
    columns = len(rows[0])
    pad = style.pad_x * size
    natural = [0.0] * columns
    longest = [0.0] * columns
    for r, row in enumerate(rows):
        bold = style.bold_header and r < headers
        for c, cell in enumerate(row):
            parts = [sheet.face.width(p, bold) * size for p in cell.split()]
            if parts:
                natural[c] = max(natural[c], sum(parts) + sheet.face.space * size * (len(parts) - 1))
                longest[c] = max(longest[c], max(parts))
    widths = fit([n + 0.01 for n in natural], longest, width - 2 * pad * columns, style.stretch)
    aligns = [_alignment([row[c] for row in rows[headers:]], style) for c in range(columns)]
    lefts = []
    left = x
    for w in widths:
        lefts.append(left + pad)
        left += w + 2 * pad
    spans: list[list[Span]] = []
    for r, row in enumerate(rows):
        header = r < headers
        bold = style.bold_header and header
        cells = [
            sheet.wrap(cell.upper() if header and style.upper_header else cell, widths[c] + 0.1, size, bold)
            for c, cell in enumerate(row)
        ]
        tall = max(1, max(len(lines) for lines in cells))
        spans.append([])
        for c, lines in enumerate(cells):
            align = (style.header if header and style.header else aligns[c]) or "left"
            at = lefts[c] + {"left": 0.0, "right": widths[c], "center": widths[c] / 2}[align]
            top = y + style.pad_y * size
            if style.middle or header:
                top += (tall - len(lines)) * size * sheet.leading / 2
            start = len(sheet.words)
            sheet.lines(lines, at, top, size, bold, align)
            spans[-1].append((start, len(sheet.words)))
        y += tall * size * sheet.leading + 2 * style.pad_y * size
    return spans, y


def fit(natural: list[float], longest: list[float], room: float, stretch: bool) -> list[float]:
    """Column widths: natural ones where they fit, else the wide columns give way down to their longest word."""
    total = sum(natural)
    if total <= room:
        extra = (room - total) / len(natural) if stretch else 0.0
        return [n + extra for n in natural]
    widths = list(natural)
    for _ in range(8):
        over = sum(widths) - room
        give = [max(0.0, w - m) if w > room / len(widths) * 0.6 else 0.0 for w, m in zip(widths, longest, strict=True)]
        if over <= 0.1 or not sum(give):
            break
        share = min(1.0, over / sum(give))
        widths = [w - g * share for w, g in zip(widths, give, strict=True)]
    return widths


def _alignment(cells: Sequence[str], style: TableStyle) -> str:
    filled = [c for c in cells if c.strip()]
    numeric = sum(1 for c in filled if _NUMERIC.match(c))
    return style.numbers if filled and numeric * 2 > len(filled) else style.texts
