"""The generator and the written sets: what they promise to whoever trains on them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
pytest.importorskip("faker")

from training.export import in_rows
from training.figures import parse as parse_figure
from training.generator import APART, FAMILIES, HELD_OUT, generate, notes, parties, slips
from training.generator.cards import parse, schemas, value
from training.generator.document import Doc
from training.layout import new_sheet, random_noise
from training.made_tables import page, plural
from training.model import mean
from training.sample import KINDS, Sample
from training.table_reading import read_question
from training.written import load, split_of

OPERATORS = ("count", "sum", "difference", "average", "maximum", "minimum", "argmax", "argmin")


def test_the_mean_of_checkpoints_is_that_of_each_weight() -> None:
    states = [{"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, -2.0], dtype=torch.bfloat16)}]
    assert mean(states)["w"].tolist() == [2.0, 0.0]


def check(sample: Sample) -> None:
    """A sample keeps to the contract of `Sample`."""
    assert sample.question.strip()
    assert sample.kind in KINDS
    assert len(sample.words) == len(sample.boxes)
    assert all(sample.words)
    width, height = sample.size
    for x0, y0, x1, y1 in sample.boxes:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    for start, end in (*sample.spans, *sample.values, *sample.labels):
        assert 0 <= start < end <= len(sample.words)
    if sample.kind == "span":
        assert len(sample.spans) == 1
    elif sample.kind == "list":
        assert len(sample.spans) >= 2
        assert len(set(sample.spans)) == len(sample.spans)
    else:
        assert not sample.spans
    assert bool(sample.values) == (sample.kind in OPERATORS)
    assert len(sample.labels) == (len(sample.values) if sample.kind in ("argmax", "argmin") else 0)
    assert bool(sample.answer) == (sample.kind != "not_found")
    if sample.kind == "count":
        assert int(float(sample.answer)) == len(sample.values)


@pytest.mark.parametrize("family", [*FAMILIES, *HELD_OUT, *APART])
def test_family(family: str) -> None:
    samples = [s for seed in range(2) for s in generate(family, seed)]
    assert samples
    for sample in samples:
        check(sample)
        assert sample.family == family


def test_same_seed_same_document() -> None:
    assert generate("receipt", 7) == generate("receipt", 7)
    assert generate("receipt", 7) != generate("receipt", 8)


def test_names_do_not_depend_on_the_process() -> None:
    code = "from training.generator.vocab import pool; print(pool('it_IT'))"
    root = Path(__file__).resolve().parents[1]
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_enough_families_and_kinds() -> None:
    assert len(FAMILIES) >= 30
    assert len(HELD_OUT) >= 5
    assert not set(FAMILIES) & {*HELD_OUT, *APART}


@pytest.mark.parametrize("kinds", [schemas, notes.templates, slips.templates])
def test_what_is_kept_aside_is_never_trained_on(kinds: Callable[[bool], tuple[Any, ...]]) -> None:
    trained, aside = ({title for one in kinds(apart) for title in one.titles} for apart in (False, True))
    assert len(aside) >= 15
    assert not trained & aside
    kinds = {s.kind for family in FAMILIES for seed in range(4) for s in generate(family, seed)}
    assert kinds == set(KINDS)


def test_span_answers_stand_on_the_page() -> None:
    for family in FAMILIES:
        for sample in generate(family, 11):
            if sample.kind == "span":
                (start, end) = sample.spans[0]
                page = "".join(" ".join(sample.words[start:end]).split()).lower()
                answers = ["".join(a.replace(",", "").split()).lower() for a in (sample.answer, *sample.alternatives)]
                assert any(a in page.replace(",", "") for a in answers), (family, sample.question, sample.answer, page)


CARD = """
== Inspection certificate | Test report
noun: certificate
Mileage; Odometer | How far has it been driven?; mileage | int 4000-9000 miles
# a remark
* defect; defects; Defect | choice Worn tyre/Thin pads/Oil leak
- Severity; Category | severity; category | choice minor/major
- Cost | cost | money 20-600 | What does {row} cost? | Which is dearest? | | Which costs {value}?
"""


def test_parse_card() -> None:
    (schema,) = parse(CARD)
    assert schema.titles == ["Inspection certificate", "Test report"]
    assert schema.noun == "certificate"
    (entry,) = schema.entries
    assert (entry.labels, entry.type) == (["Mileage", "Odometer"], "int 4000-9000 miles")
    assert entry.questions == ["How far has it been driven?", "mileage"]
    assert schema.thing == ("defect", "defects")
    assert schema.names is not None and schema.names.labels == ["Defect"]
    assert [c.questions for c in schema.columns] == [["severity", "category"], ["cost"]]
    cost = schema.columns[1]
    assert (cost.asks, cost.most) == (["What does {row} cost?"], ["Which is dearest?"])
    assert (cost.least, cost.reverse) == ([], ["Which costs {value}?"])


def test_every_schema_can_be_set() -> None:
    doc = Doc("card", 1)
    assert len(schemas()) >= 700
    for schema in (*schemas(), *schemas(aside=True)):
        assert len(schema.entries) >= 8 or (schema.entries and len(schema.columns) >= 3), schema.titles
        for entry in [*schema.entries, *schema.columns, *([schema.names] if schema.names else [])]:
            text, number = value(doc, entry.type)
            assert text.strip(), (schema.titles, entry.labels)
            assert number is None or any(c.isdigit() for c in text)
        asked = [q.lower() for e in schema.entries for q in e.questions]
        assert len(set(asked)) == len(asked), (schema.titles, sorted(q for q in asked if asked.count(q) > 1))


def test_cards_ask_for_what_they_left_out() -> None:
    kinds = [s.kind for seed in range(40) for s in generate("card", seed)]
    assert kinds.count("not_found") > 10
    assert kinds.count("span") > 100


NOTE = """
== Closure | Notice
noun: notice
The path is closed from {start:date} while {firm:company} repairs {what=the lock wall}.
~ It costs {price:money 50-500}.
--
Ask {who:person}.
? start | When is it shut?; first day
? price | What does it cost?; price
! Who pays?; How long is it?
y Is it closed?
n Is it open?
"""


def test_parse_note() -> None:
    (note,) = notes.parse(NOTE)
    assert note.titles == ["Closure", "Notice"]
    assert [len(p) for p in note.paragraphs] == [2, 1]
    assert [optional for optional, _ in note.paragraphs[0]] == [False, True]
    assert note.questions == {"start": ["When is it shut?", "first day"], "price": ["What does it cost?", "price"]}
    assert (note.refused, note.yes, note.no) == (["Who pays?", "How long is it?"], ["Is it closed?"], ["Is it open?"])


def test_note_that_lost_a_line_does_not_answer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    only = tuple(notes.parse(NOTE))
    monkeypatch.setattr(notes, "templates", lambda aside=False: only)
    seen = set()
    for seed in range(60):
        for sample in generate("note", seed):
            check(sample)
            if sample.question.lower().rstrip("?. ").endswith("does it cost"):
                printed = "It costs" in " ".join(sample.words)
                assert sample.kind == ("span" if printed else "not_found")
                seen.add(sample.kind)
    assert seen == {"span", "not_found"}


SLIP = """
== Cloakroom tag
noun: tag
# {hotel:choice Park View Lodge/The Anchor Inn}
{service=priority} || ## {room:code R-999}
--
FROM
{home:address}
--
TO
{goal:address}
~ < Lost tags cost {fine:money 5-20}.
? hotel | Which hotel is it?; hotel
? service | how urgent is it?; service
? room | Which room?; room
? home | Where does the guest live?; home address
? goal | Where does it go?; destination
? fine | What does a lost tag cost?; fee
! What is in it?; Who carries it?
"""


def test_slip_keeps_its_parties_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    only = tuple(notes.parse(SLIP))
    monkeypatch.setattr(slips, "templates", lambda aside=False: only)
    seen = set()
    for seed in range(80):
        for sample in generate("slip", seed, clean=True):
            check(sample)
            words = " ".join(sample.words)
            if sample.field in ("note 0 home", "note 0 goal"):
                at = sample.spans[0][0]
                party = [w for w in sample.words[:at] if w in ("FROM", "TO")][-1:]
                assert party == (["FROM"] if sample.field.endswith("home") else ["TO"])
                seen.add(sample.field)
            elif sample.field == "note 0 hotel":
                assert sample.answer.lower() in ("park view lodge", "the anchor inn")
            elif sample.kind == "not_found" and "lost tag" in sample.question.lower():
                assert "Lost tags" not in words
                seen.add("left out")
    assert seen == {"note 0 home", "note 0 goal", "left out"}


def test_contrasts_answer_each_side_with_its_own_value() -> None:
    seen = set()
    for seed in range(150):
        samples = generate("contrast", seed, clean=True)
        answers: dict[str, str] = {}
        for sample in samples:
            check(sample)
            if sample.kind != "span":
                continue
            assert answers.setdefault(sample.field, sample.answer) == sample.answer
            if sample.field.endswith((" begin", " end")) and sample.field.startswith("range"):
                whole = " ".join(sample.words)
                assert sample.answer in whole
                seen.add(sample.field.split()[-1])
            elif sample.field.startswith("party") and sample.field.endswith("town"):
                seen.add("town")
        begins = [a for f, a in answers.items() if f.endswith(" begin")]
        ends = [a for f, a in answers.items() if f.endswith(" end")]
        assert not set(begins) & set(ends)
    assert seen == {"begin", "end", "town"}


def test_party_without_mail_has_none_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = (("Seller", "seller", "Who sells it?"), ("Buyer", "buyer", "Who buys it?"))
    monkeypatch.setattr(parties, "ROLES", (pair,))
    refused = answered = 0
    for seed in range(300):
        for sample in generate("contrast", seed, clean=True):
            question = sample.question.lower().rstrip("?")
            asked = next((role for role in ("seller", "buyer") if role in question), "")
            if "mail" not in question or not asked:
                continue
            heads = [w.lower().rstrip(":") for w in sample.words]
            tops = [box[1] for word, box in zip(heads, sample.boxes, strict=True) if word in ("seller", "buyer")]
            if asked not in heads or max(tops) - min(tops) < 10:  # side by side: their lines are mixed
                continue
            start = heads.index(asked)
            stop = next((i for i in range(start + 1, len(heads)) if heads[i] in ("seller", "buyer")), len(heads))
            block = [w for w in sample.words[start:stop] if "@" in w]
            if sample.kind == "not_found":
                assert not block
                refused += 1
            else:
                assert sample.answer in block
                answered += 1
    assert refused > 3
    assert answered > 3


def test_every_slip_can_be_asked() -> None:
    assert len(slips.templates()) >= 600
    assert len(slips.pages()) >= 100
    for note in (*slips.templates(), *slips.templates(aside=True), *slips.pages()):
        keys = [k for paragraph in note.paragraphs for _, line in paragraph for k in notes.keys(line)]
        assert len(set(keys)) == len(keys), note.titles
        assert len(note.questions) >= 5, note.titles
        assert set(note.questions) <= set(keys), note.titles


LEAGUE = [
    ["Season", "Club", "Won", "Trophy", ""],
    *[
        [str(1990 + i), name, str(i * 3 % 11), "Cup" if i % 3 else "Shield", ""]
        for i, name in enumerate(
            ["Rovers", "Athletic", "United", "Harriers", "Albion", "Casuals", "Villa", "Thistle", "Rangers", "Orient"]
        )
    ],
]


def test_questions_made_on_a_published_table_are_answered_by_it() -> None:
    kinds = set()
    for seed in range(40):
        for sample in page(LEAGUE, "league", seed):
            check(sample)
            kinds.add(sample.kind)
            if sample.kind == "span":
                assert " ".join(sample.words[slice(*sample.spans[0])]) == sample.answer
    assert {"span", "count", "list", "argmax", "not_found"} <= kinds


def test_a_table_whose_rows_cannot_be_told_apart_gives_no_questions() -> None:
    assert page([["A", "B"], ["x", "1"], ["x", "2"], ["x", "3"]], "same", 1) == []
    assert page([["A"], ["x"]], "short", 1) == []
    assert [plural(n) for n in ("city", "bus", "box", "boy", "club")] == ["cities", "bus", "boxes", "boys", "clubs"]


def test_sheet_translates_spans_through_noise_and_order() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        sheet = new_sheet(rng)
        spans = [sheet.put(f"Label{i}: value number {i}", 50 + 200 * (i % 2), 50 + 20 * (i // 2)) for i in range(8)]
        page = sheet.finish(spans, random_noise(rng, 1.0), rng.choice(("rows", "stream")))
        for i, span in enumerate(spans):
            moved = page.span(span)
            assert moved is not None
            assert str(i) in page.text(moved).replace("O", "0").replace("l", "1").replace("S", "5").replace("Z", "2")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.5", 1234.5), ("$ (12.3)", -12.3), ("$(12.3)", -12.3), ("−5", -5), ("7 %", 7), (".624", 0.624)],
)
def test_parse(text: str, value: float) -> None:
    assert parse_figure(text) == value


@pytest.mark.parametrize("text", ["", "3 May", "1-2", "Q1", "2001 (June)"])
def test_parse_refuses(text: str) -> None:
    assert parse_figure(text) is None


ROWS = [
    ["Nation", "Gold", "Silver"],
    ["Norway", "5", "9"],
    ["Kenya", "8", "2"],
    ["Peru", "1", "4"],
    ["Japan", "8", "1"],
]


@pytest.mark.parametrize(
    ("question", "answer", "kind", "values"),
    [
        ("how many gold medals did norway win?", "5", "span", []),
        ("which nation won the most silver medals?", "Norway", "argmax", [(1, 2), (2, 2), (3, 2), (4, 2)]),
        ("how many more gold medals did kenya win than peru?", "7", "difference", [(2, 1), (3, 1)]),
        ("how many nations won more than 4 gold medals?", "3", "count", [(1, 1), (2, 1), (4, 1)]),
        ("how many gold medals did norway and peru win combined?", "6", "sum", [(1, 1), (3, 1)]),
        ("how many nations are there?", "4", "count", [(1, 0), (2, 0), (3, 0), (4, 0)]),
    ],
)
def test_table_questions(question: str, answer: str, kind: str, values: list[tuple[int, int]]) -> None:
    in_cells = any(answer in row for row in ROWS)
    reading = read_question(ROWS, question, [answer], in_cells)
    assert reading is not None
    assert reading.kind == kind
    assert reading.values == values


def test_table_question_that_no_operator_explains() -> None:
    assert read_question(ROWS, "how many gold medals did norway and peru win combined?", ["77"], False) is None


def test_written_sets_are_split_by_document(tmp_path: Path) -> None:
    prose = [
        {
            "source": "reddit",
            "text": f"Story {i}: we met Anna in Oslo on {i + 1} May and she paid {i} kroner.\n",
            "questions": [
                {"question": "Where did they meet?", "answers": ["Oslo", "in Oslo"], "start": 23 + len(str(i))}
            ],
        }
        for i in range(60)
    ]
    tables = [
        {
            "source": str(i),
            "rows": [*ROWS, [f"Land {i}", "3", "3"]],
            "questions": [{"question": "how many gold medals did norway win?", "answers": ["5"], "in_cells": True}],
        }
        for i in range(60)
    ]
    finance = [
        {
            "rows": [["", "2019", "2018"], ["Sales", "12.5", "10.0"], [f"Item {i}", "1", "2"]],
            "paragraphs": ["The table shows sales."],
            "questions": [
                {
                    "question": "What was the change in sales from 2018 to 2019?",
                    "answer": 2.5,
                    "type": "arithmetic",
                    "scale": "",
                    "derivation": "12.5-10.0",
                    "from": "table",
                }
            ],
        }
        for i in range(60)
    ]
    for name, rows in (("prose", prose), ("tables", tables), ("finance", finance)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    train, dev = list(load(tmp_path, "train")), list(load(tmp_path, "dev"))
    assert dev
    assert len(train) > 4 * len(dev)
    assert not {s.document for s in train} & {s.document for s in dev}
    assert all(split_of(s.document) == "dev" for s in dev)
    for sample in (*train, *dev):
        check(sample)
    change = next(s for s in train if s.kind == "difference")
    assert [change.words[a] for a, _ in change.values] == ["12.5", "10.0"]
    assert change.answer == "2.5"
    layouts = [{tuple(s.boxes) for s in load(tmp_path, "train", seed=seed)} for seed in (0, 1)]
    assert layouts[0] != layouts[1]


def test_draw() -> None:
    from training.draw import Wear, draw

    sample = generate("id_badge", 3)[0]
    image = draw(sample, wear=Wear(angle=1, blur=0.5, quality=60, paper=240))
    assert image.size == sample.size
    assert image.mode == "RGB"
    assert image.convert("L").getextrema()[0] < 128


def test_small_rows_of_a_table_keep_their_steps() -> None:
    rng = np.random.default_rng(0)
    weights = (rng.normal(size=(40, 16)) * 10.0 ** rng.uniform(-4, 1, (40, 1))).astype(np.float32)
    weights[7] = 0
    rows, scales = in_rows(weights)
    assert rows.dtype == np.int8
    assert (np.abs(rows * scales - weights) <= scales * 0.501).all()
    assert (np.abs(rows).max(1)[np.arange(40) != 7] == 127).all()
    assert not rows[7].any()


def test_held_parameters_learn_nothing_and_go_on_later() -> None:
    from training.model import Reader
    from training.train import hold

    model = Reader()
    model.words.weight.requires_grad_(False)
    hold(model, {"hold": ["relations"]})
    assert [name for name, param in model.named_parameters() if not param.requires_grad] == [
        "words.weight",
        "relations.weight",
    ]
    hold(model, {})
    assert [name for name, param in model.named_parameters() if not param.requires_grad] == ["words.weight"]
