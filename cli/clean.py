"""Make foreign text safe to show: documents, models and file names can carry terminal escapes.

Pure functions over strings, no input or output.
"""

from __future__ import annotations

import re

__all__ = ["clean_line", "clean_text", "escape_json"]

# ECMA-48: CSI (ESC [ or U+009B) up to its final byte; OSC, DCS, SOS, PM, APC up to BEL or ST; other two-byte escapes.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_BIDI = "\u202a-\u202e\u2066-\u2069"  # overrides, embeddings and isolates can reorder what follows them on the line
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}]")
_LINE_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f{_BIDI}\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON_CONTROL = re.compile(f"[\x7f-\x9f{_BIDI}\u2028\u2029\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Drop escape sequences, control characters (but newline and tab) and direction overrides; mend lone surrogates.

    A carriage return before a newline goes too: the terminal needs none.
    """
    text = _CONTROL.sub("", _SEQUENCE.sub("", text))
    return _SURROGATE.sub(_visible, text)


def clean_line(text: str) -> str:
    r"""Make one printable line of ``text``: what a terminal would act upon is shown as ``\xNN``.

    For messages and file names, where the user has to see which file is meant. A byte of a file name that is not UTF-8
    (a lone surrogate, PEP 383) is shown as ``\xNN`` as well.
    """
    return _SURROGATE.sub(_visible, _LINE_CONTROL.sub(_visible, text))


def escape_json(text: str) -> str:
    """Escape, in a serialised JSON text, what JSON lets through: C1 controls, direction overrides, surrogates."""
    return _JSON_CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    named = {0x0A: r"\n", 0x0D: r"\r", 0x09: r"\t"}
    return named.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
