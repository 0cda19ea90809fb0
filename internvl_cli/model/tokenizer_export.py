"""A tokenizer of ours as one ``tokenizer.json``, for programs that know only the tokenizers library.

Same ids as ours for prompts, whose first token is an added token. One difference is left, in ``legacy=False`` Llama
tokenizers (Phi-3): the mark that the reference puts before the text is a token of the post-processor here, so that text
that does *not* begin with an added token is cut otherwise at its first word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from internvl_cli.errors import ModelError
from internvl_cli.model.tokenizer import (
    UNDERLINE,
    FastTokenizer,
    Qwen2Tokenizer,
    SplittingTokenizer,
)

__all__ = ["export_tokenizer"]

_BPE, _UNIGRAM = 2, 1  # TrainerSpec.ModelType of sentencepiece_model.proto
_NORMAL, _UNKNOWN, _USER_DEFINED, _BYTE = 1, 2, 4, 6  # ModelProto.SentencePiece.Type


@dataclass
class _Proto:
    """What of a sentencepiece model decides how it cuts."""

    pieces: list[tuple[str, float, int]] = field(default_factory=list)
    model_type: int = _UNIGRAM
    byte_fallback: bool = False
    dummy_prefix: bool = True
    strips: bool = True
    charsmap: bytes = b""


def export_tokenizer(tokenizer: SplittingTokenizer | FastTokenizer) -> Any:
    """Build a ``tokenizers.Tokenizer`` that gives the same ids.

    Raises:
        ModelError: The sentencepiece model is of a kind that tokenizers cannot do.
    """
    if isinstance(tokenizer, FastTokenizer):
        return tokenizer.model
    if isinstance(tokenizer, Qwen2Tokenizer):
        from tokenizers import Tokenizer, decoders, normalizers

        model = Tokenizer.from_str(tokenizer.model.to_str())
        model.normalizer = normalizers.NFC()
        model.decoder = decoders.ByteLevel()
    else:
        model = _sentencepiece(tokenizer)
    model = _with_added_tokens(model, tokenizer)
    _add_front(model, tokenizer)
    return model


def _sentencepiece(tokenizer: Any) -> Any:
    from tokenizers import Tokenizer, decoders, normalizers
    from tokenizers.models import BPE, Unigram

    proto = _parse(tokenizer.model.serialized_model_proto())
    if proto.strips:
        raise ModelError("tokenizer.model removes extra white space, which cannot be exported", "convert by hand")
    vocab = {piece: index for index, (piece, _, _) in enumerate(proto.pieces)}
    if proto.model_type == _BPE:
        unknown = next(piece for piece, _, kind in proto.pieces if kind == _UNKNOWN)
        merges = list(_merges(proto, vocab))
        bpe = BPE(vocab, merges, unk_token=unknown, fuse_unk=True, byte_fallback=proto.byte_fallback)
        model = Tokenizer(bpe)
    elif proto.model_type == _UNIGRAM:
        scores = [(piece, score) for piece, score, _ in proto.pieces]
        model = Tokenizer(Unigram(scores, unk_id=tokenizer.model.unk_id(), byte_fallback=proto.byte_fallback))
    else:
        raise ModelError("tokenizer.model is neither BPE nor unigram", "convert by hand")
    steps: list[Any] = [normalizers.Precompiled(proto.charsmap)] if proto.charsmap else []
    # Applied to every piece between added tokens, as the reference encodes each by itself.
    steps += [normalizers.Prepend(UNDERLINE)] if proto.dummy_prefix else []
    model.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", UNDERLINE)])
    back: list[Any] = [decoders.Replace(UNDERLINE, " "), decoders.ByteFallback(), decoders.Fuse()]
    model.decoder = decoders.Sequence([*back, decoders.Strip(" ", 1, 0)] if proto.dummy_prefix else back)
    # User-defined pieces are found before all others.
    known = {token.content for token in tokenizer.added.values()} | set(_shadowed(tokenizer))
    from tokenizers import AddedToken

    user = [piece for piece, _, kind in proto.pieces if kind == _USER_DEFINED and piece not in known]
    model.add_tokens([AddedToken(piece, normalized=False) for piece in user])
    return model


def _shadowed(tokenizer: Any) -> Iterator[str]:
    """Pieces whose ids added tokens have taken over."""
    for index in tokenizer.added:
        if index < tokenizer.vocab_size:
            yield str(tokenizer.model.id_to_piece(index))


def _merges(proto: _Proto, vocab: dict[str, int]) -> Iterator[tuple[str, str]]:
    """All pairs of pieces that make a piece, best first: sentencepiece merges whatever adjacent pair scores highest."""
    ranked = sorted(
        (-score, index, piece) for index, (piece, score, kind) in enumerate(proto.pieces) if kind == _NORMAL
    )
    for _, _, piece in ranked:
        pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        found = [pair for pair in pairs if pair[0] in vocab and pair[1] in vocab]
        yield from sorted(found, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))


def _with_added_tokens(model: Any, tokenizer: SplittingTokenizer) -> Any:
    """Put the added tokens on their ids: in the vocabulary where they replace a piece, else behind it in order."""
    import json

    from tokenizers import AddedToken, Tokenizer

    state = json.loads(model.to_str())
    _rename(state["model"], tokenizer)
    model = Tokenizer.from_str(json.dumps(state))
    special = set(tokenizer.special)
    for index, token in sorted(tokenizer.added.items()):
        flags = {"lstrip": token.lstrip, "rstrip": token.rstrip, "single_word": token.single_word}
        is_special = token.special or token.content in special
        added = AddedToken(token.content, special=is_special, normalized=False, **flags)
        (model.add_special_tokens if is_special else model.add_tokens)([added])
        if model.token_to_id(token.content) != index:
            raise ModelError(
                f"{token.content!r} cannot keep its id {index}: ids before it are unused", "convert by hand"
            )
    return model


def _rename(model: dict[str, Any], tokenizer: SplittingTokenizer) -> None:
    """Give pieces that stand for an added token (InternLM2's unused ones) its name."""
    names = {index: token.content for index, token in tokenizer.added.items()}
    if isinstance(model["vocab"], dict):
        pieces = {index: piece for piece, index in model["vocab"].items()}
        pieces.update({index: name for index, name in names.items() if index in pieces})
        model["vocab"] = {piece: index for index, piece in sorted(pieces.items())}
        kept = model["vocab"].keys()
        model["merges"] = [m for m in model["merges"] if "".join(_pair(m)) in kept and all(p in kept for p in _pair(m))]
        return
    for index, name in names.items():
        if index < len(model["vocab"]):
            model["vocab"][index][0] = name


def _pair(merge: str | list[str]) -> tuple[str, str]:
    left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
    return left, right


def _add_front(model: Any, tokenizer: SplittingTokenizer) -> None:
    """What stands before the first token of a prompt: BOS and, for Llama without ``legacy``, the mark for a space."""
    from tokenizers import processors

    first = next((name for name in ("<|im_start|>", "<|system|>") if tokenizer.token_id(name) is not None), None)
    ids = tokenizer.encode(first)[:-1] if first else []
    front = [(str(model.id_to_token(index)), index) for index in ids]
    if front:
        template = " ".join(f"{name}:0" for name, _ in front)
        model.post_processor = processors.TemplateProcessing(f"{template} $A:0", special_tokens=front)


def _parse(data: bytes) -> _Proto:
    """Read the fields that matter of a ``ModelProto`` (sentencepiece_model.proto); protobuf is not needed for that."""
    proto = _Proto()
    for number, value in _fields(data):
        if number == 1:  # SentencePiece: piece, score, type
            given = dict(_fields(value))
            proto.pieces.append((given[1].decode(), _float(given.get(2, b"\0\0\0\0")), int(given.get(3, _NORMAL))))
        elif number == 2:  # TrainerSpec: model_type = 3, byte_fallback = 35
            given = dict(_fields(value))
            proto.model_type = int(given.get(3, _UNIGRAM))
            proto.byte_fallback = bool(given.get(35, 0))
        elif number == 3:  # NormalizerSpec; a later one is merged into an earlier one
            given = dict(_fields(value))
            proto.charsmap = given.get(2, proto.charsmap)
            proto.dummy_prefix = bool(given.get(3, proto.dummy_prefix))
            proto.strips = bool(given.get(4, proto.strips))
    return proto


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers and raw values of a protobuf message (https://protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value: Any
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if wire == 2 else (8 if wire == 1 else 4, at)
            value, at = data[at : at + size], at + size
        yield number, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _float(data: bytes) -> float:
    import struct

    return float(struct.unpack("<f", data)[0])
