"""WordPiece as BERT does it (uncased), one word at a time.

The ``tokenizers`` package would do the same; its import alone costs more than reading a page with this.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

__all__ = ["CLS", "MASK", "MAX_PIECES", "PAD", "SEP", "UNK", "WordPiece"]

PAD, UNK, CLS, SEP, MASK = 0, 100, 101, 102, 103
"""Ids of the special pieces in BERT's uncased vocabulary."""

MAX_PIECES = 5
"""Most pieces of a word that go in (the first four and the last): long numbers would eat the window otherwise."""


def _is_punctuation(char: str) -> bool:
    code = ord(char)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(char).startswith("P")


class WordPiece:
    """Cuts words into pieces of a vocabulary; remembers every word it has cut.

    Args:
        vocabulary: ``vocab.txt``: one piece a line, the line number is the id.
    """

    def __init__(self, vocabulary: Path) -> None:
        pieces = vocabulary.read_text(encoding="utf-8").split("\n")
        self._ids = {piece: index for index, piece in enumerate(pieces) if piece}
        self._cache: dict[str, tuple[int, ...]] = {}

    def word(self, text: str) -> tuple[int, ...]:
        """Give the piece ids of one word (no spaces inside): at least one, at most ``MAX_PIECES``."""
        found = self._cache.get(text)
        if found is None:
            pieces = [piece for part in self._parts(text) for piece in self._greedy(part)] or [UNK]
            if len(pieces) > MAX_PIECES:
                pieces = [*pieces[: MAX_PIECES - 1], pieces[-1]]
            found = tuple(pieces)
            if len(self._cache) > 200_000:
                self._cache.clear()
            self._cache[text] = found
        return found

    @staticmethod
    def _parts(text: str) -> list[str]:
        """Lower-case, strip accents, split at punctuation."""
        lowered = text.lower()
        if not lowered.isascii():
            lowered = "".join(c for c in unicodedata.normalize("NFD", lowered) if unicodedata.category(c) != "Mn")
        parts: list[str] = []
        fresh = True
        for char in lowered:
            if char.isspace() or unicodedata.category(char) in ("Cc", "Cf"):
                fresh = True
            elif _is_punctuation(char):
                parts.append(char)
                fresh = True
            elif fresh:
                parts.append(char)
                fresh = False
            else:
                parts[-1] += char
        return parts

    def _greedy(self, part: str) -> list[int]:
        """Longest match first; a part that can't be cut is one unknown piece."""
        if len(part) > 100:
            return [UNK]
        ids = self._ids
        pieces: list[int] = []
        start = 0
        while start < len(part):
            end = len(part)
            while end > start:
                found = ids.get(part[start:end] if start == 0 else "##" + part[start:end])
                if found is not None:
                    break
                end -= 1
            else:
                return [UNK]
            assert found is not None
            pieces.append(found)
            start = end
        return pieces
