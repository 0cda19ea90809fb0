"""Questions about boxes to tick: which option is ticked, whether one is, which there are."""

from __future__ import annotations

import re

from internvl_cli.reader.columns import sheet_of
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.telling import telling
from internvl_cli.reader.telling import words as cut
from internvl_cli.reader.ticked import Choice, find_choices

__all__ = ["asks_yes_no", "is_ticked", "options", "ticked_option"]

_OPTIONS = re.compile(r"\b(?:options?|choices?|can (?:be|I) (?:ticked?|chosen|choose|selected?))\b", re.IGNORECASE)
"""Asks for all options, ticked or not."""
_TICKING = frozenset(
    ("selected", "ticked", "checked", "marked", "crossed", "chosen", "box", "boxes", "under", "preferred", "next")
)
"""Words about ticking, which no label says."""

OTHER_WORDS = 2
"""A question about boxes has at most so many words beside their label's and those about ticking."""

_YES_NO = re.compile(r"^\W*(?:is|are|was|were|do|does|did|has|have|can|may|will)\b", re.IGNORECASE)


def ticked_option(features: PageFeatures, question: str) -> tuple[int, ...]:
    """Give the ticked option of the boxes whose label the question names; none for a question of yes or no."""
    wanted = telling(question)
    choice = None if _YES_NO.match(question) else _choice(features, question, wanted)
    if choice is None or _OPTIONS.search(question):
        return ()
    named = [telling(" ".join(features.texts[w] for w in words)) for words, _ in choice.options]
    if any(option and option <= wanted for option in named):
        return ()  # "Contact by: post?" asks whether, not which
    return choice.ticked()


def _choice(features: PageFeatures, question: str, wanted: frozenset[str]) -> Choice | None:
    """Find the boxes whose label a question names."""
    known = [(telling(c.label), c) for c in _choices(features) if len(c.options) > 1]
    said = wanted - _TICKING
    named = [(len(t), choice) for t, choice in known if t and t <= said and len(said - t) <= OTHER_WORDS]
    best = max((size for size, _ in named), default=0)
    chosen = [choice for size, choice in named if size == best]
    if len(chosen) != 1:
        return None
    # "Job title" is not asked for by "Title": a word right before the label belongs to another one.
    others = said - telling(chosen[0].label)
    first = next(iter(cut(chosen[0].label)), "")
    before = (rf"\b{re.escape(other)}\s+{re.escape(first)}\b" for other in others)
    return None if any(re.search(pattern, question.lower()) for pattern in before) else chosen[0]


def _choices(features: PageFeatures) -> list[Choice]:
    known: list[Choice] | None = features.known.get("choices")
    if known is None:
        known = features.known["choices"] = find_choices(sheet_of(features))
    return known


def is_ticked(features: PageFeatures, question: str) -> tuple[bool, tuple[int, ...]] | None:
    """Say whether the box is ticked whose option a question of yes or no names, and give the option's words.

    Returns:
        None where the question names no option, or several that differ, or where the page's boxes are all alike.
    """
    # All alike, they are the bullets of a list, or nobody has filled the form in.
    choices = _choices(features)
    if {on for choice in choices for _, on in choice.options} != {True, False}:
        return None
    wanted = telling(question)
    best: list[tuple[int, bool, tuple[int, ...]]] = []
    for choice in choices:
        label = telling(choice.label)
        named = bool(label) and label <= wanted
        for words, on in choice.options:
            option = telling(" ".join(features.texts[w] for w in words))
            # One word of an option stands in many questions; with its label, or as a statement, it is meant.
            statement = len(choice.options) == 1 and len(words) > 1
            if option and option <= wanted and (named or statement or len(option) > 1):
                best.append((len(option) + (len(label) if named else 0), on, words))
    size = max((s for s, _, _ in best), default=0)
    states = {(on, words) for s, on, words in best if s == size}
    if len({on for on, _ in states}) != 1:
        return None
    return min(states, key=lambda state: state[1])


def asks_yes_no(question: str) -> bool:
    """Say whether a question begins as those of yes and no do, or is an option with its label ("Size: large?")."""
    return _YES_NO.match(question) is not None or re.fullmatch(r"[^:?]+: [^:?]+\?", question.strip()) is not None


def options(features: PageFeatures, question: str) -> list[tuple[int, ...]]:
    """Give the words of all options behind a label, where a question asks which there are; else none."""
    if not _OPTIONS.search(question):
        return []
    choice = _choice(features, question, telling(_OPTIONS.sub("", question)))
    return [words for words, _ in choice.options if words] if choice is not None else []
