"""Ask documents and charts questions with InternVL2, or with the small reader that ships in the package.

    >>> import internvl_cli
    >>> answer = internvl_cli.ask("What is the total?", "invoice.pdf")  # doctest: +SKIP
    >>> answer.text, answer.evidence  # doctest: +SKIP

The names below are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from internvl_cli.errors import (
    BatchError,
    ConfigurationError,
    DependencyError,
    EncryptedDocumentError,
    EndpointError,
    ExpectationError,
    HubError,
    InputError,
    InternVLError,
    MemoryShortageError,
    ModelError,
    NotFoundInDocumentError,
    OutputError,
    PageSelectionError,
    UsageError,
)

if TYPE_CHECKING:
    from internvl_cli.api import ask, ask_many, describe
    from internvl_cli.documents import open_document
    from internvl_cli.documents.page import Document, Page, Word
    from internvl_cli.engines.base import Answer, Engine, Evidence, Options, PageRef, Request, Usage

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BatchError",
    "ConfigurationError",
    "DependencyError",
    "Document",
    "EncryptedDocumentError",
    "EndpointError",
    "Engine",
    "Evidence",
    "ExpectationError",
    "HubError",
    "InputError",
    "InternVLError",
    "MemoryShortageError",
    "ModelError",
    "NotFoundInDocumentError",
    "Options",
    "OutputError",
    "Page",
    "PageRef",
    "PageSelectionError",
    "Request",
    "Usage",
    "UsageError",
    "Word",
    "__version__",
    "ask",
    "ask_many",
    "describe",
    "open_document",
]

_LAZY = {
    "Answer": "engines.base",
    "Document": "documents.page",
    "Engine": "engines.base",
    "Evidence": "engines.base",
    "Options": "engines.base",
    "Page": "documents.page",
    "PageRef": "engines.base",
    "Request": "engines.base",
    "Usage": "engines.base",
    "Word": "documents.page",
    "ask": "api",
    "ask_many": "api",
    "describe": "api",
    "open_document": "documents",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every public name, imported yet or not."""
    return sorted({*globals(), *__all__})
