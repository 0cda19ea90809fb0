"""What the user wrote as ``--endpoint``, and the key that goes with it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from internvl_cli.errors import ConfigurationError, UsageError

__all__ = ["base_url", "check_key", "is_loopback", "shown_url"]

_EXAMPLE = "For example: --endpoint http://127.0.0.1:8080"


def base_url(written: str) -> str:
    """Give the base URL of the API: what ``/models`` and ``/chat/completions`` are appended to.

    A URL without a path gets ``/v1``; one that names ``…/chat/completions`` loses that.

    Raises:
        UsageError: It is no http(s) URL, or it holds a password.
    """
    text = written.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"--endpoint {text!r} is not a URL: {error}", _EXAMPLE) from None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in text):
        scheme = "" if "://" in text else f" (perhaps http://{text}?)"
        raise UsageError(f"--endpoint {text!r} is not an http or https URL{scheme}", _EXAMPLE)
    if "@" in parts.netloc:
        message = f"--endpoint {parts.scheme}://…@{host} holds a user name or a password"
        raise UsageError(message, "Put the key into the environment variable INTERNVL_API_KEY.")
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", parts.query, ""))


def shown_url(url: str) -> str:
    """Give a URL as messages may show it: without a query, which may hold a key, and without user and password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "another address"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "…" if parts.query else "", ""))


def check_key(key: str | None, source: str = "INTERNVL_API_KEY") -> str | None:
    """Give the key without the white space around it; None where there is none.

    Raises:
        ConfigurationError: It holds what no HTTP header can.
    """
    key = (key or "").strip()
    if not key:
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(f"{source} is not an API key: it holds spaces or characters beyond ASCII")
    return key


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
