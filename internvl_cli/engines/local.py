"""InternVL2 on this machine: pages to tiles, tiles and question to an answer.

``--max-tiles`` and the context decide what is sent (``model.budget``); pages asked about again are neither rendered nor
encoded again, and the model continues from what its cache holds of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import Answer, Options, PageRef, Request, Usage, answer
from internvl_cli.engines.evidence import locate
from internvl_cli.errors import InputError, MemoryShortageError
from internvl_cli.model import hub
from internvl_cli.model.budget import Plan, plan_pages
from internvl_cli.model.chat import SHORT_ANSWER, build_prompt, place_images
from internvl_cli.model.checkpoint import Quantize, read_spec
from internvl_cli.model.shortage import is_out_of_memory, raise_known, release_memory
from internvl_cli.model.tiling import tile_image
from internvl_cli.reader.rank import score_pages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from internvl_cli.model.generate import Generation, ImageInput, Runner
    from internvl_cli.model.sampling import Sampling

__all__ = ["DESCRIBE", "LocalEngine"]

DESCRIBE = {
    "text": (
        "Describe this document: say what it is, then everything it says, with the numbers of its tables and charts."
    ),
    "markdown": (
        "Write down the whole content of this document as Markdown, in reading order. Keep headings and lists, write"
        " tables as tables, and give each chart's title, axes and values as a table. Write nothing else."
    ),
    "json": (
        'Write down the content of this document as one JSON object with the keys "type", "title", "fields" (an object'
        ' of names and values), "tables" (a list of lists of rows) and "text". Write nothing but the JSON object.'
    ),
}
"""What ``describe`` asks, by format."""

ANSWER_ROOM = {"ask": 256, "describe": 1024}
"""Tokens of the context kept free for the answer, if ``max_new_tokens`` asks for as many."""

Rank = Callable[[str, Sequence[Sequence[str]]], Sequence[float]]


class LocalEngine:
    """An InternVL2 checkpoint as an engine. Nothing heavy happens before the first question.

    Args:
        source: A size, a repository or a folder; see ``hub.resolve``.
        dtype: ``auto``, ``bf16``, ``fp16`` or ``fp32``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``…, or modules to devices.
        quantize: ``8bit`` or ``4bit`` for the language model.
        offline: Never ask the hub.
        rank: Scores the words of pages against a question, for when they don't all fit.

    Raises:
        HubError: The model is not in the cache.
        ModelError: The folder holds no checkpoint that can be used.
    """

    name = "local"

    def __init__(
        self,
        source: str | Path,
        *,
        dtype: str = "auto",
        device: str | Mapping[str, str] = "auto",
        quantize: Quantize | None = None,
        offline: bool = False,
        rank: Rank = score_pages,
    ) -> None:
        self._folder = hub.resolve(str(source), offline=offline)
        self._spec = read_spec(self._folder)
        self.model = self._spec.name
        self._dtype, self._device, self._quantize = dtype, device, quantize
        self._rank = rank
        self._runner: Runner | None = None

    def stream(self, request: Request) -> Generator[str, None, Answer]:
        """Answer; see ``Engine.stream``.

        Raises:
            UsageError: An option is out of range, or the question's ``<image>`` marks don't match the pages.
            InputError: A page cannot be rendered.
            ModelError: The weights are damaged.
            MemoryShortageError: There is not enough memory, even for fewer tiles.
        """
        started = time.perf_counter()
        runner = self._load()
        loaded = time.perf_counter() - started
        warnings: list[str] = []
        for attempt in _ATTEMPTS:
            plan = self._plan(request, attempt.share)
            given = False
            pieces = runner.stream(
                self._prompt(request, plan.tiles),
                self._images(request, plan),
                _sampling(request.options),
                careful=attempt.careful,
            )
            try:
                while True:
                    piece = next(pieces)
                    given = True
                    yield piece
            except StopIteration as end:
                result: Generation = end.value
                seconds = {"load": loaded, **result.seconds, "total": time.perf_counter() - started}
                return self._answer(request, plan, result, seconds, [*warnings, *plan.notes])
            except Exception as error:
                if given or not is_out_of_memory(error):
                    raise_known(error, self.model)
            finally:
                pieces.close()
            # Out of the handler, so that no traceback holds the tensors any more.
            runner.forget(features=attempt.careful)
            release_memory()
            warnings = [attempt.next_step]
        raise MemoryShortageError(
            f"{self.model}: out of memory, even with half of the tiles, one at a time",
            "try --max-tiles 1, --quantize 4bit or a smaller --model",
        )

    def answer_batch(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer several requests together, which a GPU does in less time than one after another.

        Requests that could answer differently together (see ``agrees_with_single``), and all of them where memory does
        not suffice, are answered one by one. They must share their options.

        Raises:
            InternVLError: As ``stream``.
        """
        started = time.perf_counter()
        runner = self._load()
        seconds = {"load": time.perf_counter() - started}
        plans = [self._plan(request, 1.0) for request in requests]
        results = self._together(runner, requests, plans) if len(requests) > 1 else None
        if results is None:
            return [answer(self, request) for request in requests]
        seconds["total"] = time.perf_counter() - started
        return [
            self._answer(request, plan, result, {**result.seconds, **seconds}, list(plan.notes))
            for request, plan, result in zip(requests, plans, results, strict=True)
        ]

    def _together(self, runner: Runner, requests: Sequence[Request], plans: Sequence[Plan]) -> list[Generation] | None:
        """Generate several answers at once; None where that cannot be, or would give other answers."""
        from internvl_cli.model.batched import agrees_with_single, generate_batch

        options = requests[0].options
        prompts = [
            (self._prompt(request, plan.tiles), self._images(request, plan))
            for request, plan in zip(requests, plans, strict=True)
        ]
        lengths = [len(runner.tokenizer.encode(prompt)) for prompt, _ in prompts]
        if not agrees_with_single(runner, lengths, options.max_new_tokens):
            return None
        try:
            return generate_batch(runner, prompts, _sampling(options))
        except Exception as error:
            if not is_out_of_memory(error):
                raise_known(error, self.model)
        runner.forget(features=True)
        release_memory()
        return None

    def close(self) -> None:
        """Free the model."""
        self._runner = None
        release_memory()

    def load(self) -> None:
        """Load the model now; the first question does it otherwise.

        Raises:
            ModelError: The weights are damaged.
            MemoryShortageError: They do not fit.
        """
        self._load()

    def _load(self) -> Runner:
        if self._runner is None:
            from internvl_cli.model.door import open_runner

            try:
                self._runner = open_runner(
                    self._folder, dtype=self._dtype, device=self._device, quantize=self._quantize
                )
            except Exception as error:
                raise_known(error, self.model)
        return self._runner

    def _question(self, request: Request) -> str:
        if request.task == "describe":
            return request.question or DESCRIBE[request.options.format]
        return f"{request.question} {SHORT_ANSWER}" if request.options.short else request.question

    def _prompt(self, request: Request, tiles: Sequence[int]) -> str:
        spec = self._spec
        question, history = place_images(self._question(request), request.history, len(tiles))
        return build_prompt(
            spec.template, question, history=history, tiles_per_image=tiles, tokens_per_tile=spec.tokens_per_tile
        )

    def _plan(self, request: Request, share: float) -> Plan:
        """Decide which pages go in how many tiles; ``share`` of the usual ones where memory is short."""
        spec, pages, options = self._spec, request.pages, request.options
        bare = self._text_tokens(request, 0)
        if not pages:
            return Plan((), (), options.max_tiles, bare, (), ())
        words = [[word.text for word in page.words] for page in pages]
        several = len({page.document for page in pages}) > 1
        return plan_pages(
            [(page.width, page.height) for page in pages],
            max_tiles=max(1, int(options.max_tiles * share)),
            text_tokens=bare,
            reserve=min(options.max_new_tokens, ANSWER_ROOM[request.task]),
            context=spec.context_length,
            tokens_per_tile=spec.tokens_per_tile,
            page_tokens=-(-(self._text_tokens(request, len(pages)) - bare) // len(pages)),
            tile=spec.image_size,
            scores=self._rank(request.question, words) if request.question and any(words) else None,
            labels=[f"{page.document} {page.number}" if several else str(page.number) for page in pages],
        )

    def _text_tokens(self, request: Request, pages: int) -> int:
        """Count the tokens of the prompt for so many pages, were they without tiles."""
        return len(self._load().tokenizer.encode(self._prompt(request, [0] * pages)))

    def _images(self, request: Request, plan: Plan) -> list[ImageInput]:
        from internvl_cli.model.generate import ImageInput

        pages = [request.pages[index] for index in plan.pages]
        return [
            ImageInput(tiles, self._tiler(page, plan.limit, tiles), (page.key, plan.limit, page.width, page.height))
            for page, tiles in zip(pages, plan.tiles, strict=True)
        ]

    def _tiler(self, page: Page, limit: int, expected: int) -> Callable[[], NDArray[np.uint8]]:
        def cut() -> NDArray[np.uint8]:
            # Always with a thumbnail, as in the model cards; the config's use_thumbnail is about training.
            tiles = tile_image(page.image, max_tiles=limit, tile=self._spec.image_size)
            if len(tiles) != expected:
                raise InputError(
                    f"{page.document}: page {page.number} is not of the {page.width}x{page.height} pixels it promised"
                )
            return tiles

        return cut

    def _answer(
        self, request: Request, plan: Plan, result: Generation, seconds: dict[str, float], warnings: list[str]
    ) -> Answer:
        pages = [request.pages[index] for index in plan.pages]
        readable = [(page, page.words) for page in pages if page.words]
        return Answer(
            result.text,
            self.model,
            self.name,
            evidence=locate(result.text, readable) if request.task == "ask" else [],
            pages=[PageRef(page.document, page.number, tiles) for page, tiles in zip(pages, plan.tiles, strict=True)],
            usage=Usage(result.prompt_tokens, len(result.ids)),
            finish_reason=result.finish_reason,
            seconds=seconds,
            warnings=warnings,
        )


class _Attempt(NamedTuple):
    """One way to answer: share of the tiles, whether in small pieces, and what is said when the next one is tried."""

    share: float
    careful: bool
    next_step: str


_ATTEMPTS = (
    _Attempt(1.0, False, "memory was short: tiles and prompt went through the model in small pieces"),
    _Attempt(1.0, True, "memory was short: half of the tiles, in small pieces"),
    _Attempt(0.5, True, ""),
)


def _sampling(options: Options) -> Sampling:
    from internvl_cli.model.sampling import Sampling

    return Sampling(
        max_new_tokens=options.max_new_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        repetition_penalty=options.repetition_penalty,
        seed=options.seed,
        stop_loops=True,
    )
