"""Errors as the OpenAI protocol writes them. Pure."""

from __future__ import annotations

from typing import Any

from internvl_cli.errors import (
    ConfigurationError,
    DependencyError,
    EncryptedDocumentError,
    InputError,
    InternVLError,
    MemoryShortageError,
    UsageError,
)

__all__ = ["Trouble", "trouble_of"]


class Trouble(Exception):
    """Why a request gets no answer.

    Args:
        status: Of the HTTP response.
        message: For people.
        code: For programs.
        param: The field that is to blame.
        wait: Seconds for ``Retry-After``.
    """

    def __init__(
        self, status: int, message: str, code: str | None = None, *, param: str | None = None, wait: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.wait = status, message, code, param, wait

    @property
    def body(self) -> dict[str, Any]:
        """The error object."""
        kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
        kind = kinds.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to it."""
        found = {} if self.wait is None else {"Retry-After": str(self.wait)}
        return found | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})


def trouble_of(error: Exception) -> Trouble:
    """Say an engine's error; what nobody expected is named by its type alone, as its text may be about others."""
    if isinstance(error, Trouble):
        return error
    if not isinstance(error, InternVLError):
        return Trouble(500, f"unexpected error: {type(error).__name__}", "unexpected")
    status = 500
    if isinstance(error, UsageError | InputError | EncryptedDocumentError):
        status = 400
    elif isinstance(error, MemoryShortageError):
        status = 503
    elif isinstance(error, ConfigurationError | DependencyError):
        status = 501
    message = f"{error.message}. {error.hint}" if error.hint and status == 503 else error.message
    return Trouble(status, message, error.kind)
