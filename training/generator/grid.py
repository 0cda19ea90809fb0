"""Records set as a table."""

from __future__ import annotations

from collections.abc import Sequence

from training.generator.document import Doc
from training.generator.records import Records
from training.sample import Span
from training.tables import TableStyle, random_style, set_table


def set_records(
    doc: Doc,
    records: Records,
    name_header: str,
    x: float,
    y: float,
    width: float,
    *,
    name_at: int = 0,
    numbered: str = "",
    prefixes: Sequence[str] = (),
    bottom: Sequence[Sequence[str]] = (),
    style: TableStyle | None = None,
    headers: bool = True,
) -> tuple[float, list[list[Span]]]:
    """Set records as a table and open them for questions.

    Args:
        doc: The document.
        records: The records.
        name_header: Header of the column of names.
        x: Left edge.
        y: Top edge.
        width: Room.
        name_at: Which place the column of names has.
        numbered: Header of a column of running numbers in front; empty for none.
        prefixes: Texts in front of each name, in the same cell (an article number).
        bottom: Further rows below (a total), with as many cells as the table has columns.
        style: How it is set.
        headers: Whether there is a header row.

    Returns:
        The y below, and the cells of the rows below the records.
    """
    style = style or random_style(doc.rng)
    plain = headers and not (numbered or prefixes or bottom)
    if plain and 2 <= len(records.names) <= 5 and len(records.columns) > 1 and doc.chance(0.12):
        return _across(doc, records, name_header, x, y, width, style), []
    rows: list[list[str]] = []
    lead = 1 if numbered else 0
    head = [c.header for c in records.columns]
    head.insert(name_at, name_header)
    if headers:
        rows.append(([numbered] if numbered else []) + head)
    for r, name in enumerate(records.names):
        line = [str(c.texts[r]) for c in records.columns]
        line.insert(name_at, f"{prefixes[r]} {name}" if prefixes else name)
        rows.append(([str(r + 1)] if numbered else []) + line)
    rows += [list(line) for line in bottom]
    spans, y = set_table(doc.sheet, x, y, width, rows, style, 1 if headers else 0)
    first = 1 if headers else 0
    body = spans[first : first + len(records.names)]
    names, cells = [], []
    for r, set_line in enumerate(body):
        own = set_line[lead:]
        start, end = own.pop(name_at)
        names.append((start + (len(prefixes[r].split()) if prefixes else 0), end))
        cells.append(own)
    records.attach(doc, names, cells)
    return y, spans[first + len(records.names) :]


def _across(doc: Doc, records: Records, name_header: str, x: float, y: float, width: float, style: TableStyle) -> float:
    """The same table turned: a record is a column."""
    rows = [[name_header if doc.chance(0.3) else "", *records.names]]
    rows += [[column.header, *[str(t) for t in column.texts]] for column in records.columns]
    spans, y = set_table(doc.sheet, x, y, width, rows, style)
    cells = [[spans[c + 1][r + 1] for c in range(len(records.columns))] for r in range(len(records.names))]
    records.order = "none"
    records.attach(doc, spans[0][1:], cells)
    return y
