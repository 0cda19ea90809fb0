# ruff: noqa: E501
"""Amounts, dates, times and identifiers, printed the way one document prints them."""

from __future__ import annotations

import datetime as dt
import random

from training.generator.vocab import Country

_DATES = (
    "%d %B %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d %b %y",
    "%a %d %b %Y",
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Formats:
    """The habits of one document; the same value always comes out the same way."""

    def __init__(self, rng: random.Random, country: Country) -> None:
        self.rng = rng
        self.country = country
        symbol, code = country.currency
        self.symbol, self.code = symbol, code
        self.decimal = country.decimal
        self.thousands = rng.choice(country.thousands)
        if country.suffix and rng.random() < 0.35:
            # Many firms on the continent print English documents with English numbers.
            self.decimal, self.thousands = ".", ","
        if rng.random() < 0.08:
            self.thousands = ""
        shapes = ["{s}{n}", "{s}{n}", "{s}{n}", "{s} {n}", "{n}", "{c} {n}", "{n} {c}"]
        if country.suffix:
            shapes += ["{n} {s}"] * 6
        self.shape = rng.choice(shapes)
        if len(symbol) > 1 and self.shape == "{s}{n}":
            self.shape = "{s} {n}"
        self.bare_cells = rng.random() < 0.5
        self.date_format = rng.choice(country.dates) if rng.random() < 0.55 else rng.choice(_DATES)
        self.no_zero = rng.random() < 0.5
        self.ordinal = rng.random() < 0.12
        self.twelve = rng.random() < (0.6 if country.locale == "en_US" else 0.15)
        self.dot_time = rng.random() < 0.06

    def number(self, value: float, digits: int = 0) -> str:
        """A number with this document's separators."""
        text = f"{abs(value):,.{digits}f}"
        text = text.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        return f"-{text}" if value < 0 else text

    def money(self, value: float, digits: int = 2) -> str:
        """An amount with its currency."""
        text = self.shape.format(s=self.symbol, c=self.code, n=self.number(abs(value), digits))
        return f"-{text}" if value < 0 else text

    def cell(self, value: float, digits: int = 2) -> str:
        """An amount in a table, where the currency is often left out."""
        return self.number(value, digits) if self.bare_cells else self.money(value, digits)

    def percent(self, value: float) -> str:
        """A share in percent."""
        digits = next(d for d in (0, 1, 2, 3) if d == 3 or round(value, d) == value)
        return f"{self.number(value, digits)}{'%' if not self.ordinal else ' %'}"

    def date(self, day: dt.date) -> str:
        """A date."""
        form = self.date_format
        text = form
        number = str(day.day) if self.no_zero and ("%B" in form or "%b" in form) else f"{day.day:02d}"
        if self.ordinal and "%B" in form:
            number = f"{day.day}{_ordinal(day.day)}"
        for code, value in (
            ("%d", number),
            ("%m", f"{day.month:02d}"),
            ("%Y", f"{day.year:04d}"),
            ("%y", f"{day.year % 100:02d}"),
            ("%B", _MONTHS[day.month - 1]),
            ("%b", _MONTHS[day.month - 1][:3]),
            ("%a", _DAYS[day.weekday()][:3]),
        ):
            text = text.replace(code, value)
        return text

    def time(self, minutes: int) -> str:
        """A time of day given in minutes after midnight."""
        hour, minute = divmod(minutes % 1440, 60)
        mark = "." if self.dot_time else ":"
        if self.twelve:
            return f"{hour % 12 or 12}{mark}{minute:02d} {'am' if hour < 12 else 'pm'}"
        return f"{hour:02d}{mark}{minute:02d}"


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def day(rng: random.Random, low: int = 2011, high: int = 2026) -> dt.date:
    """A random date."""
    return dt.date(low, 1, 1) + dt.timedelta(days=rng.randrange((high - low) * 365))


def month_name(number: int) -> str:
    """Name of a month, 1 to 12."""
    return _MONTHS[number - 1]


def weekday_name(day_: dt.date) -> str:
    """Name of the day of the week."""
    return _DAYS[day_.weekday()]


_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def pattern(rng: random.Random, shape: str) -> str:
    """An identifier: # becomes a digit, ? a capital letter."""
    return "".join(str(rng.randrange(10)) if c == "#" else rng.choice(_LETTERS) if c == "?" else c for c in shape)


def identifier(rng: random.Random, prefix: str = "") -> str:
    """An identifier of one of many shapes, with or without a prefix."""
    shape = rng.choice(
        ("####", "#####", "######", "#######", "##-####", "####-###", "????-##", "##/####", "20##-####", "20##/###",
         "?#####", "??######", "#### ####", "###-##-####", "?##-###", "20##0####", "########", "##.###.##", "?-####")
    )  # fmt: skip
    text = pattern(rng, shape)
    if prefix and rng.random() < 0.5:
        text = prefix + rng.choice(("-", "", "/", "-")) + text
    return text
