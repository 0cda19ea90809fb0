from __future__ import annotations

from pathlib import Path

import pytest

from internvl_cli.engines.base import Options
from internvl_cli.engines.select import SIZES, ModelChoice, ModelName, parse_model, select_engine
from internvl_cli.errors import ModelError, UsageError


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("auto", ModelName("auto", "auto")),
        ("Reader", ModelName("reader", "reader")),
        *((size, ModelName("size", size)) for size in SIZES),
        ("2b", ModelName("size", "2B")),
        ("InternVL2-8B", ModelName("size", "8B")),
        ("OpenGVLab/InternVL2-26B", ModelName("size", "26B")),
        ("internvl2-llama3-76b", ModelName("size", "76B")),
        ("./checkpoint", ModelName("path", "./checkpoint")),
        ("/models/x", ModelName("path", "/models/x")),
        ("~/x", ModelName("path", "~/x")),
        ("someone/InternVL2-2B-finetuned", ModelName("repo", "someone/InternVL2-2B-finetuned")),
    ],
)
def test_parse_model(name: str, meaning: ModelName) -> None:
    assert parse_model(name) == meaning


def test_a_folder_that_is_there_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own/model").mkdir(parents=True)
    assert parse_model("own/model").kind == "path"
    assert parse_model("own").kind == "path"


@pytest.mark.parametrize(
    ("name", "hint"), [("3B", "Did you mean"), ("readr", "Did you mean reader?"), ("", "auto, reader"), ("gpt", "26B")]
)
def test_an_unknown_name(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_model(name)
    assert hint in caught.value.hint and "76B" in caught.value.hint


def test_a_named_model_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        select_engine(ModelChoice(model=str(tmp_path / "missing")), Options())


def test_choices_are_keys() -> None:
    assert len({ModelChoice(), ModelChoice(), ModelChoice(model="2B")}) == 2
