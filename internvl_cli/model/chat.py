"""Prompts, to the character as InternVL2 was trained on: conversation templates as data, ``<image>`` marks expanded.

Nothing here imports anything heavy. The templates are those of ``conversation.py`` and ``InternVLChatModel.chat`` in
OpenGVLab/InternVL. The tokenizers' own chat templates differ (a newline after the separator, no system message).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from internvl_cli.errors import ModelError, UsageError

__all__ = [
    "IMAGE",
    "SHORT_ANSWER",
    "TEMPLATES",
    "Template",
    "build_prompt",
    "clean_answer",
    "get_template",
    "image_tokens",
    "place_images",
]

IMAGE = "<image>"
"""Where an image stands in a question."""

IMAGE_START, IMAGE_CONTEXT, IMAGE_END = "<img>", "<IMG_CONTEXT>", "</img>"

SHORT_ANSWER = "Answer the question using a single word or phrase."
"""What the benchmarks add to a question (DocVQA, ChartQA, InfoVQA, TextVQA in the authors' evaluation)."""

History = Sequence[tuple[str, str]]

_SYSTEM_2 = (
    "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。"
)
_SYSTEM_2_5 = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
)


@dataclass(frozen=True, slots=True)
class Template:
    """How a conversation is written down.

    Attributes:
        name: As in the checkpoint's config.
        system_role: In front of the system message.
        user_role: In front of a question.
        assistant_role: In front of an answer.
        separator: After every message. No newline belongs to it in InternVL2.
        system: The system message.
    """

    name: str
    system_role: str
    user_role: str
    assistant_role: str
    separator: str
    system: str

    @property
    def stop_token(self) -> str:
        """The one token that ends an answer; the eos of the config or the tokenizer does not."""
        return self.separator.strip()


def _im_start(name: str, separator: str, system: str) -> Template:
    return Template(name, "<|im_start|>system\n", "<|im_start|>user\n", "<|im_start|>assistant\n", separator, system)


TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in (
        _im_start("Hermes-2", "<|im_end|>", _SYSTEM_2),
        _im_start("internlm2-chat", "<|im_end|>", _SYSTEM_2),
        Template("phi3-chat", "<|system|>\n", "<|user|>\n", "<|assistant|>\n", "<|end|>", _SYSTEM_2),
        _im_start("internvl2_5", "<|im_end|>\n", _SYSTEM_2_5),
    )
}
"""The templates of InternVL2 (1B and 40B, 2B/8B/26B/76B, 4B) and of InternVL2.5."""


def get_template(name: str) -> Template:
    """Give a template by the name in the checkpoint's config.

    Raises:
        ModelError: There is no such template.
    """
    try:
        return TEMPLATES[name]
    except KeyError:
        raise ModelError(
            f"unknown conversation template {name!r}", f"config.json must name one of {', '.join(TEMPLATES)}"
        ) from None


def image_tokens(tiles: int, tokens_per_tile: int = 256) -> str:
    """Write what stands for an image of so many tiles (thumbnail included)."""
    return f"{IMAGE_START}{IMAGE_CONTEXT * (tiles * tokens_per_tile)}{IMAGE_END}"


def place_images(
    question: str, history: History, images: int, *, number: bool | None = None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Put ``<image>`` marks in front of a conversation that has none.

    One image gets ``<image>`` and a newline, several get ``Image-1: <image>`` and so on, as the authors write them. The
    marks go to the first question, where ``chat`` leaves them for later turns.

    Args:
        question: The question to be answered.
        history: Earlier (question, answer) pairs.
        images: How many images there are.
        number: Whether to number them; None numbers several and not one.

    Returns:
        Question and history. Unchanged where there are no images, or marks stand already.
    """
    turns = tuple((asked, answered) for asked, answered in history)
    if not images or IMAGE in question or any(IMAGE in asked or IMAGE in answered for asked, answered in turns):
        return question, turns
    numbered = images > 1 if number is None else number
    marks = "".join(f"Image-{i}: {IMAGE}\n" if numbered else f"{IMAGE}\n" for i in range(1, images + 1))
    if not turns:
        return marks + question, turns
    (first, answered), *rest = turns
    return question, ((marks + first, answered), *rest)


def build_prompt(
    template: str,
    question: str,
    *,
    history: History | None = (),
    tiles_per_image: Sequence[int] = (),
    tokens_per_tile: int = 256,
    system: str | None = None,
) -> str:
    """Write the prompt that ``InternVLChatModel.chat`` would, up to where the answer begins.

    Marks are added to the question only where there are images, no history and no ``<image>``. They are replaced one
    per image, first to last over the whole prompt, history included. An empty message prints its role and no separator.

    Args:
        template: Name of the conversation template.
        question: As the user wrote it.
        history: Earlier (question, answer) pairs.
        tiles_per_image: Tiles of each image, thumbnail included; one number for all tiles in one block.
        tokens_per_tile: Language model tokens of a tile.
        system: Another system message than the template's.

    Raises:
        ModelError: The template is unknown.
        UsageError: There are more images than ``<image>`` marks.
    """
    style = get_template(template)
    turns: History = history or ()
    if not turns:
        question, turns = place_images(question, turns, len(tiles_per_image))
    parts = [style.system_role, style.system if system is None else system, style.separator]
    for asked, answered in turns:
        parts += _message(style.user_role, asked, style) + _message(style.assistant_role, answered, style)
    parts += [*_message(style.user_role, question, style), style.assistant_role]
    return _expand("".join(parts), tiles_per_image, tokens_per_tile)


def _message(role: str, text: str, style: Template) -> list[str]:
    return [role, text, style.separator] if text else [role]


def _expand(prompt: str, tiles_per_image: Sequence[int], tokens_per_tile: int) -> str:
    """Replace the first marks, one per image; marks beyond the last image stay as they are."""
    head, *tail = prompt.split(IMAGE, len(tiles_per_image))
    if len(tail) != len(tiles_per_image):
        raise UsageError(
            f"{len(tiles_per_image)} images, but the conversation has {len(tail)} {IMAGE} marks",
            f"write one {IMAGE} per image, or none at all",
        )
    pieces = (image_tokens(tiles, tokens_per_tile) + text for tiles, text in zip(tiles_per_image, tail, strict=True))
    return head + "".join(pieces)


def clean_answer(text: str, template: str) -> str:
    """Cut an answer at the separator and strip white space, as ``chat`` does."""
    return text.split(get_template(template).stop_token, 1)[0].strip()
