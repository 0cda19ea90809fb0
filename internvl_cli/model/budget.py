"""Which pages fit into the model's context, and in how many tiles: plain arithmetic over sizes and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from internvl_cli.model.tiling import TILE, choose_grid, count_tiles

__all__ = ["Plan", "plan_pages", "share_tiles"]

SHARED_TILES = 64
"""Tiles that all pages of a document share: the authors' MP-DocVQA evaluation, ``max(1, min(18, 64 // pages))``."""

SHARED_LIMIT = 18
"""Most tiles of one page there."""

DEFAULT_LIMIT = 12
"""``--max-tiles`` where nobody asks for another."""

PAGE_TOKENS = 12
"""``<img>``, ``</img>`` and room for ``Image-12: `` and a newline, where nobody has counted them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent.

    Attributes:
        pages: Indices of the pages to send, in reading order.
        tiles: Tiles of each of them, thumbnail included.
        limit: Tiles that a page may be cut into.
        tokens: Tokens of the prompt, as far as they can be told before it is written.
        left_out: Indices of the pages that are not sent, in reading order.
        notes: What the user should hear; empty where everything went as asked.
    """

    pages: tuple[int, ...]
    tiles: tuple[int, ...]
    limit: int
    tokens: int
    left_out: tuple[int, ...]
    notes: tuple[str, ...]


def share_tiles(pages: int, max_tiles: int = DEFAULT_LIMIT) -> int:
    """Divide the tile budget over pages.

    One page may use ``max_tiles``. Several share 64, at most 18 and at least 1 each; a ``max_tiles`` below the default
    of 12 is a limit for each of them as well.
    """
    if pages <= 1:
        return max_tiles
    share = max(1, min(SHARED_LIMIT, SHARED_TILES // pages))
    return min(share, max_tiles) if max_tiles < DEFAULT_LIMIT else share


@dataclass(frozen=True, slots=True)
class _Costs:
    """Tokens that a page takes at a limit."""

    sizes: Sequence[tuple[int, int]]
    min_tiles: int
    use_thumbnail: bool
    tile: int
    tokens_per_tile: int
    page_tokens: int

    def tiles(self, page: int, limit: int) -> int:
        low = min(self.min_tiles, limit)
        cols, rows = choose_grid(*self.sizes[page], max_tiles=limit, min_tiles=low, tile=self.tile)
        return count_tiles(cols, rows, use_thumbnail=self.use_thumbnail)

    def tokens(self, page: int, limit: int) -> int:
        return self.tokens_per_tile * self.tiles(page, limit) + self.page_tokens

    def total(self, pages: Sequence[int], limit: int) -> int:
        return sum(self.tokens(page, limit) for page in pages)


def plan_pages(
    sizes: Sequence[tuple[int, int]],
    *,
    max_tiles: int = DEFAULT_LIMIT,
    text_tokens: int = 0,
    reserve: int = 0,
    context: int = 8192,
    tokens_per_tile: int = 256,
    page_tokens: int = PAGE_TOKENS,
    min_tiles: int = 1,
    use_thumbnail: bool = True,
    tile: int = TILE,
    scores: Sequence[float] | None = None,
    labels: Sequence[str] | None = None,
) -> Plan:
    """Choose pages and tiles so that prompt and answer fit into the context.

    Pages get the reference's share of tiles. If they then don't fit, only those that match the question best are sent:
    as many as fit with the share of so many pages. Where no score tells pages apart (a scan has no text), all pages
    get fewer tiles instead, and the last ones are left out only when one tile each is still too much. At least one
    page is always sent.

    Args:
        sizes: Width and height of every page in pixels, in reading order.
        max_tiles: ``--max-tiles``.
        text_tokens: Tokens of the prompt without any image.
        reserve: Tokens kept free for the answer.
        context: Tokens the model can hold.
        tokens_per_tile: Tokens of one tile.
        page_tokens: Tokens of a page beside its tiles: its marks and its number.
        min_tiles: Fewest tiles of a page.
        use_thumbnail: Whether a thumbnail follows several tiles.
        tile: Side of a tile in pixels.
        scores: How well each page matches the question; None if that is not known.
        labels: What to call the pages in notes; their position from 1 if None.
    """
    costs = _Costs(sizes, min_tiles, use_thumbnail, tile, tokens_per_tile, page_tokens)
    room = context - text_tokens - reserve
    everything = tuple(range(len(sizes)))
    limit = share_tiles(len(sizes), max_tiles)
    kept = everything
    if costs.total(everything, limit) > room:
        if scores is not None and len(everything) > 1 and any(score > 0 for score in scores):
            limit, kept = _best(costs, scores, max_tiles, room)
        else:
            limit, kept = _fewer_tiles(costs, limit, room)
    left_out = tuple(page for page in everything if page not in kept)
    tiles = tuple(costs.tiles(page, limit) for page in kept)
    tokens = text_tokens + costs.total(kept, limit)
    notes = []
    if limit < (asked := share_tiles(len(kept), max_tiles)):
        most = "1 tile" if limit == 1 else f"{limit} tiles"
        notes.append(f"at most {most} per page instead of {asked}, so that all fits into {context:,} tokens")
    if left_out:
        names = labels or [str(page + 1) for page in everything]
        listed = ", ".join(names[page] for page in left_out)
        notes.append(
            f"left out {len(left_out)} of {len(sizes)} pages, because {context:,} tokens hold no more: {listed}"
        )
    if tokens + reserve > context:
        notes.append(f"the prompt has about {tokens:,} tokens, and the model was trained on {context:,}")
    return Plan(kept, tiles, limit, tokens, left_out, tuple(notes))


def _best(costs: _Costs, scores: Sequence[float], max_tiles: int, room: int) -> tuple[int, tuple[int, ...]]:
    """Keep as many of the best pages as fit with their share of tiles; the best one in any case."""
    ranked = sorted(range(len(scores)), key=lambda page: (-scores[page], page))
    for count in range(len(ranked) - 1, 0, -1):
        limit, kept = share_tiles(count, max_tiles), tuple(sorted(ranked[:count]))
        if costs.total(kept, limit) <= room:
            return limit, kept
    limit = max_tiles
    while limit > 1 and costs.tokens(ranked[0], limit) > room:
        limit -= 1
    return limit, (ranked[0],)


def _fewer_tiles(costs: _Costs, limit: int, room: int) -> tuple[int, tuple[int, ...]]:
    """Lower the limit until all pages fit; at one tile each, keep as many of the first pages as fit."""
    everything = tuple(range(len(costs.sizes)))
    while limit > 1 and costs.total(everything, limit) > room:
        limit -= 1
    kept = everything
    while len(kept) > 1 and costs.total(kept, limit) > room:
        kept = kept[:-1]
    return limit, kept
