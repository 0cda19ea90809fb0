"""Miniature data sets in the layouts in which the benchmarks are handed out."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from PIL import Image


def png(width: int = 40, height: int = 30, colour: str = "white") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def docvqa(folder: Path, split: str = "val") -> Path:
    """Three questions on two documents; the test split has no answers."""
    records = [
        {"questionId": 11, "question": "What is the date?", "image": "documents/a_1.png", "question_types": ["form"]},
        {"questionId": 12, "question": "Who signed?", "image": "documents/a_1.png", "question_types": ["layout"]},
        {"questionId": 13, "question": "What is the total?", "image": "documents/b_2.png", "question_types": ["form"]},
    ]
    for record, answers in zip(records, (["12 May 1994", "May 12"], ["J. Doe"], ["1234"]), strict=True):
        if split != "test":
            record["answers"] = answers
    write(folder / f"{split}_v1.0_withQT.json", {"dataset_name": "SP-DocVQA", "data": records})
    write(folder / "documents" / "a_1.png", png())
    write(folder / "documents" / "b_2.png", png(50))
    return folder


def infovqa(folder: Path) -> Path:
    record = {"questionId": 5, "question": "How many?", "image_local_name": "3.jpeg", "answers": ["7", "seven"]}
    write(folder / "infographicsVQA_val_v1.0_withQT.json", {"data": [record]})
    write(folder / "infographicsvqa_images" / "3.jpeg", png())
    return folder


def chartqa(folder: Path) -> Path:
    """Two human and one augmented question."""
    base = folder / "test"
    human = [
        {"imgname": "x.png", "query": "What is the highest value?", "label": "100"},
        {"imgname": "y.png", "query": "Which colour?", "label": "Blue"},
    ]
    write(base / "test_human.json", human)
    write(base / "test_augmented.json", [{"imgname": "x.png", "query": "How much in 2010?", "label": "14"}])
    write(base / "png" / "x.png", png())
    write(base / "png" / "y.png", png(60))
    return folder


def textvqa(folder: Path) -> Path:
    answers = ["nokia"] * 3 + ["samsung"] * 7
    record = {"question_id": 34602, "question": "what brand?", "image_id": "003a8ae2ef43b901", "answers": answers}
    write(folder / "TextVQA_0.5.1_val.json", {"data": [record]})
    write(folder / "train_images" / "003a8ae2ef43b901.jpg", png())
    return folder


def ocrbench(folder: Path) -> Path:
    formula = "Handwritten Mathematical Expression Recognition"
    records = [
        {"type": "Regular Text Recognition", "question": "what is written?", "answers": ["CENTRE"], "id": 0},
        {"type": formula, "question": "Write the formula.", "answers": ["x ^ 2"], "id": 1},
    ]
    for record in records:
        record.update(dataset_name="any", image_path="OCRBench_Images/a.png")
    write(folder / "OCRBench.json", records)
    write(folder / "OCRBench_Images" / "a.png", png())
    return folder


def mmmu_rows() -> list[dict[str, Any]]:
    """A question with one image, one with two, and an open one."""
    empty = dict.fromkeys(f"image_{i}" for i in range(1, 8))
    choices = {"options": "['red', 'dark blue']", "question_type": "multiple-choice"}
    return [
        {
            **empty,
            "id": "validation_Art_1",
            "question": "Which colour is <image 1>? ",
            **choices,
            "answer": "B",
            "image_1": {"bytes": png(100, 60, "navy"), "path": "1.png"},
        },
        {
            **empty,
            "id": "validation_Art_Theory_2",
            "question": "Compare <image 1> and <image 2>.",
            **choices,
            "answer": "A",
            "image_1": {"bytes": png(20, 20), "path": "1.png"},
            "image_2": {"bytes": png(900, 300), "path": "2.png"},
        },
        {
            **empty,
            "id": "validation_Math_3",
            "question": "How much?",
            "options": "[]",
            "question_type": "open",
            "answer": "['3.5', '7/2']",
            "image_1": {"bytes": png(), "path": "1.png"},
        },
    ]


def parquet(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return path


def mmmu(folder: Path) -> Path:
    rows = mmmu_rows()
    parquet(folder / "Art" / "validation-00000-of-00001.parquet", rows[:2])
    parquet(folder / "Math" / "validation-00000-of-00001.parquet", rows[2:])
    parquet(folder / "Math" / "test-00000-of-00001.parquet", rows[2:])
    return folder
