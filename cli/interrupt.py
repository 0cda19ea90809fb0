"""Ctrl-C and SIGTERM: they unwind the stack, so that every ``finally`` runs, except while a module is being imported.

Libraries catch exceptions where they import one another, and a module that was half imported stays broken: an exception
raised there may be lost, or come out as any other (measured: a Ctrl-C while torch and transformers were imported was
forgotten for 27 s, or became a RuntimeError). Whoever starts a model spends most of the waiting there, so there the
process ends at once.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import os
import signal
import threading
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

    The second SIGTERM kills as usual. A handler runs only between two steps of Python: where one long step of native
    code (a page of three million lines, OCR) keeps the first signal waiting, the second one ends the process.
    """
    with contextlib.suppress(ValueError):  # Not the main thread: whoever runs us there owns the signals.
        signal.signal(signal.SIGTERM, _on_sigterm)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _on_sigint)
        _watch()
        # With torch loaded, the interpreter's last collection of garbage takes more than a second, and frees nothing
        # that the end of the process does not.
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)


class _Count:
    """Signals that came, as the watching thread saw them, and signals that a handler has answered."""

    came = answered = 0
    watched = False

    @classmethod
    def answer(cls) -> None:
        # Two of one kind that come together call the handler once.
        cls.answered = max(cls.answered + 1, cls.came)


def _watch() -> None:
    """Let a thread see each signal when it comes; Python writes its number into a pipe at once."""
    if _Count.watched:
        return
    _Count.watched = True
    reading, writing = map(_above_2, os.pipe())
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget)  # a child's signals are not ours
    threading.Thread(target=_end_at_the_second, args=(reading,), name="signals", daemon=True).start()


def _above_2(descriptor: int) -> int:
    """Leave the numbers of the standard streams to them, where one of them is closed."""
    if descriptor > 2:
        return descriptor
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(descriptor)
    return moved


def _forget() -> None:
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)


def _end_at_the_second(reading: int) -> None:
    while number := os.read(reading, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            _Count.came += 1
            if _Count.came - _Count.answered > 1:
                os._exit(128 + number[0])


def _on_sigint(number: int, frame: FrameType | None) -> None:
    _Count.answer()
    if _is_importing(frame):
        _end(EXIT_SIGINT)
    raise KeyboardInterrupt


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    _Count.answer()
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
