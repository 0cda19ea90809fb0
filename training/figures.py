"""Numbers as people print them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"^([(\-–−+]*)\s*[$€£¥₹]?\s*([(\-–−+]*)(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(?:%|\)|\)%)?\s*$")
_FOOTNOTE = re.compile(r"\s*(\[[^\]]*\]|\*+|†|‡)\s*$")


def parse(text: str) -> float | None:
    """The number a cell holds, English notation; None where it holds anything else."""
    match = _NUMBER.match(_FOOTNOTE.sub("", text.strip()))
    if not match:
        return None
    value = float(match[3].replace(",", ""))
    signs = match[1] + match[2]
    return -value if any(s in signs for s in "(-–−") else value


def show(value: float) -> str:
    """A number without separators and without trailing zeros, at most four decimals."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
