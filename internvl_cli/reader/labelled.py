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
from internvl_cli.reader.ticked import Choice, find_choices

__all__ = ["asks_yes_no", "is_ticked", "labelled", "options"]

_IDLE = frozenset(
    ("a", "an", "are", "can", "could", "do", "does", "find", "for", "give", "given", "has", "have", "i", "in", "is", "it", "its", "me", "need",
     "of", "on", "please", "printed", "s", "say", "show", "shown", "stated", "tell", "that", "the", "there", "this", "to", "was", "were", "what",
     "which", "who", "whom", "you", "your", "document", "page", "name")
)  # fmt: skip
"""Words of a question that name nothing."""

_SAME = {
    "no": "number", "nr": "number", "num": "number", "nos": "number", "#": "number", "ref": "reference", "tel": "phone", "telephone": "phone",
    "amt": "amount", "qty": "quantity", "addr": "address", "acct": "account", "inv": "invoice", "dob": "birth", "mail": "email", "e": "",
    "ident": "id", "dept": "department", "max": "maximum", "min": "minimum", "temp": "temperature", "approx": "",
}  # fmt: skip
"""Abbreviations of labels."""

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
_WORD = re.compile(r"[^\W_]+|#")


def _telling(text: str) -> frozenset[str]:
    words = (_SAME.get(word, word) for word in _WORD.findall(text.lower()))
    return frozenset(word for word in words if word and word not in _IDLE)


def _fields(features: PageFeatures) -> list[tuple[frozenset[str], Field]]:
    known: list[tuple[frozenset[str], Field]] | None = features.known.get("fields")
    if known is None:
        inside = {w for table in tables_of(features) for w in table.words}
        found = find_fields(sheet_of(features), inside)
        known = features.known["fields"] = [(_telling(field.label), field) for field in found]
    return known


def _words(features: PageFeatures) -> frozenset[str]:
    """Give all telling words of a page: a label that says what a question says has none but these."""
    known: frozenset[str] | None = features.known.get("words")
    if known is None:
        known = features.known["words"] = frozenset[str]().union(*map(_telling, features.texts))
    return known


def labelled(features: PageFeatures, question: str) -> tuple[int, ...] | None:
    """Find the value whose label says what the question says, word for word but for idle ones and abbreviations.

    Args:
        features: The page.
        question: As the user wrote it.

    Returns:
        The value's words; None where no label does, or several with different values.
    """
    wanted = _telling(question)
    if not wanted:
        return None
    # Most questions say it in other words, and then the page's labels need not be looked for.
    fields = _fields(features) if wanted <= _words(features) else []
    found = [field for telling, field in fields if telling == wanted]
    # Boxes to tick stand behind a label like values.
    if not found or any(_BOX.search(features.texts[w]) for w in found[0].words):
        option = _ticked(features, question, wanted)
        if option:
            return option
    if found:
        boxes = any(_BOX.search(features.texts[w]) for w in found[0].words)
        return found[0].words if len({field.value.lower() for field in found}) == 1 and not boxes else None
    if wanted == {"date"}:
        return _only_date(features)
    role = _ROLES.get(next(iter(wanted))) if len(wanted) == 1 else None
    return _party(features, role) if role else None


_OPTIONS = re.compile(r"\b(?:options?|choices?|can (?:be|I) (?:ticked?|chosen|choose|selected?))\b", re.IGNORECASE)
"""Asks for all options, ticked or not."""
_TICKING = frozenset(
    (
        "selected",
        "ticked",
        "checked",
        "marked",
        "crossed",
        "chosen",
        "box",
        "boxes",
        "under",
        "preferred",
        "behind",
        "next",
    )
)
"""Words about ticking, which no label says."""

OTHER_WORDS = 2
"""A question about boxes has at most so many words beside their label's and those about ticking."""

_YES_NO = re.compile(r"^\W*(?:is|are|was|were|do|does|did|has|have|can|may|will)\b", re.IGNORECASE)


def _ticked(features: PageFeatures, question: str, wanted: frozenset[str]) -> tuple[int, ...]:
    """Give the ticked option of the boxes whose label the question names; none for a question of yes or no."""
    choice = None if _YES_NO.match(question) else _choice(features, question, wanted)
    if choice is None or _OPTIONS.search(question):
        return ()
    named = [_telling(" ".join(features.texts[w] for w in words)) for words, _ in choice.options]
    if any(option and option <= wanted for option in named):
        return ()  # "Contact by: post?" asks whether, not which
    return choice.ticked()


def _choice(features: PageFeatures, question: str, wanted: frozenset[str]) -> Choice | None:
    """Find the boxes whose label a question names."""
    known = [(_telling(c.label), c) for c in _choices(features) if len(c.options) > 1]
    said = wanted - _TICKING
    named = [(len(t), choice) for t, choice in known if t and t <= said and len(said - t) <= OTHER_WORDS]
    best = max((size for size, _ in named), default=0)
    chosen = [choice for size, choice in named if size == best]
    if len(chosen) != 1:
        return None
    # "Job title" is not asked for by "Title": a word right before the label belongs to another one.
    others = said - _telling(chosen[0].label)
    first = next(iter(_WORD.findall(chosen[0].label.lower())), "")
    return (
        None
        if any(re.search(rf"\b{re.escape(o)}\s+{re.escape(first)}\b", question.lower()) for o in others)
        else chosen[0]
    )


def _choices(features: PageFeatures) -> list[Choice]:
    known: list[Choice] | None = features.known.get("choices")
    if known is None:
        known = features.known["choices"] = find_choices(sheet_of(features))
    return known


def is_ticked(features: PageFeatures, question: str) -> tuple[bool, tuple[int, ...]] | None:
    """Say whether the box is ticked whose option a question of yes or no names, and give the option's words.

    Returns:
        None where the question names no option, or several that differ.
    """
    wanted = _telling(question)
    best: list[tuple[int, bool, tuple[int, ...]]] = []
    for choice in _choices(features):
        label = _telling(choice.label)
        named = bool(label) and label <= wanted
        for words, on in choice.options:
            option = _telling(" ".join(features.texts[w] for w in words))
            # One word of an option stands in many questions; with its label, or as a statement, it is meant.
            statement = len(choice.options) == 1 and len(words) > 1
            if option and option <= wanted and (named or statement or len(option) > 1):
                best.append((len(option) + (len(label) if named else 0), on, words))
    size = max((s for s, _, _ in best), default=0)
    states = {(on, words) for s, on, words in best if s == size}
    if len({on for on, _ in states}) != 1:
        return None
    return min(states, key=lambda state: state[1])


def asks_yes_no(question: str) -> bool:
    """Say whether a question begins as those of yes and no do, or is an option with its label ("Size: large?")."""
    return _YES_NO.match(question) is not None or re.fullmatch(r"[^:?]+: [^:?]+\?", question.strip()) is not None


def options(features: PageFeatures, question: str) -> list[tuple[int, ...]]:
    """Give the words of all options behind a label, where a question asks which there are; else none."""
    if not _OPTIONS.search(question):
        return []
    choice = _choice(features, question, _telling(_OPTIONS.sub("", question)))
    return [words for words, _ in choice.options if words] if choice is not None else []


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
