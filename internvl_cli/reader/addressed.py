"""Who a page is from and to, by headings that stand alone above the names: envelopes, labels, delivery notes, faxes."""

from __future__ import annotations

import re

import numpy as np

from internvl_cli.reader.describe.parties import RECIPIENT, SENDER
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.layout import Layout

__all__ = ["addressed"]

_HEADINGS = {
    "sender": re.compile(rf"{SENDER}|ship(?:ped)? from|sent by|von / from"),
    "recipient": re.compile(rf"{RECIPIENT}|(?:ship(?:ped)?|deliver(?:ed)?|sen[dt]|consigned?) to"),
}
_ASKED = {
    "sender": re.compile(
        r"\bsender\b|\bwho (?:sent|sends|posted|mailed|shipped|dispatched)\b|\breturn address\b|\bfrom whom\b|"
        r"\bwhere (?:was|is|does|did) it (?:sent|come|shipped|posted) from\b|\bsent (?:by|from)\b"
    ),
    "recipient": re.compile(
        r"\brecipient\b|\baddressee\b|\bwho (?:gets|receives|received|is it for)\b|\bto whom\b|\bdelivery address\b|"
        r"\bwhere (?:is|does) \S+(?: \S+)? (?:going|go|sent to|delivered|shipped to)\b|\bto (?:which|what) address\b"
    ),
}
_WHERE = re.compile(r"\baddress\b|\bwhere\b(?!.*\bname\b)|\blives?\b")

NEAR = 1.5
"""White between a heading and the name under it, at most, in heights of the larger one."""

INDENT = 4.0
"""How far right of a short heading the name may begin, in heights of the heading."""

LINES = 6
"""Longest block under a heading: a name and an address."""


def _under(layout: Layout, heading: int) -> int:
    """Find the segment that stands next under a heading, perhaps a little farther in; -1 where there is none."""
    left, top, right, bottom = layout.segment_box.T
    height = bottom - top
    room = top - bottom[heading]
    near = (room > -0.5 * height[heading]) & (room <= NEAR * np.maximum(height, height[heading]))
    near &= (left >= left[heading] - height[heading]) & (left <= right[heading] + INDENT * height[heading])
    near[heading] = False
    places = np.flatnonzero(near)
    return int(places[np.argmin(top[places])]) if len(places) else -1


def _blocks(features: PageFeatures) -> dict[str, list[list[list[int]]]]:
    """Find the lines of words under each heading, by role; made once."""
    known: dict[str, list[list[list[int]]]] | None = features.known.get("addressed")
    if known is not None:
        return known
    layout, texts = features.layout, features.texts
    roles: dict[int, str] = {}
    for segment, words in enumerate(layout.segment_words):
        said = " ".join(texts[w] for w in words).strip(" :.").lower()
        for role, pattern in _HEADINGS.items():
            if pattern.fullmatch(said):
                roles[segment] = role
    found: dict[str, list[list[list[int]]]] = {}
    for segment, role in roles.items():
        lines: list[list[int]] = []
        below = _under(layout, segment)
        while below >= 0 and below not in roles and len(lines) < LINES:
            lines.append(layout.segment_words[below])
            below = int(layout.below[below])
        if lines:
            found.setdefault(role, []).append(lines)
    features.known["addressed"] = found
    return found


def addressed(features: PageFeatures, question: str) -> tuple[int, ...]:
    """Find the sender or the recipient that a question asks for, or the address.

    Returns:
        The words of the name, or of the lines under it; none where the question asks for something else, or where no
        heading says so, or several.
    """
    text = question.lower()
    asked = [role for role, pattern in _ASKED.items() if pattern.search(text)]
    if len(asked) != 1:
        return ()
    blocks = _blocks(features).get(asked[0], [])
    if len(blocks) != 1:
        return ()
    name, *address = blocks[0]
    if _WHERE.search(text):
        return tuple(w for line in address for w in line)
    return () if any(c.isdigit() for w in name for c in features.texts[w]) else tuple(name)
