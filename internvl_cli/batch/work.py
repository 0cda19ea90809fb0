"""What any runner does for one item: open the document, ask the engine, say what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from internvl_cli.api import OpenFiles
from internvl_cli.batch.plan import Item
from internvl_cli.batch.record import Failure, Outcome
from internvl_cli.documents.page import Document
from internvl_cli.engines.base import Engine, Options, Request, answer
from internvl_cli.engines.select import Selection
from internvl_cli.errors import ConfigurationError, ModelError

__all__ = ["FATAL", "Desk", "EngineInfo", "Work", "answer_pages"]

FATAL = (ModelError, ConfigurationError)
"""Errors that every further item would meet too: they end the run instead of failing thousands of items."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Who answers: ``Engine.name``, ``Engine.model``, and what the user should hear about the choice."""

    engine: str
    model: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What is the same for all items. It travels to worker processes, so all of it can be pickled.

    Attributes:
        load_engine: Gives the engine; called once in each process that answers.
        open_document: Opens what ``Item.source`` names.
        options: How to answer.
    """

    load_engine: Callable[[], Selection]
    open_document: Callable[[str], Document]
    options: Options = field(default_factory=Options)


def answer_pages(engine: Engine, opened: OpenFiles, item: Item, options: Options) -> Outcome:
    """Answer one item from pages that are open; what goes wrong with it becomes its outcome.

    Raises:
        ModelError: The engine is of no use to any item.
        ConfigurationError: Nor will it be, until the user changes something.
    """
    pages = len(opened.pages)
    try:
        given = opened.noted(answer(engine, Request(opened.pages, item.question, options))).to_json()
    except FATAL:
        raise
    except Exception as error:  # whatever a document makes a library raise, the others still get their answers
        return Outcome(item, failure=Failure.of(error), pages=pages)
    return Outcome(item, answer=given, pages=pages)


class Desk:
    """One engine with one document open at a time; lives as long as its process.

    Neighbouring items about the same pages get the same page objects, which lets an engine reuse what it has read.

    Args:
        work: What to do.

    Raises:
        InternVLError: The engine cannot be loaded.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        loaded = work.load_engine()
        self._engine = loaded.engine
        self.info = EngineInfo(self._engine.name, self._engine.model, loaded.note)
        self._open: tuple[tuple[str, str | None], OpenFiles] | None = None

    def answer(self, item: Item) -> Outcome:
        """Answer one item; what goes wrong with it becomes its outcome.

        Raises:
            ModelError: The engine is of no use to any item.
            ConfigurationError: Nor will it be, until the user changes something.
        """
        try:
            opened = self._turn_to(item)
        except FATAL:
            raise
        except Exception as error:
            return Outcome(item, failure=Failure.of(error))
        return answer_pages(self._engine, opened, item, self._work.options)

    def close(self) -> None:
        """Free the document and the engine."""
        self._turn_away()
        self._engine.close()

    def _turn_to(self, item: Item) -> OpenFiles:
        wanted = item.source, item.pages
        if self._open is None or self._open[0] != wanted:
            self._turn_away()
            document = self._work.open_document(item.source)
            try:
                self._open = wanted, OpenFiles([document], list(document.pages(item.pages)))
            except BaseException:
                document.close()
                raise
        return self._open[1]

    def _turn_away(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            for document in opened[1].documents:
                document.close()
