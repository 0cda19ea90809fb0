"""The layouts in which the makers of the JSON benchmarks hand out their data: one JSON file, images beside it.

Each reader gives None where a folder is not of its layout, so that another may try.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from internvl_cli.batch.plan import Item
from internvl_cli.evaluation.layouts.fields import find_file, find_image, name_in, records_of, text_of, texts_of
from internvl_cli.evaluation.layouts.rows import HANDWRITTEN, ocrbench_prompt
from internvl_cli.evaluation.questions import Question, malformed

__all__ = ["read_chartqa", "read_docvqa", "read_infovqa", "read_ocrbench", "read_textvqa"]


def read_docvqa(folder: Path, split: str) -> Iterator[Question] | None:
    """``{"data": [{questionId, question, image, answers}]}`` and the folder ``documents`` (RRC, DocVQA task 1)."""
    path = find_file(
        folder,
        f"{split}_v*_withQT.json",
        f"{split}_v*.json",
        f"spdocvqa_qas/{split}_v*.json",
        f"{split}/{split}_v*.json",
    )
    return None if path is None else _rrc(folder, path, split, "image", "question_types")


def read_infovqa(folder: Path, split: str) -> Iterator[Question] | None:
    """As DocVQA, with ``image_local_name`` and the folder ``infographicsvqa_images`` (RRC, DocVQA task 3)."""
    names = (f"infographicsVQA_{split}_v*_withQT.json", f"infographicsVQA_{split}_v*.json")
    path = find_file(folder, *names, *(f"infographicsvqa_qas/{name}" for name in names))
    return None if path is None else _rrc(folder, path, split, "image_local_name", "answer_type")


def _rrc(folder: Path, path: Path, split: str, image: str, kinds: str) -> Iterator[Question]:
    for where, record in records_of(path, "data"):
        name = text_of(record, image, where)
        file = find_image(
            folder, name, "documents", "spdocvqa_images", "infographicsvqa_images", "images", f"{split}/documents"
        )
        kind = record.get(kinds)
        item = Item(
            text_of(record, "questionId", where),
            name_in(folder, file),
            str(file),
            text_of(record, "question", where),
            answers=() if split == "test" else texts_of(record, "answers", where),
            kind=str(kind[0]) if isinstance(kind, list) and kind else None,
        )
        yield Question(item, where)


def read_chartqa(folder: Path, split: str) -> Iterator[Question] | None:
    """``{split}_human.json`` and ``{split}_augmented.json``: ``[{imgname, query, label}]``, and the folder ``png``."""
    for base in (folder / split, folder / "ChartQA Dataset" / split, folder):
        if any((base / f"{split}_{half}.json").is_file() for half in ("human", "augmented")):
            return _chartqa(folder, base, split)
    return None


def _chartqa(folder: Path, base: Path, split: str) -> Iterator[Question]:
    for half in ("human", "augmented"):
        for number, (where, record) in enumerate(records_of(base / f"{split}_{half}.json"), start=1):
            file = find_image(base, text_of(record, "imgname", where), "png")
            item = Item(
                f"{half}-{number}",
                name_in(folder, file),
                str(file),
                text_of(record, "query", where),
                answers=texts_of(record, "label", where),
                kind=half,
            )
            yield Question(item, where)


def read_textvqa(folder: Path, split: str) -> Iterator[Question] | None:
    """``TextVQA_0.5.1_val.json``: ``{"data": [{question_id, question, image_id, answers}]}``, and ``train_images``."""
    path = find_file(folder, f"TextVQA_*_{split}.json")
    return None if path is None else _textvqa(folder, path)


def _textvqa(folder: Path, path: Path) -> Iterator[Question]:
    for where, record in records_of(path, "data"):
        file = find_image(folder, f"{text_of(record, 'image_id', where)}.jpg", "train_images", "images")
        item = Item(
            text_of(record, "question_id", where),
            name_in(folder, file),
            str(file),
            text_of(record, "question", where),
            answers=texts_of(record, "answers", where),
        )
        yield Question(item, where)


def read_ocrbench(folder: Path, split: str) -> Iterator[Question] | None:
    """``OCRBench.json``: ``[{dataset_name, type, question, answers, image_path}]``, images below the same folder."""
    path = find_file(folder, "OCRBench.json", "OCRBench/OCRBench.json", "OCRBench_Images/OCRBench.json")
    return None if path is None else _ocrbench(folder, path)


def _ocrbench(folder: Path, path: Path) -> Iterator[Question]:
    for number, (where, record) in enumerate(records_of(path), start=1):
        name = text_of(record, "image_path", where)
        file = find_image(folder, name.removeprefix("./"), "OCRBench_Images")
        if not file.is_file() and (beside := path.parent / name).is_file():
            file = beside
        kind = text_of(record, "type", where)
        if not isinstance(record.get("question"), str):
            raise malformed(where, "'question' is missing")
        item = Item(
            str(record.get("id", number)),
            name_in(folder, file),
            str(file),
            ocrbench_prompt(text_of(record, "question", where)),
            answers=texts_of(record, "answers", where),
            kind=kind,
        )
        yield Question(item, where, formula=kind == HANDWRITTEN)
