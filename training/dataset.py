"""From samples to batches: layout, features, windows, targets, and mixing of sources in a process of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from internvl_cli.reader.features import Encoded, PageFeatures, Question, encode
from internvl_cli.reader.layout import Layout, lay_out
from internvl_cli.reader.wordpiece import MASK, WordPiece
from training.made_tables import made_samples
from training.sample import KINDS, Sample, Span

WINDOW = 384
"""Most pieces of a window, question included."""

STEP = 32
"""Batches come in lengths that are multiples of this."""

OFTEN = {"card": 62, "note": 46, "slip": 56, "contrast": 16}
"""How often these are drawn in a round of all families, beyond once, where a stage does not say otherwise: they are as
many kinds as they have schemas."""

HARD = frozenset({"row by order", "row by value", "cell by cell"})
"""Questions over rows that are learned last, and so are drawn more often."""


@dataclass
class Example:
    """A window with its targets.

    Attributes:
        encoded: The network's input.
        start: Token where the answer starts; 0 for "not here"; -1 where the start is not trained.
        end: Token (first piece) of the answer's last word; -1 where there is none.
        kind: Index into ``KINDS``.
        select: ``(t, 4)`` targets of the selection head, or None where it is not trained.
    """

    encoded: Encoded
    start: int
    end: int
    kind: int
    select: npt.NDArray[np.float32] | None


def span_ends(layout: Layout, span: Span) -> tuple[int, int] | None:
    """Turn a range of words into (first word, last word) of a path the reader can follow; None where there is none."""
    words = list(range(*span))
    if not words:
        return None
    whole = set(words)
    ordered = sorted(words, key=lambda w: (layout.segment_row[layout.segment[w]], layout.boxes[w, 0]))
    for first, last in ((words[0], words[-1]), (ordered[0], ordered[-1])):
        for path in (layout.path(first, last), layout.along_row(first, last)):
            if path is not None and set(path) == whole:
                return first, last
    return None


class Preparer:
    """Prepares samples; the page of the last sample is kept, because a document's questions come together.

    Args:
        tokenizer: The reader's.
        seed: For augmentation and windows.
        augment: False for measuring: no noise, no dropped words.
    """

    def __init__(self, tokenizer: WordPiece, seed: int, augment: bool = True, window: int = WINDOW) -> None:
        self.tokenizer = tokenizer
        self.rng = random.Random(seed)
        self.augment = augment
        self.window = window
        self._last: tuple[Sample, PageFeatures] | None = None

    def page(self, sample: Sample) -> PageFeatures:
        """Lay the sample's page out, or take the last one where it is the same."""
        if self._last is not None and self._last[0].words == sample.words and self._last[0].boxes == sample.boxes:
            return self._last[1]
        boxes = np.asarray(sample.boxes, dtype=np.float64)
        size: tuple[float, float] = sample.size
        if self.augment and self.rng.random() < 0.5:
            boxes, size = self._jitter(boxes, size)
        page = PageFeatures.build(sample.words, lay_out(boxes, size), self.tokenizer)
        self._last = sample, page
        return page

    def _jitter(
        self, boxes: npt.NDArray[np.float64], size: tuple[float, float]
    ) -> tuple[npt.NDArray[np.float64], tuple[float, float]]:
        """Put the page on another sheet: other margins, other proportions, boxes a little off."""
        rng = self.rng
        left, right = rng.uniform(-0.03, 0.15), rng.uniform(0, 0.15)
        top, bottom = rng.uniform(-0.03, 0.3), rng.choice([0, rng.uniform(0, 0.6)])
        shift = np.array([left * size[0], top * size[1]] * 2)
        new = (size[0] * (1 + left + right), size[1] * (1 + top + bottom))
        height = float(np.median(boxes[:, 3] - boxes[:, 1])) if len(boxes) else 1.0
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 0.03 * height, boxes.shape)
        return np.clip(boxes + shift + noise, 0, None), new

    def question(self, text: str) -> Question:
        """Vary case and punctuation as people do."""
        if self.augment:
            roll = self.rng.random()
            if roll < 0.15:
                text = text.lower()
            elif roll < 0.18:
                text = text.upper()
            if self.rng.random() < 0.2:
                text = text.rstrip("?. ")
        return Question(text, self.tokenizer)

    def choose(self, page: PageFeatures, order: Sequence[int], must: Sequence[int], room: int) -> list[int] | None:
        """Choose a window of ``room`` pieces that holds the words in ``must``; None where they don't fit."""
        lengths = np.array([len(page.pieces[w]) for w in order])
        total = np.concatenate([[0], np.cumsum(lengths)])
        if total[-1] <= room:
            return list(order)
        place = {w: i for i, w in enumerate(order)}
        if must:
            low, high = min(place[w] for w in must), max(place[w] for w in must) + 1
            if total[high] - total[low] > room:
                return None
            earliest = int(np.searchsorted(total, total[high] - room))
            first = self.rng.randint(min(earliest, low), low)
        else:
            last_start = int(np.searchsorted(total, total[-1] - room))
            first = self.rng.randint(0, max(last_start, 0))
        rows = page.layout.segment_row[page.layout.segment]
        while first > 0 and rows[order[first]] == rows[order[first - 1]]:  # whole rows
            first -= 1
        last = int(np.searchsorted(total, total[first] + room, side="right")) - 1
        if must and high > last:
            return None
        return list(order[first:last])

    def __call__(self, sample: Sample) -> Example | None:
        """Prepare one sample; None where its answer can't be pointed at."""
        if not sample.words:
            return None
        page = self.page(sample)
        layout = page.layout
        question = self.question(sample.question)
        ends = [span_ends(layout, span) for span in sample.spans]
        kind = sample.kind
        if kind == "span" and (not ends or ends[0] is None):
            return None
        values = [w for span in (sample.values or (sample.spans if kind == "list" else [])) for w in range(*span)]
        labels = [w for span in sample.labels for w in range(*span)]
        must: list[int] = [*values, *labels]
        pointed = ends[0] if ends and kind not in ("list", "not_found") else None
        if pointed is not None:
            must += [*pointed]
        window = self.window
        if self.augment and self.rng.random() < 0.5:
            window = self.rng.choice((192, 256, 320))
        chosen = self.choose(page, layout.order.tolist(), must, window - question.tokens - 1)
        if chosen is None:
            return None
        encoded = encode(page, question, np.array(chosen, dtype=np.int64))
        token = {int(w): t for t, w in enumerate(encoded.word.tolist()) if w >= 0}
        start = end = -1
        if kind == "not_found":
            start = 0
        elif pointed is not None:
            start, end = token[pointed[0]], token[pointed[1]]
        select = None
        if values:
            select = np.zeros((len(encoded.ids), 4), dtype=np.float32)
            for column, spans in ((0, sample.values or sample.spans), (2, sample.labels)):
                for span in spans:
                    tokens = [token[w] for w in range(*span)]
                    select[tokens, column] = 1
                    select[tokens[0], column + 1] = 1
        elif kind not in ("span", "not_found", "yes", "no"):
            return None
        if self.augment:
            self._drop(encoded)
        return Example(encoded, start, end, KINDS.index(kind), select)

    def _drop(self, encoded: Encoded) -> None:
        """Hide a few pieces of the page, so that layout has to carry the answer too."""
        if self.rng.random() < 0.5:
            hidden = np.random.default_rng(self.rng.getrandbits(32)).random(len(encoded.ids)) < 0.04
            encoded.ids[hidden & (encoded.side == 1) & (encoded.ids > 999)] = MASK


def collate(examples: Sequence[Example], size: int) -> dict[str, Any]:
    """Pad examples to ``size`` pieces; relations become 0 in padded columns."""
    count = len(examples)
    first = examples[0].encoded
    batch: dict[str, Any] = {
        "ids": np.zeros((count, size), np.int32),
        "side": np.zeros((count, size), np.int32),
        "geometry": np.zeros((count, size, first.geometry.shape[1]), np.int32),
        "flags": np.zeros((count, size, first.flags.shape[1]), np.float32),
        "relations": np.zeros((count, size, size), np.uint8),
        "page": np.zeros((count, size), bool),
        "start": np.array([e.start for e in examples]),
        "end": np.array([e.end for e in examples]),
        "kind": np.array([e.kind for e in examples]),
        "select": np.zeros((count, size, 4), np.float32),
        "selected": np.array([e.select is not None for e in examples]),
        "labelled": np.array([e.select is not None and bool(e.select[:, 2].any()) for e in examples]),
    }
    for i, example in enumerate(examples):
        encoded = example.encoded
        n = len(encoded.ids)
        batch["ids"][i, :n] = encoded.ids
        batch["side"][i, :n] = encoded.side
        batch["geometry"][i, :n] = encoded.geometry
        batch["flags"][i, :n] = encoded.flags
        batch["relations"][i, :n, :n] = encoded.expand()
        # A padded row attends to the first token, so that its softmax is not empty.
        batch["relations"][i, n:, 0] = 1
        batch["page"][i, :n] = encoded.word >= 0
        if example.select is not None:
            batch["select"][i, :n] = example.select
    return batch


def _cycle_written(name: str, data_dir: Path, seed: int) -> Iterator[Sample]:
    from training.written import load

    while True:
        yield from load(data_dir, "train", seed=seed, sets=(name,))
        seed += 1


def _endless_generator(seed: int, per_document: int, often: Mapping[str, int]) -> Iterator[Sample]:
    from training.generator import FAMILIES, HELD_OUT, generate

    rng = random.Random(seed)
    families = sorted([*(set(FAMILIES) - set(HELD_OUT)), *(f for f, count in often.items() for _ in range(count))])
    while True:
        rng.shuffle(families)
        for family in families:
            seed += 1
            samples = generate(family, seed)
            # Weighted sampling without replacement: Efraimidis and Spirakis, 2006.
            yield from sorted(samples, key=lambda s: -(rng.random() ** (1 / _weight(s))))[:per_document]


def _weight(sample: Sample) -> float:
    """How often a generated question is drawn, against the others of its document."""
    if sample.kind in ("span", "yes", "no"):
        return 2.0 if sample.field in HARD else 1.0
    return 1.2 if sample.kind == "not_found" else 2.5


def _source(name: str, data_dir: Path, seed: int, per_document: int, often: Mapping[str, int]) -> Iterator[Sample]:
    if name == "generator":
        return _endless_generator(seed * 10_000_019, per_document, often)
    if name == "made":
        return made_samples(data_dir, seed * 10_000_019)
    return _cycle_written(name, data_dir, seed)


def mixture(
    mix: dict[str, float], data_dir: Path, seed: int, per_document: int = 8, often: Mapping[str, int] = OFTEN
) -> Iterator[Sample]:
    """Draw samples from the named sources in the given proportions; ``often`` says how the generator's are drawn.

    A source is ``generator``, ``made`` (questions made on published tables) or the name of a written set.

    A document's questions stay together in their source, so runs of up to four are drawn from one.
    """
    sources = {name: _source(name, data_dir, seed, per_document, often) for name in mix}
    rng = random.Random(seed)
    names, weights = list(mix), list(mix.values())
    while True:
        source = sources[rng.choices(names, weights)[0]]
        for _ in range(4):
            yield next(source)


def batches(samples: Iterator[Sample], preparer: Preparer, tokens: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Cut a stream of samples into batches of about ``tokens`` pieces, like lengths together.

    Lengths go up in steps of 32 and each has its own fixed batch size: oneDNN compiles its kernels anew for every
    shape, which costs more than a step of training.

    Yields:
        A batch and the number of samples that could not be prepared since the last one.
    """
    ready: dict[int, list[Example]] = {}
    dropped = 0
    while True:
        example = preparer(next(samples))
        if example is None:
            dropped += 1
            continue
        size = max(96, -(-len(example.encoded.ids) // STEP) * STEP)
        group = ready.setdefault(size, [])
        # Not in the order they came: a document's questions should not share a batch.
        group.insert(preparer.rng.randint(0, len(group)), example)
        count = max(1, tokens // size)
        if len(group) >= 3 * count:
            yield collate(group[:count], size), dropped
            del group[:count]
            dropped = 0
