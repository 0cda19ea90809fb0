"""Everything that can go wrong with an endpoint, each in its own words, and whether another try can help.

``Failure`` is what one try ended with; the engine decides whether it tries again or raises ``Failure.error``.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from internvl_cli.engines.endpoint.address import shown_url
from internvl_cli.engines.endpoint.retry import retry_after
from internvl_cli.engines.endpoint.wire import ServerFailed, Unfinished, WebPage
from internvl_cli.errors import EndpointError

__all__ = ["Failure", "Place", "classify", "said", "too_late"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request went.

    Attributes:
        url: Base URL.
        key: The key, so that no message shows it; None if there is none.
        model: The model that was asked; empty while the models are being listed.
    """

    url: str
    key: str | None = None
    model: str = ""

    def hide(self, text: str) -> str:
        """Give ``text`` as one short line without the key."""
        if self.key:
            text = text.replace(self.key, "***")
        line = " ".join(text.split())
        return line if len(line) <= 300 else line[:299] + "…"


@dataclass(frozen=True, slots=True)
class Failure:
    """How one try failed.

    Attributes:
        error: What to raise.
        again: Whether to try again at once (after a pause); ``error.retryable`` says whether a later run may succeed.
        pause: Seconds the server asked for; None if it did not.
        status: The HTTP status; None where there was no response.
        said: The server's own words.
    """

    error: EndpointError
    again: bool = False
    pause: float | None = None
    status: int | None = None
    said: str = ""

    @property
    def may_be_a_field(self) -> bool:
        """Whether the server may have refused a field of the request, and not its pages or its length."""
        if self.status not in (400, 422):
            return False
        return not any(pattern.search(self.said) for pattern in (_TOKENS, _IMAGES, _BLIND))


_TOKENS = re.compile(
    r"context.{0,20}(length|window|size)|max_model_len|session.len|(too many|maximum|exceed\w*).{0,40}tokens|"
    r"tokens?.{0,40}(exceed|too (long|many))|(prompt|input).{0,30}too long",
    re.IGNORECASE,
)
_IMAGES = re.compile(r"at most \d+ image|too many (images|image)|(limit|maximum).{0,30}\bimages?\b", re.IGNORECASE)
_BLIND = re.compile(
    r"(not|n't).{0,20}(support|accept|multimodal).{0,60}(image|vision|multi)|not a multimodal|"
    r"image.{0,40}(not|n't).{0,10}(supported|allowed|accepted)|image_url is only supported|no vision",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\bmodel\b", re.IGNORECASE)
_BUSY = (408, 425, 429, 500, 502, 503, 504, 529)
"""Statuses after which the same request may succeed; the others answer to the request itself."""

_FEWER = "Send less: fewer --pages, or a smaller --max-tiles."


def said(body: Any) -> str:
    """Give a server's own words from the body of its error, in any of the usual shapes."""
    for _ in range(4):
        if isinstance(body, Mapping):
            body = next((body[key] for key in ("error", "message", "detail", "msg") if body.get(key)), "")
        elif isinstance(body, list):
            body = body[0] if body else ""
        else:
            break
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) if body else ""


def classify(error: Exception, place: Place) -> Failure:
    """Say what ``error``, raised by the client or by reading its stream, means; what is of neither is raised again."""
    if isinstance(error, ServerFailed):
        return _in_stream(error, place)
    if isinstance(error, Unfinished):
        return Failure(EndpointError(f"{place.url} {error}", _UNFINISHED, retryable=True), again=True)
    if isinstance(error, WebPage):
        return Failure(EndpointError(f"{place.url} sent a web page, not an answer", _PATH), status=200)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        response: Any = getattr(error, "response", None)
        headers = getattr(response, "headers", {})
        if 300 <= status < 400:
            return Failure(_elsewhere(status, str(headers.get("location") or ""), place), status=status)
        words = place.hide(_without_tags(said(getattr(error, "body", None)) or _text(response)))
        return _status(status, words, retry_after(headers), place)
    if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _CARRIERS:
        raise error  # a bug of ours, which is no failure of the server's
    return _transport(error, place)


_PATH = "Check the path of --endpoint; the base URL of most servers ends with /v1."
_CARRIERS = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "anyio", "h11")
_UNFINISHED = "What came is no whole answer. Try again; if it happens again, look into the server's log."


def too_late(place: Place, seconds: float) -> EndpointError:
    """Give the error for a request that took longer than its deadline."""
    hint = "The server may be overloaded. Ask for less (--pages, --max-tiles, --max-new-tokens), or try again later."
    return EndpointError(f"{place.url} gave no whole answer within {seconds:g} s", hint, retryable=True)


def _in_stream(error: ServerFailed, place: Place) -> Failure:
    payload = error.payload
    words = place.hide(said(payload) or "no reason given")
    code = payload.get("code") if isinstance(payload, Mapping) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    failure = _status(status, words, None, place)
    return Failure(failure.error, failure.again, None, None, words)


def _status(status: int, words: str, pause: float | None, place: Place) -> Failure:
    quoted = f": {words}" if words else ""
    message, hint, again = f"{place.url} answered {status}{quoted}", "", status in _BUSY
    if status == 401:
        what = "does not accept the API key" if place.key else "wants an API key"
        message = f"{place.url} {what} (401){quoted}"
        hint = "Put the key into INTERNVL_API_KEY, or name its file in the configuration (api_key_file)."
    elif status == 403:
        message = f"{place.url} forbids this (403){quoted}"
        hint = "The key may not use this model, or the server does not take requests from here."
    elif status in (404, 405, 410):
        message, hint = _not_there(status, words, place)
    elif status == 413:
        message, hint = f"the pages are too large for {place.url} (413){quoted}", _FEWER
    elif status in (400, 422) or (status == 500 and _TOKENS.search(words)):
        message, hint = _refused(status, words, place)
        again = False
    elif status == 429 and "quota" in words.lower() and "insufficient" in words.lower():
        message, again = f"the account at {place.url} has no quota left (429){quoted}", False
        hint = "Look into the account at the provider."
    elif status == 429:
        message = f"{place.url} has too much to do (429){quoted}"
        hint = "Try again later, or with fewer requests at a time."
    elif status >= 500:
        message, hint = f"{place.url} failed ({status}){quoted}", "Try again later; the server's log says more."
    return Failure(EndpointError(message, hint, retryable=again), again, pause, status, words)


def _not_there(status: int, words: str, place: Place) -> tuple[str, str]:
    if place.model and _MODEL.search(words):
        message = f"{place.url} has no model {place.model!r} ({status}): {words}"
        return message, f"List its models: curl {place.url}/models; then name one with --model."
    quoted = f": {words}" if words else ""
    what = "chat completions" if place.model else "list of models"
    return f"{place.url} has no {what} ({status}){quoted}", _PATH


def _elsewhere(status: int, location: str, place: Place) -> EndpointError:
    """A redirect is not followed: the pages would go to a server that the user did not name."""
    where = f" to {place.hide(shown_url(location))}" if location else ""
    return EndpointError(f"{place.url} redirects{where} ({status})", "If you trust that address, name it: --endpoint")


def _refused(status: int, words: str, place: Place) -> tuple[str, str]:
    if _IMAGES.search(words):
        return f"{place.url} takes fewer images than these pages ({status}): {words}", "Choose fewer pages: --pages 1-2"
    if _TOKENS.search(words):
        return f"pages and question are too long for {place.model or place.url} ({status}): {words}", _FEWER
    if _BLIND.search(words):
        message = f"{place.model or place.url} cannot see images ({status}): {words}"
        return message, "Name a vision model with --model."
    return f"{place.url} refused the request ({status}): {words or 'no reason given'}", ""


def _text(response: Any) -> str:
    try:
        return str(response.text)
    except Exception:  # a body that was never read, or is not text
        return ""


def _without_tags(text: str) -> str:
    """The text of an error page that a proxy made."""
    if "<" not in text:
        return text
    return re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE).strip()


def _transport(error: Exception, place: Place) -> Failure:
    """What happened below HTTP; the client libraries wrap it, so the causes are looked through."""
    chain = list(_causes(error))
    names = {type(cause).__name__ for cause in chain}
    text = place.hide(next((str(cause) for cause in reversed(chain) if str(cause)), type(error).__name__))
    tls = next((c for c in chain if isinstance(c, ssl.SSLError)), None)
    if tls is not None or "CERTIFICATE_VERIFY_FAILED" in text or "[SSL" in text:
        return Failure(_tls(text, place))
    if any(isinstance(cause, socket.gaierror) for cause in chain) or "Name or service not known" in text:
        hint = "Check the name in --endpoint and the network."
        return Failure(EndpointError(f"{place.url}: no such host", hint, retryable="Temporary failure" in text))
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain) or "Connection refused" in text:
        hint = "Is the server running, and on this port? internvl serve starts one; leave --endpoint out to do without."
        return Failure(EndpointError(f"{place.url}: connection refused", hint, retryable=True))
    if "ConnectTimeout" in names:
        hint = "Check the address, and that no firewall stands in between."
        return Failure(EndpointError(f"{place.url} cannot be reached: no connection in time", hint, retryable=True))
    if names & {"ReadTimeout", "WriteTimeout", "PoolTimeout", "APITimeoutError", "TimeoutError"}:
        hint = "It may be loading a model, or be overloaded. Try again later, or ask about fewer pages."
        return Failure(EndpointError(f"{place.url} accepted the request and never answered", hint, retryable=True))
    if names & {"UnsupportedProtocol", "InvalidURL", "LocalProtocolError"}:
        return Failure(EndpointError(f"{place.url} cannot be asked: {text}", "Check --endpoint."))
    if names & {"ConnectError"}:
        return Failure(EndpointError(f"{place.url} cannot be reached: {text}", "Check the network.", retryable=True))
    return Failure(EndpointError(f"{place.url} broke the connection off: {text}", _UNFINISHED, retryable=True), True)


def _tls(text: str, place: Place) -> EndpointError:
    if "WRONG_VERSION_NUMBER" in text or "wrong version number" in text or "record layer" in text.lower():
        hint = f"The server speaks plain http: --endpoint {place.url.replace('https://', 'http://', 1)}"
        return EndpointError(f"{place.url}: no TLS there", hint)
    reason = text.partition("] ")[2] or text
    hint = "Use the name in the certificate; for your own authority: SSL_CERT_FILE=/path/to/ca.pem internvl …"
    return EndpointError(f"{place.url}: its TLS certificate is not accepted: {reason}", hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
