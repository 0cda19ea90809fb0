"""A socket, uvicorn, and what is said about them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from internvl_cli.engines.base import Engine
from internvl_cli.errors import DependencyError, UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["INSTALL", "bind", "load", "require", "run_app", "url_of"]

INSTALL = "Run: pip install 'internvl-cli[serve]'"


def require() -> None:
    """Check that the server can be imported.

    Raises:
        DependencyError: A package is missing.
    """
    try:
        import fastapi
        import prometheus_client
        import uvicorn
    except ImportError as error:
        raise DependencyError(f"internvl serve needs the package {error.name}", INSTALL) from error
    del fastapi, prometheus_client, uvicorn


def bind(host: str, port: int) -> socket.socket:
    """Open the port, before a model is loaded for nothing; 0 takes a free one.

    Raises:
        UsageError: The address is taken, forbidden or not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {host!r} is no address of this machine: {error.strerror or error}") from None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(128)
    except OSError as error:
        opened.close()
        message = f"cannot listen on {host}, port {port}: {error.strerror or error}"
        raise UsageError(message, "Choose another port with --port; 0 takes a free one.") from None
    return opened


def url_of(host: str, port: int) -> str:
    """Give the URL by which a client on this machine reaches the server."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def load(engine: Engine) -> None:
    """Load the model now and not at the first question.

    Raises:
        InternVLError: It cannot be loaded.
    """
    loader: Any = getattr(engine, "load", None)
    if callable(loader):
        loader()


def run_app(app: FastAPI, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until a signal comes; a second one does not wait for the answers in the making."""
    import uvicorn

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=75,
    )
    Announcing(config).run(sockets=[opened])
