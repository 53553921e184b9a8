"""The text that the user reads: messages on stderr, what a program would read on stdout.

Both may be missing (a service, `pythonw`, a shell's `2>&-`), full, or closed by who read them (`| head`): nothing that
is made may be lost with them.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

lost: OSError | None = None
"""Why stdout takes no more, once it doesn't."""


def prepare() -> None:
    """Have what a terminal's or a file's encoding lacks printed as an escape: a file's name that is no text, say.

    Streams that are missing become ones that take everything; so no file that is opened later gets their numbers, into
    which libraries print, neither in this process nor in those that it starts.
    """
    global lost
    lost = None
    _fill()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fill() -> None:
    """Open what is closed of the three standard streams' numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                # It takes the lowest number.
                os.set_inheritable(os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY), True)


def say(text: str) -> None:
    """Print a message on stderr, if that takes it."""
    if sys.stderr is None:  # to which `print` prefers stdout
        return
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201
    except (BlockingIOError, ValueError):  # it takes more later; it was closed
        pass
    except OSError:
        _let_go(sys.stderr)


def show(text: str) -> None:
    """Print a result on stdout; if that takes no more, it is noted in `lost`, and nothing more is printed."""
    global lost
    if lost is not None:
        return
    try:
        print(text, flush=True)  # noqa: T201
    except OSError as error:
        lost = error
        _let_go(sys.stdout)


def _let_go(stream: TextIO) -> None:
    """Lead a stream nowhere, so that Python doesn't try again at the end what it could not print, and fail by it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(error: BaseException, text: str) -> None:
    """Print an error in one line, whatever happened; its notes tell what is left of an output."""
    say("; ".join([f"emojicam: {text}", *getattr(error, "__notes__", [])]).replace("\n", " "))
