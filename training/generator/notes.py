"""Short documents in running text: notices, labels, letters, leaflets, with people, dates and amounts to tell apart.

Written questions about prose come from encyclopedias and reviews; documents speak otherwise. Templates stand in
``notes/*.txt``::

    == Title | Another title
    noun: notice
    The path is closed from {start:date} while {firm:company} repairs {what=the lock wall}.
    ~ A line that is left out in some drawings.
    --
    ? start | From when is it shut?; first day
    ! Who pays for it?
    y Is the path closed?
    n Is the path open?
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

from training.generator.blocks import footer, heading, prose
from training.generator.cards import split_list, value
from training.generator.concepts import CONCEPTS
from training.generator.document import Doc
from training.generator.words import read_all

FOLDER = Path(__file__).parent / "notes"

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)([:=])([^{}]+)\}")


@dataclass
class Template:
    """A short document with places to fill.

    Attributes:
        titles: How it is headed.
        noun: What people call it.
        paragraphs: Lines of each paragraph: whether the line may be left out, and its text.
        questions: Ways to ask for each place.
        refused: Questions that the text never answers.
        yes: Questions that are answered by yes.
        no: By no.
    """

    titles: list[str]
    noun: str = "document"
    paragraphs: list[list[tuple[bool, str]]] = field(default_factory=lambda: [[]])
    questions: dict[str, list[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)


def parse(text: str) -> list[Template]:
    """Read templates."""
    found: list[Template] = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        if line.startswith("== "):
            found.append(Template([t.strip() for t in line[3:].split(" | ")]))
            continue
        note = found[-1]
        if line.startswith("noun:"):
            note.noun = line[5:].strip()
        elif line == "--":
            note.paragraphs.append([])
        elif line.startswith("? "):
            key, questions = line[2:].split(" | ")
            note.questions[key.strip()] = split_list(questions)
        elif line.startswith("! "):
            note.refused += split_list(line[2:])
        elif line.startswith("y "):
            note.yes += split_list(line[2:])
        elif line.startswith("n "):
            note.no += split_list(line[2:])
        else:
            note.paragraphs[-1].append((line.startswith("~ "), line.removeprefix("~ ")))
    return found


@functools.cache
def templates(aside: bool = False) -> tuple[Template, ...]:
    """All templates, in the order of the files' names; with ``aside`` those that are never trained on."""
    return tuple(t for text in read_all(FOLDER, aside) for t in parse(text))


def fill(doc: Doc, text: str, own: bool) -> str:
    """Put values into the places of a line, marked for `prose` where the page's questions are about this text."""

    def one(match: re.Match[str]) -> str:
        shown = match[3].strip() if match[2] == "=" else value(doc, match[3])[0]
        return f"[[note 0 {match[1]}|{shown}]]" if own else shown

    return _SLOT.sub(one, text)


def keys(text: str) -> list[str]:
    """The keys of the places in a line."""
    return [match[1] for match in _SLOT.finditer(text)]


def _set(doc: Doc, note: Template, width: float, x: float, own: bool) -> set[str]:
    """Set the text; give the keys of the lines that were left out."""
    sheet = doc.sheet
    dropped: set[str] = set()
    centred = doc.chance(0.12)
    for paragraph in note.paragraphs:
        kept: list[str] = []
        for optional, text in paragraph:
            if optional and doc.chance(0.35):
                dropped.update(keys(text))
            else:
                kept.append(fill(doc, text, own))
        if not kept:
            continue
        sentences = sum(len(t) > 45 and t.rstrip().endswith((".", "!", "?", ":")) for t in kept) >= 0.6 * len(kept)
        joined = [" ".join(kept)] if sentences and doc.chance(0.9) else kept
        for text in joined:
            if centred:
                prose(doc, text, sheet.margin, sheet.inner, align="center")
            else:
                prose(doc, text, x, width)
        doc.y += sheet.line() * doc.rng.uniform(0.2, 0.9)
    return dropped


def open_questions(doc: Doc, chosen: Template, dropped: set[str]) -> None:
    """Open a template that stands on the page for its questions; those of lines that were left out have no answer."""
    for key, questions in chosen.questions.items():
        fact = doc.facts.get(f"note 0 {key}")
        if fact is not None:
            fact.questions = tuple(questions)
        elif key in dropped:
            doc.refuse("|".join(questions))
    if chosen.refused:
        doc.refuse("|".join(chosen.refused))
    for truth, questions in ((True, chosen.yes), (False, chosen.no)):
        for question in questions:
            doc.yes_no(truth, question, field="note yes/no")


def note(doc: Doc) -> None:
    """A short document of any template, by chance with another beside it that nobody asks about."""
    rng = doc.rng
    chosen = rng.choice(templates(doc.aside))
    doc.noun = chosen.noun
    # What is not there is asked for by the template's own questions only: others might have an answer here.
    doc.cover(*CONCEPTS)
    if doc.chance(0.3):
        side = rng.uniform(280, 460)
        doc.new_page(side, side * rng.uniform(0.6, 1.4))
    sheet = doc.sheet
    width = sheet.inner * rng.choice((1, 1, 1, 0.8, 0.6, 0.5))
    x = sheet.margin + rng.choice((0.0, 0.0, sheet.inner - width))
    other = rng.choice(templates(doc.aside)) if sheet.width > 400 and doc.chance(0.2) else None
    above = doc.chance(0.5)
    if other is not None and other is not chosen and above:
        _set(doc, other, width, x, own=False)
    if doc.chance(0.8):
        heading(doc, rng.choice(chosen.titles), "")
    dropped = _set(doc, chosen, width, x, own=True)
    if other is not None and other is not chosen and not above:
        _set(doc, other, width, x, own=False)
    open_questions(doc, chosen, dropped)
    footer(doc)
