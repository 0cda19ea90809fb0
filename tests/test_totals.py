"""The total by labels and arithmetic: what a till prints, and what must not be taken for it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.totals import asks_total, payable
from internvl_cli.reader.wordpiece import WordPiece

TOKENIZER = WordPiece(WEIGHTS / "vocab.txt")


def page(*rows: str) -> PageFeatures:
    """A page with a row a text; a bar parts the label at the left edge from the amount at the right one."""
    words: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    for number, row in enumerate(rows):
        for left, cell in zip((40.0, 420.0), row.split("|"), strict=False):
            x = left
            for word in cell.split():
                words.append(word)
                boxes.append((x, 30.0 * number, x + 9 * len(word), 30.0 * number + 16))
                x += 9 * len(word) + 6
    return PageFeatures.build(words, lay_out(boxes, (600, 40 + 30 * len(rows))), TOKENIZER)


def total(*rows: str, question: str = "What is the total?") -> str | None:
    features = page(*rows)
    found = payable(features, question)
    return None if found is None else features.texts[found]


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        (("Tea|3.50", "Subtotal|3.50", "VAT|0.70", "Total|4.20"), "4.20"),
        (("SUB-TOTAL (EX)|4.60", "TOTAL TAX|0.28", "ROUNDING|0.02", "TOTAL|4.90", "CASH|4.90", "CHANGE|0.00"), "4.90"),
        # Two totals: what was handed over less the change decides.
        (("Total|10.02", "Rounded total|10.00", "Cash|20.00", "Change|10.00"), "10.00"),
        (("Total sales (excluding GST)|57.50", "Total GST|3.45", "Total sales (inclusive of GST)|60.95"), "60.95"),
        # The tax summary at the foot has a total of its own.
        (("Total incl. GST|60.95", "Cash|70.00", "Change|9.05", "GST summary", "Total|57.50"), "60.95"),
        (("Total qty:|470.00", "Amount due|465.34"), "465.34"),
        (("Scones|7.50", "Due|7.50", "Cash|20.00", "Change|12.50", "(Total included GST @6%:|0.42)"), "7.50"),
        (("Tea|3.50", "Cake|4.20"), None),
    ],
)
def test_payable(rows: tuple[str, ...], answer: str | None) -> None:
    assert total(*rows) == answer


def test_due_is_not_the_total() -> None:
    rows = ("Total|120.00", "Deposit received|20.00", "Balance due|100.00")
    assert total(*rows, question="How much do I owe?") == "100.00"
    assert total(*rows, question="How much is due?") == "100.00"


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What is the total?", True),
        ("total", True),
        ("How much do I have to pay?", True),
        ("What's the grand total on this receipt?", True),
        ("What is the subtotal?", False),
        ("What is the total tax?", False),
        ("What is the total number of items?", False),
        ("How much is the delivery fee?", False),
        ("How much change was given?", False),
        ("", False),
    ],
)
def test_asks_total(question: str, asked: bool) -> None:
    assert asks_total(question) is asked


@settings(max_examples=40, deadline=None)
@given(st.decimals("0.05", "900", places=2), st.decimals("0", "90", places=2), st.decimals("0", "50", places=2))
def test_till_arithmetic(net: Decimal, tax: Decimal, change: Decimal) -> None:
    """Whatever the amounts are, the total is the one that the money handed over and the change agree on."""
    due = net + tax
    rows = (f"Total before tax|{net}", f"Tax|{tax}", f"Total|{due}", f"Cash|{due + change}", f"Change|{change}")
    assert total(*rows) == f"{due}"
