# ruff: noqa: E501
"""What kind of document it is: evidence by words and layout, weighed in plain code; no kind where it is not clear.

A pattern counts once, three times as much where it stands in the title or a heading: the word INVOICE at the top says
more than "this invoice" in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["KINDS", "Kind", "classify"]

IN_HEADING = 3.0
LEAST = 3.0
"""A kind needs this much evidence."""
MARGIN = 1.2
"""... and this many times as much as the next one."""
ALONE = 2.0
"""Less is enough where the next one has at most half of it."""

UNKNOWN = "document"

KINDS: dict[str, dict[str, float]] = {
    "invoice": {r"(?:tax |proforma |pro forma )?invoice|rechnung|facture|factura|fattura": 1.6, r"invoice (?:no|number|date|#)": 2, r"bill(?:ed)? to|invoice to": 1, r"(?:amount|total|balance) due|payment terms|due date": 1, r"unit price|qty|quantity": 0.5},
    "credit note": {r"credit (?:note|memo)|gutschrift": 2.5, r"credit (?:note|memo) (?:no|number|date)": 2},
    "receipt": {r"(?:sales |cash )?receipt|kassenbon|quittung": 1.4, r"cashier|till|terminal|served by": 1, r"change(?: due)?|(?:cash|amount)? ?tendered|rounding(?: adj)?": 1.2, r"thank you|come again|customer copy": 0.8, r"subtotal|sub-total": 0.4, r"card|visa|mastercard|contactless": 0.5},
    "bank statement": {r"(?:bank |account )statement|statement of account|kontoauszug": 1.8, r"opening balance|closing balance|balance (?:brought|carried) forward": 1.5, r"sort code|iban|bic": 0.4, r"withdrawals?|deposits?|debit|credit": 0.6, r"statement (?:period|date|no)": 1},
    "payslip": {r"pay ?slip|pay ?stub|salary slip|earnings statement|wage slip|gehaltsabrechnung": 2.2, r"gross pay|net pay|basic (?:pay|salary)": 1.5, r"national insurance|income tax|deductions|pension|withholding": 0.8, r"pay (?:period|date)|employee (?:no|id|name)": 1},
    "utility bill": {r"(?:electricity|gas|water|energy|utility|phone|broadband) (?:bill|statement|account)": 2.2, r"meter (?:no|number|reading)|previous reading|current reading": 1.5, r"kwh|m³|standing charge|tariff|consumption": 1, r"billing period|supply address": 0.8},
    "purchase order": {r"purchase order": 1.4, r"p\.?o\.? (?:no|number|date)|purchase order (?:no|number|date)": 0.8, r"deliver(?:y)? (?:by|date|to)|ship to|vendor|supplier": 0.5, r"authori[sz]ed by|buyer|requisition": 0.7},
    "order confirmation": {r"order (?:confirmation|acknowledgement|summary)|auftragsbestätigung": 2.2, r"order (?:no|number|date)": 0.8, r"thank you for your order|estimated delivery": 1},
    "delivery note": {r"delivery note|despatch note|packing (?:list|slip)|goods received|lieferschein|bill of lading": 2.4, r"delivered|received in good condition|received by": 0.7, r"pallets?|gross weight|total weight|cartons?|packages": 0.6, r"driver|vehicle|carrier": 0.5, r"deliver(?:ed)? to|ship to|consignee": 0.4},
    "quotation": {r"quotation|quote|estimate|offer|angebot|devis": 1.5, r"quot(?:e|ation) (?:no|number|date)|estimate (?:no|number)": 1.5, r"valid (?:until|for)|validity": 1.2},
    "contract": {r"agreement|contract|lease|terms (?:and|&) conditions|vertrag": 1.2, r"hereinafter|hereby|whereas|witnesseth|hereto": 1.5, r"the parties|between|party of|landlord|tenant|lessor|lessee": 0.6, r"governing law|termination|confidentiality|indemnif|liabilit": 0.8, r"in witness whereof|signed by|signature": 0.6},
    "letter": {r"(?:hi|hello) [A-Z][a-z]+|dear (?:sir|madam|mr|mrs|ms|dr|all|customer|members?|parents?|[A-Z])|to whom it may concern|sehr geehrte": 2.2, r"yours (?:sincerely|faithfully|truly)|sincerely|kind regards|best regards|with regards|mit freundlichen": 2, r"re:|subject:|our ref|your ref|enclosure|encl": 0.6},
    "memo": {r"memo(?:randum)?": 1.5, r"from:?": 0.3, r"to:?": 0.2, r"subject:?|re:": 0.5, r"cc:?": 0.3},
    "CV": {r"curriculum vitae|résumé|resume|cv|lebenslauf": 1.8, r"(?:work|professional) experience|employment history|experience": 1, r"education|qualifications": 0.8, r"skills|languages": 0.7, r"references|hobbies|interests": 0.5, r"b\.?sc|m\.?sc|bachelor|master|university": 0.4},
    "lab report": {r"(?:lab(?:oratory)?|test|pathology|blood|analysis) (?:report|results?)|certificate of analysis|befund": 2, r"reference (?:range|interval|values?)|normal range": 1.5, r"patient|specimen|sample|physician|collected": 0.8, r"mmol/l|g/dl|mg/dl|µmol/l|u/l|g/l|mg/l": 1.2, r"ha?emoglobin|glucose|cholesterol|creatinine|leu[ck]ocytes|platelets": 1},
    "prescription": {r"prescription|℞|\brx\b": 2, r"dosage|dose|tablets?|capsules?|take (?:one|two|1|2)|times (?:a|per) day|refills?": 1.2, r"patient|prescriber|pharmacy": 0.6},
    "timetable": {r"time ?table|departures?|arrivals?|fahrplan|horaires?": 1.6, r"(?:class|bus|train|ferry|school|lesson|course) (?:schedule|times?|timetable)": 1.6, r"mondays?.*fridays?|saturdays?|sundays?|weekdays?": 0.7, r"platform|stop|station|route|line": 0.5},
    "ticket": {r"(?:e-?|admission |train |event |entry )?ticket|admit one|boarding pass": 1.6, r"seat|row|gate|section|coach|class|door": 0.8, r"passenger|boarding|departure|flight|valid": 0.8, r"non-?refundable|ticket (?:no|number|holder)": 1, r"doors? open|venue": 0.6},
    "itinerary": {r"itinerary|travel plan|booking confirmation|reservation": 1.8, r"check-?in|check-?out|flight|hotel|guest|nights?": 0.8, r"booking (?:no|number|ref|reference)|confirmation (?:no|number|code)": 0.8},
    "parcel label": {r"tracking (?:no|number|#)?|shipment|parcel|waybill": 1.2, r"ship to|deliver to|to:|recipient": 0.7, r"ship from|sender|from:|return (?:address|to)": 0.7, r"weight|kg|lbs?": 0.5, r"express|priority|standard|signed for|postage": 0.7},
    "menu": {r"menu|carte|speisekarte": 1.5, r"starters|appeti[sz]ers|mains?|main courses?|desserts|sides|beverages|drinks|soups?|salads?": 1.6, r"vegetarian|vegan|gluten|allergens|(?:served )?with": 0.6},
    "recipe": {r"recipe|ingredients": 1.5, r"method|directions|instructions|preparation": 0.8, r"tbsp|tsp|cups?|preheat|oven|simmer|stir|bake": 1.4, r"serves|servings|prep(?:aration)? time|cooking time": 1.2},
    "agenda": {r"agenda|programme|program|order of business|tagesordnung": 1.7, r"(?:apologies|matters arising|any other business|aob|adjournment)": 1.2, r"coffee|lunch|break|welcome|registration|keynote|session|speaker": 0.8, r"chair|attendees|meeting": 0.4},
    "minutes": {r"(?:meeting )?minutes of|meeting minutes|(?<!\d )minutes(?=\s*(?:[:–-]|$))|protokoll": 1.6, r"present|apologies|attendance|absent": 0.8, r"action(?: items?)?|resolved|agreed|proposed|seconded|adjourned": 1},
    "form": {r"(?:application|registration|enrol?ment|order|claim|consent|request|entry) form|form|formular|questionnaire": 1.4, r"please (?:tick|print|complete|fill)|tick (?:all|one|box)|block (?:capitals|letters)|office use": 1.3, r"date of birth|surname|first name|family name|given names?|postcode": 0.8, r"signature|signed|date": 0.3},
    "price list": {r"price ?list|tariffs?|price guide|rates|preisliste|pricing": 1.8, r"(?:unit )?price|per (?:unit|night|hour|person|day|kg)": 0.7, r"prices (?:include|exclude|are|valid)|subject to change|article": 0.8},
    "certificate": {r"certificate|diploma|certification|award|urkunde": 1.6, r"this is to certify|hereby certif|is awarded to|has successfully|completed|in recognition": 1.6, r"date of issue|registrar|certificate (?:no|number)": 0.6},
    "insurance policy": {r"insurance|policy (?:schedule|document)|cover note|certificate of insurance": 1.2, r"policy ?holder|policy (?:no|number)|insured|premium|sum insured|excess|deductible": 1.4},
    "tax form": {r"tax return|form (?:w-?\d|10\d\d|p\d\d)|(?:income )?tax (?:statement|assessment|declaration)": 1.8, r"taxable income|taxpayer|tax year|withheld|adjusted gross": 1.2},
    "report": {r"(?:annual |quarterly |monthly |progress |final |technical |inspection |incident |survey )?report|bericht": 1.1, r"summary|executive summary|introduction|outlook|findings|recommendations|conclusions?": 0.8, r"table of contents|contents|appendix": 0.5},
    "financial statement": {r"balance sheet|income statement|profit (?:and|&) loss|cash flows?|statement of (?:operations|income|financial position)": 2, r"total assets|total liabilities|net income|shareholders|revenues?|equity|fiscal year": 0.9, r"(?:in|\$|£|€) ?(?:thousands|millions)|unaudited|audited": 0.5},
    "scientific paper": {r"abstract": 1.2, r"references|bibliography": 0.7, r"et al\.?|doi|arxiv|issn|keywords": 1, r"introduction|related work|methods?|results|discussion|conclusions?": 0.7},
    "news article": {r"news|gazette|times|herald|tribune|daily|newspaper|press": 0.9, r"by [A-Z][a-z]+ [A-Z][a-z]+|correspondent|reporter|staff writer|editor": 0.9, r"said|told|according to|reported": 1},
    "press release": {r"press release|for immediate release|media contact|pressemitteilung": 2.4},
    "data sheet": {r"data ?sheet|(?:technical )?(?:specifications?|data)|safety data": 1.7, r"dimensions|voltage|power|operating temperature|model|weight": 0.6},
    "manual": {r"(?:user|instruction|owner'?s|operating|assembly) (?:manual|guide|instructions)|quick start": 2, r"step \d|warning|caution|troubleshooting": 0.7},
    "notice": {r"(?:public |important )?notice|announcement|attention|warning": 1.2, r"residents|please note|will be closed|until further notice|effective": 0.8},
    "expense report": {r"expenses?(?: report| claim| statement)?|travel expenses": 1.8, r"reimburse\w*|claimed|mileage|per diem|receipts attached": 1.2, r"employee|department|approved|taxi|hotel|meals?": 0.7},
    "job advert": {r"job (?:offer|advert\w*|description|opening)|vacancy|we are hiring": 1.4, r"responsibilities|your profile|requirements|apply|applications?|applicants?": 1.2, r"salary|full-time|part-time|contract type|benefits": 0.8},
    "property listing": {r"for sale|to let|for rent|property (?:details|listing|particulars)": 1.2, r"bedrooms?|bathrooms?|living area|floor area|sq ?m|sq ?ft|garden|garage": 1.4, r"asking price|rent|viewings?|energy (?:rating|class)|estate agent": 1},
    "school report": {r"school report|report card|transcript": 2, r"pupil|student|class|form tutor|head teacher|grade|term": 1, r"mathematics|english|science|history|geography": 0.8},
    "invitation": {r"invitation|you are (?:cordially )?invited|request the pleasure|rsvp|r\.s\.v\.p": 1.9, r"dress code|ceremony|reception|party|wedding": 0.7},
    "results table": {r"(?:results?|standings|league table|leaderboard|ranking|scoreboard|final classification)": 1.5, r"pos(?:ition)?|rank|pts|points|won|drawn|lost|played|score|team|athlete": 0.8},
    "inventory": {r"inventory|stock (?:list|report|take)|bestandsliste": 1.8, r"in stock|on hand|reorder|sku|bin|warehouse": 1},
}  # fmt: skip
"""Patterns of each kind with their weights; a pattern matches whole words."""

_COMPILED: dict[str, list[tuple[re.Pattern[str], float]]] = {
    kind: [(re.compile(rf"(?<!\w)(?:{p})(?!\w)", re.IGNORECASE), weight) for p, weight in patterns.items()]
    for kind, patterns in KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of document it is.

    Attributes:
        name: A key of ``KINDS``, ``chart``, or ``document`` where it is not clear.
        evidence: Weight of what speaks for it.
        share: Its part of the evidence for the best two kinds, 0 to 1; 0 for ``document``.
    """

    name: str
    evidence: float = 0.0
    share: float = 0.0


def classify(headings: Sequence[str], lines: Sequence[str]) -> Kind:
    """Weigh the evidence.

    Args:
        headings: Title and headings, and short lines at the top of the first page, in order of their size: the first
            is the largest.
        lines: All lines of the document, these included.
    """
    top, body = "\n".join(headings), "\n".join(lines)
    scores: list[tuple[float, str]] = []
    for kind, patterns in _COMPILED.items():
        score = 0.0
        for number, (pattern, weight) in enumerate(patterns):
            if number == 0 and any(pattern.fullmatch(h.strip(" :.")) for h in headings):
                # The heading is the kind's name and nothing else.
                score += weight * (IN_HEADING + 1)
            elif number == 0 and pattern.search(top):
                score += weight * IN_HEADING
            elif pattern.search(top):
                score += weight * 1.5
            elif pattern.search(body):
                score += weight
        scores.append((score, kind))
    scores.sort(reverse=True)
    (best, name), (second, _) = scores[0], scores[1]
    clear = best >= LEAST and best >= MARGIN * second
    if not clear and not (best >= ALONE and best >= 2 * second):
        return Kind(UNKNOWN)
    return Kind(name, round(best, 2), round(best / (best + second), 3))
