"""OpenAI batch files: what is written, and what comes of results, whatever is in them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from batch_helpers import documents, records
from drawn_pdfs import drawn_pdf, text_at
from PIL import Image

from internvl_cli.batch.exchange import ResultsRunner
from internvl_cli.batch.plan import Item
from internvl_cli.batch.work import Work
from internvl_cli.cli.app import main
from internvl_cli.documents import open_document
from internvl_cli.errors import InputError, UsageError

MODEL = "OpenGVLab/InternVL2-8B"


def result(key: str, text: str | None = "42", finish: str = "stop", model: str = MODEL, **fields: Any) -> str:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"model": model, "choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    response = {"status_code": 200, "request_id": "r", "body": body}
    return json.dumps({"id": "x", "custom_id": key, "response": response, "error": None, **fields}) + "\n"


def refused(key: str, status: int, message: str) -> str:
    response = {"status_code": status, "request_id": "r", "body": {"error": {"message": message}}}
    return result(key, response=response)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    documents(tmp_path / "in", "a", "b", "c", "d")
    (tmp_path / "in" / "two.pdf").write_bytes(drawn_pdf(text_at(20, 200, "Total 1,234"), text_at(20, 200, "more")))
    return tmp_path


def requests(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_there_and_back_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in" / "torn.pdf").write_bytes(b"%PDF-1.7\ntorn")
    words = ["batch", "What?", "in", "-o", "out.jsonl", "--model", "8B", "--short"]
    assert main([*words, "--export", "openai-batch", "req.jsonl"]) == 5
    said = capsys.readouterr().err
    assert "req.jsonl: 5 requests" in said and "1 failed" in said and "torn.pdf" in said
    assert not (folder / "out.jsonl").exists()
    sent = requests(folder / "req.jsonl")
    assert all((r["method"], r["url"], r["body"]["model"]) == ("POST", "/v1/chat/completions", MODEL) for r in sent)
    assert len({r["custom_id"] for r in sent}) == 5
    body = sent[-1]["body"]
    assert (body["temperature"], body["max_tokens"]) == (0, 1024) and "stream" not in body
    assert "stream_options" not in body
    (message,) = body["messages"]
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "text"]
    assert [message["content"][i]["text"] for i in (0, 2)] == ["Image-1: ", "Image-2: "]
    assert message["content"][-1]["text"] == "What? Answer the question using a single word or phrase."
    url = message["content"][1]["image_url"]["url"]
    image = Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))
    assert image.width >= 4 * 448 and image.height >= 3 * 448  # what a grid of 12 tiles needs
    a, b, c, d, two = (r["custom_id"] for r in sent)

    lines = [
        result(two, "1,234"), result(b, "cut", "length"), refused(a, 500, "over\nloaded"),
        result(c, error={"message": "expired"}, response=None), result("stranger"), result(two, "another"),
    ]  # fmt: skip
    (folder / "res.jsonl").write_text("".join(lines))
    assert main([*words, "--import", "res.jsonl"]) == 5
    said = capsys.readouterr().err
    assert "6 inputs: 2 done, 0 skipped, 2 failed, 2 left" in said
    assert "about none of the inputs: 1 of" in said and "about an input that has one already: 1 of" in said
    found = {r["id"]: r for r in records(folder / "out.jsonl")}
    assert set(found) == {a, b, c, two}
    record = found[two]
    assert (record["answer"], record["model"], record["engine"], record["attempts"]) == ("1,234", MODEL, "endpoint", 1)
    assert record["usage"] == {"prompt_tokens": 7, "completion_tokens": 2}
    assert [(e["page"], e["text"]) for e in record["evidence"]] == [(1, "1,234")]
    assert [page["tiles"] for page in record["pages"]] == [13, 13]
    assert found[b]["finish_reason"] == "length"
    assert found[a]["error"] == {
        "type": "endpoint",
        "message": "the service answered 500: over loaded",
        "retryable": True,
    }
    assert found[c]["error"]["message"] == "the service failed: expired"

    assert main([*words, "--export", "openai-batch", "more.jsonl"]) == 5  # what is missing or failed
    assert {r["custom_id"] for r in requests(folder / "more.jsonl")} == {a, c, d}
    (folder / "torn").mkdir()
    (folder / "in" / "torn.pdf").rename(folder / "torn" / "torn.pdf")
    (folder / "res2.jsonl").write_text(result(a) + result(c) + result(two, "late") + result(d))
    assert main([*words, "--import", "res2.jsonl", "--import", "res.jsonl"]) == 0
    assert "5 inputs: 3 done, 2 skipped, 0 failed" in capsys.readouterr().err
    found = {r["id"]: r for r in records(folder / "out.jsonl")}
    assert len(records(folder / "out.jsonl")) == len(found) == 5
    assert found[two]["answer"] == "1,234"  # an answer that is there is never written over
    assert [found[key]["attempts"] for key in (a, c, d)] == [2, 2, 1]


def test_for_vllm_the_training_prompt_and_the_tiles_travel_too(folder: Path) -> None:
    words = ["batch", "What?", "in/a.png", "-o", "out.jsonl", "--max-tiles", "6", "--temperature", "0.5", "--seed", "1"]
    assert main([*words, "--model", "2B", "--export", "vllm-batch", "req.jsonl"]) == 0
    (request,) = requests(folder / "req.jsonl")
    body = request["body"]
    assert body["mm_processor_kwargs"] == {"max_dynamic_patch": 6} and body["messages"][0]["role"] == "system"
    assert (body["temperature"], body["seed"], body["top_p"]) == (0.5, 1, 1.0)


def test_what_cannot_be_exported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["batch", "What?", "in", "-o", "out.jsonl"]
    assert main([*words, "--export", "openai-batch", "req.jsonl"]) == 2
    assert "--model 8B" in capsys.readouterr().err
    assert main([*words, "--model", "gpt-x", "--export", "csv", "req.jsonl"]) == 2
    assert "openai-batch, vllm-batch" in capsys.readouterr().err
    assert main([*words, "--model", "gpt-x", "--export", "openai-batch", "no/req.jsonl"]) == 4
    assert main([*words, "--model", "gpt-x", "--export", "openai-batch", "req.jsonl", "--shard", "1/1"]) == 0
    assert {r["body"]["model"] for r in requests(folder / "req.jsonl")} == {"gpt-x"}
    assert sorted(path.name for path in folder.iterdir()) == ["in", "req.jsonl"]


@pytest.mark.parametrize(
    ("line", "kind", "retryable"),
    [
        (refused("a", 429, "slow"), "answered 429", True),
        (refused("a", 400, "bad"), "answered 400", False),
        (result("a", None), "no whole answer", False),
        (result("a", "half", "content_filter"), "no whole answer", False),
        (result("a", error="boom"), "failed: boom", True),
        (result("a", response=None), "failed: no reason", True),
        (result("a", response={"status_code": 200, "body": {"error": {"message": "x"}}}), "failed: x", True),
        (result("a", response={"status_code": 200, "body": {"choices": []}}), "no whole answer", False),
    ],
)
def test_results_that_are_no_answers(tmp_path: Path, line: str, kind: str, retryable: bool) -> None:
    (tmp_path / "res.jsonl").write_text(line)
    asked = [Item("a", "gone.png", str(tmp_path / "gone.png"), "What?"), Item("b", "b.png", "b.png", "What?")]
    (outcome,) = ResultsRunner([tmp_path / "res.jsonl"], work()).run(asked)
    assert outcome.item.id == "a" and outcome.failure is not None and outcome.answer is None
    assert kind in outcome.failure.message
    assert outcome.failure.retryable == retryable or outcome.failure.type != "endpoint"


def test_results_that_are_no_results(tmp_path: Path) -> None:
    path = tmp_path / "res.jsonl"
    for text in ("no JSON\n", "[]\n", "{}\n", '{"custom_id": 1, "response": {}}\n'):
        path.write_text(result("a") + text)
        with pytest.raises(UsageError, match="line 2: not a result"):
            ResultsRunner([path], work())
    path.write_text(result("a") + result("b", model="another"))
    with pytest.raises(UsageError, match="answered by another"):
        ResultsRunner([path], work())
    with pytest.raises(InputError, match="cannot be read"):
        ResultsRunner([tmp_path / "none.jsonl"], work())


def work() -> Work:
    return Work(lambda: pytest.fail("nothing is asked here"), open_document)
