"""Arithmetic over the cells that the network selected: plain code, decimal numbers, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from internvl_cli.reader.shapes import CURRENCY

__all__ = ["OPERATORS", "Number", "apply", "parse_number"]

OPERATORS = frozenset({"count", "sum", "difference", "average", "maximum", "minimum", "argmax", "argmin"})

_DIGITS = re.compile(r"\d[\d.,'’\u00a0\u202f ]*")
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9}


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
        grouped: Whether thousands were separated.
    """

    value: Decimal
    currency: str = ""
    leading: bool = True
    percent: bool = False
    places: int = 0
    comma: bool = False
    grouped: bool = False


def _mark(digits: str) -> str:
    """Tell which character is the decimal mark: "." or "," or "" where there is none."""
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    sign, at = (".", dot) if dot >= 0 else (",", comma)
    if at < 0 or digits.count(sign) > 1:
        return ""
    # One sign only: three digits behind a comma are thousands ("1,234"); behind a dot they are decimals ("1.234").
    return "" if sign == "," and len(digits) - at - 1 == 3 and digits[0] != "0" else sign


def parse_number(text: str) -> Number | None:
    """Read the first number of a cell ("$1,234.50", "(12.3)", "1.234,50 €", "7 %"); None where there is none."""
    found = _DIGITS.search(text)
    if found is None:
        return None
    digits = found.group().rstrip(".,'’ \u00a0\u202f")
    digits = re.sub(r"['’\u00a0\u202f ](?=\d{3}(?:\D|$))", "", digits)
    if " " in digits:
        digits = digits.split(" ", 1)[0].rstrip(".,")
    before, after = text[: found.start()], text[found.start() + len(found.group().rstrip()) :]
    mark = _mark(digits)
    bare = digits
    for sign in ".,'’\u00a0\u202f":
        if sign != mark:
            bare = bare.replace(sign, "")
    bare = bare.replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return None
    behind = "-" if re.match(r"\s*[-−](?:\s*$|\))", after) else ""
    if re.search(r"[-−–]\s*(?:[^\w\s(]\s*)?$", before) or ("(" in before and ")" in after) or behind:
        value = -value
    places = len(bare.partition(".")[2])
    scale = re.match(r"\s*([A-Za-z]+)", after)
    if scale is not None and scale.group(1).lower() in _SCALES:
        value = value.scaleb(_SCALES[scale.group(1).lower()])
        places = max(0, places - _SCALES[scale.group(1).lower()])
    ahead, behind_sign = CURRENCY.search(before), CURRENCY.search(after)
    sign_match = ahead or behind_sign
    return Number(
        value=value,
        currency=sign_match.group() if sign_match else "",
        leading=ahead is not None,
        percent="%" in after[:3],
        places=places,
        comma=mark == ",",
        grouped=re.search(r"\d[.,'’\u00a0\u202f ]\d{3}(?!\d)", found.group()) is not None and len(digits) > len(bare),
    )


def _format(value: Decimal, like: Sequence[Number], places: int) -> str:
    """Print a result in the manner of the numbers it came from."""
    model = next((n for n in like if n.currency), like[0])
    rounded = value.quantize(Decimal(1).scaleb(-places)) if places else value.quantize(Decimal(1))
    text = f"{abs(rounded):,f}" if any(n.grouped for n in like) else f"{abs(rounded):f}"
    if any(n.comma for n in like):
        text = text.translate(str.maketrans(",.", ".,"))
    if all(n.percent for n in like):
        text += "%"
    if model.currency:
        gap = " " if model.currency.isalpha() or not model.leading else ""
        text = f"{model.currency}{gap}{text}" if model.leading else f"{text}{gap}{model.currency}"
    return f"-{text}" if rounded < 0 else text


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
    parsed = [parse_number(value) for value in values]
    numbers = [n for n in parsed if n is not None]
    if not numbers:
        return None
    places = max(n.places for n in numbers)
    if kind == "sum":
        return (_format(sum((n.value for n in numbers), Decimal(0)), numbers, places), []) if len(numbers) > 1 else None
    if kind == "difference":
        if len(numbers) != 2:
            return None
        return _format(abs(numbers[0].value - numbers[1].value), numbers, places), []
    if kind == "average":
        mean = sum((n.value for n in numbers), Decimal(0)) / len(numbers)
        exact = mean == mean.quantize(Decimal(1).scaleb(-places))
        return _format(mean, numbers, places if exact else max(places, 2)), []
    ranked = [i for i, n in enumerate(parsed) if n is not None]
    pick = max if kind in ("maximum", "argmax") else min
    best = pick(ranked, key=lambda i: parsed[i].value)  # type: ignore[union-attr]
    if kind in ("maximum", "minimum"):
        return values[best], [best]
    return (labels[best], [best]) if len(labels) == len(values) else None
