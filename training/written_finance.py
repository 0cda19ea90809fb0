"""Tables with paragraphs from annual reports, laid out as pages."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from training.asking import Ask, to_samples
from training.figures import parse, show
from training.layout import Sheet, new_sheet, random_noise
from training.sample import Sample, Span
from training.table_reading import tokens
from training.tables import random_style, set_table

_TERM = r"\(?\s*-?\s*\$?\s*\d[\d,]*\.?\d*\s*\)?"
_DIFFERENCE = re.compile(rf"^\s*({_TERM})\s*[-–−]\s*({_TERM})\s*$")
_SUM = re.compile(rf"^\s*\(?\s*({_TERM}(?:\s*\+\s*{_TERM})+)\s*\)?\s*$")
_AVERAGE = re.compile(rf"^\s*[(\[]\s*({_TERM}(?:\s*\+\s*{_TERM})+)\s*[)\]]\s*/\s*(\d)\s*$")


def finance_samples(row: dict[str, Any], name: str, pool: Sequence[dict[str, Any]], rng: random.Random) -> list[Sample]:
    """One page for a table with its paragraphs."""
    rows = [[" ".join(cell.split()) for cell in line] for line in row["rows"]]
    sheet = new_sheet(rng)
    sheet.size = min(sheet.size, 10)
    cells, texts = _set_page(sheet, rows, row["paragraphs"], rng)
    headers = _header_rows(rows)
    asks = []
    for question in row["questions"]:
        ask = _ask(rows, cells, texts, headers, question)
        if ask:
            asks.append(ask)
    here = " ".join(sheet.words).lower()
    for _ in range(len(row["questions"])):
        other = rng.choice(pool)
        if rng.random() < 0.2 and other is not row:
            question = rng.choice(other["questions"])
            strange = {t for t in tokens(question["question"]) if not t.isdigit() and len(t) > 3}
            if strange and sum(t in here for t in strange) <= 0.4 * len(strange):
                asks.append(Ask(question["question"].strip(), "not_found", field="finance"))
    order = "rows" if rng.random() < 0.3 else "stream"
    return to_samples(sheet, asks, "finance", name, random_noise(rng, 0.1), order)


def _header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top have no label, at least one."""
    count = 0
    while count < len(rows) - 1 and not rows[count][0]:
        count += 1
    return max(1, count)


def _set_page(
    sheet: Sheet, rows: list[list[str]], paragraphs: Sequence[str], rng: random.Random
) -> tuple[list[list[Span]], list[tuple[str, int]]]:
    """Set table and paragraphs; returns the cells' words, and each paragraph with its first placement index."""
    above = rng.randint(0, len(paragraphs))
    texts = []
    y = sheet.margin
    cells: list[list[Span]] = []
    for i in range(len(paragraphs) + 1):
        if i == above:
            cells, y = set_table(sheet, sheet.margin, y, sheet.inner, rows, random_style(rng), _header_rows(rows))
            y += sheet.size
        if i < len(paragraphs):
            texts.append((paragraphs[i], len(sheet.words)))
            _, y = sheet.block(paragraphs[i], sheet.margin, y, sheet.inner)
            y += sheet.size * rng.uniform(0.4, 1)
    return cells, texts


def _ask(
    rows: list[list[str]],
    cells: list[list[Span]],
    texts: list[tuple[str, int]],
    headers: int,
    question: dict[str, Any],
) -> Ask | None:
    asked, kind = question["question"].strip(), question["type"]
    if kind in ("span", "multi-span"):
        spans: list[Span] = []
        for answer in question["answer"]:
            span = _find(rows, cells, texts, headers, asked, answer, question["from"], spans)
            if not span:
                return None
            spans.append(span)
        pairs = sorted(zip(spans, question["answer"], strict=True))
        return Ask(asked, "span" if len(spans) == 1 else "list", [s for s, _ in pairs],
                   answer="; ".join(a for _, a in pairs), field="finance span")  # fmt: skip
    derivation = question["derivation"]
    if kind == "count":
        return _count(rows, cells, texts, headers, asked, question)
    for operator, pattern in (("difference", _DIFFERENCE), ("average", _AVERAGE), ("sum", _SUM)):
        match = pattern.match(derivation)
        if not match:
            continue
        terms = [match[1], match[2]] if operator == "difference" else match[1].split("+")
        if operator == "average" and int(match[2]) != len(terms):
            return None
        values = _figures(rows, cells, headers, asked, [parse(t) for t in terms])
        if not values:
            return None
        result = float(question["answer"])
        shown = show(abs(result)) if operator == "difference" else show(result)
        return Ask(asked, operator, values=values, answer=shown, alternatives=[show(result)], field="finance operator")
    return None


def _find(
    rows: list[list[str]],
    cells: list[list[Span]],
    texts: list[tuple[str, int]],
    headers: int,
    asked: str,
    answer: str,
    source: str,
    taken: list[Span],
) -> Span | None:
    """The words of an answer: a cell where the table is the source, else a piece of a paragraph."""
    if source != "text":
        span = _cell(rows, cells, headers, asked, answer, taken)
        if span:
            return span
    for text, start in texts:
        places = [m.start() for m in re.finditer(re.escape(answer.strip()), text)]
        if not places or not answer.strip():
            continue
        if len(places) > 1 and len(answer) < 12:
            asked_words = tokens(asked)
            places.sort(key=lambda p: -len(asked_words & tokens(text[max(0, p - 120) : p + 120])))
        offsets = [m.span() for m in re.finditer(r"\S+", text)]
        inside = [i for i, (a, b) in enumerate(offsets) if a < places[0] + len(answer.strip()) and b > places[0]]
        return start + inside[0], start + inside[-1] + 1
    return _cell(rows, cells, headers, asked, answer, taken) if source == "text" else None


def _score(rows: list[list[str]], headers: int, asked: set[str], r: int, c: int) -> float:
    """How well a cell fits the question: words of its row's label and of the headers above it."""
    label = tokens(rows[r][0])
    head = set().union(*(tokens(rows[h][c]) for h in range(headers)))
    return len(asked & label) / (1 + 0.2 * len(label)) + 1.2 * len(asked & head)


def _cell(
    rows: list[list[str]], cells: list[list[Span]], headers: int, asked: str, answer: str, taken: list[Span]
) -> Span | None:
    plain = re.sub(r"[\s$]", "", answer.lower())
    words = tokens(asked)
    found = []
    for r, line in enumerate(rows):
        for c, cell in enumerate(line):
            if plain and re.sub(r"[\s$]", "", cell.lower()) == plain and cells[r][c] not in taken:
                found.append((_score(rows, headers, words, r, c), r, c))
    if not found:
        return None
    found.sort(key=lambda f: -f[0])
    if len(found) > 1 and found[0][0] == found[1][0] and found[0][1] >= headers:
        return None
    return cells[found[0][1]][found[0][2]]


def _figures(
    rows: list[list[str]], cells: list[list[Span]], headers: int, asked: str, numbers: list[float | None]
) -> list[Span] | None:
    """The cells of the numbers of a derivation; all in one row or one column where possible."""
    words = tokens(asked)

    def near(a: tuple[int, int], b: tuple[int, int]) -> int:
        return (a[0] == b[0]) + (a[1] == b[1])

    options: list[list[tuple[int, int]]] = []
    for number in numbers:
        if number is None:
            return None
        hits = [
            (r, c)
            for r, line in enumerate(rows)
            for c, cell in enumerate(line)
            if (value := parse(cell)) is not None and abs(abs(value) - abs(number)) < 1e-9 and (r >= headers or c > 0)
        ]
        if not hits:
            return None
        options.append(hits)
    best: tuple[float, list[tuple[int, int]]] | None = None
    for first in options[0]:
        chosen = [first]
        for hits in options[1:]:
            free = [h for h in hits if h not in chosen]
            if not free:
                break
            chosen.append(
                max(
                    free, key=lambda h: (h[0] == first[0]) + (h[1] == first[1]) + 0.3 * _score(rows, headers, words, *h)
                )
            )
        if len(chosen) < len(options):
            continue
        score = sum(near(h, first) + 0.5 * _score(rows, headers, words, *h) for h in chosen)
        if best is None or score > best[0]:
            best = (score, chosen)
    return [cells[r][c] for r, c in best[1]] if best else None


def _count(
    rows: list[list[str]],
    cells: list[list[Span]],
    texts: list[tuple[str, int]],
    headers: int,
    asked: str,
    question: dict[str, Any],
) -> Ask | None:
    """A count whose derivation names what was counted, separated by ##."""
    parts = [p.strip() for p in question["derivation"].split("##") if p.strip()]
    if len(parts) != float(question["answer"]):
        return None
    values: list[Span] = []
    for part in parts:
        span = _find(rows, cells, texts, headers, asked, part, question["from"], values)
        if not span:
            return None
        values.append(span)
    return Ask(asked, "count", values=sorted(values), answer=show(float(question["answer"])), field="finance operator")
