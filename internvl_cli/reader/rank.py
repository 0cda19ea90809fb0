"""Which pages to read: BM25 over their words, when there are more than can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["rank_pages"]

_TOKEN = re.compile(r"\w+")


def _tokens(text: str) -> list[str]:
    """Lower-cased words without plural endings."""
    return [t[:-1] if len(t) > 3 and t.endswith("s") else t for t in _TOKEN.findall(text.lower())]


def rank_pages(question: str, pages: Sequence[Sequence[str]], keep: int) -> list[int]:
    """Choose the pages most like the question.

    Args:
        question: As the user wrote it.
        pages: The words of each page.
        keep: Most pages to keep.

    Returns:
        Indices of the chosen pages, in reading order. Pages without words are never chosen.
    """
    filled = [i for i, words in enumerate(pages) if words]
    if len(filled) <= keep:
        return filled
    from rank_bm25 import BM25Plus

    # Plus, not Okapi: Okapi's weights turn negative for words that stand on most pages.
    index = BM25Plus([_tokens(" ".join(pages[i])) or ["-"] for i in filled])
    scores = index.get_scores(_tokens(question))
    best = sorted(range(len(filled)), key=lambda i: (-float(scores[i]), i))[:keep]
    return sorted(filled[i] for i in best)
