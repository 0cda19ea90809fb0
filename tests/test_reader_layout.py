"""Rows, segments, stacks, paths, windows."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.reader.features import RELATIONS, PageFeatures, Question, encode
from internvl_cli.reader.layout import Layout, lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.windows import windows
from internvl_cli.reader.wordpiece import CLS, MAX_PIECES, SEP, WordPiece

Placed = list[tuple[str, tuple[float, float, float, float]]]


def line(text: str, x: float, y: float, height: float = 12, width: float = 7) -> Placed:
    """Set a line of text in a fixed pitch."""
    placed: Placed = []
    for word in text.split():
        placed.append((word, (x, y, x + width * len(word), y + height)))
        x += width * (len(word) + 0.7)
    return placed


def page(*lines: Placed) -> tuple[list[str], Layout]:
    words = [w for placed in lines for w in placed]
    return [w for w, _ in words], lay_out([b for _, b in words], (600, 800))


@pytest.fixture(scope="module")
def tokenizer() -> WordPiece:
    return WordPiece(WEIGHTS / "vocab.txt")


def test_table_rows_are_cut_into_cells() -> None:
    texts, layout = page(
        line("Item", 50, 100), line("Price", 300, 100), line("Oak door", 50, 130), line("£ 62.00", 300, 131)
    )
    cells = [[texts[w] for w in words] for words in layout.segment_words]
    assert cells == [["Item"], ["Price"], ["Oak", "door"], ["£", "62.00"]]
    assert layout.segment_row.tolist() == [0, 0, 1, 1]
    assert layout.segment_index.tolist() == [0, 1, 0, 1]


def test_rows_survive_any_order_of_words() -> None:
    placed = [
        *line("Invoice number", 50, 100), *line("HB-17", 300, 100),
        *line("Date", 50, 130), *line("2 April", 300, 131),
    ]  # fmt: skip
    random.Random(3).shuffle(placed)
    layout = lay_out([b for _, b in placed], (600, 800))
    assert [placed[w][0] for w in layout.order] == ["Invoice", "number", "HB-17", "Date", "2", "April"]


def test_address_is_one_path_though_another_stands_beside() -> None:
    texts, layout = page(
        line("Ashby Ltd", 50, 100), line("Corran GmbH", 350, 100),
        line("4 Mill Lane", 50, 116), line("Am Markt 2", 350, 116),
    )  # fmt: skip
    start, end = texts.index("Ashby"), texts.index("Lane")
    path = layout.path(start, end)
    assert path is not None
    assert [texts[w] for w in path] == ["Ashby", "Ltd", "4", "Mill", "Lane"]
    assert layout.path(end, start) is None
    assert layout.path(start, texts.index("Markt")) is None


def test_distant_lines_are_not_one_stack() -> None:
    texts, layout = page(line("Heading", 50, 100), line("Far below", 50, 160))
    assert layout.path(0, texts.index("below")) is None


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [line(f"left column line {n} with some words in", 40, 100 + 16 * n, width=6) for n in range(5)]
    right = [line(f"right column line {n} with some words in", 330, 100 + 16 * n, width=6) for n in range(5)]
    texts, layout = page(*(part for pair in zip(left, right, strict=True) for part in pair))
    sides = [texts[w] for w in layout.order if texts[w] in ("left", "right")]
    assert sides == ["left"] * 5 + ["right"] * 5


def test_table_of_short_cells_is_read_by_rows() -> None:
    rows = [(line(f"name {n}", 40, 100 + 16 * n), line(f"{n}.00", 330, 100 + 16 * n)) for n in range(4)]
    texts, layout = page(*(part for row in rows for part in row))
    assert [texts[w] for w in layout.order][:6] == ["name", "0", "0.00", "name", "1", "1.00"]


def test_along_row_crosses_gaps() -> None:
    texts, layout = page(line("Total", 50, 100), line("12.00", 300, 100), line("next", 50, 130))
    assert layout.along_row(0, 1) == [0, 1]
    assert layout.along_row(1, 0) is None
    assert layout.along_row(0, texts.index("next")) is None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 550), st.floats(0, 780), st.floats(1, 80), st.floats(1, 30)), min_size=0, max_size=60
    )
)
def test_layout_keeps_every_word_once(raw: list[tuple[float, float, float, float]]) -> None:
    layout = lay_out([(x, y, x + w, y + h) for x, y, w, h in raw], (600, 800))
    assert sorted(layout.order.tolist()) == list(range(len(raw)))
    assert sorted(w for words in layout.segment_words for w in words) == list(range(len(raw)))
    for word in range(len(raw)):
        assert layout.segment_words[layout.segment[word]][layout.place[word]] == word
        assert layout.path(word, word) == [word]
    follow = layout.below[layout.below >= 0].tolist()
    assert len(follow) == len(set(follow))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 900), st.integers(3, 60))
def test_windows_cover_every_word_and_fit(count: int, question: int) -> None:
    tokenizer = WordPiece(WEIGHTS / "vocab.txt")
    rng = random.Random(count)
    texts = [rng.choice(["invoice", "12,345.67", "a", "Großhandelskaufmann"]) for _ in range(count)]
    boxes = [
        (20.0 + 70 * (i % 8), 20.0 + 18 * (i // 8), 80.0 + 70 * (i % 8), 32.0 + 18 * (i // 8)) for i in range(count)
    ]
    features = PageFeatures.build(texts, lay_out(boxes, (600, 4000)), tokenizer)
    seen: set[int] = set()
    parts = list(windows(features, question))
    for part in parts:
        assert sum(len(features.pieces[w]) for w in part) + question + 1 <= 384
        seen.update(part.tolist())
    assert seen == set(range(count))
    for one, other in pairwise(parts):
        assert set(one.tolist()) & set(other.tolist()) or len(parts) == 1
        assert one[0] != other[0]


def test_no_words_no_window(tokenizer: WordPiece) -> None:
    features = PageFeatures.build([], lay_out([], (600, 800)), tokenizer)
    assert list(windows(features, 10)) == []


def test_pieces(tokenizer: WordPiece) -> None:
    assert len(tokenizer.word("total")) == 1
    assert tokenizer.word("Total") == tokenizer.word("TOTAL") == tokenizer.word("total")
    assert tokenizer.word("Café") == tokenizer.word("cafe")
    assert len(tokenizer.word("1,234,567,890.12")) == MAX_PIECES
    assert tokenizer.word("\u200b") == (100,)


def test_encoded_window(tokenizer: WordPiece) -> None:
    texts, layout = page(
        line("Total due", 50, 100), line("£62.00", 300, 100), line("Date", 50, 130), line("2024", 300, 130)
    )
    features = PageFeatures.build(texts, layout, tokenizer)
    question = Question("What is the total?", tokenizer)
    encoded = encode(features, question, layout.order)
    size = len(encoded.ids)
    assert encoded.ids[0] == CLS
    assert encoded.ids[-1] == SEP
    assert encoded.geometry.shape[0] == encoded.flags.shape[0] == encoded.side.shape[0] == size
    assert sorted(encoded.word[encoded.word >= 0].tolist()) == list(range(len(texts)))
    relations = encoded.expand()
    assert relations.shape == (size, size)
    assert relations.min() >= 1
    assert relations.max() < RELATIONS
    first = {int(w): t for t, w in enumerate(encoded.word) if w >= 0}
    total, due, amount, date = first[0], first[1], first[2], first[3]
    # Same segment, same row, same column and elsewhere all look different.
    assert len({int(relations[total, t]) for t in (total, due, amount, date)}) == 4
    asked = 1 + sum(len(p) for p in question.pieces[:3])
    assert relations[asked, total] == 5
    assert relations[total, asked] == 6
    assert relations[asked, date] == 3


def test_matches_point_along_row_and_column(tokenizer: WordPiece) -> None:
    texts, layout = page(
        line("Station", 50, 100), line("Platform", 200, 100), line("Leaves", 350, 100),
        line("Euston", 50, 130), line("4", 200, 130), line("12:05", 350, 130),
        line("Bangor", 50, 160), line("9", 200, 160), line("12:40", 350, 160),
    )  # fmt: skip
    features = PageFeatures.build(texts, layout, tokenizer)
    encoded = encode(features, Question("Which platform for Bangor?", tokenizer), layout.order)
    both = {texts[w]: float(encoded.flags[t, -2]) for t, w in enumerate(encoded.word.tolist()) if w >= 0}
    assert max(both, key=lambda text: both[text]) in ("9", "Bangor")
    assert both["9"] > both["4"]
    assert both["9"] > both["12:40"]


def test_question_only_page_encodes(tokenizer: WordPiece) -> None:
    features = PageFeatures.build([], lay_out([], (10, 10)), tokenizer)
    encoded = encode(features, Question("", tokenizer), np.zeros(0, dtype=np.int64))
    assert len(encoded.ids) == 4
