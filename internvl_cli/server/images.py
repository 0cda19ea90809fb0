"""Images of a request: data URLs and, from hosts that were allowed, http URLs. Everything stays in memory."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from internvl_cli.documents.page import Document
from internvl_cli.documents.sniff import HEAD_SIZE, describe_unknown, sniff
from internvl_cli.documents.sources import Limits, Source
from internvl_cli.server.trouble import Trouble

__all__ = ["Allowed", "fetch_url", "open_bytes", "read_data_url"]

_DATA_URL = re.compile(r"data:(?P<type>[^,;]*)(?P<rest>(?:;[^,;]*)*),", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a request may bring.

    Attributes:
        hosts: Hosts, with a port where it is not the scheme's, that images may be fetched from; lower case.
        max_pixels: Of one image.
        max_bytes: Of one image.
        max_pages: Of all images and documents together.
    """

    hosts: Collection[str] = field(default_factory=frozenset)
    max_pixels: int = 40_000_000
    max_bytes: int = 64 << 20
    max_pages: int = 100

    @property
    def limits(self) -> Limits:
        """The same for the documents' own checks; a redirect could lead to a host that was not allowed."""
        return Limits(self.max_bytes, self.max_pixels, timeout=10.0, deadline=30.0, max_redirects=0)


def read_data_url(url: str) -> bytes:
    """Give the bytes of a data URL (RFC 2397).

    Raises:
        Trouble: It is malformed.
    """
    head = _DATA_URL.match(url)
    if head is None:
        raise Trouble(400, "the image's URL is no data URL: data:image/png;base64,…", "invalid_image_url")
    data = url[head.end() :]
    if not head["rest"].lower().endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Trouble(400, "the image's data URL is not valid base64", "invalid_base64_image") from None


def fetch_url(url: str, allowed: Allowed) -> bytes:
    """Download an image from an allowed host.

    Raises:
        Trouble: The host is not allowed.
        InputError: The download failed.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Trouble(400, "the image's URL is malformed", "invalid_image_url") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Trouble(400, "an image is a data URL, or an http URL of an allowed host", "invalid_image_url")
    usual = port in (None, 443 if parts.scheme == "https" else 80)
    if (host if usual else f"{host}:{port}") not in allowed.hosts or "@" in parts.netloc:
        message = f"this server does not fetch images from {host}; send them as data URLs (or see --allow-url-host)"
        raise Trouble(400, message, "url_host_not_allowed")
    from internvl_cli.documents.fetch import fetch

    return fetch(url, allowed.limits)


def open_bytes(data: bytes, name: str, allowed: Allowed, max_tiles: int) -> Document:
    """Open an image or a PDF from memory.

    Args:
        data: Its bytes, which tell its type.
        name: What messages call it.
        allowed: What is refused.
        max_tiles: Most tiles of a page; a PDF's resolution follows from it.

    Raises:
        Trouble: The bytes are no document.
        InternVLError: The document cannot be opened.
    """
    kind = sniff(data[:HEAD_SIZE])
    if kind is None:
        what = describe_unknown(data[:HEAD_SIZE]) if data else "empty"
        raise Trouble(400, f"{name} is neither an image nor a PDF: it is {what}", "invalid_image")
    source = Source(name, kind, hashlib.sha256(data).hexdigest(), data, None)
    if kind == "pdf":
        from internvl_cli.documents.pdf import open_pdf

        # Only PDFium: poppler is another program and reads files.
        return open_pdf(source, rasterizer="pdfium", max_tiles=max_tiles)
    from internvl_cli.documents.image import open_image

    return open_image(source, allowed.limits)
