"""What dates, amounts and identifiers look like. Plain patterns: they find, they don't interpret."""

from __future__ import annotations

import re

from internvl_cli.reader.shapes import CURRENCY_CODES

__all__ = ["AMOUNT", "DATE", "EMAIL", "IBAN", "PHONE", "URL", "VAT", "is_iban"]

_MONTHS = (
    r"jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vrier|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|may|mai|mayo|june?|juni|juin|"
    r"july?|juli|juillet|aug(?:ust)?|août|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[cz](?:ember|embre)?|"
    r"décembre|enero|febrero|abril|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|"
    r"maggio|giugno|luglio|settembre|ottobre|dicembre"
)
_YEAR = r"(?:1[89]|20|21)\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
DATE = re.compile(
    rf"(?<![\w/.\-])(?:"
    rf"{_YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY}(?!\d)"
    rf"|{_DAY}[-/.]{_DAY}[-/.](?:{_YEAR}|\d\d)(?![\d/\-])"
    rf"|{_DAY}(?:st|nd|rd|th|er|\.)?[\s\-/]?(?:of\s)?(?:{_MONTHS})\.?,?(?:(?:[\s\-/]|\sde\s)?(?:{_YEAR}|'?\d\d(?!\d|:)))?"
    rf"|(?:{_MONTHS})\.?\s{_DAY}(?:st|nd|rd|th)?(?:,?\s{_YEAR}|(?![\d:.,]))"
    rf"|(?:{_MONTHS})\.?,?\s{_YEAR}"
    rf")(?![\w])",
    re.IGNORECASE,
)
"""Day, month and year in some order, month and year, or day and month; names of months in five languages."""

_CODE = rf"(?:{CURRENCY_CODES})"
_SIGN = r"[$€£¥₹₩₽₺₫฿]"
_FIGURE = r"\d+(?:[.,'’\u00a0\u202f]\d{3})*(?:[.,]\d{1,2})?(?!\d)(?:[.,]-{1,2})?"
AMOUNT = re.compile(
    rf"(?<![\w.,])[(\-−+–]?\s?(?:"
    rf"(?:{_SIGN}|(?:US|C|A|NZ|HK|S){_SIGN}|{_CODE})\s?[\-−]?{_FIGURE}(?:\s?(?:million|billion|thousand|bn|mn|m|k)\b)?"
    rf"|{_FIGURE}\s?(?:{_SIGN}|{_CODE}(?![A-Za-z]))"
    rf")\)?(?![\w%])"
)
"""A number with a currency sign or code, with the sign, the parentheses and the scale that belong to it."""

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"(?<![\w@.])(?:https?://[^\s,;]+|www\.[^\s,;]+)", re.IGNORECASE)
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){2,8}(?!\w)")
PHONE = re.compile(r"(?<![\w.,/\-])(?:\+|00|\(?0)\d{0,4}\)?(?:[\s\-./]?\(?\d{1,5}\)?){2,6}(?![\w%])")
"""International or with a leading zero; other digit groups count only behind a label (tel., phone, fax…)."""
VAT = re.compile(r"(?<!\w)[A-Z]{2}\s?\d[\d\s.]{6,13}\d(?!\w)")


def is_iban(text: str) -> bool:
    """Check an IBAN's two check digits (ISO 13616: mod 97 = 1)."""
    bare = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", bare):
        return False
    digits = "".join(str(int(c, 36)) for c in bare[4:] + bare[:4])
    return int(digits) % 97 == 1
