"""Make an answer out of the words that were pointed at: what belongs to the layout goes, what belongs to it stays."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["clean", "split_glued"]

_ABBREVIATION = re.compile(
    r"(?:^|\s)(?:[A-Za-z]|[A-Za-z]\.(?:[A-Za-z]\.)*[A-Za-z]|(?:inc|ltd|co|corp|bhd|sdn|llc|plc|pty|no|st|dr|mr|mrs|ms|jr|sr|"
    r"approx|dept|etc|vs|ave|blvd|rd|gmbh|cie|bros|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec))$",
    re.IGNORECASE,
)
_PAIRS = {"(": ")", "[": "]", "“": "”", "‘": "’", '"': '"', "«": "»"}
_GLUED = re.compile(r"^([^\W\d_][^\W\d_.#/&\-]*[.#]?:)(?=[^\s/\\:])(.+)$")

_DATE_TIME = re.compile(r"^(\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|\d{4}-\d{2}-\d{2})T?(\d{1,2}:\d{2}.*)$")


def clean(words: Sequence[str]) -> str:
    """Join words into an answer.

    Labels' colons, trailing commas, dangling brackets and quotes go; a full stop stays behind an abbreviation; signs
    that belong to a number (currency, minus, per cent, accounting parentheses) stay.
    """
    text = " ".join(words).strip()
    before = None
    while text and text != before:
        before = text
        text = text.strip(" \t,;:|•·*_")
        if text[:1] in _PAIRS and text[-1:] == _PAIRS[text[:1]] and text.count(text[0]) == (2 if text[0] == '"' else 1):
            if text[0] not in "([" or not re.fullmatch(r"[(\[][$€£¥]?\s?[\d.,]+%?[)\]]", text):
                text = text[1:-1]
            continue
        for opening, closing in _PAIRS.items():
            if opening == closing:
                if text.count(opening) == 1:
                    text = text.strip(opening)
            elif text.count(opening) != text.count(closing):
                if text.startswith(opening) and closing not in text:
                    text = text[1:]
                elif text.endswith(opening) or (text.endswith(closing) and opening not in text):
                    text = text[:-1]
        if text.endswith((".", "!", "?")) and not text.endswith("..") and not _ABBREVIATION.search(text[:-1]):
            text = text[:-1]
    return text


def split_glued(word: str) -> tuple[str, str] | None:
    """Cut "Date:18/01/2018" into label and value, "14/03/201817:05" into date and time; None for any other word.

    A URL, a time or a ratio is not: what stands before the colon has to be letters, and no slash may follow it.
    """
    moment = _DATE_TIME.match(word)
    if moment is not None:
        return moment.group(1), moment.group(2)
    found = _GLUED.match(word)
    if found is None or "@" in word or word.lower().startswith(("http:", "https:", "mailto:")):
        return None
    return found.group(1), found.group(2)
