"""Who may import whom: documents know no model, models no document, engines no terminal, cli no tensor."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("batch", "cli", "documents", "engines", "evaluation", "memory", "model", "reader", "server")
TERMINAL = {"typer", "rich", "internvl_cli.cli"}
TENSORS = {"torch", "numpy", "transformers", "safetensors", "onnxruntime"}

FORBIDDEN = {
    "internvl_cli/documents": {f"internvl_cli.{room}" for room in OURS if room != "documents"}
    | TERMINAL
    | TENSORS - {"numpy"},
    "internvl_cli/model": {f"internvl_cli.{room}" for room in ("documents", "engines", "batch", "reader")} | TERMINAL,
    "internvl_cli/memory": {f"internvl_cli.{room}" for room in ("documents", "engines", "batch", "reader")} | TERMINAL,
    "internvl_cli/engines": TERMINAL | {"internvl_cli.batch", "internvl_cli.evaluation"},
    "internvl_cli/batch": TERMINAL | TENSORS,
    "internvl_cli/reader": TERMINAL | {"torch", "transformers"},
    "internvl_cli/evaluation": TERMINAL,
    "internvl_cli/server": TERMINAL
    | TENSORS
    | {"internvl_cli.batch", "internvl_cli.evaluation", "internvl_cli.reader"},
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
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


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
    )
    assert imports(file) == {"torch.nn", "internvl_cli", "internvl_cli.model"}
