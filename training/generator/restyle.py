"""How a person types a question."""

from __future__ import annotations

import random
import re

_KEYS = {
    "a": "s",
    "e": "r",
    "i": "o",
    "o": "p",
    "t": "r",
    "n": "m",
    "s": "d",
    "r": "t",
    "l": "k",
    "h": "j",
    "u": "i",
    "c": "v",
}
_OPENERS = (
    "Please tell me: ",
    "According to the document, ",
    "Can you tell me ",
    "I need to know: ",
    "Quick question: ",
    "Tell me, ",
)
_PLAIN_DO = ("What's", "Who's", "When's", "Where's")


def restyle(question: str, rng: random.Random) -> str:
    """The same question, terse, in lower case, with a typo or an opener, by chance."""
    question = re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", " ".join(question.split()))
    draw = rng.random()
    if draw < 0.05 and question.endswith("?"):
        opener = rng.choice(_OPENERS)
        question = opener + question[0].lower() + question[1:]
    elif draw < 0.1:
        for long, short in (
            ("What is ", "What's "),
            ("Who is ", "Who's "),
            ("When is ", "When's "),
            ("Where is ", "Where's "),
        ):
            if question.startswith(long):
                question = short + question[len(long) :]
    if rng.random() < 0.22:
        question = question.lower()
    elif question[:1].islower() and rng.random() < 0.5:
        question = question[0].upper() + question[1:]
    draw = rng.random()
    if draw < 0.15:
        question = question.rstrip("?.")
    elif draw < 0.2 and not question.endswith(("?", ".")):
        question += "?"
    return typo(question, rng) if rng.random() < 0.04 else question


def typo(text: str, rng: random.Random) -> str:
    """One letter swapped, doubled, lost or replaced by its neighbour, in a longer lower-case word."""
    words = text.split()
    spots = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha() and w.islower()]
    if not spots:
        return text
    i = rng.choice(spots)
    word = words[i]
    k = rng.randrange(1, len(word) - 1)
    change = rng.randrange(4)
    if change == 0:
        word = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    elif change == 1:
        word = word[:k] + word[k] + word[k:]
    elif change == 2:
        word = word[:k] + word[k + 1 :]
    else:
        word = word[:k] + _KEYS.get(word[k], word[k]) + word[k + 1 :]
    words[i] = word
    return " ".join(words)
