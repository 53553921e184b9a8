"""The script by which a shell completes the command line: shtab writes it, and is told here what an option takes."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import shtab

from emojicam import assets, models
from emojicam.models import by_name
from emojicam.models.card import EMOTIONS
from emojicam.parser import Program

Complete: TypeAlias = "dict[str, str | dict[str, str]]"
"""The code with which each shell completes a word; `preamble` has the functions that it calls."""

FOLDERS = ("DIR", "DIR/")
FILES = ("SOURCE", "PHOTO", "CHECKPOINT", "FILE", "OUT")
"""Placeholders of help texts that stand for paths; so do those that begin with "F.", a file's suffix behind it."""

NAMES: dict[str, Callable[[], Sequence[str]]] = {
    "theme": assets.themes,
    "themes": assets.themes,
    "model": models.names,
    "models": models.names,
    "teacher": models.names,
    "recipe": lambda: by_name.names("recipes"),
    "space": lambda: by_name.names("spaces"),
}
"""The names that an option or argument takes besides paths."""

LISTS: dict[str, Sequence[str]] = {"only": EMOTIONS, "leave": EMOTIONS}
"""The words of which an option takes several, with commas between them."""


def script(program: Program, shell: str) -> str:
    """Write the script that has a shell complete commands, options, choices, names and paths.

    Args:
        program: Its parser.
        shell: One of those that shtab knows: bash, zsh, fish.
    """
    for action in _actions(program):
        complete = completed(action)
        if complete:
            action.complete = complete  # type: ignore[attr-defined]  # where shtab looks
    written = str(shtab.complete(program, shell))
    # Of an argument that may be given several times, shtab has zsh complete the first alone.
    return written.replace('\n  "(*):', '\n  "*:') if shell == "zsh" else written


def _actions(program: Program) -> Iterator[argparse.Action]:
    for command in program.commands.choices.values():
        yield from command._actions


def completed(action: argparse.Action) -> Complete | None:
    """Tell how the words of an option or argument are completed; None if by its choices, or not at all."""
    if action.choices is not None or action.nargs == 0:
        return None
    if action.dest in LISTS:
        return _listed(action.dest, LISTS[action.dest])
    path = _path(action)
    if action.dest not in NAMES:
        return path
    return _named(action.dest, NAMES[action.dest](), path or shtab.FILE)


def _path(action: argparse.Action) -> Complete | None:
    parts = str(action.metavar or "").split("|")
    if any(part in FILES or part.startswith("F.") for part in parts):
        return dict(shtab.FILE)
    return dict(shtab.DIRECTORY) if any(part in FOLDERS for part in parts) else None


def _listed(dest: str, words: Sequence[str]) -> Complete:
    """Complete each word of a list with commas; in fish its first one."""
    function, joined = f"_emojicam_{dest}", shlex.join(words)
    bash = (
        f"{function}() {{ local before=; case $1 in *,*) before=${{1%,*}},;; esac; "
        f'compgen -P "$before" -W {shlex.quote(joined)} -- "${{1##*,}}"; }}'
    )
    zsh = f"{function}() {{ _values -s , emotion {joined}; }}"
    return {"bash": function, "zsh": function, "fish": joined, "preamble": {"bash": bash, "zsh": zsh}}


def _named(dest: str, names: Sequence[str], path: Complete) -> Complete:
    """Complete names and paths."""
    words = shlex.join(names)
    kind = "d" if path == shtab.DIRECTORY else "f"
    function = f"_emojicam_{dest}_dir"  # by which shtab's script for bash knows that paths are among the words
    bash = f'{function}() {{ compgen -W {shlex.quote(words)} -- "$1"; compgen -{kind} -- "$1"; }}'
    zsh = f"{function}() {{ _alternative 'names:name:({words})' 'paths:path:{path['zsh']}' }}"
    return {
        "bash": function,
        "zsh": function,
        "fish": f"{words} {path['fish']}",
        "preamble": {"bash": bash, "zsh": zsh},
    }
