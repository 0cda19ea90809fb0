"""What the bundled reader says about a document: only what stands in it, and where."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from drawn_charts import Canvas, lying, upright
from PIL import Image

from internvl_cli.documents import Page, Word, open_document
from internvl_cli.engines.base import Answer, Evidence
from internvl_cli.reader.describe import Description, describe
from internvl_cli.reader.describe.fields import find_fields
from internvl_cli.reader.describe.kinds import KINDS, classify
from internvl_cli.reader.describe.patterns import AMOUNT, DATE, PHONE, is_iban
from internvl_cli.reader.figures import find_figures
from internvl_cli.reader.sheet import Sheet

SAMPLES = Path(__file__).parent.parent / "samples"

Line = tuple[float, float, str] | tuple[float, float, str, float]


def sheet_of(lines: Sequence[Line], number: int = 1, size: tuple[int, int] = (800, 1000)) -> Sheet:
    """Set lines of text in a fixed pitch: (x, y, text, height)."""
    words: list[Word] = []
    for x, y, text, *height in lines:
        tall = height[0] if height else 14.0
        at = x
        for word in text.split():
            words.append(Word(word, (at, y, at + 0.5 * tall * len(word), y + tall)))
            at += 0.5 * tall * (len(word) + 0.7)
    page = Page("made.pdf", "0" * 64, number, *size, tuple(words), lambda: Image.new("RGB", size, "white"))
    return Sheet.of(page)


def described(lines: Sequence[Line]) -> Description:
    return describe([sheet_of(lines)])


def pairs(entries: Sequence[object]) -> dict[str, str]:
    return {e.label: e.text for e in entries}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def invoice() -> Description:
    with open_document(str(SAMPLES / "invoice.pdf")) as document:
        return describe([Sheet.of(page) for page in document.pages()])


@pytest.fixture(scope="module")
def report() -> Description:
    with open_document(str(SAMPLES / "report.pdf")) as document:
        return describe([Sheet.of(page) for page in document.pages()])


def test_invoice(invoice: Description) -> None:
    assert invoice.kind.name == "invoice"
    parties = pairs(invoice.parties)
    assert parties["issuer"] == "Halden & Byrne Joinery Ltd"
    assert parties["customer"] == "Calder Valley Theatre Trust"
    assert parties["contact"] == "Priya Raman"
    assert pairs(invoice.dates) == {"Invoice date": "3 March 2025", "Due date": "2 April 2025"}
    assert pairs(invoice.amounts) == {
        "Subtotal": "£3,472.00", "VAT 20%": "£694.40", "Deposit paid": "-£500.00", "Total due": "£3,666.40",
    }  # fmt: skip
    identifiers = {e.text: (e.type, e.label) for e in invoice.identifiers}
    assert identifiers["HB-2025-0417"] == ("number", "Invoice number")
    assert identifiers["GB 318 4427 09"][0] == "vat"
    assert identifiers["accounts@haldenbyrne.example"][0] == "email"
    assert identifiers["01422 555 0142"][0] == "phone"


def test_invoice_table(invoice: Description) -> None:
    (table,) = invoice.pages[0].tables
    assert table.header == ("Description", "Qty", "Unit price", "Amount")
    assert table.rows[1] == ("Handrail, ash, per metre", "11.5", "£62.00", "£713.00")
    assert len(table.rows) == 5, "the sums below are no rows"
    assert table.markdown.splitlines()[:3] == [
        "| Description | Qty | Unit price | Amount |",
        "| --- | ---: | ---: | ---: |",
        "| Oak stage treads, 40 mm, oiled | 24 | £38.50 | £924.00 |",
    ]


def test_report_page_by_page(report: Description) -> None:
    assert report.kind.name == "report"
    assert report.title is not None and report.title.text == "Brackley Town Library"
    headings = [[h.text for h in page.headings] for page in report.pages]
    assert "Summary" in headings[0] and "Staff and building" in headings[1]
    assert headings[2:] == [["Expenditure"], ["Outlook"]], "the footer is no heading"
    assert [t.caption for p in report.pages for t in p.tables] == ["Loans and visitors by branch", "Expenditure"]
    assert ("person", "Dr Ingrid Solheim", 2) in [(e.label, e.text, e.page) for e in report.parties]
    assert {"12 February 2025", "1 March 2025"} <= {e.text for e in report.dates}
    assert pairs(report.amounts)["Total, 2024"] == "£727,000"


def test_nothing_is_said_that_does_not_stand_there(invoice: Description, report: Description) -> None:
    for name, description in (("invoice", invoice), ("report", report)):
        with open_document(str(SAMPLES / f"{name}.pdf")) as document:
            pages = {page.number: page for page in document.pages()}
        for entry in description.facts:
            page = pages[entry.page]
            inside = [
                w.text for w in page.words
                if w.box[0] >= entry.box[0] - 1 and w.box[2] <= entry.box[2] + 1
                and w.box[1] >= entry.box[1] - 1 and w.box[3] <= entry.box[3] + 1
            ]  # fmt: skip
            assert set(re.findall(r"\w+", entry.text)) <= set(re.findall(r"\w+", " ".join(inside)))
        every = {w.text for page in pages.values() for w in page.words}
        for table in (t for p in description.pages for t in p.tables):
            assert all(word in every for row in (table.header, *table.rows) for cell in row for word in cell.split())


def test_json_is_stable(invoice: Description) -> None:
    found = json.loads(invoice.render("json"))
    assert list(found) == [
        "schema_version", "kind", "title", "parties", "dates", "amounts", "identifiers", "details", "pages",
    ]  # fmt: skip
    assert found["schema_version"] == 1
    assert set(found["dates"][0]) == {"text", "label", "quote", "page", "box"}
    assert set(found["parties"][0]) == {"text", "role", "page", "box"}
    assert set(found["identifiers"][0]) == {"text", "type", "label", "quote", "page", "box"}
    assert set(found["pages"][0]) == {"file", "page", "words", "headings", "tables", "charts"}


def test_text_and_markdown(invoice: Description) -> None:
    text = invoice.render("text")
    assert text.startswith("Invoice, 1 page\n") and "  Due date: 2 April 2025" in text
    markdown = invoice.render("markdown")
    assert "- Due date: **2 April 2025**" in markdown and "| Delivery | 1 | £45.00 | £45.00 |" in markdown


def test_markdown_of_hostile_words_is_escaped() -> None:
    markdown = described(
        [(60, 60, "<b>*Title*</b> of a page", 30), (60, 200, "Name: [x](y)|z"), (60, 230, "text")]
    ).render("markdown")
    assert "<b>" not in markdown.replace("\\<b\\>", "") and "[x]" not in markdown


def test_labels_beside_above_and_in_the_line() -> None:
    sheet = sheet_of(
        [
            (60, 60, "Driver:"), (300, 60, "Tom Okafor"),
            (60, 100, "Invoice date"), (300, 100, "3 March 2025"),
            (60, 140, "Pallets: 2 Weight: 1,148 kg"),
            (60, 200, "Date of birth"), (300, 200, "Patient no."), (60, 218, "1 May 1980"), (300, 218, "P-4471"),
            (60, 260, "Total ................... £12.50"),
        ]
    )  # fmt: skip
    found = {f.label: f.value for f in find_fields(sheet)}
    assert found == {
        "Driver": "Tom Okafor", "Invoice date": "3 March 2025", "Pallets": "2", "Weight": "1,148 kg",
        "Date of birth": "1 May 1980", "Patient no.": "P-4471", "Total": "£12.50",
    }  # fmt: skip


def test_a_name_over_an_address_is_no_label() -> None:
    assert find_fields(sheet_of([(60, 60, "Parth Chana"), (60, 78, "38/78"), (60, 96, "Haldia 328895")])) == []


def test_facts_in_running_text_come_with_their_sentence() -> None:
    description = described(
        [
            (60, 60, "The roof was renewed between June and October by the firm Tolland for £84,300, which"),
            (60, 80, "is below the estimate. The lift will be replaced on 4 May 2026. Nothing else is planned."),
        ]
    )
    (amount,) = description.amounts
    assert amount.text == "£84,300" and amount.quote.startswith("The roof") and amount.quote.endswith("estimate.")
    assert [(d.text, d.quote) for d in description.dates] == [
        ("4 May 2026", "The lift will be replaced on 4 May 2026.")
    ]


def test_wrapped_cells_and_headers_are_joined() -> None:
    (table,) = find_figures(
        sheet_of(
            [
                (60, 60, "Item"), (400, 60, "Price"), (550, 60, "Opening"), (550, 76, "hours"),
                (60, 120, "Raised bed kit, larch"), (400, 120, "£20.00"), (550, 120, "6"), (60, 136, "with lid"),
                (60, 176, "Topsoil"), (400, 176, "£4.00"), (550, 176, "40"),
                (60, 216, "Compost bin"), (400, 216, "£31.00"), (550, 216, "1"),
            ]
        )
    )[1]  # fmt: skip
    assert [c.text for c in table.header] == ["Item", "Price", "Opening hours"]
    assert [c.text for c in table.rows[0]] == ["Raised bed kit, larch with lid", "£20.00", "6"]
    assert len(table.rows) == 3


def test_prose_and_addresses_are_no_tables() -> None:
    lines: list[Line] = []
    for i in range(6):
        lines += [
            (60, 60 + 18 * i, "the quick brown fox jumps over"),
            (420, 60 + 18 * i, "a lazy dog that sleeps all day"),
        ]
    assert find_figures(sheet_of(lines))[1] == []
    address: list[Line] = [
        (60, 60, "Bill to"), (400, 60, "Invoice no."), (560, 60, "HB-1"),
        (60, 80, "Calder Trust"), (400, 80, "Date"), (560, 80, "3 May 2025"),
        (60, 100, "14 Market Street"), (400, 100, "Order"), (560, 100, "C-8"),
    ]  # fmt: skip
    assert find_figures(sheet_of(address))[1] == []


def test_chart() -> None:
    description = describe([upright(("Jan", "Feb", "Mar", "Apr"), {"": (12, 31, 55, 28)}).sheet()])
    assert description.kind.name == "chart"
    (chart,) = description.pages[0].charts
    assert chart.points[2] == ("Mar", "", "55")
    assert "Mar: 55" in description.render("text") and "| Mar | 55 |" in description.render("markdown")
    assert json.loads(description.render("json"))["pages"][0]["charts"][0]["points"][0] == {
        "label": "Jan", "series": "", "value": "12",
    }  # fmt: skip


def test_lying_bars_are_no_table() -> None:
    description = describe([lying(("Bergen", "Oslo", "Hamar", "Molde"), (90, 31, 22, 64)).sheet()])
    assert description.pages[0].tables == [] and len(description.pages[0].charts) == 1


@pytest.mark.parametrize(
    ("kind", "headings", "lines"),
    [
        ("receipt", ["SALES RECEIPT"], ["Cashier: Ann", "Change 2.30", "Thank you"]),
        ("letter", [], ["Dear Mrs Hill,", "your order is on its way.", "Yours sincerely"]),
        ("payslip", ["Payslip"], ["Gross pay 2,000", "Net pay 1,500", "Deductions"]),
        ("menu", ["Menu"], ["Starters", "Soup of the day 4.50", "Desserts", "vegetarian"]),
        ("CV", ["Curriculum vitae"], ["Education", "Work experience", "Skills"]),
        ("contract", ["Lease agreement"], ["the landlord and the tenant hereby agree", "governing law"]),
        ("lab report", ["Laboratory report"], ["Patient: A. B.", "Haemoglobin 13 g/dL", "Reference range"]),
        ("delivery note", ["Delivery note"], ["Driver: T. O.", "Total weight: 12 kg"]),
        ("document", [], ["some words about nothing", "and 12 of them"]),
        ("document", [], []),
    ],
)
def test_kinds(kind: str, headings: list[str], lines: list[str]) -> None:
    assert classify(headings, [*headings, *lines]).name == kind


def test_there_are_twenty_kinds_and_more() -> None:
    assert len(KINDS) >= 20


@pytest.mark.parametrize(
    "text",
    ["3 March 2025", "2025-03-03", "03/04/25", "3.4.2025", "Mar 3, 2025", "1st of May 2020", "12 février 2024",
     "May 2024", "26 September", "14-Oct-24"],
)  # fmt: skip
def test_dates(text: str) -> None:
    assert DATE.fullmatch(text)


@pytest.mark.parametrize("text", ["1.234", "20-45-77", "10:35", "2025", "marching 3", "HX7 8EJ", "12/40"])
def test_no_dates(text: str) -> None:
    assert not DATE.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["£3,666.40", "-£500.00", "1.234,50 €", "EUR 12", "$3.1 million", "CHF 1'200.50", "(€5.00)"]
)
def test_amounts(text: str) -> None:
    assert AMOUNT.fullmatch(text)


def test_identifiers() -> None:
    assert is_iban("DE89 3704 0044 0532 0130 00") and not is_iban("DE88 3704 0044 0532 0130 00")
    assert PHONE.fullmatch("+44 20 7946 0958") and PHONE.fullmatch("01422 555 0142")


def test_sender_and_recipient_under_headings_that_stand_alone() -> None:
    lines: list[Line] = [
        (60, 60, "FROM"), (72, 82, "Floyd Murray"), (72, 104, "139 Newman Gate"),
        (60, 180, "TO"), (74, 202, "Rachel Friedman"), (74, 224, "2 Swanson Quay"), (60, 300, "Handle with care"),
    ]  # fmt: skip
    parties = pairs(described(lines).parties)
    assert (parties["sender"], parties["recipient"]) == ("Floyd Murray", "Rachel Friedman")
    # Two of a kind: nobody can tell which is meant.
    twice = [*lines, (460, 60, "FROM"), (472, 82, "Ada Byron")]
    assert "sender" not in pairs(described(twice).parties)


def test_parties_are_asked_for_only_where_the_layout_is_silent() -> None:
    lines: list[Line] = [(60, 60, "INVOICE", 30), (60, 200, "Invoice no: A-1"), (60, 230, "Amount due: £5.00")]
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        sure = "issued" in question
        where = Evidence("made.pdf", 1, (1, 1, 2, 2), (800, 1000), "Some Ltd")
        return Answer("Some Ltd", "m", "reader", kind="span", evidence=[where], confidence=0.95 if sure else 0.4)

    description = describe([sheet_of(lines)], ask)
    assert len(asked) == 2
    assert [(e.label, e.text) for e in description.parties] == [("issuer", "Some Ltd")]


def test_empty_document() -> None:
    assert describe([]).render("text") == "Document, 0 pages"
    empty = describe([Sheet.of(Page("e.png", "0" * 64, 1, 10, 10, (), Canvas().load))])
    assert empty.kind.name == "document" and empty.facts == []
    assert empty.render("text") == "Document, 1 page"
