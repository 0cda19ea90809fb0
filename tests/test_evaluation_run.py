"""``internvl eval`` from the command line to the results folder, with a fake engine on miniature data."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import DRIVER, environment
from evaluation_helpers import chartqa, docvqa, infovqa, mmmu, ocrbench, textvqa, write

from internvl_cli.cli.app import main
from internvl_cli.engines import select
from internvl_cli.engines.base import Answer, Evidence, Options, PageRef
from internvl_cli.engines.fake import FakeEngine
from internvl_cli.errors import InputError
from internvl_cli.evaluation.benchmarks import BENCHMARKS
from internvl_cli.evaluation.published import figures, gpt4v
from internvl_cli.model.catalog import CATALOG


def run(*words: str | Path) -> int:
    return main(["eval", *map(str, words)])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def summary(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "summary.json").read_bytes())
    return loaded


def replies(engine: FakeEngine, *texts: str) -> FakeEngine:
    for text in texts:
        engine.enqueue(text)
    return engine


def test_docvqa_with_the_reference_prompt_and_options(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_engine.model = "InternVL2-8B"
    replies(fake_engine, "May 12", "J. Doo", "99")
    out = tmp_path / "out"
    assert run("docvqa", "--data", docvqa(tmp_path / "data"), "-o", out, "--model", "8B") == 0
    # 1, 1 - 1/6, and 0
    assert summary(out)["score"] == pytest.approx(100 * (1 + 5 / 6) / 3, abs=0.01)
    assert [one["score"] for one in lines(out / "scores.jsonl")] == pytest.approx([1, 5 / 6, 0])
    options = fake_engine.history[0].options
    assert (options.max_tiles, options.max_new_tokens, options.short, options.temperature) == (18, 100, True, 0)
    assert fake_engine.history[0].question == "What is the date?"
    assert fake_engine.history[0].pages is fake_engine.history[1].pages  # one document is opened once
    shown = capsys.readouterr()
    table = [line.split("\t") for line in shown.out.splitlines()]
    assert table[0][:4] == ["model", "split", "questions", "ANLS"]
    assert table[1][:4] == ["InternVL2-8B", "val", "3", "61.11"]
    assert ["InternVL2-8B", "test", "", "91.60"] in [row[:4] for row in table]
    assert ["InternVL2-8B", "val", "", "90.81"] in [row[:4] for row in table]
    assert ["GPT-4V", "test", "", "88.40"] in [row[:4] for row in table]
    assert all(row[5].startswith("http") for row in table[2:])
    assert "why sources differ: the test split is scored" in shown.err


def test_run_again_asks_nothing_and_a_longer_limit_the_rest(tmp_path: Path, fake_engine: FakeEngine) -> None:
    data, out = docvqa(tmp_path / "data"), tmp_path / "out"
    replies(fake_engine, "May 12")
    assert run("docvqa", "--data", data, "-o", out, "--limit", "1") == 0
    assert (summary(out)["questions"], summary(out)["score"]) == (1, 100)
    replies(fake_engine, "J. Doe", "1234")
    assert run("docvqa", "--data", data, "-o", out) == 0
    asked = len(fake_engine.history)
    assert run("docvqa", "--data", data, "-o", out) == 0
    assert len(fake_engine.history) == asked
    assert (summary(out)["questions"], summary(out)["score"]) == (3, 100)
    assert (summary(out)["model"], summary(out)["engine"]) == ("fake-1", "fake")


def test_another_benchmark_or_split_on_the_same_folder_is_refused(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    replies(fake_engine, "7", "nokia")
    assert run("infovqa", "--data", infovqa(tmp_path / "i"), "-o", out) == 0
    assert run("textvqa", "--data", textvqa(tmp_path / "t"), "-o", out) == 2
    assert "benchmark: was" in capsys.readouterr().err
    assert run("textvqa", "--data", tmp_path / "t", "-o", out, "--restart") == 0
    assert summary(out)["score"] == pytest.approx(90)  # three of ten


def test_chartqa_is_the_mean_of_its_halves(tmp_path: Path, fake_engine: FakeEngine) -> None:
    replies(fake_engine, "104", "red", "14.5")
    out = tmp_path / "out"
    assert run("chartqa", "--data", chartqa(tmp_path / "data"), "-o", out) == 0
    assert summary(out)["score"] == 75  # (50 + 100) / 2, not 66.67
    assert {kind: part["score"] for kind, part in summary(out)["by_kind"].items()} == {"human": 50, "augmented": 100}


def test_mmmu_in_both_conventions(tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    # "Because …" is read as B by its first character; the authors' parser finds the letter in brackets.
    replies(fake_engine, "Because of this I choose (A)", "A.", "so it is 3.50")
    out = tmp_path / "out"
    assert run("mmmu", "--data", mmmu(tmp_path / "data"), "-o", out) == 0
    assert summary(out)["score"] == 100
    assert summary(out)["other"]["official"] == pytest.approx(66.67)
    assert "by the official convention: 66.67" in capsys.readouterr().err
    assert [len(request.pages) for request in fake_engine.history] == [1, 2, 1]
    assert (fake_engine.history[0].options.max_tiles, fake_engine.history[0].options.short) == (6, False)
    assert set(summary(out)["by_kind"]) == {"Art", "Art_Theory", "Math"}


def test_ocrbench_counts_in_thousandths(tmp_path: Path, fake_engine: FakeEngine) -> None:
    replies(fake_engine, "it says Centre", "X^2")
    out = tmp_path / "out"
    assert run("ocrbench", "--data", ocrbench(tmp_path / "data"), "-o", out) == 0
    assert summary(out)["score"] == 500


def test_a_split_without_answers_gives_a_submission(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    replies(fake_engine, "a", "b", "c")
    out = tmp_path / "out"
    assert run("docvqa", "--data", docvqa(tmp_path / "d", "test"), "--split", "test", "-o", out) == 0
    assert json.loads((out / "submission.json").read_bytes()) == [
        {"questionId": 11, "answer": "a"},
        {"questionId": 12, "answer": "b"},
        {"questionId": 13, "answer": "c"},
    ]
    assert (summary(out)["score"], summary(out)["interval"]) == (None, None)
    assert "submission.json" in capsys.readouterr().err


def test_a_document_that_cannot_be_read_fails_its_question_alone(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = docvqa(tmp_path / "data"), tmp_path / "out"
    write(data / "documents" / "b_2.png", b"not an image")
    replies(fake_engine, "May 12", "J. Doe")
    assert run("docvqa", "--data", data, "-o", out) == 5
    assert (summary(out)["failed"], summary(out)["score"]) == (1, pytest.approx(66.67))
    assert "1 of 3 questions failed and count as wrong" in capsys.readouterr().err
    docvqa(data)  # mended
    replies(fake_engine, "1234")
    assert run("docvqa", "--data", data, "-o", out) == 0
    assert summary(out)["score"] == 100


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["docvqa", "--data", "gone"], 3, "gone: no such folder"),
        (["docvqa", "--data", ".", "--split", "train"], 2, "no split 'train'"),
        (["docvqa", "--data", ".", "-o", "-"], 2, "cannot go to standard output"),
        (["own", "--tasks", "gone.jsonl"], 3, "gone.jsonl: cannot be read"),
        (["compare", "gone", "gone"], 3, "summary.json: cannot be read"),
        (["docvqa", "--data", ".", "--model", "9000B"], 2, "no model is called '9000B'"),
    ],
)
def test_bad_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: Any,
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) == code
    assert said in capsys.readouterr().err


def test_json(tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    replies(fake_engine, "7")
    assert run("infovqa", "--data", infovqa(tmp_path / "d"), "-o", tmp_path / "out", "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == summary(tmp_path / "out")


# -- our own documents


def tasks(folder: Path, *records: dict[str, Any]) -> Path:
    from evaluation_helpers import png

    write(folder / "page.png", png(200, 100))
    path = folder / "tasks.jsonl"
    path.write_text("".join(json.dumps({"file": "page.png", **record}) + "\n" for record in records))
    return path


def test_own_documents_by_kind(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str], not_found: Answer
) -> None:
    file = tasks(
        tmp_path,
        {"id": "a", "question": "Total?", "answers": ["£1,200"], "kind": "field"},
        {"id": "b", "question": "Who?", "answers": ["Ann Lee"], "kind": "field"},
        {"id": "c", "question": "Why?", "answers": ["not found"], "kind": "absent"},
        {"id": "d", "question": "Unscored?"},
    )
    replies(fake_engine, "1200", "Ann")
    fake_engine.enqueue(not_found)
    replies(fake_engine, "anything")
    assert run("own", "--tasks", file, "-o", tmp_path / "out") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "kind\tquestions\taccuracy\t95 % interval"
    assert [line.split("\t")[:3] for line in out[1:]] == [
        ["all", "4", "66.67"],
        ["other", "1", "-"],
        ["absent", "1", "100"],
        ["field", "2", "50.00"],
    ]


def test_tasks_without_answers_are_no_evaluation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("own", "--tasks", tasks(tmp_path, {"question": "Who?"}), "-o", tmp_path / "out") == 2
    assert "no task has answers" in capsys.readouterr().err


# -- two runs


def compared(folder: Path, engine: FakeEngine) -> tuple[Path, Path]:
    """Two runs over four questions: one gets better, one worse, two stay."""
    file = tasks(
        folder,
        {"id": "a", "question": "<script>alert(1)</script>?", "answers": ["1"], "kind": "field"},
        {"id": "b", "question": "B?", "answers": ["2"], "kind": "chart value"},
        {"id": "c", "question": "C?", "answers": ["3"], "kind": "chart value"},
        {"id": "d", "question": "D?", "answers": ["4"], "kind": "field"},
    )
    for name, texts in (("A", ("1", "x", "3", "x")), ("B", ("<b>no</b>", "2", "3", "y"))):
        for text in texts:
            evidence = [Evidence("page.png", 1, (20.0, 10.0, 60.0, 30.0), (200, 100), text)]
            engine.enqueue(
                Answer(text, name, "fake", evidence=evidence, pages=[PageRef("page.png", 1)], confidence=0.5)
            )
        assert run("own", "--tasks", file, "-o", folder / name) == 0
    return folder / "A", folder / "B"


def test_compare(tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = compared(tmp_path, fake_engine)
    capsys.readouterr()
    assert run("compare", a, b) == 0
    shown = capsys.readouterr()
    rows = [line.split("\t") for line in shown.out.splitlines()]
    assert [(row[0], row[2]) for row in rows[1:]] == [("worse", "a"), ("better", "b")]
    assert rows[1][4:] == ["1", "1", "<b>no</b>"]
    assert "B minus A over 4 questions: +0.00" in shown.err
    assert run("compare", a, b, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["a"]["score"], record["b"]["score"], record["questions"]) == (50, 50, 4)
    assert [one["id"] for one in record["flipped"]] == ["a", "b"]


def test_compare_refuses_what_is_not_alike(
    tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    a, _ = compared(tmp_path, fake_engine)
    replies(fake_engine, "7")
    assert run("infovqa", "--data", infovqa(tmp_path / "i"), "-o", tmp_path / "i-out") == 0
    assert run("compare", a, tmp_path / "i-out") == 2
    assert "is of own" in capsys.readouterr().err
    (a / "scores.jsonl").write_text('{"id": 1}\n')
    assert run("compare", a, a) == 3
    assert "scores.jsonl, record 1: not a score" in capsys.readouterr().err


# -- published figures


def test_every_size_has_its_published_figures() -> None:
    for entry in CATALOG:
        if entry.size == "8B-MPO":
            continue
        for name in BENCHMARKS:
            assert figures(name, entry.size), (name, entry.size)
            assert figures(name, entry.repo) == figures(name, entry.size)
    assert [f.value for f in figures("mmmu", "26B")] == [48.3, 50.7, 51.2]
    assert [f.value for f in figures("chartqa", "26B")] == [84.9]
    assert figures("docvqa", "internvl-reader-1") == ()
    assert {f.value for f in gpt4v("mmmu")} == {56.8, 63.1}


def test_the_halves_of_chartqa_give_the_published_mean() -> None:
    import re

    for size in ("1B", "2B", "4B", "8B", "26B", "40B", "76B"):
        (figure,) = figures("chartqa", size)
        human, augmented = (float(value) for value in re.findall(r"[\d.]+", figure.note))
        assert (human + augmented) / 2 == pytest.approx(figure.value, abs=0.051)


def test_options_are_the_reference_s() -> None:
    table = {name: (b.max_tiles, b.max_new_tokens) for name, b in BENCHMARKS.items()}
    assert table == {
        "docvqa": (18, 100),
        "infovqa": (24, 100),
        "chartqa": (12, 100),
        "textvqa": (6, 10),
        "mmmu": (6, 10),
        "ocrbench": (24, 1024),
    }
    assert BENCHMARKS["mmmu"].options() == Options(max_tiles=6, max_new_tokens=10)


# -- real processes


def test_a_worker_pool_and_an_interruption(tmp_path: Path) -> None:
    """Stopped by SIGTERM and started again: every question is asked once, and the summary covers all of them."""
    data, log = docvqa(tmp_path / "data"), tmp_path / "log"
    words = [sys.executable, str(DRIVER), "eval", "docvqa", "--data", str(data), "-o", str(tmp_path / "out")]
    first = subprocess.Popen(
        words, env=environment(pause=1.0, log=str(log)), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (log.exists() and log.read_text().count("\n") >= 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=60)
    assert first.returncode == 143
    assert "run the same command again to go on from here" in said
    assert not (tmp_path / "out" / "summary.json").exists()
    second = subprocess.run(
        [*words, "--jobs", "2"],
        env=environment(log=str(log)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
    )
    assert second.returncode == 0, second.stderr.decode()
    assert summary(tmp_path / "out")["questions"] == 3
    asked = log.read_text().splitlines()
    assert 3 <= len(asked) <= 4  # the one that was under way may have been asked twice
    assert len(lines(tmp_path / "out" / "predictions.jsonl")) == 3


def test_a_fatal_error_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(choice: Any, options: Any) -> Any:
        raise InputError("no engine")

    monkeypatch.setattr(select, "select_engine", refuse)
    assert run("docvqa", "--data", docvqa(tmp_path / "data"), "-o", tmp_path / "out") == 3
    assert not (tmp_path / "out" / "summary.json").exists()


def test_several_questions_at_a_time(tmp_path: Path) -> None:
    words = [
        sys.executable,
        str(DRIVER),
        "eval",
        "docvqa",
        "--data",
        str(docvqa(tmp_path / "data")),
        "--batch-size",
        "2",
    ]
    done = subprocess.run(
        [*words, "-o", str(tmp_path / "out")],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (summary(tmp_path / "out")["questions"], summary(tmp_path / "out")["failed"]) == (3, 0)


@pytest.mark.parametrize("said", ["variable", "option", "none"])
def test_the_endpoint_of_the_environment(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """INTERNVL_ENDPOINT counts as --endpoint does, --endpoint wins over it, and --endpoint none means this machine."""
    fake, chosen = FakeEngine(default="7"), []

    def choose(choice: select.ModelChoice, options: Options) -> select.Selection:
        chosen.append(choice.endpoint)
        return select.Selection(fake)

    monkeypatch.setattr(select, "select_engine", choose)
    monkeypatch.setenv("INTERNVL_ENDPOINT", "http://variable")
    words = () if said == "variable" else ("--endpoint", "none" if said == "none" else "http://option")
    out = tmp_path / "out"
    assert run("infovqa", "--data", infovqa(tmp_path / "data"), "-o", out, *words) == 0
    assert set(chosen) == {None if said == "none" else f"http://{said}"}
    assert summary(out)["score"] == 100
