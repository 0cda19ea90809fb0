"""Phrases, shapes, arithmetic, page ranking."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.operators import apply, parse_number
from internvl_cli.reader.phrase import clean, split_glued
from internvl_cli.reader.rank import rank_pages
from internvl_cli.reader.shapes import SHAPES, is_amount, is_date_word, is_number, shape
from internvl_cli.reader.wish import Wish, preference
from internvl_cli.reader.wordpiece import WordPiece


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["Total:"], "Total"),
        (["Halden", "&", "Byrne", "Ltd."], "Halden & Byrne Ltd."),
        (["Acme", "Inc.,"], "Acme Inc."),
        (["in", "March", "2024."], "in March 2024"),
        (["(12.50)"], "(12.50)"),
        (["(see", "below)"], "see below"),
        (["12", "Mill", "Lane,", "York,"], "12 Mill Lane, York"),
        (["£3,666.40"], "£3,666.40"),
        (["“Illusion”"], "Illusion"),
        (["Tolland", "Roofing)"], "Tolland Roofing"),
        (["J.", "R.", "R."], "J. R. R."),
        (["-4.5%"], "-4.5%"),
        ([":"], ""),
    ],
)
def test_clean(words: list[str], answer: str) -> None:
    assert clean(words) == answer


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8), max_size=5))
def test_clean_is_stable(words: list[str]) -> None:
    once = clean(words)
    assert clean([once]) == once


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Date:18/01/2018", ("Date:", "18/01/2018")),
        ("Total:RM4.90", ("Total:", "RM4.90")),
        ("14/03/201817:05", ("14/03/2018", "17:05")),
        ("2024-03-05T09:30:00", ("2024-03-05", "09:30:00")),
        ("12:40", None),
        ("https://example.org", None),
        ("Total:", None),
        ("a@b.de", None),
        ("C:\\temp", None),
    ],
)
def test_split_glued(word: str, parts: tuple[str, str] | None) -> None:
    assert split_glued(word) == parts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,234.50", "1234.50"),
        ("(12.3)", "-12.3"),
        ("1.234,50 €", "1234.50"),
        ("7 %", "7"),
        ("-3", "-3"),
        ("RM 4.90", "4.90"),
        ("1,234", "1234"),
        ("0,25", "0.25"),
        ("12,5", "12.5"),
        ("1 234 567", "1234567"),
        ("CHF 1'200.00", "1200.00"),
        ("52.3 thousand", "52300"),
        ("$(498.7)", "-498.7"),
        ("1,234,567", "1234567"),
        ("120-", "-120"),
    ],
)
def test_parse_number(text: str, value: str) -> None:
    number = parse_number(text)
    assert number is not None
    assert number.value == Decimal(value)


def test_no_number() -> None:
    assert parse_number("n/a") is None


@settings(max_examples=50, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=2))
def test_printed_amounts_are_read_back(value: Decimal) -> None:
    number = parse_number(f"${value:,}" if value >= 0 else f"(${-value:,})")
    assert number is not None
    assert number.value == value


@pytest.mark.parametrize(
    ("kind", "values", "labels", "answer"),
    [
        ("sum", ["£1,200.50", "£99.50"], [], "£1,300.00"),
        ("difference", ["31.0", "50.3"], [], "19.3"),
        ("average", ["2", "3"], [], "2.5"),
        ("average", ["2", "4"], [], "3"),
        ("count", ["a", "b", "c"], [], "3"),
        ("maximum", ["7 kg", "12 kg"], [], "12 kg"),
        ("minimum", ["(3)", "2"], [], "(3)"),
        ("argmax", ["17.5", "52.3"], ["Mar", "Jul"], "Jul"),
        ("argmin", ["17.5", "52.3"], ["Mar", "Jul"], "Mar"),
        ("sum", ["10%", "5%"], [], "15%"),
        ("sum", ["1.000,50 €", "1,50 €"], [], "1.002,00 €"),
    ],
)
def test_operators(kind: str, values: list[str], labels: list[str], answer: str) -> None:
    outcome = apply(kind, values, labels)
    assert outcome is not None
    assert outcome[0] == answer


@pytest.mark.parametrize(
    ("kind", "values", "labels"),
    [
        ("difference", ["1"], []),
        ("sum", ["a", "b"], []),
        ("argmax", ["1", "2"], ["x"]),
        ("count", [], []),
        ("sum", ["1"], []),
    ],
)
def test_operators_refuse(kind: str, values: list[str], labels: list[str]) -> None:
    assert apply(kind, values, labels) is None


def test_shapes() -> None:
    assert len(shape("x")) == len(SHAPES)
    flags = dict(zip(SHAPES, shape("£1,234.50"), strict=True))
    assert flags["currency"]
    assert flags["decimal"]
    assert not flags["date"]
    assert dict(zip(SHAPES, shape("18/01/2018"), strict=True))["date"]
    assert is_number("(1,234)")
    assert not is_number("A4")
    assert is_amount("RM4.90")
    assert not is_amount("4")
    assert is_date_word("March")
    assert not is_date_word("total")


def test_ranking_finds_the_page() -> None:
    pages = [f"page {n} about other things".split() for n in range(20)]
    pages[13] = ["the", "roof", "was", "renewed", "by", "Tolland", "Roofing"]
    assert 13 in rank_pages("Which firm renewed the roof?", pages, 3)
    assert rank_pages("anything", pages, 30) == list(range(20))
    assert rank_pages("anything", [[], ["word"]], 1) == [1]
    assert rank_pages("?", pages, 2) == [0, 1]


def page(*lines: str) -> PageFeatures:
    boxes, texts = [], []
    for row, text in enumerate(lines):
        x = 20.0
        for word in text.split():
            boxes.append((x, 20.0 + 16 * row, x + 7 * len(word), 32.0 + 16 * row))
            texts.append(word)
            x += 7 * len(word) + 4
    return PageFeatures.build(texts, lay_out(boxes, (600, 800)), WordPiece(WEIGHTS / "vocab.txt"))


@pytest.mark.parametrize(
    ("question", "line", "given", "wanted"),
    [
        ("What is the date?", "issued 18 APR 2018 here", ["2018"], "18 APR 2018"),
        ("When is payment due?", "due 2 April 2025", ["April", "2025"], "2 April 2025"),
        ("What is my first day?", "begin on Monday, August 5, 2024. Please", ["Monday,"], "Monday, August 5, 2024."),
        ("When is it?", "on Fri 2 May at", ["Fri"], "Fri 2 May"),
        ("On which day of the week is it?", "on Monday, August 5, 2024", ["Monday,"], "Monday,"),
        ("What happens that day?", "Sun 2 rises", ["2"], "2"),
        ("What is the date?", "12-03-2018 10:13:04", ["12-03-2018", "10:13:04"], "12-03-2018"),
        ("What is the date and time?", "12-03-2018 10:13", ["12-03-2018", "10:13"], "12-03-2018 10:13"),
        ("How much is the tax?", "GST 6%: 0.42", ["6%:", "0.42"], "0.42"),
        ("What is the date?", ":09-04-2018 4:37:37PM", [":09-04-2018", "4:37:37PM"], ":09-04-2018"),
        ("Which firm is it?", "AEON CO. (M) BHD 2019", ["AEON", "CO."], "AEON CO. (M) BHD"),
        (
            "Who does it?",
            "the work is done by Vertex Elevators. Residents may use the stairs",
            ["Elevators."],
            "Vertex Elevators.",
        ),
        ("Who does it?", "Cashier Tan Chay", ["Tan"], "Tan Chay"),
        ("Who signed?", "Signed: Ada Byron", ["Ada", "Byron"], "Ada Byron"),
        ("What is the date?", "Date 09-04-2018 13:16:21", ["13:16:21"], "09-04-2018"),
        ("When is it open?", "Open 11:00 am – 9:30 pm, closed on Friday", ["11:00", "am"], "11:00 am – 9:30 pm,"),
        ("opening hours", "Open 09:00 –17:30, closed on Friday", ["09:00"], "09:00 –17:30,"),
        ("Which period is it for?", "from 1 May 2024 to 31 May 2024", ["31"], "1 May 2024 to 31 May 2024"),
        ("When does it open?", "Open 11:00 – 21:30", ["11:00"], "11:00"),
        ("What are the hours?", "25 hours to be done", ["25"], "25"),
        ("Which phone number do I ring?", "Ring 0117 555 0166 today", ["555"], "0117 555 0166"),
        (
            "What is the name of the company?",
            "SOON HUAT MACHINERY (001234-X)",
            ["HUAT", "(001234-X)"],
            "SOON HUAT MACHINERY",
        ),
    ],
)
def test_a_span_is_fitted_to_what_was_asked(question: str, line: str, given: list[str], wanted: str) -> None:
    features = page(line)
    words = [features.texts.index(text) for text in given]
    assert " ".join(features.texts[w] for w in Wish(question).fit(words, features)) == wanted


@pytest.mark.parametrize(
    ("question", "lines", "wanted"),
    [
        ("Which firm is it?", ["Aeon Co. Bhd", "3rd Floor, Aeon Taman"], "Aeon Co. Bhd"),
        ("Who owns it?", ["Halden & Byrne", "Joinery Ltd", "12 Mill Lane"], "Halden & Byrne Joinery Ltd"),
        ("Where is it?", ["Thornbury Seeds", "4 Mill Lane"], "Thornbury Seeds 4 Mill Lane"),
    ],
)
def test_a_name_ends_where_its_address_begins(question: str, lines: list[str], wanted: str) -> None:
    features = page(*lines)
    words = Wish(question).fit(list(range(len(features.texts))), features)
    assert " ".join(features.texts[w] for w in words) == wanted


@pytest.mark.parametrize(
    ("question", "lines", "better", "worse"),
    [
        ("How many bags?", ["thirty-six 36"], ["36"], ["thirty-six"]),
        ("What is the date?", ["01632 960 18/01/2018"], ["18/01/2018"], ["960"]),
        ("What is the total?", ["10 616.59 616.60"], ["616.60"], ["616.59", "616.60"]),
        ("What is the name of the company?", ["Thornbury Seeds", "4 Mill Lane"], ["Thornbury", "Seeds"],
         ["Thornbury", "Seeds", "4", "Mill", "Lane"]),
        ("Which firm?", ["Tolland Roofing"], ["Tolland", "Roofing"], ["Tolland"]),
        ("Which number do I ring?", ["BM-M 6620 or 0345 555 0199"], ["0345", "555", "0199"], ["BM-M", "6620"]),
    ],
)  # fmt: skip
def test_shapes_break_ties(question: str, lines: list[str], better: list[str], worse: list[str]) -> None:
    features, wish = page(*lines), Wish(question)
    good, bad = ([features.texts.index(t) for t in texts] for texts in (better, worse))
    assert preference(good, features, wish) > preference(bad, features, wish)
