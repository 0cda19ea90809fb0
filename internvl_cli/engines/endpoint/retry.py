"""How often to try, and how long to wait. Pure but for the clock that is passed in."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Patience", "Tries", "retry_after"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint may take.

    Attributes:
        attempts: Most tries of one request, the first one included.
        connect: Seconds for a connection.
        silence: Seconds without a single byte; a long prompt on a slow machine is silent until its first token.
        deadline: Seconds for one request, with all tries and all waiting.
        base: Most seconds before the second try; doubles with each further one.
        longest: Most seconds between two tries, unless the server asks for more.
    """

    attempts: int = 4
    connect: float = 10.0
    silence: float = 300.0
    deadline: float = 900.0
    base: float = 1.0
    longest: float = 30.0


class Tries:
    """The tries of one request.

    Args:
        patience: How long it may take.
        clock: Seconds that never go back.
        sleep: Waits.
        draw: Gives a number from 0 to 1.
    """

    def __init__(
        self,
        patience: Patience,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.made = 0
        self._patience, self._clock, self._sleep, self._draw = patience, clock, sleep, draw
        self._until = clock() + patience.deadline

    @property
    def left(self) -> float:
        """Seconds until the deadline; not below 0."""
        return max(self._until - self._clock(), 0.0)

    def wait(self, asked: float | None) -> bool:
        """Wait before the next try, and say whether there is one.

        The waiting time is drawn from 0.5 to 1 times a limit that doubles with each try, so that many clients that
        failed together do not come back together; never less than the server asked for.

        Args:
            asked: Seconds of ``Retry-After``; None if the server said nothing.
        """
        self.made += 1
        if self.made >= self._patience.attempts:
            return False
        limit = min(self._patience.base * 2.0 ** (self.made - 1), self._patience.longest)
        pause = limit * (0.5 + 0.5 * self._draw())
        if asked is not None:
            pause = max(asked * (1.0 + 0.1 * self._draw()), pause)
        if pause >= self.left:
            return False
        self._sleep(pause)
        return True


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Read ``Retry-After`` (seconds or a date, RFC 9110 10.2.3) or the ``retry-after-ms`` of some servers.

    Args:
        headers: Of the response, their names in lower case or case-insensitive.
        now: Seconds since the epoch, for dates; the present if None.

    Returns:
        Seconds, not below 0; None where the header is missing or makes no sense.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = (headers.get(name) or "").strip()
        try:
            seconds = float(value) * unit
        except ValueError:
            continue
        if 0 <= seconds < 1e9:
            return seconds
    try:
        date = email.utils.parsedate_to_datetime((headers.get("retry-after") or "").strip())
    except (TypeError, ValueError):
        return None
    return max(date.timestamp() - (time.time() if now is None else now), 0.0)
