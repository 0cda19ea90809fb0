"""Documents from the web, with limits on size, time and redirects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from internvl_cli.documents.sources import Limits, shown
from internvl_cli.errors import InputError

if TYPE_CHECKING:
    import httpx

__all__ = ["fetch"]

_DOWNLOAD = "Download it and name the file."


def fetch(url: str, limits: Limits) -> bytes:
    """Download a document.

    Raises:
        InputError: The URL is not http(s) or malformed, the server cannot be reached, answers with an error, redirects
            too often, is too slow, or sends too much.
    """
    name = shown(url)
    if not url.lower().startswith(("http://", "https://")):
        raise InputError(f"{name} is not an http or https URL", _DOWNLOAD)
    import httpx

    until = time.monotonic() + limits.deadline
    try:
        with (
            httpx.Client(
                follow_redirects=True,
                max_redirects=limits.max_redirects,
                timeout=limits.timeout,
                headers={"User-Agent": "internvl-cli"},
            ) as client,
            client.stream("GET", url) as response,
        ):
            _check_status(response, name)
            _require_time(name, limits, until)
            return _body(response, name, limits, until)
    except httpx.TimeoutException as error:
        raise InputError(f"{name}: the server was silent for {limits.timeout:g} s", "Try again later.") from error
    except httpx.TooManyRedirects as error:
        raise InputError(f"{name} redirects more than {limits.max_redirects} times", _DOWNLOAD) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise InputError(f"{name} is not a URL that can be read: {error}", _DOWNLOAD) from error
    except httpx.ConnectError as error:
        raise InputError(f"{name}: cannot connect: {error}", "Check the address and the network.") from error
    except httpx.HTTPError as error:
        raise InputError(f"{name}: the download failed: {error or type(error).__name__}", "Try again.") from error


def _check_status(response: httpx.Response, name: str) -> None:
    if response.is_success:
        return
    hints = {401: "It needs a login", 403: "It needs a login", 404: "Check the address"}
    hint = hints.get(response.status_code, "Open it in a browser") + "; or download it and name the file."
    raise InputError(f"{name}: the server answered {response.status_code} {response.reason_phrase}".rstrip(), hint)


def _require_time(name: str, limits: Limits, until: float) -> None:
    if time.monotonic() > until:
        raise InputError(f"{name}: the download took more than {limits.deadline:g} s", "Try again later.")


def _body(response: httpx.Response, name: str, limits: Limits, until: float) -> bytes:
    announced = response.headers.get("content-length", "")
    data = bytearray()
    too_large = announced.isdecimal() and int(announced) > limits.max_bytes
    # Counted after decompression, so that a small body cannot unfold into a large one.
    # Each chunk as it comes: gathering chunks of one size would let a server that drips keep us for ever.
    for chunk in () if too_large else response.iter_bytes():
        data += chunk
        too_large = len(data) > limits.max_bytes
        if too_large:
            break
        _require_time(name, limits, until)
    if too_large:
        hint = "Download it and name the file: local files have no such limit."
        raise InputError(f"{name} is larger than {limits.max_bytes:,} bytes", hint)
    return bytes(data)
