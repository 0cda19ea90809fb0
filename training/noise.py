"""What scanning and OCR do to the words of a page."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.sample import Span

Box = tuple[float, float, float, float]

_CONFUSED = {
    "0": "O", "O": "0", "1": "l", "l": "1", "I": "l", "5": "S", "S": "5", "8": "B", "B": "8", "6": "G", "2": "Z",
    "Z": "2", "m": "rn", "e": "c", "c": "e", "a": "o", "o": "0", "i": "l", "t": "f", "h": "b", "n": "ri", "u": "v",
    "v": "y", "D": "O", "E": "F", "é": "e", "ü": "u", "ö": "o", "ä": "a", "ß": "B", "’": "'", "€": "E", "£": "E",
    "w": "vv", "g": "q", "7": "1", "9": "g", "4": "A", ",": ".", ".": ",",
}  # fmt: skip
_PUNCTUATION = ".,:;'\"-"


@dataclass(frozen=True)
class Noise:
    """How much a page suffers.

    Attributes:
        dpi: Resolution of the page image.
        angle: Skew in degrees.
        jitter: Largest movement of a box's edge as a share of its height.
        confuse: Chance that a word gets a wrong character.
        merge: Chance that a word is fused with the next one of its line.
        split: Chance that a word falls into two.
        drop: Chance that a word loses its punctuation at the end.
    """

    dpi: int = 150
    angle: float = 0.0
    jitter: float = 0.0
    confuse: float = 0.0
    merge: float = 0.0
    split: float = 0.0
    drop: float = 0.0


def misread(
    words: list[str], boxes: list[Box], segments: list[int], bounds: set[int], noise: Noise, rng: random.Random
) -> tuple[list[str], list[Box], list[Span]]:
    """Misread a page.

    Args:
        words: The words as they were set.
        boxes: Their boxes in pixels.
        segments: The line each stands in.
        bounds: Indices before which words are not fused, but for a label that ends in a colon: answers begin or end
            there.
        noise: How much.
        rng: Source of randomness.

    Returns:
        Words, boxes, and the range of new words that each old one became.
    """
    if not (noise.confuse or noise.merge or noise.split or noise.drop):
        return words, boxes, [(i, i + 1) for i in range(len(words))]
    out: list[str] = []
    out_boxes: list[Box] = []
    places: list[Span] = []
    for i, (word, box) in enumerate(zip(words, boxes, strict=True)):
        text = _respell(word, noise, rng)
        fuse = (
            out
            and segments[i] == segments[i - 1]
            and (i not in bounds or words[i - 1].endswith(":"))
            and rng.random() < noise.merge
        )
        if fuse:
            out[-1] += text
            last = out_boxes[-1]
            out_boxes[-1] = (last[0], min(last[1], box[1]), box[2], max(last[3], box[3]))
            places.append((len(out) - 1, len(out)))
        elif len(text) > 4 and rng.random() < noise.split:
            cut = rng.randint(2, len(text) - 2)
            middle = round(box[0] + (box[2] - box[0]) * cut / len(text), 1)
            out += [text[:cut], text[cut:]]
            out_boxes += [(box[0], box[1], middle, box[3]), (middle, box[1], box[2], box[3])]
            places.append((len(out) - 2, len(out)))
        else:
            out.append(text)
            out_boxes.append(box)
            places.append((len(out) - 1, len(out)))
    return out, out_boxes, places


def _respell(word: str, noise: Noise, rng: random.Random) -> str:
    """A word with a wrong character or without its last punctuation mark, by chance."""
    if noise.confuse and rng.random() < noise.confuse:
        spots = [i for i, c in enumerate(word) if c in _CONFUSED]
        if spots:
            i = rng.choice(spots)
            word = word[:i] + _CONFUSED[word[i]] + word[i + 1 :]
    if noise.drop and len(word) > 1 and word[-1] in _PUNCTUATION and rng.random() < noise.drop:
        word = word[:-1]
    return word
