"""Answer questions about charts and tables in plain code: select values by label, then calculate with decimals.

Everything here abstains (None) unless the question maps onto one grid without doubt; the network answers the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from internvl_cli.reader import operators
from internvl_cli.reader.asked import Asked, Mention, covered, mentions, parse, tokens
from internvl_cli.reader.figures import find_figures
from internvl_cli.reader.grid import Cell, Grid, is_numeric
from internvl_cli.reader.operators import parse_column, parse_number
from internvl_cli.reader.sheet import Sheet

__all__ = ["GridAnswer", "answer_grid", "calculate", "find_grids"]

CHART_COVERED = 0.5
"""Share of the question's telling words that a chart must know."""

TABLE_COVERED = 0.75
"""The same for a table: a page with a table holds more that could be asked for."""


@dataclass(frozen=True, slots=True)
class GridAnswer:
    """An answer out of a grid.

    Attributes:
        text: The answer.
        kind: ``span``, ``yes``, ``no``, or one of ``operators.OPERATORS``.
        evidence: (index of the page, words) of each cell that it stands in, or was computed from.
        certain: Share of the question's telling words that the grid knows, 0.5 to 1.
    """

    text: str
    kind: str
    evidence: tuple[tuple[int, tuple[int, ...]], ...]
    certain: float

    @property
    def confidence(self) -> float:
        """How sure that is, 0 to 1: measured on generated charts and tables; see ``docs/reader.md``."""
        return 0.95 if self.certain == 1.0 else 0.85


def answer_grid(grid: Grid, question: str, least: float) -> tuple[str, str, list[Cell], float] | None:
    """Answer a question about one grid.

    Args:
        grid: The numbers.
        question: As the user wrote it.
        least: Share of its telling words that the grid must know.

    Returns:
        Text, kind, cells and share of known words; None where the question is about something else, or not clear.
    """
    words = tokens(question)
    labels = mentions(words, [c.text for c in grid.labels])
    taken = {i for m in labels for i in range(m.start, m.end)}
    series = [m for m in _series(grid, words) if not taken.intersection(range(m.start, m.end))]
    share = covered(grid, question, [*labels, *series])
    asked = parse(grid, question, labels, series) if share >= least else None
    if asked is None:
        return None
    found = _carry_out(grid, asked)
    return (*found, share) if found else None


def _series(grid: Grid, words: Sequence[str]) -> list[Mention]:
    """Find the series that are named; a column's header may be named by words that no other header has."""
    names = [c.text for c in grid.series]
    found = mentions(words, names)
    if found or grid.chart:
        return found
    cut = [set(tokens(name)) for name in names]
    for index, header in enumerate(cut):
        own = header - set().union(*(h for i, h in enumerate(cut) if i != index))
        at = [i for i, word in enumerate(words) if word in own and len(word) > 2]
        if at:
            found.append(Mention(index, at[0], at[0] + 1))
    return found


def _column(grid: Grid, asked: Asked) -> int | None:
    if len(grid.series) == 1:
        return 0
    return asked.series[0] if len(asked.series) == 1 else None


def _carry_out(grid: Grid, asked: Asked) -> tuple[str, str, list[Cell]] | None:
    if asked.operator == "count" and not asked.threshold:
        return str(len(grid.labels)), "count", list(grid.labels)
    if asked.operator == "count" and asked.threshold == "series":
        return str(len(grid.series)), "count", list(grid.series)
    if asked.operator == "difference" and len(asked.series) == 2:
        row = grid.values[asked.labels[0]]
        return _operate("difference", [row[asked.series[0]], row[asked.series[1]]])
    column = _column(grid, asked)
    if column is None:
        return _across(grid, asked)
    rows = asked.labels or tuple(range(len(grid.labels)))
    # The whole column is read at once: its cells settle what "1.234" means.
    column_cells = [row[column] for row in grid.values]
    numbers = parse_column([cell.text for cell in column_cells])
    points: list[Point] = []
    for index in rows:
        number = numbers[index]
        if number is None or not is_numeric(column_cells[index].text):
            return None
        points.append((grid.labels[index], column_cells[index], number.value))
    return _over(asked, points)


def _across(grid: Grid, asked: Asked) -> tuple[str, str, list[Cell]] | None:
    """Work over the series of one label ("the total of all series in May")."""
    if asked.operator not in ("sum", "average", "maximum", "minimum") or len(asked.labels) != 1 or asked.series:
        return None
    cells = list(grid.values[asked.labels[0]])
    # The columns of a table are different things; only a chart's series can be added up.
    return _operate(asked.operator, cells) if grid.chart and all(is_numeric(c.text) for c in cells) else None


Point = tuple[Cell, Cell, Decimal]
"""Label, value as printed, value."""


def _over(asked: Asked, points: Sequence[Point]) -> tuple[str, str, list[Cell]] | None:
    cells = [cell for _, cell, _ in points]
    operator = asked.operator
    if operator == "value":
        return cells[0].text, "span", cells
    if operator == "yes_no":
        first, second = points[0][2], points[1][2]
        yes = first > second if asked.above else first < second
        return ("Yes", "yes", cells) if yes else ("No", "no", cells)
    if operator in ("reverse", "count"):
        limit = parse_number(asked.threshold)
        return _matching(asked, points, limit.value) if limit else None
    if operator == "difference" and asked.ends:
        ends = max(points, key=lambda p: p[2]), min(points, key=lambda p: p[2])
        cells = [cell for _, cell, _ in ends]
    if operator in ("argmax", "argmin", "maximum", "minimum"):
        return _extreme(asked, points)
    return _operate(operator, cells)


def _matching(asked: Asked, points: Sequence[Point], limit: Decimal) -> tuple[str, str, list[Cell]] | None:
    if asked.operator == "reverse":
        same = [label for label, _, value in points if value == limit]
        return (same[0].text, "span", same) if len(same) == 1 else None
    kept = [cell for _, cell, value in points if (value > limit if asked.above else value < limit)]
    return str(len(kept)), "count", kept


def _extreme(asked: Asked, points: Sequence[Point]) -> tuple[str, str, list[Cell]] | None:
    high = asked.operator in ("argmax", "maximum")
    ranked = sorted(points, key=lambda point: point[2], reverse=high)
    if len(ranked) < max(2, asked.rank):
        return None
    label, cell, value = ranked[asked.rank - 1]
    ties = sum(other == value for _, _, other in ranked)
    if asked.operator.startswith("arg"):
        return (label.text, asked.operator, [label]) if ties == 1 else None
    return cell.text, asked.operator, [cell]


def _operate(operator: str, cells: Sequence[Cell]) -> tuple[str, str, list[Cell]] | None:
    outcome = operators.apply(operator, [c.text for c in cells], [])
    return (outcome[0], operator, list(cells)) if outcome else None


def _best(grids: Sequence[tuple[int, Grid]], question: str, least: float) -> GridAnswer | None:
    """Take the grid that knows most of the question's words; None where two that differ know as many."""
    found: list[GridAnswer] = []
    for page, grid in grids:
        result = answer_grid(grid, question, least)
        if result is not None:
            text, kind, cells, share = result
            found.append(GridAnswer(text, kind, tuple((page, c.words) for c in cells if c.words), share))
    found.sort(key=lambda a: -a.certain)
    if len(found) > 1 and found[1].certain == found[0].certain and found[1].text != found[0].text:
        return None
    return found[0] if found else None


_CALCULATED = frozenset(
    {"maximum", "minimum", "argmax", "argmin", "sum", "average", "difference", "count", "yes", "no"}
)


def calculate(question: str, sheets: Sequence[Sheet]) -> GridAnswer | None:
    """Answer a question about a chart, or one that calculates over a table.

    Args:
        question: As the user wrote it.
        sheets: The pages.

    Returns:
        None unless the question maps onto one chart or table without doubt.
    """
    grids = [find_grids(sheet) for sheet in sheets]
    charts = [(index, grid) for index, (found, _) in enumerate(grids) for grid in found]
    answer = _best(charts, question, CHART_COVERED)
    if answer is not None:
        return answer
    # A single cell of a table is the network's; what is calculated over a column is done here.
    tables = [(index, grid) for index, (_, found) in enumerate(grids) for grid in found]
    answer = _best(tables, question, TABLE_COVERED)
    return answer if answer is not None and answer.kind in _CALCULATED else None


def find_grids(sheet: Sheet) -> tuple[list[Grid], list[Grid]]:
    """Give the numbers of a page's charts and of its tables; looked for once."""
    if "grids" not in sheet.known:
        charts, tables = find_figures(sheet)
        sheet.known["grids"] = (
            [chart.grid() for chart in charts],
            [grid for table in tables if (grid := table.grid()) is not None],
        )
    found: tuple[list[Grid], list[Grid]] = sheet.known["grids"]
    return found
