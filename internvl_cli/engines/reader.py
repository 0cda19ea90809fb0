"""The bundled reader as an engine: it points at the words of the answer, and it never invents."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from internvl_cli.documents.page import Box, Page
from internvl_cli.engines.base import Answer, Evidence, PageRef, Request, Usage
from internvl_cli.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from internvl_cli.reader.decode import Reading
    from internvl_cli.reader.reading import PageText, Reader
    from internvl_cli.reader.sheet import Sheet

__all__ = ["READ_PAGES", "RECOGNISED_PAGES", "ReaderEngine"]

READ_PAGES = 8
"""Most pages the network reads for one question; the ones most like the question (BM25)."""

RECOGNISED_PAGES = 24
"""Most pages without a text layer that are recognised for one question, about two seconds each."""

NOT_FOUND = "The document does not tell."


class ReaderEngine:
    """Answers with words of the document, with arithmetic over its cells, with yes or no, or says "not found".

    Args:
        folder: Other weights than the bundled ones.
        threads: For onnxruntime; None chooses.
    """

    name = "reader"
    model = "internvl-reader-1"

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """The reader, imported at the first use: it needs numpy."""
        if self._reader is None:
            from internvl_cli.reader.network import WEIGHTS
            from internvl_cli.reader.reading import Reader

            self._reader = Reader(self._folder or WEIGHTS, self._threads)
        return self._reader

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        """Yield the answer in one piece; see ``Engine.stream``.

        Raises:
            UsageError: The request has no page, or no question where one is needed.
            ModelError: The weights are not usable.
            DependencyError: A page needs OCR, and RapidOCR is not installed.
            InputError: A page cannot be rendered.
        """
        if not request.pages:
            raise UsageError("there is no page to read")
        result = self._describe(request) if request.task == "describe" else self._ask(request)
        yield result.text
        return result

    def load(self) -> None:
        """Load the network now; the first question does it otherwise.

        Raises:
            ModelError: The weights are not usable.
        """
        assert self.reader.network is not None

    def close(self) -> None:
        """Free the network and forget the pages."""
        if self._reader is not None:
            self._reader.close()

    def _words(self, pages: Sequence[Page], warnings: list[str]) -> list[PageText | None]:
        """Give the words of each page; None for pages beyond what is recognised for one question."""
        budget = RECOGNISED_PAGES
        result: list[PageText | None] = []
        left_out: list[int] = []
        for page in pages:
            if not self.reader.is_read(page):
                if budget == 0:
                    left_out.append(page.number)
                    result.append(None)
                    continue
                budget -= 1
            result.append(self.reader.text(page))
        if left_out:
            warnings.append(
                f"only the first {RECOGNISED_PAGES} scanned pages were read; "
                f"{len(left_out)} were left out, from page {left_out[0]} on: choose pages with --pages"
            )
        return result

    def _ask(self, request: Request) -> Answer:
        from internvl_cli.reader.rank import rank_pages

        if not request.question.strip():
            raise UsageError("the question is empty")
        warnings: list[str] = []
        clock = time.perf_counter()
        assert self.reader.network is not None
        loaded = time.perf_counter()
        texts = self._words(request.pages, warnings)
        recognised = time.perf_counter()
        chosen = rank_pages(
            request.question, [[w.text for w in t.words] if t is not None else [] for t in texts], READ_PAGES
        )
        if not any(t is not None and t.words for t in texts):
            warnings.append("no text was found on the pages")
        read = [texts[i] for i in chosen]
        filled = [t for t in read if t is not None]
        reading, pieces = self._calculate(request, chosen, filled), 0
        if reading is None:
            reading, pieces = self.reader.ask(filled, request.question, request.options.min_confidence)
        done = time.perf_counter()
        evidence = [
            e
            for index, words in reading.evidence
            for e in _evidence(request.pages[chosen[index]], filled[index], words)
        ]
        found = reading.kind != "not_found"
        text = reading.text if found else NOT_FOUND
        return Answer(
            text=text,
            model=self.model,
            engine=self.name,
            kind=reading.kind,
            evidence=evidence,
            confidence=reading.confidence,
            pages=[PageRef(request.pages[i].document, request.pages[i].number) for i in chosen],
            usage=Usage(pieces, len(text.split())),
            finish_reason="stop" if found else "not_found",
            seconds={"load": loaded - clock, "read": recognised - loaded, "answer": done - recognised},
            warnings=warnings,
        )

    def _calculate(self, request: Request, chosen: Sequence[int], texts: Sequence[PageText]) -> Reading | None:
        """Answer by plain code where a chart or a table's column is asked about without doubt."""
        from internvl_cli.reader.decode import Reading
        from internvl_cli.reader.grid_answers import calculate

        sheets = [_sheet(request.pages[i], text) for i, text in zip(chosen, texts, strict=True)]
        found = calculate(request.question, sheets)
        if found is None or found.confidence < request.options.min_confidence:
            return None
        return Reading(
            found.text, found.kind, found.confidence, [(page, list(words)) for page, words in found.evidence]
        )

    def _describe(self, request: Request) -> Answer:
        from internvl_cli.reader.describe import describe

        warnings: list[str] = []
        clock = time.perf_counter()
        texts = self._words(request.pages, warnings)
        pairs = [(page, text) for page, text in zip(request.pages, texts, strict=True) if text is not None]
        recognised = time.perf_counter()

        def ask(question: str) -> Answer:
            return self._ask(Request([page for page, _ in pairs], question, request.options))

        found = describe([_sheet(page, read) for page, read in pairs], ask)
        text = found.render(request.options.format)
        return Answer(
            text=text,
            model=self.model,
            engine=self.name,
            evidence=[Evidence(e.file, e.page, e.box, e.page_size, e.text) for e in found.facts],
            pages=[PageRef(page.document, page.number) for page, _ in pairs],
            usage=Usage(sum(len(read.words) for _, read in pairs), len(text.split())),
            seconds={"read": recognised - clock, "answer": time.perf_counter() - recognised},
            warnings=warnings,
        )


def _sheet(page: Page, text: PageText) -> Sheet:
    """Give a page as a sheet that shares what the reader found on it; its image is not kept beyond the request."""
    from internvl_cli.reader.columns import sheet_of
    from internvl_cli.reader.sheet import Sheet

    return Sheet(page, text.words, text.features.layout, sheet_of(text.features).known, text.turn)


def _evidence(page: Page, text: PageText, words: Sequence[int]) -> list[Evidence]:
    """Merge the words' boxes line by line."""
    layout = text.features.layout
    lines: list[list[int]] = []
    for word in words:
        same = lines and layout.segment_row[layout.segment[lines[-1][-1]]] == layout.segment_row[layout.segment[word]]
        if same:
            lines[-1].append(word)
        else:
            lines.append([word])
    result: list[Evidence] = []
    for line in lines:
        boxes = [text.words[w].box for w in line]
        box: Box = (
            min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes),
        )  # fmt: skip
        result.append(
            Evidence(
                page.document, page.number, box, (page.width, page.height), " ".join(text.words[w].text for w in line)
            )
        )
    return result
