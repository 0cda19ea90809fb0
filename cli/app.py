"""The Typer app: registers the commands, nothing else.

A command's module is imported when that command runs or its help is asked, not before: ``internvl --help`` reads
``COMMANDS`` alone. A module offers either a function named like the command (or like the module), or
``app``, a ``typer.Typer`` with commands of its own; ``EXAMPLES``, where it is there, opens the command's help. What
follows the first line of the function's docstring (of the module's, where there is ``app``) ends it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer
from typer.core import HAS_RICH, TyperCommand, TyperGroup

from internvl_cli.errors import InternVLError, MemoryShortageError, UsageError

from .interrupt import EXIT_SIGINT, EXIT_SIGPIPE, EXIT_SIGTERM, TERMINATED, Terminated, catch_signals
from .output import (
    OutputClosed,
    print_error,
    print_interrupted,
    print_unexpected,
    quiet_broken_stdout,
    watch_stdout,
)

__all__ = ["COMMANDS", "app", "main", "visible_commands"]

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("ask", "Ask a question about one or more documents."),
    "describe": ("describe", "Say what a document is and what it says."),
    "batch": ("batch", "Ask the same of many documents; stop and go on at any time."),
    "batch-merge": ("batch_merge", "Bring the outputs of array jobs into one."),
    "tiles": ("tiles", "Show the tiles InternVL2 will see of each page."),
    "probe": ("probe", "Show what this machine has, and which model fits."),
    "models": ("models", "List the models, and which are here."),
    "pull": ("pull", "Download a model's weights."),
    "convert": ("convert", "Turn original weights into the native layout."),
    "serve": ("serve", "Answer over HTTP as an OpenAI-compatible server."),
    "eval": ("evaluate", "Measure a model on a benchmark."),
}
"""Name of the command → (its module in this folder, what it does in one line)."""


def visible_commands() -> list[str]:
    """Name the commands whose module is part of this installation."""
    return [name for name, (module, _) in COMMANDS.items() if importlib.util.find_spec(f"{__package__}.{module}")]


class LazyGroup(TyperGroup):
    """Knows the commands by name and imports the one that is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.rich_markup_mode = _markup()
        self.help = f"{self.help}\n\n{_verbatim(EXAMPLES)}"
        self.commands = {
            name: TyperCommand(name, help=COMMANDS[name][1], short_help=COMMANDS[name][1])
            for name in visible_commands()
        }
        self._loaded: set[str] = set()

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the real command in place of its entry, then go on as usual."""
        name = args[0]
        if name in self.commands and name not in self._loaded:
            self.commands[name] = _load(name)
            self._loaded.add(name)
        return super().resolve_command(ctx, args)


def _load(name: str) -> Any:
    module_name, line = COMMANDS[name]
    module = importlib.import_module(f".{module_name}", __package__)
    command_app = getattr(module, "app", None)
    if command_app is None:
        command_app = typer.Typer(add_completion=False, rich_markup_mode=_markup())
        function = getattr(module, name, None) or getattr(module, module_name)  # `eval` is a word of Python's
        examples = getattr(module, "EXAMPLES", "")
        text = f"{line}\n\n{_verbatim(examples)}\n\n{_prose(function)}" if examples else None
        command_app.command(
            name,
            help=text,
            no_args_is_help=_wants_arguments(function),
            context_settings={"help_option_names": ["-h", "--help"]},
        )(function)
    else:
        command_app.rich_markup_mode = _markup()
        command_app.info.help = f"{line}\n\n{_verbatim(getattr(module, 'EXAMPLES', ''))}\n\n{_prose(module)}"
    command = typer.main.get_command(command_app)
    command.name = name
    arguments: list[Any] = [p for p in command.params if p.param_type_name == "argument" and p.metavar]
    for argument in arguments:
        argument.display_type_rich = _no_type  # FILE says what it is; the help would add <list[str]>
    return command


def _no_type(ctx: Any) -> str:
    return ""


def _wants_arguments(function: Any) -> bool:
    """Whether a command does nothing without arguments (``internvl probe`` does)."""
    import inspect

    return any(parameter.default is parameter.empty for parameter in inspect.signature(function).parameters.values())


def _prose(function: Any) -> str:
    """The docstring without its first line (the registry has that) and without its sections."""
    import inspect

    paragraphs = (inspect.getdoc(function) or "").split("\n\n")[1:]
    kept = (p.replace("\n", " ") for p in paragraphs if not p.startswith(("Args:", "Raises:", "Returns:")))
    return "\n\n".join(kept)


def _verbatim(lines: str) -> str:
    """Keep the lines apart: rich help does by itself, plain help wants to be told by a backspace."""
    return lines if HAS_RICH and _markup() else f"\b\n{lines}"


def _markup() -> Literal["rich"] | None:
    """Frames and colours for a terminal only: they cost half of the time, and are in the way of ``grep``."""
    terminal = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return "rich" if terminal else None


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"internvl {version('internvl-cli')}")
        raise typer.Exit


EXAMPLES = """\
internvl ask "What is the total?" invoice.pdf
internvl ask "Which region sold most?" chart.png --json
internvl describe report.pdf --as markdown"""

app = typer.Typer(
    name="internvl",
    help="Ask documents and charts questions, on this machine.",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def internvl(
    version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_version, help="Print the version and exit.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (or INTERNVL_DEBUG=1).")
    ] = False,
) -> None:
    """Take the options that stand before the command."""
    if debug:
        os.environ["INTERNVL_DEBUG"] = "1"


def main(args: Sequence[str] | None = None) -> int:
    """Run ``internvl`` and give its exit code; the one place where an error becomes one.

    Args:
        args: The command line without the program's name; the process's own if None.
    """
    watch_stdout()
    catch_signals()
    try:
        return _run(args)
    except InternVLError as error:
        if _debug():
            print_unexpected(error, traceback=True)
        print_error(error)
        return error.exit_code
    except OutputClosed:
        quiet_broken_stdout()
        return EXIT_SIGPIPE
    except KeyboardInterrupt:  # outside of Typer, which does the same
        return EXIT_SIGINT
    except Terminated:
        print_interrupted(TERMINATED)
        return EXIT_SIGTERM
    except MemoryError:
        shortage = MemoryShortageError(
            "this machine ran out of memory", "Try fewer tiles (--max-tiles) or --model reader."
        )
        print_error(shortage)
        return shortage.exit_code
    except Exception as error:
        print_unexpected(error, traceback=_debug())
        return 1


def _run(args: Sequence[str] | None) -> int:
    try:
        code = app(args=None if args is None else list(args), prog_name="internvl", standalone_mode=False)
        _flush_stdout()
    except SystemExit as end:
        _flush_stdout()
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except Exception as error:
        # Typer brings a Click of its own from some version on: its errors are known by what they can do.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()  # type: ignore[attr-defined]
            return UsageError.exit_code
        raise _refused(error) from error
    return code if isinstance(code, int) else 0


def _refused(error: Any) -> UsageError:
    """Say what Typer refuses as every other error is said: in one line, and one that helps."""
    message = " ".join(str(error.format_message()).split()).rstrip(".").replace(": Value error, ", ": ")
    command = error.ctx.command_path if getattr(error, "ctx", None) is not None else "internvl"
    return UsageError(message[:1].lower() + message[1:], f"{command} -h says what it takes")


def _flush_stdout() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _debug() -> bool:
    return os.environ.get("INTERNVL_DEBUG", "") not in ("", "0")
