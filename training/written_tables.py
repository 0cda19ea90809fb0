"""Wikipedia tables with questions, laid out as pages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from training.asking import Ask, to_samples
from training.layout import Sheet, new_sheet, random_noise
from training.sample import Sample, Span
from training.table_reading import Reading, read_question, tokens
from training.tables import random_style, set_table

MAX_WORDS = 420
"""Longer tables are cut to a window of rows around what a question is about."""


def table_samples(
    row: dict[str, Any], name: str, pool: Sequence[dict[str, Any]], rng: random.Random, lenient: bool = False
) -> list[Sample]:
    """Pages for a table: one with all its questions, or one a question where the table is long."""
    rows = [[" ".join(cell.split()) for cell in line] for line in row["rows"]]
    width = max(len(line) for line in rows)
    rows = [line + [""] * (width - len(line)) for line in rows]
    readings = []
    for question in row["questions"]:
        reading = read_question(rows, question["question"], question["answers"], question["in_cells"], lenient)
        if reading:
            readings.append(reading)
    if _length(rows) <= MAX_WORDS:
        missing = [_missing(rows, row, pool, rng)] if rng.random() < 0.15 * len(readings) else []
        return _page(rows, list(range(1, len(rows))), readings, [m for m in missing if m], name, rng)
    out: list[Sample] = []
    for reading in readings:
        kept = _window(rows, reading, rng)
        if kept:
            out += _page(rows, kept, [reading], [], name, rng)
    for reading in readings:
        if rng.random() < 0.2:
            out += _without_row(rows, reading, name, rng)
    return out


def _length(rows: Sequence[Sequence[str]]) -> int:
    return sum(len(cell.split()) for line in rows for cell in line)


def _window(rows: Sequence[Sequence[str]], reading: Reading, rng: random.Random) -> list[int] | None:
    """Neighbouring rows with all that the reading needs; None where they are too many."""
    need = {r for r, _ in (*reading.spans, *reading.values, *reading.labels)} | set(reading.context)
    need.discard(0)
    if not need or reading.whole:
        return None
    low, high = min(need), max(need)
    length = _length([rows[0]]) + _length(rows[low : high + 1])
    if length > MAX_WORDS * 1.3:
        return None
    room = rng.uniform(0.4, 1) * MAX_WORDS
    while length < room and (low > 1 or high < len(rows) - 1):
        if low > 1 and (rng.random() < 0.5 or high == len(rows) - 1):
            low -= 1
            length += _length([rows[low]])
        elif high < len(rows) - 1:
            high += 1
            length += _length([rows[high]])
    return list(range(low, high + 1))


def _without_row(rows: Sequence[Sequence[str]], reading: Reading, name: str, rng: random.Random) -> list[Sample]:
    """The same question on a page whose rows do not carry what it asks for: the named row lies outside the window."""
    named = set(reading.context) | {r for r, _ in reading.spans}
    if reading.kind != "span" or not reading.context or reading.superlative or len(rows) < 12:
        return []
    terms = {t for r in reading.context for c in rows[r] for t in [c.lower()] if t and t in reading.question.lower()}
    if not terms:
        return []
    low = rng.randint(1, len(rows) - 1)
    kept = [r for r in range(low, min(len(rows), low + 14)) if r not in named]
    kept = [r for r in kept if not any(t in cell.lower() for t in terms for cell in rows[r])]
    while kept and _length([rows[r] for r in kept]) > MAX_WORDS:
        kept.pop()
    if len(kept) < 3:
        return []
    absent = Ask(reading.question, "not_found", field="table")
    return _page(rows, kept, [], [absent], name, rng)


def _missing(
    rows: Sequence[Sequence[str]], row: dict[str, Any], pool: Sequence[dict[str, Any]], rng: random.Random
) -> Ask | None:
    """A question of another table, naming something that this one does not have."""
    here = " ".join(cell for line in rows for cell in line).lower()
    for _ in range(20):
        other = rng.choice(pool)
        if other is row:
            continue
        question = rng.choice(other["questions"])
        asked = question["question"].lower()
        names = [c.lower() for line in other["rows"][1:] for c in line if len(c) > 4 and c.lower() in asked]
        if names and not any(n in here for n in names) and not tokens(asked) <= tokens(here):
            return Ask(question["question"], "not_found", field="table")
    return None


def _page(
    rows: Sequence[Sequence[str]],
    kept: list[int],
    readings: Sequence[Reading],
    extra: list[Ask],
    name: str,
    rng: random.Random,
) -> list[Sample]:
    sheet = new_sheet(rng)
    if len(rows[0]) > 7 and rng.random() < 0.7:
        sheet.width, sheet.height = max(sheet.width, sheet.height), min(sheet.width, sheet.height)
        sheet.size = min(sheet.size, 9)
    sheet.margin *= rng.uniform(0.5, 1)
    y = sheet.margin * rng.uniform(0.6, 2)
    y = _around(sheet, y, rng)
    cells = [list(rows[0]), *(list(rows[r]) for r in kept)]
    spans, y = set_table(sheet, sheet.margin, y, sheet.inner, cells, random_style(rng))
    at = {0: 0, **{r: i + 1 for i, r in enumerate(kept)}}
    if rng.random() < 0.3:
        _around(sheet, y + sheet.size, rng)

    def place(wanted: Sequence[tuple[int, int]]) -> list[Span]:
        return [spans[at[r]][c] for r, c in wanted]

    asks = list(extra)
    for reading in readings:
        asks.append(
            Ask(reading.question, reading.kind, place(reading.spans), place(reading.values), place(reading.labels),
                answer=reading.answer, alternatives=list(reading.alternatives), field=reading.field)
        )  # fmt: skip
    asks = [a for a in asks if all(s[1] > s[0] for s in (*a.spans, *a.values, *a.labels))]
    order = "rows" if rng.random() < 0.3 else "stream"
    return to_samples(sheet, asks, "wikitable", name, random_noise(rng, 0.15), order)


_OPENERS = (
    "The table below lists the entries in full.", "Source: official records.", "Last updated on 12 May.",
    "Figures are given as published; blank cells are unknown.", "See also the notes at the end of the page.",
    "Table 1", "Table 2. Overview", "Figures as reported.", "Results and details", "List", "Complete list of entries",
)  # fmt: skip


def _around(sheet: Sheet, y: float, rng: random.Random) -> float:
    """A caption or a line of text, by chance; returns the y below it."""
    if rng.random() < 0.5:
        return y
    text = " ".join(rng.sample(_OPENERS, rng.choice((1, 1, 2))))
    align = rng.choice(("left", "left", "center"))
    _, y = sheet.block(
        text, sheet.margin, y, sheet.inner, sheet.size * rng.choice((0.9, 1, 1.3)), rng.random() < 0.4, align
    )
    return y + sheet.size * rng.uniform(0.3, 1.5)
