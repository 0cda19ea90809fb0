from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from drawn_pdfs import drawn_pdf, raw_pdf, text_at
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_cli.documents import Page, Word, open_document
from internvl_cli.documents.order import reading_order
from internvl_cli.documents.textlayer import unreadable_share


def page_of(tmp_path: Path, data: bytes) -> Page:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    with open_document(path) as document:
        return document.page(1)


def words_of(tmp_path: Path, data: bytes) -> list[str]:
    return [word.text for word in page_of(tmp_path, data).words]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("BT /F 10 Tf 50 200 Td [(Price) -900 (12.50)] TJ ET", ["Price", "12.50"]),
        ("BT /F 10 Tf 1 0 0 1 50 200 Tm (Price) Tj 1 0 0 1 90 200 Tm (12.50) Tj ET", ["Price", "12.50"]),
        ("BT /F 10 Tf 50 200 Td [(Ke) 30 (rned) -20 (word)] TJ ET", ["Kernedword"]),
        ("BT /F 10 Tf 20 Tc 50 200 Td (12345) Tj ET", ["12345"]),
        ("BT /F 10 Tf 50 200 Td (infor-) Tj 0 -14 Td (mation here) Tj ET", ["infor-", "mation", "here"]),
        ("BT /F 10 Tf 50 100 Td (below) Tj 0 100 Td (above) Tj ET", ["above", "below"]),
        ("BT /F 10 Tf 200 200 Td (right) Tj -150 0 Td (left) Tj ET", ["left", "right"]),
        ("BT /F 10 Tf 50 200 Td (bold) Tj 0.3 0 Td (bold) Tj ET", ["bold"]),
        ("BT /F 10 Tf 50 200 Td (seen) Tj 3000 0 Td (outside) Tj ET", ["seen"]),
        ("BT /F 10 Tf 3 Tr 50 200 Td (invisible) Tj ET", ["invisible"]),
        ("BT /F 10 Tf 0 1 -1 0 100 100 Tm (Turned text) Tj ET", ["text", "Turned"]),
        ("", []),
    ],
)
def test_words(tmp_path: Path, content: str, expected: list[str]) -> None:
    page = page_of(tmp_path, raw_pdf(content))
    assert [word.text for word in page.words] == expected
    assert page.notes == []
    for word in page.words:
        x0, y0, x1, y1 = word.box
        assert 0 <= x0 < x1 <= page.width
        assert 0 <= y0 < y1 <= page.height


def test_words_outside_the_crop_are_not_read(tmp_path: Path) -> None:
    content = "BT /F 10 Tf 50 200 Td (hidden) Tj 150 0 Td (shown) Tj ET"
    assert words_of(tmp_path, raw_pdf(content, page_extra="/CropBox[150 100 400 300]")) == ["shown"]


TO_UNICODE = """/CIDInit /ProcSet findresource begin begincmap
1 begincodespacerange <00> <FF> endcodespacerange
{pairs}
endcmap end"""


def with_map(text: str, codes: dict[str, str]) -> bytes:
    """A page whose font maps the letters of ``text`` to other characters (UTF-16 in hex)."""
    pairs = "\n".join(f"<{ord(letter):02X}> <{code}>" for letter, code in codes.items())
    cmap = TO_UNICODE.format(pairs=f"{len(codes)} beginbfchar\n{pairs}\nendbfchar")
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    data = raw_pdf(f"BT /F 12 Tf 50 200 Td ({text}) Tj ET", font=font)
    body = f"6 0 obj\n<</Length {len(cmap)}>>stream\n{cmap}\nendstream\nendobj\n".encode()
    # The table at the end no longer fits, so that PDFium rebuilds it.
    at = data.index(b"xref\n")
    return data[:at] + body + b"trailer<</Size 7/Root 1 0 R>>\n%%EOF\n"


def test_ligatures_are_spelled_out(tmp_path: Path) -> None:
    assert words_of(tmp_path, with_map("e#cient", {"#": "FB03"})) == ["efficient"]


def test_soft_hyphens_show_at_the_end_of_a_line_only(tmp_path: Path) -> None:
    assert words_of(tmp_path, with_map("in#for# mation", {"#": "00AD"})) == ["infor-", "mation"]


def test_characters_beyond_16_bits(tmp_path: Path) -> None:
    assert words_of(tmp_path, with_map("x#", {"#": "D835DC00"})) == ["x\U0001d400"]


def test_a_private_bullet_does_not_spoil_the_page(tmp_path: Path) -> None:
    text = "one bullet and some words"
    assert words_of(tmp_path, with_map(f"# {text}", {"#": "F0B7"})) == text.split()


@pytest.mark.parametrize("code", ["E000", "FFFD", "0001", "0378"])
def test_nonsense_counts_as_no_text(tmp_path: Path, code: str) -> None:
    page = page_of(tmp_path, with_map("abcde fg", dict.fromkeys("abcdef", code)))
    assert page.words == ()
    (note,) = page.notes
    assert "unreadable" in note
    assert "page 1" in note


def test_fonts_without_a_way_to_unicode_count_as_no_text(tmp_path: Path) -> None:
    descriptor = "<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 600 800]/Ascent 800/Descent 0/StemV 80>>"
    font = (
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2"
        "/BaseFont/X/DW 600/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/FontDescriptor{descriptor}>>]>>"
    )
    page = page_of(tmp_path, raw_pdf("BT /F 12 Tf 50 200 Td <003A00480055004700560011> Tj ET", font=font))
    assert page.words == ()  # PDFium guesses :HUGV. for the glyphs of "Words."
    assert "unreadable" in page.notes[0]


def test_a_stamp_on_a_scan_is_not_its_text(tmp_path: Path) -> None:
    from reportlab.lib.utils import ImageReader

    picture = io.BytesIO()
    Image.new("L", (40, 30), 220).save(picture, "PNG")

    def scan(canvas: Any) -> None:
        canvas.drawImage(ImageReader(picture), 0, 0, 400, 300)
        text_at(20, 10, "Page 1 of 3")(canvas)

    page = page_of(tmp_path, drawn_pdf(scan))
    assert page.words == ()
    assert "a scan with only 4 words" in page.notes[0]

    def ocr(canvas: Any) -> None:
        scan(canvas)
        for line in range(10):
            text_at(20, 250 - 20 * line, f"recognised line number {line}")(canvas)

    assert len(page_of(tmp_path, drawn_pdf(ocr)).words) == 44

    def header(canvas: Any) -> None:
        canvas.drawImage(ImageReader(picture), 0, 0, 400, 300)
        for line in range(3):
            text_at(20, 290 - 7 * line, "CONFIDENTIAL scanned by a device of the third floor", 6)(canvas)

    page = page_of(tmp_path, drawn_pdf(header))
    assert page.words == () and "a scan with only 27 words" in page.notes[0]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Plain", 0, 0),
        ("Grüße, 东京 – 5 €", 0, 0),
        ("(cid:12)(cid:7)", 1, 1),
        ("ab\ufffd\ue000", 0.5, 0.5),
        ("", 1, 1),
    ],
)
def test_unreadable_share(text: str, low: float, high: float) -> None:
    assert low <= unreadable_share(text) <= high


def grid(lines: list[str], left: float = 0, top: float = 0) -> list[Word]:
    words = []
    for row, line in enumerate(lines):
        x = left
        for text in line.split():
            words.append(Word(text, (x, top + 20 * row, x + 8 * len(text), top + 20 * row + 16)))
            x += 8 * (len(text) + 1)
    return words


PROSE = [f"{c}{i} lorem ipsum dolor sit amet" for c in "a" for i in range(8)]


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize("shift", [0, 7])
def test_columns_of_prose_are_read_one_after_the_other(shift: int) -> None:
    head, foot = grid(["A title that runs over both of the columns of this page"]), grid(["1 foot"], 200, 400)
    left, right = grid(PROSE, 0, 40), grid([line.replace("a", "b", 1) for line in PROSE], 300, 40 + shift)
    assert texts(reading_order(foot + right + left + head)) == texts(head + left + right + foot)


def test_three_columns() -> None:
    columns = [grid([line.replace("a", c, 1) for line in PROSE], 300 * i) for i, c in enumerate("abc")]
    assert texts(reading_order(columns[2] + columns[0] + columns[1])) == texts(columns[0] + columns[1] + columns[2])


def test_tables_are_read_row_by_row() -> None:
    names = grid([f"item number {i} of the long list" for i in range(12)])
    prices = grid([f"{i}.50" for i in range(12)], 500)
    expected = [text for i in range(12) for text in [*f"item number {i} of the long list".split(), f"{i}.50"]]
    assert texts(reading_order(prices + names)) == expected


def test_a_large_word_beside_small_lines() -> None:
    large = Word("INVOICE", (0, 0, 200, 60))
    small = grid(["No 1", "Date 2", "Due 3"], 300)
    assert texts(reading_order([*small, large])) == ["No", "1", "INVOICE", "Date", "2", "Due", "3"]


boxes = st.tuples(st.floats(0, 900), st.floats(0, 900), st.floats(1, 200), st.floats(1, 60))


@settings(max_examples=50, deadline=None)
@given(st.lists(boxes, max_size=120))
def test_order_keeps_every_word(places: list[tuple[float, float, float, float]]) -> None:
    words = [Word(str(i), (x, y, x + w, y + h)) for i, (x, y, w, h) in enumerate(places)]
    ordered = reading_order(words)
    assert sorted(map(id, ordered)) == sorted(map(id, words))
    assert reading_order(ordered) == ordered or len(words) > 1
