"""Where a model's files are: a size, a repository or a folder → a folder on this machine. Nothing is downloaded here.

The Hugging Face cache is read by its documented layout (``models--OWNER--NAME/refs``, ``snapshots``), because importing
what ``snapshot_download`` needs takes 0.3 s. ``HF_HOME``, ``HF_HUB_CACHE`` and ``HF_HUB_OFFLINE`` work as everywhere:
they are huggingface_hub's own constants. ``download.pull`` fills the cache.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from internvl_cli.errors import HubError, ModelError
from internvl_cli.model.catalog import CatalogEntry, find, get
from internvl_cli.model.shards import index_tensors

__all__ = ["Repository", "cache_folder", "cached", "go_offline", "is_cached", "repository", "resolve", "storage_folder"]

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_TOKENIZERS = ("tokenizer.model", "tokenizer.json", "vocab.json")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on the hub.

    Attributes:
        id: ``OWNER/NAME``.
        revision: Branch, tag or commit.
        command: What downloads it.
    """

    id: str
    revision: str = "main"

    @property
    def command(self) -> str:
        """The exact command that downloads it."""
        entry = find(self.id)
        name = entry.size if entry else self.id
        return f"internvl pull {name}" + (f" --revision {self.revision}" if self.revision != "main" else "")


def repository(source: str, revision: str | None = None) -> Repository:
    """The repository that ``source`` names: a size, a model's name, ``OWNER/NAME`` or ``OWNER/NAME@REVISION``.

    Raises:
        ModelError: It is none of these, or one whose weights only another program can read.
    """
    name, _, tail = source.strip().partition("@")
    entry = find(name)
    if entry is None and not _REPO.fullmatch(name):
        entry = get(name)
    repo = entry.repo if entry else name
    if repo.upper().endswith("-AWQ"):
        raise ModelError(
            f"{repo}: AWQ weights are for LMDeploy and give nonsense elsewhere",
            f"take {repo[:-4]} with --quantize 4bit, or serve it with LMDeploy and use --endpoint",
        )
    return Repository(repo, revision or tail or "main")


def resolve(source: str, *, offline: bool = False) -> Path:
    """The folder with a model's files: ``source`` itself if it is a folder, else its place in the cache.

    Args:
        source: A size (``2B``), a name (``InternVL2-2B``), a repository (``OWNER/NAME``, ``OWNER/NAME@REVISION``) or a
            folder. A folder called ``2B`` is written ``./2B``.
        offline: Keep every library of this process from asking the hub from now on.

    Raises:
        HubError: It is not in the cache, or only in part; the hint is the command that downloads it.
        ModelError: The folder is missing.
        UsageError: The name means nothing.
    """
    if offline:
        go_offline()
    path = Path(source).expanduser()
    looks_like_path = source.startswith(("/", "./", "../", "~")) or source in (".", "..")
    if find(source) is None or looks_like_path or "/" in source:
        if path.is_dir():
            return path
        if looks_like_path:
            what = "a file: give its folder" if path.exists() else "there is no such folder"
            raise ModelError(f"{source}: {what}")
    repo = repository(source)
    folder = cached(repo)
    if folder is None:
        raise HubError(f"{repo.id} is not in the cache ({cache_folder()})", repo.command)
    problem = incomplete(folder)
    if problem:
        raise HubError(
            f"{repo.id} is in the cache only in part: {problem}", f"{repo.command} (goes on where it stopped)"
        )
    return folder


def cached(repo: Repository) -> Path | None:
    """The snapshot of ``repo`` in the cache, whole or not; None if there is none."""
    storage = storage_folder(repo.id)
    try:
        commit = (storage / "refs" / repo.revision).read_text(encoding="utf-8").strip()
    except OSError:
        commit = repo.revision
    folder = storage / "snapshots" / commit
    return folder if folder.is_dir() else None


def is_cached(entry: CatalogEntry) -> bool:
    """Whether a model of the catalog is in the cache, whole."""
    folder = cached(Repository(entry.repo))
    return folder is not None and not incomplete(folder)


def incomplete(folder: Path) -> str:
    """What a model's folder lacks, in words; empty if it is whole."""
    if not (folder / "config.json").is_file():
        return "config.json is missing"
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        return "its tokenizer is missing"
    try:
        index_tensors(folder)
    except ModelError as error:
        return error.message
    return ""


def cache_folder() -> Path:
    """The hub's cache: ``HF_HUB_CACHE``, else ``hub`` under ``HF_HOME``."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def storage_folder(repo_id: str) -> Path:
    """Where the cache keeps a model's repository."""
    return cache_folder() / "--".join(("models", *repo_id.split("/")))


def go_offline() -> None:
    """Make huggingface_hub refuse to ask the hub. It reads the variable when it is imported, so both are set."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        vars(constants)["HF_HUB_OFFLINE"] = True
