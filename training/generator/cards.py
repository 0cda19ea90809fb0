# ruff: noqa: E501
"""Cards of all walks of life: schemas of labels, questions and kinds of values, set in any arrangement.

The other families are drawn with care, and their vocabulary is narrow. A card has no design of its own; what it
teaches is which question goes with which label, in as many words as there are. Schemas stand in ``cards/*.txt``::

    == Title | Another title
    noun: certificate
    Printed label; Another | Question?; terse question; paraphrase? | type
    * thing; things; Header | type          (a table's rows)
    - Header; Another | noun phrase; another | type | question with {row} | for the largest | for the smallest | with {value}

The last four parts of a column may be left out.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from training.generator.blocks import beside, footer, heading, prose, section
from training.generator.concepts import CONCEPTS
from training.generator.document import Doc
from training.generator.fields import fields
from training.generator.formats import day, pattern
from training.generator.grid import set_grouped, set_records
from training.generator.records import Column, Records
from training.generator.words import COUNTRIES, read_all

FOLDER = Path(__file__).parent / "cards"


TABLE_ONLY = 6
"""A schema with fewer fields is about its table, which is never left out."""


@dataclass
class Entry:
    """A field of a schema, or a column of its table.

    Attributes:
        labels: How issuers print it.
        questions: How people ask for it; for a column: what they call it.
        type: What kind of value it has.
        asks: For a column: questions for a cell, with ``{row}``.
        most: Questions for the row with the largest value.
        least: For the row with the smallest value.
        reverse: For the row by its value, with ``{value}``.
    """

    labels: list[str]
    questions: list[str]
    type: str
    asks: list[str] = field(default_factory=list)
    most: list[str] = field(default_factory=list)
    least: list[str] = field(default_factory=list)
    reverse: list[str] = field(default_factory=list)


@dataclass
class Schema:
    """A kind of document.

    Attributes:
        titles: How it is headed.
        noun: What people call it.
        entries: Its fields.
        thing: What a row of its table is, and the plural.
        names: The rows' names.
        columns: The other columns.
    """

    titles: list[str]
    noun: str = "document"
    entries: list[Entry] = field(default_factory=list)
    thing: tuple[str, str] = ("", "")
    names: Entry | None = None
    columns: list[Entry] = field(default_factory=list)


def split_list(text: str) -> list[str]:
    """Cut a text at its semicolons."""
    return [part.strip() for part in text.split(";") if part.strip()]


def parse(text: str) -> list[Schema]:
    """Read schemas."""
    found: list[Schema] = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("== "):
            found.append(Schema([t.strip() for t in line[3:].split(" | ")]))
        elif line.startswith("noun:"):
            found[-1].noun = line[5:].strip()
        elif line.startswith("* "):
            what, kind = line[2:].split(" | ")
            thing, things, *headers = split_list(what)
            found[-1].thing, found[-1].names = (thing, things), Entry(headers, [], kind)
        elif line.startswith("- "):
            headers_, nouns, kind, *more = [part.strip() for part in line[2:].split("|")]
            found[-1].columns.append(Entry(split_list(headers_), split_list(nouns), kind, *map(split_list, more)))
        else:
            labels, questions, kind = line.split(" | ")
            found[-1].entries.append(Entry(split_list(labels), split_list(questions), kind))
    return found


@functools.cache
def schemas(aside: bool = False) -> tuple[Schema, ...]:
    """All schemas, in the order of the files' names; with ``aside`` those that are never trained on."""
    return tuple(s for text in read_all(FOLDER, aside) for s in parse(text))


# Values


def _range(rest: str) -> tuple[float, float, list[str]]:
    bounds, _, units = rest.partition(" ")
    low, high = bounds[1:].split("-", 1) if bounds.startswith("-") else bounds.split("-", 1)
    return (-float(low) if bounds.startswith("-") else float(low)), float(high), [u for u in units.split("/") if u]


def _drawn(rng: random.Random, low: float, high: float, digits: int) -> float:
    # Small values are more frequent than large ones where the range spans several powers of ten.
    if low > 0 and high / low > 100 and rng.random() < 0.7:
        return round(low * (high / low) ** rng.random(), digits)
    return round(rng.uniform(low, high), digits)


def _number(doc: Doc, rest: str, digits: int, unit: str | None = None) -> tuple[str, float]:
    low, high, units = _range(rest)
    value = _drawn(doc.rng, low, high, digits)
    text = doc.formats.number(value, digits)
    chosen = (doc.rng.choice(units) if units else "") if unit is None else unit
    return f"{text}{chosen if chosen in ('%', '°C', '°F') else ' ' + chosen}".strip(), value


def _money(doc: Doc, rest: str) -> tuple[str, float]:
    low, high, _ = _range(rest)
    value = _drawn(doc.rng, low, high, 0 if high >= 5000 and doc.chance(0.4) else 2)
    return doc.formats.money(value), value


def _percent(doc: Doc, rest: str) -> tuple[str, float]:
    low, high, _ = _range(rest)
    value = _drawn(doc.rng, low, high, doc.rng.choice((0, 0, 1, 2)))
    return doc.formats.percent(value), value


def _plate(doc: Doc, _: str) -> tuple[str, None]:
    shapes = ("??## ???", "?-?? ####", "??? ####", "##-??-##", "?### ???", "?? ### ??")
    return pattern(doc.rng, doc.pick(shapes)), None


def _email(doc: Doc, _: str) -> tuple[str, None]:
    name = doc.rng.choice((*doc.pool.lasts[:40], "info", "office", "contact", "service", "hello", "bookings"))
    return f"{name.lower().replace(' ', '.')}@{doc.rng.choice(doc.pool.domains)}", None


_PLAIN: dict[str, Callable[[Doc, str], tuple[str, float | None]]] = {
    "money": _money,
    "percent": _percent,
    "int": lambda doc, rest: _number(doc, rest, 0),
    "decimal": lambda doc, rest: _number(doc, rest, doc.rng.choice((1, 1, 2))),
    "date": lambda doc, rest: (doc.formats.date(day(doc.rng)), None),
    "time": lambda doc, rest: (doc.formats.time(doc.rng.randrange(300, 1380, 5)), None),
    "year": lambda doc, rest: (str(doc.rng.randint(1950, 2026)), None),
    "code": lambda doc, rest: (
        pattern(doc.rng, "".join({"9": "#", "A": "?"}.get(c, c) for c in doc.pick(rest.split("/")))),
        None,
    ),
    "person": lambda doc, rest: (doc.rng.choice(doc.pool.people), None),
    "company": lambda doc, rest: (doc.rng.choice(doc.pool.companies), None),
    "phone": lambda doc, rest: (doc.rng.choice(doc.pool.phones), None),
    "email": _email,
    "url": lambda doc, rest: (doc.pick(("www.{d}", "{d}", "https://{d}")).format(d=doc.rng.choice(doc.pool.domains)), None),
    "address": lambda doc, rest: (", ".join(doc.rng.choice(doc.pool.addresses)), None),
    "city": lambda doc, rest: (doc.rng.choice(doc.pool.cities), None),
    "country": lambda doc, rest: (doc.pick(COUNTRIES), None),
    "plate": _plate,
    "choice": lambda doc, rest: (doc.rng.choice(_choices(rest)), None),
}  # fmt: skip


def _choices(rest: str) -> list[str]:
    return [c.strip() for c in rest.split("/") if c.strip()]


def value(doc: Doc, kind: str) -> tuple[str, float | None]:
    """Draw a value; give what is printed, and the number where it is one."""
    name, _, rest = kind.partition(" ")
    return _PLAIN[name](doc, rest.strip())


# The page


def card(doc: Doc) -> None:
    """A card of any schema."""
    rng = doc.rng
    schema = rng.choice(schemas(doc.aside))
    doc.noun = schema.noun
    # What is not there is asked for by the schema's own questions only: others might have an answer here.
    doc.cover(*CONCEPTS)
    if doc.chance(0.25):
        width = rng.uniform(320, 560)
        doc.new_page(width, width * rng.uniform(0.5, 1.4))
    title = rng.choice(schema.titles)
    if doc.chance(0.9):
        heading(doc, title, "card 99 title")
        options = ("What kind of {n} is it?", "What is it headed?", "title of the {n}", "What is the heading?")
        doc.facts["card 99 title"].questions = tuple(o.format(n=schema.noun) for o in options)
    kept = [e for e in schema.entries if doc.chance(0.72)]
    if doc.chance(0.5):
        rng.shuffle(kept)
    for entry in schema.entries:
        if entry not in kept:
            doc.refuse("|".join(entry.questions))
    room = rng.randint(0, 1) if schema.names and (len(schema.entries) < TABLE_ONLY or doc.chance(0.8)) else 2
    if room == 0:
        _table(doc, schema)
    _fields(doc, schema, kept)
    if room == 1:
        _table(doc, schema)
    footer(doc)


_HEADS = ("Details", "General", "Particulars", "Summary", "Further information", "Overview", "Data", "Section 1", "Key facts",
          "Part B", "Please note", "For office use", "Information", "Record")  # fmt: skip


def _fields(doc: Doc, schema: Schema, kept: list[Entry]) -> None:
    """Set the fields in one to three groups, side by side or below one another, or told in sentences."""
    items = [(f"card {schema.entries.index(e)}", doc.rng.choice(e.labels), value(doc, e.type)[0]) for e in kept]
    told = items[: doc.rng.randint(1, 4)] if len(items) > 4 and doc.chance(0.15) else []
    items = items[len(told) :]
    if told:
        sentences = [doc.pick(_SENTENCES).format(l=_lower(label), c=c, v=v) for c, label, v in told]
        prose(doc, " ".join(s[0].upper() + s[1:] for s in sentences))
        doc.y += doc.sheet.line()
    sheet = doc.sheet
    groups = doc.rng.choice((1, 1, 2, 2, 3))
    size = -(-len(items) // groups) or 1
    parts = [items[i : i + size] for i in range(0, len(items), size)]
    if len(parts) == 2 and sheet.width > 400 and doc.chance(0.4):
        beside(
            doc,
            lambda x, y, w: fields(doc, parts[0], x, y, w, doc.pick("colon|columns|stacked|under|colon")),
            lambda x, y, w: fields(doc, parts[1], x, y, w, doc.pick("colon|columns|stacked|under|colon")),
        )
    else:
        for part in parts:
            if len(parts) > 1 and doc.chance(0.4):
                section(doc, doc.pick(_HEADS))
            doc.y = fields(doc, part, sheet.margin, doc.y, sheet.inner) + sheet.size * doc.rng.uniform(0, 1)
    for entry in kept:
        _open(doc, schema, entry)


_SENTENCES = (
    "the {l} is [[{c}|{v}]].", "{l}: [[{c}|{v}]].", "the {l} was given as [[{c}|{v}]].", "as {l} we have noted [[{c}|{v}]].",
    "we recorded [[{c}|{v}]] as the {l}.", "please note the {l}, [[{c}|{v}]], for your records.",
)  # fmt: skip


_OPEN_ENDS = (" by", " on", " to", " at", " for", " from", " until", " with", " in", "?", " of")
"""Labels that end so are no nouns."""


def _lower(label: str) -> str:
    """A label inside a sentence."""
    return label if label.isupper() or label[:2].isupper() else label[0].lower() + label[1:]


def _open(doc: Doc, schema: Schema, entry: Entry) -> None:
    """Open a field that stands on the page for questions."""
    name = f"card {schema.entries.index(entry)}"
    fact = doc.facts.get(name)
    if fact is None:
        return
    asked = [_lower(label).rstrip(".:") for label in entry.labels]
    named = doc.rng.choice(asked)
    plain = not named.endswith(_OPEN_ENDS)
    forms = ("What is the {l}?", "{l}", "What {l} is given?", "{l}?") if plain else ("{l}", "{l}?")
    fact.questions = (*entry.questions, *(form.format(l=named) for form in doc.rng.sample(forms, 2)))
    if entry.type.startswith("choice"):
        options = [c for c in _choices(entry.type[6:]) if c.lower() not in fact.text.lower()]
        if options and fact.text:
            truth = doc.chance(0.5)
            shown = fact.text if truth else doc.rng.choice(options)
            form = doc.pick(
                ("Is the {l} {v}?", "Does the {n} give {v} as the {l}?", "Is {v} the {l}?", "Does it say {v} for {l}?")
            )
            question = form.format(l=doc.rng.choice(asked), v=shown, n=doc.noun)
            doc.yes_no(truth, question, field="choice yes/no")


def _table(doc: Doc, schema: Schema) -> None:
    """Set the schema's table."""
    rng = doc.rng
    assert schema.names is not None
    kind, _, rest = schema.names.type.partition(" ")
    count = rng.randint(2, 11)
    if kind == "choice":
        options = list(dict.fromkeys(_choices(rest)))
    else:
        options = list(dict.fromkeys(value(doc, schema.names.type)[0] for _ in range(count + 5)))
    rng.shuffle(options)
    count = min(count, len(options))
    names, absent = options[:count], options[count:]
    chosen = [c for c in schema.columns if doc.chance(0.85)] or schema.columns[:1]
    columns = [_column(doc, entry, count) for entry in chosen]
    sheet = doc.sheet
    shared = [
        c
        for c, entry in enumerate(chosen)
        if 2 <= len(set(columns[c].texts)) <= count / 2 and entry.type.startswith("choice")
    ]
    if shared and len(columns) > 1 and doc.chance(0.35):
        at = rng.choice(shared)
        groups = columns.pop(at).texts
        order = sorted(range(count), key=lambda r: groups.index(groups[r]))
        for column in columns:
            column.texts = [column.texts[r] for r in order]
            column.numbers = column.numbers and [column.numbers[r] for r in order]
        records = Records(*schema.thing, [names[r] for r in order], columns, absent, owner=schema.noun)
        noun = rng.choice(chosen[at].questions)
        header = rng.choice(schema.names.labels or [""])
        doc.y = set_grouped(doc, records, [groups[r] for r in order], header, noun, sheet.margin, doc.y, sheet.inner)
        doc.y += sheet.line()
        return
    records = Records(*schema.thing, names, columns, absent, owner=schema.noun)
    if doc.chance(0.5):
        section(doc, schema.thing[1].capitalize())
    doc.y, _ = set_records(doc, records, rng.choice(schema.names.labels or [""]), sheet.margin, doc.y, sheet.inner)
    doc.y += sheet.line()


def _column(doc: Doc, entry: Entry, count: int) -> Column:
    """A column with drawn cells."""
    kind, _, rest = entry.type.partition(" ")
    numbers: list[float] | None = None
    if kind in ("int", "decimal"):
        bounds, _, units = rest.partition(" ")
        unit = doc.rng.choice(units.split("/")) if units and doc.chance(0.6) else ""
        digits = 0 if kind == "int" else 1
        drawn = [_number(doc, bounds, digits, unit) for _ in range(count)]
        texts, numbers = [t for t, _ in drawn], [v for _, v in drawn]
    elif kind == "money":
        low, high, _ = _range(rest)
        numbers = [_drawn(doc.rng, low, high, 2) for _ in range(count)]
        texts = [doc.formats.cell(v) for v in numbers]
    elif kind == "year":
        texts = [value(doc, "year")[0] for _ in range(count)]
        numbers = [float(t) for t in texts]
    elif kind == "percent":
        pairs = [_percent(doc, rest) for _ in range(count)]
        texts, numbers = [t for t, _ in pairs], [v for _, v in pairs]
    else:
        texts = [value(doc, entry.type)[0] for _ in range(count)]
    noun = doc.rng.choice(entry.questions)
    others = [f"What is the {n} of {{row}}?" for n in entry.questions] + [f"{n} of {{row}}" for n in entry.questions]
    # Written questions say it in words of their own; the made ones keep to the nouns.
    asks = entry.asks * 3 + others
    return Column(
        doc.rng.choice(entry.labels), texts, noun, numbers, asks=asks, most=entry.most, least=entry.least,
        additive=kind in ("int", "money"), reverse=entry.reverse, money=kind == "money",
    )  # fmt: skip
