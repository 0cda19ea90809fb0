"""Which pages to read: BM25 over their words, when there are more than can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["rank_pages", "score_pages"]

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
"""A word, or a single Chinese, Japanese or Korean character, because those scripts write no spaces."""


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
    scores = score_pages(question, pages)
    return sorted(sorted(filled, key=lambda i: (-scores[i], i))[:keep])


def score_pages(question: str, pages: Sequence[Sequence[str]]) -> list[float]:
    """Score every page against a question: 0 without words, and for all where none of them says a word of it.

    Args:
        question: As the user wrote it.
        pages: The words of each page.
    """
    from rank_bm25 import BM25Plus

    scores = [0.0] * len(pages)
    if filled := [i for i, words in enumerate(pages) if words]:
        # Plus, not Okapi: Okapi's weights turn negative for words that stand on most pages.
        index = BM25Plus([_tokens(" ".join(pages[i])) or ["-"] for i in filled])
        for i, score in zip(filled, index.get_scores(_tokens(question)), strict=True):
            scores[i] = float(score)
    return scores
