"""What is built and what is written about it: packages, links between the pages, no path of a developer's machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from internvl_cli import __version__
from internvl_cli.cli.app import visible_commands

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = sorted(path for path in ROOT.glob("**/*.md") if not {".venv", "build", "data", "runs"} & set(path.parts))


def test_every_package_is_built() -> None:
    # To setuptools every folder is a package, those that hold data alone too.
    patterns = ("**/__init__.py", *PROJECT["tool"]["setuptools"]["package-data"]["internvl_cli"])
    files = [path for pattern in patterns for path in (ROOT / "internvl_cli").glob(pattern)]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in files} | {"internvl_cli.cli"}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages


def test_every_file_with_data_is_built() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["internvl_cli"]
    built = {path for pattern in patterns for path in (ROOT / "internvl_cli").glob(pattern)}
    data = {
        path
        for path in (ROOT / "internvl_cli").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts
    }
    assert built == data


def test_one_version() -> None:
    assert PROJECT["project"]["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelog_names_every_command() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [name for name in visible_commands() if f"`{name}`" not in text and f"`internvl {name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.relative_to(ROOT)}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.relative_to(ROOT)}: {target}"


def anchors(page: Path) -> set[str]:
    """The headings' anchors as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    }
    assert [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.resolve() not in linked] == []


def test_no_path_of_a_developers_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    found = subprocess.run(
        ["git", "grep", "-nIE", "(^|[^A-Za-z0-9_.~-])/(wor[k]|roo[t]|home/[a-z]+)/", "--", ":!*.onnx"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""
    assert found.returncode == 1, found.stderr


def test_every_resource_of_the_tests_is_explained() -> None:
    table = (ROOT / "tests" / "resources" / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in (ROOT / "tests" / "resources").iterdir()} - {"README.md"}
    assert [name for name in sorted(names) if name not in table] == []
