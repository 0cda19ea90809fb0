"""Pages and question as an OpenAI request, the additions that some servers take, and how to do without them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import Request
from internvl_cli.engines.endpoint.served import Served
from internvl_cli.engines.local import DESCRIBE
from internvl_cli.model.chat import SHORT_ANSWER, TEMPLATES

__all__ = ["ADDITIONS", "build_body", "droppable", "page_names", "question_of"]

ADDITIONS = ("max_dynamic_patch", "mm_processor_kwargs", "internvl", "stream_options")
"""What servers that know only the core of the protocol may refuse; nobody asked for these by name."""

_WISHES = ("temperature", "top_p", "seed", "repetition_penalty", "max_tokens")
"""What some servers or models refuse although it is in the protocol; left out only where the server names it."""

Picture = Callable[[Page], str]


def build_body(
    request: Request, served: Served, picture: Picture, system: str, without: Collection[str]
) -> dict[str, Any]:
    """Write the body of a request.

    Args:
        request: Pages and question.
        served: Which model, and which additions its server takes.
        picture: Gives a page as a data URL.
        system: ``auto`` sends InternVL2's own system message where the server is known to leave it out (LMDeploy since
            0.10 and vLLM go by the tokenizer's template, which has none); ``none`` sends none; else it is the message.
        without: Fields that the server has refused.

    Raises:
        InputError: A page cannot be rendered.
    """
    options = request.options
    body: dict[str, Any] = {
        "model": served.model,
        "messages": _messages(request, served, picture, _system(system, served), without),
        "stream_options": {"include_usage": True},
        "max_tokens": options.max_new_tokens,
        "temperature": options.temperature,
    }
    if options.temperature > 0:
        body |= {"top_p": options.top_p} | ({} if options.seed is None else {"seed": options.seed})
    if options.repetition_penalty != 1.0:
        body["repetition_penalty"] = options.repetition_penalty
    if options.response_format is not None:
        body["response_format"] = options.response_format
    if served.dialect == "vllm" and served.is_internvl and request.pages:
        body["mm_processor_kwargs"] = {"max_dynamic_patch": options.max_tiles}
    if served.dialect == "internvl":
        body["internvl"] = _ours(request, served)
    if "max_tokens" in without:  # newer models of OpenAI know it under its new name only
        body["max_completion_tokens"] = body["max_tokens"]
    return {name: value for name, value in body.items() if name not in without}


def droppable(body: dict[str, Any], words: str) -> set[str]:
    """Say which fields of ``body`` to leave out after the server refused it with these words.

    The fields that the words name; if they name none, all additions at once, because a server may refuse what it does
    not know without saying what.
    """
    sent = set(body)
    if any("max_dynamic_patch" in part.get("image_url", {}) for m in body["messages"] for part in _parts(m)):
        sent.add("max_dynamic_patch")
    lower = words.lower()
    named = {name for name in (*ADDITIONS, *_WISHES) if name in sent and name in lower}
    return named or {name for name in ADDITIONS if name in sent}


def question_of(request: Request) -> str:
    """What is asked in words, for servers that know neither tasks nor ``--short``."""
    if request.task == "describe":
        return request.question or DESCRIBE[request.options.format]
    return f"{request.question} {SHORT_ANSWER}" if request.options.short else request.question


def page_names(request: Request) -> list[str]:
    """Name the document of each page without telling its path: ``document-1`` and so on."""
    order = {name: i for i, name in enumerate(dict.fromkeys(page.document for page in request.pages), start=1)}
    return [f"document-{order[page.document]}" for page in request.pages]


def _messages(
    request: Request, served: Served, picture: Picture, system: str | None, without: Collection[str]
) -> list[dict[str, Any]]:
    """The conversation; the pages stand before its first question, where the model's own ``chat`` puts them."""
    ours = served.dialect == "internvl" and "internvl" not in without
    last = request.question if ours else question_of(request)
    questions = [*(asked for asked, _ in request.history), last]
    first: list[dict[str, Any]] = []
    for number, page in enumerate(request.pages, start=1):
        if len(request.pages) > 1 and not ours:
            first.append({"type": "text", "text": f"Image-{number}: "})
        if not (ours and _words_suffice(page, served)):
            first.append(_image(page, request, served, picture, without))
    turns: list[dict[str, Any]] = [] if system is None or ours else [{"role": "system", "content": system}]
    for index, question in enumerate(questions):
        content: Any = [*first, {"type": "text", "text": question}] if first and index == 0 else question
        turns.append({"role": "user", "content": content})
        if index < len(request.history):
            turns.append({"role": "assistant", "content": request.history[index][1]})
    return turns


def _image(page: Page, request: Request, served: Served, picture: Picture, without: Collection[str]) -> dict[str, Any]:
    image: dict[str, Any] = {"url": picture(page)}
    if served.dialect == "lmdeploy" and "max_dynamic_patch" not in without:
        image["max_dynamic_patch"] = request.options.max_tiles
    return {"type": "image_url", "image_url": image}


def _system(system: str, served: Served) -> str | None:
    if system == "none":
        return None
    if system != "auto":
        return system
    name = served.model.lower()
    second = "internvl2" in name and "internvl2_5" not in name and "internvl2.5" not in name
    return TEMPLATES["internlm2-chat"].system if second and served.dialect in ("lmdeploy", "vllm") else None


def _words_suffice(page: Page, served: Served) -> bool:
    return served.reads_words and bool(page.words)


def _ours(request: Request, served: Served) -> dict[str, Any]:
    """What only our own server understands: everything of a request that the protocol has no field for."""
    options = request.options
    pages = [
        {
            "document": name,
            "number": page.number,
            "size": [page.width, page.height],
            "words": [[word.text, *word.box, word.confidence] for word in page.words],
            "image": not _words_suffice(page, served),
        }
        for name, page in zip(page_names(request), request.pages, strict=True)
    ]
    return {
        "task": request.task,
        "format": options.format,
        "short": options.short,
        "min_confidence": options.min_confidence,
        "max_tiles": options.max_tiles,
        "pages": pages,
    }


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return content if isinstance(content, list) else []
