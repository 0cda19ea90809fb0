"""``describe`` with the bundled reader: what a document is and what it says, out of what was read on it.

Nothing here writes a sentence of its own about the document: every value, heading and cell stands on a page, and the
description says where.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from internvl_cli.engines.base import Answer
from internvl_cli.reader.charts import Chart
from internvl_cli.reader.describe.description import ChartPart, Description, Entry, Format, PagePart, TablePart
from internvl_cli.reader.describe.facts import Fact, find_facts
from internvl_cli.reader.describe.fields import Field, find_fields
from internvl_cli.reader.describe.headings import Heading, find_headings, find_title, running_lines
from internvl_cli.reader.describe.kinds import UNKNOWN, Kind, classify
from internvl_cli.reader.describe.parties import Party, find_parties
from internvl_cli.reader.figures import find_figures
from internvl_cli.reader.sheet import Sheet, squeeze
from internvl_cli.reader.tables import Table

__all__ = ["Description", "Format", "describe"]

SURE = 0.85
"""The network's word is taken where it is at least this sure."""

_ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "invoice": (("issuer", "Who issued the invoice?"), ("customer", "Who is the customer?")),
    "receipt": (("issuer", "What is the name of the shop?"),),
    "letter": (("sender", "Who wrote the letter?"), ("recipient", "Who is the letter addressed to?")),
}
"""What the network is asked where the layout does not tell a party: (role, question) by kind."""


def describe(sheets: Sequence[Sheet], ask: Callable[[str], Answer] | None = None) -> Description:
    """Describe a document.

    Args:
        sheets: Its pages with their words.
        ask: Answers a question about these pages; used for parties that the layout does not tell.
    """
    running = running_lines(sheets)
    figures = [find_figures(sheet) for sheet in sheets]
    tables = [found for _, found in figures]
    skips = [
        {w for words in ([c.words for c in charts] + [t.words for t in found]) for w in words}
        for charts, found in figures
    ]
    title = find_title(sheets[0], {w for t in tables[0] for w in t.words}) if sheets else None
    headings = [find_headings(s, skip, running) for s, skip in zip(sheets, skips, strict=True)]
    kind = _kind(sheets, title, headings)
    if _is_chart(sheets, [charts for charts, _ in figures]):
        kind = Kind("chart", 1.0, 1.0)
    description = Description(kind)
    if title is not None:
        description.title = _entry(sheets[0], title.text, title.words)
    for sheet, skip, (charts, found), heads in zip(sheets, skips, figures, headings, strict=True):
        fields = find_fields(sheet, skip)
        _add_parties(description, sheet, find_parties(sheet, fields, kind.name, skip))
        _add_facts(description, sheet, fields, found, skip)
        description.pages.append(_page(sheet, heads, found, charts))
    if ask is not None:
        _ask_for_parties(description, ask)
    return description


def _entry(sheet: Sheet, text: str, words: Sequence[int], label: str = "", type: str = "", quote: str = "") -> Entry:
    page = sheet.page
    return Entry(text, page.document, page.number, sheet.box(words), (page.width, page.height), label, type, quote)


def _kind(sheets: Sequence[Sheet], title: Heading | None, headings: Sequence[Sequence[Heading]]) -> Kind:
    if not sheets:
        return Kind(UNKNOWN)
    top = [title.text] if title else []
    top += [h.text for page in headings for h in page]
    # In the upper part of the first page, a short line can be a heading without being large.
    limit = 0.25 * sheets[0].layout.size[1]
    top += [s.text for s in sheets[0].segments if s.box[1] < limit and len(s.words) <= 4]
    return classify(top, [text.text for sheet in sheets for text in sheet.texts])


def _add_parties(description: Description, sheet: Sheet, parties: Sequence[Party]) -> None:
    known = {(e.label, squeeze(e.text)) for e in description.parties}
    names = {squeeze(e.text) for e in description.parties}
    for party in parties:
        key = (party.role, squeeze(party.name))
        if key not in known and not (party.role == "person" and key[1] in names):
            description.parties.append(_entry(sheet, party.name, party.words, party.role))
            known.add(key)
            names.add(key[1])


def _add_facts(
    description: Description, sheet: Sheet, fields: Sequence[Field], tables: Sequence[Table], skip: Collection[int]
) -> None:
    parties = {(e.page, e.text) for e in description.parties}
    lists = {"date": description.dates, "amount": description.amounts, "text": description.details}
    for fact in find_facts(sheet, fields, tables, skip):
        if fact.type == "text" and (sheet.page.number, fact.value) in parties:
            continue
        target = lists.get(fact.type, description.identifiers)
        if not any(_same(e, fact) for e in target):
            target.append(_entry(sheet, fact.value, fact.words, fact.label, fact.type, fact.quote))


def _same(entry: Entry, fact: Fact) -> bool:
    """Say whether a fact is known: the same value with the same label, or with no label of its own."""
    return squeeze(entry.text) == squeeze(fact.value) and (
        squeeze(entry.label) == squeeze(fact.label) or not fact.label
    )


def _is_chart(sheets: Sequence[Sheet], charts: Sequence[Sequence[Chart]]) -> bool:
    """Say whether a document is one page with a chart and little else."""
    if len(sheets) != 1 or not charts[0]:
        return False
    inside = {w for chart in charts[0] for w in chart.words}
    return len(inside) >= 0.5 * len(sheets[0].words)


def _page(sheet: Sheet, headings: Sequence[Heading], tables: Sequence[Table], charts: Sequence[Chart]) -> PagePart:
    page = PagePart(sheet.page.document, sheet.page.number, len(sheet.words))
    page.headings = [_entry(sheet, h.text, h.words, type=str(h.level)) for h in headings]
    for table in tables:
        page.tables.append(
            TablePart(
                sheet.page.number,
                sheet.box(sorted(table.words)),
                table.caption.text,
                tuple(c.text for c in table.header),
                tuple(tuple(c.text for c in row) for row in table.rows),
                table.markdown(),
            )
        )
    for chart in charts:
        box = sheet.box(sorted(chart.words))
        points = tuple(chart.points)
        page.charts.append(ChartPart(page.page, box, chart.type, chart.title.text, chart.subtitle.text, points))
    return page


def _ask_for_parties(description: Description, ask: Callable[[str], Answer]) -> None:
    """Ask the network for the parties of the kind that no label told."""
    roles = {e.label for e in description.parties}
    for role, question in _ASKED.get(description.kind.name, ()):
        if role in roles:
            continue
        answer = ask(question)
        if answer.found and answer.kind == "span" and (answer.confidence or 0.0) >= SURE and answer.evidence:
            where = answer.evidence[0]
            description.parties.append(Entry(answer.text, where.file, where.page, where.box, where.page_size, role))
