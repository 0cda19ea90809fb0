"""Images that lie inside a table (Parquet, Arrow, ``datasets``) become files: a batch opens documents by name."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from internvl_cli.batch.files import cannot_write, replacing
from internvl_cli.evaluation.questions import malformed

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["TILE", "Images", "image_bytes"]

TILE = 448
"""Side of a tile in pixels; an image of this size is one tile, to the bit."""


class Images:
    """A folder of images named by their content: what is there already is not written again.

    Args:
        folder: Where; made when the first image comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> Path:
        """Write an image as it is.

        Raises:
            OutputError: It cannot be written.
        """
        return self._put(data, hashlib.sha256(data).hexdigest()[:24])

    def keep_mmmu(self, images: Sequence[bytes], where: str) -> Path:
        """Write the images of an MMMU question as one document, the way the reference shows them.

        The first is enlarged twice (bilinear) and will be cut into tiles; each further one is shrunk to one tile, which
        is what ``dynamic_preprocess`` with one tile does to it. Several become the pages of a TIFF.

        Raises:
            InputError: An image cannot be decoded.
            OutputError: It cannot be written.
        """
        name = hashlib.sha256(b"mmmu" + b"".join(hashlib.sha256(data).digest() for data in images)).hexdigest()[:24]
        path = self._folder / name
        if path.exists():
            return path
        from PIL import Image

        first, *others = (_decode(data, where) for data in images)
        pages = [first.resize((2 * first.width, 2 * first.height), Image.Resampling.BILINEAR)]
        pages += [page.resize((TILE, TILE), Image.Resampling.BICUBIC) for page in others]
        buffer = io.BytesIO()
        if others:
            pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
        else:
            pages[0].save(buffer, "PNG", compress_level=1)
        return self._put(buffer.getvalue(), name)

    def _put(self, data: bytes, name: str) -> Path:
        path = self._folder / name
        if not path.exists():
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(self._folder, error) from error
            with replacing(path) as file:
                file.write(data)
        return path


def image_bytes(value: Any, where: str, column: str) -> bytes:
    """Give the encoded image in a cell: bytes, or the struct of bytes and path that ``datasets`` writes.

    Raises:
        InputError: There is none.
    """
    if isinstance(value, Mapping):
        data, path = value.get("bytes"), value.get("path")
        if data is None and isinstance(path, str):
            try:
                return Path(path).read_bytes()
            except OSError as error:
                raise malformed(where, f"{column}: {path} cannot be read: {error.strerror}") from None
        value = data
    if not isinstance(value, bytes) or not value:
        raise malformed(where, f"{column!r} holds no image")
    return value


def _decode(data: bytes, where: str) -> Image.Image:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            decoded: Image.Image = image.convert("RGB")
            return decoded
    except Exception as error:
        raise malformed(where, f"an image cannot be decoded: {error}") from None
