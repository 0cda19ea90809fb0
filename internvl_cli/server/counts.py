"""What ``/metrics`` shows, in a registry of its own so that several servers can live in one process."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Counts"]

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Counts:
    """Counters of one server."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter("internvl_requests", "Requests by status.", ["status"], registry=registry)
        self.seconds = Histogram(
            "internvl_request_seconds", "From the body to the end of the answer.", buckets=_SECONDS, registry=registry
        )
        self.waited = Histogram("internvl_wait_seconds", "In the queue.", buckets=_SECONDS, registry=registry)
        self.tokens = Counter("internvl_tokens", "Tokens by kind.", ["kind"], registry=registry)
        self.batch = Histogram(
            "internvl_batch_requests", "Answered together.", buckets=(1, 2, 4, 8, 16, 32), registry=registry
        )
        self.waiting = Gauge("internvl_waiting", "Requests in the queue.", registry=registry)
        self.running = Gauge("internvl_running", "Requests being answered.", registry=registry)
        self.hung_up = Counter("internvl_hung_up", "Clients that went away before the end.", registry=registry)

    def text(self) -> bytes:
        """All of them, as Prometheus reads it."""
        return generate_latest(self._registry)
