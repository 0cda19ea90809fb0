"""Which pages match a question best: BM25 over the words of their text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

__all__ = ["rank_pages"]

K1, B = 1.5, 0.75
"""Saturation of a word's count, and how much a page's length weighs: the usual values (Robertson and Zaragoza 2009)."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
"""A word, or a single Chinese, Japanese or Korean character, because those scripts write no spaces."""


def rank_pages(question: str, texts: Sequence[str]) -> list[float]:
    """Score every page's text against a question; 0 where they have no word in common.

    Args:
        question: As the user wrote it.
        texts: One per page.
    """
    pages = [Counter(_words(text)) for text in texts]
    lengths = [sum(page.values()) for page in pages]
    usual = sum(lengths) / len(lengths) if any(lengths) else 1.0
    scores = [0.0] * len(pages)
    for word in set(_words(question)):
        holding = sum(word in page for page in pages)
        rarity = math.log(1 + (len(pages) - holding + 0.5) / (holding + 0.5))
        for index, (page, length) in enumerate(zip(pages, lengths, strict=True)):
            if count := page[word]:
                scores[index] += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * length / usual))
    return scores


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
