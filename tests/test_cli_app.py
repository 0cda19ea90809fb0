from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, clean_environment

from internvl_cli.cli.app import COMMANDS, main, visible_commands

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "transformers", "numpy", "PIL", "onnxruntime", "pypdfium2", "httpx", "huggingface_hub", "rapidocr"}


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, internvl_cli.cli.app as app\n"
        f"code = app.main({arguments!r})\n"
        f"print('LOADED', sorted({HEAVY!r} & set(sys.modules)), code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean_environment())
    assert done.stderr.strip() == "LOADED [] 0"
    assert "internvl" in done.stdout


def test_help_of_the_program_imports_no_command() -> None:
    code = (
        "import sys, internvl_cli.cli.app as app\napp.main(['--help'])\n"
        "print([m for m in sys.modules if m.startswith('internvl_cli.cli.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean_environment())
    loaded = {name.rpartition(".")[2] for name in done.stderr.replace("'", "").strip("[]\n").split(", ")}
    assert loaded == {"app", "interrupt", "output", "blocks", "clean"}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in visible_commands():
        assert name in text and COMMANDS[name][1][:20] in text
    assert text.index("internvl ask") < text.index("--version"), "examples come before the options"


def test_help_of_each_command_begins_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in visible_commands():
        for option in ("-h", "--help"):
            assert main([name, option]) == 0
        text = capsys.readouterr().out
        usage, example = text.index("Usage:"), text.find(f"internvl {name} ", text.index("Usage:") + 20)
        assert usage < example < text.index("--help"), name


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["ask"]):
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert "internvl ask" in err and out == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"internvl {version('internvl-cli')}\n"


def test_an_unknown_command_is_told_with_the_one_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aks", "x"]) == 2
    assert "'ask'" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str, internvl: Run) -> None:
    done = internvl(env={"_INTERNVL_COMPLETE": f"source_{shell}"})
    assert done.returncode == 0 and b"_INTERNVL_COMPLETE" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, check=True)


def test_completion_knows_commands_and_their_options(internvl: Run) -> None:
    words = {"_INTERNVL_COMPLETE": "complete_bash", "COMP_WORDS": "internvl as", "COMP_CWORD": "1"}
    assert internvl(env=words).stdout.split() == [b"ask"]
    words = {"_INTERNVL_COMPLETE": "complete_bash", "COMP_WORDS": "internvl ask --exp", "COMP_CWORD": "2"}
    assert internvl(env=words).stdout.split() == [b"--expect"]


def test_every_registered_module_offers_its_command() -> None:
    for name in visible_commands():
        module = importlib.import_module(f"internvl_cli.cli.{COMMANDS[name][0]}")
        assert hasattr(module, "app") or hasattr(module, name) or hasattr(module, COMMANDS[name][0])


def test_nothing_here_imports_click() -> None:
    for path in [*(ROOT / "cli").glob("*.py"), *(ROOT / "internvl_cli").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        assert "import click" not in source and "from click" not in source and "typer._click" not in source, path


def test_the_command_reference_is_fresh() -> None:
    from importlib.metadata import version

    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    if f"typer {version('typer')} " not in page:
        pytest.skip("made with another typer, which words its help differently")
    command = [sys.executable, str(ROOT / "docs" / "generate_commands.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        ("aks", "no such command 'aks'. Did you mean 'ask'?", "internvl -h"),
        ("eval owm", "no such command 'owm'", "internvl eval -h"),
        ("ask q a.pdf --max-tiles 41", "'--max-tiles'", "internvl ask -h"),
        ("ask q a.pdf --max-tile 3", "no such option: --max-tile", "internvl ask -h"),
        ("ask q a.pdf --min-confidence 1.5", "'--min-confidence'", "internvl ask -h"),
        ("describe a.pdf --as poem", "'poem' is not one of", "internvl describe -h"),
        ("ask -q X", "missing argument 'QUESTION'", "internvl ask -h"),
        ("eval own --limit 0", "'--limit'", "internvl eval own -h"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_a_hint(
    words: str, said: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert out == "" and first.startswith("internvl: ") and said in first
    assert second == f"hint: {hint} says what it takes"


@pytest.mark.parametrize("words", [[], ["ask"], ["eval"]])
def test_a_command_alone_is_asking_for_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert "Usage: internvl" in out + err
