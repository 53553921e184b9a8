"""The file `theme.toml` of a theme: what it is called, and how its pictures are to be drawn."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from emojicam.errors import UsageError

FILE = "theme.toml"

LONGEST = 65536
"""Bytes that the file has at most."""


@dataclass(frozen=True)
class Manifest:
    """The values of a theme's file; a folder without it has the defaults, and its own name.

    Attributes:
        name: What people read.
        about: One line on what the pictures look like.
        disc: Diameter of the part of each picture that hides what is below, as a share of its width.
        flat: The art is flat: no shadow lies under it.
        nearest: The art is of large pixels, which stay crisp where it is enlarged.
    """

    name: str
    about: str = ""
    disc: float = 1.0
    flat: bool = False
    nearest: bool = False


def manifest(folder: Path) -> Manifest:
    """Read what the theme in a folder says of itself.

    Raises:
        UsageError: Its file can't be read, or says what it can't.
    """
    path = folder / FILE
    said = _read(path)
    known = {field.name: type(field.default) for field in fields(Manifest) if field.name != "name"} | {"name": str}
    for key, value in said.items():
        if key not in known:
            raise UsageError(f"{path}: {key!r} is none of {', '.join(sorted(known))}")
        if type(value) is not known[key] or (isinstance(value, str) and (not value.strip() or "\n" in value)):
            kind = {str: "one line of text", bool: "true or false", float: "a number with a point, as 0.9"}[known[key]]
            raise UsageError(f"{path}: {key} is to be {kind}")
    made = Manifest(**{"name": folder.resolve().name, **said})
    if not 0.5 <= made.disc <= 1:
        raise UsageError(f"{path}: disc is to be between 0.5 and 1.0")
    return made


def _read(path: Path) -> dict[str, Any]:
    """The keys and values of a TOML file; of one that isn't there, none."""
    if not os.path.exists(path):
        return {}
    try:
        if not path.is_file() or path.stat().st_size > LONGEST:  # a pipe would be waited for
            raise UsageError(f"{path}: not a text file of at most {LONGEST // 1024} kB")
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path}: not TOML that can be read: {' '.join(str(error).split())}") from error
