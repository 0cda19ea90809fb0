"""The question's two forms: what is averaged, and that the reader asks both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.documents.page import Word
from internvl_cli.reader.features import Encoded, PageFeatures, encode
from internvl_cli.reader.forms import FORMS, forms, mean
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS, Scores
from internvl_cli.reader.reading import Reader
from internvl_cli.reader.wordpiece import WordPiece

TOKENIZER = WordPiece(WEIGHTS / "vocab.txt")
PAGE = ["Total", "due:", "£3,666.40", "Reference", "internationalisation"]


def window(question: str, texts: list[str] = PAGE) -> list[Encoded]:
    """Encode a page of one line with each form of the question."""
    boxes = [(60.0 + 90 * i, 40.0, 140.0 + 90 * i, 52.0) for i in range(len(texts))]
    page = PageFeatures.build(texts, lay_out(boxes, (900, 800)), TOKENIZER)
    return [encode(page, form, np.arange(len(texts))) for form in forms(question, TOKENIZER)]


def scores(encoded: Encoded, seed: int) -> Scores:
    rng = np.random.default_rng(seed)
    t = len(encoded.ids)
    parts = [rng.normal(size=size).astype(np.float32) for size in ((t,), (t, t), (t, 4), (14,))]
    return Scores(*parts)


def test_the_first_form_is_the_question_itself() -> None:
    assert forms("Who signed it?", TOKENIZER)[0].text == "Who signed it?"
    assert [form.text for form in forms("{} {0}", TOKENIZER)] == [f.replace("{}", "{} {0}", 1) for f in FORMS]


def test_the_mean_of_one_form_is_that_form() -> None:
    first = window("What is due?")[0]
    own = scores(first, 1)
    same = mean([first], [own])
    for name in ("start", "end", "select", "kind"):
        np.testing.assert_array_equal(getattr(same, name), getattr(own, name))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.sampled_from(["What is due?", "due", "", "a " * 60]))
def test_each_word_gets_the_mean_of_its_own_scores(seed: int, question: str) -> None:
    encoded = window(question)
    each = [scores(e, seed + i) for i, e in enumerate(encoded)]
    together = mean(encoded, each)
    for word in range(len(PAGE)):
        at = [int(np.flatnonzero(e.word == word)[0]) for e in encoded]
        assert together.start[at[0]] == pytest.approx(np.mean([s.start[a] for s, a in zip(each, at, strict=True)]))
        assert together.select[at[0], 2] == pytest.approx(
            np.mean([s.select[a, 2] for s, a in zip(each, at, strict=True)])
        )
        last = [int(np.flatnonzero(e.word == len(PAGE) - 1)[0]) for e in encoded]
        assert together.end[at[0], last[0]] == pytest.approx(
            np.mean([s.end[a, b] for s, a, b in zip(each, at, last, strict=True)])
        )
    assert together.start[0] == pytest.approx(np.mean([s.start[0] for s in each]))
    np.testing.assert_allclose(together.kind, np.mean([s.kind for s in each], axis=0), rtol=1e-6)


def test_averaging_leaves_the_forms_own_scores_alone() -> None:
    encoded = window("What is due?")
    each = [scores(e, i) for i, e in enumerate(encoded)]
    before = [s.start.copy() for s in each]
    mean(encoded, each)
    for s, kept in zip(each, before, strict=True):
        np.testing.assert_array_equal(s.start, kept)


def test_the_reader_reads_every_window_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(Path(WEIGHTS), 1)
    network = reader.network
    read: list[Encoded] = []

    def listen(encoded: Encoded) -> Scores:
        read.append(encoded)
        return network(encoded)

    listen.config = network.config  # type: ignore[attr-defined]
    listen.tokenizer = network.tokenizer  # type: ignore[attr-defined]
    words = [Word(f"word{i}", (40 + 90 * (i % 6), 40 + 16 * (i // 6), 110 + 90 * (i % 6), 52 + 16 * (i // 6)))
             for i in range(260)]  # fmt: skip
    page = reader.prepare(words, [w.box for w in words], (600, 800))
    monkeypatch.setattr(reader, "_network", listen)
    _, pieces = reader.ask([page], "What is the total amount?")
    first, second = read[:: len(FORMS)], read[1 :: len(FORMS)]
    assert len(first) > 1
    assert pieces == sum(len(e.ids) for e in first)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.word[one.word >= 0], other.word[other.word >= 0])
        assert len(other.ids) - len(one.ids) == len(TOKENIZER.word("Please")) + 1 + len(TOKENIZER.word("me:"))
        assert len(other.ids) <= 384
