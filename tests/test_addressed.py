"""The name and the address under a heading that stands alone, for who asks for the sender or the recipient."""

from __future__ import annotations

import pytest

from internvl_cli.reader.addressed import addressed
from internvl_cli.reader.features import PageFeatures
from internvl_cli.reader.layout import lay_out
from internvl_cli.reader.network import WEIGHTS
from internvl_cli.reader.wordpiece import WordPiece

LABEL = (
    (20, 20, 10, "FROM"),
    (30, 32, 12, "Floyd Murray"),
    (30, 48, 12, "139 Newman Gate"),
    (30, 64, 12, "Huffmanport 2553"),
    (20, 100, 12, "TO"),
    (34, 116, 18, "Rachel Friedman"),
    (34, 140, 18, "2 Swanson Quay"),
    (34, 164, 18, "Jacobborough 2920"),
    (20, 260, 12, "Weight 3 kg"),
)


def page(*lines: tuple[float, float, float, str]) -> PageFeatures:
    boxes, texts = [], []
    for x, y, size, text in lines:
        left = x
        for word in text.split():
            boxes.append((left, y, left + size * 0.6 * len(word), y + size))
            texts.append(word)
            left += size * (0.6 * len(word) + 0.35)
    return PageFeatures.build(texts, lay_out(boxes, (400, 400)), WordPiece(WEIGHTS / "vocab.txt"))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who sent it?", "Floyd Murray"),
        ("Who posted the box?", "Floyd Murray"),
        ("return address", "139 Newman Gate Huffmanport 2553"),
        ("Where does it come from (name of the sender)?", "Floyd Murray"),
        ("recipient", "Rachel Friedman"),
        ("To whom is it sent?", "Rachel Friedman"),
        ("What is the recipient's address?", "2 Swanson Quay Jacobborough 2920"),
        ("Where is the box going?", "2 Swanson Quay Jacobborough 2920"),
        ("Is the sender the recipient?", ""),
        ("How heavy is it?", ""),
    ],
)
def test_addressed(question: str, answer: str) -> None:
    features = page(*LABEL)
    assert " ".join(features.texts[w] for w in addressed(features, question)) == answer


def test_two_headings_of_a_role_or_none_say_nothing() -> None:
    assert addressed(page(*LABEL, (200, 20, 10, "Sender"), (200, 32, 12, "Ada Byron")), "Who sent it?") == ()
    assert addressed(page(*LABEL[1:]), "Who sent it?") == ()
    # A number under the heading is no name.
    assert addressed(page((20, 20, 12, "To"), (20, 36, 12, "12 May 2024")), "recipient") == ()


def test_a_misread_heading_is_one() -> None:
    misread = page((20, 20, 12, "Recipierit"), (24, 36, 12, "Rachel Friedman"))
    assert [misread.texts[w] for w in addressed(misread, "Who gets it?")] == ["Rachel", "Friedman"]


def test_a_word_inside_a_sentence_is_no_heading() -> None:
    assert addressed(page((20, 20, 12, "From"), (66, 20, 12, "Monday on we open at nine")), "Who sent it?") == ()
