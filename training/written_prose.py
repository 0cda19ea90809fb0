"""Paragraphs with questions, laid out as pages of text."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from training.asking import Ask, to_samples
from training.layout import Sheet, new_sheet, random_noise
from training.sample import Sample, Span

_NAME = re.compile(r"\b[A-Z][a-z]{3,}\b")
_COMMON = frozenset(
    ("This", "That", "They", "There", "These", "Those", "When", "What", "While", "With", "Also", "After", "Before",
     "However", "From", "Some", "Most", "Many")
)  # fmt: skip


def articles(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Group paragraphs into documents, so that no split cuts one.

    Neighbouring paragraphs of the encyclopedia belong to one article as long as they share names; a review or a post
    is a document of its own.
    """
    group: list[dict[str, Any]] = []
    names: set[str] = set()
    for row in rows:
        found = set(_NAME.findall(row["text"])) - _COMMON
        same = row["source"] == "new_wiki" and group and group[0]["source"] == "new_wiki" and found & names
        if group and not same:
            yield _identity(group), group
            group, names = [], set()
        group.append(row)
        names = found if not names else (names | found)
    if group:
        yield _identity(group), group


def _identity(group: list[dict[str, Any]]) -> str:
    return "prose/" + hashlib.sha256(group[0]["text"].encode()).hexdigest()[:16]


def prose_samples(row: dict[str, Any], name: str, pool: Sequence[dict[str, Any]], rng: random.Random) -> list[Sample]:
    """One page for a paragraph, with its questions and some that it does not answer."""
    text = row["text"]
    sheet = new_sheet(rng)
    words, offsets = _words(text)
    before, after = _neighbours(row, pool, rng)
    start, rest = _set_page(sheet, before, words, after, rng)
    asks = []
    for question in row["questions"]:
        answer, at = _choose(text, question)
        span = _cover(offsets, at, at + len(answer))
        if span:
            asks.append(
                Ask(question["question"], "span", [(start + span[0], start + span[1])], answer=answer,
                    alternatives=[a for a in question["answers"] if a != answer], field="prose")
            )  # fmt: skip
    page_text = " ".join(sheet.words).lower()
    for _ in range(len(row["questions"])):
        if rng.random() < 0.2:
            asks += _strange(row, pool, page_text, rng)
    order = "rows" if not rest and rng.random() < 0.3 else "stream"
    return to_samples(sheet, asks, "prose", name, random_noise(rng, 0.15), order)


def _strange(row: dict[str, Any], pool: Sequence[dict[str, Any]], page_text: str, rng: random.Random) -> list[Ask]:
    """A question of another paragraph of the same kind that shares a word with this page, but not its answer."""
    best: tuple[int, str] | None = None
    for _ in range(25):
        other = rng.choice(pool)
        if other is row or other["source"] != row["source"]:
            continue
        question = rng.choice(other["questions"])
        if any(a.lower().strip(" .") in page_text for a in question["answers"]):
            continue
        named = _NAME.findall(question["question"][1:])
        if not named and row["source"] != "new_wiki":
            # A question without a name ("what was the price?") may well be answered here.
            continue
        overlap = sum(1 for w in set(question["question"].lower().split()) if len(w) > 4 and w in page_text)
        missing = any(n.lower() not in page_text for n in named)
        if missing and (best is None or overlap > best[0]):
            best = (overlap, question["question"])
    return [Ask(best[1], "not_found", field="prose")] if best else []


def _choose(text: str, question: dict[str, Any]) -> tuple[str, int]:
    """The annotators' answer of middle length, and where it stands nearest to the one whose place is known."""
    found = []
    for answer in question["answers"]:
        places = [m.start() for m in re.finditer(re.escape(answer), text)]
        if places:
            found.append((len(answer), answer, min(places, key=lambda p: abs(p - question["start"]))))
    found.sort()
    _, answer, at = found[(len(found) - 1) // 2]
    return answer, at


def _words(text: str) -> tuple[list[str], list[Span]]:
    matches = list(re.finditer(r"\S+", text))
    return [m[0] for m in matches], [m.span() for m in matches]


def _cover(offsets: Sequence[Span], start: int, end: int) -> Span | None:
    """The words that a range of characters touches."""
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
    return (inside[0], inside[-1] + 1) if inside else None


def _neighbours(row: dict[str, Any], pool: Sequence[dict[str, Any]], rng: random.Random) -> tuple[list[str], list[str]]:
    """Paragraphs of other documents for above and below."""
    out: tuple[list[str], list[str]] = ([], [])
    for side in out:
        if rng.random() < 0.25:
            other = rng.choice(pool)
            if other is not row:
                words = other["text"].split()
                side.append(" ".join(words[: rng.randint(30, 120)]))
    return out


def _set_page(
    sheet: Sheet, before: list[str], words: list[str], after: list[str], rng: random.Random
) -> tuple[int, bool]:
    """Set the page; returns the placement index of the paragraph's first word, and whether it has two columns."""
    columns = 2 if rng.random() < 0.25 and len(words) > 60 else 1
    gap = rng.uniform(12, 30)
    width = (sheet.inner - gap * (columns - 1)) / columns
    if columns == 1 and rng.random() < 0.4:
        width *= rng.uniform(0.45, 0.95)
    y = sheet.margin * rng.uniform(0.6, 1.8)
    if rng.random() < 0.3:
        title = " ".join(rng.choice(before + after or [" ".join(words)]).split()[: rng.randint(2, 7)])
        sheet.put(title, sheet.margin, y, sheet.size * rng.uniform(1.2, 2), bold=True)
        y += sheet.size * 3
    elif rng.random() < 0.2:
        sheet.put(f"{rng.randint(1, 300)}", sheet.width - sheet.margin, y, align="right")
        y += sheet.size * 2
    x, top = sheet.margin, y
    indent = rng.choice((0, 0, 1)) * sheet.size * 1.5
    total = sum(len(t.split()) for t in before + after) + len(words)
    turn = total / columns
    start, set_words = 0, 0
    for kind, part in [*(("other", t.split()) for t in before), ("own", words), *(("other", t.split()) for t in after)]:
        if kind == "own":
            start = len(sheet.words)
        cuts = [0, len(part)]
        if columns == 2 and set_words < turn < set_words + len(part):
            cuts.insert(1, int(turn - set_words))
        for i, (a, b) in enumerate(itertools.pairwise(cuts)):
            if i == 1:
                x, y = sheet.margin + width + gap, top
            y = _paragraph(sheet, part[a:b], x, y, width, indent if i == 0 else 0)
        set_words += len(part)
        y += sheet.size * rng.choice((0, 0.5, 1))
    return start, columns == 2


def _paragraph(sheet: Sheet, words: list[str], x: float, y: float, width: float, indent: float) -> float:
    if not words:
        return y
    lines = sheet.wrap(" ".join(words), width)
    for i, line in enumerate(lines):
        sheet.put(line, x + (indent if i == 0 else 0), y)
        y += sheet.line()
    return y
