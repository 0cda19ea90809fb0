"""Arithmetic over the cells that the network selected: plain code, decimal numbers, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from internvl_cli.reader.shapes import CURRENCY

__all__ = ["OPERATORS", "Number", "apply", "parse_column", "parse_number"]

OPERATORS = frozenset({"count", "sum", "difference", "average", "maximum", "minimum", "argmax", "argmin"})

_DIGITS = re.compile(r"\d[\d.,'’\u00a0\u202f ]*")
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9}

_UNITS = frozenset(
    [
        "kg",
        "g",
        "mg",
        "lb",
        "lbs",
        "oz",
        "km",
        "m",
        "cm",
        "mm",
        "mi",
        "ft",
        "in",
        "l",
        "ml",
        "h",
        "hrs",
        "hours",
        "min",
        "minutes",
        "days",
        "years",
        "kWh",
        "MWh",
        "GWh",
        "kW",
        "MW",
        "°C",
        "°F",
        "m²",
        "m³",
        "km²",
        "ha",
        "mph",
        "km/h",
    ]
)
"""Units that a result keeps."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was printed.

    Attributes:
        value: What it means; negative where it stands in parentheses or behind a minus.
        currency: The sign or code as printed, or "".
        leading: Whether the currency stands before the number.
        percent: Whether a per cent sign follows.
        places: Digits after the decimal mark.
        comma: Whether the comma is the decimal mark.
        grouped: The separator of the thousands; "" where there is none.
        unit: What follows the number, as printed ("kg"); "" for nothing and for a currency.
        scale: Power of ten that the unit stands for ("million": 6); ``value`` has it applied, ``places`` has not.
    """

    value: Decimal
    currency: str = ""
    leading: bool = True
    percent: bool = False
    places: int = 0
    comma: bool = False
    grouped: str = ""
    unit: str = ""
    scale: int = 0


def _mark(digits: str, dot_groups: bool) -> str:
    """Tell which character is the decimal mark: "." or "," or "" where there is none."""
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    sign, at = (".", dot) if dot >= 0 else (",", comma)
    if at < 0 or digits.count(sign) > 1:
        return ""
    # One sign only: three digits behind a comma are thousands ("1,234"); behind a dot they are decimals ("1.234"),
    # unless the other numbers of the column say otherwise.
    thousands = len(digits) - at - 1 == 3 and digits[0] != "0" and (sign == "," or dot_groups)
    return "" if thousands else sign


def _negative(before: str, after: str) -> bool:
    """Find a minus before or behind the number, or parentheses around it; the hyphen of "HB-2025" is none."""
    ahead = re.search(r"(?:^|[\s(])[-−–]\s*(?:[^\w\s(]{1,2}|[A-Za-z]{2,3})?\s*$", before) or re.search(
        r"[^\w\s(][-−–]$", before
    )
    enclosed = re.search(r"\([^()]*$", before) and re.match(r"[^()]*\)", after)
    behind = re.match(r"\s*[-−](?:\s*$|\))", after)
    return bool(ahead or enclosed or behind)


def parse_number(text: str, dot_groups: bool = False) -> Number | None:
    """Read the first number of a cell ("$1,234.50", "(12.3)", "1.234,50 €", "7 %", "1,148 kg"); None without one.

    Args:
        text: As printed.
        dot_groups: Whether "1.234" means one thousand two hundred and thirty-four; see ``parse_column``.
    """
    found = _DIGITS.search(text)
    if found is None:
        return None
    printed = found.group().rstrip(".,'’ \u00a0\u202f")
    digits = re.sub(r"['’\u00a0\u202f ](?=\d{3}(?:\D|$))", "", printed)
    if re.search(r"['’\u00a0\u202f ]", digits):
        # "24 38.50" is two numbers.
        printed = digits = re.split(r"['’\u00a0\u202f ]", printed, maxsplit=1)[0].rstrip(".,")
    before, after = text[: found.start()], text[found.start() + len(printed) :]
    mark = _mark(digits, dot_groups)
    group = re.search(r"\d([.,'’\u00a0\u202f ])\d{3}(?!\d)", printed)
    bare = "".join("." if c == mark else c for c in digits if c.isdigit() or c == mark)
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return None
    if _negative(before, after):
        value = -value
    ahead, behind = CURRENCY.search(before), CURRENCY.search(after)
    sign = ahead or behind
    rest = CURRENCY.sub("", after).strip(" )*†.,;:")
    scale = _SCALES.get(rest.lower(), 0)
    return Number(
        value=value.scaleb(scale),
        currency=sign.group() if sign else "",
        leading=ahead is not None,
        percent=re.match(r"\s?%", after) is not None,
        places=len(bare.partition(".")[2]),
        comma=mark == ",",
        grouped=group.group(1) if group is not None and group.group(1) != mark else "",
        unit=rest if scale or rest in _UNITS else "",
        scale=scale,
    )


def parse_column(texts: Sequence[str]) -> list[Number | None]:
    """Read cells that belong together, so that they settle what a dot means.

    A dot before three digits separates thousands where another cell has a decimal comma or several dots, or where the
    cells that have no dot are below one thousand and no cell has a dot before other than three digits ("980", "1.234").
    """
    bare = [found.group().strip() for text in texts if (found := _DIGITS.search(text))]
    dotted = [t for t in bare if re.fullmatch(r"\d{1,3}\.\d{3}", t)]
    if not dotted:
        return [parse_number(text) for text in texts]
    others = [t for t in bare if t not in dotted]
    continental = any(re.search(r",\d{1,2}$|\.\d{3}[.,]", t) for t in others)
    small = bool(others) and all(re.fullmatch(r"\d{1,3}", t) for t in others) and all(t[0] != "0" for t in dotted)
    return [parse_number(text, dot_groups=continental or small) for text in texts]


def _format(value: Decimal, like: Sequence[Number], places: int) -> str:
    """Print a result in the manner of the numbers it came from: currency, separators, decimals, unit."""
    model = next((n for n in like if n.currency), like[0])
    same = all((n.unit, n.scale) == (like[0].unit, like[0].scale) for n in like)
    if same:
        value = value.scaleb(-like[0].scale)
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    separator = next((n.grouped for n in like if n.grouped), "")
    whole, _, part = f"{abs(rounded):,f}".partition(".")
    text = whole.replace(",", separator)
    if part:
        text += ("," if any(n.comma for n in like) else ".") + part
    if all(n.percent for n in like):
        text += "%"
    elif same and like[0].unit:
        text += ("" if len(like[0].unit) == 1 and like[0].scale else " ") + like[0].unit
    if model.currency:
        gap = " " if model.currency.isalpha() or not model.leading else ""
        text = f"{model.currency}{gap}{text}" if model.leading else f"{text}{gap}{model.currency}"
    return f"-{text}" if rounded < 0 else text


def _mean_places(mean: Decimal, places: int) -> int:
    """Give the digits of a mean: all where it ends within four, else two more than whole numbers have."""
    exact = next((p for p in range(places, 5) if mean == mean.quantize(Decimal(1).scaleb(-p))), None)
    return max(places, 2) if exact is None else exact


def _scaled_places(numbers: Sequence[Number]) -> int:
    """Give the digits after the mark that a sum of the numbers needs, in the unit that it is printed in."""
    same = all((n.unit, n.scale) == (numbers[0].unit, numbers[0].scale) for n in numbers)
    return max(n.places if same else max(0, n.places - n.scale) for n in numbers)


def apply(kind: str, values: Sequence[str], labels: Sequence[str]) -> tuple[str, list[int]] | None:
    """Carry an operator out.

    Args:
        kind: One of ``OPERATORS``.
        values: The text of each selected cell.
        labels: For ``argmax`` and ``argmin``: the label of each value, in the same order.

    Returns:
        The answer, and which of ``values`` (for ``argmax``/``argmin``: of ``labels``) the answer stands in verbatim,
        empty where it was computed. None where the cells don't allow it (no number, one number for a difference).
    """
    if kind == "count":
        return (str(len(values)), []) if values else None
    parsed = parse_column(values)
    numbers = [n for n in parsed if n is not None]
    if not numbers:
        return None
    places = _scaled_places(numbers)
    if kind == "sum":
        return (_format(sum((n.value for n in numbers), Decimal(0)), numbers, places), []) if len(numbers) > 1 else None
    if kind == "difference":
        if len(numbers) != 2:
            return None
        return _format(abs(numbers[0].value - numbers[1].value), numbers, places), []
    if kind == "average":
        mean = sum((n.value for n in numbers), Decimal(0)) / len(numbers)
        return _format(mean, numbers, _mean_places(mean.scaleb(-numbers[0].scale), places)), []
    ranked = [i for i, n in enumerate(parsed) if n is not None]
    pick = max if kind in ("maximum", "argmax") else min
    best = pick(ranked, key=lambda i: parsed[i].value)  # type: ignore[union-attr]
    if kind in ("maximum", "minimum"):
        return values[best], [best]
    return (labels[best], [best]) if len(labels) == len(values) else None
