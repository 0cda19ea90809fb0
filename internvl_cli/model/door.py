"""A plain door to a checkpoint: tile an image, write the prompt, get logits, generate. ``docs/library.md`` uses it.

The methods mirror the original ``InternVLChatModel``: what it would take as pixels, ids and text goes in, what it would
give comes out. No document, no page, no budget; for those there is ``internvl_cli.ask``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import torch

from internvl_cli.errors import UsageError
from internvl_cli.model.batched import generate_batch
from internvl_cli.model.chat import build_prompt, place_images
from internvl_cli.model.checkpoint import Loaded, Quantize, load_checkpoint
from internvl_cli.model.generate import Generation, ImageInput, Runner
from internvl_cli.model.precision import choose_attention, choose_dtype
from internvl_cli.model.sampling import Sampling
from internvl_cli.model.shards import weight_bytes
from internvl_cli.model.tiling import normalize, tile_image

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["InternVL2", "open_runner"]

History = Sequence[tuple[str, str]]
Prompt = str | Sequence[int] | torch.Tensor


def open_runner(
    folder: Path,
    *,
    dtype: str = "auto",
    device: str | Mapping[str, str] = "auto",
    quantize: Quantize | None = None,
) -> Runner:
    """Load a checkpoint with the types of numbers and the attention that suit the device.

    Args:
        folder: In the original or the native format.
        dtype: ``auto``, ``bf16``, ``fp16`` or ``fp32``.
        device: ``auto`` (all GPUs, else the CPU), ``cpu``, ``cuda``, ``cuda:1``, ``mps``…, or modules to devices.
        quantize: ``8bit`` or ``4bit`` for the language model; needs CUDA and bitsandbytes.

    Raises:
        ModelError: The checkpoint is missing or damaged.
        UsageError: There is no such type or device.
        MemoryShortageError: The weights do not fit.
        DependencyError: Quantization without bitsandbytes.
    """
    kind = _device_kind(device if isinstance(device, str) else next(iter(device.values())))
    chosen = choose_dtype(dtype, kind, weight_bytes=weight_bytes(folder))
    place: Any = "auto" if device == "auto" else None if kind == "cpu" else {"": device}
    if not isinstance(device, str):
        place = dict(device)
    return Runner(
        load_checkpoint(folder, dtype=chosen, device_map=place, quantize=quantize, attn=choose_attention(kind, chosen))
    )


def _device_kind(device: str) -> str:
    """Say what ``auto`` will be, and that a named device is there."""
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else "torch cannot use it"
        raise UsageError(f"device {device!r} is not to be had: {reason}", "use --device auto or cpu") from None
    return device


class InternVL2:
    """A checkpoint, ready for questions.

    Attributes:
        runner: What answers; ``runner.loaded`` has the model, the tokenizer and what the files say.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    @classmethod
    def load(
        cls, folder: str | Path, *, dtype: str = "auto", device: str = "auto", quantize: Quantize | None = None
    ) -> InternVL2:
        """Open a folder in the original ``internvl_chat`` or the native ``internvl`` format; see ``open_runner``."""
        return cls(open_runner(Path(folder), dtype=dtype, device=device, quantize=quantize))

    @property
    def loaded(self) -> Loaded:
        """Model, tokenizer and spec."""
        return self.runner.loaded

    def tile(
        self, image: Image.Image, max_tiles: int = 12, *, min_tiles: int = 1, use_thumbnail: bool = True
    ) -> torch.Tensor:
        """Cut and normalise an image as the model cards' ``load_image`` does.

        Returns:
            float32 ``(tiles, 3, side, side)`` on the CPU, thumbnail last.

        Raises:
            UsageError: A limit is out of range.
        """
        side = self.loaded.spec.image_size
        return normalize(
            tile_image(image, max_tiles=max_tiles, min_tiles=min_tiles, use_thumbnail=use_thumbnail, tile=side)
        )

    def build(
        self, question: str, images_tiles: Sequence[int] | None = None, history: History | None = None
    ) -> tuple[str, list[int]]:
        """Write the prompt that ``chat`` would, and its ids.

        Args:
            question: May hold one ``<image>`` per image.
            images_tiles: Tiles of each image, thumbnail included (``num_patches_list``); one number for tiles that
                share a block; None without images.
            history: Earlier (question, answer) pairs, with their ``<image>`` marks.
        """
        spec = self.loaded.spec
        prompt = build_prompt(
            spec.template,
            question,
            history=history,
            tiles_per_image=tuple(images_tiles or ()),
            tokens_per_tile=spec.tokens_per_tile,
        )
        return prompt, self.runner.tokenize(prompt)

    @torch.inference_mode()
    def features(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Give the language model's embeddings of tiles, ``(tiles, tokens per tile, hidden)`` (``extract_feature``)."""
        return self.runner.encode_pixels(pixel_values)

    @torch.inference_mode()
    def logits(self, prompt: Prompt, pixel_values: torch.Tensor | None = None) -> torch.Tensor:
        """Give the logits of every position of a prompt.

        Args:
            prompt: As text, or as ids.
            pixel_values: All tiles, in the order of their places; None without images.

        Returns:
            ``(tokens, vocabulary)``.

        Raises:
            UsageError: The prompt has more or fewer places than the tiles need.
        """
        language = self.runner.language
        seen = None if pixel_values is None else language.join([self.features(pixel_values)])
        ids = self._ids(prompt, 0 if pixel_values is None else len(pixel_values))
        language.begin()
        return language.logits(language.fill(ids, seen))

    def generate_ids(
        self,
        prompt: Prompt,
        pixel_values: torch.Tensor | None = None,
        *,
        max_new_tokens: int = 1024,
        sampling: Sampling | None = None,
    ) -> list[int]:
        """Generate the new tokens after a prompt, greedily unless ``sampling`` says otherwise.

        Returns:
            The new ids, with the stop token at the end where it came, as transformers' ``generate`` gives them.
        """
        ids = self._ids(prompt, 0 if pixel_values is None else len(pixel_values))
        images = [] if pixel_values is None else [_image(pixel_values)]
        return self._new_ids(self._run(ids, images, sampling or Sampling(max_new_tokens=max_new_tokens)))

    @overload
    def generate(
        self,
        pixel_values: torch.Tensor | None,
        question: str,
        *,
        num_patches_list: Sequence[int] | None = ...,
        history: History | None = ...,
        max_new_tokens: int = ...,
        sampling: Sampling | None = ...,
        return_history: Literal[False] = ...,
    ) -> str: ...

    @overload
    def generate(
        self,
        pixel_values: torch.Tensor | None,
        question: str,
        *,
        num_patches_list: Sequence[int] | None = ...,
        history: History | None = ...,
        max_new_tokens: int = ...,
        sampling: Sampling | None = ...,
        return_history: Literal[True],
    ) -> tuple[str, list[tuple[str, str]]]: ...

    def generate(
        self,
        pixel_values: torch.Tensor | None,
        question: str,
        *,
        num_patches_list: Sequence[int] | None = None,
        history: History | None = None,
        max_new_tokens: int = 1024,
        sampling: Sampling | None = None,
        return_history: bool = False,
    ) -> str | tuple[str, list[tuple[str, str]]]:
        """Answer a question about tiles, as ``model.chat`` does.

        Args:
            pixel_values: All tiles of all images of the conversation; None without images.
            question: Gets ``<image>`` in front where there are images, no history and no mark; several images are
                numbered.
            num_patches_list: Tiles of each image; None puts all tiles into one block.
            history: Earlier (question, answer) pairs, as ``return_history`` gives them.
            max_new_tokens: Most tokens of the answer.
            sampling: How to generate, instead of greedily; its ``max_new_tokens`` counts then.
            return_history: Whether to give the conversation as well.

        Returns:
            The answer, and with ``return_history`` the conversation with this question and answer at its end.

        Raises:
            UsageError: Tiles, images and marks don't match.
        """
        counts = _counts(pixel_values, num_patches_list)
        if not history:
            question, _ = place_images(question, (), len(counts))
        _, ids = self.build(question, counts, history)
        images = [_image(part) for part in _split(pixel_values, counts) if len(part)]
        answer = self._run(ids, images, sampling or Sampling(max_new_tokens=max_new_tokens)).text
        return (answer, [*(history or ()), (question, answer)]) if return_history else answer

    chat = generate
    """The original's name for it."""

    def batch_chat(
        self,
        pixel_values: torch.Tensor | None,
        questions: Sequence[str],
        *,
        num_patches_list: Sequence[int] | None = None,
        max_new_tokens: int = 1024,
        sampling: Sampling | None = None,
    ) -> list[str]:
        """Answer several questions at once, each about its own image (``model.batch_chat``); see ``batch_ids``."""
        return [
            result.text for result in self._batch(pixel_values, questions, num_patches_list, max_new_tokens, sampling)
        ]

    def batch_ids(
        self,
        pixel_values: torch.Tensor | None,
        questions: Sequence[str],
        *,
        num_patches_list: Sequence[int] | None = None,
        max_new_tokens: int = 1024,
        sampling: Sampling | None = None,
    ) -> list[list[int]]:
        """Give the new tokens of every row of a batch, padded on the left, each up to its stop token.

        Args:
            pixel_values: The tiles of all images, one image per question in order; None without images.
            questions: The first ``<image>`` of each is its image; it gets one in front if it has none.
            num_patches_list: Tiles of each image; None where each image is one tile. 0 is an empty block, not none.
            max_new_tokens: Most tokens of an answer.
            sampling: How to generate, instead of greedily.

        Raises:
            UsageError: Tiles, images and questions don't match.
        """
        results = self._batch(pixel_values, questions, num_patches_list, max_new_tokens, sampling)
        return [self._new_ids(result) for result in results]

    def _batch(
        self,
        pixel_values: torch.Tensor | None,
        questions: Sequence[str],
        num_patches_list: Sequence[int] | None,
        max_new_tokens: int,
        sampling: Sampling | None,
    ) -> list[Generation]:
        if pixel_values is None:
            prompts = [(self.build(question)[0], list[ImageInput]()) for question in questions]
        else:
            counts = _counts(pixel_values, num_patches_list or [1] * len(pixel_values))
            if len(counts) != len(questions):
                raise UsageError(f"{len(questions)} questions, but {len(counts)} images", "give one image per question")
            parts = zip(questions, counts, _split(pixel_values, counts), strict=True)
            prompts = [
                (self.build(question, [count])[0], [_image(part)] if count else []) for question, count, part in parts
            ]
        return generate_batch(self.runner, prompts, sampling or Sampling(max_new_tokens=max_new_tokens))

    def _run(self, ids: Sequence[int], images: Sequence[ImageInput], sampling: Sampling) -> Generation:
        self.runner.forget()  # an answer here must not depend on what was asked before
        return self.runner.run(ids, images, sampling)

    def _new_ids(self, result: Generation) -> list[int]:
        return [*result.ids, self.runner.stop_id] if result.finish_reason == "stop" else list(result.ids)

    def _ids(self, prompt: Prompt, tiles: int) -> list[int]:
        return self.runner.encode(_row(prompt) if isinstance(prompt, torch.Tensor) else prompt, tiles)


def _row(ids: torch.Tensor) -> list[int]:
    """Give the ids of one prompt; several rows are not joined, because each would be a text of its own.

    Raises:
        UsageError: There are more rows than one, or the numbers are no ids.
    """
    if ids.ndim != 1 and (ids.ndim != 2 or len(ids) != 1):
        raise UsageError(
            f"a tensor of ids is (tokens,) or (1, tokens), and this one is {tuple(ids.shape)}",
            "give one prompt at a time, or several questions to batch_chat",
        )
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise UsageError(f"a tensor of ids holds whole numbers, and this one {ids.dtype}", "give it as torch.long")
    row: list[int] = ids.flatten().tolist()
    return row


def _image(pixels: torch.Tensor) -> ImageInput:
    return ImageInput(len(pixels), lambda: pixels)


def _counts(pixel_values: torch.Tensor | None, num_patches_list: Sequence[int] | None) -> tuple[int, ...]:
    """Give the tiles of each image, and check that they are all there."""
    tiles = 0 if pixel_values is None else len(pixel_values)
    counts = tuple(num_patches_list) if num_patches_list is not None else (tiles,) * bool(tiles)
    if sum(counts) != tiles or any(count < 0 for count in counts):
        raise UsageError(f"{tiles} tiles, but num_patches_list says {'+'.join(map(str, counts)) or '0'}")
    return counts


def _split(pixel_values: torch.Tensor | None, counts: Sequence[int]) -> tuple[torch.Tensor, ...]:
    return () if pixel_values is None else torch.split(pixel_values, list(counts))
