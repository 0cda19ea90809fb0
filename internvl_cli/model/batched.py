"""Several prompts at once, padded on the left: for many short questions on a device that one alone does not fill."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from internvl_cli.model.chat import get_template
from internvl_cli.model.generate import Finish, Generation, ImageInput, Runner
from internvl_cli.model.sampling import LoopWatch, Sampler, Sampling
from internvl_cli.model.textstream import TextStream

if TYPE_CHECKING:
    from internvl_cli.model.kvcache import GrowingCache

__all__ = ["agrees_with_single", "generate_batch"]


def agrees_with_single(runner: Runner, lengths: Sequence[int], max_new_tokens: int) -> bool:
    """Whether prompts of these lengths get the same answers together as one by one.

    They do unless one of them may pass the switch of a scaled rotary embedding, because the longest decides for all.
    """
    language = runner.language
    if not language.is_long(max(lengths) + max_new_tokens):
        return True
    return language.long_texts_agree and language.is_long(min(lengths))


def generate_batch(
    runner: Runner, prompts: Sequence[tuple[str, Sequence[ImageInput]]], sampling: Sampling | None = None
) -> list[Generation]:
    """Answer several prompts at once.

    In float32 the answers are those of one prompt at a time (see ``agrees_with_single``); in bfloat16 another order of
    sums may turn the choice between two nearly equal tokens.

    Args:
        runner: Of the checkpoint; its cache is dropped.
        prompts: Each with the images it has places for.
        sampling: How to generate; a seed draws the same numbers for every prompt.

    Returns:
        One result per prompt, in order; ``seconds`` are those of the whole batch.

    Raises:
        UsageError: A prompt and its images don't match.
    """
    sampling = sampling or Sampling()
    if not prompts:
        return []
    rows = [runner.encode(prompt, sum(image.tiles for image in images)) for prompt, images in prompts]
    runner.forget()
    started = time.perf_counter()
    features = [runner.language.join([runner.features(image) for image in images]) for _, images in prompts]
    seen = time.perf_counter()
    batch = _Batch(runner, rows, features, sampling)
    filled = time.perf_counter()
    batch.decode()
    seconds = {"vision": seen - started, "prefill": filled - seen, "decode": time.perf_counter() - filled}
    return [batch.result(row, seconds) for row in range(len(rows))]


class _Batch:
    """The rows of one batch, and how far each has come."""

    def __init__(
        self, runner: Runner, rows: list[list[int]], features: list[torch.Tensor | None], sampling: Sampling
    ) -> None:
        self._runner = runner
        self._language = runner.language
        self._sampling = sampling
        self._rows = rows
        self._stop = runner.stop_id
        self._samplers = [Sampler(sampling) for _ in rows]
        self._watches = [LoopWatch() for _ in rows]
        self._answers: list[list[int]] = [[] for _ in rows]
        self._finishes: list[Finish | None] = [None] * len(rows)
        self._longest = max(map(len, rows))
        self._cache: GrowingCache = self._language.new_cache(self._longest + min(sampling.max_new_tokens, 256))
        self._logits = self._prefill(features)

    @torch.inference_mode()
    def _prefill(self, features: list[torch.Tensor | None]) -> torch.Tensor:
        padded = [
            torch.nn.functional.pad(self._language.fill(ids, seen)[0], (0, 0, self._longest - len(ids), 0))
            for ids, seen in zip(self._rows, features, strict=True)
        ]
        embeds = torch.stack(padded)
        self._lengths = torch.tensor([len(ids) for ids in self._rows], device=embeds.device)[:, None]
        positions = torch.arange(self._longest, device=embeds.device)[None] - (self._longest - self._lengths)
        self._mask = (positions >= 0).long()
        # Padding gets position 1, as in transformers' generate: any that is not negative serves.
        positions = positions.masked_fill(positions < 0, 1)
        self._language.begin()
        hidden = self._language.forward(embeds, self._cache, mask=self._mask, positions=positions)
        return self._language.head(hidden[:, -1])

    def decode(self) -> None:
        """Generate until every row has ended."""
        for count in range(self._sampling.max_new_tokens):
            self._choose()
            if all(self._finishes) or count == self._sampling.max_new_tokens - 1:
                return
            self._logits = self._step(self._lengths + count)

    def _choose(self) -> None:
        """Give every row that has not ended its next token."""
        for row, answer in enumerate(self._answers):
            if self._finishes[row] is not None:
                continue
            token = self._samplers[row].choose(self._logits[row], answer)
            if token == self._stop:
                self._finishes[row] = "stop"
                continue
            answer.append(token)
            if self._sampling.stop_loops and self._watches[row].push(token):
                self._finishes[row] = "repetition"

    @torch.inference_mode()
    def _step(self, positions: torch.Tensor) -> torch.Tensor:
        """Pass the last token of every row; rows that have ended get the stop token."""
        tokens = [self._stop if done else row[-1] for row, done in zip(self._answers, self._finishes, strict=True)]
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], 1)
        embeds = self._language.embed(tokens)[:, None]
        hidden = self._language.forward(embeds, self._cache, mask=self._mask, positions=positions)
        return self._language.head(hidden[:, -1])

    def result(self, row: int, seconds: dict[str, float]) -> Generation:
        """Give what came out of a row."""
        answer = tuple(self._answers[row])
        text = TextStream(self._runner.tokenizer, get_template(self._runner.spec.template).stop_token)
        finish = self._finishes[row] or "length"
        return Generation(text.whole(answer), answer, finish, len(self._rows[row]), 0, dict(seconds))
