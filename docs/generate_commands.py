"""Write docs/commands.md from the commands' own ``--help``; with ``--check`` only say whether it is stale (exit 1)."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.update(TYPER_USE_RICH="0", NO_COLOR="1", TERM="dumb", COLUMNS="100")  # before Typer is imported

from typer.testing import CliRunner

from internvl_cli.cli.app import COMMANDS, app, visible_commands

TARGET = Path(__file__).with_name("commands.md")


def render() -> str:
    """Give the page: the help of ``internvl`` and of each of its commands."""
    parts = [
        "# Commands\n",
        f"Made by `python docs/generate_commands.py` with typer {version('typer')} from the commands' own `--help`.\n",
        _section([]),
    ]
    for name in visible_commands():
        parts.append(_section([name]))
        parts += [_section([name, below]) for below in _below(name)]
    return "\n".join(parts)


def _below(name: str) -> list[str]:
    """The commands of a command that has some of its own."""
    module = importlib.import_module(f"internvl_cli.cli.{COMMANDS[name][0]}")
    below = getattr(module, "app", None)
    return [command.name for command in below.registered_commands] if below is not None else []


def _section(command: list[str]) -> str:
    result = CliRunner().invoke(app, [*command, "--help"], prog_name="internvl", terminal_width=100)
    if result.exit_code:
        raise SystemExit(f"internvl {' '.join(command)} --help failed: {result.exception!r}")
    lines = [line.rstrip() for line in result.stdout.strip("\n").split("\n")]
    return f"## internvl {' '.join(command)}".rstrip() + "\n\n```text\n" + "\n".join(lines) + "\n```\n"


def main() -> None:
    """Write or check."""
    page = render()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(page, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != page:
        raise SystemExit(f"{TARGET.name} is stale: run python docs/generate_commands.py")


if __name__ == "__main__":
    main()
