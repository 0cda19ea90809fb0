"""Everything the network is given about a window of a page and a question, as numpy arrays.

Training and the shipped reader use this same code. Nothing here depends on torch or onnxruntime.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from internvl_cli.reader.instances import Instances, instances
from internvl_cli.reader.layout import Layout
from internvl_cli.reader.shapes import SHAPES, shape
from internvl_cli.reader.spelling import mend
from internvl_cli.reader.thesaurus import Thesaurus, normal_form
from internvl_cli.reader.wordpiece import CLS, SEP, WordPiece

__all__ = ["BINS", "FLAGS", "GEOMETRY", "RELATIONS", "Encoded", "PageFeatures", "Question", "encode", "matches"]

BINS = 128
"""Bins of a page's width and height."""

GEOMETRY = (BINS, BINS, BINS, BINS, 16, 16, 16, 64)
"""Sizes of the integer features: x0, y0, x1, y1, column rank, place in the row, segments in the row, row in the
window. Value 0 of each means "not on the page" (question and special pieces); page words start at 1."""

_PLACE_FLAGS = 8
_MATCH_FLAGS = 14
FLAGS = len(SHAPES) + _PLACE_FLAGS + _MATCH_FLAGS
"""Number of real-valued features of a word."""

RELATIONS = 78
"""Number of relations between two words (see ``_relations``); 0 is padding."""

MAX_QUESTION_WORDS = 40

SYNONYM, FARTHER, FARTHEST = 0.8, 0.05, 0.2
"""What the closest word that the thesaurus has for one of the question counts, where that one itself counts 1; by how
much the next ones count less; the least of it."""

_STOPWORD_TEXT = (
    "a an the of to in on at by for from with and or is are was were be been being do does did has have had what which "
    "who whom whose when where why how much many it its this that these those there i me my we our you your he she "
    "they them his her their as any can could will would should may might give tell show find please document page "
    "according if"
)
_SLASH = re.compile(r"(?<!\d)/|/(?!\d)")
"""Parts words ("name/address"), not a date."""

_STOPWORDS = frozenset(_STOPWORD_TEXT.split())

Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


class Question:
    """A question cut into words and pieces.

    Args:
        text: As the user wrote it.
        tokenizer: Cuts words into pieces.
    """

    def __init__(self, text: str, tokenizer: WordPiece) -> None:
        self.text = text
        self.words = (_SLASH.sub(" / ", text).split() or ["?"])[:MAX_QUESTION_WORDS]
        self.pieces = [tokenizer.word(word) for word in self.words]
        self.forms = [normal_form(word) for word in self.words]
        self.printed = Thesaurus.shipped().printed(self.forms)
        self.instances = Instances.shipped().asked(self.forms)
        self.content = sorted({form for form in self.forms if form and form not in _STOPWORDS})
        self.tokens = 2 + sum(map(len, self.pieces))


@dataclass(slots=True)
class PageFeatures:
    """What is known about a page before any question.

    Attributes:
        texts: The ``n`` words.
        layout: Where they stand.
        pieces: Piece ids of each word.
        forms: Normal form of each word, for matches with the question.
        geometry: ``(n, 8)``: see ``GEOMETRY``; the last column is filled per window.
        flags: ``(n, SHAPES + place flags)``.
        known: What plain rules found out about the page, kept for the next question.
    """

    texts: Sequence[str]
    layout: Layout
    pieces: list[tuple[int, ...]]
    forms: list[str]
    geometry: IntArray
    flags: Array
    known: dict[str, Any] = field(default_factory=dict, repr=False)
    _overlap: npt.NDArray[np.bool_] | None = field(default=None)

    @classmethod
    def build(cls, texts: Sequence[str], layout: Layout, tokenizer: WordPiece) -> PageFeatures:
        """Compute them once; every question about the page uses them again."""
        pieces = [tokenizer.word(text) for text in texts]
        forms = [normal_form(text) for text in texts]
        return cls(texts, layout, pieces, forms, _geometry(layout), _page_flags(texts, layout))

    @property
    def overlap(self) -> npt.NDArray[np.bool_]:
        """``(s, s)``: which segments stand over one another (a third of the narrower one's width)."""
        if self._overlap is None:
            box = self.layout.segment_box
            shared = np.minimum(box[:, None, 2], box[None, :, 2]) - np.maximum(box[:, None, 0], box[None, :, 0])
            width = np.maximum(box[:, 2] - box[:, 0], 1.0)
            self._overlap = shared >= 0.3 * np.minimum(width[:, None], width[None, :])
        return self._overlap


def _geometry(layout: Layout) -> IntArray:
    width, height = max(layout.size[0], 1.0), max(layout.size[1], 1.0)
    scale = np.array([BINS - 1, BINS - 1, BINS - 1, BINS - 1]) / np.array([width, height, width, height])
    result = np.zeros((len(layout.boxes), len(GEOMETRY)), dtype=np.int64)
    result[:, :4] = np.clip(layout.boxes * scale, 0, BINS - 2) + 1
    segment = layout.segment
    if len(segment):
        in_row = np.bincount(layout.segment_row)[layout.segment_row]
        result[:, 4] = np.minimum(layout.segment_column[segment], 14) + 1
        result[:, 5] = np.minimum(layout.segment_index[segment], 14) + 1
        result[:, 6] = np.minimum(in_row[segment], 14) + 1
    return result


def _page_flags(texts: Sequence[str], layout: Layout) -> Array:
    count = len(texts)
    result = np.zeros((count, len(SHAPES) + _PLACE_FLAGS), dtype=np.float32)
    if not count:
        return result
    memo: dict[str, list[float]] = {}
    for i, text in enumerate(texts):
        if text not in memo:
            memo[text] = shape(text)
        result[i, : len(SHAPES)] = memo[text]
    segment = layout.segment
    size = np.array([len(words) for words in layout.segment_words])
    in_row = np.bincount(layout.segment_row)[layout.segment_row]
    height = layout.boxes[:, 3] - layout.boxes[:, 1]
    stack_size = np.bincount(layout.stack)[layout.stack]
    above = np.zeros(len(size), dtype=bool)
    above[layout.below[layout.below >= 0]] = True
    place = result[:, len(SHAPES) :]
    place[:, 0] = np.clip(height / max(float(np.median(height)), 1.0) - 1.0, -0.5, 2.0)
    place[:, 1] = np.minimum(size[segment], 12) / 12
    place[:, 2] = layout.place == 0
    place[:, 3] = layout.place == size[segment] - 1
    place[:, 4] = in_row[segment] == 1
    place[:, 5] = np.array([texts[words[-1]].endswith(":") for words in layout.segment_words])[segment]
    place[:, 6] = ~above[segment]
    place[:, 7] = np.minimum(stack_size[segment], 12) / 12
    return result


def _named(page: PageFeatures, question: Question) -> list[str]:
    """Give for each word of the question the form that the page has it in; "" where the page has none."""
    known = set(page.forms)
    mended = {form: form if form in known else mend(form, known) for form in question.content}
    named = [mended.get(form, form if form in known else "") for form in question.forms]
    # Two words of a question are seldom printed as one.
    free = known.difference(named)
    for i, printed in enumerate(question.printed):
        if not named[i] and (form := next((form for form in printed if form in free), "")):
            named[i] = form
            free.discard(form)
    return named


def matches(page: PageFeatures, question: Question) -> tuple[Array, list[str]]:
    """Mark what the question names: words, their segments, what stands right of them or under them; and instances.

    Returns:
        ``(n, 14)`` flags, and for each question word the normal form that the page has it in, "" where it has none.
    """
    count = len(page.forms)
    flags = np.zeros((count, _MATCH_FLAGS), dtype=np.float32)
    flags[instances(question.instances, page.layout.segment_words, page.forms), -1] = 1.0
    named = _named(page, question)
    sure = _certainty(named, question)
    if not sure or not count:
        return flags, named
    place = {form: i for i, form in enumerate(sure)}
    column = np.array([place.get(form, -1) for form in page.forms])
    words = np.flatnonzero(column >= 0)
    certain = np.array(list(sure.values()), dtype=np.float32)[column[words]]
    often = np.bincount(column[words], minlength=len(sure))
    flags[words, 0] = certain
    flags[words, 1] = often[column[words]] <= 2

    layout = page.layout
    segments = len(layout.segment_words)
    hits = np.zeros((segments, len(sure)), dtype=np.float32)
    hits[layout.segment[words], column[words]] = 1.0
    sizes = np.array([len(w) for w in layout.segment_words])
    share = np.bincount(layout.segment[words], certain, minlength=segments) / sizes
    flags[:, 2:-1] = _around(page, hits, _weight(hits, sure, len(question.content)), share)[layout.segment]
    return flags, named


def _certainty(named: Sequence[str], question: Question) -> dict[str, float]:
    """Give how sure it is that each form of the page is what the question names; forms in order."""
    wanted = set(question.content)
    # A word that the page has another for counts, even one ("much") that does not by itself.
    pairs = zip(named, question.forms, question.printed, strict=True)
    sure = {
        name: max(FARTHEST, SYNONYM - FARTHER * printed.index(name)) if name in printed else 1.0
        for name, form, printed in pairs
        if name and (form in wanted or name in printed)
    }
    return dict(sorted(sure.items()))


def _weight(hits: Array, sure: dict[str, float], asked: int) -> Array:
    """Give what each form counts, less the more segments have it; ``asked`` words would count about 1 together."""
    weight = (1.0 / (1.0 + np.log(hits.sum(axis=0) + 1e-9).clip(0))).astype(np.float32)
    total = float(weight.sum()) + 0.7 * max(0, asked - len(sure))
    result: Array = weight * (np.array(list(sure.values()), dtype=np.float32) / total)
    return result


def _around(page: PageFeatures, hits: Array, weight: Array, share: npt.NDArray[np.float64]) -> Array:
    """Give the flags 2 to 12 of each segment: what is named in it, left of it, above it and in its row.

    Args:
        page: Of ``s`` segments.
        hits: ``(s, f)``: which forms each has.
        weight: ``(f,)``: what each form counts.
        share: ``(s,)``: the part of its words that are named.
    """
    row, index = page.layout.segment_row, page.layout.segment_index
    rows, segments = int(row.max()) + 1, len(row)
    cover = hits @ weight
    in_row = np.zeros((rows, hits.shape[1]), dtype=np.float32)
    np.maximum.at(in_row, row, hits)
    best_in_row = np.zeros(rows, dtype=np.float32)
    np.maximum.at(best_in_row, row, cover)
    first = np.zeros(rows, dtype=np.int64)
    first[row[::-1]] = np.arange(segments)[::-1]
    position = {(int(row[s]), int(index[s])): s for s in range(segments)}
    left = np.array([position.get((int(row[s]), int(index[s]) - 1), -1) for s in range(segments)])
    over = page.overlap & (row[None, :] < row[:, None])
    nearest = np.where(over, row[None, :], -1).argmax(axis=1)
    above = ((over.astype(np.float32) @ hits) > 0).astype(np.float32)
    columns = (
        cover,
        share,
        np.where(left >= 0, share[left], 0),
        np.where(left >= 0, cover[left], 0),
        np.where(over.any(axis=1), cover[nearest], 0),
        best_in_row[row],
        np.where(over, cover[None, :], 0.0).max(axis=1),
        cover[first[row]],
        (in_row @ weight)[row],
        above @ weight,
        np.maximum(in_row[row], above) @ weight,
    )
    return np.stack(columns, axis=1).astype(np.float32)


@dataclass(slots=True)
class Encoded:
    """One window with its question, ready for the network; ``t`` pieces.

    Attributes:
        ids: ``(t,)`` piece ids.
        side: ``(t,)``: 0 for the question, 1 for the page.
        geometry: ``(t, 8)``.
        flags: ``(t, FLAGS)``.
        units: ``(t,)``: row and column of each piece in ``relations``.
        relations: ``(u, u)`` relation between words, ``uint8``.
        word: ``(t,)``: page word of each first piece, -1 elsewhere.
    """

    ids: IntArray
    side: IntArray
    geometry: IntArray
    flags: Array
    units: IntArray
    relations: npt.NDArray[np.uint8]
    word: IntArray

    def expand(self) -> npt.NDArray[np.uint8]:
        """Give the relation of every pair of pieces, ``(t, t)``."""
        return self.relations[np.ix_(self.units, self.units)]


def _row_bucket(distance: IntArray) -> IntArray:
    """Put a distance in rows into one of ten buckets: 0 to 4 above (far to near), 5 to 9 below (near to far)."""
    size = np.abs(distance)
    bucket = np.digitize(size, (2, 3, 5, 9))
    return np.where(distance < 0, 4 - bucket, 5 + bucket)


def _relations(page: PageFeatures, question: Question, words: IntArray, named: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Name the relation of each ordered pair of words (from row to column).

    Units are: [CLS], the question's words, [SEP], the page's words, [SEP].
    """
    lead = len(question.words) + 2
    count = lead + len(words) + 1
    result = np.full((count, count), 2, dtype=np.uint8)
    layout = page.layout
    page_slice = slice(lead, lead + len(words))
    result[:lead, page_slice] = 3
    result[page_slice, :] = 4
    seen: dict[str, list[int]] = {}
    for i, form in enumerate(named):
        if form:
            seen.setdefault(form, []).append(i + 1)
    for j, word in enumerate(words.tolist()):
        for i in seen.get(page.forms[word], ()):
            result[i, lead + j] = 5
            result[lead + j, i] = 6

    segment = layout.segment[words]
    row, index = layout.segment_row[segment], layout.segment_index[segment]
    box = layout.segment_box[segment]
    stack, place = layout.stack[segment], layout.place[words]
    rows = row[None, :] - row[:, None]
    bucket = _row_bucket(rows)
    # Not over one another: left or right, by distance in rows.
    right = (box[None, :, 0] + box[None, :, 2]) > (box[:, None, 0] + box[:, None, 2])
    inner = 58 + 10 * right + bucket
    tolerance = 0.6 * np.maximum(box[:, 3] - box[:, 1], 1.0)[:, None]
    left_aligned = np.abs(box[None, :, 0] - box[:, None, 0]) < tolerance
    right_aligned = np.abs(box[None, :, 2] - box[:, None, 2]) < tolerance
    kind = np.where(left_aligned, 0, np.where(right_aligned, 1, 2))
    inner = np.where(page.overlap[np.ix_(segment, segment)], 28 + 10 * kind + bucket, inner)
    near = (stack[None, :] == stack[:, None]) & (np.abs(rows) <= 6)
    steps = np.clip(rows, -3, 3)
    inner = np.where(near & (np.abs(rows) <= 2), 24 + steps + (steps < 0), inner)
    steps = np.clip(index[None, :] - index[:, None], -3, 3)
    inner = np.where(rows == 0, 18 + steps + (steps < 0), inner)
    steps = np.clip(place[None, :] - place[:, None], -4, 4)
    inner = np.where(segment[None, :] == segment[:, None], 11 + steps + (steps < 0), inner)
    np.fill_diagonal(inner, 7)
    result[page_slice, page_slice] = inner
    result[:, 0] = 1
    return result


def encode(
    page: PageFeatures, question: Question, words: IntArray, found: tuple[Array, list[str]] | None = None
) -> Encoded:
    """Put a question and a window of a page together.

    Args:
        page: The page.
        question: The question.
        words: The window: page words in reading order.
        found: ``matches(page, question)``, where the caller has it already.
    """
    flags, named = found if found is not None else matches(page, question)
    lead = len(question.words) + 2
    pieces: list[tuple[int, ...]] = [
        (CLS,),
        *question.pieces,
        (SEP,),
        *(page.pieces[w] for w in words.tolist()),
        (SEP,),
    ]
    lengths = np.array([len(p) for p in pieces])
    units = np.repeat(np.arange(len(pieces)), lengths)
    starts = np.cumsum(lengths) - lengths
    ids = np.fromiter((i for p in pieces for i in p), dtype=np.int64, count=int(lengths.sum()))

    geometry = np.zeros((len(pieces), len(GEOMETRY)), dtype=np.int64)
    floats = np.zeros((len(pieces), FLAGS), dtype=np.float32)
    inside = slice(lead, lead + len(words))
    geometry[inside] = page.geometry[words]
    if len(words):
        rows = page.layout.segment_row[page.layout.segment[words]]
        geometry[inside, 7] = np.minimum(np.unique(rows, return_inverse=True)[1], 62) + 1
    base = page.flags.shape[1]
    floats[inside, :base] = page.flags[words]
    floats[inside, base:] = flags[words]
    floats[1 : lead - 1, base] = [bool(form) for form in named]

    word = np.full(len(ids), -1, dtype=np.int64)
    word[starts[inside]] = words
    return Encoded(
        ids=ids,
        side=(units >= lead).astype(np.int64),
        geometry=geometry[units],
        flags=floats[units],
        units=units,
        relations=_relations(page, question, words, named),
        word=word,
    )
