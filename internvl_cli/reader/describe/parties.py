# ruff: noqa: E501
"""Who a document is from, who it is for, and who else is named in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from internvl_cli.reader.describe.fields import Field, is_label, value_of
from internvl_cli.reader.headed import RECIPIENT, SENDER, headed
from internvl_cli.reader.sheet import Segment, Sheet

__all__ = ["Party", "find_parties"]

ROLES: tuple[tuple[str, str], ...] = (
    ("customer", r"(?:bill(?:ed|ing)?|invoiced?|sold|charged?) to|bill(?:ing)? address|customer(?: name)?|client(?: name)?|buyer|purchaser|"
     r"policy ?holder|guest(?: name)?|subscriber|kunde|rechnung an|rechnungsadresse|client facturé"),
    ("recipient", r"(?:ship(?:ped|ping)?|deliver(?:ed|y)?|sen[dt]|consigned?|dispatch(?:ed)?) to|shipping address|ship-to|lieferadresse|" + RECIPIENT),
    ("issuer", r"issued by|issuer|seller|supplier(?: name)?|vendor(?: name)?|merchant|payee|remit to|make cheques payable to|sold by|"
     r"service provider|provider|lieferant|rechnungssteller|company(?: name)?"),
    ("sender", "ship from|" + SENDER),
    ("account holder", r"account (?:holder|name)|name of account|kontoinhaber"),
    ("employer", r"employer(?: name)?|arbeitgeber"),
    ("employee", r"employee(?: name)?|name of employee|mitarbeiter"),
    ("landlord", r"landlord|lessor"),
    ("tenant", r"tenant(?:\(s\)|s)?|lessee"),
    ("patient", r"patient(?: name|'s name)?|name of patient"),
    ("physician", r"(?:ordering |referring |attending )?(?:physician|doctor|clinician)|prescriber|ordered by|gp"),
    ("passenger", r"passenger(?: name)?|travell?er(?: name)?|ticket holder|name of passenger"),
    ("student", r"student(?: name)?|pupil|candidate(?: name)?"),
    ("applicant", r"applicant(?: name)?|name of applicant"),
    ("author", r"author(?:\(s\)|s)?|written by|by"),
    ("contact", r"attn|attention|contact(?: person| name)?|z\. ?hd|fao|your contact|c/o"),
    ("prepared by", r"prepared by|drawn up by|compiled by|report by"),
    ("approved by", r"approved by|authori[sz]ed by|checked by|verified by"),
    ("signed by", r"signed(?: by)?|signature of [\w ]+"),
    ("received by", r"(?:goods )?received(?: in good (?:condition|order))?(?: by)?|accepted by"),
    ("driver", r"driver(?:'s name)?"),
    ("cashier", r"cashier|served by|your server|server|operator"),
    ("sales person", r"sales ?(?:person|rep(?:resentative)?|man|agent)|account manager"),
    ("chair", r"chair(?:man|woman|person)?|chaired by"),
    ("teacher", r"teacher|instructor|lecturer|tutor|trainer"),
    ("speaker", r"speakers?|presenter|keynote(?: speaker)?"),
    ("name", r"(?:full |your )?name|name and address|nom|nome"),
)  # fmt: skip
"""A role and the labels that give it; compared without case, colon and full stop."""

_COMPILED = [(role, re.compile(pattern, re.IGNORECASE)) for role, pattern in ROLES]
_TITLED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Councillor|Cllr|Sir|Dame|Rev|Judge|Herr|Frau|Mme|Señora?)\.?\s"
    r"(?:[A-Z]\.?\s?){0,3}[A-ZÄÖÜÉ][\w'’\-]+(?:\s(?:de|van|von|der|al-)?\s?[A-ZÄÖÜÉ][\w'’\-]+){0,2}"
)
_COMPANY = re.compile(
    r"(?<!\w)(?:ltd|limited|llc|inc|incorporated|corp|corporation|plc|gmbh|ag|kg|e\.?k|s\.?a|s\.?a\.?r\.?l|sarl|s\.?r\.?l|s\.?p\.?a|b\.?v|"
    r"n\.?v|a/s|aps|oy|ab|pty|sdn|bhd|co|llp|lp|& sons|& co|bank|trust|council|university|clinic|hospital|school|library|museum)\.?(?!\w)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\b(?:tel|phone|fax|vat|e-?mail|www|road|street|st|avenue|ave|lane|drive|blvd|square|way|yard|strasse|straße|str|rue|via|"
    r"calle|p\.?o\.? box|suite|floor|unit|reg(?:istration)?)\b|@|\b\d{4,6}\b|\b[A-Z]{1,2}\d{1,2}[A-Z]?\s\d[A-Z]{2}\b",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(r"\d{3,}|@|www\.|[?!:]|^\W*$|[$€£]")

_BETWEEN = re.compile(
    r"\bbetween\s(?P<first>[^()]{3,80}?)\s?\((?:the\s|hereinafter\s|“|\")*(?P<role1>[A-Z][a-z]+)[”\"]?\),?\s+and\s+"
    r"(?P<second>[^()]{3,80}?)\s?\((?:the\s|hereinafter\s|“|\")*(?P<role2>[A-Z][a-z]+)[”\"]?\)"
)
"""How a contract names its parties."""

TOP = 0.3
"""An issuer without a label stands in this part of the page, from the top."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is named.

    Attributes:
        role: One of ``ROLES``, or ``person`` for a name with a title in the text.
        name: As it stands.
        label: The label it stands behind; "" where there is none.
        words: Indices of the name's words.
    """

    role: str
    name: str
    label: str
    words: tuple[int, ...]


def role_of(label: str) -> str | None:
    """Give the role that a label names."""
    bare = label.strip(" :：.*-–").lower()
    return next((role for role, pattern in _COMPILED if pattern.fullmatch(bare)), None)


def _is_name(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    capital = re.search(r"[A-ZÄÖÜÉÅØ]", text) is not None
    return letters >= 3 and capital and len(text.split()) <= 9 and _NOT_A_NAME.search(text) is None


def _labelled(sheet: Sheet, fields: Sequence[Field], skip: Collection[int]) -> list[Party]:
    parties: list[Party] = []
    used: set[int] = {*skip, *(w for field in fields for w in field.label_words)}
    for field in fields:
        role = role_of(field.label)
        line = _first_line(sheet, field.words)
        name = sheet.quote(line)
        if role is not None and _is_name(name):
            parties.append(Party(role, name, field.label, line))
            used.update(field.words)
    for segment in sheet.segments:
        role = role_of(segment.text)
        # One word such as "to" or "by" needs its colon.
        bare = len(segment.words) == 1 and len(segment.text) < 5
        if role is None or used.intersection(segment.words) or bare:
            continue
        value = value_of(sheet, segment, taken=used)
        if value is not None and _is_name(value.text) and role_of(value.text) is None:
            parties.append(Party(role, value.text, segment.text.rstrip(" :："), value.words))
            used.update(value.words)
    return parties


def _headed(sheet: Sheet, known: Collection[str]) -> list[Party]:
    """Take the sender and the recipient under their headings, where no label named them."""
    found = [block for block in headed(sheet.layout, [w.text for w in sheet.words]) if block.role not in known]
    roles = [block.role for block in found]
    return [
        Party(block.role, sheet.quote(block.name), sheet.quote(block.heading).rstrip(" :："), block.name)
        for block in found
        if roles.count(block.role) == 1 and _is_name(sheet.quote(block.name))
    ]


def _first_line(sheet: Sheet, words: Sequence[int]) -> tuple[int, ...]:
    first = sheet.layout.segment[words[0]]
    return tuple(w for w in words if sheet.layout.segment[w] == first)


def _letterhead(sheet: Sheet, kind_name: str, skip: Collection[int]) -> Party | None:
    """Take the name at the top that has an address, a phone number or a tax number right under it or beside it."""
    limit = TOP * sheet.layout.size[1]
    top = [s for s in sheet.segments if s.box[1] < limit and not set(skip).intersection(s.words)]
    names = [s for s in top if _is_name(s.text) and not _names_the_kind(s.text, kind_name) and role_of(s.text) is None]
    for segment in sorted(names, key=lambda s: (-round(s.height / sheet.letter_height, 1), s.row)):
        under = _lines_under(sheet, segment)
        contact = any(_CONTACT.search(line.text) for line in under)
        larger = segment.height >= 1.25 * sheet.letter_height
        company = _COMPANY.search(segment.text) is not None
        if contact and (larger or company or segment.text.isupper()) and not is_label_with_value(sheet, segment):
            return Party("issuer", segment.text, "", segment.words)
    return None


def is_label_with_value(sheet: Sheet, segment: Segment) -> bool:
    """Say whether a segment is a label with a value behind it on its row ("Account | 60318852")."""
    row = sheet.rows[segment.row]
    after = [s for s in row if s.box[0] > segment.box[2]]
    return is_label(segment.text) and bool(after) and re.fullmatch(r"[\W\d]+", after[0].text) is not None


def _names_the_kind(text: str, kind_name: str) -> bool:
    bare = text.lower().strip(" .:")
    return bare == kind_name or re.fullmatch(
        r"(?:tax |commercial )?invoice|(?:cash |sales )?receipt|statement|delivery note|quotation|order|report|letter|menu|rechnung|facture",
        bare,
    ) is not None  # fmt: skip


def _lines_under(sheet: Sheet, segment: Segment) -> list[Segment]:
    """Give what stands in the next four rows below a segment and overlaps it or begins at its left edge."""
    found: list[Segment] = []
    for row in sheet.rows[segment.row + 1 : segment.row + 5]:
        for other in row:
            overlaps = other.box[0] < segment.box[2] and other.box[2] > segment.box[0]
            if overlaps and other.box[1] - segment.box[3] < 5 * segment.height:
                found.append(other)
    return found


def find_parties(sheet: Sheet, fields: Sequence[Field], kind_name: str, skip: Collection[int] = ()) -> list[Party]:
    """Find who is named on a page: behind labels, in the letterhead, with titles in the text.

    Args:
        sheet: The page; the letterhead is looked for on page 1 only.
        fields: Its labels and values.
        kind_name: What kind of document it is.
        skip: Words of tables.
    """
    parties = _labelled(sheet, fields, skip)
    parties.extend(_headed(sheet, {party.role for party in parties}))
    if sheet.page.number == 1 and not any(p.role in ("issuer", "sender") for p in parties):
        letterhead = _letterhead(sheet, kind_name, [*skip, *(w for p in parties for w in p.words)])
        if letterhead is not None:
            parties.insert(0, letterhead)
    for text in sheet.texts:
        for match in _BETWEEN.finditer(text.text):
            for name, role in (("first", "role1"), ("second", "role2")):
                words = tuple(text.between(*match.span(name)))
                parties.append(Party(match[role].lower(), match[name], match[role], words))
    known = {w for p in parties for w in p.words}
    for text in sheet.texts:
        for match in _TITLED.finditer(text.text):
            words = tuple(text.between(*match.span()))
            if not known.intersection(words):
                parties.append(Party("person", match.group().strip(), "", words))
                known.update(words)
    return parties
