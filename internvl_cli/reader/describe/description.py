"""The description as an object, and as text, markdown and JSON. Nothing in it but what stands there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from internvl_cli.documents.page import Box
from internvl_cli.reader.describe.kinds import Kind

__all__ = ["SCHEMA_VERSION", "ChartPart", "Description", "Entry", "Format", "PagePart", "TablePart"]

SCHEMA_VERSION = 1
"""Version of the JSON object; grows only when a field changes its meaning or goes away."""

Format = Literal["text", "markdown", "json"]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that stands on a page.

    Attributes:
        text: As it stands.
        file: Name of the document.
        page: 1-based.
        box: In page pixels.
        page_size: In pixels.
        label: As it stands; or a party's role.
        type: See ``facts.Fact``; for headings the level.
        quote: The sentence it stands in.
    """

    text: str
    file: str
    page: int
    box: Box
    page_size: tuple[int, int]
    label: str = ""
    type: str = ""
    quote: str = ""

    def to_json(self, **names: str) -> dict[str, Any]:
        """Give ``text``, ``page`` and ``box``, and what ``names`` asks for: JSON name → attribute."""
        found = {name: getattr(self, attribute) for name, attribute in names.items()}
        return {"text": self.text, **found, "page": self.page, "box": [round(v, 1) for v in self.box]}


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table: cells as they stand; ``header`` cells are empty where the table has no header."""

    page: int
    box: Box
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    markdown: str


@dataclass(frozen=True, slots=True)
class ChartPart:
    """A chart with printed values: ``points`` are (label, series or "", value)."""

    page: int
    box: Box
    type: str
    title: str
    subtitle: str
    points: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class PagePart:
    """One page's outline."""

    file: str
    page: int
    words: int
    headings: list[Entry] = field(default_factory=list)
    tables: list[TablePart] = field(default_factory=list)
    charts: list[ChartPart] = field(default_factory=list)


@dataclass(slots=True)
class Description:
    """What a document is and what it says.

    Attributes:
        kind: Of the document.
        title: The largest words at the top of the first page, if larger than the text.
        parties: ``label`` is the role.
        dates, amounts, identifiers, details: Facts; ``details`` are labelled values of no special type.
        pages: Headings, tables and charts, page by page.
    """

    kind: Kind
    title: Entry | None = None
    parties: list[Entry] = field(default_factory=list)
    dates: list[Entry] = field(default_factory=list)
    amounts: list[Entry] = field(default_factory=list)
    identifiers: list[Entry] = field(default_factory=list)
    details: list[Entry] = field(default_factory=list)
    pages: list[PagePart] = field(default_factory=list)

    @property
    def facts(self) -> list[Entry]:
        """Everything that stands somewhere, but for headings, tables and charts."""
        title = [self.title] if self.title else []
        return [*title, *self.parties, *self.dates, *self.amounts, *self.identifiers, *self.details]

    def render(self, format: Format) -> str:
        """Give the description as ``text``, ``markdown`` or ``json``."""
        if format == "json":
            return json.dumps(self.to_json(), ensure_ascii=False, indent=2)
        return _markdown(self) if format == "markdown" else _text(self)

    def to_json(self) -> dict[str, Any]:
        """Give the stable object that ``docs/reader.md`` documents."""
        labelled = {"label": "label", "quote": "quote"}
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": {"name": self.kind.name, "share": self.kind.share},
            "title": self.title.to_json() if self.title else None,
            "parties": [e.to_json(role="label") for e in self.parties],
            "dates": [e.to_json(**labelled) for e in self.dates],
            "amounts": [e.to_json(**labelled) for e in self.amounts],
            "identifiers": [e.to_json(type="type", **labelled) for e in self.identifiers],
            "details": [e.to_json(label="label") for e in self.details],
            "pages": [_page_json(page) for page in self.pages],
        }


def _page_json(page: PagePart) -> dict[str, Any]:
    return {
        "file": page.file,
        "page": page.page,
        "words": page.words,
        "headings": [{**e.to_json(), "level": int(e.type)} for e in page.headings],
        "tables": [
            {
                "caption": t.caption,
                "header": list(t.header),
                "rows": [list(row) for row in t.rows],
                "box": [round(v, 1) for v in t.box],
            }
            for t in page.tables
        ],
        "charts": [
            {
                "type": c.type,
                "title": c.title,
                "subtitle": c.subtitle,
                "points": [{"label": label, "series": series, "value": value} for label, series, value in c.points],
                "box": [round(v, 1) for v in c.box],
            }
            for c in page.charts
        ],
    }


_SECTIONS = (
    ("Parties", "parties"), ("Dates", "dates"), ("Amounts", "amounts"), ("Identifiers", "identifiers"),
    ("Details", "details"),
)  # fmt: skip


def _line(entry: Entry, pages: int, strong: str = "") -> str:
    where = f" (page {entry.page})" if pages > 1 else ""
    if entry.label:
        return f"{entry.label}: {strong}{entry.text}{strong}{where}"
    return f"{strong}{entry.text}{strong}{where}" + (f" – “{entry.quote}”" if entry.quote else "")


def _headline(description: Description) -> str:
    count = len(description.pages)
    return f"{description.kind.name[:1].upper()}{description.kind.name[1:]}, {count} page{'s' if count != 1 else ''}"


def _shown_headings(description: Description, page: PagePart) -> list[Entry]:
    title = description.title
    return [h for h in page.headings if title is None or (h.page, h.text) != (title.page, title.text)]


def _text(description: Description) -> str:
    blocks = [_headline(description)]
    if description.title:
        blocks[0] += f"\nTitle: {description.title.text}"
    for name, attribute in _SECTIONS:
        entries: list[Entry] = getattr(description, attribute)
        if entries:
            blocks.append("\n".join([f"{name}:", *(f"  {_line(e, len(description.pages))}" for e in entries)]))
    for page in description.pages:
        lines = [f"{'  ' * max(1, int(h.type))}{h.text}" for h in _shown_headings(description, page)]
        for table in page.tables:
            lines += _text_table(table)
        for chart in page.charts:
            lines += _text_chart(chart)
        if lines:
            blocks.append("\n".join([f"Page {page.page}:" if len(description.pages) > 1 else "Contents:", *lines]))
    return "\n\n".join(blocks)


def _text_table(table: TablePart) -> list[str]:
    rows = [row for row in (table.header, *table.rows) if any(row)]
    widths = [min(40, max(len(row[c]) for row in rows)) for c in range(len(table.header))]
    lines = [f"  Table{f': {table.caption}' if table.caption else ''} ({len(table.rows)} rows)"]
    return lines + ["    " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _text_chart(chart: ChartPart) -> list[str]:
    head = f"  Chart ({chart.type}){f': {chart.title}' if chart.title else ''}"
    if chart.subtitle:
        head += f" – {chart.subtitle}"
    return [head, *(f"    {label}{f', {series}' if series else ''}: {value}" for label, series, value in chart.points)]


def _markdown(description: Description) -> str:
    blocks = [f"# {_escaped(description.title.text)}" if description.title else f"# {_headline(description)}"]
    if description.title:
        blocks.append(_headline(description))
    for name, attribute in _SECTIONS:
        entries: list[Entry] = getattr(description, attribute)
        if entries:
            lines = [f"- {_line(_marked(e), len(description.pages), '**')}" for e in entries]
            blocks.append("\n".join([f"## {name}\n", *lines]))
    for page in description.pages:
        parts = [f"{'#' * min(6, 2 + int(h.type))} {_escaped(h.text)}" for h in _shown_headings(description, page)]
        for table in page.tables:
            parts.append((f"*{_escaped(table.caption)}*\n\n" if table.caption else "") + table.markdown)
        parts += [_markdown_chart(chart) for chart in page.charts]
        if parts:
            blocks += [f"## Page {page.page}" if len(description.pages) > 1 else "## Contents", *parts]
    return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in text)


def _marked(entry: Entry) -> Entry:
    return Entry(
        _escaped(entry.text), entry.file, entry.page, entry.box, entry.page_size,
        _escaped(entry.label), entry.type, _escaped(entry.quote),
    )  # fmt: skip


def _markdown_chart(chart: ChartPart) -> str:
    named: Sequence[str] = [title for title in (chart.title, chart.subtitle) if title]
    series = any(s for _, s, _ in chart.points)
    lines = [
        "| Label | Series | Value |" if series else "| Label | Value |",
        "|---|---|---:|" if series else "|---|---:|",
    ]
    for label, name, value in chart.points:
        cells = [label, name, value] if series else [label, value]
        lines.append("| " + " | ".join(_escaped(c) for c in cells) + " |")
    return (f"*{_escaped(' – '.join(named))}* ({chart.type} chart)\n\n" if named else "") + "\n".join(lines)
