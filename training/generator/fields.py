"""Ways to set facts: labels left of, above, below or before their values, in one column or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from training.generator.document import Doc
from training.sample import Span
from training.tables import random_style, set_table

Field = tuple[str, str, str]
"""Concept, label, value."""


def fields(
    doc: Doc, items: Sequence[tuple[str, str] | Field], x: float, y: float, width: float, style: str = ""
) -> float:
    """Set facts in one of many styles; returns the y below.

    Args:
        doc: The document.
        items: (concept, value) with a label by chance, or (concept, label, value).
        x: Left edge.
        y: Top edge.
        width: Room.
        style: One of ``STYLES``, empty for a random one.
    """
    rows: list[Field] = [
        item if len(item) == 3 else (item[0], doc.label(item[0]), item[1]) for item in items if item[-1]
    ]
    if not rows:
        return y
    style = style or doc.rng.choices(list(STYLES), [w for _, w in STYLES.values()])[0]
    return STYLES[style][0](doc, rows, x, y, width)


def _mark(doc: Doc) -> str:
    return doc.pick(":|:|:|| :| -")


def _colon(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """Invoice no: 123."""
    mark = doc.pick(":|:|:|:|| :")
    bold = doc.chance(0.4)
    step = doc.sheet.line() * doc.rng.uniform(1, 1.3)
    for concept, label, value in rows:
        head = doc.sheet.put(f"{label}{mark}", x, y, bold=bold)
        left = doc.sheet.boxes[head[1] - 1][2] + doc.sheet.size * 0.35 if head[1] > head[0] else x
        # The value follows in the same line, and the same segment as an OCR engine would see it.
        span, below = doc.sheet.block(value, left, y, max(width - (left - x), doc.sheet.size * 9))
        if doc.chance(0.7):
            for i in range(*span):
                if doc.sheet.boxes[i][1] < y + doc.sheet.line() * 0.7:
                    doc.sheet.segments[i] = doc.sheet.segments[head[0]] if head[1] > head[0] else doc.sheet.segments[i]
        doc.fact(concept, span, value)
        y = max(y + step, below)
    return y


def _columns(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """Labels in one column, values in the next."""
    mark = _mark(doc)
    bold, bold_value = doc.chance(0.35), doc.chance(0.2)
    size = doc.sheet.size
    widest = max(doc.sheet.measure(label + mark, bold=bold) for _, label, _ in rows)
    right = doc.chance(0.15)
    left = x + min(widest + size * doc.rng.uniform(0.8, 4), width * 0.6)
    step = doc.sheet.line() * doc.rng.uniform(1, 1.6)
    for concept, label, value in rows:
        doc.sheet.put(label + mark, left - size * 0.8 if right else x, y, bold=bold, align="right" if right else "left")
        span, below = doc.sheet.block(value, left, y, max(width - (left - x), size * 8), bold=bold_value)
        doc.fact(concept, span, value)
        y = max(y + step, below)
    return y


def _spread(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """Label at the left edge, value at the right one, with or without dots between."""
    dots = doc.chance(0.3)
    mark = _mark(doc)
    step = doc.sheet.line() * doc.rng.uniform(1, 1.5)
    for concept, label, value in rows:
        head = doc.sheet.put(label + mark, x, y)
        start = doc.sheet.boxes[head[1] - 1][2] if head[1] > head[0] else x
        room = x + width - start - doc.sheet.measure(value) - doc.sheet.size
        if dots and room > 20:
            doc.sheet.put("." * int(room / doc.sheet.measure(".")), start + doc.sheet.size * 0.3, y)
        span = doc.sheet.put(value, x + width, y, align="right")
        doc.fact(concept, span, value)
        y += step
    return y


def _stacked(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float, below: bool = False) -> float:
    """Small labels above (or below) their values, in a grid."""
    columns = min(len(rows), doc.rng.choice((1, 2, 2, 3, 3, 4)))
    room = width / columns
    small = doc.sheet.size * doc.rng.uniform(0.65, 0.95)
    upper, bold = doc.chance(0.3), doc.chance(0.5)
    lead = doc.sheet.line()
    for at in range(0, len(rows), columns):
        lowest = y
        for c, (concept, label, value) in enumerate(rows[at : at + columns]):
            left = x + c * room
            label = label.upper() if upper else label
            if below:
                span, under = doc.sheet.block(value, left, y, room - 6, bold=bold)
                doc.sheet.put(label, left, under, small)
                under += small * 1.3
            else:
                doc.sheet.put(label, left, y, small)
                span, under = doc.sheet.block(value, left, y + small * 1.3, room - 6, bold=bold)
            doc.fact(concept, span, value)
            lowest = max(lowest, under)
        y = lowest + lead * doc.rng.uniform(0.2, 0.7)
    return y


def _under(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    return _stacked(doc, rows, x, y, width, below=True)


def _table(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """A row of labels with a row of values under it."""
    columns = min(len(rows), doc.rng.choice((2, 3, 4, 5)))
    style = random_style(doc.rng)
    for at in range(0, len(rows), columns):
        part = rows[at : at + columns]
        spans, y = set_table(doc.sheet, x, y, width, [[r[1] for r in part], [r[2] for r in part]], style)
        for (concept, _, value), span in zip(part, spans[1], strict=True):
            doc.fact(concept, span, value)
        y += doc.sheet.size * 0.6
    return y


def _pairs(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """Label and value twice in a line, as in a boxed form."""
    columns = 2 if len(rows) > 1 else 1
    room = width / columns
    ratio = doc.rng.uniform(0.3, 0.5)
    mark = _mark(doc)
    small = doc.sheet.size * doc.rng.choice((0.85, 1, 1))
    for at in range(0, len(rows), columns):
        lowest = y + doc.sheet.line()
        for c, (concept, label, value) in enumerate(rows[at : at + columns]):
            left = x + c * room
            _, under = doc.sheet.block(label + mark, left, y, room * ratio, small)
            span, below = doc.sheet.block(value, left + room * ratio + 4, y, room * (1 - ratio) - 10)
            doc.fact(concept, span, value)
            lowest = max(lowest, under, below)
        y = lowest + doc.sheet.size * doc.rng.uniform(0.1, 0.5)
    return y


def _running(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """Facts one after the other in a line, with bars or spaces between."""
    mark, bar = doc.pick(":|:|"), doc.pick(("|", "·", "", ";", "/"))
    left = x
    space = doc.sheet.size * (0.5 if bar else 1.5)
    for i, (concept, label, value) in enumerate(rows):
        need = doc.sheet.measure(f"{label}{mark} {value}")
        if left > x and left + need > x + width:
            left, y = x, y + doc.sheet.line()
        elif bar and i:
            left = doc.sheet.boxes[doc.sheet.put(bar, left, y)[0]][2] + space
        head = doc.sheet.put(f"{label}{mark}", left, y)
        at = doc.sheet.boxes[head[1] - 1][2] + doc.sheet.size * 0.3
        span = doc.sheet.put(value, at, y)
        doc.fact(concept, span, value)
        left = doc.sheet.boxes[span[1] - 1][2] + space
    return y + doc.sheet.line()


def _rows(doc: Doc, rows: Sequence[Field], x: float, y: float, width: float) -> float:
    """A ruled table with the labels in its first column."""
    style = random_style(doc.rng)
    style.bold_header = False
    spans, y = set_table(doc.sheet, x, y, width, [[r[1], r[2]] for r in rows], style, headers=0)
    for (concept, _, value), line in zip(rows, spans, strict=True):
        doc.fact(concept, line[1], value)
    return y


STYLES: dict[str, tuple[Callable[[Doc, Sequence[Field], float, float, float], float], int]] = {
    "colon": (_colon, 6),
    "columns": (_columns, 6),
    "spread": (_spread, 3),
    "stacked": (_stacked, 4),
    "under": (_under, 1),
    "table": (_table, 3),
    "pairs": (_pairs, 3),
    "running": (_running, 1),
    "rows": (_rows, 2),
}
"""Styles with weights."""


def party(
    doc: Doc,
    role: str,
    name: str,
    address: Sequence[str],
    x: float,
    y: float,
    width: float,
    heading: str = "",
    extras: Sequence[tuple[str, str]] = (),
    align: str = "left",
) -> float:
    """Set a name with an address under it, and perhaps telephone and email; returns the y below.

    Args:
        doc: The document.
        role: ``issuer``, ``customer``, ``ship``, ``sender``, ``recipient`` or ``shop``: prefix of the concepts.
        name: The name.
        address: Lines of the address; empty for none.
        x: Left, right or middle edge.
        y: Top edge.
        width: Room.
        heading: A line above.
        extras: (concept, text) with labels of their own, set line by line below.
        align: ``left``, ``right`` or ``center``.
    """
    at = {"left": x, "right": x + width, "center": x + width / 2}[align]
    size = doc.sheet.size
    lead = doc.sheet.line()
    if heading:
        doc.sheet.put(heading, at, y, size * doc.rng.choice((0.8, 0.9, 1)), doc.chance(0.5), align)
        y += lead * 1.1
    big = size * (doc.rng.choice((1, 1.2, 1.6)) if role in ("issuer", "shop") else 1)
    span, y = doc.sheet.block(name, x, y, width, big, doc.chance(0.5), align)
    doc.fact(f"{role}_name", span, name)
    if address:
        start = len(doc.sheet.words)
        if doc.chance(0.25):
            _, y = doc.sheet.block(", ".join(address), x, y, width, align=align)
        else:
            for line in address:
                _, y = doc.sheet.block(line, x, y, width, align=align)
        span = (start, len(doc.sheet.words))
        doc.fact(f"{role}_address", span, ", ".join(address), (" ".join(address),))
    for concept, text in extras:
        label = f"{doc.label(concept)}{doc.pick((': ', ' ', '. ', ': '))}" if doc.chance(0.8) else ""
        span = doc.sheet.put(label + text, at, y, align=align)
        count = len(text.split())
        doc.fact(concept, (span[1] - count, span[1]), text)
        y += lead
    return y


def mark_span(span: Span, offset: int, length: int) -> Span:
    """A part of a range: ``length`` words from ``offset`` on."""
    return span[0] + offset, span[0] + offset + length
