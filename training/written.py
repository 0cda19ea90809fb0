"""The questions that people wrote, laid out as pages.

Three sets (see DATA.md for sources and licences): paragraphs, Wikipedia tables, tables with paragraphs from annual
reports. The same questions come out in another layout for every ``seed``.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from training.sample import Sample
from training.written_finance import finance_samples
from training.written_prose import articles, prose_samples
from training.written_tables import table_samples

DEV_SHARE = 0.08

Split = Literal["train", "dev"]


def load(
    data_dir: Path, split: Split, seed: int = 0, sets: tuple[str, ...] = ("prose", "tables", "finance")
) -> Iterator[Sample]:
    """Samples of one split, in random order of documents.

    Args:
        data_dir: Folder with ``prose.jsonl``, ``tables.jsonl`` and ``finance.jsonl``.
        split: ``dev`` is about 8 % of the documents, by hash, the same for every seed.
        seed: Another seed gives other layouts; ``dev`` is always laid out with its own.
        sets: Which of the three.

    Raises:
        FileNotFoundError: A file is missing.
    """
    if split == "dev":
        seed = -1
    documents: list[tuple[str, str, Any]] = []
    if "prose" in sets:
        documents += [("prose", name, group) for name, group in articles(_read(data_dir / "prose.jsonl"))]
    for kind in ("tables", "finance"):
        if kind in sets:
            rows = _read(data_dir / f"{kind}.jsonl")
            documents += [(kind, f"{kind}/{_digest(row['rows'])}", row) for row in rows]
    chosen = [d for d in documents if split_of(d[1]) == split]
    pools: dict[str, list[Any]] = {}
    for kind, _, content in chosen:
        pools.setdefault(kind, []).extend(content if kind == "prose" else [content])
    pages = [
        (kind, name, part) for kind, name, content in chosen for part in (content if kind == "prose" else [content])
    ]
    random.Random(f"{split} {seed}").shuffle(pages)
    for index, (kind, name, content) in enumerate(pages):
        rng = random.Random(f"{name} {seed} {index}")
        if kind == "prose":
            yield from prose_samples(content, name, pools[kind], rng)
        elif kind == "tables":
            yield from table_samples(content, name, pools[kind], rng, lenient=split == "dev")
        else:
            yield from finance_samples(content, name, pools[kind], rng)


def published_tables(data_dir: Path, split: Split) -> list[tuple[str, list[list[str]]]]:
    """The Wikipedia tables of a split, by name, without their questions; the first row is the header."""
    rows = [row["rows"] for row in _read(data_dir / "tables.jsonl")]
    named = [(f"tables/{_digest(table)}", table) for table in rows]
    return [(name, table) for name, table in named if split_of(name) == split]


def split_of(document: str) -> Split:
    """The split a document belongs to, by its name."""
    number = int.from_bytes(hashlib.sha256(document.encode()).digest()[:4], "big")
    return "dev" if number % 1000 < DEV_SHARE * 1000 else "train"


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
