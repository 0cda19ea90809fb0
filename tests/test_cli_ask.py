from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import internvl_cli
from internvl_cli.cli.app import main
from internvl_cli.engines.base import Answer, Evidence, PageRef, Usage
from internvl_cli.engines.fake import FakeEngine

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((Path(internvl_cli.__file__).parent / "schemas" / "answer.schema.json").read_text())
Capture = pytest.CaptureFixture[str]


def check(record: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(record, SCHEMA, jsonschema.Draft202012Validator)


def full_answer(file: str) -> Answer:
    return Answer(
        "1.234,50 €",
        "internvl-reader-1",
        "reader",
        kind="span",
        evidence=[Evidence(file, 2, (10.04, 20.0, 110.55, 40.0), (900, 400), "1.234,50 €")],
        confidence=0.98765,
        pages=[PageRef(file, 2, 0)],
        usage=Usage(120, 3),
        seconds={"read": 0.12345, "answer": 0.05},
        warnings=["page 1 left out"],
    )


def test_the_answer_and_nothing_else(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue(["Forty", "-two"])
    assert main(["ask", "How many?", str(png)]) == 0
    assert capsys.readouterr() == ("Forty-two\n", "")
    (request,) = fake_engine.history
    assert (request.question, request.task, [p.number for p in request.pages]) == ("How many?", "ask", [1])
    assert fake_engine.closed


def test_what_a_model_was_sent_is_said(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    pages = [PageRef(str(png), 1, 7), PageRef(str(png), 2, 5)]
    fake_engine.enqueue(Answer("x", "InternVL2-2B", "local", pages=pages, usage=Usage(3145, 1), warnings=["no page 3"]))
    assert main(["ask", "q", str(png)]) == 0
    said = "InternVL2-2B: sent 2 pages (12 tiles), 3,145 tokens\nno page 3\n"
    assert capsys.readouterr() == ("x\n", said)


def test_options_reach_the_engine(png: Path, fake_engine: FakeEngine) -> None:
    fake_engine.enqueue("x")
    given = "--max-tiles 6 --max-new-tokens 99 --temperature 0.5 --top-p 0.9 --repetition-penalty 1.2 --seed 7"
    assert main(["ask", "q", str(png), "--short", "--min-confidence", "0.4", *given.split()]) == 0
    options = fake_engine.history[0].options
    assert (options.max_tiles, options.max_new_tokens, options.temperature, options.top_p) == (6, 99, 0.5, 0.9)
    assert (options.repetition_penalty, options.seed, options.short, options.min_confidence) == (1.2, 7, True, 0.4)


def test_several_files_are_one_question(png: Path, tmp_path: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(png.read_bytes())
    fake_engine.enqueue("both")
    assert main(["ask", "q", str(png), str(other), "--json"]) == 0
    assert [page.document for page in fake_engine.history[0].pages] == [str(png), str(other)]
    record = json.loads(capsys.readouterr().out)
    check(record)
    assert record["files"] == [str(png), str(other)] and "file" not in record


def test_several_questions_are_one_reading(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue("one")
    fake_engine.enqueue("two")
    assert main(["ask", str(png), "-q", "first?", "--question", "second?"]) == 0
    first, second = fake_engine.history
    assert (first.question, second.question) == ("first?", "second?")
    assert all(a is b for a, b in zip(first.pages, second.pages, strict=True))
    assert capsys.readouterr() == ("one\ntwo\n", "first?\nsecond?\n")


def test_several_questions_as_json_lines(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue("one")
    fake_engine.enqueue("two")
    assert main(["ask", "-q", "first?", "-q", "second?", str(png), "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for record in records:
        check(record)
    assert [(r["question"], r["answer"], r["file"]) for r in records] == [
        ("first?", "one", str(png)),
        ("second?", "two", str(png)),
    ]


def test_golden_json(png: Path, fake_engine: FakeEngine, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(png.parent)
    fake_engine.enqueue(full_answer("page.png"))
    assert main(["ask", "Was kostet es?", "page.png", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    check(record)
    golden = json.loads((Path(__file__).parent / "golden" / "answer.json").read_text(encoding="utf-8"))
    assert record == golden
    assert list(record) == list(golden), "the order of the fields is part of what people read"


def test_the_schema_allows_nothing_unnamed() -> None:
    golden = json.loads((Path(__file__).parent / "golden" / "answer.json").read_text(encoding="utf-8"))
    for broken in (
        {**golden, "extra": 1},
        {k: v for k, v in golden.items() if k != "file"},
        {**golden, "files": ["a", "b"]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(broken)


def test_the_schema_is_documented() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for name, field in SCHEMA["properties"].items():
        assert f"| `{name}` |" in page, name
        for inner in field.get("items", {}).get("properties", {}):
            assert f"| `{name}[].{inner}` |" in page, inner


def test_not_found_is_answered_and_has_a_code(
    png: Path, fake_engine: FakeEngine, not_found: Answer, capsys: Capture
) -> None:
    fake_engine.enqueue(not_found)
    assert main(["ask", "q", str(png)]) == 12
    assert capsys.readouterr() == ("The document does not say.\n", "")
    fake_engine.enqueue(not_found)
    assert main(["ask", "q", str(png), "--json"]) == 12
    record = json.loads(capsys.readouterr().out)
    check(record)
    assert record["found"] is False


@pytest.mark.parametrize(("pattern", "code"), [("^for", 10), ("(?i)^for", 0), ("two$", 0), ("3", 10), ("(", 2)])
def test_expect(pattern: str, code: int, png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue("Forty-two")
    assert main(["ask", "q", str(png), "--expect", pattern]) == code
    out, err = capsys.readouterr()
    assert out == ("" if code == 2 else "Forty-two\n"), "a bad pattern is told before any work"
    assert err.startswith("internvl: ") if code else err == ""


def test_expect_counts_before_not_found(png: Path, fake_engine: FakeEngine, not_found: Answer) -> None:
    fake_engine.enqueue(not_found)
    assert main(["ask", "q", str(png), "--expect", "42"]) == 10
    fake_engine.enqueue(not_found)
    assert main(["ask", "q", str(png), "--expect", "does not say"]) == 12


def test_all_questions_are_answered_before_an_expectation_fails(
    png: Path, fake_engine: FakeEngine, capsys: Capture
) -> None:
    fake_engine.enqueue("no")
    fake_engine.enqueue("yes")
    assert main(["ask", "-q", "a", "-q", "b", str(png), "--expect", "yes", "--quiet"]) == 10
    assert capsys.readouterr().out == "no\nyes\n"


def test_show_evidence(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue(full_answer("page.png"))
    assert main(["ask", "q", str(png), "--show-evidence"]) == 0
    out, err = capsys.readouterr()
    assert out == "1.234,50 €\n"
    assert "page.png\t2\t10 20 111 40\t1.234,50 €" in err and "page 1 left out" in err
    fake_engine.enqueue("nowhere")
    assert main(["ask", "q", str(png), "--show-evidence"]) == 0
    assert "does not stand verbatim" in capsys.readouterr().err


@pytest.mark.parametrize(("reason", "words"), [("length", "--max-new-tokens"), ("repetition", "repeated itself")])
def test_an_early_end_is_told(reason: str, words: str, png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue(Answer("text", "fake-1", "fake", finish_reason=reason))  # type: ignore[arg-type]
    assert main(["ask", "q", str(png)]) == 0
    assert words in capsys.readouterr().err


def test_patterns_are_expanded_and_real_names_are_not(
    png: Path, fake_engine: FakeEngine, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(png.parent)
    for name in ("b1.png", "b2.png", "b[12].png"):
        Path(name).write_bytes(png.read_bytes())
    for pattern, names in (("b?.png", ["b1.png", "b2.png"]), ("b[12].png", ["b[12].png"])):
        fake_engine.enqueue("x")
        assert main(["ask", "q", pattern]) == 0
        assert [page.document for page in fake_engine.history[-1].pages] == names
    assert main(["ask", "q", "c*.png"]) == 3
    assert "c*.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["what?"], ["no file was named", "internvl ask 'what?' FILE"]),
        (["", "{png}"], ["the question is empty"]),
        (["-q", " ", "{png}"], ["the question is empty"]),
        (["{png}", "what?"], ["the question comes first", "internvl ask 'what?'"]),
        (["what?", "{png}", "--expect", "["], ["regular expression"]),
        (["what?", "{png}", "--model", "3B"], ["no model is called '3B'", "Did you mean"]),
        (["what?", "{png}", "--pages", "5"], ["internvl: "]),
        (["what?", "{png}", "--max-tiles", "41"], ["--max-tiles"]),
        (["what?", "{png}", "--nonsense"], ["--nonsense"]),
    ],
)
def test_usage_errors(
    arguments: list[str], words: list[str], png: Path, fake_engine: FakeEngine, capsys: Capture
) -> None:
    assert main(["ask", *(a.format(png=png) for a in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    for word in words:
        assert word in err
    assert not fake_engine.history


def test_json_wins_over_plain_and_quiet_silences_notes(png: Path, fake_engine: FakeEngine, capsys: Capture) -> None:
    fake_engine.enqueue(full_answer("page.png"))
    assert main(["ask", "q", str(png), "--json", "--plain", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["warnings"] == ["page 1 left out"] and err == ""
    fake_engine.enqueue(full_answer("page.png"))
    assert main(["ask", "q", str(png), "--quiet"]) == 0
    assert capsys.readouterr() == ("1.234,50 €\n", "")


def test_a_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from internvl_cli.cli.common import password_source

    monkeypatch.delenv("INTERNVL_PDF_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", None)
    assert password_source(None) is None
    monkeypatch.setenv("INTERNVL_PDF_PASSWORD", "from the environment")
    assert password_source(None) == "from the environment"
    file = tmp_path / "password"
    file.write_text("from a file \nnot this\n")
    assert password_source(file) == "from a file "
    with pytest.raises(internvl_cli.InputError, match="cannot read the password"):
        password_source(tmp_path / "missing")


def test_a_question_among_the_files_is_told_from_a_pattern(png: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "What is the total due?", "-q", "Who signed?", str(png)]) == 2
    err = capsys.readouterr().err
    assert "'What is the total due?' is no file" in err and "-q 'What is the total due?'" in err


@pytest.mark.parametrize("device", ["foo", "cuda:", "gpu0", "cuda:x"])
def test_a_device_that_is_none(device: str, png: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Total?", str(png), "--device", device]) == 2
    assert repr(device) in capsys.readouterr().err
