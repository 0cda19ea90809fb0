"""The reader as an engine: contract, evidence, caching, limits. The weights in the package are the ones asked."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from internvl_cli.documents.page import Page, Word
from internvl_cli.engines.base import Engine, Options, Request, answer
from internvl_cli.engines.reader import RECOGNISED_PAGES, ReaderEngine
from internvl_cli.errors import ModelError, UsageError
from internvl_cli.reader.decode import Window, decode
from internvl_cli.reader.features import FLAGS, Question, encode
from internvl_cli.reader.network import WEIGHTS, Network, Scores
from internvl_cli.reader.ocr import Recognised
from internvl_cli.reader.reading import Reader

INVOICE = [
    (["Invoice", "number:", "HB-17"], 60), (["Invoice", "date:", "2", "April", "2025"], 85),
    (["Subtotal", "£3,000.00"], 400), (["VAT", "£600.00"], 425), (["Total", "due", "£3,600.00"], 450),
]  # fmt: skip


def make_page(lines: Sequence[tuple[list[str], float]], number: int = 1, scanned: bool = False) -> Page:
    words: list[Word] = []
    for texts, y in lines:
        x = 60.0
        for text in texts:
            words.append(Word(text, (x, y, x + 7 * len(text), y + 12)))
            x += 7 * len(text) + 4
    digest = hashlib.sha256(repr((lines, scanned)).encode()).hexdigest()
    return Page(
        "a.pdf", digest, number, 600, 800, () if scanned else tuple(words), lambda: Image.new("RGB", (600, 800))
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[ReaderEngine]:
    engine = ReaderEngine(threads=1)
    yield engine
    engine.close()


def test_keeps_the_contract(engine: ReaderEngine) -> None:
    assert isinstance(engine, Engine)
    pieces = []
    stream = engine.stream(Request([make_page(INVOICE)], "What is the total due?"))
    try:
        while True:
            pieces.append(next(stream))
    except StopIteration as stop:
        result = stop.value
    assert "".join(pieces) == result.text
    assert result.engine == "reader"
    assert result.model == "internvl-reader-1"
    assert set(result.seconds) == {"load", "read", "answer"}
    assert result.usage.prompt_tokens > 20
    assert result.pages[0].page == 1
    assert 0 <= result.confidence <= 1
    json.dumps(result.to_json())


def test_answer_stands_where_the_evidence_says(engine: ReaderEngine) -> None:
    page = make_page(INVOICE)
    result = answer(engine, Request([page], "What is the total due?"))
    assert result.text == "£3,600.00"
    (evidence,) = result.evidence
    assert evidence.text == "£3,600.00"
    assert evidence.page_size == (600, 800)
    assert evidence.box == next(w.box for w in page.words if w.text == "£3,600.00")


def test_min_confidence_turns_weak_answers_into_not_found(engine: ReaderEngine) -> None:
    result = answer(engine, Request([make_page(INVOICE)], "What is the total due?", Options(min_confidence=1.0)))
    assert not result.found
    assert result.kind == "not_found"
    assert result.evidence == []


def test_page_without_words_is_not_found(engine: ReaderEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.reader, "_recogniser", lambda image: Recognised((), (), 0.0, image.size))
    result = answer(engine, Request([make_page(INVOICE, 7, scanned=True)], "What is the total due?"))
    assert result.finish_reason == "not_found"
    assert result.warnings == ["no text was found on the pages"]


def test_scanned_page_is_recognised_once_for_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ReaderEngine(threads=1)
    calls = []

    def recognise(image: Image.Image) -> Recognised:
        calls.append(image.size)
        words = make_page(INVOICE).words
        return Recognised(words, tuple(w.box for w in words), 0.0, image.size)

    monkeypatch.setattr(engine.reader, "_recogniser", recognise)
    page = make_page(INVOICE, scanned=True)
    first = answer(engine, Request([page], "What is the total due?"))
    assert first.text == answer(engine, Request([page], "What is the total due?")).text == "£3,600.00"
    assert calls == [(600, 800)]
    engine.close()


def test_scanned_pages_beyond_the_limit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ReaderEngine(threads=1)
    words = make_page(INVOICE[:1]).words

    def recognise(image: Image.Image) -> Recognised:
        return Recognised(words, tuple(w.box for w in words), 0.0, image.size)

    monkeypatch.setattr(engine.reader, "_recogniser", recognise)
    pages = [make_page(INVOICE, number, scanned=True) for number in range(1, RECOGNISED_PAGES + 3)]
    result = answer(engine, Request(pages, "What is the invoice number?"))
    assert len(result.pages) == 8
    assert any("2 were left out" in w and "--pages" in w for w in result.warnings)
    engine.close()


def test_long_documents_say_which_pages_were_read(engine: ReaderEngine) -> None:
    pages = [make_page([(["Nothing", "of", "note", "here"], 60)], n) for n in range(1, 20)]
    pages[12] = make_page(INVOICE, 13)
    result = answer(engine, Request(pages, "What is the total due?"))
    assert 13 in [p.page for p in result.pages]
    assert len(result.pages) == 8
    assert result.evidence[0].page == 13


@pytest.mark.parametrize("request_", [Request([], "What?"), Request([make_page(INVOICE)], "  ")])
def test_senseless_requests(engine: ReaderEngine, request_: Request) -> None:
    with pytest.raises(UsageError):
        answer(engine, request_)


def test_missing_and_damaged_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not usable"):
        Network(tmp_path)
    for name in ("config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    (tmp_path / "reader.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot load"):
        Network(tmp_path)
    config = json.loads((WEIGHTS / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"flags": FLAGS + 1}))
    with pytest.raises(ModelError, match="another version"):
        Network(tmp_path)


def test_weights_are_small_and_licensed() -> None:
    assert sum(f.stat().st_size for f in WEIGHTS.iterdir()) < 35e6
    assert "Apache License" in (WEIGHTS / "LICENSE").read_text()
    assert "SQuADShifts" in (WEIGHTS / "NOTICE").read_text()


def test_importing_the_engine_is_cheap() -> None:
    code = (
        "import sys, internvl_cli.engines.reader; "
        "print([m for m in ('numpy', 'onnxruntime', 'rapidocr', 'cv2', 'torch', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_torch_where_the_reader_answers() -> None:
    code = (
        "import sys; from internvl_cli.engines.reader import ReaderEngine; "
        "from internvl_cli.engines.base import Request, answer; from internvl_cli.documents.page import Page, Word; "
        "page = Page('a', 'b', 1, 100, 100, (Word('Total', (1, 1, 30, 9)), Word('5', (32, 1, 36, 9))), None); "
        "answer(ReaderEngine(threads=1), Request([page], 'total?')); "
        "print([m for m in ('torch', 'transformers', 'rapidocr', 'cv2', 'tokenizers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Decoding, with scores made by hand: what the network would have to say for each kind of answer.


def scored(
    question: str, kind: str, start: str | None = None, end: str | None = None, **cells: Sequence[str]
) -> Window:
    reader = _reader()
    page = make_page(
        [(["Month", "Visitors"], 50), (["January", "17.5"], 75), (["July", "52.3"], 100), (["August", "50.1"], 125)]
    )
    words = list(page.words)
    features = reader.prepare(words, [w.box for w in words], (600, 800)).features
    encoded = encode(features, Question(question, reader.network.tokenizer), features.layout.order)
    size = len(encoded.ids)
    token = {features.texts[w]: t for t, w in enumerate(encoded.word.tolist()) if w >= 0}
    config = reader.network.config
    scores = Scores(
        np.full(size, -8.0, np.float32), np.full((size, size), -8.0, np.float32),
        np.full((size, 4), -8.0, np.float32), np.full(len(config["kinds"]), -8.0, np.float32),
    )  # fmt: skip
    scores.kind[config["kinds"].index(kind)] = 8.0
    scores.start[token[start] if start else 0] = 8.0
    if start and end:
        scores.end[token[start], token[end]] = 8.0
    for column, name in ((0, "values"), (2, "labels")):
        for text in cells.get(name, ()):
            scores.select[token[text], column : column + 2] = 8.0
    return Window(0, features, encoded, scores)


_READER: list[Reader] = []


def _reader() -> Reader:
    if not _READER:
        _READER.append(Reader(threads=1))
    return _READER[0]


def config() -> dict[str, object]:
    """Trust the kind head alone, so that the test does not depend on the fit."""
    plain = {"bias": 0.0, "weights": {"found": 1.0}}
    confidence = {"threshold": 0.5, "found": plain, "span": plain, "selection": plain}
    return {**_reader().network.config, "confidence": confidence}


VALUES = ("17.5", "52.3", "50.1")
LABELS = ("January", "July", "August")


@pytest.mark.parametrize(
    ("start", "sure", "kind", "text"),
    [("52.3", 8.0, "span", "52.3"), ("July", 8.0, "count", "3"), ("52.3", -6.0, "count", "3")],
)
def test_a_printed_number_is_not_counted(start: str, sure: float, kind: str, text: str) -> None:
    """ "How many visitors came?" is read where the network is certain of the number, else its cells are counted."""
    window = scored("How many visitors came?", "count", start, start, values=LABELS)
    window.scores.start[window.scores.start == 8.0] = sure
    reading = decode([window], config(), "How many visitors came?")
    assert (reading.kind, reading.text) == (kind, text)


@pytest.mark.parametrize(
    ("kind", "cells", "text"),
    [
        ("list", {"values": LABELS}, "January, July, August"),
        ("count", {"values": LABELS}, "3"),
        ("sum", {"values": VALUES}, "119.9"),
        ("difference", {"values": VALUES[1:]}, "2.2"),
        ("maximum", {"values": VALUES}, "52.3"),
        ("argmax", {"values": VALUES, "labels": LABELS}, "July"),
        ("argmin", {"values": VALUES, "labels": LABELS}, "January"),
        ("yes", {}, "Yes"),
        ("no", {}, "No"),
    ],
)
def test_decoding_operators(kind: str, cells: dict[str, Sequence[str]], text: str) -> None:
    reading = decode([scored("?", kind, **cells)], config())
    assert (reading.kind, reading.text) == (kind, text)
    assert reading.confidence > 0.9


def test_decoding_spans() -> None:
    reading = decode([scored("?", "span", "July", "July")], config())
    assert (reading.kind, reading.text) == ("span", "July")
    assert decode([scored("?", "not_found")], config()).kind == "not_found"
    assert decode([], config()).kind == "not_found"


def test_an_operator_without_cells_falls_back_to_the_span() -> None:
    reading = decode([scored("?", "sum", "52.3", "52.3")], config())
    assert (reading.kind, reading.text) == ("span", "52.3")


def test_the_window_that_knows_wins() -> None:
    blank, telling = scored("?", "not_found"), scored("?", "span", "August", "August")
    for windows in ([blank, telling], [telling, blank]):
        assert decode(windows, config()).text == "August"


def test_a_span_never_runs_into_another_row() -> None:
    reading = decode([scored("?", "span", "17.5", "January")], config())
    assert reading.text == "17.5"
