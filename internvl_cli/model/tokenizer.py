"""Tokenizers of all families from the files in their repositories, without their Python files.

The reference (transformers 4.37.2, ``use_fast=False``) splits the text at the added tokens, encodes every piece in
between by itself, and puts a BOS in front where its class does. ``SplittingTokenizer`` does the same around
sentencepiece (InternLM2, Llama: Yi and Phi-3) or byte-level BPE (Qwen2). Where the reference itself is a fast tokenizer
(Llama-3, native checkpoints), ``tokenizer.json`` is used as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from internvl_cli.errors import ModelError
from internvl_cli.model.tokenizer_files import AddedToken, TokenizerFiles, read_tokenizer_files
from internvl_cli.model.values import brief

__all__ = [
    "FastTokenizer",
    "InternLM2Tokenizer",
    "LlamaTokenizer",
    "Qwen2Tokenizer",
    "SplittingTokenizer",
    "load_tokenizer",
]

UNDERLINE = "▁"
"""Sentencepiece's mark for a space."""

# transformers' clean_up_tokenization, in its order.
_TIDY = [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't")]
_TIDY += [(" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")]

# Qwen2's split into words (transformers, tokenization_qwen2.py).
QWEN2_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# A second normalizer_spec (field 3) that says add_dummy_prefix (field 3) = false; protobuf merges it into the first.
_NO_DUMMY_PREFIX = b"\x1a\x02\x18\x00"


def load_tokenizer(folder: Path) -> SplittingTokenizer | FastTokenizer:
    """Open the tokenizer of a checkpoint, of the kind that ``tokenizer_config.json`` names.

    Raises:
        ModelError: Files are missing or damaged, or the kind is unknown.
    """
    files = read_tokenizer_files(folder)
    try:
        if files.has("tokenizer.json") and (files.fast or files.kind not in _KINDS):
            return FastTokenizer(files)
        kind = _KINDS.get(files.kind)
        if kind is not None and files.has(*kind.needs):
            return kind(files)
        if files.has("tokenizer.json"):
            return FastTokenizer(files)
    except ModelError:
        raise
    # tokenizers raises plain Exception, sentencepiece RuntimeError and OSError.
    except Exception as error:
        raise ModelError(f"{folder}: damaged tokenizer files ({brief(error)})", "download them again") from error
    needs = " and ".join(kind.needs) if kind else "tokenizer.json"
    raise ModelError(f"{folder}: no {needs} for the tokenizer {files.kind!r}", "download the checkpoint again")


def tidy(text: str) -> str:
    """Remove spaces before punctuation and contractions, as the reference's decoding does."""
    for before, after in _TIDY:
        text = text.replace(before, after)
    return text


class SplittingTokenizer(ABC):
    """The reference's "slow" tokenizer: added tokens first, every piece between them by itself."""

    needs: tuple[str, ...] = ()
    joint = " "
    """What ``decode`` puts between added tokens and text."""

    def __init__(self, files: TokenizerFiles) -> None:
        self.files = files
        self._by_id = dict(files.added)
        self._ids = {token.content: index for index, token in files.added.items()}
        self.special = list(dict.fromkeys(files.special.values()))
        self._add_special_tokens()
        # Longest first: at one place the longest added token wins.
        contents = sorted(self._ids, key=len, reverse=True)
        self._added_pattern = re.compile("(" + "|".join(map(re.escape, contents)) + ")") if contents else None
        self._special_names = set(self.special)
        self._special_ids = {self._ids[token] for token in self.special}
        additional = set(files.special) & self._ids.keys()
        self._separate = (self._ids.keys() - self._special_names) | {
            token for token in additional if self._ids[token] >= self.vocab_size
        }

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """Tokens of the vocabulary file, added tokens beyond it aside."""

    @abstractmethod
    def _encode_piece(self, text: str) -> list[int]: ...

    @abstractmethod
    def _piece_to_id(self, piece: str) -> int | None:
        """Id of a token of the vocabulary file."""

    @abstractmethod
    def _id_to_piece(self, index: int) -> str: ...

    @abstractmethod
    def _join(self, pieces: list[str]) -> str:
        """Text of tokens."""

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt, special tokens written out in it included."""
        return self._tokenize(text)

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Text of ids. ``skip_special_tokens`` drops those of the special tokens map, not all that are flagged."""
        parts: list[str] = []
        run: list[str] = []
        for index in map(int, ids):
            if skip_special_tokens and index in self._special_ids:
                continue
            token = self._by_id[index].content if index in self._by_id else self._id_to_piece(index)
            if token in self._separate:
                parts += [self._join(run)] if run else []
                parts.append(token)
                run = []
            else:
                run.append(token)
        parts += [self._join(run)] if run else []
        # The reference drops empty text between added tokens, but keeps it at the end.
        kept = [part for part in parts[:-1] if part] + parts[-1:]
        text = self.joint.join(kept)
        return tidy(text) if self.files.settings.get("clean_up_tokenization_spaces") else text

    def token_id(self, token: str) -> int | None:
        """Id of one token by its exact name."""
        return self._ids[token] if token in self._ids else self._piece_to_id(token)

    @property
    def added(self) -> dict[int, AddedToken]:
        """Id to added token, special tokens that the files only name included."""
        return dict(self._by_id)

    def _tokenize(self, text: str) -> list[int]:
        ids: list[int] = []
        for piece in self._split(text):
            if piece in self._ids:
                ids.append(self._ids[piece])
            elif piece:
                ids.extend(self._encode_piece(piece))
        return ids

    def _split(self, text: str) -> list[str]:
        """Cut at the added tokens and let them eat the white space that their flags give them."""
        pieces = [piece for piece in self._added_pattern.split(text) if piece] if self._added_pattern else [text]
        for i, piece in enumerate(pieces):
            if piece not in self._ids:
                continue
            token = self._by_id[self._ids[piece]]
            left = pieces[i - 1] if i > 0 else ""
            right = pieces[i + 1] if i + 1 < len(pieces) else ""
            if token.rstrip and right:
                pieces[i + 1] = right.lstrip()
            if token.lstrip and left:
                pieces[i - 1] = left.rstrip()
            if token.single_word and left and left[-1] != " ":
                pieces[i - 1] += piece
                pieces[i] = ""
            elif token.single_word and right and right[0] != " ":
                pieces[i + 1] = piece + pieces[i + 1]
                pieces[i] = ""
        return pieces

    def _add_special_tokens(self) -> None:
        """Special tokens that are only named become added tokens too, new ones behind the vocabulary."""
        for content in self.special:
            if content in self._ids:
                continue
            index = self._piece_to_id(content)
            if index is None:
                index = max([self.vocab_size, *(i + 1 for i in self._by_id)])
            self._by_id[index] = AddedToken(content, special=True, normalized=False)
            self._ids[content] = index


class _SentencePiece(SplittingTokenizer):
    """Around a sentencepiece model (``tokenizer.model``)."""

    needs = ("tokenizer.model",)
    keeps_dummy_prefix = True
    _space_first = False

    def __init__(self, files: TokenizerFiles) -> None:
        from sentencepiece import SentencePieceProcessor

        proto = (files.folder / "tokenizer.model").read_bytes()
        if not self.keeps_dummy_prefix:
            proto += _NO_DUMMY_PREFIX
        self.model: Any = SentencePieceProcessor()
        if not proto or not self.model.LoadFromSerializedProto(proto):
            raise ModelError(f"{files.folder / 'tokenizer.model'}: not a sentencepiece model", "download it again")
        super().__init__(files)

    @property
    def vocab_size(self) -> int:
        """Tokens of the vocabulary file."""
        return int(self.model.get_piece_size())

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt, with the BOS and EOS that the settings ask for (Qwen2's class has no such settings)."""
        settings = self.files.settings
        bos = [self._id_of("bos")] if settings.get("add_bos_token") else []
        eos = [self._id_of("eos")] if settings.get("add_eos_token") else []
        return bos + super().encode(text) + eos

    def _id_of(self, role: str) -> int:
        name = self.files.special.get(f"{role}_token", "")
        index = self.token_id(name) if name else None
        if index is None:
            raise ModelError(f"{self.files.folder}: no id for the {role}_token {brief(name)!r}", "download it again")
        return index

    def _encode_piece(self, text: str) -> list[int]:
        return list(self.model.encode(text))

    def _piece_to_id(self, piece: str) -> int | None:
        index = int(self.model.piece_to_id(piece))
        return index if index != self.model.unk_id() or piece == self.model.id_to_piece(index) else None

    def _id_to_piece(self, index: int) -> str:
        # Some checkpoints have more rows than tokens; the reference fails on such an id, we show nothing.
        return str(self.model.id_to_piece(index)) if index < self.vocab_size else ""

    def _join_runs(self, pieces: list[str], space: bool) -> str:
        """Decode between special tokens; ``space`` puts one before each group of them but a leading one."""
        out, after_special = "", False
        run: list[str] = []
        for i, piece in enumerate(pieces):
            if piece in self._special_names:
                if not after_special and space and (i != 0 or self._space_first):
                    out += " "
                out += self.model.decode(run) + piece
                run, after_special = [], True
            else:
                run.append(piece)
                after_special = False
        return out + str(self.model.decode(run))


class InternLM2Tokenizer(_SentencePiece):
    """InternLM2's: sentencepiece as it is, BOS by the model file, always tidied text."""

    _space_first = True

    def _id_of(self, role: str) -> int:
        return int(self.model.bos_id() if role == "bos" else self.model.eos_id())

    def _join(self, pieces: list[str]) -> str:
        # The reference adds a space in front and cuts the first character off: together nothing, after tidying.
        return tidy(self._join_runs(pieces, space=True))


class LlamaTokenizer(_SentencePiece):
    """Llama's slow tokenizer, ``legacy`` or not: Yi and Phi-3."""

    def __init__(self, files: TokenizerFiles) -> None:
        legacy = files.settings.get("legacy")
        self.legacy = True if legacy is None else bool(legacy)
        self.keeps_dummy_prefix = self.legacy
        super().__init__(files)

    def _tokenize(self, text: str) -> list[int]:
        if self.legacy or not text:
            return super()._tokenize(text)
        ids = super()._tokenize(UNDERLINE + text.replace(UNDERLINE, " "))
        # Without legacy one mark goes in front, and out again only before a token of the special tokens map.
        if len(ids) > 1 and ids[0] == self._piece_to_id(UNDERLINE) and ids[1] in self._special_ids:
            return ids[1:]
        return ids

    def _encode_piece(self, text: str) -> list[int]:
        if self.legacy or not text.startswith((UNDERLINE, " ")):
            return super()._encode_piece(text)
        # Without a dummy prefix sentencepiece strips a leading space; behind another piece it stays.
        unknown = self.files.special.get("unk_token", "<unk>")
        ids = super()._encode_piece(unknown + text)
        length = len(super()._encode_piece(unknown))
        return ids[length:] if len(ids) >= length else ids

    def _join(self, pieces: list[str]) -> str:
        if pieces[0].startswith(UNDERLINE):
            pieces = [pieces[0][1:], *pieces[1:]]
        return self._join_runs(pieces, space=self.legacy)


class Qwen2Tokenizer(SplittingTokenizer):
    """Qwen2's: byte-level BPE over NFC text."""

    needs = ("vocab.json", "merges.txt")
    joint = ""

    def __init__(self, files: TokenizerFiles) -> None:
        from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
        from tokenizers.models import BPE

        model = Tokenizer(BPE.from_file(*(str(files.folder / name) for name in self.needs)))
        words = pre_tokenizers.Split(Regex(QWEN2_PATTERN), behavior="isolated")
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        model.pre_tokenizer = pre_tokenizers.Sequence([words, byte_level])
        self.model: Any = model
        self._bytes = decoders.ByteLevel()
        super().__init__(files)

    @property
    def vocab_size(self) -> int:
        """Tokens of the vocabulary file."""
        return int(self.model.get_vocab_size())

    def _tokenize(self, text: str) -> list[int]:
        return super()._tokenize(unicodedata.normalize("NFC", text))

    def _encode_piece(self, text: str) -> list[int]:
        return list(self.model.encode(text).ids)

    def _piece_to_id(self, piece: str) -> int | None:
        index: int | None = self.model.token_to_id(piece)
        return index

    def _id_to_piece(self, index: int) -> str:
        return str(self.model.id_to_token(index) or "")

    def _join(self, pieces: list[str]) -> str:
        return str(self._bytes.decode(pieces))


class FastTokenizer:
    """``tokenizer.json`` as it stands, with the tokens that ``tokenizer_config.json`` adds or flags otherwise."""

    def __init__(self, files: TokenizerFiles) -> None:
        from tokenizers import AddedToken as Token
        from tokenizers import Tokenizer

        self.files = files
        self.model: Any = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
        # Neither is the reference's, which asks for none of them when it encodes.
        self.model.no_truncation()
        self.model.no_padding()
        special = set(files.special.values())
        contents = {token.content for token in files.added.values()}
        named = [AddedToken(name, normalized=False) for name in special - contents if self.token_id(name) is None]
        for token in [*(token for _, token in sorted(files.added.items())), *named]:
            flags = {"lstrip": token.lstrip, "rstrip": token.rstrip, "single_word": token.single_word}
            is_special = token.special or token.content in special
            added = Token(token.content, special=is_special, normalized=token.normalized, **flags)
            if is_special:
                self.model.add_special_tokens([added])
            else:
                self.model.add_tokens([added])
        # Absent means yes for the class that the reference uses here.
        self._tidies = bool(files.settings.get("clean_up_tokenization_spaces", True))

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt; BOS as the file's post-processor adds it."""
        return list(self.model.encode(text).ids)

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Text of ids."""
        text = str(self.model.decode([int(index) for index in ids], skip_special_tokens=skip_special_tokens))
        return tidy(text) if self._tidies else text

    def token_id(self, token: str) -> int | None:
        """Id of one token by its exact name."""
        index: int | None = self.model.token_to_id(token)
        return index


_KINDS: dict[str, type[SplittingTokenizer]] = {
    "InternLM2Tokenizer": InternLM2Tokenizer,
    "LlamaTokenizer": LlamaTokenizer,
    "Qwen2Tokenizer": Qwen2Tokenizer,
}
