"""What every engine takes and gives: the one contract between documents, engines and the command line.

An engine turns a ``Request`` into a stream of text and, at its end, an ``Answer``. It knows no terminal and no file.
Importing this module must stay cheap: no numpy, no PIL, no torch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from internvl_cli.documents.page import Box, Page

__all__ = [
    "SCHEMA_VERSION",
    "Answer",
    "AnswerStream",
    "Engine",
    "Evidence",
    "FinishReason",
    "Options",
    "PageRef",
    "Request",
    "Usage",
    "answer",
]

SCHEMA_VERSION = 1
"""Version of the JSON object; grows only when a field changes its meaning or goes away."""

FinishReason = Literal["stop", "length", "repetition", "not_found"]
Task = Literal["ask", "describe"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer. The defaults are the reference's: greedy, 12 tiles, 1,024 new tokens.

    Attributes:
        max_tiles: Most 448-pixel tiles a page is cut into, 1 to 40; the thumbnail comes on top.
        max_new_tokens: Most tokens of an answer.
        temperature: 0 is greedy.
        top_p: Nucleus sampling mass; used where ``temperature`` is above 0.
        repetition_penalty: As in transformers; 1.0 is off.
        seed: For sampling; None draws one.
        short: Ask for a single word or phrase, in the benchmarks' words.
        min_confidence: The reader says "not found" below this (0 to 1).
        format: What ``describe`` gives: ``text``, ``markdown`` or ``json``.
        response_format: Passed to endpoints as it stands.
    """

    max_tiles: int = 12
    max_new_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    short: bool = False
    min_confidence: float = 0.0
    format: Literal["text", "markdown", "json"] = "text"
    response_format: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question about some pages.

    Attributes:
        pages: In reading order; may come from several documents. The same page objects asked again let an engine reuse
            what it has read.
        question: As the user wrote it; empty for ``describe``.
        options: How to answer.
        task: ``ask`` or ``describe``.
        history: Earlier (question, answer) pairs of the same conversation.
    """

    pages: Sequence[Page]
    question: str
    options: Options = field(default_factory=Options)
    task: Task = "ask"
    history: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page that was used, and how many tiles (thumbnail included) were sent for it; 0 if none."""

    file: str
    page: int
    tiles: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the answer stands in the document.

    Attributes:
        file: Name of the document.
        page: 1-based.
        box: In page pixels, ``(x0, y0, x1, y1)``.
        page_size: Width and height of the page image in pixels.
        text: The words as they stand there.
    """

    file: str
    page: int
    box: Box
    page_size: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the engine counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(slots=True)
class Answer:
    """What came out.

    Attributes:
        text: The answer; for "not found" a sentence that says so.
        model: For example ``InternVL2-2B`` or ``internvl-reader-1``.
        engine: ``local``, ``endpoint``, ``reader`` or ``fake``.
        kind: How the reader came to it (``span``, ``list``, ``yes``, ``no``, ``not_found``, ``count``, ``sum``, …);
            None for generated text.
        evidence: Where the answer stands verbatim (case, spacing and thousands separators aside); may be empty.
        confidence: Calibrated probability (0 to 1) that the answer is right; None where the engine has none.
        pages: The pages that were used.
        usage: Tokens.
        finish_reason: Why the answer ended.
        seconds: Wall time by stage, for example ``{"read": 0.3, "answer": 0.1}``.
        warnings: What the user should hear: pages left out, fewer tiles, …
    """

    text: str
    model: str
    engine: str
    kind: str | None = None
    evidence: list[Evidence] = field(default_factory=list)
    confidence: float | None = None
    pages: list[PageRef] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    finish_reason: FinishReason = "stop"
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def found(self) -> bool:
        """False where the engine says that the document does not tell."""
        return self.finish_reason != "not_found"

    @property
    def tiles(self) -> int:
        """Tiles sent over all pages, thumbnails included."""
        return sum(page.tiles for page in self.pages)

    def to_json(self) -> dict[str, Any]:
        """The stable object of ``--json``; ``internvl_cli/schemas/answer.schema.json`` describes it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "answer": self.text,
            "found": self.found,
            "kind": self.kind,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "evidence": [
                {**asdict(e), "box": [round(v, 1) for v in e.box], "page_size": list(e.page_size)}
                for e in self.evidence
            ],
            "model": self.model,
            "engine": self.engine,
            "pages": [asdict(page) for page in self.pages],
            "tiles": self.tiles,
            "usage": asdict(self.usage),
            "finish_reason": self.finish_reason,
            "seconds": {stage: round(value, 4) for stage, value in self.seconds.items()},
            "warnings": list(self.warnings),
        }


@runtime_checkable
class Engine(Protocol):
    """Anything that can answer.

    Attributes:
        name: ``local``, ``endpoint``, ``reader`` or ``fake``.
        model: Which model answers.
    """

    name: str
    model: str

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        """Yield pieces of text as they are made; return the whole ``Answer``.

        Joined, the pieces are ``Answer.text``. Closing the generator stops the work.

        Raises:
            InternVLError: Whatever prevented an answer.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...


class AnswerStream:
    """Iterates over the text; afterwards (or at once, by ``finish``) gives the ``Answer``."""

    def __init__(self, generator: Generator[str, None, Answer]) -> None:
        self._generator = generator
        self._answer: Answer | None = None

    def __iter__(self) -> Iterator[str]:
        self._answer = yield from self._generator

    def finish(self) -> Answer:
        """Run to the end and give the answer."""
        if self._answer is None:
            for _ in self:
                pass
        assert self._answer is not None
        return self._answer

    def close(self) -> None:
        """Stop the work."""
        self._generator.close()


def answer(engine: Engine, request: Request) -> Answer:
    """Answer in one piece."""
    return AnswerStream(engine.stream(request)).finish()
