"""What is to be asked, and under which identity."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.batch.plan import changed_settings, plan_inputs, read_tasks, run_settings
from internvl_cli.engines.base import Options
from internvl_cli.errors import InputError, UsageError


def tasks(tmp_path: Path, *lines: object) -> str:
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return str(path)


def test_items_keep_their_order_and_identity() -> None:
    first = plan_inputs("What?", ["b.pdf", "a.pdf"])
    again = plan_inputs("What?", ["a.pdf", "c.pdf", "b.pdf"])
    assert [item.file for item in first.items] == ["b.pdf", "a.pdf"]
    assert {item.file: item.id for item in again.items}.items() >= {item.file: item.id for item in first.items}.items()


def test_identity_is_pinned() -> None:
    """A new version of the program must find the answers of the old one."""
    assert plan_inputs("What?", ["a.pdf"]).items[0].id == "f3395ca3f8b25f7c"
    assert plan_inputs("What?", ["a.pdf"], "1-2").items[0].id == "d104ef2ca1fad327"


parts = st.tuples(st.text(min_size=1, max_size=4), st.text("ab?", min_size=1), st.none() | st.text("12", min_size=1))


@settings(max_examples=60, deadline=None)
@given(parts, parts)
def test_only_the_same_task_has_the_same_id(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    ids = []
    for file, question, pages in (one, other):
        if file == "-" or "/" in file or "." in file:
            return
        ids.append(plan_inputs(question, [file], pages).items[0].id)
    assert (ids[0] == ids[1]) == (one == other)


def test_a_file_named_twice_is_asked_once_and_said() -> None:
    plan = plan_inputs("What?", ["a.pdf", "./a.pdf", "x/../a.pdf", "http://h//a.pdf", "http://h/a.pdf"])
    assert [item.file for item in plan.items] == ["a.pdf", "x/../a.pdf", "http://h//a.pdf", "http://h/a.pdf"]
    assert plan.merged == ("./a.pdf",)


def test_names_that_are_not_utf_8_stay_apart() -> None:
    plan = plan_inputs("What?", ["\udcfe.pdf", "\udcff.pdf"])
    assert len({item.id for item in plan.items}) == 2


@pytest.mark.parametrize(("question", "files"), [("  ", ["a.pdf"]), ("What?", ["-"])])
def test_what_cannot_be_asked_is_refused(question: str, files: list[str]) -> None:
    with pytest.raises(UsageError):
        plan_inputs(question, files)


def test_tasks_lie_beside_their_file(tmp_path: Path) -> None:
    name = tasks(
        tmp_path,
        {"file": "a.pdf", "question": "One?"},
        "",
        {"file": "/x/b.pdf", "question": "Two?", "id": 7, "pages": "1-2", "answers": ["2", "two"]},
        {"file": "https://h/c.pdf", "question": "Three?", "pages": 3, "answers": "3"},
    )
    a, b, c = read_tasks(name, pages="end").items
    assert (a.file, a.source, a.pages) == ("a.pdf", str(tmp_path / "a.pdf"), "end")
    assert (b.id, b.source, b.pages, b.answers) == ("7", "/x/b.pdf", "1-2", ("2", "two"))
    assert (c.source, c.pages, c.answers) == ("https://h/c.pdf", "3", ("3",))


def test_tasks_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '\ufeff{"file": "a.pdf", "question": "line\u2028separator?"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (item,) = read_tasks("-").items
    assert (item.source, item.question) == ("a.pdf", "line\u2028separator?")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "not JSON"),
        ("[1]", "object"),
        ('{"file": "a.pdf"}', "'question' is missing"),
        ('{"question": "x", "file": ""}', "'file'"),
        ('{"question": "x", "file": "-"}', "standard input"),
        ('{"question": "x", "file": "a", "id": true}', "'id'"),
        ('{"question": "x", "file": "a", "pages": [1]}', "'pages'"),
        ('{"question": "x", "file": "a", "answers": 3}', "'answers'"),
        ('{"question": "x", "file": "a", "page": 3}', "unknown field 'page'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, word: str) -> None:
    name = tasks(tmp_path, {"file": "a.pdf", "question": "One?"}, "", line)
    with pytest.raises(UsageError) as caught:
        read_tasks(name)
    assert f"{name}, line 3: " in caught.value.message and word in caught.value.message


def test_tasks_named_twice(tmp_path: Path) -> None:
    one, other = {"file": "a.pdf", "question": "One?"}, {"file": "a.pdf", "question": "Two?"}
    plan = read_tasks(tasks(tmp_path, one, other, one, {**one, "id": "x"}))
    assert len(plan.items) == 3
    assert plan.merged == ("line 3 (as line 1)",)
    with pytest.raises(UsageError, match=r"line 2: id 'x' already stands in line 1"):
        read_tasks(tasks(tmp_path, {**one, "id": "x"}, {**other, "id": "x"}))


def test_tasks_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_tasks(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="no tasks"):
        read_tasks(tasks(tmp_path, ""))
    (tmp_path / "latin").write_bytes(b'{}\n{"file": "\xe9"}\n')
    with pytest.raises(UsageError, match="line 2: not UTF-8"):
        read_tasks(str(tmp_path / "latin"))


def test_every_changed_setting_is_named() -> None:
    options = Options()
    before = run_settings(model="auto", question="What?", pages=None, options=options)
    assert changed_settings(before, before) == []
    now = run_settings(model="2B", question="What?", pages=None, options=replace(options, max_tiles=6))
    assert changed_settings(before, now) == ['model: was "auto", now "2B"', "max-tiles: was 12, now 6"]
    assert changed_settings({**before, "gone": 1}, before) == ["gone: was 1, now null"]
