"""Names and addresses under headings that stand alone: "FROM" and "TO" on envelopes, labels, delivery notes, faxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from internvl_cli.reader.layout import Layout
from internvl_cli.reader.spelling import mend

__all__ = ["RECIPIENT", "SENDER", "Headed", "headed"]

SENDER = "from|sender|shipper|consignor|return address|absender|von|expéditeur"
"""Labels that give the sender, wherever they stand."""

RECIPIENT = "to|recipient|addressee|consignee|delivery address|an|empfänger|destinataire"
"""Labels that give the recipient, wherever they stand."""

_HEADINGS = {
    "sender": re.compile(rf"{SENDER}|ship(?:ped)? from|sent by|von / from"),
    "recipient": re.compile(rf"{RECIPIENT}|(?:ship(?:ped)?|deliver(?:ed)?|sen[dt]|consigned?) to"),
}
_WORDS = f"{SENDER}|{RECIPIENT}".split("|")

NEAR = 1.5
"""White between a heading and the name under it, at most, in heights of the larger one."""

INDENT = 4.0
"""How far right of a short heading the name may begin, in heights of the heading."""

LINES = 6
"""Longest block under a heading: a name and an address."""


@dataclass(frozen=True, slots=True)
class Headed:
    """What stands under a heading.

    Attributes:
        role: ``sender`` or ``recipient``.
        heading: Its words.
        name: Words of the first line.
        address: Words of the lines under it.
    """

    role: str
    heading: tuple[int, ...]
    name: tuple[int, ...]
    address: tuple[int, ...]


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


def headed(layout: Layout, texts: Sequence[str]) -> list[Headed]:
    """Find what stands under the headings of a page.

    Args:
        layout: Of the page.
        texts: Its words.
    """
    roles: dict[int, str] = {}
    for segment, words in enumerate(layout.segment_words):
        said = " ".join(texts[w] for w in words).strip(" :.").lower()
        said = mend(said, _WORDS) or said
        for role, pattern in _HEADINGS.items():
            if pattern.fullmatch(said):
                roles[segment] = role
    found: list[Headed] = []
    for segment, role in roles.items():
        lines: list[list[int]] = []
        below = _under(layout, segment)
        while below >= 0 and below not in roles and len(lines) < LINES:
            lines.append(layout.segment_words[below])
            below = int(layout.below[below])
        if lines:
            address = tuple(w for line in lines[1:] for w in line)
            found.append(Headed(role, tuple(layout.segment_words[segment]), tuple(lines[0]), address))
    return found
