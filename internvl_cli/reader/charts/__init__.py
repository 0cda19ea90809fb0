"""Charts with printed values: labels paired with values by geometry, series named by the legend's colours."""

from __future__ import annotations

from internvl_cli.reader.charts.chart import Chart
from internvl_cli.reader.charts.find import find_charts

__all__ = ["Chart", "find_charts"]
