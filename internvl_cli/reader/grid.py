"""Values under labels: what a chart and a table have in common, and what sums and superlatives are asked of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from internvl_cli.reader.shapes import CURRENCY

__all__ = ["EMPTY", "Cell", "Grid", "is_numeric", "is_total"]

_UNITS = (
    r"(?:kg|g|mg|t|km|m|cm|mm|l|ml|h|hrs?|min|pcs?|x|pts?|years?|days?|hours?|kWh|kW|°C|°F|m²|m³|ha|%|k|bn|mn|"
    r"(?:[a-zµ]{1,5}|10\^\d+)/[a-z]{1,4})"
)
_NUMERIC = re.compile(
    rf"[(\-+−–~≈<>]*\s*\d[\d.,'’\u00a0\u202f ]*\s*\)?-?\s*(?:million|billion|thousand|{_UNITS})?\s*\)?", re.IGNORECASE
)
_TOTAL = re.compile(
    r"^(?:grand\s+|sub-?\s?|net\s+|gross\s+)?(?:totals?|sum|balance|amount\s+due|all|overall|average|mean|gesamt|summe|"
    r"zwischensumme|somme|totale?|vat|tax|gst|mwst|discount|shipping|deposit)\b",
    re.IGNORECASE,
)

EMPTY = frozenset({"", "-", "–", "—", "n/a", "N/A", "..", "…", "."})
"""What a cell with no value holds."""


def is_numeric(text: str) -> bool:
    """Say whether a cell holds a number and nothing else but a currency, a sign or a unit."""
    return _NUMERIC.fullmatch(CURRENCY.sub("", text).strip(" *†:;,")) is not None


def is_total(label: str) -> bool:
    """Say whether a row's label names a sum over other rows."""
    return _TOTAL.match(label.strip()) is not None


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that belong together; empty where nothing stands.

    Attributes:
        text: The words with one space between them.
        words: Their indices on the page.
    """

    text: str = ""
    words: tuple[int, ...] = ()

    def joined(self, other: Cell) -> Cell:
        """Give both, this one first."""
        return Cell(f"{self.text} {other.text}".strip(), self.words + other.words)


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers by label and series.

    Attributes:
        labels: One a row: categories of a chart, first column of a table; rows of sums are left out.
        series: One a column; a single empty cell where a chart has one series without a name.
        values: One row a label; cells may be empty.
        about: Everything that says what the numbers are: titles, units, captions, the header of the labels.
        chart: Whether it is a chart.
        label_name: Header of the labels; "" for charts.
    """

    labels: tuple[Cell, ...]
    series: tuple[Cell, ...]
    values: tuple[tuple[Cell, ...], ...]
    about: str
    chart: bool
    label_name: str = ""
