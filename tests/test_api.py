from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from conftest import clean_environment

import internvl_cli
from cli.ask import ask
from internvl_cli import api
from internvl_cli.checked import CHOICES, RANGES
from internvl_cli.engines import select
from internvl_cli.engines.fake import FakeEngine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    fake.choices = []  # type: ignore[attr-defined]

    def choose(choice: select.ModelChoice, options: object) -> select.Selection:
        fake.choices.append(choice)  # type: ignore[attr-defined]
        return select.Selection(fake)

    monkeypatch.setattr(api, "select_engine", choose)
    monkeypatch.setattr(api, "_engines", {})
    return fake


def test_importing_costs_nothing() -> None:
    heavy = "{'torch', 'transformers', 'numpy', 'PIL', 'typer', 'rich', 'internvl_cli.api'}"
    code = f"import sys, internvl_cli; dir(internvl_cli); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean_environment())
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_is_there() -> None:
    for name in internvl_cli.__all__:
        assert getattr(internvl_cli, name) is not None
    assert set(internvl_cli.__all__) <= set(dir(internvl_cli))
    with pytest.raises(AttributeError):
        _ = internvl_cli.no_such_name


def test_ask(png: Path, engine: FakeEngine) -> None:
    engine.enqueue(["forty", "-two"])
    answer = internvl_cli.ask("How many?", png, max_tiles=6, model="reader", short=True)
    assert answer.text == "forty-two" and isinstance(answer, internvl_cli.Answer)
    (request,) = engine.history
    assert (request.question, request.options.max_tiles, request.options.short) == ("How many?", 6, True)
    assert [choice.model for choice in engine.choices] == ["reader"]  # type: ignore[attr-defined]


def test_the_engine_is_chosen_once(png: Path, engine: FakeEngine) -> None:
    for text in "abc":
        engine.enqueue(text)
    internvl_cli.ask("a", png)
    internvl_cli.ask("b", str(png), temperature=0.5)
    assert len(engine.choices) == 1  # type: ignore[attr-defined]
    internvl_cli.ask("c", png, model="2B")
    assert len(engine.choices) == 2 and not engine.closed  # type: ignore[attr-defined]


def test_ask_many_reads_once(png: Path, engine: FakeEngine) -> None:
    engine.enqueue("one")
    engine.enqueue("two")
    answers = internvl_cli.ask_many(["first?", "second?"], png)
    assert [answer.text for answer in answers] == ["one", "two"]
    first, second = engine.history
    assert first.pages[0] is second.pages[0]


def test_describe(png: Path, engine: FakeEngine) -> None:
    engine.enqueue("# Invoice")
    assert internvl_cli.describe(png, format="markdown").text == "# Invoice"
    assert (engine.history[0].task, engine.history[0].options.format) == ("describe", "markdown")


def test_notes_of_the_file_become_warnings(png: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.enqueue(internvl_cli.Answer("x", "m", "fake", warnings=["from the engine"]))
    with api.open_files([png]) as opened:
        opened.documents[0].notes.append("from the file")
        opened.pages[0].notes.append("from the page")
        opened.pages[0].notes.append("from the file")
        noted = opened.noted(internvl_cli.Answer("x", "m", "fake", warnings=["from the engine"]))
    assert noted.warnings == ["from the file", "from the page", "from the engine"]


def test_standard_input_is_read_once(engine: FakeEngine) -> None:
    with pytest.raises(internvl_cli.UsageError, match="named more than once"):
        internvl_cli.ask("What?", "-", "-")


def test_an_empty_name(engine: FakeEngine) -> None:
    with pytest.raises(internvl_cli.InputError, match="name of a document is empty"):
        internvl_cli.ask("What?", "")


def test_errors_are_ours(png: Path, engine: FakeEngine) -> None:
    with pytest.raises(internvl_cli.InputError):
        internvl_cli.ask("q", png.with_name("missing.png"))
    with pytest.raises(internvl_cli.UsageError):
        internvl_cli.ask("q")
    with pytest.raises(internvl_cli.PageSelectionError):
        internvl_cli.ask("q", png, pages="2")
    with pytest.raises(TypeError, match="tiles"):
        internvl_cli.ask("q", png, tiles=3)  # type: ignore[call-arg]
    assert not engine.history


WRONG: list[dict[str, Any]] = [
    *({"max_tiles": value} for value in (0, 41, 12.0, "12", True, None)),
    *({"max_new_tokens": value} for value in (0, -1)),
    *({"temperature": value} for value in (-1, "hot", float("nan"))),
    *({"top_p": value} for value in (-0.1, 1.1)),
    *({"min_confidence": value} for value in (-0.1, 2)),
    {"repetition_penalty": 0},
    {"seed": -1},
    {"pages": 1},
    {"dtype": "int3"},
    {"quantize": "3bit"},
    {"rasterizer": "x"},
    {"model": None},
    {"device": 0},
]


@pytest.mark.parametrize("setting", WRONG, ids=str)
def test_a_setting_that_the_command_line_refuses_is_refused(
    setting: dict[str, Any], png: Path, engine: FakeEngine
) -> None:
    (name,) = setting
    with pytest.raises(internvl_cli.UsageError, match=name) as caught:
        internvl_cli.ask("How many?", png, **setting)
    assert name in caught.value.hint and not engine.history
    with pytest.raises(internvl_cli.UsageError, match="format"):
        internvl_cli.describe(png, format="pdf")  # type: ignore[arg-type]


def test_settings_are_limited_as_options_are() -> None:
    checked = set()
    for parameter in inspect.signature(ask, eval_str=True).parameters.values():
        kind, *notes = get_args(parameter.annotation) or (parameter.annotation,)
        words = {word for part in (kind, *get_args(kind)) if get_origin(part) is Literal for word in get_args(part)}
        if parameter.name in RANGES:
            (option,) = notes
            least, most = RANGES[parameter.name][1:]
            assert (option.min, option.max) == (least, most), parameter.name
            checked.add(parameter.name)
        elif parameter.name in CHOICES:
            assert words == set(CHOICES[parameter.name]), parameter.name
            checked.add(parameter.name)
    assert checked == (RANGES.keys() | CHOICES.keys()) - {"format"}
