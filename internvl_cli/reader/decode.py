"""From scores to an answer: the best span over all windows, the selected cells, the kind, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from internvl_cli.reader import operators
from internvl_cli.reader.columns import whole_column
from internvl_cli.reader.features import Encoded, PageFeatures
from internvl_cli.reader.hints import HINT_RIGHT, Hint
from internvl_cli.reader.network import Scores
from internvl_cli.reader.phrase import clean
from internvl_cli.reader.ruled import Ruled, by_row, by_rows, speaks_of_a_row, speaks_of_rows
from internvl_cli.reader.shapes import is_number
from internvl_cli.reader.stated import states_another_figure
from internvl_cli.reader.wish import CELL_WORDS, Wish, preference

__all__ = ["Reading", "Span", "Window", "decode"]

STARTS = 12
"""Best starts looked at in each window."""

ROW_PENALTY = 2.0
"""Subtracted from a span's log-probability where it runs over a gap between segments."""

SELECT = 0.0
"""Words whose selection score is above this are selected; lower thresholds made fewer lists right."""

MAYBE = -3.0
"""Words of a selected cell whose own score is above this belong to it."""

PRINTED = -0.05
"""Log-probability of a start from which a number that was pointed at answers "how many", and nothing is counted."""

AHEAD = 5.0
"""By how much that number must be ahead of the next span: of 52 counts on the first half none had more than 4."""

STATED = 0.9
"""Confidence of "no" where the page has nowhere the date or figure that a question states."""

MAX_WORDS = 60
"""Longest span, in words."""


@dataclass(slots=True)
class Window:
    """One window that was read.

    Attributes:
        page: Index of the page among those of the request.
        features: The page.
        encoded: The network's input.
        scores: Its output.
    """

    page: int
    features: PageFeatures
    encoded: Encoded
    scores: Scores


@dataclass(slots=True)
class Span:
    """A candidate answer.

    Attributes:
        page: Index of the page.
        words: Its words on that page, in order.
        text: As it would be given.
        score: Start score above the window's "not here", plus the log-probability of the end.
        start: Log-probability of the start among the window's words.
        end: Log-probability of the end given the start.
        window: Index of the window.
    """

    page: int
    words: list[int]
    text: str
    score: float
    start: float
    end: float
    window: int


@dataclass(slots=True)
class Reading:
    """What was read.

    Attributes:
        text: The answer; "" where the document doesn't tell.
        kind: As in ``config["kinds"]``.
        confidence: Calibrated probability that the answer is right.
        evidence: (page index, words) of each run of words that the answer stands in.
        features: The numbers that the confidence was computed from.
    """

    text: str
    kind: str
    confidence: float
    evidence: list[tuple[int, list[int]]] = field(default_factory=list)
    features: dict[str, float] = field(default_factory=dict)


Array = npt.NDArray[np.float32]


def _sigmoids(scores: Array) -> Array:
    result: Array = (1 / (1 + np.exp(-np.clip(scores, -40, 40)))).astype(np.float32)
    return result


def _log_softmax(scores: Array) -> Array:
    shifted = scores - scores.max()
    result: Array = shifted - np.log(np.exp(shifted).sum())
    return result


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, value))))


def _paths(features: PageFeatures, start: int, inside: dict[int, int]) -> list[tuple[int, list[int], bool]]:
    """Give every end a span from ``start`` may have: (last word, words, whether it crosses a gap)."""
    layout = features.layout
    found: list[tuple[int, list[int], bool]] = []
    segment = int(layout.segment[start])
    words: list[int] = []
    part = layout.segment_words[segment][int(layout.place[start]) :]
    while len(words) < MAX_WORDS:
        for word in part:
            if word not in inside:
                return found
            words.append(word)
            found.append((word, list(words), False))
        segment = int(layout.below[segment])
        if segment < 0:
            break
        part = layout.segment_words[segment]
    home = int(layout.segment[start])
    crossed = list(layout.segment_words[home][int(layout.place[start]) :])
    row, index = layout.segment_row[home], layout.segment_index[home]
    for step in (1, 2):
        neighbours = np.flatnonzero((layout.segment_row == row) & (layout.segment_index == index + step))
        if not len(neighbours):
            break
        for word in layout.segment_words[int(neighbours[0])]:
            if word not in inside:
                return found
            crossed.append(word)
            found.append((word, list(crossed), True))
    return found


def _spans(window: Window, number: int, wish: Wish, hint: Hint) -> list[Span]:
    """Give the best span of each segment of a window, best first; ``hint`` is what the page's rules point at.

    What the network gives to different cuts of one cell ("12 May", "12 May 2024") is added up before cells are
    compared, and the cut is chosen afterwards.
    """
    encoded, scores, features = window.encoded, window.scores, window.features
    tokens = np.flatnonzero(encoded.word >= 0)
    if not len(tokens):
        return []
    inside = {int(encoded.word[t]): int(t) for t in tokens}
    null = float(scores.start[0])
    log_start = _log_softmax(scores.start[tokens])
    groups: dict[int, list[tuple[float, Span]]] = {}
    starts: list[int] = np.argsort(-log_start, kind="stable")[:STARTS].tolist()
    if hint.start in inside:
        starts.extend(i for i in np.flatnonzero(tokens == inside[hint.start]).tolist() if i not in starts)
    for i in starts:
        token = int(tokens[i])
        log_end = np.full(len(encoded.ids), -np.inf, dtype=np.float32)
        log_end[tokens] = _log_softmax(scores.end[token, tokens])
        above = float(scores.start[token]) - null
        first = int(encoded.word[token])
        group = groups.setdefault(int(features.layout.segment[first]), [])
        cuts = [
            (float(log_end[inside[last]]) - (ROW_PENALTY if crosses else 0.0), words)
            for last, words, crosses in _paths(features, first, inside)
        ]
        likely = max((end for end, _ in cuts), default=0.0) - 10
        for end, words in cuts:
            if end > likely:
                span = Span(window.page, words, "", above + end, float(log_start[i]), end, number)
                bonus = preference(words, features, wish) + hint.bonus(words, features.texts)
                group.append((span.score + bonus, span))
    result: list[Span] = []
    for group in groups.values():
        # The best cut that leaves a text.
        for _, span in sorted(group, key=lambda pair: -pair[0]):
            span.words = wish.fit(span.words, features)
            span.text = clean([features.texts[w] for w in span.words])
            if span.text:
                best = max(v for v, _ in group)
                span.score = best + float(np.log(sum(np.exp(v - best) for v, _ in group)))
                result.append(span)
                break
    return sorted(result, key=lambda s: -s.score)


def _cells(window: Window, column: int) -> list[tuple[list[int], float]]:
    """Give the cells that the selection head marks (``column`` 0: values, 2: labels), in reading order.

    A short segment is one cell and is taken whole, behind its label's colon; in prose, words run together while none
    of them begins an entry.
    """
    encoded, layout, texts = window.encoded, window.features.layout, window.features.texts
    tokens = np.flatnonzero(encoded.word >= 0)
    inside = window.scores.select[tokens, column]
    begins = window.scores.select[tokens, column + 1]
    marks = dict(zip(encoded.word[tokens].tolist(), inside.tolist(), strict=True))
    cells: list[tuple[list[int], float]] = []
    done: set[int] = set()
    last = -1
    for token, score, opens in zip(tokens.tolist(), inside.tolist(), begins.tolist(), strict=True):
        if score < SELECT:
            continue
        word = int(encoded.word[token])
        segment = int(layout.segment[word])
        if word in done:
            continue
        line = layout.segment_words[segment]
        label = max((place for place, w in enumerate(line[:-1]) if texts[w].endswith(":")), default=-1)
        entry = line[label + 1 :] if word in line[label + 1 :] else [word]
        whole = len(line) <= CELL_WORDS and not any(texts[w].endswith((",", ";")) for w in entry[:-1])
        taken = _grow(entry, word, texts, marks) if whole else [word]
        done.update(taken)
        previous = int(layout.segment[last]) if last >= 0 else -1
        beside = previous == segment and int(layout.place[word]) == int(layout.place[last]) + 1
        under = previous >= 0 and int(layout.below[previous]) == segment and taken[0] == line[0]
        if cells and opens < 0 and (beside or under):
            cells[-1][0].extend(taken)
        else:
            cells.append((list(taken), score))
        last = taken[-1]
    return cells


def _grow(entry: list[int], word: int, texts: Sequence[str], marks: dict[int, float]) -> list[int]:
    """Take the rest of a cell in: words of the same sort (numbers or not), or that the head does not rule out."""
    number = is_number(texts[word])
    first = last = entry.index(word)

    def belongs(other: int) -> bool:
        return is_number(texts[other]) == number or marks.get(other, -9.0) > MAYBE

    while first > 0 and belongs(entry[first - 1]):
        first -= 1
    while last + 1 < len(entry) and belongs(entry[last + 1]):
        last += 1
    return entry[first : last + 1]


def _selection(kind: str, window: Window, question: str) -> tuple[str, list[list[int]], float] | None:
    """Answer by the selection head: a list, or an operator over the cells; None where the cells don't allow it."""
    texts = window.features.texts
    values = _cells(window, 0)
    if not values:
        return None
    probability = float(np.mean([_sigmoid(score) for _, score in values]))
    words = [cell for cell, _ in values]
    marked = [cell for cell, _ in _cells(window, 2)] if kind in ("argmax", "argmin") else []
    column = whole_column(kind, question, words, marked, window.features)
    if column is not None:
        words, marked = column
    cells = [clean([texts[w] for w in cell]) for cell in words]
    if kind == "list":
        kept = [i for i, text in enumerate(cells) if text]
        unique = list(dict.fromkeys(cells[i] for i in kept))
        return (", ".join(unique), [words[i] for i in kept], probability) if unique else None
    labels: list[list[int]] = []
    if kind in ("argmax", "argmin"):
        labels = marked if column is not None else _pair(marked, words, window.features)
        if not labels:
            return None
    label_texts = [clean([texts[w] for w in cell]) for cell in labels]
    outcome = operators.apply(kind, cells, label_texts)
    if outcome is None:
        return None
    text, where = outcome
    pool = labels if kind in ("argmax", "argmin") else words
    return text, [pool[i] for i in where] if where else words, probability


def _pair(labels: Sequence[list[int]], values: Sequence[list[int]], features: PageFeatures) -> list[list[int]]:
    """Give each value the label of its row, else of its column; empty where some value has none."""
    layout = features.layout

    def centre(words: list[int]) -> npt.NDArray[np.float64]:
        box = layout.boxes[words]
        return np.array([(box[:, 0].min() + box[:, 2].max()) / 2, (box[:, 1].min() + box[:, 3].max()) / 2])

    if not labels:
        return []
    at = np.array([centre(cell) for cell in labels])
    paired: list[int] = []
    for axis in (1, 0):
        paired = [int(np.abs(at[:, axis] - centre(cell)[axis]).argmin()) for cell in values]
        if len(set(paired)) == len(values):
            return [labels[i] for i in paired]
    return []


def _found_features(windows: Sequence[Window], kinds: Sequence[str]) -> tuple[npt.NDArray[np.float64], int]:
    """Give the kinds' probabilities in the most telling window, and that window's index."""
    missing = list(kinds).index("not_found")
    best, best_value = 0, -np.inf
    for i, window in enumerate(windows):
        value = -float(_log_softmax(window.scores.kind)[missing])
        if value > best_value:
            best, best_value = i, value
    return np.exp(_log_softmax(windows[best].scores.kind)).astype(np.float64), best


def _confidence(weights: dict[str, Any], features: dict[str, float]) -> float:
    """Logistic regression, fitted on held-out documents (``training.evaluate --fit``)."""
    total = float(weights["bias"])
    for name, weight in weights["weights"].items():
        total += float(weight) * features[name]
    return _sigmoid(total)


def _texts(windows: Sequence[Window], page: int) -> Sequence[str]:
    return next(w for w in windows if w.page == page).features.texts


def _by_word(windows: Sequence[Window], page: int, scores: Callable[[Window], npt.NDArray[Any]]) -> dict[int, float]:
    """Give the best score of each word of a page over its windows; ``scores`` gives a window's, one a piece."""
    found: dict[int, float] = {}
    for window in windows:
        if window.page == page:
            given = scores(window)
            for token in np.flatnonzero(window.encoded.word >= 0).tolist():
                word = int(window.encoded.word[token])
                found[word] = max(found.get(word, 0.0), float(given[token]))
    return found


def _by_rows(windows: Sequence[Window], page: int, question: str, kind: str) -> Ruled | None:
    """Answer with the rows of the page's table that meet a condition; see ``ruled``."""
    if not speaks_of_rows(question):
        return None
    features = next(w for w in windows if w.page == page).features
    return by_rows(question, features, _by_word(windows, page, lambda w: _sigmoids(w.scores.select[:, 0])), kind)


def _by_row(windows: Sequence[Window], page: int, question: str) -> Ruled | None:
    """Answer with a cell of the row that is counted or compared out; see ``ruled``."""
    if not speaks_of_a_row(question):
        return None
    own = [w for w in windows if w.page == page]
    top = max(float(w.scores.start.max()) for w in own)
    return by_row(question, own[0].features, _by_word(own, page, lambda w: np.exp(w.scores.start - top)))


def _features(best: Span | None, other: Span | None, p: dict[str, float], windows: int) -> dict[str, float]:
    """Give what the confidence is computed from: the best span, the next other one, the kinds' probabilities."""

    def safe(value: float) -> float:
        return math.log(max(value, 1e-6))

    return {
        "score": max(-20.0, min(20.0, best.score)) if best else -20.0,
        "start": best.start if best else -20.0,
        "end": max(best.end, -20.0) if best else -20.0,
        "gap": min(best.score - other.score, 10.0) if best and other else 10.0,
        "span": safe(p["span"]),
        "found": safe(1 - p["not_found"]) - safe(p["not_found"]),
        "windows": math.log(windows),
    }


def _is_printed(best: Span, features: dict[str, float], texts: Sequence[str]) -> bool:
    """Say whether the page itself gives the number that is asked for ("187,420 items were lent")."""
    sure = features["start"] > PRINTED and features["gap"] > AHEAD
    return sure and any(is_number(texts[w]) for w in best.words)


def _decide(
    windows: Sequence[Window],
    telling: int,
    best: Span | None,
    kind: str,
    p: dict[str, float],
    features: dict[str, float],
    calibration: dict[str, Any],
    question: str,
) -> Reading | None:
    """Answer in the first way that applies: rows under a condition, yes or no, selected cells, a row, the best span.

    Args:
        windows: Everything that was read for the question.
        telling: The window that the kind was taken from.
        best: The best span.
        kind: What the network takes the question for.
        p: Probability of each kind.
        features: What the confidence is computed from; ``selection`` is added.
        calibration: Weights of the confidence.
        question: As the user wrote it.
    """

    def ruled(found: Ruled, page: int) -> Reading:
        return Reading(found.text, found.kind, found.confidence, [(page, list(cell)) for cell in found.cells])

    if best is not None and (rows := _by_rows(windows, best.page, question, kind)) is not None:
        return ruled(rows, best.page)
    if kind == "count" and best is not None and _is_printed(best, features, _texts(windows, best.page)):
        kind = "span"
    if kind == "yes" and states_another_figure(question, list({w.page: w.features for w in windows}.values())):
        return Reading("No", "no", STATED)
    if kind in ("yes", "no"):
        features["selection"] = p[kind]
        return Reading("Yes" if kind == "yes" else "No", kind, _confidence(calibration["selection"], features))
    if kind != "span" and (chosen := _selection(kind, windows[telling], question)) is not None:
        text, cells, certain = chosen
        features["selection"] = certain * p[kind]
        sure = _confidence(calibration["selection"], features)
        return Reading(text, kind, sure, [(windows[telling].page, cell) for cell in cells])
    if best is None:
        return None
    if (row := _by_row(windows, best.page, question)) is not None:
        return ruled(row, best.page)
    # Also where an operator is asked for and the cells allow none.
    return Reading(best.text, "span", _confidence(calibration["span"], features), [(best.page, best.words)])


def decode(
    windows: Sequence[Window], config: dict[str, Any], question: str = "", min_confidence: float = 0.0
) -> Reading:
    """Decide on the answer.

    Args:
        windows: Everything that was read for the question.
        config: The weights' ``config.json``: ``kinds``, ``confidence`` (logistic weights for spans, selections and
            "not found").
        question: As the user wrote it: what kind of thing it asks for settles where a span is cut.
        min_confidence: Below this the answer is "not found".
    """
    kinds: list[str] = config["kinds"]
    nothing = Reading("", "not_found", 1.0)
    if not windows:
        return nothing
    wish = Wish(question)
    hints = {page: Hint.of(w.features, question) for page, w in {w.page: w for w in windows}.items()}
    spans = sorted(
        (s for i, w in enumerate(windows) for s in _spans(w, i, wish, hints[w.page])), key=lambda s: -s.score
    )
    probability, telling = _found_features(windows, kinds)
    p = dict(zip(kinds, probability.tolist(), strict=True))
    best = spans[0] if spans else None
    other = next((s for s in spans[1:] if best and s.text != best.text), None)

    features = _features(best, other, p, len(windows))
    calibration = config["confidence"]
    here = _confidence(calibration["found"], features)
    plain = best is not None and hints[best.page].certain(best.words, _texts(windows, best.page)) > 0
    kind = max((k for k in kinds if k != "not_found"), key=lambda k: p[k])
    reading: Reading | None = None
    if best is not None and plain:
        sure = max(_confidence(calibration["span"], features), HINT_RIGHT)
        reading = Reading(best.text, "span", sure, [(best.page, best.words)])
    elif here >= calibration["threshold"]:
        reading = _decide(windows, telling, best, kind, p, features, calibration, question)
    if reading is None or reading.confidence < min_confidence:
        nothing.confidence = 1 - here if reading is None else 1 - reading.confidence
        nothing.features = features
        return nothing
    reading.features = features
    return reading
