"""Documents that are opened in one process and asked about in another."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import pytest
from batch_helpers import item
from drawn_pdfs import drawn_pdf, text_at

from internvl_cli.batch import prepare as module
from internvl_cli.batch.prepare import needs_pictures, prepare
from internvl_cli.batch.work import EngineInfo
from internvl_cli.documents import open_document

OPEN = partial(open_document, max_tiles=1)


def test_pages_travel_with_their_names_words_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AHEAD", 1)
    (tmp_path / "a.pdf").write_bytes(drawn_pdf(text_at(20, 200, "one"), text_at(20, 200, "two")))
    asked = [item("a.pdf", "What?", id="1"), item("a.pdf", "Who?", id="2")]
    sent = prepare(OPEN, asked, needs_pictures(EngineInfo("local", "InternVL2-2B")), folder=str(tmp_path))
    got = pickle.loads(pickle.dumps(sent))
    assert got.failure is None and got.opened is not None and [one.id for one in got.items] == ["1", "2"]
    with OPEN(tmp_path / "a.pdf") as document:
        expected = list(document.pages())
        for page, other in zip(got.opened.pages, expected, strict=True):  # the second is opened and rendered again
            assert page.image.tobytes() == other.image.tobytes()
            assert (page.key, page.words, page.document) == (other.key, other.words, "a.pdf")
    assert got.opened.names == ["a.pdf"]
    held = [page.render.image is not None for page in sent.opened.pages]  # type: ignore[union-attr]
    assert held == [True, False]


def test_the_reader_gets_no_pictures_of_pages_with_words(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(drawn_pdf(text_at(20, 200, "one"), lambda canvas: canvas.rect(9, 9, 99, 99)))
    source = str(tmp_path / "a.pdf")
    for engine, held in (("reader", [False, True]), ("endpoint", [False, True]), ("local", [True, True])):
        model = "internvl-reader-1" if engine != "local" else "InternVL2-2B"
        ready = prepare(OPEN, [item("a.pdf", source=source)], needs_pictures(EngineInfo(engine, model)))
        assert ready.opened is not None
        assert [page.render.image is not None for page in ready.opened.pages] == held  # type: ignore[attr-defined]


def test_failures_name_the_document_as_the_user_did(tmp_path: Path) -> None:
    ready = prepare(OPEN, [item("gone.pdf")], lambda page: True, folder=str(tmp_path))
    assert ready.opened is None and ready.failure is not None and ready.failure.type == "input"
    assert "gone.pdf" in ready.failure.message and str(tmp_path) not in ready.failure.message
    (tmp_path / "a.pdf").write_bytes(drawn_pdf(text_at(20, 200, "one")))
    ready = prepare(OPEN, [item("a.pdf", pages="7")], lambda page: True, folder=str(tmp_path))
    assert ready.failure is not None and ready.failure.type == "page_selection"
