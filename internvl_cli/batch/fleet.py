"""Several servers of one model: the least busy one that is well is next; one that failed rests for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence

from internvl_cli.batch.work import EngineInfo
from internvl_cli.engines.endpoint.address import shown_url
from internvl_cli.engines.select import Selection
from internvl_cli.errors import EndpointError, UsageError

__all__ = ["Fleet", "Server"]

_LONGEST_REST = 60.0
_ENOUGH = 6
"""Rests in a row, without one answer between, after which a server is given up: two minutes at the usual rests."""


class Server:
    """One server.

    Args:
        url: As the user wrote it.
        load: Gives the engine that asks it.

    Attributes:
        shown: The URL as messages show it.
        info: Who answers; None until the server has said.
        busy: Requests under way.
        rests: Rests in a row.
        until: End of the rest, on the monotonic clock.
    """

    def __init__(self, url: str, load: Callable[[], Selection]) -> None:
        selection = load()
        self.url, self.engine, self._note = url, selection.engine, selection.note
        self.shown = shown_url(url)
        self.info: EngineInfo | None = None
        self.busy = self.rests = 0
        self.until = 0.0

    def ask_who(self) -> EngineInfo:
        """Ask the server which model answers.

        Raises:
            EndpointError: It does not say.
        """
        resolve: Callable[[], object] | None = getattr(self.engine, "resolve", None)
        if resolve is not None:
            resolve()
        self.info = EngineInfo(self.engine.name, self.engine.model, self._note)
        return self.info


class Fleet:
    """All servers of a run; threads may share it.

    Args:
        servers: For each its URL, and what gives its engine.
        note: Told what the user should hear.
        rest: Seconds of the first rest; doubles with each further one in a row, up to a minute.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, Callable[[], Selection]]],
        note: Callable[[str], None],
        rest: float,
    ) -> None:
        self._loads, self._note, self._rest = servers, note, rest
        self._servers: list[Server] = []
        self._model = ""
        self._changed = threading.Condition()
        self._closed = False

    def open(self) -> EngineInfo:
        """Ask all servers who answers; one that does not say now is asked again later.

        Raises:
            EndpointError: None of them says.
            UsageError: They have different models.
        """
        self._servers = [Server(url, load) for url, load in self._loads]
        errors: list[EndpointError] = []
        for server in self._servers:
            try:
                server.ask_who()
            except EndpointError as error:
                errors.append(error)
                self._lay_down(server)
        known = [server for server in self._servers if server.info is not None]
        if not known:
            raise errors[0]
        for server in known[1:]:
            if server.engine.model != known[0].engine.model:
                raise UsageError(
                    f"{known[0].shown} answers with {known[0].engine.model}, {server.shown} with {server.engine.model}",
                    "name the model with --model, or leave an --endpoint out",
                )
        for met in errors:
            self._note(f"{met.message}; going on without it until it answers")
        assert known[0].info is not None
        self._model = known[0].engine.model
        return known[0].info

    def others(self, tried: Collection[str]) -> bool:
        """Whether there is a server that is not among ``tried``."""
        return any(server.url not in tried for server in self._servers)

    def take(self, tried: Collection[str]) -> Server:
        """Give the least busy server that is not among ``tried``, once one is well; give it back.

        Raises:
            EndpointError: No server has answered for long, or the fleet is closed.
        """
        while True:
            server = self._wait(tried)
            if server.info is not None:
                return server
            try:
                if server.ask_who().model == self._model:
                    return server
                self._note(f"{server.shown} answers with {server.engine.model}, not {self._model}: it is left out")
                with self._changed:
                    self._servers.remove(server)
            except EndpointError:
                self.give_back(server, failed=True)

    def give_back(self, server: Server, *, failed: bool) -> None:
        """Say that a request is through; a server that failed rests, unless it does already."""
        with self._changed:
            server.busy -= 1
            if not failed:
                server.rests = 0
            elif server.until <= time.monotonic():  # what began before the rest does not count again
                self._lay_down(server)
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of whoever waits, and close all engines; requests under way break off."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for server in self._servers:
            server.engine.close()

    def _lay_down(self, server: Server) -> None:
        server.until = time.monotonic() + min(self._rest * 2.0**server.rests, _LONGEST_REST)
        server.rests += 1

    def _wait(self, tried: Collection[str]) -> Server:
        with self._changed:
            while not self._closed:
                able = [server for server in self._servers if server.url not in tried]
                if all(server.rests >= _ENOUGH for server in self._servers) or not able:
                    names = ", ".join(server.shown for server in self._servers)
                    message = f"no answer from {names} for long: the run stops here"
                    raise EndpointError(message, "run the same command again when it is up", retryable=True)
                now = time.monotonic()
                well = [server for server in able if server.until <= now]
                if well:
                    server = min(well, key=lambda server: server.busy)
                    server.busy += 1
                    return server
                self._changed.wait(min(server.until for server in able) - now)
        raise EndpointError("the run was stopped")
