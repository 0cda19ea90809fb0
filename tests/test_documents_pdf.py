from __future__ import annotations

import resource
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from drawn_pdfs import drawn_pdf, raw_pdf, text_at
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.documents import open_document, pdf, poppler
from internvl_cli.documents.scale import page_scale, pixel_budget
from internvl_cli.errors import DependencyError, EncryptedDocumentError, InputError, PageSelectionError

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")
MARK = "BT /F 40 Tf 60 240 Td (Mark) Tj ET"


@pytest.fixture
def no_poppler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poppler.shutil, "which", lambda _: None)


def saved(tmp_path: Path, data: bytes, name: str = "a.pdf") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def ink_box(image: Any) -> tuple[int, int, int, int]:
    box = image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    return box


def test_pages_with_words_and_picture(tmp_path: Path) -> None:
    path = saved(tmp_path, drawn_pdf(text_at(50, 200, "First page"), text_at(50, 200, "Second one")))
    with open_document(path) as document:
        assert (document.name, document.kind, document.page_count, document.notes) == (str(path), "pdf", 2, [])
        pages = list(document.pages())
        assert [[word.text for word in page.words] for page in pages] == [["First", "page"], ["Second", "one"]]
        image = pages[0].image
        assert (image.mode, image.size) == ("RGB", (pages[0].width, pages[0].height))
        assert image.getpixel((0, 0)) == (255, 255, 255)
        assert [page.number for page in document.pages("end,1")] == [2, 1]
        with pytest.raises(PageSelectionError):
            document.pages("3")
        with pytest.raises(InputError, match="has no page 3"):
            document.page(3)
    with pytest.raises(InputError, match="is closed"):
        document.page(1)
    with pytest.raises(InputError, match="is closed"):
        _ = pages[0].image


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", ["", "/CropBox[40 30 380 290]"])
def test_words_lie_on_their_ink(tmp_path: Path, rotation: int, crop: str) -> None:
    path = saved(tmp_path, raw_pdf(MARK, page_extra=f"/Rotate {rotation}{crop}"))
    with open_document(path) as document:
        page = document.page(1)
        assert (page.width > page.height) == (rotation % 180 == 0)
        (word,) = page.words
        x0, y0, x1, y1 = ink_box(page.image)
        left, top, right, bottom = word.box
        assert left - 2 <= x0
        assert x1 <= right + 2
        assert top - 2 <= y0
        assert y1 <= bottom + 2
        assert (x1 - x0) * (y1 - y0) > 0.5 * (right - left) * (bottom - top)


@needs_poppler
@pytest.mark.parametrize("extra", ["", "/Rotate 90", "/CropBox[40 30 380 290]"])
def test_poppler_draws_the_same_page(tmp_path: Path, extra: str) -> None:
    # A rectangle: which font stands in for Helvetica is the renderer's affair.
    path = saved(tmp_path, raw_pdf("60 200 100 40 re f", page_extra=extra))
    with open_document(path) as ours, open_document(path, rasterizer="poppler") as theirs:
        first, second = ours.page(1), theirs.page(1)
        assert (first.width, first.height, first.words) == (second.width, second.height, second.words)
        assert second.image.size == (second.width, second.height)
        assert ink_box(first.image) == pytest.approx(ink_box(second.image), abs=2)


@pytest.mark.usefixtures("no_poppler")
def test_poppler_asked_for_and_missing(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="pdftoppm") as caught:
        open_document(saved(tmp_path, raw_pdf(MARK)), rasterizer="poppler")
    assert "poppler-utils" in caught.value.hint


@needs_poppler
def test_poppler_takes_over_a_page_that_pdfium_cannot_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pypdfium2

    def fail(*_: object) -> None:
        raise pypdfium2.PdfiumError("broken")

    monkeypatch.setattr(pdf, "rasterize", fail)
    path = saved(tmp_path, raw_pdf(MARK))
    with open_document(path) as document:
        page = document.page(1)
        ink_box(page.image)
        assert page.notes == [f"page 1 of {path}: PDFium cannot render it; poppler renders it"]
    with open_document(path, rasterizer="pdfium") as document, pytest.raises(InputError, match="page 1 of"):
        _ = document.page(1).image


@needs_poppler
def test_poppler_takes_over_a_file_that_pdfium_cannot_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_try_open", lambda *_: (None, 3))
    monkeypatch.setattr(pdf, "_opens_without_pages", lambda *_: False)
    path = saved(tmp_path, raw_pdf(MARK, MARK, page_extra="/Rotate 90"), "-r 5 ü.pdf")
    monkeypatch.chdir(tmp_path)
    with open_document(path.name) as document:
        assert document.page_count == 2
        assert "poppler renders it" in document.notes[0]
        page = document.page(2)
        assert page.words == ()
        assert page.height > page.width
        assert page.image.size == (page.width, page.height)


@pytest.mark.usefixtures("no_poppler")
def test_a_broken_page_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = saved(tmp_path, raw_pdf(MARK, kids=["4 0 R", "3 0 R"]))
    with open_document(path) as document:
        assert document.page(1).words
        with pytest.raises(InputError, match=r"page 2 of .* is damaged"):
            document.page(2)


def test_encryption(tmp_path: Path) -> None:
    path = saved(tmp_path, drawn_pdf(text_at(50, 200, "Secret 42"), password="open sesame"))
    with pytest.raises(EncryptedDocumentError, match="needs a password") as caught:
        open_document(path)
    assert "--password-file" in caught.value.hint
    assert "INTERNVL_PDF_PASSWORD" in caught.value.hint
    for wrong in ("nope", lambda: "nope"):
        with pytest.raises(EncryptedDocumentError, match="is wrong"):
            open_document(path, password=wrong)
    with pytest.raises(EncryptedDocumentError, match="needs a password"):
        open_document(path, password=lambda: None)
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "open sesame"

    with open_document(path, password=ask) as document:
        assert [word.text for word in document.page(1).words] == ["Secret", "42"]
        ink_box(document.page(1).image)
    assert asked == [1]


def test_password_is_not_asked_for_without_need(tmp_path: Path) -> None:
    def ask() -> str:
        raise AssertionError("asked")

    open_document(saved(tmp_path, raw_pdf(MARK)), password=ask).close()


@needs_poppler
def test_poppler_never_sees_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pdf2image.pdf2image as module

    commands: list[list[str]] = []
    popen = module.Popen

    def watch(command: list[str], *args: Any, **kwargs: Any) -> Any:
        commands.append(command)
        return popen(command, *args, **kwargs)

    monkeypatch.setattr(module, "Popen", watch)
    path = saved(tmp_path, drawn_pdf(text_at(50, 200, "Secret"), password="open sesame"))
    with open_document(path, rasterizer="poppler", password="open sesame") as document:
        ink_box(document.page(1).image)
        copies = {Path(part) for command in commands for part in command if part.endswith("document.pdf")}
        (copy,) = copies
        assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert commands
    assert not any("open sesame" in part for command in commands for part in command)
    assert not copy.exists()


@pytest.mark.usefixtures("no_poppler")
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"%PDF-1.4\nnot much else", "truncated or damaged"),
        (drawn_pdf(text_at(50, 200, "Cut"))[:600], "truncated or damaged"),
        (raw_pdf(), "has no pages"),
        (b"\x00\x01garbage" * 200, "neither a PDF nor an image: it is of an unknown type"),
        (b"Dear reader, this is text", "it is text"),
    ],
)
def test_bad_files_each_have_their_message(tmp_path: Path, data: bytes, message: str) -> None:
    path = saved(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        open_document(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@needs_poppler
@pytest.mark.parametrize("data", [b"%PDF-1.4\nnot much else", raw_pdf()])
def test_poppler_does_not_make_bad_files_good(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match=r"truncated or damaged: neither|no pages") as caught:
        open_document(saved(tmp_path, data))
    assert caught.value.hint
    assert len(caught.value.message) < len(str(tmp_path)) + 200


def test_a_file_without_its_end_is_noted(tmp_path: Path) -> None:
    data = raw_pdf(MARK)
    with open_document(saved(tmp_path, data[: data.rindex(b"trailer") + 40])) as document:
        assert "may be cut off" in document.notes[0]


@pytest.mark.parametrize("box", ["[0 0 2000000 2000000]", "[0 0 14400 14400]", "[0 0 30000 200]", "[0 0 20 20]"])
def test_page_size_does_not_decide_the_memory(tmp_path: Path, box: str) -> None:
    with open_document(saved(tmp_path, raw_pdf(MARK, box=box))) as document:
        page = document.page(1)
        assert page.width * page.height <= 1.01 * pixel_budget(12)
        assert page.image.size == (page.width, page.height)


@pytest.mark.parametrize("box", ["[0 0 2000000 1]", "[0 0 0.5 0.5]"])
def test_pages_too_thin_to_read(tmp_path: Path, box: str) -> None:
    with (
        open_document(saved(tmp_path, raw_pdf(MARK, box=box))) as document,
        pytest.raises(InputError, match=r"page 1 of .* too small or too thin"),
    ):
        document.page(1)


def test_thousand_pages_cost_one(tmp_path: Path) -> None:
    path = saved(tmp_path, raw_pdf(*[MARK] * 1000))

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))

    with open_document(path, max_tiles=1) as document:
        assert document.page_count == 1000
        for page in document.pages("1-3"):
            page.image.close()
        before = peak()
        kept = list(document.pages("1-200"))
        for page in kept[:12]:
            page.image.close()
        assert peak() - before < 40  # MiB; twelve kept pictures would be 75


def test_form_fields_are_read_and_drawn(tmp_path: Path) -> None:
    def form(canvas: Any) -> None:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50, 250, "Name:")
        canvas.acroForm.textfield(name="who", value="Grace Hopper", x=100, y=240, width=200, height=30)

    with open_document(saved(tmp_path, drawn_pdf(form))) as document:
        page = document.page(1)
        assert [word.text for word in page.words] == ["Name:", "Grace", "Hopper"]
        box = page.words[1].box
        assert ink_box(page.image.crop(tuple(map(round, box))))  # type: ignore[arg-type]


def test_a_large_file_is_read_in_place(tmp_path: Path) -> None:
    # Spaces after the header make it large; PDFium finds the objects by the table all the same.
    padding = b"%" + b" " * (3 << 20) + b"\n"
    path = saved(tmp_path, drawn_pdf(text_at(50, 200, "Large")) + padding)
    with open_document(path) as document:
        assert [word.text for word in document.page(1).words] == ["Large"]
        path.rename(tmp_path / "moved.pdf")
        ink_box(document.page(1).image)


@settings(max_examples=200, deadline=None)
@given(st.floats(1, 3e6), st.floats(1, 3e6), st.integers(1, 40))
def test_scale(width: float, height: float, max_tiles: int) -> None:
    try:
        across, along, scale = page_scale(width, height, max_tiles, "page 1")
    except InputError:
        assert min(width, height) * 600 / 72 < 8.5 or max(width, height) / min(width, height) > 1900
        return
    budget = pixel_budget(max_tiles)
    assert across * along <= 1.1 * budget
    assert max(across, along) <= 16_384
    assert scale <= 600 / 72
    assert across == pytest.approx(width * scale, abs=0.51)
    if max(across, along) < 16_000 and scale < 8.3:
        assert across * along >= 0.9 * budget


def test_a4_has_at_least_150_dpi_and_twelve_tiles_their_pixels() -> None:
    assert page_scale(595.276, 841.89, 1, "")[2] * 72 == pytest.approx(150, abs=0.1)
    width, height, _ = page_scale(595.276, 841.89, 12, "")
    assert width * height == pytest.approx(12 * 448 * 448, rel=0.01)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (float("nan"), 5), (float("inf"), 5)])
def test_no_area(size: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="page 7 has no area"):
        page_scale(*size, 12, "page 7")
