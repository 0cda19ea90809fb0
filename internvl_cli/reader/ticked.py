"""Boxes to tick: which option is marked behind a label ("Gender: ☐ male ☑ female", "Meal: meat ( ) fish (x)")."""

from __future__ import annotations

from dataclasses import dataclass, field

from internvl_cli.reader.shapes import SHAPES, shape
from internvl_cli.reader.sheet import Sheet

__all__ = ["Choice", "find_choices"]

LABEL_WORDS = 9
"""A label has at most so many words."""

ALIGNED = 1.5
"""Boxes of one column differ by at most this many letter heights."""

_TICKED, _EMPTY = SHAPES.index("ticked"), SHAPES.index("unticked")


@dataclass(slots=True)
class Choice:
    """A label and its options.

    Attributes:
        label: As printed, without the colon.
        options: Words of each option, and whether it is ticked.
        marks: Left edges of the boxes, in page pixels.
    """

    label: str
    options: list[tuple[tuple[int, ...], bool]] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)

    def ticked(self) -> tuple[int, ...]:
        """Give the words of the one ticked option; none where no option is, or several are."""
        found = [words for words, on in self.options if on and words]
        return found[0] if len(found) == 1 else ()


def _mark(text: str) -> bool | None:
    """Whether a word is a ticked box (True) or an empty one (False); None for a word."""
    if len(text) > len("[X]"):
        return None
    flags = shape(text)
    return True if flags[_TICKED] else False if flags[_EMPTY] else None


def _marks(row: list[int], sheet: Sheet) -> tuple[list[int], dict[int, bool]]:
    """Find the boxes of a row; those of several words ("( )", "[ x ]") are left with their first."""
    texts = [sheet.words[w].text for w in row]
    kept: list[int] = []
    marks: dict[int, bool] = {}
    i = 0
    while i < len(row):
        size = next((n for n in (2, 3) if texts[i] in ("(", "[") and _mark("".join(texts[i : i + n])) is not None), 1)
        on = _mark("".join(texts[i : i + size]))
        if on is not None:
            marks[row[i]] = on
        kept.append(row[i])
        i += size
    return kept, marks


def _parted(words: list[int], marks: dict[int, bool], behind: bool) -> list[tuple[tuple[int, ...], bool]]:
    """Cut a row's words at its boxes; with ``behind`` a box follows its option, else it stands before it."""
    options: list[tuple[tuple[int, ...], bool]] = []
    run: list[int] = []
    state: bool | None = None
    for word in words:
        if word not in marks:
            run.append(word)
        elif behind:
            options.append((tuple(run), marks[word]))
            run = []
        else:
            if state is not None:
                options.append((tuple(run), state))
            run, state = [], marks[word]
    if not behind and state is not None:
        options.append((tuple(run), state))
    return options


def _label(words: list[int], marks: dict[int, bool], sheet: Sheet, behind: bool) -> int:
    """Give how many of a row's first words are its label."""
    first = next(i for i, w in enumerate(words) if w in marks)
    if not behind:
        return first
    ends = [i + 1 for i in range(first) if sheet.words[words[i]].text.endswith(":")]
    return ends[-1] if ends else 0


def find_choices(sheet: Sheet) -> list[Choice]:
    """Find the boxes of a page with their options: in a row behind a label, over several rows or below it, or alone.

    A statement with a box ("☑ I have read the rules") is a choice with one option, and the heading above as its label.
    """
    rows: list[list[int]] = []
    marks: dict[int, bool] = {}
    for segments in sheet.rows:
        row, own = _marks([w for s in segments for w in s.words], sheet)
        rows.append(row)
        marks.update(own)
    marked = [row for row in rows if any(w in marks for w in row)]
    if not marked:
        return []
    behind = sum(row[-1] in marks for row in marked) * 2 > len(marked)
    height = sheet.letter_height
    found: list[Choice] = []
    heading, current = "", None
    for row in rows:
        here = [w for w in row if w in marks]
        if not here:
            text = sheet.quote(row).rstrip(" :")
            heading, current = (text if len(row) <= LABEL_WORDS else ""), None
            continue
        cut = _label(row, marks, sheet, behind)
        left = sheet.words[here[0]].box[0]
        label = sheet.quote(row[:cut]).rstrip(" :") if cut else heading
        heading = ""
        starts_new = bool(cut) or current is None or min(abs(left - x) for x in current.marks) > ALIGNED * height
        if starts_new:
            current = Choice(label)
            found.append(current)
        assert current is not None
        current.options += _parted(row[cut:], marks, behind)
        current.marks += [sheet.words[w].box[0] for w in here]
    return found
