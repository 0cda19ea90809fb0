"""The generated parts of docs/benchmarks.md are those of the data."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_benchmarks", DOCS / "generate_benchmarks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_not_stale(generator: ModuleType) -> None:
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert generator.render(page) == page, "run python docs/generate_benchmarks.py"


def test_the_published_table(generator: ModuleType) -> None:
    rows = {
        line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:]
        for line in generator.published().split("\n")
    }
    assert rows["InternVL2-8B"] == ["49.3 / 51.2 / 51.8", "91.6 (90.81)", "83.3", "74.8 (72.6)", "77.4", "794"]
    assert rows["InternVL2-26B"][:3] == ["48.3 / 50.7 / 51.2", "92.9 (92.12)", "84.9"]
    assert rows["GPT-4V"] == ["-", "88.4", "78.5", "75.1", "78.0", "645"]
    assert rows["GPT-4V (original)"][0] == "56.8"


def test_a_page_without_its_marks_is_refused(generator: ModuleType) -> None:
    with pytest.raises(SystemExit, match="marks of 'published' are missing"):
        generator.render("# Benchmarks\n")
