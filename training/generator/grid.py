# ruff: noqa: E501
"""Records set as a table."""

from __future__ import annotations

import random
from collections.abc import Sequence

from training.asking import Ask
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


def set_grouped(
    doc: Doc, records: Records, groups: Sequence[str], name_header: str, noun: str, x: float, y: float, width: float
) -> float:
    """Set records in sections, each under a heading that says what its records have in common.

    Args:
        doc: The document.
        records: The records, those of a section next to each other.
        groups: The heading of each record's section.
        name_header: Header of the column of names.
        noun: What the headings are ("category").
        x: Left edge.
        y: Top edge.
        width: Room.

    Returns:
        The y below.
    """
    sheet, rng = doc.sheet, doc.rng
    style = random_style(rng)
    head = [name_header, *[c.header for c in records.columns]]
    sections = list(dict.fromkeys(groups))
    members = {g: [r for r, own in enumerate(groups) if own == g] for g in sections}
    spans: dict[int, list[Span]] = {}
    headings: dict[str, Span] = {}
    inside = doc.chance(0.45)  # headings as rows of one table; else a small table under each heading
    upper = doc.chance(0.25)
    rows: list[list[str]] = [head] if doc.chance(0.7) else []
    headers = len(rows)
    at: dict[int, int] = {}
    for group in sections:
        title = group.upper() if upper else group
        lines = [[records.names[r], *[str(c.texts[r]) for c in records.columns]] for r in members[group]]
        if inside:
            headings_at = len(rows)
            rows.append([title, *[""] * len(records.columns)])
            at.update({r: len(rows) + i for i, r in enumerate(members[group])})
            at[-1 - sections.index(group)] = headings_at
            rows += lines
            continue
        large = sheet.size * rng.uniform(1, 1.4)
        align = "left" if doc.chance(0.8) else "center"
        middle = x + width / 2 if align == "center" else x
        headings[group] = sheet.put(title, middle, y, large, doc.chance(0.8), align)
        y += large * sheet.leading * rng.uniform(1, 1.5)
        own = [head, *lines] if headers and group == sections[0] else lines
        cells, y = set_table(sheet, x, y, width, own, style, len(own) - len(lines))
        spans.update(zip(members[group], cells[len(own) - len(lines) :], strict=True))
        y += sheet.line() * rng.uniform(0.2, 1)
    if inside:
        cells, y = set_table(sheet, x, y, width, rows, style, headers)
        spans = {r: cells[i] for r, i in at.items() if r >= 0}
        headings = {g: cells[at[-1 - i]][0] for i, g in enumerate(sections)}
    order = range(len(records.names))
    records.attach(doc, [spans[r][0] for r in order], [spans[r][1:] for r in order])
    _ask_groups(doc, records, members, headings, [spans[r][0] for r in order], noun)
    return y


def _ask_groups(
    doc: Doc,
    records: Records,
    members: dict[str, list[int]],
    headings: dict[str, Span],
    names: list[Span],
    noun: str,
) -> None:
    """Ask what stands under a heading, how much, and under which heading a record stands."""
    things = records.things
    for group, rows in members.items():
        low = group.lower()
        if len(rows) > 1:
            doc.tell_list(
                f"Which {things} are listed under {group}?|What is there under {low}?|{group}: which {things}?|{low} list|"
                f"List the {things} with {noun} {group}.|Which {things} belong to {low}?|Name the {things} in the section {low}.",
                [names[r] for r in rows],
                "; ".join(records.names[r] for r in rows),
            )
        doc.tell_count(
            f"How many {things} are under {group}?|How many {things} have the {noun} {low}?|number of {things} in {low}|"
            f"How many {things} does the section {low} hold?|How many are listed as {low}?",
            [names[r] for r in rows],
        )
    single = [r for rows in members.values() for r in rows if list(records.names).count(records.names[r]) == 1]
    where = {r: group for group, rows in members.items() for r in rows}
    if single:

        def belongs(rng: random.Random) -> Ask:
            r = rng.choice(single)
            asks = (
                "Which {n} does {r} belong to?",
                "Under which heading is {r}?",
                "{n} of {r}",
                "What is the {n} of {r}?",
            )
            question = rng.choice(asks).format(n=noun, r=records.call(records.names[r], rng))
            return Ask(question, "span", [headings[where[r]]], field="cell")

        doc.add("span", belongs)
