"""What a file is, from its first bytes."""

from __future__ import annotations

__all__ = ["HEAD_SIZE", "describe_unknown", "sniff"]

HEAD_SIZE = 1032
"""Bytes that ``sniff`` wants to see: PDF readers accept the header anywhere in the first 1,024 bytes."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def sniff(head: bytes) -> str | None:
    """Give the kind of a document, or None where it is not one that can be read.

    Args:
        head: The first ``HEAD_SIZE`` bytes, or all where the file is shorter.

    Returns:
        ``pdf``, ``png``, ``jpeg``, ``webp``, ``bmp``, ``gif``, ``tiff``, ``heic`` or None.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    if head[4:8] == b"ftyp" and _brands(head) & _HEIC_BRANDS:
        return "heic"
    if b"%PDF-" in head[: 1024 + 5]:
        return "pdf"
    return None


def _brands(head: bytes) -> set[bytes]:
    """Give the major and compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = {head[i : i + 4] for i in range(16, end - 3, 4)}
    # AVIF files name mif1 as well, and are not HEIC.
    return set() if head[8:12] in (b"avif", b"avis") else {head[8:12]} | compatible


def describe_unknown(head: bytes) -> str:
    """Say in a few words what a file seems to be that is no document, for an error message."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    if start.startswith((b"<svg", b"<?xml")):
        return "XML or SVG"
    if head.startswith(b"PK\x03\x04"):
        return "a ZIP archive or an Office document"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Office document"
    if head.startswith(b"\x1f\x8b"):
        return "gzip-compressed"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "an AVIF image"
    text = head.decode("utf-8", errors="replace")
    if head and "\0" not in text and sum(c == "\ufffd" for c in text) <= len(text) // 50:
        return "text"
    return "of an unknown type"
