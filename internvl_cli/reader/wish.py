"""What kind of thing a question asks for, and where a span of that kind begins and ends.

A few plain rules about the shape of answers, each kept because it made more answers right on held-out documents
(``training/README.md``): they break ties between cuts and cells, they never overrule a clear score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.shapes import MONTHS, is_amount, is_date_word

__all__ = ["CELL_WORDS", "Wish", "preference"]

BEGIN_BONUS = 0.5
"""For a span that begins its segment, or stands right behind a colon."""

END_BONUS = 0.5
"""For a span that ends its segment."""

SHAPE_PENALTY = 2.0
"""For a span that cannot be what was asked: no digit for "how many", no date for a date."""

PLAIN_PENALTY = 6.0
"""For a span without day, month or year where a date is asked for, or without a word where a name is."""

LINE_PENALTY = 1.0
"""For each further line of a name: addresses stand under names without a gap."""

CELL_WORDS = 9
"""A longer segment is a line of prose, where answers begin and end anywhere."""

_DATE = re.compile(r"\b(?:date|dated|deadline|birthday|expir\w*|due (?:date|on|by))\b", re.IGNORECASE)
_WHEN = re.compile(r"\bwhen\b|\bday\b(?! of the week)", re.IGNORECASE)
_TIME = re.compile(r"\btime\b|\bwhen\b|\bhour\b|\bo'clock\b", re.IGNORECASE)
_QUANTITY = re.compile(
    r"\bhow (?:many|much|high|tall|long|heavy|old|far|large|big)\b|\b(?:price|cost|total|subtotal|amount|fee|balance|"
    r"salary|wage|tax|vat|gst|sum|percentage)\b(?! (?:number|name|code|id|office|payer)\b)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\bhow much (?:is|was|does|do|did|money|to pay)\b|\b(?:price|cost|total|subtotal|amount|fee|balance|fine)\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"\b(?:who|whom|whose)\b|\bname of\b|\bcompany\b|\bwhich (?:firm|organi[sz]ation|shop|store|school|bank|person)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\b(?:tele)?phone\b|\btel\b|\bfax\b|\bmobile\b|\bhotline\b|\bring\b|\bcall\b", re.IGNORECASE)
_PHONE_NUMBER = re.compile(r"\bnumber\b.*\b(?:ring|call|dial)\b|\bphone number\b|^phone\W*$", re.IGNORECASE)
_PHONE_PART = re.compile(r"^\+?\(?\d[\d()/.-]*[,.]?$")
_FIRM = re.compile(r"\b(?:company|firm|shop|store|merchant|business)\b", re.IGNORECASE)
_NAME_PART = re.compile(r"^\(?(?:[^\W\d_][\w.'’&-]*|&)\)?[.,]?$")
_MONTH_YEAR = re.compile(r"^\(?\d{1,2}[/.-](?:\d{4}|\d{2})\b")
_CLOCK = re.compile(r"^\d{1,2}[:.]\d{2}(?::\d{2})?(?:[ap]\.?m\.?)?$|^[ap]\.?m\.?$", re.IGNORECASE)
_RANGE = re.compile(
    r"\b(?:(?:opening|business|visiting|office|working) (?:hours|times)|hours of|between wh(?:at|ich)|"
    r"what (?:are (?:the|its) )?(?:hours|times)|when(?:'s| is| are) (?:\S+ ){1,4}open|"
    r"from when (?:to|until) when|(?:which|what) period|dates of)\b",
    re.IGNORECASE,
)
_LINK = frozenset(("–", "-", "—", "to", "until", "till", "through"))
"""What stands between the ends of a range."""
_DAY = re.compile(r"^(?:[0-3]?\d)(?:st|nd|rd|th|\.)?,?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?$", re.IGNORECASE)
_OPENERS = frozenset(
    ("the", "a", "an", "by", "for", "from", "with", "in", "on", "at", "to", "and", "but", "when", "this", "dear")
)
_REGISTRATION = re.compile(r"\d{4,}|^\([A-Z0-9-]{3,}\)$")


def _is_date_part(word: str) -> bool:
    return is_date_word(word) or _DAY.match(word) is not None


def _is_name_part(word: str) -> bool:
    """Say whether a word can stand in a name: capitals or title case, no digit."""
    bare = word.lstrip("(")
    return _NAME_PART.match(word) is not None and (bare[:1].isupper() or bare == "&")


def _is_capitals(word: str) -> bool:
    """Say whether a word is in capitals, or a sign between two that are."""
    return word.upper() == word and not any(c.isdigit() for c in word) and not word.endswith(":")


def _goes_on(word: str) -> bool:
    """Say whether a name may go on behind a word: not behind a comma or a full stop, save for "J." and "Sdn."."""
    return not word.endswith(",") and not (word.endswith(".") and len(word) > 4)


def _is_first_name(word: str) -> bool:
    return _is_name_part(word) and word[-1].isalpha() and len(word) > 1 and word.lower() not in _OPENERS


def _whole_date(texts: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Take in the rest of a date of which a part was pointed at: "Monday, August 5, 2024"."""
    while first > 0 and _is_date_part(texts[first - 1]) and not texts[first - 1].endswith((",", ";")):
        first -= 1
    while last + 1 < len(texts) and (
        is_date_word(texts[last + 1]) or (_WEEKDAY.match(texts[last]) and _is_date_part(texts[last + 1]))
    ):
        last += 1
        if texts[last].lower().strip(".,") in MONTHS and last + 1 < len(texts) and _DAY.match(texts[last + 1]):
            last += 1
    return first, last


def _whole_range(texts: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Take in the other end of a range of times or dates of which one end was pointed at: "9:00 – 17:30"."""
    bare = [text.strip(",;()") for text in texts]

    def is_end(place: int) -> bool:
        return _CLOCK.match(bare[place]) is not None or _is_date_part(bare[place])

    def upwards(place: int) -> int:
        while place + 1 < len(texts) and texts[place] == bare[place] and is_end(place + 1):
            place += 1
        return place

    def downwards(place: int) -> int:
        while place > 0 and texts[place - 1] == bare[place - 1] and is_end(place - 1):
            place -= 1
        return place

    if not all(is_end(place) for place in range(first, last + 1)):
        return first, last
    first, last = downwards(first), upwards(last)
    if last + 2 < len(texts) and bare[last + 1].lower() in _LINK and is_end(last + 2):
        last = upwards(last + 2)
    elif last + 1 < len(texts) and bare[last + 1][:1] in _LINK and _CLOCK.match(bare[last + 1][1:]):
        last = upwards(last + 1)
    elif first > 1 and bare[first - 1].lower() in _LINK and is_end(first - 2):
        first = downwards(first - 2)
    return first, last


def _without_address(words: list[int], features: PageFeatures) -> list[int]:
    """Cut off what stands under a name, from the first line with a digit: registration number, street, postcode."""
    segment = features.layout.segment
    numbered = {int(segment[w]) for w in words if any(c.isdigit() for c in features.texts[w])} - {
        int(segment[words[0]])
    }
    return words[: next((i for i, w in enumerate(words) if int(segment[w]) in numbered), len(words))]


class Wish:
    """What the question asks for.

    Args:
        question: As the user wrote it.
    """

    def __init__(self, question: str) -> None:
        self.quantity = _QUANTITY.search(question) is not None
        self.date = _DATE.search(question) is not None and not self.quantity
        self.when = self.date or _WHEN.search(question) is not None
        self.time = _TIME.search(question) is not None
        self.money = _MONEY.search(question) is not None
        self.range = _RANGE.search(question) is not None
        self.phone = _PHONE.search(question) is not None
        self.phone_number = _PHONE_NUMBER.search(question) is not None
        self.firm = _FIRM.search(question) is not None
        self.person = _WHO.search(question) is not None and not self.quantity

    def mismatch(self, texts: Sequence[str]) -> bool:
        """Say whether words cannot be what was asked."""
        digits = any(c.isdigit() for text in texts for c in text)
        if self.phone_number:
            return not any(_PHONE_PART.match(t) for t in texts) or any(t[:2].isalpha() for t in texts)
        if self.quantity:
            return not digits and len(texts) < 4
        if self.date:
            return not any(is_date_word(t) or _MONTH_YEAR.match(t) for t in texts)
        if self.person:
            # A name has a word of letters; "A06053" has none.
            return not any(sum(c.isalpha() for c in t) >= 2 and not any(c.isdigit() for c in t) for t in texts)
        return False

    def fit(self, words: list[int], features: PageFeatures) -> list[int]:
        """Move the ends of a span to what was asked for: whole dates, amounts without their labels."""
        layout, texts = features.layout, features.texts
        if self.date and not self.time and any(is_date_word(texts[w]) for w in words):
            while len(words) > 1 and _CLOCK.match(texts[words[-1]]):
                words = words[:-1]
        segment = int(layout.segment[words[0]])
        if self.date and not self.time and not any(is_date_word(texts[w]) for w in words):
            # The time was pointed at; its date stands on the left.
            before = layout.segment_words[segment][: int(layout.place[words[0]])][-1:]
            if before and is_date_word(texts[before[0]]):
                return before
        if self.person:
            words = _without_address(words, features)
        if any(int(layout.segment[w]) != segment for w in words):
            return words
        line = layout.segment_words[segment]
        first, last = int(layout.place[words[0]]), int(layout.place[words[-1]])
        if self.when and any(is_date_word(texts[w]) or _WEEKDAY.match(texts[w]) for w in words):
            first, last = _whole_date([texts[w] for w in line], first, last)
        if self.range:
            first, last = _whole_range([texts[w] for w in line], first, last)
        if self.person and len(line) <= CELL_WORDS:
            # Registration numbers stand behind the names of firms.
            while last > first and _REGISTRATION.search(texts[line[last]]):
                last -= 1
            if self.firm and first and all(_is_capitals(texts[w]) for w in line[: last + 1]):
                first = 0
            words = line[first : last + 1]
        if self.person and all(_is_name_part(texts[w]) for w in words):
            while last + 1 < len(line) and _goes_on(texts[line[last]]) and _is_name_part(texts[line[last + 1]]):
                last += 1
            # In a cell, the capitals on the left may be a label; in a sentence they are the first name.
            while first > 0 and len(line) > CELL_WORDS and _is_first_name(texts[line[first - 1]]):
                first -= 1
        if self.phone and all(_PHONE_PART.match(texts[w]) for w in words):
            # The groups of a number are words of their own.
            while first > 0 and _PHONE_PART.match(texts[line[first - 1]]):
                first -= 1
            while last + 1 < len(line) and _PHONE_PART.match(texts[line[last + 1]]):
                last += 1
        # A label inside the span: the answer is what follows it.
        for place in range(last - 1, first - 1, -1):
            if texts[line[place]].endswith(":") and any(c.isdigit() for c in texts[line[place + 1]]) and self.quantity:
                first = place + 1
                break
        return line[first : last + 1]


def preference(words: Sequence[int], features: PageFeatures, wish: Wish) -> float:
    """Give the bonus of a span for how it lies in its segment, and the penalty for the wrong shape."""
    layout, texts = features.layout, features.texts
    value = 0.0
    head = int(layout.segment[words[0]])
    line = layout.segment_words[head]
    if len(line) <= CELL_WORDS:
        place = int(layout.place[words[0]])
        if place == 0 or texts[line[place - 1]].endswith(":"):
            value += BEGIN_BONUS
        tail = int(layout.segment[words[-1]])
        if int(layout.place[words[-1]]) == len(layout.segment_words[tail]) - 1:
            value += END_BONUS
    if wish.mismatch([texts[w] for w in words]):
        value -= PLAIN_PENALTY if wish.date or wish.person else SHAPE_PENALTY
    if wish.money and sum(is_amount(texts[w]) for w in words) > 1:
        value -= SHAPE_PENALTY
    if wish.person:
        value -= LINE_PENALTY * (len({int(layout.segment[w]) for w in words}) - 1)
    return value
