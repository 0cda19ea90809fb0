"""Values whose label says what the question says."""

from __future__ import annotations

import pytest

from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.hints import Hint
from internvl_cli.reader.labelled import labelled
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.wordpiece import WordPiece

TOKENIZER = WordPiece(WEIGHTS / "vocab.txt")


def page(*rows: str) -> PageFeatures:
    """A page with a row a text; a bar parts the columns."""
    words: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    for number, row in enumerate(rows):
        for left, cell in zip((40.0, 300.0, 560.0), row.split("|"), strict=False):
            x = left
            for word in cell.split():
                words.append(word)
                boxes.append((x, 28.0 * number, x + 8 * len(word), 28.0 * number + 15))
                x += 8 * len(word) + 5
    return PageFeatures.build(words, lay_out(boxes, (800, 1000)), TOKENIZER)


def value(question: str, *rows: str) -> str | None:
    features = page(*rows)
    found = labelled(features, question)
    return None if found is None else " ".join(features.texts[w] for w in found)


NOTE = ("Order no.: WEB-119406", "Driver: Tom Okafor", "Sort code: 20-45-77", "Delivered 12/03/2024")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the order number?", "WEB-119406"),
        ("order no", "WEB-119406"),
        ("oredr number?", "WEB-119406"),
        ("Who is the dirver?", "Tom Okafor"),
        ("Who is the driver?", "Tom Okafor"),
        ("Please tell me the sort code.", "20-45-77"),
        ("What is the order date?", None),
        ("Which order is it?", None),
        ("What is the date?", "12/03/2024"),
        ("", None),
    ],
)
def test_labelled(question: str, answer: str | None) -> None:
    assert value(question, *NOTE) == answer


def test_two_values_are_no_answer() -> None:
    assert value("What is the reference?", "Reference: AB-1", "Reference: AB-2") is None
    assert value("What is the reference?", "Reference: AB-1", "Ref: AB-1") == "AB-1"
    assert value("What is the date?", "From 12/03/2024", "until 14/03/2024") is None


def test_a_role_by_its_label() -> None:
    rows = ("Bill to|Invoice no.|Date", "Calder Valley Trust|4471|12 May 2024")
    assert value("Who is the customer?", *rows) == "Calder Valley Trust"
    assert value("Who is the landlord?", *rows) is None
    # With a colon the label beside it is taken for the name, and then nothing is said.
    assert value("Who is the customer?", "Bill to:|Invoice no.|Date", *rows[1:]) is None


def test_of_boxes_to_tick_the_ticked_one_is_the_value() -> None:
    assert value("What is the gender?", "Gender: ☐ male ☑ female") == "female"
    assert value("What is the gender?", "Gender: ☐ male ☐ female") is None


def test_a_hint_favours_the_value_and_its_beginnings() -> None:
    features = page("Order no.: WEB 119406", "Driver: Tom Okafor")
    hint = Hint.of(features, "What is the order number?")
    at = {text: i for i, text in enumerate(features.texts)}
    web, number, tom = at["WEB"], at["119406"], at["Tom"]
    assert hint.start == web
    assert hint.bonus([web, number], features.texts) == hint.bonus([web], features.texts) > 0
    assert hint.bonus([number], features.texts) == 0
    assert hint.bonus([tom], features.texts) == 0
    assert Hint.of(features, "How tall is the tower?").start is None


def test_a_hint_for_the_total_favours_the_amount_alone() -> None:
    features = page("Subtotal|4.00", "Total|RM 4.90")
    hint = Hint.of(features, "What is the total?")
    at = {text: i for i, text in enumerate(features.texts)}
    assert hint.bonus([at["RM"], at["4.90"]], features.texts) == hint.bonus([at["4.90"]], features.texts) > 0
    assert hint.bonus([at["Total"], at["RM"], at["4.90"]], features.texts) == 0
    assert hint.bonus([at["4.00"]], features.texts) == 0
