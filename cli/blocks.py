"""Cut a stream of markdown into finished blocks, so that each can be printed once and never touched again.

A block is a paragraph, a heading, a list with all its items, a fenced code block, a quote or a table (CommonMark's
block structure, as far as "is this one finished?" needs it).
"""

from __future__ import annotations

import re

__all__ = ["BlockSplitter"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_ITEM = re.compile(r" {0,3}([-*+]|\d{1,9}[.)])(\s|$)")
_INDENTED = re.compile(r" {2,}|\t")


class BlockSplitter:
    """Takes text in any pieces; gives each block as soon as it cannot grow any more."""

    def __init__(self) -> None:
        self._tail = ""  # the line that is still being written
        self._lines: list[str] = []
        self._fence = ""  # the marker that opened the fence we are in
        self._list = False

    def feed(self, text: str) -> list[str]:
        """Add ``text``; return the blocks that it finished."""
        *lines, self._tail = (self._tail + text).split("\n")
        return [block for line in lines for block in self._line(line)]

    def finish(self) -> list[str]:
        """Return what is left, finished or not."""
        blocks = self._line(self._tail) if self._tail else []
        self._tail = ""
        return [*blocks, *self._close()]

    def _line(self, line: str) -> list[str]:
        if self._fence:
            return self._fenced_line(line)
        blank = not line.strip()
        if blank and not self._list:
            return self._close()
        if self._list and not blank and not self._continues_list(line):
            return [*self._close(), *self._line(line)]
        if not self._list and (_HEADING.match(line) or (_ITEM.match(line) and not self._lines)):
            return self._open(line)
        if fence := _FENCE.match(line):
            finished = [] if self._list else self._close()
            self._fence = fence[1]
            self._lines.append(line)
            return finished
        self._lines.append(line)
        return []

    def _open(self, line: str) -> list[str]:
        finished = self._close()
        self._lines.append(line)
        if _HEADING.match(line):
            return [*finished, *self._close()]
        self._list = True
        return finished

    def _fenced_line(self, line: str) -> list[str]:
        self._lines.append(line)
        closing = line.strip()
        if not (closing.startswith(self._fence) and not closing.strip(self._fence[0])):
            return []
        self._fence = ""
        return [] if self._list else self._close()

    def _continues_list(self, line: str) -> bool:
        after_blank = not self._lines[-1].strip()
        if _ITEM.match(line) or _INDENTED.match(line):
            return True
        starts_other = _HEADING.match(line) or _FENCE.match(line)
        return not after_blank and not starts_other

    def _close(self) -> list[str]:
        block = "\n".join(self._lines).strip("\n")
        self._lines, self._list, self._fence = [], False, ""
        return [block] if block.strip() else []
