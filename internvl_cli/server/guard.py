"""Who may ask: the key, the host that was meant, and how much may be sent."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from internvl_cli.errors import ConfigurationError
from internvl_cli.server.trouble import Trouble

__all__ = ["check_host", "check_key", "read_json", "read_keys"]

_LOCAL = ("localhost", "127.0.0.1", "::1")


def read_keys(file: Path) -> tuple[str, ...]:
    """Read the keys, one a line; lines that begin with # are comments.

    Raises:
        ConfigurationError: The file cannot be read or holds no key.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError(f"{file}: cannot read the API keys: {reason}", "Check --api-key-file.") from error
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        raise ConfigurationError(f"{file}: holds no API key", "Write one: openssl rand -hex 32 > FILE")
    return keys


def check_key(request: Request, keys: Sequence[str]) -> None:
    """Compare the bearer token with every key, each in constant time.

    Raises:
        Trouble: It is none of them.
    """
    if not keys:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip().encode() if scheme.lower() == "bearer" else b""
    # All of them, so that the time does not tell which one was close.
    if not any([hmac.compare_digest(given, key.encode()) for key in keys]):  # noqa: C419
        message = "the API key is wrong" if given else "an API key is needed: Authorization: Bearer KEY"
        raise Trouble(401, message, "invalid_api_key")


def check_host(request: Request, local_only: bool) -> None:
    """Refuse names that only look like this machine: a web page can point a name of its own at 127.0.0.1.

    Raises:
        Trouble: The request was meant for another host.
    """
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if local_only and host not in _LOCAL:
        raise Trouble(421, "this server answers for localhost only", "wrong_host")


async def read_json(request: Request, most: int) -> Any:
    """Read the body, up to ``most`` bytes.

    Raises:
        Trouble: It is too large, or no JSON.
        ClientDisconnect: The client went away.
    """
    # A browser sends other types than this one across origins without asking first.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Trouble(415, "the body must be of type application/json")
    announced = request.headers.get("content-length", "")
    data = bytearray()
    if not (announced.isdecimal() and int(announced) > most):
        async for chunk in request.stream():
            data += chunk
            if len(data) > most:
                break
        else:
            try:
                return json.loads(bytes(data))
            except (ValueError, RecursionError):
                raise Trouble(400, "the body is not JSON", "invalid_json") from None
    raise Trouble(413, f"the body is larger than {most:,} bytes", "body_too_large")
