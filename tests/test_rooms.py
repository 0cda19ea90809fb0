"""Who may import whom: documents know no model, models no document, engines no terminal, cli no tensor."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("batch", "cli", "documents", "engines", "evaluation", "memory", "model", "reader", "server")
TERMINAL = {"typer", "rich", "internvl_cli.cli"}
TENSORS = {"torch", "numpy", "transformers", "safetensors", "onnxruntime"}


def rooms(*names: str) -> set[str]:
    return {f"internvl_cli.{name}" for name in names}


FORBIDDEN = {
    "internvl_cli/documents": rooms(*OURS) - rooms("documents") | TERMINAL | TENSORS - {"numpy"},
    "internvl_cli/model": rooms("batch", "documents", "engines", "evaluation", "reader", "server") | TERMINAL,
    "internvl_cli/memory": rooms("batch", "documents", "engines", "evaluation", "reader", "server") | TERMINAL,
    "internvl_cli/reader": rooms("batch", "evaluation", "memory", "model", "server")
    | TERMINAL
    | {"torch", "transformers"},
    "internvl_cli/engines": rooms("batch", "evaluation", "server") | TERMINAL,
    "internvl_cli/batch": rooms("evaluation", "server") | TERMINAL | TENSORS,
    "internvl_cli/evaluation": rooms("server") | TERMINAL,
    "internvl_cli/server": rooms("batch", "evaluation", "reader") | TERMINAL | TENSORS,
    "cli": TENSORS,
}


def imports(path: Path) -> set[str]:
    """Every module imported anywhere in a file, inside functions as well; what is for type checkers does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = f"{_above(path, node.level)}{node.module or ''}".rstrip(".")
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def _above(path: Path, level: int) -> str:
    """What the dots of a relative import stand for: ``cli/ask.py`` is ``internvl_cli.cli.ask``."""
    if not level:
        return ""
    parts = path.relative_to(ROOT).parts if path.is_relative_to(ROOT) else ("internvl_cli", path.name)
    package = ["internvl_cli", *parts] if parts[0] == "cli" else list(parts)
    return ".".join(package[:-level]) + "."


def test_every_room_is_watched() -> None:
    folders = {path.parent.name for path in (ROOT / "internvl_cli").glob("*/__init__.py")}
    assert folders | {"cli"} == set(OURS)
    assert {f"internvl_cli/{folder}" for folder in folders} | {"cli"} == set(FORBIDDEN)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_rooms(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        for name in imports(path):
            for forbidden in FORBIDDEN[room]:
                reached = name == forbidden or name.startswith(f"{forbidden}.")
                assert not reached, f"{path.relative_to(ROOT)} imports {name}"


def test_the_test_sees_imports_in_functions(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(
        "if TYPE_CHECKING:\n    import rich\ndef f():\n    import torch.nn\n    from internvl_cli import model\n"
        "from .cli import x\n"
    )
    assert imports(file) == {"torch.nn", "internvl_cli", "internvl_cli.model", "internvl_cli.cli", "internvl_cli.cli.x"}
