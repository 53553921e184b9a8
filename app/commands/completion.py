"""The command `completion`: the script by which a shell completes the command line."""

from __future__ import annotations

from dataclasses import dataclass

from emojicam.completion import script
from emojicam.console import show
from emojicam.parser import Program


@dataclass(frozen=True)
class CompletionOptions:
    """The options of `emojicam completion`.

    Attributes:
        shell: bash, zsh or fish.
    """

    shell: str


def completion(options: CompletionOptions, program: Program) -> int:
    """Print the script."""
    show(script(program, options.shell))
    return 0
