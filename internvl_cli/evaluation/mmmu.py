"""MMMU answers: how a free reply becomes a choice or a value, in the two published conventions.

``internvl`` is what ``eval/mmmu/evaluate_mmmu.py`` of the InternVL repository does (the first of the two published
figures). ``official`` is the parser of the MMMU authors (``eval/eval_utils.py``, commit 51ce7f3e), which searches
harder and, where nothing parses, draws a choice at random. VLMEvalKit's figure (the second) uses its own matching and
an external judge, and cannot be reproduced by a function. Open questions are read the same way in both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

__all__ = ["Value", "open_correct", "parse_choice_internvl", "parse_choice_official", "parse_open"]

Value = str | float


def parse_choice_internvl(reply: str, options: Mapping[str, str]) -> str:
    """Read a choice as the InternVL repository does.

    Args:
        reply: What the model said.
        options: Letter → text of each choice.

    Returns:
        A letter of ``options``; or the reply as it stands, which then counts as wrong.
    """
    reply = reply.strip()
    if len(reply) == 1:
        return reply
    if reply and reply[0] in options:
        return reply[0]
    for letter, text in options.items():
        if text and text in reply:
            return letter
    return reply


def parse_choice_official(reply: str, options: Mapping[str, str], rng: random.Random) -> str:
    """Read a choice as the MMMU authors do: ``(A)``, then ``A`` and a space, then ``A.``, then the text, then chance.

    The first of these that finds anything decides; where it finds several letters, the one whose last mention comes
    last. The option's text is looked for in replies of more than five words only.

    Args:
        reply: What the model said.
        options: Letter → text of each choice.
        rng: Draws a letter where nothing parses.
    """
    for mark in ",.!?;:'":
        reply = reply.strip(mark)
    text = f" {reply} "
    # What finds a letter, and what its place is told by: a letter glued to the word before it counts as found, first.
    for found_by, placed_by in (("({})", "({})"), ("{} ", " {} "), ("{}.", " {} ")):
        found = [letter for letter in options if found_by.format(letter) in text]
        if found:
            return _last(found, [text.rfind(placed_by.format(letter)) for letter in found])
    lowered = text.lower()
    if len(text.split()) > 5 and (found := [letter for letter, word in options.items() if word.lower() in lowered]):
        return _last(found, [lowered.rfind(options[letter].lower()) for letter in found])
    return rng.choice(list(options))


def _last(letters: Sequence[str], places: Sequence[int]) -> str:
    """The letter at the greatest place; the first of several at the same."""
    return letters[places.index(max(places))]


_INDICATORS = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+")
_WITH_COMMAS = re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b")
_PLAIN = re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])")


def _normal(value: str) -> list[Value]:
    """A number rounded to two decimals; else lower-case text, a single letter with a space on either side."""
    value = value.strip()
    try:
        return [round(float(value.replace(",", "")), 2)]
    except ValueError:
        text = value.lower()
        return [f" {text}", f"{text} "] if len(text) == 1 else [text]


def _key_parts(reply: str) -> list[str]:
    """The shortest clause after an indicator ("is", "=", "so" …) in each sentence; the whole reply if there is none.

    The text is in lower case before it is split at capitals, as in the original: only newlines split.
    """
    lowered = reply.strip().strip(".").lower()
    sentences = re.split(r"\.\s(?=[A-Z])|\n", lowered)
    parts = []
    for i, sentence in enumerate(sentences):
        shortest = ""
        for word in (*_INDICATORS, "=") if i == len(sentences) - 1 else _INDICATORS:
            if word in sentence:
                clause = sentence.split(word)[-1].strip()
                if not shortest or len(clause) < len(shortest):
                    shortest = clause
        if shortest and shortest not in {":", ",", ".", "!", "?", ";", "'"}:
            parts.append(shortest)
    return parts or [lowered]


def parse_open(reply: str) -> list[Value]:
    """All values that a free reply can mean: its key clauses and every number in them."""
    parts = _key_parts(reply)
    numbers = [n for part in parts for pattern in (_WITH_COMMAS, _SCIENTIFIC, _PLAIN) for n in pattern.findall(part)]
    values: list[Value] = []
    for item in [*parts, *numbers]:
        values += [value for value in _normal(item) if value not in values]
    return values


def open_correct(values: Sequence[Value], gold: str | Sequence[str]) -> bool:
    """Whether one of the parsed values equals a gold number or contains a gold text."""
    wanted = [value for answer in ([gold] if isinstance(gold, str) else gold) for value in _normal(answer)]
    for value in values:
        for target in wanted:
            if isinstance(target, str) and isinstance(value, str) and target in value:
                return True
            if value == target:
                return True
    return False
