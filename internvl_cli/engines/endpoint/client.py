"""The ``openai`` client as a carrier: it retries nothing, and sends no secret that was not meant for this server."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from internvl_cli.engines.endpoint.retry import Patience
from internvl_cli.errors import DependencyError

__all__ = ["Client"]

_NEVER = 1.0
"""Fewest seconds that a timeout is set to: 0 would mean none."""


class Client:
    """One server. Threads may share it.

    Args:
        url: Base URL.
        key: Goes into ``Authorization``; nothing does if None. ``OPENAI_API_KEY`` is for OpenAI and never sent.
        patience: How long anything may take.

    Raises:
        DependencyError: The package is not installed.
    """

    def __init__(self, url: str, key: str | None, patience: Patience) -> None:
        try:
            import openai
        except ImportError as error:
            raise DependencyError("endpoints need the package openai", "Run: pip install openai") from error
        self._patience = patience
        self._timeout: Callable[..., Any] = openai.Timeout
        # What the library would add from its own environment variables, for whichever server.
        dropped = ["OpenAI-Organization", "OpenAI-Project", *(() if key else ("Authorization",))]
        self._headers: dict[str, Any] = {"User-Agent": "internvl-cli", **dict.fromkeys(dropped, openai.Omit())}
        # Pages go to the host that the user named, and to no other.
        carrier = openai.DefaultHttpxClient(follow_redirects=False)
        weakref.finalize(self, carrier.close)
        self._openai = openai.OpenAI(
            base_url=url,
            api_key=key or "none",
            max_retries=0,
            timeout=self._limits(patience.deadline),
            http_client=carrier,
        )

    def models(self, left: float) -> Any:
        """Ask for ``/models``; gives the object as the server sent it."""
        quick = self._limits(min(left, 30.0))
        return self._openai.get("/models", cast_to=object, options={"timeout": quick, "headers": self._headers})

    @contextlib.contextmanager
    def chat(self, body: dict[str, Any], left: float) -> Iterator[Iterator[bytes]]:
        """Send a request for a completion.

        Closing the context closes the connection, upon which a server stops to generate.

        Args:
            body: The JSON body.
            left: Seconds until the deadline.

        Yields:
            The body as it comes.
        """
        fields = dict(body)
        model, messages = fields.pop("model"), fields.pop("messages")
        create: Any = self._openai.chat.completions.with_streaming_response.create
        limits = self._limits(left)
        # All other fields as they are: which ones a server takes is our business, not the client's types'.
        with create(
            model=model,
            messages=messages,
            stream=True,
            extra_body=fields,
            extra_headers=self._headers,
            timeout=limits,
        ) as response:
            yield response.iter_bytes()

    def close(self) -> None:
        """Close all connections."""
        self._openai.close()

    def _limits(self, left: float) -> Any:
        left = max(left, _NEVER)
        return self._timeout(min(self._patience.silence, left), connect=min(self._patience.connect, left))
