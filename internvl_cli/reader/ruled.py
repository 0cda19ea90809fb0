"""Answers by plain rules over the rows of a page's table, with the network's scores for the columns.

A network of this size neither counts rows nor compares their numbers; it does know which column is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from internvl_cli.reader.columns import sheet_of, tables_of
from internvl_cli.reader.conditions import Matching, by_condition, speaks_of_conditions
from internvl_cli.reader.extremes import by_extreme, speaks_of_extremes
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.order import by_order, speaks_of_order
from internvl_cli.reader.phrase import clean
from internvl_cli.reader.sections import section_entries, speaks_of_sections
from internvl_cli.reader.ticking import asks_yes_no, is_ticked, options

__all__ = ["Ruled", "by_row", "by_rows", "speaks_of_a_row", "speaks_of_rows"]

RIGHT = {
    "next": 0.85,
    "end": 0.5,
    "extreme": 0.72,
    "mode": 0.65,
    "limit": 0.78,
    "value": 0.83,
    "section": 0.8,
    "options": 0.9,
}
"""Share of right answers of each rule where its column is certain, measured on written training questions; sections on
generated menus."""

_COUNT = re.compile(r"\bhow many\b|\bnumber of\b|\bcount\b", re.IGNORECASE)
_LISTED = re.compile(r"\bunder\b|\blist(?:ed)?\b|\bsection\b|\bname (?:all|the)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a rule answers.

    Attributes:
        text: The answer.
        kind: ``span``, ``list``, ``count``, ``yes`` or ``no``.
        confidence: 0 to 1.
        cells: Words of each cell that it stands in.
    """

    text: str
    kind: str
    confidence: float
    cells: tuple[tuple[int, ...], ...]


def speaks_of_a_row(question: str) -> bool:
    """Say whether a question may be one for a row by its order or by an extreme."""
    return speaks_of_order(question) or speaks_of_extremes(question)


def speaks_of_rows(question: str) -> bool:
    """Say whether a question may be one for several rows, under a condition or a heading, or for boxes to tick."""
    boxes = asks_yes_no(question) or "option" in question.lower()
    return boxes or speaks_of_conditions(question) or speaks_of_sections(question)


def by_row(question: str, page: PageFeatures, starts: dict[int, float]) -> Ruled | None:
    """Answer with a cell of the row that is counted or compared out.

    Args:
        question: As the user wrote it.
        page: Where the best span stands.
        starts: What the network gives to an answer's starting at a word, 0 to 1.
    """
    rule = by_order if speaks_of_order(question) else by_extreme
    found = rule(question, tables_of(page), starts)
    if found is None:
        return None
    text = clean([page.texts[w] for w in found.words])
    return Ruled(text, "span", RIGHT[found.rule] * found.share, (found.words,))


def by_rows(question: str, page: PageFeatures, entries: dict[int, float], kind: str) -> Ruled | None:
    """Answer with the rows under a condition, the entries under a heading, or the options of boxes to tick.

    Args:
        question: As the user wrote it.
        page: Where the best span stands.
        entries: What the network gives to a word's being a value or an entry, 0 to 1.
        kind: What it takes the question for.
    """
    box = is_ticked(page, question) if asks_yes_no(question) else None
    if box is not None:
        return Ruled("Yes" if box[0] else "No", "yes" if box[0] else "no", RIGHT["options"], (box[1],))
    offered = options(page, question)
    if len(offered) > 1:
        text = ", ".join(clean([page.texts[w] for w in words]) for words in offered)
        return Ruled(text, "list", RIGHT["options"], tuple(offered))
    found = by_condition(question, tables_of(page), entries, kind) or _in_section(question, page, kind)
    if found is None:
        return None
    cells = [clean([page.texts[w] for w in cell]) for cell in found.cells]
    text = str(len(cells)) if found.kind == "count" else ", ".join(dict.fromkeys(t for t in cells if t))
    return Ruled(text, found.kind, RIGHT[found.rule] * found.share, found.cells) if text else None


def _in_section(question: str, page: PageFeatures, kind: str) -> Matching | None:
    """Give the entries of a priced list under the heading that the question names."""
    counting = bool(_COUNT.search(question))
    if not counting and kind != "list" and not _LISTED.search(question):
        return None
    cells = section_entries(question, sheet_of(page))
    return None if cells is None else Matching("count" if counting else "list", tuple(cells), "section", 1.0)
