"""Documents of many families as words with boxes, with questions."""

from __future__ import annotations

import functools
from collections.abc import Callable

from training.generator import (
    cards,
    charts,
    contrasts,
    heldout,
    letters,
    money,
    notes,
    people,
    results,
    sales,
    slips,
    tickets,
    till,
)
from training.generator.blocks import clutter
from training.generator.concepts import CONCEPTS
from training.generator.document import ASIDE, Doc
from training.sample import Sample

MAKERS: dict[str, Callable[[Doc], None]] = {
    "invoice": sales.invoice,
    "purchase_order": sales.purchase_order,
    "quotation": sales.quotation,
    "delivery_note": sales.delivery_note,
    "receipt": till.receipt,
    "bank_statement": money.bank_statement,
    "payslip": money.payslip,
    "insurance_policy": money.insurance_policy,
    "price_list": money.price_list,
    "inventory": money.inventory,
    "expense_report": money.expense_report,
    "bar_chart": charts.bar_chart,
    "horizontal_bars": charts.horizontal_bars,
    "line_chart": charts.line_chart,
    "pie_chart": charts.pie_chart,
    "letter": letters.letter,
    "contract": letters.contract,
    "memo": letters.memo,
    "email": letters.memo,
    "minutes": letters.minutes,
    "agenda": letters.agenda,
    "news": letters.news,
    "press_release": letters.press_release,
    "notice": letters.notice,
    "cv": people.cv,
    "id_badge": people.id_badge,
    "certificate": people.certificate,
    "prescription": people.prescription,
    "form": people.form,
    "school_report": people.school_report,
    "event_ticket": tickets.event_ticket,
    "boarding_pass": tickets.boarding_pass,
    "property_listing": tickets.property_listing,
    "job_ad": tickets.job_ad,
    "results_table": results.results_table,
    "league_table": results.league_table,
    "survey_report": results.survey_report,
    "sales_report": results.sales_report,
    "recipe": results.recipe,
    "datasheet": results.datasheet,
    "comparison": results.comparison,
    "card": cards.card,
    "note": notes.note,
    "slip": slips.slip,
    "page": slips.page,
    "contrast": contrasts.contrast,
}

HELD_OUT: dict[str, Callable[[Doc], None]] = {
    "lab_report": heldout.lab_report,
    "timetable": heldout.timetable,
    "utility_bill": heldout.utility_bill,
    "parcel_label": heldout.parcel_label,
    "menu": heldout.menu,
    "parking_fine": heldout.parking_fine,
}
"""Families that are never trained on."""

APART: dict[str, Callable[[Doc], None]] = {ASIDE + name: MAKERS[name] for name in ("card", "note", "slip")}
"""The same makers over schemas that are never trained on: many kinds of document, one layout code."""

ALL = {**MAKERS, **HELD_OUT, **APART}

FAMILIES = tuple(MAKERS)

_FULL_PAGE = 400
"""Pages at least this wide, in points, may carry small print."""


def generate(family: str, seed: int, clean: bool = False) -> list[Sample]:
    """The questions of one document; the same family and seed always give the same.

    With ``clean`` the page comes as it was set, to be drawn (`training.draw`) and read by an OCR engine.

    Raises:
        KeyError: There is no such family.
    """
    doc = Doc(family, seed)
    doc.reworded = family in MAKERS
    ALL[family](doc)
    doc.near = _carried(family)
    if doc.sheet.width > _FULL_PAGE and not family.endswith(("chart", "bars")) and doc.chance(0.3):
        clutter(doc)
    return doc.samples(clean=clean)


@functools.cache
def _carried(family: str) -> dict[str, tuple[str, ...]]:
    """What documents of a family can carry: what one of them lacks makes the hardest unanswerable questions."""
    found: dict[str, tuple[str, ...]] = {}
    for seed in range(-16, 0):
        doc = Doc(family, seed)
        ALL[family](doc)
        for name, fact in doc.facts.items():
            # A name with a digit belongs to one row of one document; a total that is not printed can be computed.
            own = fact.questions and not any(c.isdigit() for c in name) and not name.startswith("total")
            if name in CONCEPTS or own:
                found[name] = fact.questions
    return found
