"""Answering: prompt and tiles in, text out, token by token, with what the last answer left in the cache.

Greedy answers are those of transformers' ``generate``. The differences are speed (a cache that grows in place, logits
of the last position only, the pages' keys and values kept from question to question) and control (text from the first
token, a stop for loops, closing the generator stops the work).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from internvl_cli.errors import ModelError, UsageError
from internvl_cli.model.chat import get_template
from internvl_cli.model.language import LanguageModel
from internvl_cli.model.sampling import LoopWatch, Sampler, Sampling
from internvl_cli.model.textstream import TextStream
from internvl_cli.model.vision import encode_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from internvl_cli.model.checkpoint import Loaded
    from internvl_cli.model.kvcache import GrowingCache

__all__ = ["Finish", "Generation", "ImageInput", "Runner"]

FEATURES_KEPT = 64
"""Images whose features are remembered, in host memory: 13 tiles are 6 MB in the 1B and 54 MB in the 76B."""

CAREFUL_PREFILL = 512
"""Tokens of the prompt that pass the language model at once when memory is short."""

Finish = Literal["stop", "length", "repetition"]


@dataclass(frozen=True)
class ImageInput:
    """One image of a prompt.

    Attributes:
        tiles: How many tiles it has, thumbnail included.
        pixels: Gives them, as ``encode_tiles`` takes them; asked for only where they have not been encoded yet.
        key: Names the pixels, the same for the same pixels; None where nothing may be remembered.
    """

    tiles: int
    pixels: Callable[[], torch.Tensor | NDArray[np.uint8]]
    key: Hashable = None


@dataclass(frozen=True)
class Generation:
    """What came out.

    Attributes:
        text: The answer, cut at the stop token and stripped.
        ids: The tokens of the answer, without the stop token.
        finish_reason: Why it ended.
        prompt_tokens: Tokens of the prompt.
        reused_tokens: How many of them were in the cache already.
        seconds: Wall time of ``vision``, ``prefill`` and ``decode``.
    """

    text: str
    ids: tuple[int, ...]
    finish_reason: Finish
    prompt_tokens: int
    reused_tokens: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Runner:
    """A loaded checkpoint that answers, one request at a time.

    Args:
        loaded: The checkpoint.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.tokenizer = loaded.tokenizer
        self.spec = loaded.spec
        self.language = LanguageModel(loaded.model, loaded.spec.image_token_id)
        self._features: OrderedDict[Hashable, torch.Tensor] = OrderedDict()
        self.forget()

    @property
    def stop_id(self) -> int:
        """The id that ends an answer: the template's separator, and nothing else.

        Raises:
            ModelError: The tokenizer has no such token.
        """
        token = get_template(self.spec.template).stop_token
        found = self.tokenizer.token_id(token)
        if found is None:
            raise ModelError(
                f"{self.spec.name}: the tokenizer has no token {token!r}", "the tokenizer's files are incomplete"
            )
        return found

    def forget(self, *, features: bool = False) -> None:
        """Drop the cache, and the features of images if asked to."""
        self._cache: GrowingCache | None = None
        self._held: list[int] = []
        self._held_images: tuple[tuple[Hashable, int], ...] = ()
        self._held_long = False
        if features:
            self._features.clear()

    def encode(self, prompt: str | Sequence[int], tiles: int = 0) -> list[int]:
        """Turn a prompt into ids, and check that it has a place for every tile.

        Args:
            prompt: As text, or as ids already.
            tiles: How many there are, over all images.

        Raises:
            UsageError: It has not; the question spells out a token that stands for images. Or there are no such ids.
        """
        ids = self.tokenize(prompt) if isinstance(prompt, str) else list(prompt)
        rows = self.language.vocabulary
        if not ids or not 0 <= min(ids) <= max(ids) < rows:
            raise UsageError(f"a prompt is one or more ids from 0 to {rows - 1}")
        places = ids.count(self.spec.image_token_id)
        wanted = tiles * self.spec.tokens_per_tile
        if places != wanted:
            raise UsageError(
                f"the prompt has {places} places for image tokens, and the images need {wanted}",
                "the question must not contain <IMG_CONTEXT>",
            )
        return ids

    def tokenize(self, prompt: str) -> list[int]:
        """Turn a prompt into ids.

        Raises:
            UsageError: It holds what is no character.
        """
        try:
            prompt.encode()
        except UnicodeEncodeError as error:  # half of a pair in JSON, or bytes of another encoding on a command line
            raise UsageError(f"the prompt holds {prompt[error.start]!r}, which is no character", "send UTF-8") from None
        return self.tokenizer.encode(prompt)

    def encode_pixels(self, pixels: torch.Tensor | NDArray[np.uint8], *, chunk: int | None = None) -> torch.Tensor:
        """Give the embeddings of tiles, ``(tiles, tokens per tile, hidden)``; see ``encode_tiles``.

        Raises:
            UsageError: The tiles have another size than the model's.
        """
        side = self.spec.image_size
        if pixels.ndim != 4:
            raise UsageError(f"tiles have four dimensions, and these have {pixels.ndim}")
        height, width = pixels.shape[1:3] if isinstance(pixels, np.ndarray) else pixels.shape[2:]
        if (height, width) != (side, side):
            raise UsageError(f"tiles of {width}x{height} pixels, and {self.spec.name} takes {side}x{side}")
        return encode_tiles(self.loaded.model, pixels, chunk=chunk)

    def features(self, image: ImageInput, *, chunk: int | None = None) -> torch.Tensor:
        """Give the embeddings of an image, ``(tiles, tokens per tile, hidden)``; remembered where it has a key."""
        if image.key is not None and (known := self._features.get((image.key, image.tiles))) is not None:
            self._features.move_to_end((image.key, image.tiles))
            return known
        encoded = self.encode_pixels(image.pixels(), chunk=chunk)
        if image.key is not None:
            self._features[(image.key, image.tiles)] = encoded.cpu()
            while len(self._features) > FEATURES_KEPT:
                self._features.popitem(last=False)
        return encoded

    def stream(
        self,
        prompt: str | Sequence[int],
        images: Sequence[ImageInput] = (),
        sampling: Sampling | None = None,
        *,
        careful: bool = False,
    ) -> Generator[str, None, Generation]:
        """Answer a prompt; yield text as it becomes certain, return the whole.

        Closing the generator stops the work; what is in the cache by then stays valid.

        Args:
            prompt: As ``build_prompt`` writes it, or its ids.
            images: In the order of their places in the prompt.
            sampling: How to generate.
            careful: Use as little memory as possible, slowly.

        Raises:
            UsageError: Prompt and images don't match.
            ModelError: The weights give no numbers.
        """
        sampling = sampling or Sampling()
        ids = self.encode(prompt, sum(image.tiles for image in images))
        stop = self.stop_id
        seconds: dict[str, float] = {}
        try:
            logits, reused = self._prefill(ids, images, sampling, careful, seconds)
        except BaseException:
            self.forget()
            raise
        sampler, watch, answer = Sampler(sampling), LoopWatch(), list[int]()
        text = TextStream(self.tokenizer, get_template(self.spec.template).stop_token)
        started = time.perf_counter()
        finish: Finish = "length"
        while len(answer) < sampling.max_new_tokens:
            token = sampler.choose(logits, answer)
            if token == stop:
                finish = "stop"
                break
            answer.append(token)
            if piece := text.push(token):
                yield piece
            if sampling.stop_loops and watch.push(token):
                finish = "repetition"
                break
            if len(answer) < sampling.max_new_tokens:
                logits = self._step(token)
        if piece := text.finish():
            yield piece
        seconds["decode"] = time.perf_counter() - started
        return Generation(text.text, tuple(answer), finish, len(ids), reused, seconds)

    def run(
        self,
        prompt: str | Sequence[int],
        images: Sequence[ImageInput] = (),
        sampling: Sampling | None = None,
        *,
        careful: bool = False,
    ) -> Generation:
        """Answer a prompt in one piece; see ``stream``."""
        pieces = self.stream(prompt, images, sampling, careful=careful)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                generation: Generation = end.value
                return generation

    def _prefill(
        self, ids: list[int], images: Sequence[ImageInput], sampling: Sampling, careful: bool, seconds: dict[str, float]
    ) -> tuple[torch.Tensor, int]:
        """Pass what is new of the prompt through the model; give the last position's logits and what was reused."""
        started = time.perf_counter()
        kept, kept_images = self._shared_prefix(ids, images)
        new = [self.features(image, chunk=1 if careful else None) for image in images[kept_images:]]
        seconds["vision"] = time.perf_counter() - started
        started = time.perf_counter()
        if self._cache is None or not kept:
            room = len(ids) + min(sampling.max_new_tokens, 256)
            self._cache = self.language.new_cache(room)
        self._cache.keep(kept)
        self._held, self._held_images = ids[:kept], ()
        long = self.language.is_long(len(ids))
        self.language.begin()
        with torch.inference_mode():
            embeds = self.language.fill(ids[kept:], self.language.join(new))
            piece = CAREFUL_PREFILL if careful and not long else embeds.shape[1]
            for start in range(0, embeds.shape[1], piece):
                hidden = self.language.forward(embeds[:, start : start + piece], self._cache)
            logits = self.language.head(hidden[:, -1])[0]
        if bool(torch.isnan(logits).any()):
            raise ModelError(f"{self.spec.name}: the model's output is not a number (NaN)", "its weights are damaged")
        self._held, self._held_long = list(ids), long
        self._held_images = tuple((image.key, image.tiles) for image in images)
        seconds["prefill"] = time.perf_counter() - started
        return logits, kept

    def _step(self, token: int) -> torch.Tensor:
        """Pass one token; give the logits after it, ``(vocabulary,)``."""
        try:
            with torch.inference_mode():
                hidden = self.language.forward(self.language.embed([token])[None], self._cache)
                logits = self.language.head(hidden[:, -1])[0]
        except BaseException:
            self.forget()
            raise
        self._held.append(token)
        return logits

    def _shared_prefix(self, ids: list[int], images: Sequence[ImageInput]) -> tuple[int, int]:
        """Count tokens and images at the front of the prompt that the cache holds already.

        Nothing is shared across a switch of the rotary embedding, because keys in the cache were turned by the other
        frequencies. The last token is always passed anew: its logits are wanted.
        """
        long = self.language.is_long(len(ids))
        if self._cache is None or long != self._held_long or (long and not self.language.long_texts_agree):
            return 0, 0
        same = 0
        for image, held in zip(images, self._held_images, strict=False):
            if image.key is None or (image.key, image.tiles) != held:
                break
            same += 1
        limit = min(len(ids) - 1, len(self._held), self._cache.length)
        places = np.flatnonzero(np.asarray(ids) == self.spec.image_token_id)
        first_new = sum(image.tiles for image in images[:same]) * self.spec.tokens_per_tile
        if first_new < len(places):
            limit = min(limit, int(places[first_new]))
        differing = np.flatnonzero(np.asarray(ids[:limit]) != np.asarray(self._held[:limit]))
        shared = int(differing[0]) if len(differing) else limit
        covered = int((places < shared).sum())
        count = 0
        while count < same and (covered := covered - images[count].tiles * self.spec.tokens_per_tile) >= 0:
            count += 1
        return shared, count
