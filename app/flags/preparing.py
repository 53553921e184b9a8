"""The commands that get things ready: what works here, the detector's files, the shell, help."""

from __future__ import annotations

import argparse

from emojicam.console import show
from emojicam.interrupt import Interrupt
from emojicam.parser import COMMAND, Group, Program
from emojicam.settings import add_quiet, options_of

TITLE = "set it up"

SHELLS = ("bash", "zsh", "fish")
"""The shells that commands and options are completed in."""


def add_commands(program: Program) -> None:
    """Add the group's commands."""
    group = program.group(TITLE)
    for add in (_doctor, _fetch, _completion):
        add(group)


def _doctor(group: Group) -> None:
    parser = group.command(
        "doctor",
        _run_doctor,
        "say what works here, and what mends the rest",
        ("doctor", "a line for each part"),
        ("doctor --json", "the same for programs"),
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _run_doctor(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.doctor import DoctorOptions, doctor

    return doctor(options_of(DoctorOptions, given))


def _fetch(group: Group) -> None:
    parser = group.command(
        "fetch",
        _run_fetch,
        "get the face detector's files ahead of time",
        ("fetch", "once, while there is a network"),
        more="They are fetched by themselves when they are first needed; after that no network is.",
    )
    add_quiet(parser)


def _run_fetch(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.fetch import FetchOptions, fetch

    return fetch(options_of(FetchOptions, given))


def _completion(group: Group) -> None:
    parser = group.command(
        "completion",
        lambda given, interrupt: _run_completion(group.program, given),
        "print a script by which your shell completes what you type",
        ("completion bash >> ~/.bashrc", "from the next shell on"),
        ('completion zsh > "${fpath[1]}/_emojicam"', "a folder of $fpath that is yours"),
        ("completion fish > ~/.config/fish/completions/emojicam.fish", "from the next shell on"),
    )
    parser.add_argument("shell", choices=SHELLS, help="your shell")


def _run_completion(program: Program, given: argparse.Namespace) -> int:
    from emojicam.commands.completion import CompletionOptions, completion

    return completion(options_of(CompletionOptions, given), program)


def add_help(program: Program) -> None:
    """Add the command that tells of another one; all others must be there."""
    group = next(group for group in program.groups if group.title == TITLE)
    parser = group.command(
        "help",
        lambda given, interrupt: _run_help(program, given),
        "tell what a command does, and what it takes",
        ("help", "all commands"),
        ("help annotate", "the options of annotate"),
    )
    parser.add_argument(
        "command",
        nargs="?",
        metavar=COMMAND,
        choices=tuple(program.commands.choices),
        help="the command to tell of (default: all)",
    )


def _run_help(program: Program, given: argparse.Namespace) -> int:
    named = given.command
    show((program.commands.choices[named] if named else program).format_help().removesuffix("\n"))
    return 0
