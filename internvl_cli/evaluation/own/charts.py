"""Charts with printed values: columns, lying bars, a line, a pie, columns in pairs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from internvl_cli.evaluation.own.drawn import Asked, Drawn, Look
from internvl_cli.evaluation.own.names import COUNTRIES, MONTHS
from internvl_cli.evaluation.own.sheet import Colour, Sheet

__all__ = ["bars", "columns", "line", "pairs", "pie"]

PALETTE: tuple[Colour, ...] = (
    (0.26, 0.47, 0.67), (0.87, 0.5, 0.22), (0.38, 0.62, 0.38), (0.72, 0.32, 0.36), (0.5, 0.44, 0.66),
)  # fmt: skip


def columns(rng: random.Random, look: Look) -> Drawn:
    """Upright columns by month, values on top."""
    first = rng.randrange(4)
    names = MONTHS[first : first + rng.randint(5, 6)]
    values = rng.sample(range(12, 96), len(names))
    subject = rng.choice(("Bicycles repaired", "Library loans in thousands", "Trees planted", "Visitors in thousands"))
    sheet = _frame(f"{subject} by month, 2025")
    top, base, left, step = 90, 350, 80, 480 / len(names)
    for value in range(0, 101, 25):
        y = base - (base - top) * value / 100
        sheet.line(left, y, 570, y, 0.4, (0.8, 0.8, 0.82))
        sheet.text(left - 8, y + 3.5, str(value), 9.5, align="right")
    colour = rng.choice(PALETTE)
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        x, height = left + 14 + i * step, (base - top) * value / 100
        sheet.box(x, base - height, step - 26, height, fill=colour, edge=None)
        sheet.text(x + (step - 26) / 2, base - height - 5, str(value), 11.5, align="centre")
        sheet.text(x + (step - 26) / 2, base + 17, name, 11, align="centre")
    return Drawn([sheet], look, _about(rng, names, values, "month", "in {}", "November"))


def bars(rng: random.Random, look: Look) -> Drawn:
    """Lying bars by country, values at the end."""
    names = rng.sample(COUNTRIES, 6)
    values = [value / 10 for value in rng.sample(range(18, 240), len(names))]
    what = rng.choice(("Rail travel, thousand km", "Coffee drunk, kg a head", "Forest lost, square km"))
    sheet = _frame(f"{what}, by country")
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        y, length = 84 + 46 * i, 380 * value / 24
        sheet.text(110, y + 19, name, 12, align="right")
        sheet.box(118, y, length, 28, fill=PALETTE[2], edge=None)
        sheet.text(124 + length, y + 19, f"{value:.1f}", 12)
    missing = rng.choice([country for country in COUNTRIES if country not in names])
    return Drawn([sheet], look, _about(rng, names, values, "country", "for {}", missing, "{:.1f}"))


def line(rng: random.Random, look: Look) -> Drawn:
    """A line over years, each point labelled."""
    start = rng.randint(2008, 2017)
    names = [str(start + i) for i in range(7)]
    values = rng.sample(range(120, 890, 5), len(names))
    sheet = _frame(rng.choice(("Members of the climbing club", "Hives in the valley", "Boats in the harbour")))
    points = [(90 + 78 * i, 350 - 260 * value / 900) for i, value in enumerate(values)]
    for a, b in pairwise(points):
        sheet.line(*a, *b, width=2, colour=PALETTE[0])
    for i, ((x, y), name, value) in enumerate(zip(points, names, values, strict=True)):
        sheet.box(x - 3, y - 3, 6, 6, fill=PALETTE[0], edge=None)
        valley = all(value < other for other in values[max(0, i - 1) : i] + values[i + 1 : i + 2])
        sheet.text(x, y + 16 if valley else y - 9, str(value), 11, align="centre")  # clear of the line
        sheet.text(x, 372, name, 11, align="centre")
    sheet.line(60, 355, 580, 355)
    return Drawn([sheet], look, _about(rng, names, values, "year", "in {}", str(start + 9)))


def pie(rng: random.Random, look: Look) -> Drawn:
    """A pie with a legend that carries the shares."""
    names = rng.sample(["Rent", "Wages", "Repairs", "Insurance", "Travel", "Printing", "Fuel"], 5)
    cuts = sorted(rng.sample(range(5, 95), 4))
    values = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    if len(set(values)) < len(values):
        return pie(rng, look)
    sheet, turn = _frame(f"Where the money went, {rng.randint(2019, 2025)}"), 0.0
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        sheet.wedge(200, 220, 130, turn, turn + value / 100, PALETTE[i])
        turn += value / 100
        sheet.box(390, 120 + 36 * i, 16, 16, fill=PALETTE[i], edge=None)
        sheet.text(416, 133 + 36 * i, f"{name}  {value} %", 13)
    asked = _about(rng, names, values, "item", "for {}", "Training", "{} %", share=True)
    return Drawn([sheet], look, asked)


def pairs(rng: random.Random, look: Look) -> Drawn:
    """Columns in pairs with a legend, values on top."""
    names = rng.sample(["North", "South", "East", "West", "Centre"], 4)
    series = rng.choice((("Adults", "Children"), ("2023", "2024"), ("Day", "Night")))
    values = [rng.sample(range(15, 99), 4) for _ in series]
    sheet = _frame(rng.choice(("Swimmers by district, hundreds", "Calls by district, thousands")))
    for s, name in enumerate(series):
        sheet.box(410 + 90 * s, 58, 12, 12, fill=PALETTE[s], edge=None)
        sheet.text(428 + 90 * s, 68, name, 11)
    for i, district in enumerate(names):
        for s in range(2):
            x, height = 70 + 130 * i + 48 * s, 2.5 * values[s][i]
            sheet.box(x, 350 - height, 42, height, fill=PALETTE[s], edge=None)
            sheet.text(x + 21, 345 - height, str(values[s][i]), 11, align="centre")
        sheet.text(115 + 130 * i, 369, district, 12, align="centre")
    sheet.line(50, 350, 580, 350)
    (i, j), s = rng.sample(range(4), 2), rng.randrange(2)
    asked = [
        Asked("chart value", f"What is the value of {names[i]} for {series[0]}?", str(values[0][i])),
        Asked("chart value", f"What is the value of {names[j]} for {series[1]}?", str(values[1][j])),
        Asked("max/min", f"Which district has the highest value for {series[s]}?", names[_at(values[s], max)]),
        Asked("max/min", f"Which district has the lowest value for {series[s]}?", names[_at(values[s], min)]),
        Asked("count", "How many districts are shown?", "4", "four"),
    ]
    return Drawn([sheet], look, asked)


def _frame(title: str) -> Sheet:
    sheet = Sheet(620, 400)
    sheet.text(30, 38, title, 16, "sans bold")
    return sheet


def _about(
    rng: random.Random,
    names: Sequence[str],
    values: Sequence[float],
    what: str,
    where: str,
    missing: str,
    form: str = "{}",
    *,
    share: bool = False,
) -> list[Asked]:
    """Two values, the largest and the smallest, how many there are, and one that is not shown."""
    ask = "What share is shown" if share else "What value is shown"
    i, j = rng.sample(range(len(names)), 2)
    return [
        Asked("chart value", f"{ask} {where.format(names[i])}?", form.format(values[i])),
        Asked("chart value", f"{ask} {where.format(names[j])}?", form.format(values[j])),
        Asked("max/min", f"Which {what} has the highest value?", names[_at(values, max)]),
        Asked("max/min", "What is the lowest value?", form.format(min(values))),
        Asked("count", f"How many {_plural(what)} are shown?", str(len(names))),
        Asked("not in the document", f"{ask} {where.format(missing)}?", "not found"),
    ]


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _at(values: Sequence[float], best: object) -> int:
    return values.index(max(values) if best is max else min(values))
