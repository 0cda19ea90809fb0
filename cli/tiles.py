"""``internvl tiles``: what InternVL2 will see of each page."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from internvl_cli.errors import OutputError, UsageError

from . import common

if TYPE_CHECKING:
    from PIL import Image

    from internvl_cli.documents.page import Page

    from .output import Sink

EXAMPLES = """\
internvl tiles invoice.pdf
internvl tiles report.pdf --pages 2 -o tiles.png
internvl tiles chart.png --max-tiles 6 --json"""

TOKENS_PER_TILE = 256
"""InternVL2 makes 1,024 patches of a 448-pixel tile (14 pixels each) and merges four into one (pixel shuffle)."""

_LINE = (220, 20, 60)


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles of one page.

    Attributes:
        file: Name of the document.
        page: 1-based.
        width: Of the page image, in pixels.
        height: Of the page image, in pixels.
        cols: Tiles in a row.
        rows: Tiles in a column.
        tiles: All of them, the thumbnail included.
        tokens: What the page costs in the prompt, its begin and end markers included.
    """

    file: str
    page: int
    width: int
    height: int
    cols: int
    rows: int
    tiles: int
    tokens: int


def tiles(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Paths, URLs or - (standard input).", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PICTURE",
            help="Draw the tiles; one picture for each page (tiles.png, or tiles-1.png, tiles-2.png …).",
            rich_help_panel=common.OUTPUT,
            show_default=False,
        ),
    ] = None,
    pages: common.Pages = None,
    max_tiles: common.MaxTiles = 12,
    rasterizer: common.Rasterizer = "auto",
    password_file: common.PasswordFile = None,
    json: common.Json = False,
    plain: common.Plain = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Show the tiles InternVL2 will see of each page.

    InternVL2 resizes a page to a grid of 448-pixel tiles whose shape is closest to the page's, and adds the whole page
    as a thumbnail where the grid has more than one tile. A tile costs 256 tokens.
    """
    from .output import open_sink

    sink = open_sink(json=json, plain=plain, quiet=quiet)
    from internvl_cli.api import open_files

    with open_files(
        common.expand_files(files),
        pages=pages,
        password=common.password_source(password_file),
        rasterizer=rasterizer,
        max_tiles=max_tiles,
    ) as opened:
        grids = [_grid(page, max_tiles) for page in opened.pages]
        paths = _paths(output, len(grids)) if output is not None else []
        for path in paths:
            _check(path, opened.names)
        _show(grids, sink)
        if paths:
            for page, grid, path in zip(opened.pages, grids, paths, strict=True):
                _save(_draw(page, grid), path)
                sink.note(f"wrote {path}")
        for note in opened.notes():
            sink.note(note)


def _grid(page: Page, max_tiles: int) -> Grid:
    from internvl_cli.model.tiling import choose_grid, count_tiles

    cols, rows = choose_grid(page.width, page.height, max_tiles=max_tiles)
    count = count_tiles(cols, rows)
    tokens = TOKENS_PER_TILE * count + 2
    return Grid(page.document, page.number, page.width, page.height, cols, rows, count, tokens)


def _show(grids: list[Grid], sink: Sink) -> None:
    if sink.mode == "json":
        from dataclasses import asdict

        from internvl_cli.engines.base import SCHEMA_VERSION

        for grid in grids:
            sink.record({"schema_version": SCHEMA_VERSION, **asdict(grid)})
        return
    rows = [(g.file, g.page, f"{g.width}x{g.height}", f"{g.cols}x{g.rows}", g.tiles, g.tokens) for g in grids]
    sink.table(("file", "page", "pixels", "grid", "tiles", "tokens"), rows)


def _paths(output: Path, count: int) -> list[Path]:
    if count == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, count + 1)]


def _check(path: Path, inputs: list[str]) -> None:
    """See that a picture can be written there, before anything is printed.

    Raises:
        UsageError: It would take the place of a document.
        OutputError: There is no such folder, or no picture ends like this.
    """
    from PIL import Image

    for name in inputs:
        with contextlib.suppress(OSError, ValueError):
            if path.samefile(name):
                raise UsageError(f"{path}: is one of the documents", "name another file with -o")
    reason = ""
    if path.is_dir():
        reason = "it is a folder"
    elif not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    elif path.suffix.lower() not in Image.registered_extensions():
        reason = f"no picture ends in {path.suffix or path.name!r}"
    if reason:
        raise _cannot_write(path, reason)


def _cannot_write(path: Path, reason: str) -> OutputError:
    return OutputError(f"{path}: cannot write the picture: {reason}", "Name a .png file in a folder of yours.")


def _draw(page: Page, grid: Grid) -> Image.Image:
    """Draw the page as the model gets it: resized to the grid, with lines where it is cut."""
    from PIL import Image, ImageDraw

    from internvl_cli.model.tiling import TILE

    width, height = grid.cols * TILE, grid.rows * TILE
    picture = page.image.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for col in range(1, grid.cols):
        draw.line((col * TILE, 0, col * TILE, height), fill=_LINE, width=4)
    for row in range(1, grid.rows):
        draw.line((0, row * TILE, width, row * TILE), fill=_LINE, width=4)
    draw.rectangle((0, 0, width - 1, height - 1), outline=_LINE, width=4)
    return picture


def _save(picture: Image.Image, path: Path) -> None:
    try:
        picture.save(path)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _cannot_write(path, reason) from error
