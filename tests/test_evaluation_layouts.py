"""Official layouts, Parquet, Arrow and the hub: what becomes a question, and what is said of malformed data."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pytest
from evaluation_helpers import (
    chartqa,
    docvqa,
    infovqa,
    mmmu,
    mmmu_rows,
    ocrbench,
    parquet,
    png,
    textvqa,
    write,
)
from PIL import Image

from internvl_cli.documents import open_document
from internvl_cli.errors import DependencyError, HubError, InputError, UsageError
from internvl_cli.evaluation.benchmarks import BENCHMARKS
from internvl_cli.evaluation.images import Images
from internvl_cli.evaluation.layouts import read_questions
from internvl_cli.evaluation.questions import Question, collect
from internvl_cli.model.tiling import choose_grid


def read(name: str, data: str | Path, out: Path, split: str | None = None, limit: int | None = None) -> list[Question]:
    benchmark = BENCHMARKS[name]
    questions = read_questions(benchmark, str(data), split or benchmark.splits[0], Images(out / "images"))
    return collect(questions, str(data), limit)


def test_docvqa(tmp_path: Path) -> None:
    first, second, third = read("docvqa", docvqa(tmp_path / "data"), tmp_path)
    assert (first.item.id, first.item.question, first.kind) == ("11", "What is the date?", "form")
    assert first.item.answers == ("12 May 1994", "May 12")
    assert (first.item.file, second.item.file) == ("documents/a_1.png",) * 2
    assert Path(third.item.source).is_file()
    assert read("docvqa", tmp_path / "data", tmp_path, limit=1) == [first]


def test_docvqa_test_split_has_no_answers(tmp_path: Path) -> None:
    assert [q.item.answers for q in read("docvqa", docvqa(tmp_path, "test"), tmp_path, "test")] == [()] * 3


def test_infovqa(tmp_path: Path) -> None:
    (question,) = read("infovqa", infovqa(tmp_path), tmp_path)
    assert (question.item.file, question.item.answers) == ("infographicsvqa_images/3.jpeg", ("7", "seven"))


def test_chartqa(tmp_path: Path) -> None:
    questions = read("chartqa", chartqa(tmp_path), tmp_path)
    assert [(q.item.id, q.kind) for q in questions] == [
        ("human-1", "human"),
        ("human-2", "human"),
        ("augmented-1", "augmented"),
    ]
    assert questions[1].item.file == "test/png/y.png"


def test_textvqa(tmp_path: Path) -> None:
    (question,) = read("textvqa", textvqa(tmp_path), tmp_path)
    assert (question.item.id, len(question.item.answers)) == ("34602", 10)
    assert Path(question.item.source).is_file()


def test_ocrbench_carries_its_instruction_on_a_line_of_its_own(tmp_path: Path) -> None:
    plain, formula = read("ocrbench", ocrbench(tmp_path), tmp_path)
    assert plain.item.question == "what is written?\nAnswer the question using a single word or phrase."
    assert (plain.formula, formula.formula) == (False, True)


def test_mmmu_prompts_and_kinds(tmp_path: Path) -> None:
    one, two, open_one = read("mmmu", mmmu(tmp_path / "data"), tmp_path)
    assert one.item.question == (
        "Which colour is <image 1>?\nA. red\nB. dark blue\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert (one.kind, two.kind, open_one.kind) == ("Art", "Art_Theory", "Math")
    assert one.choices == {"A": "red", "B": "dark blue"}
    assert open_one.item.answers == ("3.5", "7/2")
    assert open_one.item.question == "How much?\nAnswer the question using a single word or phrase."


def test_mmmu_images_as_the_reference_shows_them(tmp_path: Path) -> None:
    one, two, _ = read("mmmu", mmmu(tmp_path / "data"), tmp_path)
    with open_document(one.item.source) as document:
        image = document.page(1).image
        small = Image.new("RGB", (100, 60), "navy").resize((200, 120), Image.Resampling.BILINEAR)
        assert (document.page_count, image.tobytes()) == (1, small.tobytes())
    with open_document(two.item.source) as document:
        assert document.page_count == 2
        assert document.page(1).image.size == (40, 40)
        further = document.page(2).image
        # One tile and no thumbnail, whatever the cap, as dynamic_preprocess with one tile has it.
        assert (further.size, choose_grid(*further.size, max_tiles=6)) == ((448, 448), (1, 1))


@pytest.mark.parametrize("form", ["stream", "file"])
def test_arrow_files(tmp_path: Path, form: str) -> None:
    table = pyarrow.Table.from_pylist(mmmu_rows())
    path = tmp_path / "data" / "validation" / "data-00000-of-00001.arrow"
    path.parent.mkdir(parents=True)
    new = {"stream": pyarrow.ipc.new_stream, "file": pyarrow.ipc.new_file}[form]
    with new(str(path), table.schema) as writer:
        writer.write_table(table)
    assert len(read("mmmu", tmp_path / "data", tmp_path)) == 3
    assert len(read("mmmu", path, tmp_path)) == 3


def test_docvqa_and_infovqa_in_one_parquet_folder(tmp_path: Path) -> None:
    row = {"questionId": "1", "question": "What?", "image": {"bytes": png(), "path": None}}
    parquet(tmp_path / "DocVQA" / "validation-0-of-1.parquet", [{**row, "answers": ["a"], "question_types": ["form"]}])
    parquet(tmp_path / "InfographicVQA" / "validation-0-of-1.parquet", [{**row, "answers": ["b"]}])
    assert [q.item.answers for q in read("docvqa", tmp_path, tmp_path)] == [("a",)]
    assert [q.item.answers for q in read("infovqa", tmp_path, tmp_path)] == [("b",)]


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("chartqa", {"query": "q", "label": ["5"], "human_or_machine": 0}, ("human-1", "human", ("5",))),
        ("chartqa", {"question": "q", "answer": "5", "type": "augmented_test"}, ("augmented-1", "augmented", ("5",))),
        ("textvqa", {"question": "q", "question_id": 7, "answers": ["a"] * 10}, ("7", "", ("a",) * 10)),
        ("ocrbench", {"question": "q", "answer": ["a"], "question_type": "Text"}, ("1", "Text", ("a",))),
    ],
)
def test_rows_of_other_benchmarks(tmp_path: Path, name: str, row: dict[str, Any], expected: Any) -> None:
    split = BENCHMARKS[name].splits[0]
    parquet(tmp_path / "data" / f"{split}-0.parquet", [{**row, "image": {"bytes": png(), "path": None}}])
    (question,) = read(name, tmp_path / "data", tmp_path)
    assert (question.item.id, question.kind, question.item.answers) == expected
    assert Path(question.item.source).read_bytes() == png()


# -- malformed data: which file, which record


def _docvqa(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = docvqa(folder) / "val_v1.0_withQT.json"
        content = json.loads(path.read_text())
        changed = change(content["data"])
        write(path, {"data": content["data"] if changed is None else changed})
        return folder

    return make


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[1].pop("question"), "record 2: 'question' is missing"),
        (lambda data: data[2].update(answers=[]), "record 3: 'answers' must be a list of texts, not []"),
        (lambda data: data[2].update(answers={"a": 1}), "record 3: 'answers' must be a list of texts"),
        (lambda data: data[0].update(image=["x"]), "record 1: 'image' must be a text"),
        (lambda data: data[2].update(questionId=11), "record 3: id '11' already stands in "),
        (lambda data: [*data, "x"], "record 4: not an object"),
        (lambda data: {"a": 1}, "holds no questions"),
        (lambda data: [], "no questions in it"),
    ],
)
def test_malformed_docvqa(tmp_path: Path, change: Any, message: str) -> None:
    def apply(data: list[dict[str, Any]]) -> Any:
        result = change(data)
        return result if isinstance(result, list) or result == {"a": 1} else None

    with pytest.raises(InputError) as caught:
        read("docvqa", _docvqa(apply)(tmp_path), tmp_path)
    assert message in caught.value.message
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize("content", [b"{torn", b"\xff\xfe\x00", b"[]", b"7"])
def test_files_that_are_no_data(tmp_path: Path, content: bytes) -> None:
    write(docvqa(tmp_path) / "val_v1.0_withQT.json", content)
    with pytest.raises(InputError, match=r"val_v1.0_withQT.json: (not|holds no questions)"):
        read("docvqa", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": "[oops"}, "'options' must be a list of texts"),
        ({"options": "__import__('os').getcwd()"}, "'options' must be a list of texts"),  # read, never run
        ({"answer": "Z"}, "the answer 'Z' is none of the choices A, B"),
        ({"image_1": None}, "'image_1' holds no image"),
        ({"image_1": {"bytes": b"not an image", "path": None}}, "an image cannot be decoded"),
        ({"question": None}, "'question' is missing"),
    ],
)
def test_malformed_mmmu(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    good, bad, _ = mmmu_rows()
    path = parquet(tmp_path / "data" / "validation-0.parquet", [good, {**bad, **change}])
    with pytest.raises(InputError) as caught:
        read("mmmu", tmp_path / "data", tmp_path)
    assert caught.value.message.startswith(f"{path}, record 2: ")
    assert message in caught.value.message


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = parquet(tmp_path / "data" / "validation-0.parquet", mmmu_rows())
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"validation-0.parquet: cannot be read after record 0"):
        read("mmmu", tmp_path / "data", tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder") as caught:
        read("docvqa", tmp_path / "gone", tmp_path)
    assert "rrc.cvc.uab.es" in caught.value.hint
    with pytest.raises(InputError, match="neither DocVQA's own layout nor Parquet files of the split 'val'"):
        read("docvqa", tmp_path, tmp_path)
    with pytest.raises(UsageError, match="no split 'train'"):
        read("docvqa", tmp_path, tmp_path, "train")


def test_a_missing_image_is_left_for_its_question(tmp_path: Path) -> None:
    (docvqa(tmp_path) / "documents" / "b_2.png").unlink()
    assert read("docvqa", tmp_path, tmp_path)[2].item.file == "documents/b_2.png"


# -- the hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """``datasets`` itself, with a hub of one data set: two subjects, features as MMMU's."""
    rows = mmmu_rows()
    features = datasets.Features(
        {
            **{name: datasets.Value("string") for name in ("id", "question", "options", "question_type", "answer")},
            **{f"image_{i}": datasets.Image() for i in range(1, 8)},
        }
    )
    tables = {
        "Art": datasets.Dataset.from_list(rows[:2], features=features),
        "Math": datasets.Dataset.from_list(rows[2:], features=features),
    }

    def names(name: str) -> list[str]:
        if name != "MMMU/MMMU":
            raise FileNotFoundError(f"no data set {name}")
        return list(tables)

    monkeypatch.setattr(datasets, "get_dataset_config_names", names)
    monkeypatch.setattr(datasets, "get_dataset_split_names", lambda name, config: ["dev", "validation", "test"])
    monkeypatch.setattr(datasets, "load_dataset", lambda name, config, split: tables[config])


@pytest.mark.usefixtures("hub")
def test_a_data_set_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    questions = read("mmmu", "MMMU/MMMU", tmp_path)
    assert [q.item.id for q in questions] == ["validation_Art_1", "validation_Art_Theory_2", "validation_Math_3"]
    assert questions[2].where == "MMMU/MMMU, Math, validation, record 1"
    with pytest.raises(HubError, match="SOME/other: cannot be loaded: no data set"):
        read("mmmu", "SOME/other", tmp_path)


@pytest.mark.parametrize(("missing", "data"), [("datasets", "MMMU/MMMU"), ("pyarrow.parquet", "data")])
def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, data: str) -> None:
    mmmu(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == missing:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, missing, raising=False)
    with pytest.raises(DependencyError) as caught:
        read("mmmu", data, tmp_path)
    assert "pip install 'internvl-cli[eval]'" in caught.value.hint
