"""One record per item, as its schema says; and as a table."""

from __future__ import annotations

import csv
import io
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet
import pytest
from batch_helpers import answered, failed, item

from internvl_cli.batch.record import Failure, Outcome, make_record, to_line
from internvl_cli.batch.tables import COLUMNS, row, write_csv, write_parquet
from internvl_cli.engines.base import Answer, Evidence, PageRef, Usage
from internvl_cli.errors import EndpointError, InputError


def schema(name: str) -> Any:
    return json.loads((files("internvl_cli") / "schemas" / name).read_text())


def rich() -> Outcome:
    asked = item("a.pdf", source="tasks/a.pdf", pages="1-2", answers=("42",))
    answer = Answer(
        'a "quoted", ünï\nanswer',
        "fake-1",
        "fake",
        kind="list",
        evidence=[Evidence("tasks/a.pdf", 2, (1.0, 2.0, 3.0, 4.0), (9, 9), "42")],
        confidence=0.5,
        pages=[PageRef("tasks/a.pdf", 1, 3), PageRef("tasks/a.pdf", 2, 4)],
        usage=Usage(3, 4),
        seconds={"read": 0.25, "answer": 0.5},
        warnings=["page 3 was left out"],
    )
    return Outcome(asked, answer.to_json(), pages=2)


def test_records_follow_their_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("record.schema.json"))
    validator = jsonschema.Draft202012Validator(schema("record.schema.json"))
    for outcome in (rich(), answered(item("a.pdf")), failed(item("a.pdf"), retryable=True)):
        validator.validate(make_record(outcome, 2))
    good = make_record(answered(item("a.pdf")), 1)
    for wrong in ({"answer": None}, {"attempts": 0}, {"error": {"type": "x"}}, {"new": 1}, {"id": ""}):
        assert not validator.is_valid({**good, **wrong})


def test_the_fields_of_the_answer_are_those_of_json() -> None:
    """What ``ask --json`` promises of a field, a record promises too; null aside."""
    record, answer = schema("record.schema.json")["properties"], schema("answer.schema.json")["properties"]
    for name, promise in answer.items():
        if name in ("files", "file", "question"):
            continue
        kept = record[name].get("anyOf", [record[name]])[0]
        assert {**promise, "description": ""} == {**kept, "description": ""}, name


def test_a_failure_has_the_same_keys() -> None:
    good, bad = make_record(rich(), 1), make_record(failed(item("a.pdf")), 3)
    assert list(good) == list(bad)
    assert (bad["answer"], bad["attempts"]) == (None, 3)
    assert bad["error"] == {"type": "input", "message": "a.pdf: cannot be read", "retryable": False}


def test_files_are_named_as_the_user_named_them() -> None:
    record = make_record(rich(), 1)
    named = [record["file"], record["evidence"][0]["file"], *(page["file"] for page in record["pages"])]
    assert named == ["a.pdf"] * 4
    assert (record["expected"], record["page_selection"]) == (["42"], "1-2")


def test_what_json_and_utf_8_cannot_carry() -> None:
    asked = item("\udcff.pdf")
    answer = {**answered(asked).answer, "confidence": float("nan"), "answer": "\ud800 \x9b31m\u2028 é"}  # type: ignore[dict-item]
    record = make_record(Outcome(asked, answer), 1)
    assert record["confidence"] is None
    line = to_line(record)
    assert json.loads(line) == record
    assert len(line.decode().splitlines()) == 1 and "\x9b" not in line.decode() and "é" in line.decode()
    assert os.fsencode(json.loads(line)["file"]) == b"\xff.pdf"
    table = row(record)
    assert (table["file"], table["answer"][0]) == (r"\xff.pdf", "?")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (InputError("x.pdf: is\nempty", "hint"), Failure("input", "x.pdf: is empty", False)),
        (EndpointError("busy", retryable=True), Failure("endpoint", "busy", True)),
        (MemoryError(), Failure("memory_shortage", "not enough memory for this document", False)),
        (KeyError("x"), Failure("unexpected", "KeyError: 'x'", False)),
    ],
)
def test_errors_become_failures(error: Exception, failure: Failure) -> None:
    assert Failure.of(error) == failure


def test_csv_holds_every_record_in_a_row() -> None:
    file = io.BytesIO()
    write_csv([make_record(rich(), 1), make_record(failed(item("b.pdf")), 2)], file)
    good, bad = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert list(good) == list(COLUMNS)
    assert good["answer"] == 'a "quoted", ünï\nanswer'
    assert (good["pages"], good["tiles"], good["seconds"], good["found"]) == ("1,2", "7", "0.75", "true")
    assert json.loads(good["evidence"])[0]["box"] == [1.0, 2.0, 3.0, 4.0]
    assert (bad["answer"], bad["error_type"], bad["error_retryable"], bad["found"]) == ("", "input", "false", "")


def test_parquet_has_types(tmp_path: Path) -> None:
    with (tmp_path / "out.parquet").open("wb") as file:
        write_parquet([make_record(rich(), 1), *(make_record(failed(item(str(n))), 2) for n in range(1500))], file)
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert dict(zip(table.schema.names, map(str, table.schema.types), strict=True)) == COLUMNS
    rows = table.to_pylist()
    assert len(rows) == 1501
    assert (rows[0]["found"], rows[0]["tiles"], rows[1]["found"], rows[1]["error_type"]) == (True, 7, None, "input")


def test_a_table_of_nothing_has_its_columns(tmp_path: Path) -> None:
    with (tmp_path / "out.parquet").open("wb") as file:
        write_parquet([], file)
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet").schema.names == list(COLUMNS)
