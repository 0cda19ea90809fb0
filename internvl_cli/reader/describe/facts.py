"""Dates, amounts, identifiers and other labelled values of a page, each with its label or the sentence around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from internvl_cli.reader.describe.fields import Field
from internvl_cli.reader.describe.patterns import AMOUNT, DATE, EMAIL, IBAN, PHONE, URL, VAT, is_iban
from internvl_cli.reader.grid import is_numeric, is_total
from internvl_cli.reader.sheet import Sheet, Text
from internvl_cli.reader.tables import Table

__all__ = ["Fact", "find_facts"]

_IDENTIFIER = re.compile(
    r"\b(?:no|nos|nr|num|number|numbers?|nummer|numéro|número|numero|n°|nº|#|id|ref|reference|code|order|account|iban|bic|swift|"
    r"serial|sku|ticket|booking|policy|licen[cs]e|passport|registration|reg|vin|plate|vehicle|tracking|case|file|contract|"
    r"invoice|receipt|po|vat|tax id|ean|isbn|doi|siret|steuernummer|kundennummer)\b|#",
    re.IGNORECASE,
)
_PHONE_LABEL = re.compile(r"\b(?:tel|telephone|phone|ph|fax|mobile|mob|call|cell|telefon|téléphone)\b", re.IGNORECASE)
_VAT_LABEL = re.compile(r"\b(?:vat|ust|tva|iva|btw|gst|tax)\b", re.IGNORECASE)
_LABEL_BEFORE = re.compile(
    r"(?:^|[\s,;|·•])(?P<label>(?:(?:VAT|GST|Tax|Company|Registration)\s(?:reg(?:istration)?\.?\s)?(?:no\.?|number|id)|Tel|Telephone|"
    r"Phone|Fax|Mobile|Mob|E-?mail|IBAN|BIC|Web|TVA|USt-?Id(?:Nr)?)\.?)\s*:?\s*$",
    re.IGNORECASE,
)
"""A label without a colon in front of a value in running text."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“(]?[A-ZÄÖÜÉ0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:no|nr|mr|mrs|ms|dr|prof|st|vs|approx|tel|inc|ltd|co|art)|\b[A-Z])\.$", re.IGNORECASE
)

LONGEST_QUOTE = 240
"""Letters of a sentence that is quoted beside a fact; longer ones are left out."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that stands on a page.

    Attributes:
        type: ``date``, ``amount``, ``email``, ``url``, ``phone``, ``iban``, ``vat``, ``number`` (any
            other identifier) or ``text``.
        value: As it stands.
        label: As it stands, without a colon; "" where there is none.
        quote: The sentence it stands in, where it has no label; else "".
        words: Indices of the value's words.
    """

    type: str
    value: str
    label: str
    quote: str
    words: tuple[int, ...]


def _type(label: str, value: str) -> str:
    """Tell what a labelled value is."""
    bare = value.strip(" .;,")
    if EMAIL.fullmatch(bare):
        return "email"
    if URL.fullmatch(bare):
        return "url"
    date = DATE.search(bare)
    if date is not None and date.end() - date.start() >= 0.55 * len(bare):
        return "date"
    if is_iban(bare):
        return "iban"
    if _PHONE_LABEL.search(label) and sum(c.isdigit() for c in bare) >= 6:
        return "phone"
    if _VAT_LABEL.search(label) and VAT.fullmatch(bare):
        return "vat"
    if AMOUNT.fullmatch(bare) or (
        re.fullmatch(r"[(\-−]?[\d.,'’ ]*\d[.,]\d\d\)?-?", bare) and not _IDENTIFIER.search(label)
    ):
        return "amount"
    code = re.search(r"\d", bare) is not None and len(bare.split()) <= 4 and len(bare) >= 3
    if code and (_IDENTIFIER.search(label) or (re.search(r"[A-Z#]", bare) and not re.search(r"[a-z]{3}", bare))):
        return "number"
    return "text"


def _sentence(text: Text, start: int, end: int) -> str:
    """Give the sentence around characters ``start`` to ``end``, or "" where it is too long or no sentence."""
    cuts = [0]
    for match in _SENTENCE_END.finditer(text.text):
        if not _ABBREVIATED.search(text.text[: match.start()]):
            cuts.append(match.end())
    cuts.append(len(text.text))
    first = max(c for c in cuts if c <= start)
    last = min(c for c in cuts if c >= end)
    sentence = text.text[first:last].strip()
    return sentence if end - start < len(sentence) <= LONGEST_QUOTE else ""


def _matches(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Give what stands in running text: (type, characters), not overlapping."""
    used: list[tuple[int, int]] = []
    finders: tuple[tuple[str, re.Pattern[str], Callable[[str, int], bool]], ...] = (
        ("email", EMAIL, lambda s, at: True),
        ("url", URL, lambda s, at: True),
        ("iban", IBAN, lambda s, at: is_iban(s)),
        ("vat", VAT, lambda s, at: _VAT_LABEL.search(text[max(0, at - 16) : at]) is not None),
        ("date", DATE, lambda s, at: True),
        ("amount", AMOUNT, lambda s, at: True),
        ("phone", PHONE, lambda s, at: 8 <= sum(c.isdigit() for c in s) <= 15 and len(s) <= 22),
    )
    for name, pattern, fits in finders:
        for match in pattern.finditer(text):
            start, end = match.span()
            while end > start and text[end - 1] in " .,;":
                end -= 1
            while start < end and text[start] == " ":
                start += 1
            if fits(text[start:end], start) and all(end <= a or start >= b for a, b in used):
                used.append((start, end))
                yield name, (start, end)


def find_facts(
    sheet: Sheet, fields: Sequence[Field], tables: Sequence[Table], skip: Collection[int] = ()
) -> list[Fact]:
    """Find the facts of a page: labelled values first, then what stands in running text, then a table's sums.

    Args:
        sheet: The page.
        fields: Its labels and values.
        tables: Its tables.
        skip: Words of tables and charts: what is in them is no fact of the text.
    """
    facts: list[Fact] = []
    # A value of several sentences ("Remarks: …") is running text; what is in it has its own type.
    covered = set(skip)
    for field in fields:
        kind = _type(field.label, field.value)
        if kind == "text" and (len(field.words) > 12 or any(True for _ in _matches(field.value))):
            continue
        facts.append(Fact(kind, field.value, field.label, "", field.words))
        covered.update(field.words)
    for text in sheet.texts:
        for kind, (start, end) in _matches(text.text):
            words = tuple(text.between(start, end))
            if not covered.intersection(words):
                before = _LABEL_BEFORE.search(text.text[:start])
                label = before["label"].strip() if before else ""
                quote = "" if label else _sentence(text, start, end)
                facts.append(Fact(kind, text.text[start:end], label, quote, words))
                covered.update(words)
    facts += [fact for table in tables for fact in _sums(table)]
    return facts


def _sums(table: Table) -> list[Fact]:
    """Give the amounts of a table's total rows, labelled by row and, where there are several, by column."""
    facts: list[Fact] = []
    for row in table.rows:
        if not is_total(row[0].text):
            continue
        cells = [
            (h, c) for h, c in zip(table.header, row, strict=True) if c.text and c is not row[0] and is_numeric(c.text)
        ]
        for head, cell in cells:
            label = f"{row[0].text}, {head.text}" if len(cells) > 1 and head.text else row[0].text
            facts.append(Fact(_type(label, cell.text), cell.text, label.rstrip(":"), "", cell.words))
    return facts
