"""TOML files that come with emojicam, found by name, and the user's own, by path."""

from __future__ import annotations

import os
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.meant import meant


def names(folder: str) -> tuple[str, ...]:
    """Names of the TOML files in a folder of `emojicam.models`, sorted."""
    files = (resources.files("emojicam.models") / folder).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def find(name_or_path: str, folder: str, noun: str, file: str) -> Traversable:
    """Find a TOML file: one that comes with emojicam by its name, the user's own by its path, which ends in `.toml`.

    Args:
        name_or_path: What was asked for.
        folder: The folder of `emojicam.models` with those that come with it.
        noun: What such a thing is called.
        file: What a file of such a thing is called.

    Raises:
        UsageError: There is none.
    """
    own = Path(name_or_path)
    if own.suffix == ".toml":
        if not os.path.isfile(own):
            raise UsageError(f"{own}: no such {file}")
        return own
    if name_or_path not in names(folder):
        there = ", ".join(names(folder)) + meant(name_or_path, names(folder))
        raise UsageError(f"no {noun} is called {name_or_path!r}; there are: {there}")
    return resources.files("emojicam.models") / folder / f"{name_or_path}.toml"
