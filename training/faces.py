"""Widths of characters in typical typefaces, enough to place words as a real page does."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Advance widths of Helvetica in thousandths of the text size (Adobe Font Metrics of the PDF base fonts).
_GROUPS = {
    191: "'",
    222: "ijl",
    278: "!,./:;I[]ft| \\",
    333: "()-r`{}",
    355: '"',
    389: "*",
    500: "Jckszvxy",
    556: "#$0123456789?L_abdeghnopqu€£",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—",
    1015: "@",
}
_WIDTH = {c: w / 1000 for w, group in _GROUPS.items() for c in group}
_DEFAULT = 0.556
_DESCENDERS = frozenset("gjpqy,;()[]{}|@$Q")
_LOW = frozenset("acegmnopqrsuvwxyz.,:;-–—_~")


@dataclass(frozen=True)
class Face:
    """A typeface.

    Attributes:
        name: ``sans``, ``serif``, ``mono`` or ``narrow``: what `training.draw` draws it with.
        scale: Factor on the widths of Helvetica.
        fixed: Width of every character where the face is monospaced.
        space: Width of a space.
    """

    name: str = "sans"
    scale: float = 1.0
    fixed: float = 0.0
    space: float = 0.278

    def width(self, text: str, bold: bool = False) -> float:
        """Width of a text without spaces at size 1."""
        if self.fixed:
            return self.fixed * len(text)
        total = 0.0
        for c in text:
            total += _WIDTH.get(c, _DEFAULT)
        return total * self.scale * (1.07 if bold else 1.0)

    @staticmethod
    def extent(text: str) -> tuple[float, float]:
        """Ink above and below the baseline at size 1."""
        top = 0.54 if all(c in _LOW for c in text) else 0.74
        return top, 0.21 if any(c in _DESCENDERS for c in text) else 0.01


FACES = (
    (Face(), 6),
    (Face("serif", 0.93, space=0.25), 4),
    (Face("narrow", 0.82, space=0.23), 1),
    (Face("sans", 1.08, space=0.32), 2),
    (Face("mono", fixed=0.6, space=0.6), 1),
)
"""Typefaces with weights."""


def pick_face(rng: random.Random) -> Face:
    """A random typeface."""
    return rng.choices([f for f, _ in FACES], [w for _, w in FACES])[0]
