"""Find charts on a page: a line of labels, a number for each of them, and the numbers where their size puts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from internvl_cli.reader.charts.axis import LEAST_SHARE, Mark, assign, fits, is_even, marks_of, ticks
from internvl_cli.reader.charts.chart import Chart
from internvl_cli.reader.charts.legend import Palette
from internvl_cli.reader.charts.pie import find_pie
from internvl_cli.reader.grid import Cell, is_numeric
from internvl_cli.reader.sheet import Segment, Sheet, union

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["find_charts"]

MOST_SERIES = 6
REACH = 0.3
"""Numbers this near to a chart's, as a share of the page, must be part of it."""

MOST_MARKS = 150
"""A page with more numbers than this is a table."""

_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d(?:[/-]\d{2,4})?")


def _may_label(text: str) -> bool:
    return not is_numeric(text) or _YEAR.fullmatch(text) is not None


def _words_as_segments(row: Sequence[Segment], sheet: Sheet) -> list[Segment]:
    """Cut a row into its words: labels that stand close look like one segment."""
    return [
        Segment(s.index, s.row, (w,), sheet.words[w].text, tuple(float(v) for v in sheet.layout.boxes[w]))  # type: ignore[arg-type]
        for s in row
        for w in s.words
    ]


def _label_rows(sheet: Sheet, marks: Sequence[Mark]) -> list[tuple[list[Segment], float]]:
    """Give the rows of evenly spaced labels, and where their text begins (its top)."""
    height = sheet.letter_height
    found: list[tuple[list[Segment], float]] = []
    for row in sheet.rows:
        for parts in (list(row), _words_as_segments(row, sheet)):
            labels = [s for s in parts if _may_label(s.text)]
            if labels and is_even([s.centre[0] for s in labels]):
                found.append((labels, min(s.box[1] for s in labels)))
                break
        else:
            top = min(s.box[1] for s in row)
            above = [m for m in marks if m.segment.box[3] <= top + 0.3 * height]
            scale = ticks(above, height)
            cut = _labels_by_marks(sheet, row, [m for m in above if m not in scale])
            if cut is not None:
                found.append((cut, top))
    return found


def _labels_by_marks(sheet: Sheet, row: Sequence[Segment], marks: Sequence[Mark]) -> list[Segment] | None:
    """Cut a row of labels by the numbers above it: each word belongs to the number it stands under.

    For labels that stand so close that gaps don't part them ("Kenya South Africa").
    """
    centres = sorted(m.segment.centre[0] for m in marks)
    if not is_even(centres) or any(is_numeric(s.text) for s in row):
        return None
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    shares: list[list[Segment]] = [[] for _ in centres]
    for part in _words_as_segments(row, sheet):
        nearest = min(range(len(centres)), key=lambda i: abs(centres[i] - part.centre[0]))
        if abs(centres[nearest] - part.centre[0]) > 0.55 * step:
            return None
        shares[nearest].append(part)
    if not all(shares):
        return None
    return [_merged(parts) for parts in shares]


def _merged(parts: Sequence[Segment]) -> Segment:
    cell = _cell(*parts)
    return Segment(parts[0].index, parts[0].row, cell.words, cell.text, union([s.box for s in parts]))


def _label_columns(sheet: Sheet) -> list[list[Segment]]:
    """Give the columns of evenly spaced labels: same right or same left edge, a number to the right of each."""
    found: list[list[Segment]] = []
    height = sheet.letter_height
    labels = [s for s in sheet.segments if _may_label(s.text) and len(s.words) <= 8]
    for edge in (2, 0):
        done: set[int] = set()
        for first in labels:
            if first.index in done:
                continue
            group = [s for s in labels if abs(s.box[edge] - first.box[edge]) < 0.5 * height]
            done.update(s.index for s in group)
            for run in _even_runs(group):
                found.append(run)
    return found


def _even_runs(group: Sequence[Segment]) -> list[list[Segment]]:
    """Give the longest runs of a column whose steps are even; titles above and notes below fall off."""
    rest = sorted(group, key=lambda s: s.centre[1])
    runs: list[list[Segment]] = []
    start = 0
    while start + 3 <= len(rest):
        end = start + 3
        while end <= len(rest) and is_even([s.centre[1] for s in rest[start:end]]):
            end += 1
        if end - 1 - start >= 3:
            runs.append(rest[start : end - 1])
            start = end - 1
        else:
            start += 1
    return runs


def _cell(*segments: Segment) -> Cell:
    return Cell(" ".join(s.text for s in segments), tuple(w for s in segments for w in s.words))


def _wrapped(sheet: Sheet, labels: Sequence[Segment]) -> list[Cell]:
    """Take the second line of each label along, where it stands right below it."""
    step = labels[1].centre[0] - labels[0].centre[0]
    cells: list[Cell] = []
    for label in labels:
        parts = [label]
        for row in sheet.rows[label.row + 1 : label.row + 3]:
            under = [s for s in row if abs(s.centre[0] - label.centre[0]) < 0.3 * step and s.box[2] - s.box[0] < step]
            if (
                len(under) != 1
                or under[0].box[1] - parts[-1].box[3] > 0.6 * label.height
                or not _may_label(under[0].text)
            ):
                break
            parts.append(under[0])
        cells.append(_cell(*parts))
    return cells


def _complete(
    rows: Sequence[Sequence[Mark]], agreed: Collection[int], axis: int, reach: float
) -> tuple[list[list[Mark]], int] | None:
    """Keep the marks that agree with the scale; None unless the labels have the same number of them, but for a few.

    Also None where other numbers stand among them: in stacked bars the lowest parts alone would agree with a scale.
    """
    kept = [[m for m in row if m.segment.index in agreed] for row in rows]
    if not kept[0] or not kept[-1]:
        return None
    places = [m.segment.centre[axis] for row in kept for m in row]
    spread = max(max(places) - min(places), reach)
    low, high = min(places) - spread, max(places) + spread
    inside = sum(low <= m.segment.centre[axis] <= high for row in rows for m in row)
    if inside * LEAST_SHARE > len(places):
        return None
    counts = sorted(len(row) for row in kept)
    series = counts[len(counts) // 2]
    short = sum(count != series for count in counts)
    if not 1 <= series <= MOST_SERIES or counts[-1] > series or short > (1 - LEAST_SHARE) * len(counts):
        return None
    return kept, series


def _may_be_chart(rows: Sequence[Sequence[Mark]]) -> bool:
    """Say whether most labels have as many numbers as a chart has series: the columns of a long table have more."""
    counts = sorted(len(row) for row in rows)
    return 1 <= counts[len(counts) // 2] <= MOST_SERIES


def _series(
    sheet: Sheet, rows: Sequence[Sequence[Mark]], count: int, axis: int, palette: Palette | None
) -> tuple[tuple[Cell, ...], list[list[Cell]]] | None:
    """Share the marks of each label out among the series; None where colours and order don't tell."""
    if count == 1:
        return (Cell(),), [[_cell(row[0].segment) if row else Cell()] for row in rows]
    if palette is not None:
        legend = palette.legend(sheet, {m.segment.index for row in rows for m in row})
        if len(legend) == count:
            table: list[list[Cell]] = []
            for row in rows:
                cells = [Cell()] * count
                for mark in row:
                    which = palette.nearest(sheet, mark.segment, [colour for _, colour in legend], axis)
                    if which is None or cells[which].text:
                        return None
                    cells[which] = _cell(mark.segment)
                table.append(cells)
            return tuple(_cell(name) for name, _ in legend), table
    return None


def _upright(sheet: Sheet, marks: Sequence[Mark], palette: Palette | None) -> list[Chart]:
    height = sheet.letter_height
    found: list[Chart] = []
    for labels, top in _label_rows(sheet, marks):
        taken = {s.index for s in labels}
        above = [m for m in marks if m.segment.box[3] <= top + 0.3 * height and m.segment.index not in taken]
        scale = ticks(above, height)
        above = [m for m in above if m not in scale]
        rows = assign(above, [s.centre[0] for s in labels], 0)
        if not _may_be_chart(rows):
            continue
        candidates = [m for row in rows for m in row]
        agreed = fits(candidates, 3, height, rising=False)
        chart = _build(
            sheet, "column", _wrapped(sheet, labels), rows, {m.segment.index for m in agreed}, palette, scale
        )
        chart = chart or _stacked(sheet, labels, rows, palette, scale)
        if chart is not None:
            found.append(chart)
    return found


def _stacked(
    sheet: Sheet,
    labels: Sequence[Segment],
    rows: Sequence[Sequence[Mark]],
    palette: Palette | None,
    scale: Sequence[Mark],
) -> Chart | None:
    """Bars of several parts: values over one another in the colours of the legend, the same number at each label."""
    count = len(rows[0])
    if palette is None or count < 2 or any(len(row) != count for row in rows):
        return None
    return _build(
        sheet, "column", _wrapped(sheet, labels), rows, {m.segment.index for row in rows for m in row}, palette, scale
    )


def _has_number(label: Segment, marks: Sequence[Mark]) -> bool:
    return any(
        m.segment.box[0] > label.box[2] and abs(m.segment.centre[1] - label.centre[1]) < label.height for m in marks
    )


def _lying(sheet: Sheet, marks: Sequence[Mark], palette: Palette | None) -> list[Chart]:
    height = sheet.letter_height
    found: list[Chart] = []
    for labels in _label_columns(sheet):
        taken = {s.index for s in labels}
        while len(labels) > 3 and not _has_number(labels[0], marks):
            # A title with the same left edge.
            labels = labels[1:]
        edge = max(s.box[2] for s in labels)
        right = [m for m in marks if m.segment.box[0] > edge and m.segment.index not in taken]
        scale = ticks(right, height)
        rows = assign([m for m in right if m not in scale], [s.centre[1] for s in labels], 1)
        if not _may_be_chart(rows):
            continue
        candidates = [m for row in rows for m in row]
        for side in (0, 2):
            agreed = {m.segment.index for m in fits(candidates, side, height, rising=True)}
            chart = _build(sheet, "bar", [_cell(s) for s in labels], rows, agreed, palette, scale)
            if chart is not None:
                found.append(chart)
                break
    return found


def _build(
    sheet: Sheet,
    type: str,
    labels: Sequence[Cell],
    rows: Sequence[Sequence[Mark]],
    agreed: Collection[int],
    palette: Palette | None,
    scale: Sequence[Mark],
) -> Chart | None:
    axis = 1 if type == "column" else 0
    complete = _complete(rows, agreed, axis, REACH * sheet.layout.size[axis]) if agreed else None
    if complete is None:
        return None
    kept, count = complete
    if len({label.text for label in labels}) < len(labels):
        return None
    shared = _series(sheet, kept, count, 0 if type == "column" else 1, palette)
    if shared is None:
        return None
    series, values = shared
    words = {w for cells in (labels, series, *values) for cell in cells for w in cell.words}
    words |= {w for m in scale for w in m.segment.words}
    box = union([tuple(float(v) for v in sheet.layout.boxes[w]) for w in words])  # type: ignore[misc]
    title, subtitle = _titles(sheet, box[1], words)
    words |= {*title.words, *subtitle.words}
    return Chart(type, title, subtitle, tuple(labels), series, tuple(map(tuple, values)), frozenset(words))


def _titles(sheet: Sheet, top: float, words: Collection[int]) -> tuple[Cell, Cell]:
    """Give the largest line above the chart, and the line right under that."""
    above = [s for s in sheet.segments if s.box[3] <= top + 0.5 * s.height and not set(s.words) & set(words)]
    above = [s for s in above if top - s.box[3] < 12 * s.height and not is_numeric(s.text)]
    if not above:
        return Cell(), Cell()
    largest = max(s.height for s in above)
    title = [s for s in above if s.height >= 0.92 * largest][-1]
    under = [s for s in above if s.row > title.row and s.box[1] - title.box[3] < 1.6 * title.height]
    return _cell(title), _cell(under[0]) if under else Cell()


def find_charts(
    sheet: Sheet, image: Callable[[], Image.Image] | None = None, skip: Collection[int] = ()
) -> list[Chart]:
    """Find the charts of a page.

    Args:
        sheet: The page.
        image: Gives the page's image, for the legend's colours; asked for only where there are several series, or a
            pie whose labels stand in a legend. Without it such charts are not found.
        skip: Words of tables: shares in a table are no pie. (What looks like a table with its numbers at the places
            that bars would give them is a chart.)
    """
    marks = marks_of(sheet.segments)
    if len(marks) > MOST_MARKS:
        return []
    palette = Palette(image) if image is not None else None
    found: list[Chart] = []
    candidates = [*_upright(sheet, marks, palette), *_lying(sheet, marks, palette)]
    for chart in sorted(candidates, key=lambda c: -len(c.points)):
        if not any(chart.words & other.words for other in found):
            found.append(chart)
    if not found:
        pie = find_pie(sheet, palette, skip)
        if pie is not None:
            labels, values, words = pie
            box = union([tuple(float(v) for v in sheet.layout.boxes[w]) for w in words])  # type: ignore[misc]
            title, subtitle = _titles(sheet, box[1], words)
            cells = tuple((value,) for value in values)
            every = frozenset({*words, *title.words, *subtitle.words})
            found.append(Chart("pie", title, subtitle, tuple(labels), (Cell(),), cells, every))
    return found
