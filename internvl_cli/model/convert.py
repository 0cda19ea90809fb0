"""Write a checkpoint in the native layout, for programs that know transformers' own InternVL only.

``AutoModelForImageTextToText``, ``AutoTokenizer``, ``AutoProcessor`` (where torchvision is installed), ``transformers
serve`` and vLLM open the result without remote code. The chat template writes the prompt that the model was trained on.
"""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError, OutputError, UsageError
from internvl_cli.model.chat import Template, build_prompt, get_template, image_tokens
from internvl_cli.model.checkpoint import IMAGE_TOKEN, CheckpointSpec, Loaded, load_checkpoint, read_spec
from internvl_cli.model.config import checkpoint_format, has_first_shuffle, read_config
from internvl_cli.model.loader import quiet
from internvl_cli.model.tokenizer import load_tokenizer
from internvl_cli.model.tokenizer_export import export_tokenizer

__all__ = ["Converted", "chat_template", "convert_checkpoint"]

# ImageNet's, as dataset.py of OpenGVLab/InternVL normalises.
_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_BICUBIC = 3  # PIL.Image.Resampling

_SIZE = re.compile(r"\d+(\.\d+)?\s*[KMGT]B", re.IGNORECASE)
"""How large a file may be, as transformers reads it."""

_VIDEO_TOKEN = "<video>"
"""InternVL2 has none; the native processor wants a name for one."""


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes:
        folder: The new checkpoint.
        files: Names of its files, sorted.
        total: Their size in bytes.
    """

    folder: Path
    files: tuple[str, ...]
    total: int


def convert_checkpoint(source: Path, target: Path, *, shard_size: str = "5GB") -> Converted:
    """Write the checkpoint ``source`` (original format) into the folder ``target`` in the native format.

    All weights are in memory at once. They keep their dtype.

    Args:
        source: Folder of the original checkpoint.
        target: New or empty folder.
        shard_size: Largest weight file: a number and KB, MB, GB or TB.

    Raises:
        UsageError: ``shard_size`` is no size.
        ModelError: The source cannot be loaded, or the native format cannot say what it says.
        OutputError: The target is not empty or cannot be written.
    """
    if not _SIZE.fullmatch(shard_size):
        raise UsageError(f"{shard_size!r} is no size of a file", "for example 500MB or 5GB")
    source, target = Path(source), Path(target)
    config = read_config(source)
    if checkpoint_format(config) == "native":
        raise ModelError(f"{source}: already in the native format", "use it as it is")
    vision = config["vision_config"]
    if vision.get("qk_normalization") and float(vision.get("layer_norm_eps", 1e-6)) != 1e-6:
        raise ModelError(
            f"{source}: its query and key norms have an eps other than 1e-6, which the native format cannot say",
            "use the original with internvl ask",
        )
    if has_first_shuffle(config) and read_spec(source).tokens_per_tile > 1:
        raise ModelError(
            f"{source}: its pixel shuffle is v1, which swaps rows and columns of a tile; the native format has v2 only",
            "use the original with internvl ask",
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(f"{target}: exists and is not empty", "give a new folder")
    loaded = load_checkpoint(source)
    tokenizer, front = _checked_export(source, loaded)
    try:
        target.mkdir(parents=True, exist_ok=True)
        _save_model(loaded, target, shard_size)
        _save_tokenizer(loaded, tokenizer, front, target)
        _save_processor(loaded.spec, target)
    except OSError as error:
        raise OutputError(
            f"{target}: {error.strerror or error}", "choose a folder with room for the weights"
        ) from error
    files = sorted(target.iterdir())
    return Converted(target, tuple(file.name for file in files), sum(file.stat().st_size for file in files))


def chat_template(template: Template, front: str = "") -> str:
    """The template as Jinja: system message unless one is given, no newline after the separator.

    An image in a message's content stands for its tokens and a newline, as ``<image>`` does in the original.

    Args:
        template: The conversation template.
        front: What the tokenizer puts before a text by itself, such as its BOS. Whoever writes a prompt by a chat
            template (vLLM, ``apply_chat_template``) tells the tokenizer to add nothing.
    """
    text = _jinja
    roles = f"{{'system': {text(template.system_role)}, 'user': {text(template.user_role)}, "
    roles += f"'assistant': {text(template.assistant_role)}}}"
    separator = text(template.separator)
    system = text(template.system_role + template.system + template.separator)
    content = (
        "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
        f"{{% if part['type'] == 'image' %}}{{{{ {text(IMAGE_TOKEN)} ~ '\\n' }}}}"
        f"{{% elif part['type'] == 'video' %}}{{{{ {text(_VIDEO_TOKEN)} ~ '\\n' }}}}"
        "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    )
    return (
        f"{{% set roles = {roles} %}}{front and f'{{{{ {text(front)} }}}}'}"
        f"{{% if messages[0]['role'] != 'system' %}}{{{{ {system} }}}}{{% endif %}}"
        f"{{% for message in messages %}}{{{{ roles[message['role']] }}}}{content}{{{{ {separator} }}}}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{{{{ {text(template.assistant_role)} }}}}{{% endif %}}"
    )


def _jinja(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _checked_export(source: Path, loaded: Loaded) -> tuple[Any, str]:
    """The tokenizer for the tokenizers library, and what it adds in front; compared with ours on prompts."""
    ours = load_tokenizer(source)
    exported = export_tokenizer(ours)
    prompts = _prompts(loaded.spec)
    front = _front(exported, prompts[0])
    for prompt in prompts:
        written = exported.encode(front + prompt, add_special_tokens=False)
        if not list(exported.encode(prompt).ids) == list(written.ids) == ours.encode(prompt):
            raise ModelError(
                f"{source}: its tokenizer cannot be written as tokenizer.json with the same ids",
                "use the original with internvl ask",
            )
    return exported, front


def _front(exported: Any, prompt: str) -> str:
    """The text of the tokens that the tokenizer puts before a prompt: BOS, and Phi-3's mark for a space."""
    added = exported.num_special_tokens_to_add(False)
    return "".join(exported.id_to_token(index) for index in exported.encode(prompt).ids[:added])


def _prompts(spec: CheckpointSpec) -> list[str]:
    template = spec.template
    image = image_tokens(1, spec.tokens_per_tile)
    questions = [
        "What is the total?",
        f"{image}\nWhat is the total amount, in EUR?  Don't guess.",
        f"Image-1: {image}\nImage-2: {image}\nCompare the pages.\n\n1. 12,345.67 €\n\t- ünïcödé, 日本語, 🙂",
        "<ref>the total</ref><box>[[1, 2, 3, 4]]</box> ",
    ]
    prompts = [build_prompt(template, question) for question in questions]
    return [*prompts, build_prompt(template, questions[0], history=(("first", "an answer"),))]


def _save_model(loaded: Loaded, target: Path, shard_size: str) -> None:
    transformers: Any = importlib.import_module("transformers")
    model, tokenizer = loaded.model, loaded.tokenizer
    stop = tokenizer.token_id(get_template(loaded.spec.template).stop_token)
    text: Any = model.config.text_config
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=text.bos_token_id, eos_token_id=stop, pad_token_id=_pad(text.pad_token_id, stop), do_sample=False
    )
    # Which prompt the model was trained on: native files have no place for it, and ignore what they do not know.
    model.config.template = loaded.spec.template
    with quiet():
        model.save_pretrained(target, max_shard_size=shard_size)


def _pad(pad: int | None, stop: int | None) -> int | None:
    return stop if pad is None else pad


def _save_tokenizer(loaded: Loaded, exported: Any, front: str, target: Path) -> None:
    ours: Any = loaded.tokenizer
    exported.save(str(target / "tokenizer.json"))
    roles = ("bos_token", "eos_token", "unk_token", "pad_token")
    template = get_template(loaded.spec.template)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": loaded.spec.context_length,
        "clean_up_tokenization_spaces": False,
        **{role: ours.files.special[role] for role in roles if role in ours.files.special},
        "eos_token": template.stop_token,
        "padding_side": "left",
        "extra_special_tokens": {
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": IMAGE_TOKEN,
            "video_token": _VIDEO_TOKEN,
        },
    }
    settings.setdefault("pad_token", template.stop_token)
    _write_json(target / "tokenizer_config.json", settings)
    (target / "chat_template.jinja").write_text(chat_template(template, front), encoding="utf-8")


def _save_processor(spec: CheckpointSpec, target: Path) -> None:
    side = {"height": spec.image_size, "width": spec.image_size}
    pixels = {
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": _MEAN,
        "image_std": _STD,
        "processor_class": "InternVLProcessor",
        "resample": _BICUBIC,
        "rescale_factor": 1 / 255,
        "size": side,
    }
    tiles = {"crop_to_patches": True, "min_patches": spec.min_tiles, "max_patches": spec.max_tiles}
    _write_json(
        target / "preprocessor_config.json", {**pixels, **tiles, "image_processor_type": "GotOcr2ImageProcessor"}
    )
    _write_json(target / "video_preprocessor_config.json", {**pixels, "video_processor_type": "InternVLVideoProcessor"})
    _write_json(
        target / "processor_config.json",
        {"image_seq_length": spec.tokens_per_tile, "processor_class": "InternVLProcessor"},
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
