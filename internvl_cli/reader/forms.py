"""A question is asked in two forms, and their scores averaged: what the network merely guesses differs between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from internvl_cli.reader.features import Encoded, Question
from internvl_cli.reader.network import Scores
from internvl_cli.reader.wordpiece import WordPiece

__all__ = ["FORMS", "forms", "mean"]

FORMS = ("{}", "Please tell me: {}")
"""The first as the user wrote it; the second was the better of six tried, see ``training/README.md``."""


def forms(question: str, tokenizer: WordPiece) -> list[Question]:
    """Give the question in all its forms, its own first."""
    return [Question(form.format(question), tokenizer) for form in FORMS]


def mean(encoded: Sequence[Encoded], scores: Sequence[Scores]) -> Scores:
    """Average what the network says of one window, asked in several forms.

    Args:
        encoded: The window with each form of the question; the same words of the page in all.
        scores: The network's for each.

    Returns:
        Scores at the pieces of the first form. Those of piece 0 and of the page are means over the forms, and so is
        the kind; those of the question's own pieces, which answer nothing, are the first form's.
    """
    places = [_places(e) for e in encoded]
    first, own = scores[0], places[0]
    start, end, select = first.start.copy(), first.end.copy(), first.select.copy()
    start[own] = np.mean([s.start[p] for s, p in zip(scores, places, strict=True)], axis=0)
    end[np.ix_(own, own)] = np.mean([s.end[np.ix_(p, p)] for s, p in zip(scores, places, strict=True)], axis=0)
    select[own] = np.mean([s.select[p] for s, p in zip(scores, places, strict=True)], axis=0)
    return Scores(start, end, select, np.mean([s.kind for s in scores], axis=0))


def _places(encoded: Encoded) -> npt.NDArray[np.int64]:
    """Give piece 0 and the first piece of each of the page's words."""
    return np.concatenate([[0], np.flatnonzero(encoded.word >= 0)])
