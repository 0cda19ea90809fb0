"""Who a page is from and to, for who asks for it, by headings that stand alone above the names."""

from __future__ import annotations

import re

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.headed import Headed, headed

__all__ = ["addressed"]

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
    known: list[Headed] | None = features.known.get("headed")
    if known is None:
        known = features.known["headed"] = headed(features.layout, features.texts)
    found = [block for block in known if block.role == asked[0]]
    if len(found) != 1:
        return ()
    if _WHERE.search(text):
        return found[0].address
    return () if any(c.isdigit() for w in found[0].name for c in features.texts[w]) else found[0].name
