"""Everything that can go wrong, as one tree.

``InternVLError``                     1  unexpected (a bug when it is raised bare)
 ├── ``UsageError``                   2  the command line or an argument makes no sense
 │    └── ``PageSelectionError``      2  a bad ``--pages`` token, or a page beyond the end
 ├── ``InputError``                   3  a document is missing, unreadable or not a document
 ├── ``OutputError``                  4  the answer or the journal could not be written
 ├── ``BatchError``                   5  the batch finished; some items failed
 ├── ``MemoryShortageError``          6  not enough memory for the model, or the device was lost
 ├── ``ModelError``                   7  a model or its weights are missing or unusable
 │    └── ``HubError``               13  the hub cannot be reached, or the model is not in the cache while offline
 ├── ``EncryptedDocumentError``       8  the PDF needs a password, or the password is wrong
 ├── ``ConfigurationError``           9  a configuration file or environment variable is invalid
 ├── ``ExpectationError``            10  the answer did not match ``--expect``
 ├── ``EndpointError``               11  a remote endpoint failed
 ├── ``NotFoundInDocumentError``     12  the document does not tell (``ask`` only)
 └── ``DependencyError``             14  an optional package or program is needed and not installed

Every class carries its exit code, whether trying again can help, and a hint that says what to do next. The codes are a
stable interface: ``docs/exit-codes.md`` is their table. 130 (Ctrl-C) and 143 (SIGTERM) belong to the signals.
"""

from __future__ import annotations

__all__ = [
    "BatchError",
    "ConfigurationError",
    "DependencyError",
    "EncryptedDocumentError",
    "EndpointError",
    "ExpectationError",
    "HubError",
    "InputError",
    "InternVLError",
    "MemoryShortageError",
    "ModelError",
    "NotFoundInDocumentError",
    "OutputError",
    "PageSelectionError",
    "UsageError",
]


class InternVLError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: One line that says what is wrong, and with which file.
        hint: One line that says what to do next; may be empty.
    """

    exit_code = 1
    retryable = False

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """Stable name of the error in JSON records: the class name without ``Error``, in snake case."""
        name = self.__class__.__name__.removesuffix("Error") or "internvl"
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))

    def __reduce__(self) -> tuple[type[InternVLError], tuple[str, str]]:
        """Survive the trip between worker processes with the hint."""
        return self.__class__, (self.message, self.hint)


class UsageError(InternVLError):
    """The command line or an argument makes no sense."""

    exit_code = 2


class PageSelectionError(UsageError):
    """A bad ``--pages`` token, or a page beyond the end of the document."""


class InputError(InternVLError):
    """A document is missing, unreadable or not a document."""

    exit_code = 3


class OutputError(InternVLError):
    """The answer or the journal could not be written."""

    exit_code = 4


class BatchError(InternVLError):
    """The batch finished, and some items failed."""

    exit_code = 5


class MemoryShortageError(InternVLError):
    """There is not enough memory for the model, or the device was lost."""

    exit_code = 6


class ModelError(InternVLError):
    """A model or its weights are missing or unusable."""

    exit_code = 7


class HubError(ModelError):
    """The hub cannot be reached, or the model is not in the cache while offline."""

    exit_code = 13
    retryable = True


class EncryptedDocumentError(InternVLError):
    """The PDF needs a password, or the password is wrong."""

    exit_code = 8


class ConfigurationError(InternVLError):
    """A configuration file or an environment variable is invalid."""

    exit_code = 9


class ExpectationError(InternVLError):
    """The answer did not match ``--expect``."""

    exit_code = 10


class EndpointError(InternVLError):
    """A remote endpoint failed.

    Args:
        message: One line that says what is wrong, and with which endpoint.
        hint: One line that says what to do next.
        retryable: Whether the same request may succeed later.
    """

    exit_code = 11

    def __init__(self, message: str, hint: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable

    def __reduce__(self) -> tuple[type[InternVLError], tuple[str, str], dict[str, bool]]:  # type: ignore[override]
        """Survive the trip between worker processes with the hint and the flag."""
        return self.__class__, (self.message, self.hint), {"retryable": self.retryable}


class NotFoundInDocumentError(InternVLError):
    """The document does not tell the answer."""

    exit_code = 12


class DependencyError(InternVLError):
    """An optional package or program is needed and not installed."""

    exit_code = 14
