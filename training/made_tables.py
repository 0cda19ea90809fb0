"""Questions made by rule about tables that people published: lookups, conditions, extremes, order, counts.

The written questions on these tables are few, and each needs several steps. The same rules that ask about generated
tables (`training.generator.records`) ask about a part of a real one here: its headers and cells are unlike anything
that we draw.
Only tables of the training split are used.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.figures import parse
from training.generator.concepts import CONCEPTS
from training.generator.document import Doc
from training.generator.grid import set_records
from training.generator.records import Column, Records, absent_from
from training.sample import Sample
from training.written import published_tables

MAX_COLUMNS = 7
MAX_ROWS = 16

_YEAR = re.compile(r"^(1[89]|20)\d\d$")
_NOTE = re.compile(r"\s*(\[[^\]]*\]|\([^)]*\))\s*$")


def _noun(header: str) -> str:
    """A header as a person would say it; empty where it says nothing."""
    text = _NOTE.sub("", header).strip(" .:*#")
    if not 2 <= len(text) <= 28 or not any(c.isalpha() for c in text):
        return ""
    return text.lower() if not text.isupper() or len(text) > 4 else text


def plural(noun: str) -> str:
    """The plural of a noun, by the common rules."""
    if noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "ch", "sh")) else "s")


def _name_column(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> int | None:
    """The first column whose cells tell the rows apart and are words; years serve where there is none."""
    years = None
    for c, header in enumerate(headers):
        cells = [line[c].strip() for line in rows]
        if not _noun(header) or len(set(cells)) < len(cells) or not all(cells) or max(map(len, cells)) > 45:
            continue
        if sum(any(ch.isalpha() for ch in cell) for cell in cells) >= 0.9 * len(cells):
            return c
        if years is None and all(_YEAR.match(cell) for cell in cells):
            years = c
    return years


def _numbers(cells: Sequence[str]) -> list[float] | None:
    values = [parse(cell) for cell in cells]
    return None if any(v is None for v in values) else [v for v in values if v is not None]


def part_of(table: Sequence[Sequence[str]], rng: random.Random) -> tuple[Records, str] | None:
    """Some neighbouring rows and some columns of a table as records, with the header of their names.

    Returns:
        None where no column tells the rows apart.
    """
    width = len(table[0])
    body = [[" ".join(cell.split()) for cell in line] for line in table[1:] if len(line) == width]
    if len(body) < 3:
        return None
    count = min(len(body), rng.randint(4, MAX_ROWS))
    first = rng.randint(0, len(body) - count)
    rows = body[first : first + count]
    headers = [" ".join(cell.split()) for cell in table[0]]
    name = _name_column(rows, headers)
    if name is None:
        return None
    usable = [
        c for c, h in enumerate(headers)
        if c != name and _noun(h) and any(line[c] for line in rows) and max(len(line[c]) for line in rows) < 60
    ]  # fmt: skip
    nouns = [_noun(headers[c]) for c in usable]
    usable = [c for c, n in zip(usable, nouns, strict=True) if nouns.count(n) == 1 and n != _noun(headers[name])]
    if not usable:
        return None
    kept = sorted(rng.sample(usable, min(len(usable), rng.randint(2, MAX_COLUMNS))))
    columns = []
    for c in kept:
        cells = [line[c] for line in rows]
        numbers = _numbers(cells)
        additive = (
            numbers is not None and not all(_YEAR.match(cell) for cell in cells) and "rank" not in headers[c].lower()
        )
        columns.append(Column(headers[c], cells, _noun(headers[c]), numbers, additive=additive))
    names = [line[name] for line in rows]
    others = [line[name] for line in body if line[name] and line[name] not in names]
    thing = _noun(headers[name])
    absent = absent_from(names, sorted(set(others)), rng)
    records = Records(thing, plural(thing), names, columns, absent, owner="table")
    return records, headers[name]


def page(table: Sequence[Sequence[str]], document: str, seed: int) -> list[Sample]:
    """A page with a part of a table, and made questions about it; none where the table does not lend itself."""
    doc = Doc(f"made {document}", seed)
    found = part_of(table, doc.rng)
    if found is None:
        return []
    records, header = found
    doc.noun = "table"
    doc.cover(*CONCEPTS)
    sheet = doc.sheet
    if len(records.columns) > 4 and doc.chance(0.6):
        sheet.width, sheet.height = max(sheet.width, sheet.height), min(sheet.width, sheet.height)
        sheet.size = min(sheet.size, 9)
    doc.y, _ = set_records(doc, records, header, sheet.margin, doc.y, sheet.inner)
    return doc.samples()


def made_samples(data_dir: Path, seed: int) -> Iterator[Sample]:
    """Samples without end."""
    tables = published_tables(data_dir, "train")
    rng = random.Random(seed)
    while True:
        rng.shuffle(tables)
        for name, rows in tables:
            seed += 1
            yield from page(rows, name, seed)[:6]
