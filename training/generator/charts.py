# ruff: noqa: E501
"""Charts with printed values: bars, grouped bars, lines, pies, as the words that a reader sees."""

from __future__ import annotations

import math

from training.asking import Ask
from training.generator import words
from training.generator.document import Doc
from training.generator.formats import month_name
from training.generator.records import Column, Records, absent_from, several
from training.sample import Span

_MEASURES = (
    ("sales", "million {c}", 1), ("revenue", "thousand {c}", 0), ("visitors", "thousands", 0), ("units sold", "", 0), ("rainfall", "mm", 0),
    ("average temperature", "°C", 1), ("energy consumption", "kWh", 0), ("market share", "%", 1), ("population", "millions", 1), ("exports", "billion {c}", 1),
    ("complaints", "", 0), ("new members", "", 0), ("profit", "million {c}", 1), ("production", "tonnes", 0), ("downloads", "thousands", 0), ("accidents", "", 0),
    ("customer satisfaction", "%", 0), ("unemployment rate", "%", 1), ("orders", "", 0), ("water use", "m³", 0), ("test score", "points", 0), ("hours worked", "", 0),
    ("website visits", "", 0), ("recycling rate", "%", 0), ("passengers", "millions", 1), ("investment", "million {c}", 1), ("wage", "{c}", 0), ("births", "", 0),
)  # fmt: skip


class Chart:
    """Categories, series and their values, with the frame they are drawn in."""

    def __init__(self, doc: Doc, series: int, most: int = 10, timed: bool = True) -> None:
        rng = doc.rng
        self.doc = doc
        self.measure, unit, self.digits = rng.choice(_MEASURES)
        self.unit = unit.format(c=doc.formats.code)
        count = rng.randint(3, most)
        self.names, self.thing, self.absent = _categories(doc, count, timed)
        count = len(self.names)
        self.series = [""] if series == 1 else _series(doc, series)
        top = rng.choice((10, 40, 90, 300, 900, 4000)) if self.unit != "%" else 80
        if self.unit == "°C":
            top = 25
        self.values = []
        for _ in self.series:
            self.values.append([round(rng.uniform(0.1, 1) * top, self.digits) for _ in range(count)])
        self.suffix = doc.pick("|%") if self.unit == "%" else ""
        sheet = doc.sheet
        self.left = sheet.margin + sheet.size * rng.uniform(2, 6)
        self.right = sheet.width - sheet.margin
        self.spans: list[list[Span]] = [[(0, 0)] * len(self.series) for _ in range(count)]
        self.name_spans: list[Span] = [(0, 0)] * count

    def text(self, value: float) -> str:
        """A value as printed at its bar."""
        return self.doc.formats.number(value, self.digits) + self.suffix

    def title(self) -> None:
        """Title, subtitle or axis label with the unit, and source."""
        doc = self.doc
        place = doc.pick(words.PLACES)
        subject = self.measure.capitalize()
        by = f"by {self.thing}"
        title = doc.pick(
            (
                f"{subject} {by}",
                f"{subject} {by}, {place}",
                f"{place}: {self.measure} {by}",
                f"{subject} in {place}",
                subject,
            )
        )
        if self.unit and doc.chance(0.3):
            title += f" ({self.unit})"
        align = doc.pick("center|left|center")
        x = {"center": doc.sheet.width / 2, "left": doc.sheet.margin}[align]
        doc.put(
            title, x, doc.y, "title", size=doc.sheet.size * doc.rng.uniform(1.1, 1.8), bold=doc.chance(0.6), align=align
        )
        doc.y += doc.sheet.line() * 2
        doc.cover("unit")
        if self.unit and doc.chance(0.5):
            span = doc.put(f"in {self.unit}", x, doc.y, align=align)
            doc.fact("unit", (span[0] + 1, span[1]), self.unit)
            doc.y += doc.sheet.line() * 1.2

    def legend(self, x: float, y: float, across: bool) -> tuple[list[Span], float]:
        """Names of the series, next to each other or below each other."""
        spans = []
        doc = self.doc
        for name in self.series:
            spans.append(doc.put(name, x + doc.sheet.size, y))
            if across:
                x = doc.sheet.boxes[spans[-1][1] - 1][2] + doc.sheet.size * 2.5
            else:
                y += doc.sheet.line()
        return spans, y + (doc.sheet.line() if across else 0)

    def finish(self, legend: list[Span]) -> None:
        """Open the values for questions, and set the source."""
        doc = self.doc
        columns = []
        verb = "were" if self.measure.endswith("s") else "was"
        at = "in" if self.thing in ("year", "month", "quarter", "region", "country", "city") else "for"
        for s, name in enumerate(self.series):
            noun = f"{self.measure}" if not name else f"{self.measure} of {name}"
            asks = (
                f"What {verb} the {noun} {at} {{row}}?|{{row}} {name or self.measure}|What is the value for {{row}}{' in ' + name if name else ''}?|"
                f"How {'many ' + noun if verb == 'were' else 'high was the ' + noun}{' were there' if verb == 'were' else ''} {at} {{row}}?|What is the {noun} for {{row}}?"
                if not name
                else f"What is the value of {name} in {{row}}?|{name} {{row}}|What is the {self.measure} of {name} for {{row}}?|"
                f"How high was {name} {at} {{row}}?|What does the chart show for {name} in {{row}}?"
            )
            columns.append(
                Column(
                    name, [self.text(v) for v in self.values[s]], noun, self.values[s], several(asks),
                    several(f"Which {self.thing} had the highest {noun}?|In which {self.thing} was the {noun} highest?|Where was the {noun} at its peak?|"
                            f"Which bar is the tallest?|Which {self.thing} had the most {noun}?" if not name else
                            f"In which {self.thing} was {name} highest?|Which {self.thing} had the highest value of {name}?"),
                    several(f"Which {self.thing} had the lowest {noun}?|In which {self.thing} was the {noun} lowest?" if not name else
                            f"In which {self.thing} was {name} lowest?"),
                    additive=self.unit not in ("%", "°C", "points"),
                )
            )  # fmt: skip
        things = {"country": "countries", "city": "cities", "category": "categories"}.get(self.thing, self.thing + "s")
        records = Records(self.thing, things, self.names, columns, self.absent, "shown", "chart")
        records.order = "none"
        records.attach(doc, self.name_spans, self.spans)
        doc.noun = "chart"
        doc.cover("title", "date", "period", "total", "name", "issuer_name", "price", "subject", "start_date", "end_date", "sample_size",
                  "tax_rate", "weekly_hours", "hours", "salary", "temperature_range", "area", "event", "venue", "destination", "origin")  # fmt: skip
        if legend:
            phrases = (
                "Which series are shown?",
                "What do the colours stand for?",
                "List the legend entries.",
                "What is in the legend?",
                "legend",
            )
            doc.add("list", lambda rng: Ask(rng.choice(phrases), "list", sorted(legend), field="legend"))
            many = ("How many series are there?", "How many data series does the chart show?")
            doc.add(
                "operator",
                lambda rng: Ask(rng.choice(many), "count", values=list(legend), answer=str(len(legend)), field="count"),
            )
        if doc.chance(0.35):
            head = doc.put(doc.pick("Source:|Source:|Data:"), doc.sheet.margin, doc.y, size=doc.sheet.size * 0.8)
            source = doc.pick(
                (
                    doc.rng.choice(doc.pool.companies),
                    "National Statistics Office",
                    "own survey",
                    "annual report",
                    "company data",
                )
            )
            doc.put(source, doc.sheet.boxes[head[0]][2] + 4, doc.y, "source", size=doc.sheet.size * 0.8)


def _categories(doc: Doc, count: int, timed: bool) -> tuple[list[str], str, list[str]]:
    rng = doc.rng
    kind = rng.randrange(8) if timed else 7
    if kind == 0:
        start = rng.randint(1995, 2024 - count)
        return [str(start + i) for i in range(count)], "year", [str(start - 3), str(start + count + 2)]
    if kind == 1:
        first = rng.randrange(12)
        long = doc.chance(0.5)
        names = [month_name((first + i) % 12 + 1) for i in range(min(count, 12))]
        rest = [month_name(m) for m in range(1, 13) if month_name(m) not in names]
        return ([n if long else n[:3] for n in names], "month", [r if long else r[:3] for r in rest])
    if kind == 2:
        year = rng.randint(2010, 2025)
        names = [f"Q{i % 4 + 1} {year + i // 4}" for i in range(count)]
        return names, "quarter", [f"Q1 {year + 6}"]
    source, thing = rng.choice(
        ((words.PLACES, "region"), (words.COUNTRIES, "country"), (words.DEPARTMENTS, "department"), (words.FASHION, "product"),
         (words.OFFICE, "product"), (words.SUBJECTS, "subject"), (words.GROCERIES, "product"), (doc.pool.cities, "city"), (doc.pool.lasts, "person"))
    )  # fmt: skip
    names = []
    for name in rng.sample(source, min(len(source), count * 3)):
        if name not in names and len(names) < count:
            names.append(name)
    return names, thing, absent_from(names, source, rng)


def _series(doc: Doc, count: int) -> list[str]:
    rng = doc.rng
    options = (("Men", "Women", "Children"), ("2021", "2022", "2023"), ("Plan", "Actual", "Forecast"), ("Online", "Stores", "Export"), ("Europe", "Asia", "America"),
               ("Gas", "Solar", "Wind"), ("Product A", "Product B", "Product C"), ("North", "South", "West"), ("Budget", "Actual", "Last year"), ("Adults", "Teenagers", "Seniors"))  # fmt: skip
    return list(rng.choice(options))[:count]


def _axis(chart: Chart, top: float, bottom: float, vertical: bool) -> None:
    """Numbers at the axis: they look like values and are none."""
    doc = chart.doc
    if not doc.chance(0.6):
        return
    highest = max(max(v) for v in chart.values)
    step = 10 ** math.floor(math.log10(highest)) / doc.rng.choice((1, 2, 5))
    while highest / step > 8:
        step *= 2
    ticks = int(highest / step) + 1
    digits = 0 if step >= 1 else 1
    for i in range(ticks + 1):
        text = doc.formats.number(i * step, digits)
        size = doc.sheet.size * 0.85
        if vertical:
            doc.put(
                text,
                chart.left - doc.sheet.size * 0.7,
                bottom - (bottom - top) * i / ticks - size / 2,
                size=size,
                align="right",
            )
        else:
            doc.put(text, chart.left + (chart.right - chart.left) * i / ticks, bottom, size=size, align="center")


def bar_chart(doc: Doc) -> None:
    """Upright bars, one or several to a category."""
    _page(doc)
    chart = Chart(doc, doc.rng.choice((1, 1, 1, 2, 2, 3)))
    chart.title()
    legend: list[Span] = []
    above = doc.chance(0.5)
    if len(chart.series) > 1 and above:
        legend, doc.y = chart.legend(chart.left, doc.y, doc.chance(0.8))
    top, bottom = doc.y + doc.sheet.size, doc.y + doc.sheet.size + doc.rng.uniform(120, 320)
    first = doc.chance(0.5)
    if first:
        _axis(chart, top, bottom, True)
    slot = (chart.right - chart.left) / len(chart.names)
    bar = slot / (len(chart.series) + 0.5)
    highest = max(max(v) for v in chart.values) * doc.rng.uniform(1, 1.2)
    size = doc.sheet.size * doc.rng.uniform(0.75, 1)
    inside = doc.chance(0.2)
    order = [(r, s) for r in range(len(chart.names)) for s in range(len(chart.series))]
    if doc.chance(0.5):
        order = [(r, s) for s in range(len(chart.series)) for r in range(len(chart.names))]
    for r, s in order:
        x = chart.left + slot * r + bar * (s + 0.75)
        y = bottom - (bottom - top) * chart.values[s][r] / highest
        chart.spans[r][s] = doc.sheet.put(
            chart.text(chart.values[s][r]), x, y + (2 if inside else -size * 1.3), size, align="center"
        )
    lowest = bottom + 4
    for r, name in enumerate(chart.names):
        start = len(doc.sheet.words)
        _, below = doc.sheet.block(name, chart.left + slot * r, bottom + 4, slot, size, align="center")
        chart.name_spans[r] = (start, len(doc.sheet.words))
        lowest = max(lowest, below)
    doc.y = lowest + doc.sheet.size * 0.5
    if not first:
        _axis(chart, top, bottom, True)
    if len(chart.series) > 1 and not above:
        legend, doc.y = chart.legend(chart.left, doc.y, True)
    chart.finish(legend)


def horizontal_bars(doc: Doc) -> None:
    """Lying bars: name at the left, value at the end of the bar."""
    _page(doc)
    chart = Chart(doc, 1, 14)
    chart.title()
    size = doc.sheet.size
    chart.left = doc.sheet.margin + max(doc.sheet.measure(n) for n in chart.names) + size
    chart.left = min(chart.left, doc.sheet.width * 0.55)
    highest = max(chart.values[0]) * 1.05
    step = doc.sheet.line() * doc.rng.uniform(1.1, 2.4)
    right = doc.chance(0.6)
    room = (chart.right - chart.left) * 0.85
    columns_first = doc.chance(0.25)
    places = []
    for r, name in enumerate(chart.names):
        x = chart.left - size * 0.5 if right else doc.sheet.margin
        chart.name_spans[r] = doc.sheet.put(name, x, doc.y, align="right" if right else "left")
        places.append(doc.y)
        if not columns_first:
            _end(chart, r, places[r], room, highest)
        doc.y += step
    if columns_first:
        for r in range(len(chart.names)):
            _end(chart, r, places[r], room, highest)
    _axis(chart, 0, doc.y, False)
    doc.y += doc.sheet.line() * 1.3
    chart.finish([])


def _end(chart: Chart, r: int, y: float, room: float, highest: float) -> None:
    value = chart.values[0][r]
    x = chart.left + room * value / highest + chart.doc.sheet.size * 0.4
    chart.spans[r][0] = chart.doc.sheet.put(chart.text(value), x, y)


def line_chart(doc: Doc) -> None:
    """Points over time with their values."""
    _page(doc)
    chart = Chart(doc, doc.rng.choice((1, 1, 2, 3)), 9)
    chart.title()
    legend: list[Span] = []
    top, bottom = doc.y + doc.sheet.size * 2, doc.y + doc.rng.uniform(140, 330)
    _axis(chart, top, bottom, True)
    highest = max(max(v) for v in chart.values) * 1.1
    step = (chart.right - chart.left) / len(chart.names)
    size = doc.sheet.size * 0.85
    for s in range(len(chart.series)):
        for r in range(len(chart.names)):
            y = bottom - (bottom - top) * chart.values[s][r] / highest
            chart.spans[r][s] = doc.sheet.put(
                chart.text(chart.values[s][r]), chart.left + step * (r + 0.5), y - size * 1.3, size, align="center"
            )
    for r, name in enumerate(chart.names):
        start = len(doc.sheet.words)
        _, below = doc.sheet.block(name, chart.left + step * r, bottom + 4, step, size, align="center")
        chart.name_spans[r] = (start, len(doc.sheet.words))
        doc.y = max(doc.y, below)
    if len(chart.series) > 1:
        legend, doc.y = chart.legend(chart.left, doc.y + 4, True)
    chart.finish(legend)


def pie_chart(doc: Doc) -> None:
    """Slices with name and share, at the rim, or shares in the slices and names in a legend."""
    _page(doc)
    chart = Chart(doc, 1, 7, timed=False)
    shares = [doc.rng.uniform(0.5, 3) for _ in chart.names]
    digits = doc.rng.choice((0, 1))
    values = [round(s / sum(shares) * 100, digits) for s in shares]
    chart.values, chart.digits, chart.suffix, chart.unit = [values], digits, doc.pick("%|%| %"), "%"
    chart.measure = doc.pick("share|percentage")
    heading_thing = doc.pick("Breakdown|Distribution|Shares|Composition|Budget split|Where the money goes")
    doc.put(
        f"{heading_thing} by {chart.thing}",
        doc.sheet.width / 2,
        doc.y,
        "title",
        size=doc.sheet.size * 1.4,
        align="center",
    )
    doc.y += doc.sheet.line() * 2.5
    radius = doc.rng.uniform(70, 120)
    cx, cy = doc.sheet.width * doc.rng.uniform(0.35, 0.55), doc.y + radius + doc.sheet.size * 2
    plan = doc.rng.randrange(3)
    angle = 0.0
    size = doc.sheet.size
    for r, value in enumerate(values):
        middle = angle + value / 100 * math.pi
        angle += value / 100 * 2 * math.pi
        reach = radius * (1.15 if plan == 0 else 0.6)
        x, y = cx + math.sin(middle) * reach, cy - math.cos(middle) * reach
        align = "center" if plan else ("left" if math.sin(middle) > 0 else "right")
        if plan == 0:
            span = doc.sheet.put(f"{chart.names[r]} {chart.text(value)}", x, y, align=align)
            count = len(chart.text(value).split())
            chart.name_spans[r], chart.spans[r][0] = (span[0], span[1] - count), (span[1] - count, span[1])
        elif plan == 1:
            chart.spans[r][0] = doc.sheet.put(chart.text(value), x, y, align="center")
    doc.y = cy + radius + size * 2
    if plan == 1:
        beside = doc.chance(0.5)
        x, y = (cx + radius + size * 3, cy - radius * 0.6) if beside else (doc.sheet.margin, doc.y)
        for r, name in enumerate(chart.names):
            chart.name_spans[r] = doc.sheet.put(name, x, y)
            y += doc.sheet.line()
        doc.y = max(doc.y, y)
    elif plan == 2:
        x, y = cx + radius + size * 3, cy - radius * 0.6
        for r, name in enumerate(chart.names):
            chart.name_spans[r] = doc.sheet.put(name, x, y)
            chart.spans[r][0] = doc.sheet.put(
                chart.text(values[r]), x + max(doc.sheet.measure(n) for n in chart.names) + size, y
            )
            y += doc.sheet.line()
        doc.y = max(doc.y, y)
    chart.finish([])


def _page(doc: Doc) -> None:
    """A chart is often an image of its own, wider than high."""
    if doc.chance(0.8):
        width = doc.rng.uniform(360, 720)
        doc.new_page(width, width * doc.rng.uniform(0.5, 0.9))
    doc.misread = 0.2
