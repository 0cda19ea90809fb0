"""Ctrl-C and SIGTERM: they unwind the stack, so that every ``finally`` runs, except while a module is being imported.

Libraries catch exceptions where they import one another, and a module that was half imported stays broken: an exception
raised there may be lost, or come out as any other (measured: a Ctrl-C while torch and transformers were imported was
forgotten for 27 s, or became a RuntimeError). Whoever starts a model spends most of the waiting there, so there the
process ends at once.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
from types import FrameType
from typing import NoReturn

from .output import print_interrupted

__all__ = ["EXIT_SIGINT", "EXIT_SIGPIPE", "EXIT_SIGTERM", "TERMINATED", "Terminated", "catch_signals"]

EXIT_SIGINT, EXIT_SIGPIPE, EXIT_SIGTERM = 130, 141, 143  # 128 + the signal's number, as a shell reports it

TERMINATED = "stopped by SIGTERM"


class Terminated(BaseException):
    """SIGTERM came; a BaseException so that no ``except Exception`` swallows it and every ``finally`` runs."""


def catch_signals() -> None:
    """Take SIGINT (where it is not ignored, as in a shell's background) and SIGTERM; make the end of the process quick.

    The second SIGTERM kills as usual.
    """
    with contextlib.suppress(ValueError):  # Not the main thread: whoever runs us there owns the signals.
        signal.signal(signal.SIGTERM, _on_sigterm)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _on_sigint)
        # With torch loaded, the interpreter's last collection of garbage takes more than a second, and frees nothing
        # that the end of the process does not.
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)


def _on_sigint(number: int, frame: FrameType | None) -> None:
    if _is_importing(frame):
        _end(EXIT_SIGINT)
    raise KeyboardInterrupt


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _is_importing(frame):
        print_interrupted(TERMINATED)
        _end(EXIT_SIGTERM)
    raise Terminated


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _end(code: int) -> NoReturn:
    """End here, after what removes temporary files (they are all named by ``atexit``)."""
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    os._exit(code)
