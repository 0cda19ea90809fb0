# ruff: noqa: E501, SIM905
"""Which of a page's amounts is the total to be paid: plain rules over the labels of rows, and the arithmetic of a till.

Receipts print five or more amounts that a reader may take for the total: before tax, after tax, before and after
rounding, what was handed over, what was tax. Their labels differ from shop to shop; what does not is that the money
handed over less the change is the total, and that the tax summary at the foot is not where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from internvl_cli.reader.columns import sheet_of
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.operators import parse_number
from internvl_cli.reader.shapes import is_amount

__all__ = ["asks_total", "payable"]

_ASKED = re.compile(r"\btotals?\b|\bhow much\b|\bamount\b|\bdue\b|\bowed?\b|\bpay(?:able|ment)?\b|\bbill\b|\bsum\b")
_PLAIN = frozenset(
    """
    a all all-in altogether am amount amounts at be been bill by cash-out charge charged come comes cost costs customer did do does
    due euro euros final for from full grand gross have how i in including inclusive invoice is it its me money much must
    need of on overall owe owed owing paid pay payable payment please price purchase purchases receipt sale sales shall shopping
    should show spend spent sum tell the there they this to total totals transaction us was we were what what's whole will with you your
    """.split()
)
"""A question made of these words alone asks for the total and for nothing else."""

_TOTAL = re.compile(r"\btota[1l]\b|\bamount\b|\bamt\b|\bdue\b|\bpayable\b|\bto pay\b|\bowe\b|\bnett?\b", re.IGNORECASE)
_STRONG = re.compile(
    r"\bgrand tota[1l]\b|\b(?:tota[1l]|amount|balance|net|nett) (?:amount )?(?:due|payable|to pay)\b|\bdue\b|\bpayable\b|\bto pay\b|"
    r"\bnett? (?:tota[1l]|amount|amt)\b|\bincl|\broun?d(?:ed|ing)?\b|\bafter\b|\bowe\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\bsub ?-?tota|\bexc|\bbefore\b|\bwithout\b|\bqty\b|\bquantity\b|\bitems?\b|\bpcs\b|\bpieces\b|\bdisc|\bsav(?:ed|ings?)\b|\bpoints?\b|"
    r"\bsuppl|\bincluded\b|\bdeposit\b|\bunits?\b|\bpaid\b(?!.*\bincl)|\bprevious\b|\blast\b|\bcount\b|\bdue date\b|\bper\b|\beach\b",
    re.IGNORECASE,
)
_TAX = re.compile(r"\b(?:gst|vat|tax|taxes|sst|mwst|iva|tva|btw)\b", re.IGNORECASE)
_WITH_TAX = re.compile(r"\binc|\bwith\b|\bafter\b", re.IGNORECASE)
_ROUNDED = re.compile(r"\broun?d(?:ed|ing)\b(?!.*\badj)", re.IGNORECASE)
_TENDER = re.compile(
    r"\bcash\b|\btender|\bvisa\b|\bmaster(?:card)?\b|\bcredit\b|\bdebit\b|\bcard\b|\bpaid\b|\bpa?y?ment\b|\breceived\b|\bpay\b|\bfay\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(r"\bchang[ec]?\b|\bbaki\b", re.IGNORECASE)
_SUMMARY = re.compile(
    r"\b(?:gst|vat|tax|sst)\s*(?:summ|susm|analysis|code|rate|breakdown|details?)|\bsummary\b", re.IGNORECASE
)

LEAST = 2.0
"""Score below which no amount counts as the total."""

LEAD = 0.75
"""How far the best must be ahead of the next other amount."""


@dataclass(slots=True)
class _Line:
    """An amount with the words on its left.

    Attributes:
        word: The amount.
        value: What it comes to.
        label: The words on its left in its row, or the row above where there are none.
        at: Number of its row.
    """

    word: int
    value: Decimal
    label: str
    at: int


def asks_total(question: str) -> bool:
    """Say whether a question asks for the total to be paid, and for nothing beside it."""
    words = re.findall(r"[\w'’-]+", question.lower())
    return bool(words) and _ASKED.search(question.lower()) is not None and all(w in _PLAIN for w in words)


def _lines(features: PageFeatures, rows: Sequence[Sequence[int]]) -> list[_Line]:
    """Give the amounts with their labels, from the top; in each row, the last amount only."""
    texts = features.texts
    found: list[_Line] = []
    for at, row in enumerate(rows):
        amounts = [w for w in row if is_amount(texts[w])]
        if not amounts:
            continue
        number = parse_number(texts[amounts[-1]])
        if number is None:
            continue
        label = " ".join(texts[w] for w in row if w not in amounts and any(c.isalpha() for c in texts[w]))
        if not label and at and not any(is_amount(texts[w]) for w in rows[at - 1]):
            label = " ".join(texts[w] for w in rows[at - 1])
        found.append(_Line(amounts[-1], number.value, label, at))
    return found


def _score(line: _Line, due: bool) -> float:
    """How much a label says that its amount is the total; 0 where it says nothing."""
    label = line.label
    if _CHANGE.search(label) or line.value <= 0:
        return 0.0
    rounded = _ROUNDED.search(label) is not None and line.value >= 1
    if not (_TOTAL.search(label) or rounded):
        return 0.0
    if _OTHER.search(label) or (_TAX.search(label) and not _WITH_TAX.search(label)):
        return 0.0
    score = 2.0 if re.search(r"\btota[1l]\b", label, re.IGNORECASE) or rounded else 1.25
    if _STRONG.search(label):
        score += 1.0
    if due and re.search(r"\b(?:due|payable|to pay|owe)\b", label, re.IGNORECASE):
        score += 2.0
    return score


def payable(features: PageFeatures, question: str = "") -> int | None:
    """Find the amount that is the total.

    Args:
        features: The page.
        question: As the user wrote it: "due" or "owe" prefers what is left to pay.

    Returns:
        Index of the amount's word; None where no label says so, or two amounts have as good a claim.
    """
    rows = [[w for segment in row for w in segment.words] for row in sheet_of(features).rows]
    lines = _lines(features, rows)
    summary = next(
        (i for i, row in enumerate(rows) if i > 2 and _SUMMARY.search(" ".join(features.texts[w] for w in row))), None
    )
    due = re.search(r"\bdue\b|\bow(?:e|ed|ing)\b|\bpayable\b|\bto pay\b|\bmust\b", question.lower()) is not None
    change = [line.value for line in lines if _CHANGE.search(line.label)]
    tender = [line.value for line in lines if _TENDER.search(line.label) and not _CHANGE.search(line.label)]
    settled = {t - c for t in tender for c in change if t >= c > 0} | ({t for t in tender if 0 in change})
    scored: list[tuple[float, int, _Line]] = []
    for order, line in enumerate(lines):
        score = _score(line, due)
        if line.value in settled and line.value > 0 and not _TENDER.search(line.label):
            score += 2.0 if score else 1.0
        if summary is not None and line.at > summary:
            score -= 2.0
        scored.append((score, order, line))
    scored.sort(key=lambda entry: (-entry[0], -entry[1]))
    if not scored or scored[0][0] < LEAST:
        return None
    best, _, line = scored[0]
    rival = next((score for score, _, other in scored if other.value != line.value), 0.0)
    return line.word if best - rival >= LEAD else None
