"""Our held-out set: enough of everything, the same every time, and readable where it should be."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

from internvl_cli.documents import open_document
from internvl_cli.errors import OutputError
from internvl_cli.evaluation import own
from internvl_cli.evaluation.own import draw_all, draw_own, read_own
from internvl_cli.evaluation.own.drawn import KINDS
from internvl_cli.evaluation.own.sheet import FACES, Sheet, to_pdf


def test_there_is_enough_of_everything() -> None:
    documents = draw_all()
    asked = [question for drawn in documents.values() for question in drawn.asked]
    kinds = Counter(question.kind for question in asked)
    assert len(documents) >= 30
    assert len(asked) >= 150
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 15
    looks = Counter(drawn.look for drawn in documents.values())
    assert min(looks.values()) >= 10
    assert all(question.answers and question.question.endswith("?") for question in asked)


def test_the_same_documents_every_time() -> None:
    first, second = draw_all(), draw_all()
    for name in first:
        assert to_pdf(first[name].sheets) == to_pdf(second[name].sheets)
        assert first[name].asked == second[name].asked


def test_other_seeds_give_other_documents() -> None:
    """What a family draws is drawn, not written: two seeds share no answer to most questions."""
    for name, (draw, looks) in own.FAMILIES.items():
        one, other = (draw(random.Random(f"{name} {seed}"), looks[0]) for seed in (1, 2))
        assert to_pdf(one.sheets) != to_pdf(other.sheets)


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return " ".join(pages)


def test_answers_stand_in_the_document_and_absent_ones_are_absent() -> None:
    for name, drawn in draw_all().items():
        text = text_of(to_pdf(drawn.sheets))
        for question in drawn.asked:
            if question.kind == "not in the document":
                assert question.answers == ("not found",)
            elif question.kind not in ("yes/no", "count"):
                assert any(answer in text for answer in question.answers), (name, question)


def test_nothing_is_written_beyond_the_edge() -> None:
    for name, drawn in draw_all().items():
        document = pypdfium2.PdfDocument(to_pdf(drawn.sheets))
        for page in document:
            width, height = page.get_size()
            for thing in page.get_objects():
                left, bottom, right, top = thing.get_bounds()
                assert left >= -1, name
                assert bottom >= -1, name
                assert right <= width + 1, name
                assert top <= height + 1, name
        document.close()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One family of each look, so that drawing takes a second."""
    monkeypatch.setattr(own, "FAMILIES", {"receipt": (own.FAMILIES["receipt"][0], ("pdf", "image", "scan"))})
    monkeypatch.setattr(own, "DOTS", 72)


@pytest.mark.usefixtures("few")
def test_files_are_what_they_look_like(tmp_path: Path) -> None:
    tasks = draw_own(tmp_path / "out")
    questions = read_own(str(tasks))
    assert len(questions) == 18
    assert {question.item.file for question in questions} == {"receipt-1.pdf", "receipt-2.png", "receipt-3.scan.pdf"}
    found = {}
    for path in sorted(tmp_path.glob("out/receipt*")):
        with open_document(path) as document:
            page = document.page(1)
            colours = page.image.convert("L").getcolors()
            found[path.name] = document.kind, bool(page.words), len(colours or [])
    assert found["receipt-1.pdf"][:2] == ("pdf", True)
    assert found["receipt-2.png"][:2] == ("png", False)
    assert found["receipt-3.scan.pdf"][:2] == ("pdf", False)
    assert found["receipt-3.scan.pdf"][2] > 200  # noise


@pytest.mark.usefixtures("few")
def test_what_is_complete_is_left_alone_and_what_is_not_is_drawn(tmp_path: Path) -> None:
    tasks = draw_own(tmp_path)
    scan = tmp_path / "receipt-3.scan.pdf"
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    draw_own(tmp_path)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before
    tasks.unlink()  # as after an interruption: it comes last
    scan.unlink()
    time.sleep(1.1)  # a file that carried its date would be another one now
    draw_own(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {n: b for n, (b, _) in before.items()}
    assert json.loads(tasks.read_text().splitlines()[0])["kind"] == "field"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        draw_own(tmp_path / "file" / "own")


def test_text_survives_the_pdf() -> None:
    sheet = Sheet(600, 40 + 20 * len(FACES))
    said = r"£1,234.50 (a\b) — Inês °C 14 %"
    for i, face in enumerate(FACES):
        sheet.text(20, 30 + 20 * i, said, 12, face)
    assert text_of(to_pdf([sheet])).count(said) == len(FACES)


def test_widths_are_those_of_the_faces() -> None:
    """Measured text ends where PDFium draws its end: right-aligned columns line up."""
    for face, tolerance in (("sans", 0.01), ("serif", 0.01), ("mono", 0.01), ("sans bold", 0.05), ("serif bold", 0.06)):
        sheet = Sheet(600, 60)
        text = "Reference range 1,234.50 kg"
        sheet.text(20, 30, text, 12, face)
        document = pypdfium2.PdfDocument(to_pdf([sheet]))
        left, _, right, _ = next(iter(document[0].get_objects())).get_bounds()
        document.close()
        assert right - left == pytest.approx(sheet.measure(text, 12, face), rel=tolerance + 0.02), face
