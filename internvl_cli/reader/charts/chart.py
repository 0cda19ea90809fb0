"""A chart as what was read on it."""

from __future__ import annotations

from dataclasses import dataclass

from internvl_cli.reader.grid import Cell, Grid

__all__ = ["Chart"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart whose values are printed on it.

    Attributes:
        type: ``column`` (upright bars, or points over labels), ``bar`` (lying bars) or ``pie``.
        title: The largest line above the chart.
        subtitle: The line under the title; often the unit.
        labels: The categories in their order.
        series: Names by the legend; a single empty cell where there is one series without a name.
        values: One row a label, one cell a series.
        words: Indices of all words of the chart, ticks included.
    """

    type: str
    title: Cell
    subtitle: Cell
    labels: tuple[Cell, ...]
    series: tuple[Cell, ...]
    values: tuple[tuple[Cell, ...], ...]
    words: frozenset[int]

    def grid(self) -> Grid:
        """Give the numbers by label and series."""
        return Grid(self.labels, self.series, self.values, f"{self.title.text} {self.subtitle.text}", chart=True)

    @property
    def points(self) -> list[tuple[str, str, str]]:
        """Label, series and value of each point that has one."""
        return [
            (label.text, series.text, cell.text)
            for label, row in zip(self.labels, self.values, strict=True)
            for series, cell in zip(self.series, row, strict=True)
            if cell.text
        ]
