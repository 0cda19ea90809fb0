# ruff: noqa: E501
"""Parts that many families share: headings, running text that carries facts, things side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from training.generator.document import Doc
from training.sample import Span

_MARK = re.compile(r"\[\[([^|\]]*)\|([^\]]*)\]\]")


def heading(doc: Doc, text: str, concept: str = "title", scale: float = 0, align: str = "") -> None:
    """Set a title."""
    if not text:
        return
    size = doc.sheet.size * (scale or doc.rng.uniform(1.3, 2.4))
    align = align or doc.pick("left|left|left|center")
    if doc.chance(0.2):
        text = text.upper()
    span, doc.y = doc.sheet.block(text, doc.sheet.margin, doc.y, doc.sheet.inner, size, doc.chance(0.7), align)
    if concept:
        doc.fact(concept, span, text)
    doc.y += size * doc.rng.uniform(0.2, 0.9)


def section(doc: Doc, text: str) -> None:
    """Set a small heading inside the page."""
    doc.y += doc.sheet.size * doc.rng.uniform(0.3, 0.9)
    doc.put(text, doc.sheet.margin, doc.y, size=doc.sheet.size * doc.rng.uniform(1, 1.25), bold=doc.chance(0.8))
    doc.y += doc.sheet.line() * doc.rng.uniform(1.1, 1.5)


def beside(doc: Doc, *parts: Callable[[float, float, float], float]) -> None:
    """Set parts next to each other; each gets (x, y, width) and returns the y below it."""
    share = doc.sheet.inner / len(parts)
    lowest = doc.y
    for i, part in enumerate(parts):
        lowest = max(lowest, part(doc.sheet.margin + i * share, doc.y, share * 0.92))
    doc.y = lowest


def strip(text: str) -> str:
    """A marked text without its marks."""
    return _MARK.sub(r"\2", text)


def prose(
    doc: Doc, text: str, x: float | None = None, width: float | None = None, y: float | None = None, **how: object
) -> dict[str, Span]:
    """Set a paragraph with marked facts: ``on [[due_date|3 May 2024]]``.

    A mark that begins with # is no concept: its words are returned under that name.
    """
    plain, marks = "", []
    last = 0
    for match in _MARK.finditer(text):
        plain += text[last : match.start()]
        marks.append((match[1], len(plain), len(plain) + len(match[2]), match[2]))
        plain += match[2]
        last = match.end()
    plain += text[last:]
    offsets = [m.span() for m in re.finditer(r"\S+", plain)]
    top = doc.y if y is None else y
    (start, _), below = doc.sheet.block(
        plain,
        doc.sheet.margin if x is None else x,
        top,
        width or doc.sheet.inner,
        **how,  # type: ignore[arg-type]
    )
    if y is None:
        doc.y = below
    found: dict[str, Span] = {}
    doc.marked = {name: value for name, _, _, value in marks}
    for name, a, b, value in marks:
        inside = [i for i, (c, d) in enumerate(offsets) if c < b and d > a]
        if not inside:
            continue
        span = (start + inside[0], start + inside[-1] + 1)
        if name.startswith("#"):
            found.setdefault(name, span)
        else:
            doc.fact(name, span, value)
    return found


def paragraphs(doc: Doc, texts: Sequence[str], width: float | None = None, gap: float = 0.5) -> None:
    """Set marked paragraphs one below the other."""
    for text in texts:
        prose(doc, text, width=width)
        doc.y += doc.sheet.line() * gap


FILLERS = (
    "Please keep this document in a safe place.", "If anything is unclear, we are happy to help.", "All information without guarantee.",
    "This document was created electronically and is valid without a signature.", "Subject to change without notice.",
    "Page 1 of 1", "Page 1 of 2", "Confidential", "For internal use only", "Please turn over", "Copy", "Original",
    "We reserve the right to make changes.", "Errors and omissions excepted.", "Printed on recycled paper.",
)  # fmt: skip


def footer(doc: Doc) -> None:
    """A line at the foot, by chance."""
    if doc.chance(0.35):
        doc.gap(1)
        doc.put(doc.pick(FILLERS), doc.sheet.margin, doc.y, size=doc.sheet.size * 0.8)
        doc.y += doc.sheet.line()


_BOILERPLATE = (
    "Our general terms and conditions apply, which you can read at our offices or on request.",
    "Complaints can only be accepted if they are made in writing and without delay.",
    "The place of performance and jurisdiction is the registered office of the company.",
    "Title to the goods passes only when all claims have been met.",
    "We accept no liability for damage caused by improper use.",
    "Data are stored and processed in accordance with the law.",
    "If you have received this document in error, please destroy it and let us know.",
    "No part of this document may be copied without permission.",
    "The figures given here have been checked with care, yet we cannot rule out mistakes.",
    "Where words are used in the singular they include the plural.",
    "Any use beyond the purpose for which it was issued is not allowed.",
    "Rounding may lead to small differences between the sum of the parts and the whole.",
    "Please check all details and tell us at once if something is not right.",
    "Headings are for convenience only and do not affect the meaning.",
    "A list of our partners can be found on our notice board.",
    "Nothing in these conditions limits your rights as a consumer.",
    "Written agreements take precedence over these conditions.",
    "We do everything we can to protect the environment, and print only what is needed.",
    "Delays caused by strikes, bad weather or other events beyond our control give no right to compensation.",
    "The customer may only offset claims that are undisputed.",
    "Should individual provisions be invalid, the others remain in force.",
    "Further information is given in the leaflet that you received with your first letter.",
    "This page was left partly empty on purpose.",
    "Staff are not allowed to make promises that differ from these terms.",
    "The English text alone is binding; translations are made for information.",
    "We thank all those who have helped us with their advice.",
)


def clutter(doc: Doc) -> None:
    """Set small print at the foot, or a running head, that answers nothing: real pages are full of it."""
    sheet = doc.sheet
    bottom = max((b[3] for b in sheet.boxes), default=doc.y)
    size = sheet.size * doc.rng.uniform(0.6, 0.9)
    y = max(bottom, doc.y) + sheet.size * doc.rng.uniform(0.5, 3)
    texts = doc.rng.sample(_BOILERPLATE, doc.rng.randint(2, 14))
    columns = doc.rng.choice((1, 1, 2, 3))
    per = (len(texts) + columns - 1) // columns
    width = sheet.inner / columns
    for c in range(columns):
        part = " ".join(texts[c * per : (c + 1) * per])
        if part:
            sheet.block(part, sheet.margin + c * width, y, width * 0.94, size)
    if doc.chance(0.3):
        code = "".join(str(doc.rng.randrange(10)) for _ in range(doc.rng.randint(6, 14)))
        sheet.put(f"*{code}*", sheet.width - sheet.margin, y - size * 1.4, size, align="right")
