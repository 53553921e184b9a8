"""What the user reads: messages on stderr, what a program would read on stdout."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """A message."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def show(text: str) -> None:
    """A result."""
    print(text, flush=True)  # noqa: T201


def complain(error: BaseException, text: str) -> None:
    """One line, whatever happened; notes tell what is left of an output."""
    say("; ".join([f"emojicam: {text}", *getattr(error, "__notes__", [])]).replace("\n", " "))
