# ruff: noqa: E501
"""What a question or a label says: its words without idle ones, abbreviations in full."""

from __future__ import annotations

import re

__all__ = ["telling", "words"]

_IDLE = frozenset(
    ("a", "an", "are", "can", "could", "do", "does", "find", "for", "give", "given", "has", "have", "i", "in", "is", "it", "its", "me", "need",
     "of", "on", "please", "printed", "s", "say", "show", "shown", "stated", "tell", "that", "the", "there", "this", "to", "was", "were", "what",
     "which", "who", "whom", "you", "your", "document", "page", "name")
)  # fmt: skip
"""Words of a question that name nothing."""

_SAME = {
    "no": "number", "nr": "number", "num": "number", "nos": "number", "#": "number", "ref": "reference", "tel": "phone", "telephone": "phone",
    "amt": "amount", "qty": "quantity", "addr": "address", "acct": "account", "inv": "invoice", "dob": "birth", "mail": "email", "e": "",
    "ident": "id", "dept": "department", "max": "maximum", "min": "minimum", "temp": "temperature", "approx": "",
}  # fmt: skip
"""Abbreviations of labels."""

_WORD = re.compile(r"[^\W_]+|#")


def words(text: str) -> list[str]:
    """Cut a text into lower-case words."""
    return _WORD.findall(text.lower())


def telling(text: str) -> frozenset[str]:
    """Give the words that say something, abbreviations in full."""
    found = (_SAME.get(word, word) for word in words(text))
    return frozenset(word for word in found if word and word not in _IDLE)
