"""Pairs of label and value: "Driver: Tom Okafor", "Due date | 2 April 2025", a label over its value."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from internvl_cli.reader.describe.patterns import AMOUNT, DATE, EMAIL, URL
from internvl_cli.reader.grid import is_numeric
from internvl_cli.reader.sheet import Segment, Sheet, Text

__all__ = ["Field", "find_fields", "is_label", "is_typed"]

_GLUED = re.compile(r"^(?P<label>[^:：]{2,48}?)\s?[:：]\s*(?P<value>\S.*)$")
_LEADER = re.compile(r"^(?P<label>.{2,48}?)\s?[-–:]?\s*(?:\.{4,}|…{2,}|_{4,}|(?:\.\s){3,})\s*(?P<value>[^\s._].*)$")
_NAMES_A_VALUE = re.compile(
    r"\b(?:date|dated|due|no|nr|number|total|amount|balance|sum|price|fee|tax|vat|id|ref|reference|code|period|order|account|"
    r"invoice|customer|issued?|valid|expires?|expiry|born|birth|dob|page|quantity|qty|weight|time|departure|arrival|gate|seat|"
    r"phone|tel|fax|reported|collected|received|delivered|paid|from|until|to|by|nummer|datum|betrag|numéro|montant)\b|#",
    re.IGNORECASE,
)
"""What a label without a colon says where its value stands under it; else it could be a name over its address."""
_CODE = re.compile(r"(?=[\w\-/.#]*\d)[#A-Z0-9][\w\-/.#]*(?:\s(?=[\w\-/.]*\d)[\w\-/.]+)*")
_STARTS_LIKE_A_LABEL = re.compile(r"[^\W\d_]")
_PART = re.compile(r"(?:^|(?<=\s))(?P<label>[A-Z][\w.'’/&-]*(?:\s[\w.'’/&()-]+){0,4})\s?:\s", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what it labels, both as they stand.

    Attributes:
        label: Without its colon.
        value: One line, or the lines of the value joined.
        label_words: Indices of the label's words.
        words: Indices of the value's words.
        colon: Whether the label ends with a colon.
    """

    label: str
    value: str
    label_words: tuple[int, ...]
    words: tuple[int, ...]
    colon: bool


def is_label(text: str, most: int = 6) -> bool:
    """Say whether a text could be a label: a few words, no sentence, no number but a rate or an abbreviated "No 1"."""
    bare = text.rstrip(" :：-–")
    if not bare or len(bare.split()) > most or not _STARTS_LIKE_A_LABEL.match(bare):
        return False
    rest = re.sub(r"\(?\d+(?:[.,]\d+)?\s?%\)?", "", bare)
    return not re.search(r"\d|@|www\.", rest) and not re.search(r"[.!?]\s|[!?,;]$", bare) and len(bare) > 1


def is_typed(text: str) -> bool:
    """Say whether a text is a date, an amount, a number, a code, an e-mail address or a URL and nothing else."""
    bare = text.strip(" .;,")
    patterns = (DATE, AMOUNT, EMAIL, URL, _CODE)
    return any(p.fullmatch(bare) for p in patterns) or is_numeric(bare)


def _within(text: Text) -> list[Field]:
    """Labels with a colon and their values inside one line ("Account: 60318852 Sort code: 20-45-77")."""
    if len(text.text) > 400:
        return []
    leader = _LEADER.match(text.text)
    if leader is not None and is_label(leader["label"]):
        return [_field(text, leader.span("label"), leader.span("value"))]
    starts = list(_PART.finditer(text.text))
    # A sentence that has a colon somewhere is no field: the first label opens the text.
    if not starts or starts[0].start() > 0:
        found = _GLUED.match(text.text)
        if found is None or not is_label(found["label"]) or re.match(r"//|\d", found["value"]):
            return []
        return [_field(text, found.span("label"), found.span("value"))]
    result = []
    for match, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.start() if following else len(text.text)
        value = match.end(), len(text.text[:end].rstrip())
        if is_label(match["label"]) and value[1] > value[0]:
            result.append(_field(text, match.span("label"), value))
    return result


def _field(text: Text, label: tuple[int, int], value: tuple[int, int]) -> Field:
    return Field(
        text.text[slice(*label)].strip(" :-–"),
        text.text[slice(*value)].strip(),
        tuple(text.between(*label)),
        tuple(text.between(*value)),
        True,
    )


def _ends_as_label(text: str) -> bool:
    return text.endswith((":", "：", " -", " –"))


def _right(sheet: Sheet, segment: Segment) -> Segment | None:
    row = sheet.rows[segment.row]
    place = next(i for i, s in enumerate(row) if s.index == segment.index)
    if place + 1 == len(row):
        return None
    other = row[place + 1]
    near = other.box[0] - segment.box[2] < 0.45 * sheet.layout.size[0]
    return other if near or len(row) == 2 else None


def below(sheet: Sheet, segment: Segment, gap: float = 1.3) -> Segment | None:
    """Give the segment under this one with about the same left edge, at most ``gap`` letter heights lower."""
    for row in sheet.rows[segment.row + 1 : segment.row + 4]:
        for other in row:
            near = -0.3 * segment.height <= other.box[1] - segment.box[3] <= gap * segment.height
            aligned = abs(other.box[0] - segment.box[0]) < 1.2 * segment.height
            middle = abs(other.centre[0] - segment.centre[0]) < 0.8 * segment.height
            if near and (aligned or middle or abs(other.box[2] - segment.box[2]) < 0.8 * segment.height):
                return other
    return None


def labels_column(sheet: Sheet, segment: Segment) -> bool:
    """Say whether a segment stands in a column of labels with values at their right."""
    right, under = _right(sheet, segment), below(sheet, segment)
    if right is None or under is None:
        return False
    under_right = _right(sheet, under)
    return under_right is not None and abs(under_right.box[0] - right.box[0]) < 1.5 * segment.height


def value_of(
    sheet: Sheet, segment: Segment, typed: bool = False, taken: Collection[int] = frozenset()
) -> Segment | None:
    """Give the value of a label that stands alone: what is right of it, else what is under it.

    Args:
        sheet: The page.
        segment: The label.
        typed: Only dates, numbers, codes and the like count as values.
        taken: Words that are something else: labels of other values, cells of tables.
    """
    colon = _ends_as_label(segment.text)
    candidates = [_right(sheet, segment), below(sheet, segment)]
    if candidates[0] is not None and not colon and not labels_column(sheet, segment):
        # "Bill to | Invoice number": what stands beside is often the next label.
        candidates = candidates if is_typed(candidates[0].text) else candidates[::-1]
    for other in candidates:
        if other is None or not set(taken).isdisjoint(other.words):
            continue
        if _ends_as_label(other.text) or (_GLUED.match(other.text) and not is_typed(other.text)):
            continue
        under = other.row > segment.row
        if not typed or (is_typed(other.text) and (not under or _NAMES_A_VALUE.search(segment.text))):
            return other
    return None


def find_fields(sheet: Sheet, skip: Collection[int] = ()) -> list[Field]:
    """Find the labels of a page with their values.

    Args:
        sheet: The page.
        skip: Words that are not looked at: those of tables.
    """
    found: list[Field] = []
    done: set[int] = set(skip)
    for text in sheet.texts:
        if not done.intersection(text.words):
            for field in _within(text):
                found.append(field)
                done.update(field.label_words, field.words)
    for segment in sheet.segments:
        if done.intersection(segment.words) or not is_label(segment.text):
            continue
        colon = _ends_as_label(segment.text)
        value = value_of(sheet, segment, typed=not colon, taken=done)
        if value is None:
            continue
        found.append(Field(segment.text.rstrip(" :：-–"), value.text, segment.words, value.words, colon))
        done.update(segment.words, value.words)
    return sorted(found, key=lambda f: _place(sheet, f.label_words))


def _place(sheet: Sheet, words: Sequence[int]) -> tuple[int, int]:
    segment = int(sheet.layout.segment[words[0]])
    return int(sheet.layout.segment_row[segment]), int(sheet.layout.segment_index[segment])
