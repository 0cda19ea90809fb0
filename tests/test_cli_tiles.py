from __future__ import annotations

import json
from pathlib import Path

import pytest

from internvl_cli.cli.app import main

Capture = pytest.CaptureFixture[str]


def test_table(png: Path, capsys: Capture) -> None:
    assert main(["tiles", str(png)]) == 0
    out, err = capsys.readouterr()
    header, row = out.splitlines()
    assert header.split("\t") == ["file", "page", "pixels", "grid", "tiles", "tokens"]
    # 900 x 400 is 2.25 wide: 2 x 1 (2.0) is closest of up to 12 tiles; with the thumbnail 3 tiles.
    assert row.split("\t") == [str(png), "1", "900x400", "2x1", "3", "770"]
    assert err == ""


def test_json(png: Path, capsys: Capture) -> None:
    assert main(["tiles", str(png), "--json", "--max-tiles", "1"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == {
        "schema_version": 1,
        "file": str(png),
        "page": 1,
        "width": 900,
        "height": 400,
        "cols": 1,
        "rows": 1,
        "tiles": 1,
        "tokens": 258,
    }


def test_picture(png: Path, tmp_path: Path, capsys: Capture) -> None:
    from PIL import Image

    target = tmp_path / "tiles.png"
    assert main(["tiles", str(png), "-o", str(target)]) == 0
    assert "wrote" in capsys.readouterr().err
    with Image.open(target) as picture:
        assert picture.size == (2 * 448, 448)
        assert picture.getpixel((448, 224)) == (220, 20, 60), "the cut between the two tiles"
        assert picture.getpixel((224, 224)) == (255, 255, 255)


def test_a_picture_for_each_page(png: Path, tmp_path: Path) -> None:
    assert main(["tiles", str(png), str(png), "-o", str(tmp_path / "out.png")]) == 0
    assert (tmp_path / "out-1.png").exists() and (tmp_path / "out-2.png").exists()
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["out.nonsense", "missing/out.png"])
def test_a_picture_that_cannot_be_written(name: str, png: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["tiles", str(png), "-o", str(tmp_path / name)]) == 4
    assert "cannot write the picture" in capsys.readouterr().err


def test_a_picture_never_takes_the_place_of_a_document(png: Path, tmp_path: Path, capsys: Capture) -> None:
    before = png.read_bytes()
    (tmp_path / "link.png").hardlink_to(png)
    for output in (png, tmp_path / "link.png"):
        assert main(["tiles", str(png), "-o", str(output)]) == 2
    assert png.read_bytes() == before and capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "said"), [("x.foo", "'.foo'"), ("none/x.png", "no folder"), ("", "it is a folder")])
def test_a_place_without_a_picture_is_said_first(
    name: str, said: str, png: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["tiles", str(png), "-o", str(tmp_path / name)]) == 4
    out, err = capsys.readouterr()
    assert out == "" and said in err


def test_a_page_selection_names_the_file(png: Path, capsys: Capture) -> None:
    assert main(["tiles", str(png), "--pages", "2"]) == 2
    assert str(png) in capsys.readouterr().err
