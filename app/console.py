"""What the user reads: messages on stderr, what a program would read on stdout."""

from __future__ import annotations

import io
import sys


def prepare() -> None:
    """Print what a terminal's or a file's encoding lacks as an escape, a file's name that is no text, say."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """A message."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def show(text: str) -> None:
    """A result."""
    print(text, flush=True)  # noqa: T201


def complain(error: BaseException, text: str) -> None:
    """One line, whatever happened; notes tell what is left of an output."""
    say("; ".join([f"emojicam: {text}", *getattr(error, "__notes__", [])]).replace("\n", " "))
