"""The charts and tables of a page, each word in one of them at most."""

from __future__ import annotations

from internvl_cli.documents.turn import turned
from internvl_cli.reader.charts import Chart, find_charts
from internvl_cli.reader.sheet import Sheet
from internvl_cli.reader.tables import Table, find_tables

__all__ = ["find_figures"]


def find_figures(sheet: Sheet) -> tuple[list[Chart], list[Table]]:
    """Find them; a chart wins over a table that holds the same words (labels and values in rows)."""
    tables = find_tables(sheet)
    page = sheet.page
    charts = find_charts(sheet, lambda: turned(page.image, sheet.turn), {w for table in tables for w in table.words})
    taken = {w for chart in charts for w in chart.words}
    return charts, [table for table in tables if not table.words & taken]
