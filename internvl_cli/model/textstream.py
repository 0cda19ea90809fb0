"""From token ids to pieces of text while an answer is still being made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from internvl_cli.model.checkpoint import ChatTokenizer

__all__ = ["TextStream"]

_UNSETTLED = re.compile(r"\ufffd{1,3}$|(?:\s*'\s*|\s+(?:n'?|'[vr])?)$")
"""What the next token may still change at the end of a text: bytes of an unfinished character, white space (the end of
an answer is stripped), space before ``'s``, ``n't`` and the like, which some tokenizers tidy away, and an apostrophe:
whether they tidy the space before it away depends on what comes behind it."""


class TextStream:
    """Gives the text that is certain after each token; joined, the pieces are the answer.

    The whole answer is decoded anew for each token, because tokenizers don't decode piece by piece (leading spaces,
    characters over several tokens, tidied punctuation); for a thousand tokens that is a small part of a decoding step.

    Args:
        tokenizer: Of the checkpoint.
        stop_token: Text that ends the answer, should it come spelled out.
    """

    def __init__(self, tokenizer: ChatTokenizer, stop_token: str) -> None:
        self._tokenizer = tokenizer
        self._stop = stop_token
        self._ids: list[int] = []
        self._given = ""

    @property
    def text(self) -> str:
        """All text given so far."""
        return self._given

    def push(self, token: int) -> str:
        """Take a token and give the text that it settles; often empty."""
        self._ids.append(token)
        text = self._decode()
        for length in range(min(len(self._stop) - 1, len(text)), 0, -1):
            if text.endswith(self._stop[:length]):
                text = text[:-length]
                break
        while unsettled := _UNSETTLED.search(text):
            text = text[: unsettled.start()]
        return self._give(text)

    def finish(self) -> str:
        """Give the rest: the answer is then what ``chat`` would return, cut at the stop token and stripped."""
        text = self._decode().rstrip()
        piece = self._give(text)
        # What was given can't be taken back, but what is kept is right, should a tokenizer tidy in another way.
        self._given = text
        return piece

    def whole(self, ids: Sequence[int]) -> str:
        """Give the text of an answer that is already there."""
        self._ids = list(ids)
        self._given = ""
        return self.finish()

    def _decode(self) -> str:
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return text.split(self._stop, 1)[0].lstrip()

    def _give(self, text: str) -> str:
        if not text.startswith(self._given):
            return ""
        piece = text[len(self._given) :]
        self._given = text
        return piece
