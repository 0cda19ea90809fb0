"""How a question on a table gets its answer: which cells, and which operator over them.

The written set gives only the answer. Cells are found by value; where several carry it, the words of the question
decide. An operator is taken only where recomputing it over the cells found gives the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.figures import parse

Cell = tuple[int, int]
Rows = Sequence[Sequence[str]]


def _bag(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOP = _bag(
    "a an the of in on at to for from by with and or is are was were be been did do does has have had what which who "
    "when where how many much that this these those it its as than more less most least not no there their his her him "
    "he she they"
)
_HIGH = _bag("most highest largest biggest greatest longest best tallest heaviest maximum max top fastest strongest")
_LOW = _bag("least lowest smallest fewest shortest minimum min worst slowest lightest")
_ORDER = _bag("first last latest earliest next previous after before final initial")
_MORE = _bag("more higher greater larger bigger longer better taller later heavier")
_LESS = _bag("less fewer lower smaller shorter worse earlier")
_COUNTING = re.compile(r"\b(how many|number of|amount of|count|total)\b")
_CONDITION = re.compile(
    r"\b(more than|over|above|at least|less than|under|below|at most|fewer than|no more than|"
    r"exceed(?:ed|ing|s)?|greater than|higher than|lower than)\s+\$?(\d[\d,]*(?:\.\d+)?)"
)


@dataclass
class Reading:
    """How a question is answered; cells are (row, column), row 0 is the header.

    Attributes:
        question: The question.
        kind: As in `training.sample.KINDS`.
        answer: The annotators' answer.
        alternatives: Further answers.
        spans: Cells of a span or list.
        values: Cells that an operator takes.
        labels: Label of each value.
        context: Rows that the question names.
        whole: Whether all rows of the table must be on the page.
        superlative: Whether the question compares rows.
        field: ``cell``, ``table list`` or ``table operator``.
    """

    question: str
    kind: str
    answer: str = ""
    alternatives: tuple[str, ...] = ()
    spans: list[Cell] = field(default_factory=list)
    values: list[Cell] = field(default_factory=list)
    labels: list[Cell] = field(default_factory=list)
    context: list[int] = field(default_factory=list)
    whole: bool = False
    superlative: bool = False
    field: str = "cell"


def tokens(text: str) -> set[str]:
    """Lower-case words and numbers that carry meaning, plural s cut."""
    found = re.findall(r"[^\W_]+", text.lower())
    return {t[:-1] if len(t) > 3 and t.endswith("s") else t for t in found if t not in _STOP}


def plain_text(text: str) -> str:
    """Lower-case words, punctuation gone."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def read_question(
    rows: Rows, question: str, answers: Sequence[str], in_cells: bool, lenient: bool = False
) -> Reading | None:
    """How the question is answered, or None where the cells cannot be told.

    With ``lenient`` every question whose answer stands in a cell is kept, for measuring: the cell may
    be one of several.
    """
    reading = _read(rows, question, answers, in_cells)
    if not reading and lenient and in_cells and len(answers) == 1:
        cells = [(r, c) for r, line in enumerate(rows) for c, cell in enumerate(line) if _same(cell, answers[0])]
        if cells:
            reading = Reading(question, "span", answers[0], spans=cells[:1], field="cell (any)")
    if reading and reading.kind not in ("yes", "no") and not (reading.spans or reading.values):
        return None
    return reading


def _read(rows: Rows, question: str, answers: Sequence[str], in_cells: bool) -> Reading | None:
    words = set(re.findall(r"[a-z]+", question.lower()))
    if len(answers) > 1:
        return _several(rows, question, answers) if in_cells else None
    answer = answers[0]
    if answer.lower() in ("yes", "no"):
        return Reading(question, answer.lower(), answer.lower(), field="table yes/no")
    number = parse(answer)
    if number is not None and _COUNTING.search(question.lower()):
        lookup = _lookup(rows, question, answer, strict=True) if in_cells else None
        return lookup or _arithmetic(rows, question, words, answer, number)
    if number is not None and "difference" in words:
        return _arithmetic(rows, question, words, answer, number)
    if not in_cells:
        return _arithmetic(rows, question, words, answer, number) if number is not None else None
    ranked = _ranked(rows, question, words, answer)
    return ranked or _lookup(rows, question, answer, strict=False)


def _same(cell: str, answer: str) -> bool:
    return cell.strip().lower() == answer.strip().lower()


def named_rows(rows: Rows, question: str) -> list[int]:
    """Rows that have a cell whose text stands in the question, best match first."""
    asked = f" {plain_text(question)} "
    found = []
    for r, line in enumerate(rows[1:], 1):
        best = 0
        for cell in line:
            plain = plain_text(cell)
            if plain and plain not in _STOP and f" {plain} " in asked and len(plain) > best:
                best = len(plain)
        if best:
            found.append((-best, r))
    return [r for _, r in sorted(found)]


def _lookup(rows: Rows, question: str, answer: str, strict: bool) -> Reading | None:
    """The cell that carries the answer; with ``strict`` both its row and its column must be named."""
    asked = tokens(question)
    named = named_rows(rows, question)
    words = set(re.findall(r"[a-z]+", question.lower()))
    found = []
    for r, line in enumerate(rows):
        for c, cell in enumerate(line):
            if not _same(cell, answer):
                continue
            column = len(asked & tokens(rows[0][c])) if r else 0
            others = set().union(*(tokens(x) for k, x in enumerate(line) if k != c)) if r else set()
            row = len(asked & others) + (1.5 if r in named else 0)
            if strict and (r not in named or not column):
                continue
            found.append((row + 0.7 * column - (0.5 if r == 0 else 0), r, c))
    if not found:
        return None
    found.sort(reverse=True)
    if len(found) > 1 and found[0][0] - found[1][0] < 0.5:
        tied = [f for f in found if found[0][0] - f[0] < 0.5]
        if words & {"first", "earliest"}:
            found[0] = min(tied, key=lambda f: f[1])
        elif words & {"last", "latest", "final"}:
            found[0] = max(tied, key=lambda f: f[1])
        elif strict or len({f[2] for f in tied}) > 1:
            return None
        else:
            # The same text all down one column: any of the cells reads the same.
            found[0] = min(tied, key=lambda f: f[1])
    _, r, c = found[0]
    superlative = bool(words & (_HIGH | _LOW | _ORDER))
    return Reading(question, "span", answer, spans=[(r, c)], context=named[:2], superlative=superlative)


def _several(rows: Rows, question: str, answers: Sequence[str]) -> Reading | None:
    """A list: every answer must stand in exactly one cell of one column."""
    for c in range(len(rows[0])):
        cells = []
        for answer in answers:
            places = [r for r, line in enumerate(rows) if r and _same(line[c], answer)]
            if len(places) != 1:
                break
            cells.append((places[0], c))
        if len(cells) == len(answers) and len(set(cells)) == len(cells):
            return Reading(question, "list", "; ".join(answers), spans=sorted(cells), field="table list")
    return None


def _numbers(rows: Rows, c: int) -> dict[int, float]:
    """The numbers of a column by row."""
    out = {}
    for r in range(1, len(rows)):
        value = parse(rows[r][c])
        if value is not None:
            out[r] = value
    return out


def _columns(rows: Rows, question: str, enough: int = 2) -> list[tuple[int, int, dict[int, float]]]:
    """Columns of numbers with how many words their header shares with the question, best first."""
    asked = tokens(question)
    out = []
    for c in range(len(rows[0])):
        numbers = _numbers(rows, c)
        if len(numbers) >= enough:
            out.append((len(asked & tokens(rows[0][c])), c, numbers))
    return sorted(out, key=lambda o: (-o[0], o[1]))


def _ranked(rows: Rows, question: str, words: set[str], answer: str) -> Reading | None:
    """The largest or smallest of a column, or the label that belongs to it; also "which had more, A or B?"."""
    named = named_rows(rows, question)
    pair = " or " in f" {question.lower()} " and len(named) == 2 and bool(words & (_MORE | _LESS | _HIGH | _LOW))
    high, low = (
        bool(words & _HIGH) or (pair and bool(words & _MORE)),
        bool(words & _LOW) or (pair and bool(words & _LESS)),
    )
    if high == low or (not pair and len(rows) > 26) or (words & _ORDER):
        return None
    pick = max if high else min
    found = []
    for overlap, c, numbers in _columns(rows, question):
        chosen = {r: numbers[r] for r in named if r in numbers} if pair else numbers
        if len(chosen) < 2 or (not pair and len(numbers) < 0.8 * (len(rows) - 1)):
            continue
        best = pick(chosen.values())
        winners = [r for r, v in chosen.items() if v == best]
        if len(winners) != 1:
            continue
        values = [(r, c) for r in chosen]
        if _same(rows[winners[0]][c], answer) and not pair:
            found.append((overlap, Reading(question, "maximum" if high else "minimum", answer, values=values)))
        for k, cell in enumerate(rows[winners[0]]):
            if k != c and _same(cell, answer) and all(rows[r][k] for r in chosen):
                labels = [(r, k) for r in chosen]
                found.append(
                    (overlap, Reading(question, "argmax" if high else "argmin", answer, values=values, labels=labels))
                )
                break
    if not found or (len(found) > 1 and found[0][0] == found[1][0]) or (not pair and found[0][0] == 0):
        return None
    reading = found[0][1]
    reading.whole, reading.superlative, reading.field = not pair, True, "table operator"
    return reading


def _arithmetic(rows: Rows, question: str, words: set[str], answer: str, number: float) -> Reading | None:
    """A count, difference, sum or average that gives the answer when recomputed."""
    named = named_rows(rows, question)
    reading = None
    if words & {"difference", "more", "less", "fewer", "longer", "higher"} and len(named) == 2:
        reading = _pair(rows, question, named, number)
    elif "average" in words:
        reading = _column(rows, question, "average", number)
    elif words & {"total", "combined", "sum", "together", "altogether"} and len(named) == 2:
        reading = _pair(rows, question, named, number, "sum")
    if not reading and _COUNTING.search(question.lower()) and 0 < number < 40 and number == int(number):
        reading = _count(rows, question, int(number))
    if not reading and "total" in words:
        reading = _column(rows, question, "sum", number)
    if reading:
        reading.answer, reading.field, reading.superlative = answer, "table operator", True
    return reading


def _pair(rows: Rows, question: str, named: list[int], number: float, kind: str = "difference") -> Reading | None:
    a, b = sorted(named)
    hits = []
    for overlap, c, numbers in _columns(rows, question):
        if a in numbers and b in numbers:
            result = abs(numbers[a] - numbers[b]) if kind == "difference" else numbers[a] + numbers[b]
            if abs(result - number) < 1e-6:
                hits.append((overlap, c))
    if not hits or (len(hits) > 1 and hits[0][0] == hits[1][0]):
        return None
    return Reading(question, kind, values=[(a, hits[0][1]), (b, hits[0][1])], context=[a, b])


def _column(rows: Rows, question: str, kind: str, number: float) -> Reading | None:
    if len(rows) > 26:
        return None
    for overlap, c, numbers in _columns(rows, question):
        result = sum(numbers.values()) / (len(numbers) if kind == "average" else 1)
        if overlap and abs(result - number) < 0.01 * max(1, abs(number)) * (kind == "average") + 1e-6:
            return Reading(question, kind, values=[(r, c) for r in numbers], whole=True)
    return None


def _count(rows: Rows, question: str, number: int) -> Reading | None:
    """Rows that carry a value which the question names, rows beyond a bound that it gives, or all rows."""
    asked = f" {plain_text(question)} "
    bound = _CONDITION.search(question.lower())
    if bound:
        limit = float(bound[2].replace(",", ""))
        over = bound[1].startswith(("more", "over", "above", "at least", "exceed", "greater", "higher"))
        even = bound[1] in ("at least", "at most", "no more than")
        for overlap, c, numbers in _columns(rows, question):
            hits = [r for r, v in numbers.items() if (v > limit if over else v < limit) or (even and v == limit)]
            if overlap and len(hits) == number:
                return Reading(question, "count", values=[(r, c) for r in hits], whole=True)
        return None
    for c in range(len(rows[0])):
        seen: dict[str, list[Cell]] = {}
        for r in range(1, len(rows)):
            plain = plain_text(rows[r][c])
            if plain and plain not in _STOP and (f" {plain} " in asked or f" {plain}s " in asked):
                seen.setdefault(plain, []).append((r, c))
        for cells in seen.values():
            if len(cells) == number:
                return Reading(question, "count", values=cells, whole=True)
    if number == len(rows) - 1 and not named_rows(rows, question) and number <= 26:
        column = _key(rows, question)
        return Reading(question, "count", values=[(r, column) for r in range(1, len(rows))], whole=True)
    return None


def _key(rows: Rows, question: str) -> int:
    """The column that a count of all rows points at: the one named in the question, else the first of texts."""
    asked = tokens(question)
    full = [c for c in range(len(rows[0])) if all(line[c] for line in rows[1:])]
    for c in full:
        if asked & tokens(rows[0][c]) and len({line[c] for line in rows}) == len(rows):
            return c
    for c in full:
        if len({line[c] for line in rows}) == len(rows) and parse(rows[1][c]) is None:
            return c
    return full[0] if full else 0
