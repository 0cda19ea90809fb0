"""What the tokenizer's files say: added tokens with their flags, special tokens, switches. Plain JSON, no library.

The rules are those of transformers 4.37.2's ``from_pretrained``: ``added_tokens_decoder`` of ``tokenizer_config.json``
counts alone where it is there; otherwise ``special_tokens_map.json``, ``added_tokens.json`` and the ``added_tokens`` of
``tokenizer.json`` are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError
from internvl_cli.model.config import read_json
from internvl_cli.model.values import brief

__all__ = ["AddedToken", "TokenizerFiles", "read_tokenizer_files"]

_SPECIAL_ATTRIBUTES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")

# What each class of the reference assumes where the file is silent.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "InternLM2Tokenizer": {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "</s>",
        "add_bos_token": True,
        "clean_up_tokenization_spaces": False,
    },
    "LlamaTokenizer": {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "add_bos_token": True,
        "clean_up_tokenization_spaces": False,
    },
    "Qwen2Tokenizer": {
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "clean_up_tokenization_spaces": False,
    },
}


@dataclass(frozen=True, slots=True)
class AddedToken:
    """A token that the text is split at before anything else.

    Attributes:
        content: As written.
        lstrip: Whether it eats white space before it.
        rstrip: Whether it eats white space after it.
        single_word: Whether it counts only between white space.
        special: As flagged in the file; what ``decode`` drops is decided elsewhere.
        normalized: Whether it is matched after normalisation.
    """

    content: str
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    special: bool = False
    normalized: bool = True


@dataclass(frozen=True)
class TokenizerFiles:
    """A tokenizer's files, read.

    Attributes:
        folder: Where they are.
        kind: Class named in ``tokenizer_config.json``, without ``Fast``; empty if none.
        fast: Whether the named class ends in ``Fast``.
        settings: ``tokenizer_config.json`` over the class's defaults.
        added: Id to added token.
        special: Special tokens by role; ``additional_special_tokens`` under their own names.
    """

    folder: Path
    kind: str
    fast: bool
    settings: Mapping[str, Any]
    added: Mapping[int, AddedToken]
    special: Mapping[str, str]

    def has(self, *names: str) -> bool:
        """Whether all these files are there."""
        return all((self.folder / name).is_file() for name in names)


def read_tokenizer_files(folder: Path) -> TokenizerFiles:
    """Read the tokenizer's JSON files.

    Raises:
        ModelError: They are missing or damaged.
    """
    settings = read_json(folder / "tokenizer_config.json")
    if not isinstance(settings, dict):
        raise ModelError(f"{folder / 'tokenizer_config.json'}: not a JSON object", "download the file again")
    name = str(settings.get("tokenizer_class") or "")
    kind = name.removesuffix("Fast")
    settings = {**_DEFAULTS.get(kind, {}), **settings}
    try:
        if "added_tokens_decoder" in settings:
            added = {int(index): _added(token) for index, token in settings["added_tokens_decoder"].items()}
        else:
            settings.update(_special_tokens_map(folder))
            added = _legacy_added(folder, settings)
        special = _special(settings)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder}: damaged tokenizer files ({brief(repr(error))})", "download them again") from error
    return TokenizerFiles(folder, kind, name.endswith("Fast"), settings, added, special)


def _added(token: Mapping[str, Any]) -> AddedToken:
    special = bool(token.get("special", False))
    return AddedToken(
        content=str(token["content"]),
        lstrip=bool(token.get("lstrip", False)),
        rstrip=bool(token.get("rstrip", False)),
        single_word=bool(token.get("single_word", False)),
        special=special,
        normalized=bool(token.get("normalized", not special)),
    )


def _special_tokens_map(folder: Path) -> dict[str, Any]:
    path = folder / "special_tokens_map.json"
    return dict(read_json(path)) if path.is_file() else {}


def _legacy_added(folder: Path, settings: Mapping[str, Any]) -> dict[int, AddedToken]:
    special = set(_special(settings).values())
    added: dict[int, AddedToken] = {}
    if (folder / "added_tokens.json").is_file():
        for content, index in read_json(folder / "added_tokens.json").items():
            is_special = content in special
            added[int(index)] = AddedToken(content, special=is_special, normalized=not is_special)
    if (folder / "tokenizer.json").is_file():
        for token in read_json(folder / "tokenizer.json").get("added_tokens", []):
            added[int(token["id"])] = _added(token)
    return added


def _special(settings: Mapping[str, Any]) -> dict[str, str]:
    found = {role: _name(settings[role]) for role in _SPECIAL_ATTRIBUTES if settings.get(role)}
    for token in settings.get("additional_special_tokens") or []:
        found.setdefault(_name(token), _name(token))
    return found


def _name(token: Any) -> str:
    return str(token["content"]) if isinstance(token, dict) else str(token)
