"""``internvl serve``: a model that stays loaded, behind an OpenAI-compatible server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from internvl_cli.errors import UsageError

from . import common

if TYPE_CHECKING:
    from internvl_cli.engines.select import ModelChoice
    from internvl_cli.server.app import Rules
    from internvl_cli.server.backend import Backend, Command, Target

    from .output import Sink

EXAMPLES = """\
internvl serve
internvl serve 2B --port 8000
internvl serve --backend lmdeploy 26B --tp 2 --port 8080 --trust-remote-code
internvl serve --backend vllm 8B --tp auto --dry-run
internvl serve --backend lmdeploy 8B --trust-remote-code -- --cache-max-entry-count 0.2"""

SERVER, BACKEND = "Server", "Other engines"


def serve(
    name: Annotated[str | None, typer.Argument(metavar="MODEL", help="As --model.", show_default=False)] = None,
    extra: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- ARGUMENT", help="For --backend: passed on as they are.", show_default=False),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.", rich_help_panel=SERVER)
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.", rich_help_panel=SERVER)
    ] = 8080,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file", metavar="FILE", help="API keys, one a line; one must be sent.", rich_help_panel=SERVER
        ),
    ] = None,
    queue: Annotated[
        int,
        typer.Option("--queue", min=1, metavar="N", help="Requests that may wait; 429 beyond.", rich_help_panel=SERVER),
    ] = 64,
    max_batch: Annotated[
        int | None,
        typer.Option(
            "--max-batch",
            min=1,
            metavar="N",
            help="Requests answered together.  [default: 8 on a GPU, else 1]",
            show_default=False,
            rich_help_panel=SERVER,
        ),
    ] = None,
    max_body_mb: Annotated[
        int, typer.Option("--max-body-mb", min=1, metavar="N", help="MiB of a request.", rich_help_panel=SERVER)
    ] = 64,
    max_image_mpixels: Annotated[
        int,
        typer.Option("--max-image-mpixels", min=1, metavar="N", help="Megapixels of an image.", rich_help_panel=SERVER),
    ] = 40,
    allow_url_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-url-host",
            metavar="HOST",
            help="Fetch images from it (HOST or HOST:PORT); may be repeated. Otherwise from nowhere.",
            show_default=False,
            rich_help_panel=SERVER,
        ),
    ] = None,
    backend: Annotated[
        Literal["lmdeploy", "vllm"] | None,
        typer.Option("--backend", help="Start this server instead of the built-in one.", rich_help_panel=BACKEND),
    ] = None,
    tp: Annotated[
        str,
        typer.Option("--tp", metavar="N|auto", help="GPUs that share the model.", rich_help_panel=BACKEND),
    ] = "1",
    trust_remote_code: Annotated[
        bool,
        typer.Option(
            "--trust-remote-code",
            help="Agree that the engine runs Python code from the model's repository.",
            rich_help_panel=BACKEND,
        ),
    ] = False,
    proxy: Annotated[
        str | None,
        typer.Option("--proxy", metavar="URL", help="Join this `lmdeploy serve proxy`.", rich_help_panel=BACKEND),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the command and end.", rich_help_panel=BACKEND)
    ] = False,
    assume_version: Annotated[
        str | None,
        typer.Option(
            "--assume-version", metavar="X.Y.Z", help="Of the engine, instead of asking it.", rich_help_panel=BACKEND
        ),
    ] = None,
    max_tiles: common.MaxTiles = 12,
    max_new_tokens: common.MaxNewTokens = 1024,
    model: common.Model = "auto",
    dtype: common.Dtype = "auto",
    device: common.Device = "auto",
    quantize: common.Quantize = None,
    offline: common.Offline = False,
    quiet: common.Quiet = False,
    debug: common.Debug = False,
) -> None:
    """Answer over HTTP as an OpenAI-compatible server.

    The model is loaded once. With INTERNVL_ENDPOINT set to the line that is printed, internvl ask, describe and batch
    use it by themselves; any OpenAI client does with the base URL. --backend starts LMDeploy or vLLM with the options
    that InternVL2 needs.
    """
    from .output import open_sink

    sink = open_sink(quiet=quiet)
    if name is not None:
        if model != "auto":
            raise UsageError(f"the model is named twice: {name} and --model {model}", "Name it once.")
        model = name
    if backend is None:
        _refuse_backend_options(tp != "1" or trust_remote_code or bool(proxy) or dry_run or bool(extra))
        from internvl_cli.server.run import require

        require()
        from internvl_cli.engines.base import Options
        from internvl_cli.server.app import Rules
        from internvl_cli.server.guard import read_keys
        from internvl_cli.server.images import Allowed

        keys = read_keys(api_key_file) if api_key_file else ()
        hosts = frozenset(host.lower() for host in allow_url_host or ())
        rules = Rules(
            keys=keys,
            local_only=_is_local(host),
            max_body=max_body_mb << 20,
            queue=queue,
            batch=max_batch or _usual_batch(device),
            allowed=Allowed(hosts, max_image_mpixels * 1_000_000, max_body_mb << 20),
            default=Options(max_tiles=max_tiles, max_new_tokens=max_new_tokens),
        )
        choice = common.make_choice(model, dtype, device, quantize, offline, "none")
        _serve_here(choice, rules, host, port, sink)
        return
    if api_key_file is not None:
        message = f"--api-key-file is for the built-in server: {backend} would show the key in its command line"
        raise UsageError(message, "Put a reverse proxy that checks keys in front of it.")
    if model in ("auto", "reader"):
        raise UsageError(f"--backend {backend} needs the model's name", f"internvl serve --backend {backend} 8B")
    raise typer.Exit(
        _serve_there(
            backend, model, host, port, tp, trust_remote_code, proxy, dry_run, assume_version, extra or [], sink
        )
    )


def _refuse_backend_options(given: bool) -> None:
    if given:
        message = "--tp, --trust-remote-code, --proxy, --dry-run and arguments after -- go with --backend"
        raise UsageError(message, "internvl serve --backend lmdeploy 8B …")


def _is_local(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


def _usual_batch(device: str) -> int:
    from internvl_cli.memory import probe

    return 1 if device == "cpu" or not any(d.accelerator and not d.problem for d in probe.devices()) else 8


def _serve_here(choice: ModelChoice, rules: Rules, host: str, port: int, sink: Sink) -> None:
    from internvl_cli.server.app import create_app
    from internvl_cli.server.run import bind, load, run_app, url_of

    with bind(host, port) as opened:
        engine = common.choose_engine(choice, rules.default, sink).engine
        sink.note(f"loading {engine.model} …")
        load(engine)
        url = url_of(host, opened.getsockname()[1])
        if not _is_local(host) and not rules.keys:
            sink.note(f"warning: everybody who can reach {host} may ask: --api-key-file FILE changes that")

        def ready() -> None:
            _announce(engine.model, url, bool(rules.keys), sink)

        run_app(create_app(engine, rules), opened, ready)


def _serve_there(
    backend: Backend,
    model: str,
    host: str,
    port: int,
    tp: str,
    trust: bool,
    proxy: str | None,
    dry_run: bool,
    assume_version: str | None,
    extra: list[str],
    sink: Sink,
) -> int:
    """Start another engine's server, and give its exit code."""
    import os

    from internvl_cli.server import backend as commands
    from internvl_cli.server import child
    from internvl_cli.server.run import bind, url_of

    target = commands.read_target(model)
    count = _gpus(tp, model)
    program = "" if dry_run and assume_version else _program(backend, dry_run)
    version = assume_version or (child.installed_version(backend, program) if program else commands.KNOWN[backend])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "internvl"
    command = commands.build_command(
        backend,
        target,
        commands.parse_version(version),
        host=host,
        port=port,
        tp=count,
        trust=trust,
        proxy=proxy,
        cache=cache,
        extra=extra,
    )
    for note in command.notes:
        sink.note(note)
    _check_trust(backend, target, trust, dry_run, sink)
    if dry_run:
        _print_command(command, f"{backend} {version}", bool(program or assume_version), sink)
        return 0
    bind(host, port).close()  # said now, and not by the engine after minutes of loading
    if port == 0:
        raise UsageError(f"--port 0 is for the built-in server; {backend} needs a number")
    child.write_files(command.files)
    url = url_of(host, port)
    if not _is_local(host):
        sink.note(f"warning: everybody who can reach {host} may ask")
    sink.note(f"starting {backend} {version}; loading {target.name} takes a while …")
    return child.run_child([program, *command.words[1:]], url, ready=lambda: _announce(target.name, url, False, sink))


def _gpus(tp: str, model: str) -> int:
    """Read ``--tp``.

    Raises:
        UsageError: It is no number, or cannot follow from the probe.
        MemoryShortageError: The GPUs here do not suffice.
    """
    if tp != "auto":
        if not tp.isdecimal() or int(tp) < 1:
            raise UsageError(f"--tp {tp!r} is neither a number of GPUs nor auto")
        return int(tp)
    from internvl_cli.memory import probe
    from internvl_cli.memory.tensor_parallel import gpus_needed
    from internvl_cli.model.catalog import find

    entry = find(model)
    if entry is None:
        raise UsageError("--tp auto needs a size, such as 26B", "Say how many GPUs: --tp 2")
    return gpus_needed(entry, probe.devices())


def _program(backend: Backend, dry_run: bool) -> str:
    from internvl_cli.errors import DependencyError
    from internvl_cli.server.child import find_program

    try:
        return find_program(backend)
    except DependencyError:
        if dry_run:
            return ""
        raise


def _check_trust(backend: Backend, target: Target, trust: bool, dry_run: bool, sink: Sink) -> None:
    """Nobody's code runs unless the user said so, also where the engine would not ask.

    Raises:
        UsageError: The user did not.
    """
    if trust or not target.remote_code:
        return
    message = f"{backend} runs Python code from {target.source} to load it"
    hint = "Read that code, then add --trust-remote-code; a folder made by internvl convert needs none with vLLM."
    if not dry_run:
        raise UsageError(message, hint)
    sink.note(f"{message}: add --trust-remote-code")


def _print_command(command: Command, version: str, known: bool, sink: Sink) -> None:
    import shlex

    from internvl_cli.server.child import write_files

    write_files(command.files)  # so that the line can be copied as it is
    sink.note(f"for {version}" + ("" if known else ", which is not installed here"))
    sink.answer([shlex.join(command.words) + "\n"], markdown=False)


def _announce(model: str, url: str, key: bool, sink: Sink) -> None:
    sink.note(f"{model} answers at {url}/v1")
    also = "; the key goes into INTERNVL_API_KEY" if key else ""
    sink.note(f"use it: export INTERNVL_ENDPOINT={url}{also}")
