"""Numbers as they are printed, and the arithmetic over them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.reader.grid import is_numeric, is_total
from internvl_cli.reader.operators import apply, parse_column, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u202f234,56 €", "1234.56"),
        ("1'234.50", "1234.50"),
        ("1’234", "1234"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("0,123", "0.123"),
        ("3,5", "3.5"),
        ("1.234.567", "1234567"),
        ("-12", "-12"),
        ("−12 °C", "-12"),
        ("(1,200)", "-1200"),
        ("USD (1,200)", "-1200"),
        ("-£500.00", "-500.00"),
        ("£-500.00", "-500.00"),
        ("500.00-", "-500.00"),
        ("7 %", "7"),
        ("1,148 kg", "1148"),
        ("5.2 million", "5200000"),
        ("$3.1bn", "3100000000"),
        ("24 38.50", "24"),
        ("HB-2025", "2025"),
        ("12 (est.)", "12"),
    ],
)
def test_parse(text: str, value: str) -> None:
    number = parse_number(text)
    assert number is not None and number.value == Decimal(value)


def test_no_number() -> None:
    assert parse_number("n/a") is None
    assert parse_number("") is None


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["980", "1.234", "2.500"], ["980", "1234", "2500"]),
        (["1.234", "12,50"], ["1234", "12.50"]),
        (["1.234", "1.234.567"], ["1234", "1234567"]),
        (["1.234", "0.981"], ["1.234", "0.981"]),
        (["1.234", "5.6"], ["1.234", "5.6"]),
        (["1.234", "2.345"], ["1.234", "2.345"]),
    ],
)
def test_a_column_settles_what_a_dot_means(texts: list[str], values: list[str]) -> None:
    assert [n.value for n in parse_column(texts) if n] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("kind", "values", "result"),
    [
        ("sum", ["£1,924.00", "£713.50"], "£2,637.50"),
        ("sum", ["1.924,00 €", "713,50 €"], "2.637,50 €"),
        ("sum", ["1 234,50 €", "2,50 €"], "1 237,00 €"),
        ("sum", ["CHF 1'234.50", "CHF 2.00"], "CHF 1'236.50"),
        ("sum", ["980", "1.234"], "2.214"),
        ("sum", ["(500)", "200"], "-300"),
        ("difference", ["1,148 kg", "148 kg"], "1,000 kg"),
        ("difference", ["12%", "30%"], "18%"),
        ("difference", ["5.2 million", "3.1 million"], "2.1 million"),
        ("difference", ["5.2 million", "900,000"], "4,300,000"),
        ("difference", ["-5 °C", "7 °C"], "12 °C"),
        ("average", ["1", "2", "2"], "1.67"),
        ("average", ["2", "3"], "2.5"),
        ("average", ["1.25", "1.26"], "1.255"),
        ("average", ["£10.00", "£11.00"], "£10.50"),
        ("maximum", ["1.234", "980"], "1.234"),
        ("minimum", ["-£5", "£3"], "-£5"),
        ("maximum", ["900k", "1.2 million"], "1.2 million"),
    ],
)
def test_results_look_like_what_they_come_from(kind: str, values: list[str], result: str) -> None:
    outcome = apply(kind, values, [])
    assert outcome is not None and outcome[0] == result


@pytest.mark.parametrize(("kind", "values"), [("difference", ["1", "2", "3"]), ("sum", ["4"]), ("average", ["x"])])
def test_what_cannot_be_calculated(kind: str, values: list[str]) -> None:
    assert apply(kind, values, []) is None


amounts = st.decimals(min_value=-9_999_999, max_value=9_999_999, places=2)


def printed(value: Decimal, style: str) -> str:
    text = f"{abs(value):,.2f}"
    swap = {"english": ",.", "german": ".,", "french": "\u202f,", "swiss": "’."}[style]
    text = text.translate(str.maketrans(",.", swap))
    return f"-{text}" if value < 0 else text


@settings(max_examples=60, deadline=None)
@given(st.lists(amounts, min_size=2, max_size=6), st.sampled_from(["english", "german", "french", "swiss"]))
def test_sums_are_exact_in_every_style(values: list[Decimal], style: str) -> None:
    texts = [printed(v, style) for v in values]
    parsed = [parse_number(t) for t in texts]
    assert [n.value for n in parsed if n] == values
    outcome = apply("sum", texts, [])
    assert outcome is not None
    total = parse_number(outcome[0])
    assert total is not None and total.value == sum(values)


@pytest.mark.parametrize("text", ["12", "£3.50", "(7)", "12%", "1,148 kg", "3.1 million", "~5", "12*", "USD 4"])
def test_numeric_cells(text: str) -> None:
    assert is_numeric(text)


@pytest.mark.parametrize("text", ["", "n/a", "HB-2025", "3 March 2025", "12 of 20", "FD30", "2 bags"])
def test_other_cells(text: str) -> None:
    assert not is_numeric(text)


def test_totals() -> None:
    assert is_total("Total") and is_total("Sub-total") and is_total("Grand total:") and is_total("Summe")
    assert not is_total("Totally new") and not is_total("Staff")
