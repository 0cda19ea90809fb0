"""What ``/v1/models`` says: which models there are, and what kind of server this is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from internvl_cli.model.catalog import find

__all__ = ["OWNER", "READER", "Dialect", "Served", "choose_model", "list_models"]

OWNER = "internvl-cli"
"""What ``internvl serve`` says under ``owned_by``."""

READER = "internvl-reader"
"""How the ids of the bundled reader begin."""

Dialect = Literal["internvl", "lmdeploy", "vllm", "other"]


@dataclass(frozen=True, slots=True)
class Served:
    """The model that answers, and how to talk to its server.

    Attributes:
        model: Its id.
        dialect: Whose additions to the protocol the server takes.
        note: What the user should hear about the choice; empty if nothing.
    """

    model: str
    dialect: Dialect = "other"
    note: str = ""

    @property
    def is_internvl(self) -> bool:
        """Whether the server cuts pages into InternVL's tiles."""
        return "internvl" in self.model.lower() and not self.model.startswith(READER)

    @property
    def reads_words(self) -> bool:
        """Whether our own server answers with the reader, which needs no picture of a page that brings its words."""
        return self.dialect == "internvl" and self.model.startswith(READER)


def list_models(body: Any) -> list[tuple[str, str]]:
    """Give ``(id, owned_by)`` of each model in a server's list; entries that make no sense are left out."""
    data = body.get("data") if isinstance(body, dict) else body
    entries = [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []
    return [
        (entry["id"], str(entry.get("owned_by") or ""))
        for entry in entries
        if isinstance(entry.get("id"), str) and entry["id"]
    ]


def choose_model(listed: Sequence[tuple[str, str]], wanted: str | None) -> Served | None:
    """Choose the model.

    Args:
        listed: As ``list_models`` gives them; may be empty.
        wanted: An id; or a name of ours (``2B``, ``reader``), which stands for the id that means the same; None takes
            the first.

    Returns:
        None where no model is named and none is listed.
    """
    if wanted is None:
        if not listed:
            return None
        model, owner = listed[0]
        several = len(listed) > 1
        note = (
            f"the server has {len(listed)} models; answering with {model}: another one with --model" if several else ""
        )
        return Served(model, _dialect(owner), note)
    for model, owner in listed:
        if model == wanted:
            return Served(model, _dialect(owner))
    for model, owner in listed:
        if _same(model, wanted):
            return Served(model, _dialect(owner))
    return Served(wanted, _dialect(listed[0][1]) if listed else "other")


def _same(model: str, wanted: str) -> bool:
    if wanted.lower() == "reader":
        return model.startswith(READER)
    ours, theirs = find(wanted), find(model.rstrip("/").rpartition("/")[2])
    return ours is not None and ours is theirs


def _dialect(owner: str) -> Dialect:
    known: dict[str, Dialect] = {OWNER: "internvl", "lmdeploy": "lmdeploy", "vllm": "vllm"}
    return known.get(owner.lower(), "other")
