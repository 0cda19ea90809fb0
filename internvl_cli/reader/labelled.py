# ruff: noqa: E501
"""Labels that say exactly what a question says: "What is the order number?" and "Order no.: WEB-119406".

The network reads labels in other words; where the words are the same there is nothing to read, and nothing to get wrong.
"""

from __future__ import annotations

import re

from internvl_cli.reader.columns import sheet_of, tables_of
from internvl_cli.reader.describe.fields import Field, find_fields
from internvl_cli.reader.describe.parties import Party, find_parties
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.spelling import mend
from internvl_cli.reader.telling import telling
from internvl_cli.reader.ticking import ticked_option

__all__ = ["labelled"]

_DATE = re.compile(
    r"(?:[0-3]?\d[/.-][01]?\d|[01]?\d[/.-][0-3]?\d)[/.-](?:\d{4}|\d{2})(?!\d)|\d{4}-[01]\d-[0-3]\d(?!\d)"
)

_ROLES = {
    "customer": "customer", "client": "customer", "buyer": "customer", "recipient": "recipient", "addressee": "recipient", "issuer": "issuer",
    "seller": "issuer", "supplier": "issuer", "vendor": "issuer", "sender": "sender", "employer": "employer", "employee": "employee",
    "landlord": "landlord", "tenant": "tenant", "patient": "patient", "doctor": "physician", "physician": "physician", "passenger": "passenger",
    "student": "student", "pupil": "student", "applicant": "applicant", "author": "author", "driver": "driver", "cashier": "cashier",
    "teacher": "teacher", "speaker": "speaker",
}  # fmt: skip
"""Words for who has a role of `describe.parties`."""

_LABEL = re.compile(r"\b(?:no|nr|number|date|id|ref|reference|address|phone|total|amount)\b\.?$|:$", re.IGNORECASE)
"""A neighbour that is a label itself, not a name."""
_BOX = re.compile(r"[☐☑☒□■○●⊠✓✔✗✘]|^[\[(][xX ]?[\])]$")


def _fields(features: PageFeatures) -> list[tuple[frozenset[str], Field]]:
    known: list[tuple[frozenset[str], Field]] | None = features.known.get("fields")
    if known is None:
        inside = {w for table in tables_of(features) for w in table.words}
        found = find_fields(sheet_of(features), inside)
        known = features.known["fields"] = [(telling(field.label), field) for field in found]
    return known


def _words(features: PageFeatures) -> frozenset[str]:
    """Give all telling words of a page: a label that says what a question says has none but these."""
    known: frozenset[str] | None = features.known.get("words")
    if known is None:
        known = features.known["words"] = frozenset[str]().union(*map(telling, features.texts))
    return known


def labelled(features: PageFeatures, question: str) -> tuple[int, ...] | None:
    """Find the value whose label says what the question says, word for word but for idle ones and abbreviations.

    Args:
        features: The page.
        question: As the user wrote it.

    Returns:
        The value's words; None where no label does, or several with different values.
    """
    known = _words(features)
    wanted = frozenset(word if word in known else mend(word, known) or word for word in telling(question))
    if not wanted:
        return None
    # Most questions say it in other words, and then the page's labels need not be looked for.
    fields = _fields(features) if wanted <= known else []
    found = [field for said, field in fields if said == wanted]
    # Boxes to tick stand behind a label like values.
    if not found or any(_BOX.search(features.texts[w]) for w in found[0].words):
        option = ticked_option(features, question)
        if option:
            return option
    if found:
        boxes = any(_BOX.search(features.texts[w]) for w in found[0].words)
        return found[0].words if len({field.value.lower() for field in found}) == 1 and not boxes else None
    if wanted == {"date"}:
        return _only_date(features)
    role = _ROLES.get(next(iter(wanted))) if len(wanted) == 1 else None
    return _party(features, role) if role else None


def _party(features: PageFeatures, role: str) -> tuple[int, ...] | None:
    """Give who has a role by the label above or beside the name ("Bill to"), where one only has it."""
    known: list[Party] | None = features.known.get("parties")
    if known is None:
        inside = {w for table in tables_of(features) for w in table.words}
        fields = [field for _, field in _fields(features)]
        known = features.known["parties"] = find_parties(sheet_of(features), fields, "", inside)
    found = [p for p in known if p.role == role and p.label and not _LABEL.search(p.name)]
    return found[0].words if len({party.name.lower() for party in found}) == 1 else None


def _only_date(features: PageFeatures) -> tuple[int, ...] | None:
    """Give the date of a page that has one only, in figures."""
    dates: dict[str, int] = {}
    for word, text in enumerate(features.texts):
        found = _DATE.match(text.lstrip(":("))
        if found:
            dates.setdefault(found.group(), word)
    return tuple(dates.values()) if len(dates) == 1 else None
