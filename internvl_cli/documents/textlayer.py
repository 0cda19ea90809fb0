"""The text layer of a PDF page: words with boxes, or the finding that the layer is of no use."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from internvl_cli.documents.order import reading_order
from internvl_cli.documents.page import Box, Word

__all__ = ["extract_words", "unreadable_share"]

_WIDE_GAP = 0.6
"""Characters farther apart than this, in heights of a character, are of two words even with no space between them."""
_MAX_UNREADABLE = 0.3
"""A layer with a larger share of unreadable characters is nonsense."""
_HYPHENS = frozenset({0x02, 0xFFFE})
"""What PDFium gives for a hyphen at the end of a line."""
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SPACES = frozenset(
    {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF}
    | set(range(0x2000, 0x200C))
)
_SOFT_HYPHEN = "\u00ad"
_CID = re.compile(r"\(cid:\d+\)")
_BROKEN = "\ufffd"

PageBox = tuple[float, float, float, float]
"""Left, bottom, right, top in page coordinates."""
Run = tuple[str, float, float, float, float]
"""A word in page coordinates: text, left, bottom, right, top."""


def extract_words(
    textpage: Any, to_pixels: Callable[[float, float, float, float], Box]
) -> tuple[list[Word], str | None]:
    """Read the words of a page.

    Args:
        textpage: A ``pypdfium2.PdfTextPage``.
        to_pixels: Turns a (left, bottom, right, top) box of the page into page pixels, clipped to the page; the box is
            empty where it lies outside.

    Returns:
        The words in reading order, and what is wrong with the layer where it is nonsense (the words are empty then).
    """
    runs = _runs(textpage)
    text = "".join(run[0] for run in runs)
    if not text:
        return [], None
    if unreadable_share(text) > _MAX_UNREADABLE or _unmapped_share(textpage) > 0.5:
        return [], "the text layer is unreadable (its fonts do not say which characters they show), so it is ignored"
    words: list[Word] = []
    seen: set[tuple[str, int, int]] = set()
    for run in runs:
        clean = _clean(run[0])
        box = to_pixels(*run[1:])
        if not clean or box[2] <= box[0] or box[3] <= box[1]:
            continue
        # Text drawn twice, to look bold or by a second OCR layer, lands on (almost) the same pixels.
        step = max(4.0, 0.5 * (box[3] - box[1]))
        place = (clean, round((box[0] + box[2]) / 2 / step), round((box[1] + box[3]) / 2 / step))
        if place not in seen:
            seen.add(place)
            words.append(Word(clean, box))
    return reading_order(words), None


def unreadable_share(text: str) -> float:
    """Give the share of characters that cannot be read: replacement, private-use, control, unassigned, ``(cid:7)``.

    Args:
        text: Without white space.

    Returns:
        0 to 1; 1 for an empty text.
    """
    if not text:
        return 1.0
    if text.isascii() and text.isprintable() and "(cid:" not in text:
        return 0.0
    cids = sum(len(match.group()) for match in _CID.finditer(text))
    return (cids + sum(map(_is_unreadable, text))) / len(text)


def _is_unreadable(character: str) -> bool:
    if character == _BROKEN:
        return True
    # Cf (soft hyphens, direction marks) is legitimate.
    return unicodedata.category(character) in ("Cc", "Co", "Cn", "Cs")


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if text.endswith(_SOFT_HYPHEN):
        text = text[:-1] + "-"
    text = text.translate(_LIGATURES).replace(_SOFT_HYPHEN, "")
    return "".join(c for c in text if not _is_unreadable(c) and unicodedata.category(c) != "Cf").strip()


def _unmapped_share(textpage: Any, samples: int = 64) -> float:
    """Give the share of sampled characters for which the font has no way to Unicode, and PDFium guessed."""
    import pypdfium2.raw as pdfium

    check = getattr(pdfium, "FPDFText_HasUnicodeMapError", None)
    count = textpage.count_chars()
    if check is None or not count:
        return 0.0
    indices = range(0, count, max(1, count // samples))
    errors = sum(1 for index in indices if check(textpage.raw, index) == 1)
    return errors / len(indices)


def _runs(textpage: Any) -> list[Run]:
    """Cut the characters of a page into words, in the order of the file.

    PDFium puts a space between characters that stand apart (from a fifth of the font size), so that cells of a table
    are separate words even where the file has no space. What it joins wrongly is found by ``_parts``.
    """
    import pypdfium2.raw as pdfium

    raw, get_unicode = textpage.raw, pdfium.FPDFText_GetUnicode
    codes = [get_unicode(raw, index) for index in range(textpage.count_chars())]
    box_of = _box_reader(raw)
    runs: list[Run] = []
    start: int | None = None
    for index, code in enumerate(codes):
        if code in _SPACES:
            if start is not None:
                runs += _parts(codes, start, index, box_of)
                start = None
        elif start is None:
            start = index
    if start is not None:
        runs += _parts(codes, start, len(codes), box_of)
    return runs


def _parts(codes: list[int], start: int, end: int, box_of: Callable[[int], PageBox]) -> list[Run]:
    """Give the characters from ``start`` to ``end`` as one word, or as several where they do not stand side by side.

    A few thousand boxes a page are what a text layer costs. Almost all words run evenly from left to right, which their
    first and last characters tell; only the others are looked at character by character.
    """
    first = box_of(start)
    last = box_of(end - 1)
    height = first[3] - first[1]
    even = first[0] <= last[0] and abs(first[1] - last[1]) < height / 2
    if even and last[2] - first[0] <= (end - start) * height and _HYPHENS.isdisjoint(codes[start:end]):
        box = (first[0], min(first[1], last[1]), last[2], max(first[3], last[3]))
        return [(_text(codes[start:end]), *box)]
    boxes = [first, *map(box_of, range(start + 1, end))]
    runs: list[Run] = []
    begin = 0
    for i in range(1, len(boxes) + 1):
        if i == len(boxes) or _is_apart(boxes[i - 1], boxes[i]):
            lefts, bottoms, rights, tops = zip(*boxes[begin:i], strict=True)
            runs.append((_text(codes[start + begin : start + i]), min(lefts), min(bottoms), max(rights), max(tops)))
            begin = i
    # A string spread letter by letter (a number in the boxes of a form) is still one word.
    if len(runs) == len(boxes) > 2 and even:
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        return [(_text(codes[start:end]), min(lefts), min(bottoms), max(rights), max(tops))]
    return runs


def _is_apart(a: PageBox, b: PageBox) -> bool:
    """Whether two characters in a row belong to different words: on other lines, or far from each other."""
    size = max(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1])
    return max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3]) > _WIDE_GAP * size


def _box_reader(raw: Any) -> Callable[[int], PageBox]:
    """Give a function that tells (left, bottom, right, top) of a character.

    The box is the font's (full height, advance width), which makes the words of a line equally high; where the font
    does not tell, it is the box of the ink.
    """
    import pypdfium2.raw as pdfium

    get_box, get_ink = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharBox
    box = pdfium.FS_RECTF()
    reference = ctypes.byref(box)

    def read(index: int) -> PageBox:
        if get_box(raw, index, reference):
            left, bottom, right, top = box.left, box.bottom, box.right, box.top
            if right > left and top > bottom:
                return left, bottom, right, top
        ink = [ctypes.c_double() for _ in range(4)]
        get_ink(raw, index, *ink)
        return ink[0].value, ink[2].value, ink[1].value, ink[3].value

    return read


def _text(codes: list[int]) -> str:
    """Turn PDFium's codes into text: surrogates joined, line-end hyphens as such, what has no code as U+FFFD."""
    if min(codes) > 0x20 and max(codes) < 0xD800:
        return "".join(map(chr, codes))
    letters: list[str] = []
    high = 0
    for code in codes:
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if code in _HYPHENS:
            letters.append("-")
        elif 0xDC00 <= code < 0xE000:
            letters.append(chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)) if high else _BROKEN)
        else:
            letters.append(chr(code) if 0 < code <= 0x10FFFF else _BROKEN)
        high = 0
    return "".join(letters)
