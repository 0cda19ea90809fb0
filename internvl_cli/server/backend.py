"""LMDeploy or vLLM as the server: the command that suits the installed version. Pure but for a folder's config.

Facts about the flags: LMDeploy's port is ``--server-port``; ``--trust-remote-code`` exists since 0.13.0 (before, it
always trusted); its own ``internvl2-internlm2`` template went away in 0.10.0; TurboMind has no Phi-3, so that 4B needs
the PyTorch engine. vLLM takes ``--limit-mm-per-prompt`` as JSON since 0.9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from internvl_cli.errors import UsageError
from internvl_cli.model.catalog import CONTEXT_LENGTH, CatalogEntry, find
from internvl_cli.model.chat import Template, get_template

__all__ = ["KNOWN", "Backend", "Command", "Target", "build_command", "parse_version", "read_target"]

Backend = Literal["lmdeploy", "vllm"]
Version = tuple[int, ...]

KNOWN: dict[Backend, str] = {"lmdeploy": "0.16.0", "vllm": "0.11.0"}
"""Versions whose flags are assumed where nothing is installed: the newest that were looked at."""

_IMAGES = 8
"""Images of one request that vLLM is told to take; its own limit was 1 for long."""


@dataclass(frozen=True, slots=True)
class Target:
    """The model that is to be served.

    Attributes:
        source: Repository or folder.
        name: What clients call it.
        template: The conversation it was trained on; None where that is not known.
        heads: Query heads, which tensor parallelism divides; None where not known.
        phi3: Whether its language model is a Phi-3.
        remote_code: Whether it can only be opened with Python code from its repository.
    """

    source: str
    name: str
    template: str | None = None
    heads: int | None = None
    phi3: bool = False
    remote_code: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """What to run.

    Attributes:
        words: Program and arguments.
        files: Files that have to be there first, with what they hold.
        notes: What the user should hear.
    """

    words: list[str]
    files: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parse_version(text: str) -> Version:
    """Read a version, as far as it is numbers: ``0.16.0rc1`` is ``(0, 16, 0)``.

    Raises:
        UsageError: It begins with no number.
    """
    found = re.search(r"\d+(\.\d+)*", text)
    if found is None:
        raise UsageError(f"{text!r} is not a version", "For example: --assume-version 0.16.0")
    return tuple(map(int, found[0].split(".")))


def read_target(model: str) -> Target:
    """Say what ``model`` is: a size, a repository or a folder."""
    entry: CatalogEntry | None = find(model)
    if entry is not None:
        return Target(entry.repo, entry.name, entry.template, entry.llm.heads, entry.llm.family == "phi3")
    folder = Path(model).expanduser()
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        language = config.get("llm_config") or config.get("text_config") or {}
        heads = language.get("num_attention_heads")
        phi3 = "phi3" in json.dumps([language.get("architectures"), language.get("model_type")]).lower()
        native = config.get("model_type") == "internvl"
        return Target(str(folder), folder.resolve().name, config.get("template"), heads, phi3, not native)
    except (OSError, ValueError, AttributeError):
        return Target(model, model.rstrip("/").rpartition("/")[2])


def build_command(
    backend: Backend,
    target: Target,
    version: Version,
    *,
    host: str,
    port: int,
    tp: int = 1,
    trust: bool = False,
    proxy: str | None = None,
    cache: Path,
    extra: Sequence[str] = (),
) -> Command:
    """Build the command.

    Args:
        backend: Which engine.
        target: Which model.
        version: Of the engine.
        host: To listen on.
        port: To listen on.
        tp: GPUs that share the model.
        trust: The user agreed to run the repository's Python code.
        proxy: URL of an ``lmdeploy serve proxy`` to join.
        cache: Folder for the chat template.
        extra: Further arguments, as they are.

    Raises:
        UsageError: The model cannot be divided so, or the engine has no such thing.
    """
    _check_tp(backend, target, tp)
    if backend == "lmdeploy":
        command = _lmdeploy(target, version, host, port, tp, trust, proxy, cache)
    else:
        if proxy is not None:
            raise UsageError("--proxy is for --backend lmdeploy", "vLLM has no proxy that servers join.")
        command = _vllm(target, version, host, port, tp, trust, cache)
    command.words.extend(extra)
    return command


def _check_tp(backend: Backend, target: Target, tp: int) -> None:
    if tp < 1 or (backend == "lmdeploy" and tp & (tp - 1)):
        raise UsageError(f"--tp {tp}: LMDeploy divides a model among 1, 2, 4, 8… GPUs", "Try: --tp auto")
    if target.heads is not None and target.heads % tp:
        able = [n for n in (1, 2, 4, 8) if target.heads % n == 0]
        message = f"--tp {tp}: the {target.heads} attention heads of {target.name} cannot be divided by it"
        raise UsageError(message, f"It can be divided among {', '.join(map(str, able))} GPUs.")


def _lmdeploy(
    target: Target, version: Version, host: str, port: int, tp: int, trust: bool, proxy: str | None, cache: Path
) -> Command:
    command = Command(["lmdeploy", "serve", "api_server", target.source])
    add = command.words.extend
    add(["--server-name", host, "--server-port", str(port)])
    # The other engine would be tried first, and fail once the weights are there.
    add(["--backend", "pytorch" if target.phi3 else "turbomind"])
    add(["--tp", str(tp), "--session-len", str(CONTEXT_LENGTH), "--model-name", target.name])
    if version >= (0, 10) and target.template is not None:
        file = cache / f"lmdeploy-{target.template}.json"
        command.files[file] = json.dumps(
            _lmdeploy_template(get_template(target.template)), ensure_ascii=False, indent=2
        )
        add(["--chat-template", str(file)])
    elif version < (0, 6):
        command.notes.append("LMDeploy before 0.6 writes another prompt than InternVL2 was trained on: upgrade it")
    if trust and target.remote_code and version >= (0, 13):
        add(["--trust-remote-code"])
    if proxy is not None:
        add(["--proxy-url", proxy])
        if host in ("127.0.0.1", "localhost", "::1"):
            command.notes.append(f"the proxy at {proxy} reaches this node only if it runs here too: --host ADDRESS")
    return command


def _lmdeploy_template(template: Template) -> dict[str, object]:
    """The prompt of the training, in LMDeploy's terms: nothing after a message but its separator."""
    return {
        "model_name": "internvl2-as-trained",
        "system": template.system_role,
        "meta_instruction": template.system,
        "eosys": template.separator,
        "user": template.user_role,
        "eoh": template.separator,
        "assistant": template.assistant_role,
        "eoa": template.separator,
        "separator": "",
        "stop_words": [template.stop_token],
    }


def _vllm(target: Target, version: Version, host: str, port: int, tp: int, trust: bool, cache: Path) -> Command:
    command = Command(["vllm", "serve", target.source])
    add = command.words.extend
    add(["--host", host, "--port", str(port), "--tensor-parallel-size", str(tp)])
    add(["--max-model-len", str(CONTEXT_LENGTH), "--served-model-name", target.name])
    add(["--limit-mm-per-prompt", json.dumps({"image": _IMAGES}) if version >= (0, 9) else f"image={_IMAGES}"])
    if target.template is not None and target.remote_code:  # what internvl convert made brings its own
        file = cache / f"vllm-{target.template}.jinja"
        command.files[file] = _jinja(get_template(target.template))
        add(["--chat-template", str(file)])
    if trust and target.remote_code:
        add(["--trust-remote-code"])
    return command


def _jinja(template: Template) -> str:
    """The same as Jinja, with vLLM's mark for an image, and BOS, which vLLM leaves to the template.

    The tokenizers of 1B and 40B, which Hermes-2 is for, put none in front.
    """
    from internvl_cli.model.chat import IMAGE, IMAGE_CONTEXT
    from internvl_cli.model.convert import chat_template

    front = "" if template.name == "Hermes-2" else "{{ bos_token }}"
    return front + chat_template(template).replace(IMAGE_CONTEXT, IMAGE)
