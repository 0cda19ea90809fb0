"""What a word looks like: number, amount, date, capitals, ticked box. Plain patterns, no vocabulary of documents."""

from __future__ import annotations

import re

__all__ = ["CURRENCY", "MONTHS", "SHAPES", "is_amount", "is_date_word", "is_number", "shape"]

_MONTH_TEXT = (
    "jan january feb february mar march apr april may jun june jul july aug august sep sept september "
    "oct october nov november dec december"
)
MONTHS = frozenset(_MONTH_TEXT.split())
CURRENCY_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SGD|HKD|MYR|RM|Rs|SEK|NOK|DKK|PLN|CZK|BRL|ZAR|KRW|THB|IDR|PHP|AED|kr|zł"
)
CURRENCY = re.compile(rf"[$€£¥₹₩₽₺₫฿]|(?<![A-Za-z])(?:{CURRENCY_CODES})(?![A-Za-z])")

_NUMBER = re.compile(r"[(\-+−–]*\d[\d.,'’\u00a0\u202f]*[)%]*")
_DECIMAL = re.compile(r"\d[.,]\d\d\)?-?$")
_DATE = re.compile(
    r"^\(?\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}\b|^\d{1,2}[-/. ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"[-/. ,']?\d{2,4}\b|^\d{4}[-/.]\d{2}$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"^\(?(?:19|20)\d\d[),.:]?$")
_TIME = re.compile(r"^\d{1,2}[:.h]\d{2}(?::\d{2})?(?:am|pm|h)?[,;]?$", re.IGNORECASE)
_NET = re.compile(r"@|^www\.|^https?:|\.(?:com|org|net|co|de|uk|eu|io)\b", re.IGNORECASE)
_TICKED = re.compile(r"^[\[(]?\s?[xX✓✔✗✘☑☒■●⊠]\s?[\])]?$|^[☑☒⊠]")
_EMPTY = re.compile(r"^[\[(][\s_]?[\])]$|^[☐□○]")

SHAPES = (
    "digit", "number", "currency", "percent", "decimal", "date", "month", "year", "time", "capitals", "title",
    "colon", "stop", "net", "mixed", "negative", "ticked", "unticked", "symbol",
)  # fmt: skip
"""Names of the flags of ``shape``."""


def is_number(word: str) -> bool:
    """Say whether a word is a number, signs and separators included ("1,234.50", "(12)", "7%")."""
    return _NUMBER.fullmatch(CURRENCY.sub("", word).strip(":;,")) is not None


def is_amount(word: str) -> bool:
    """Say whether a word looks like money: a number with a currency or with two decimals."""
    return is_number(word) and (CURRENCY.search(word) is not None or _DECIMAL.search(word) is not None)


def is_date_word(word: str) -> bool:
    """Say whether a word is a date, a month or a year."""
    bare = word.lstrip(":;(")
    return bool(_DATE.match(bare) or _YEAR.match(bare)) or word.strip(".,()").lower() in MONTHS


def shape(word: str) -> list[float]:
    """Give one flag (0 or 1) for each of ``SHAPES``."""
    digits = sum(c.isdigit() for c in word)
    letters = sum(c.isalpha() for c in word)
    bare = word.strip(".,:;()[]")
    number = is_number(word)
    flags = (
        digits > 0,
        number,
        CURRENCY.search(word) is not None,
        "%" in word,
        _DECIMAL.search(word) is not None and number,
        _DATE.match(word) is not None,
        bare.lower() in MONTHS,
        _YEAR.match(word) is not None,
        _TIME.match(word) is not None,
        letters >= 2 and word.isupper(),
        letters >= 2 and word[:1].isupper() and not word.isupper(),
        word.endswith(":"),
        word.endswith((".", ",", ";", "?", "!")),
        _NET.search(word) is not None,
        digits > 0 and letters > 0,
        number and bool(re.match(r"^[$€£¥]?[(\-−–]", word)) and digits > 0,
        _TICKED.match(word) is not None,
        _EMPTY.match(word) is not None,
        digits == 0 and letters == 0,
    )
    return [float(flag) for flag in flags]
