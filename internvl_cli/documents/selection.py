"""Page selections as they are typed: ``1,3-5,7-,end``. Pure.

The grammar, with spaces allowed around every token::

    selection = token ("," token)*
    token     = page | page "-" page | page "-"
    page      = 1, 2, 3 … | "end"
"""

from __future__ import annotations

import re

from internvl_cli.errors import PageSelectionError

__all__ = ["parse_pages"]

_TOKEN = re.compile(r"(?P<first>[0-9]+|end)(?:\s*(?P<dash>-)\s*(?P<last>[0-9]+|end)?)?", re.IGNORECASE)
_MOST_DIGITS = 9
"""No document has more pages; and Python refuses to read an integer of more than 4,300 digits."""
_HINT = "Pages are written like 1,3-5,7-,end; the first page is 1."


def parse_pages(selection: str, page_count: int) -> list[int]:
    """Give the pages that a selection names, in its order and each once.

    Args:
        selection: For example ``1,3-5,7-,end``.
        page_count: Pages of the document; at least 1.

    Returns:
        1-based page numbers, never empty.

    Raises:
        PageSelectionError: A token is malformed, runs backwards, or names a page that the document does not have.
    """
    if not selection.strip():
        raise PageSelectionError("the page selection is empty", _HINT)
    pages: dict[int, None] = {}
    for token in selection.split(","):
        pages.update(dict.fromkeys(_pages_of(token.strip(), selection, page_count)))
    return list(pages)


def _pages_of(token: str, selection: str, page_count: int) -> range:
    match = _TOKEN.fullmatch(token)
    if match is None:
        what = f"{_shown(token)} is not a page or a range of pages" if token else "an empty token between commas"
        raise PageSelectionError(f"page selection {_shown(selection)}: {what}", _HINT)
    first = _number(match["first"], page_count)
    last = _number(match["last"] or "end", page_count) if match["dash"] else first
    for number in (first, last):
        if number < 1:
            raise PageSelectionError(f"page selection {_shown(selection)}: {_shown(token)} names page 0", _HINT)
        if number > page_count:
            pages = "1 page" if page_count == 1 else f"{page_count} pages"
            message = f"page selection {_shown(selection)}: there is no page {number}, the document has {pages}"
            raise PageSelectionError(message, "Use end for the last page.")
    if first > last:
        raise PageSelectionError(f"page selection {_shown(selection)}: {_shown(token)} runs backwards", _HINT)
    return range(first, last + 1)


def _number(text: str, page_count: int) -> int:
    if text.lower() == "end":
        return page_count
    digits = text.lstrip("0") or "0"
    return int(digits if len(digits) <= _MOST_DIGITS else "9" * _MOST_DIGITS)


def _shown(text: str, limit: int = 60) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
