"""How answers are compared: exact after normalising, and F1 over words as SQuAD counts it."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_CURRENCY = re.compile(r"[$€£¥₹]|\b(?:rm|usd|eur|gbp|myr|sgd)\b")


def normalise(text: str) -> str:
    """Lower-case; no currency, thousands separators, punctuation at the edges; one space between words."""
    text = _CURRENCY.sub(" ", text.lower().replace("’", "'").replace("–", "-").replace("−", "-"))
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return " ".join(word.strip(".,;:()[]'\"") for word in text.split()).strip()


def _number(text: str) -> Decimal | None:
    bare = re.sub(r"[^\d.\-]", "", text)
    try:
        return Decimal(bare) if re.search(r"\d", text) and not re.search(r"[a-z/:]", text) else None
    except InvalidOperation:
        return None


def exact(answer: str, gold: Sequence[str]) -> bool:
    """Say whether an answer is one of the right ones; numbers are compared as numbers, lists in any order."""
    given = normalise(answer)
    for right in map(normalise, gold):
        if given == right or given.replace(" ", "") == right.replace(" ", ""):
            return True
        one, other = _number(given), _number(right)
        if one is not None and one == other:
            return True
        if ", " in answer and sorted(map(normalise, answer.split(", "))) == sorted(right.split(", ")):
            return True
    return any(
        sorted(filter(None, map(normalise, answer.split(",")))) == sorted(filter(None, map(normalise, g.split(","))))
        for g in gold
        if "," in g
    )


def _squad(text: str) -> list[str]:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return _ARTICLES.sub(" ", text).split()


def f1(answer: str, gold: Sequence[str]) -> float:
    """F1 over words, against the best of the right answers."""
    best = 0.0
    given = Counter(_squad(answer))
    for right in gold:
        target = Counter(_squad(right))
        same = sum((given & target).values())
        if same:
            precision, recall = same / sum(given.values()), same / sum(target.values())
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def squad_exact(answer: str, gold: Sequence[str]) -> bool:
    """Exact match as SQuAD counts it."""
    return any(_squad(answer) == _squad(right) for right in gold)
