"""How the next token is chosen, and when an answer has run into a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["LoopWatch", "Sampler", "Sampling"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to generate. The defaults are the model cards': greedy, 1,024 new tokens.

    Attributes:
        max_new_tokens: Most tokens of an answer.
        temperature: 0 is greedy.
        top_p: Nucleus sampling mass, 1.0 for all; used where ``temperature`` is above 0.
        top_k: Most tokens to draw from, 0 for all; the default is that of transformers' ``generate``.
        repetition_penalty: Divides positive and multiplies negative logits of tokens already generated; 1.0 is off. The
            prompt does not count, because ``InternVLChatModel`` generates from embeddings and has no ids of it.
        seed: Of the draws; None takes a new one.
        stop_loops: Whether to end an answer that repeats itself without end (see ``LoopWatch``).
    """

    max_new_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 50
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop_loops: bool = False


class Sampler:
    """Chooses tokens as transformers' processors and warpers do, in their order: penalty, temperature, top-k, top-p."""

    def __init__(self, sampling: Sampling) -> None:
        import torch

        self._sampling = sampling
        self._draws = torch.Generator()  # on the CPU, so that a seed gives the same answer on every device
        if sampling.seed is None:
            self._draws.seed()
        else:
            self._draws.manual_seed(sampling.seed)

    def choose(self, logits: torch.Tensor, generated: Sequence[int]) -> int:
        """Choose the next token.

        Args:
            logits: ``(vocabulary,)``, on any device.
            generated: The tokens of the answer so far.
        """
        import torch

        sampling = self._sampling
        if sampling.repetition_penalty != 1.0 and generated:
            logits = logits.float().clone()
            seen = torch.tensor(sorted(set(generated)), device=logits.device)
            scores = logits[seen]
            penalty = sampling.repetition_penalty
            logits[seen] = torch.where(scores < 0, scores * penalty, scores / penalty)
        if sampling.temperature <= 0:
            return int(logits.argmax())
        scores = self._keep_likely(logits.float().cpu() / sampling.temperature)
        return int(torch.multinomial(scores.softmax(-1), 1, generator=self._draws))

    def _keep_likely(self, scores: torch.Tensor) -> torch.Tensor:
        """Set what top-k and top-p drop to minus infinity."""
        import torch

        sampling = self._sampling
        if 0 < sampling.top_k < len(scores):
            scores = scores.masked_fill(scores < scores.topk(sampling.top_k).values[-1], -torch.inf)
        if sampling.top_p < 1.0:
            ascending, order = scores.sort()
            drop = ascending.softmax(-1).cumsum(-1) <= 1 - sampling.top_p
            drop[-1] = False
            scores = scores.masked_fill(torch.zeros_like(drop).scatter_(0, order, drop), -torch.inf)
        return scores


class LoopWatch:
    """Notices that the last tokens are one piece, over and over.

    A piece of up to 24 tokens must have come 16 times in a row, a longer one (up to 96) 8 times, and the loop must be
    at least 128 tokens long. Rulers of dashes, rows of zeros and tables with some equal rows stay below that.
    """

    LONGEST = 96
    SHORT = 24
    SHORT_TIMES = 16
    LONG_TIMES = 8
    FEWEST = 128

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._runs = [0] * (self.LONGEST + 1)

    def push(self, token: int) -> bool:
        """Take the next token; True where the answer has run into a loop."""
        tokens, runs = self._tokens, self._runs
        tokens.append(token)
        looping = False
        for period in range(1, min(self.LONGEST, len(tokens) - 1) + 1):
            runs[period] = runs[period] + 1 if tokens[-1 - period] == token else 0
            times = self.SHORT_TIMES if period <= self.SHORT else self.LONG_TIMES
            looping |= runs[period] + period >= max(times * period, self.FEWEST)
        return looping
