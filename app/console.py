"""The text that the user reads: messages on stderr, what a program would read on stdout."""

from __future__ import annotations

import io
import sys


def prepare() -> None:
    """Have what a terminal's or a file's encoding lacks printed as an escape: a file's name that is no text, say."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print a message on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def show(text: str) -> None:
    """Print a result on stdout."""
    print(text, flush=True)  # noqa: T201


def complain(error: BaseException, text: str) -> None:
    """Print an error in one line, whatever happened; its notes tell what is left of an output."""
    say("; ".join([f"emojicam: {text}", *getattr(error, "__notes__", [])]).replace("\n", " "))
