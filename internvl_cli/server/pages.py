"""Pages as our own client sends them: size, number and words in the body, pixels as an image where they are needed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.page import Page, Word
from internvl_cli.errors import InputError
from internvl_cli.server.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

__all__ = ["take_pages"]

_MOST_WORDS = 100_000
_LONGEST_SIDE = 100_000


def take_pages(ours: Mapping[str, Any], images: Sequence[Page]) -> list[Page]:
    """Put the pages together.

    Their digests are made here, from what came: what a client calls a page must not decide whose words are remembered.

    Args:
        ours: The object under ``internvl``, its ``pages`` in the order of the images.
        images: The pages that came as images.

    Raises:
        Trouble: The list makes no sense, or does not go with the images.
    """
    described = ours.get("pages")
    if not isinstance(described, list) or not all(isinstance(item, dict) for item in described):
        raise Trouble(400, "'internvl.pages' must be a list of objects", param="internvl.pages")
    if sum(item.get("image") is True for item in described) != len(images):
        raise Trouble(400, "'internvl.pages' does not go with the images", param="internvl.pages")
    rest = iter(images)
    try:
        return [_page(item, next(rest) if item.get("image") is True else None) for item in described]
    except (KeyError, TypeError, ValueError, IndexError):
        raise Trouble(400, "'internvl.pages' is malformed", param="internvl.pages") from None


def _page(item: Mapping[str, Any], image: Page | None) -> Page:
    width, height = (int(side) for side in item["size"])
    name, number = str(item["document"]), int(item["number"])
    if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE) or len(item["words"]) > _MOST_WORDS:
        raise ValueError
    words = tuple(_word(values) for values in item["words"])
    if image is None and not words:
        raise ValueError
    made = hashlib.sha256(b"" if image is None else image.digest.encode() + b":%d" % image.number)
    made.update(json.dumps(item["words"]).encode())
    render: Callable[[], Image.Image] = _no_pixels
    if image is not None:
        if (image.width, image.height) != (width, height):
            # It travelled at the size of its tiles; the client turns the boxes of the answer back.
            words = tuple(_scaled(word, image.width / width, image.height / height) for word in words)
        width, height, render = image.width, image.height, image.render
    return Page(name, made.hexdigest(), number, width, height, words, render)


def _word(values: Sequence[Any]) -> Word:
    text, left, top, right, bottom, confidence = values
    numbers = [float(value) for value in (left, top, right, bottom, confidence)]
    if not isinstance(text, str) or not text or not all(map(math.isfinite, numbers)):
        raise ValueError
    return Word(text, (numbers[0], numbers[1], numbers[2], numbers[3]), numbers[4])


def _scaled(word: Word, x: float, y: float) -> Word:
    left, top, right, bottom = word.box
    return Word(word.text, (left * x, top * y, right * x, bottom * y), word.confidence)


def _no_pixels() -> Image.Image:
    raise InputError("the page came without its pixels")
