"""Small printed papers whose facts mostly have no label: tags, passes, posters, signs, letterheads, price cards.

On a card a label says what a value is. Here a large line at the top is the answer itself, two parties have an address
each, and a number is known by its looks. Templates stand in ``slips/*.txt``, whole pages in ``pages/*.txt``, in
the format of `training.generator.notes` with marks for how a line is set::

    # {hotel:choice Park View Lodge/The Anchor Inn}        very large; ## large; < small print
    {service=PRIORITY} || ## {room:code R-999}             parts of one line: left, middle, right
    {home:address}                                         alone in its line: as many lines as the address has
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from training.generator.blocks import footer, heading, prose, strip
from training.generator.concepts import CONCEPTS
from training.generator.document import Doc
from training.generator.notes import Template, fill, keys, open_questions, parse
from training.generator.words import read_all

FOLDER = Path(__file__).parent / "slips"
PAGES = Path(__file__).parent / "pages"

_ADDRESS = re.compile(r"\{([a-z][a-z0-9_]*):address\}")

Line = tuple[str, str]
"""How a line is set (``#``, ``##``, ``<`` or nothing), and its text."""


@functools.cache
def templates(aside: bool = False) -> tuple[Template, ...]:
    """All templates, in the order of the files' names; with ``aside`` those that are never trained on."""
    return tuple(t for text in read_all(FOLDER, aside) for t in parse(text))


@functools.cache
def pages() -> tuple[Template, ...]:
    """Whole pages in the same format: letters, agreements, bills and forms with all that they carry."""
    return tuple(t for text in read_all(PAGES) for t in parse(text))


def _marked(text: str) -> Line:
    """Cut the mark off a line."""
    for mark in ("##", "#", "<"):
        if text.startswith(mark + " "):
            return mark, text[len(mark) + 1 :].strip()
    return "", text.strip()


class _Setter:
    """Sets the lines of one slip in a style of its own."""

    def __init__(self, doc: Doc, own: bool, x: float, width: float) -> None:
        rng = doc.rng
        self.doc, self.own, self.x, self.width = doc, own, x, width
        self.dropped: set[str] = set()
        self.align = rng.choices(("left", "center", "right"), (0.66, 0.3, 0.04))[0]
        self.head_align = self.align if doc.chance(0.7) else doc.pick("left|center|right")
        self.scale = {"#": rng.uniform(1.5, 2.7), "##": rng.uniform(1.1, 1.6), "<": rng.uniform(0.6, 0.9), "": 1.0}
        self.bold = {"#": doc.chance(0.7), "##": doc.chance(0.7), "<": False, "": doc.chance(0.08)}
        self.upper = doc.chance(0.2)
        self.indent = doc.sheet.size * rng.choice((0, 0, 0, 1, 1.5))
        self.lead = rng.uniform(1.0, 1.25)

    def _text(self, mark: str, text: str) -> str:
        """Fill a line in; headings come in capitals on some slips."""
        filled = fill(self.doc, text, self.own)
        if mark != "#" or not self.upper:
            return filled
        return re.sub(r"\[\[([^|]*)\|", lambda m: m[0].lower(), filled.upper())

    def _put(self, mark: str, text: str, x: float, y: float, width: float, align: str) -> float:
        """Set a text that may wrap; give the y below."""
        size = self.doc.sheet.size * self.scale[mark]
        count = max(1, len(self.doc.sheet.wrap(strip(text), width, size, self.bold[mark])))
        prose(self.doc, text, x, width, y, size=size, bold=self.bold[mark], align=align)
        return y + count * size * self.doc.sheet.leading * self.lead

    def _address(self, key: str, x: float, y: float, width: float, align: str) -> float:
        """Set an address in lines of its own."""
        doc, sheet = self.doc, self.doc.sheet
        lines = doc.rng.choice(doc.pool.addresses)
        first = len(sheet.words)
        offset = {"left": 0.0, "center": width / 2, "right": width}[align]
        for line in lines:
            for part in sheet.wrap(line, width):
                sheet.put(part, x + offset, y, align=align)
                y += sheet.line() * self.lead
        if self.own:
            doc.fact(f"note 0 {key}", (first, len(sheet.words)), ", ".join(lines), (" ".join(lines),))
        return y

    def line(self, raw: str, x: float, y: float, width: float) -> float:
        """Set one line of a template; give the y below."""
        parts = [_marked(part) for part in raw.split(" || ")]
        if len(parts) == 1:
            mark, text = parts[0]
            align = self.head_align if mark == "#" else self.align
            alone = _ADDRESS.fullmatch(text)
            if alone and not mark:
                return self._address(alone[1], x + self.indent, y, width - self.indent, align)
            return self._put(mark, self._text(mark, text), x, y, width, align)
        filled = [(mark, self._text(mark, text)) for mark, text in parts]
        sheet = self.doc.sheet
        need = sum(sheet.measure(strip(t), sheet.size * self.scale[m], self.bold[m]) for m, t in filled)
        if need + sheet.size * 1.5 * (len(filled) - 1) > width:
            for mark, text in filled:
                y = self._put(mark, text, x, y, width, self.align)
            return y
        aligns = ("left", "right") if len(filled) == 2 else ("left", "center", "right")
        tallest = max(self.scale[m] for m, _ in filled) * sheet.size
        below = y
        for (mark, text), align in zip(filled, aligns, strict=False):
            drop = (tallest - self.scale[mark] * sheet.size) * 0.95  # on one base line
            below = max(below, self._put(mark, text, x, y + drop, width, align))
        return below

    def block(self, lines: list[str], x: float, y: float, width: float) -> float:
        """Set a block; give the y below."""
        for line in lines:
            y = self.line(line, x, y, width)
        return y

    def all(self, note: Template) -> None:
        """Set the whole slip from ``doc.y`` on, some neighbouring blocks side by side."""
        doc = self.doc
        blocks: list[list[str]] = []
        for paragraph in note.paragraphs:
            kept = []
            for optional, text in paragraph:
                if optional and doc.chance(0.35):
                    self.dropped.update(keys(text))
                else:
                    kept.append(text)
            if kept:
                blocks.append(kept)
        at = 0
        while at < len(blocks):
            pair = blocks[at : at + 2]
            if len(pair) == 2 and all(map(_narrow, pair)) and doc.chance(0.35):
                half = self.width * 0.48
                low = [self.block(b, self.x + i * (self.width - half), doc.y, half) for i, b in enumerate(pair)]
                doc.y, at = max(low), at + 2
            else:
                doc.y, at = self.block(blocks[at], self.x, doc.y, self.width), at + 1
            doc.y += doc.sheet.line() * doc.rng.uniform(0.2, 1.1)


def _narrow(lines: list[str]) -> bool:
    """Whether a block may stand in half the width: no parts, nothing large, no sentences."""
    return len(lines) <= 6 and not any(" || " in line or line.startswith(("#", "<")) for line in lines)


def slip(doc: Doc) -> None:
    """A slip of any template: on paper of its own size, or as a part of a page."""
    rng = doc.rng
    chosen = rng.choice(templates(doc.aside))
    doc.noun = chosen.noun
    # What is not there is asked for by the template's own questions only: others might have an answer here.
    doc.cover(*CONCEPTS)
    small = doc.chance(0.65)
    if small:
        width = rng.uniform(210, 440)
        doc.new_page(width, width * rng.uniform(0.5, 1.7))
        doc.sheet.size = width / rng.uniform(24, 38)
        doc.sheet.margin = width * rng.uniform(0.03, 0.09)
    sheet = doc.sheet
    width = sheet.inner if small else sheet.inner * rng.choice((1, 0.8, 0.6, 0.5))
    x = sheet.margin + rng.choice((0.0, 0.0, sheet.inner - width))
    other = rng.choice(templates(doc.aside)) if not small and doc.chance(0.25) else None
    before = doc.chance(0.5)
    if other is not None and other is not chosen and before:
        _Setter(doc, False, x, width).all(other)
    if doc.chance(0.4):
        heading(doc, rng.choice(chosen.titles), "", scale=rng.uniform(0.9, 1.8))
    setter = _Setter(doc, True, x, width)
    setter.all(chosen)
    if other is not None and other is not chosen and not before:
        _Setter(doc, False, x, width).all(other)
    open_questions(doc, chosen, setter.dropped)
    footer(doc)


def page(doc: Doc) -> None:
    """A whole page of any template: many facts of one kind, which the question's meaning alone tells apart."""
    rng = doc.rng
    chosen = rng.choice(pages())
    doc.noun = chosen.noun
    doc.cover(*CONCEPTS)
    doc.new_page(rng.uniform(560, 640), rng.uniform(780, 900))
    doc.sheet.size = doc.sheet.width / rng.uniform(56, 76)
    if doc.chance(0.4):
        heading(doc, rng.choice(chosen.titles), "", scale=rng.uniform(1.1, 1.8))
    setter = _Setter(doc, True, doc.sheet.margin, doc.sheet.inner)
    setter.all(chosen)
    open_questions(doc, chosen, setter.dropped)
    footer(doc)
