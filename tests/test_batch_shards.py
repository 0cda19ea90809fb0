"""Parts of a plan, and how they come together again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_helpers import answered, batch, documents, failed, item, records
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.batch.journal import Journal
from internvl_cli.batch.merge import merge
from internvl_cli.batch.plan import Plan
from internvl_cli.batch.record import make_record
from internvl_cli.batch.shard import Shard
from internvl_cli.cli.app import main
from internvl_cli.errors import InputError, OutputError, UsageError


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1), unique=True, max_size=60), st.integers(1, 9))
def test_every_item_is_in_one_shard_and_stays_there(names: list[str], count: int) -> None:
    plan = Plan(tuple(item(name) for name in names))
    parts = [Shard(number, count).of(plan).items for number in range(1, count + 1)]
    assert sorted(one.id for part in parts for one in part) == sorted(names)
    more = Plan((item("\0 another"), *plan.items))
    for number, part in enumerate(parts, start=1):
        assert [one for one in Shard(number, count).of(more).items if one.id != "\0 another"] == list(part)


def test_shards_are_of_like_size() -> None:
    plan = Plan(tuple(item(f"{n}.pdf") for n in range(2000)))
    assert all(200 <= len(Shard(number, 8).of(plan).items) <= 300 for number in range(1, 9))


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/0", "a/b", "-1/8", "1/2/3", "²/3", ""])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(UsageError, match="not a part"):
        Shard.parse(text)
    assert str(Shard.parse(" 3 / 8 ")) == "3/8"


def write(path: Path, part: str, total: int, *outcomes: object, model: str = "fake-1", **settings: object) -> Path:
    with Journal(path, {"model": "auto", **settings}, part={"shard": part, "total": total}) as journal:
        journal.bind("fake", model)
        for outcome in outcomes:
            journal.append(make_record(outcome, journal.attempts(outcome.item) + 1))  # type: ignore[attr-defined, arg-type]
    return path


def test_merge_counts_what_is_missing_failed_and_double(tmp_path: Path) -> None:
    a, b, c, d, e = (item(name) for name in "abcde")
    one = write(tmp_path / "1.jsonl", "1/3", 6, answered(a), failed(b), failed(c), answered(c))
    two = write(tmp_path / "2.csv", "2/3", 6, answered(b), answered(a, "another"), failed(d), failed(e))
    out = tmp_path / "all.jsonl"
    merged = merge(out, [one, two])
    assert (merged.total, merged.done, merged.failed, merged.missing, merged.duplicate) == (6, 3, 2, 1, 1)
    assert merged.absent == ("3/3",)
    found = {r["id"]: r for r in records(out)}
    assert {key: r["answer"] for key, r in found.items()} == {"a": "42", "b": "42", "c": "42", "d": None, "e": None}
    assert len(records(out)) == 5
    assert merge(out, [one, two]).duplicate == 4  # what is there already is not written again
    assert len(records(out)) == 5
    three = write(tmp_path / "3.jsonl", "3/3", 6, answered(d), answered(e), answered(item("f")))
    merged = merge(out, [three])
    assert (merged.total, merged.done, merged.failed, merged.missing, merged.absent) == (6, 6, 0, 0, ())
    meta = json.loads((tmp_path / "all.jsonl.meta.json").read_text())
    assert (meta["resolved_model"], meta["part"]) == ("fake-1", {"shard": None, "total": 6})
    assert merge(tmp_path / "all.csv", [one, two, three]).done == 6
    assert (tmp_path / "all.csv").read_text().count("\n") == 7


def test_merge_refuses_what_does_not_belong_together(tmp_path: Path) -> None:
    one = write(tmp_path / "1.jsonl", "1/2", 2, answered(item("a")))
    other = write(tmp_path / "2.jsonl", "2/2", 2, answered(item("b")), max_tiles=6)
    model = write(tmp_path / "3.jsonl", "2/2", 2, answered(item("b")), model="fake-2")
    out = tmp_path / "all.jsonl"
    with pytest.raises(UsageError, match="max-tiles: was null, now 6"):
        merge(out, [one, other])
    with pytest.raises(UsageError, match='was "fake-1", now "fake-2"'):
        merge(out, [one, model])
    with pytest.raises(UsageError, match="is one of the shards"):
        merge(one, [one])
    with pytest.raises(InputError, match="no such file"):
        merge(out, [one, tmp_path / "gone.jsonl"])
    (tmp_path / "foreign.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="not the output of a batch"):
        merge(out, [tmp_path / "foreign.jsonl"])
    with Journal(one, {"model": "auto"}), pytest.raises(OutputError, match="another run is writing"):
        merge(tmp_path / "new.jsonl", [one])
    assert not out.exists()
    merge(out, [one])
    with pytest.raises(UsageError, match="holds answers to something else"):
        merge(out, [other])


def test_an_array_job_and_what_it_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents(tmp_path / "in", *(f"d{n:02}" for n in range(12)))
    for number in (1, 2):
        done = batch("What?", "in", "-o", f"p{number}.jsonl", "--shard", f"{number}/3", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    refused = batch("What?", "in", "-o", "p1.jsonl", "--shard", "2/3", cwd=tmp_path)
    assert refused.returncode == 2 and "shard: was 1/3, now 2/3" in refused.stderr
    parts = [str(tmp_path / f"p{number}.jsonl") for number in (1, 2)]
    assert main(["batch-merge", str(tmp_path / "all.jsonl"), *parts]) == 5
    said = capsys.readouterr()
    assert "shard 3/3 is not among the files" in said.err and said.out == ""
    here = len(records(tmp_path / "all.jsonl"))
    assert f"12 inputs: {here} done, 0 failed, {12 - here} missing" in said.err and 0 < here < 12
    done = batch("What?", "in", "-o", "all.jsonl", cwd=tmp_path)  # the rest, without --shard
    assert done.stderr.splitlines()[-1] == f"12 inputs: {12 - here} done, {here} skipped, 0 failed"
    assert [r["file"] for r in records(tmp_path / "all.jsonl")] == [f"in/d{n:02}.png" for n in range(12)]
    assert main(["batch-merge", str(tmp_path / "all.jsonl"), *parts]) == 0
    assert main(["batch-merge", str(tmp_path / "x.jsonl"), str(tmp_path / "gone.jsonl")]) == 3
