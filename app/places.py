"""All files that one run reads and writes, so that none of them is written over by another."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path

from emojicam.addresses import Address, Place
from emojicam.errors import UsageError


class Places:
    """The files of one run. Two names are one file's if the file system takes them for that."""

    def __init__(self, alike: Callable[[Path], bool] | None = None) -> None:
        """Begin without any.

        Args:
            alike: Tells whether A and a are one name in a folder; by default `takes_cases_alike`.
        """
        self._alike = alike or takes_cases_alike
        self._read: dict[Hashable, Place] = {}
        self._written: dict[Hashable, tuple[str, Place]] = {}

    def reads(self, path: Place) -> None:
        """Note an input.

        Raises:
            UsageError: Something that the run writes has its place.
        """
        for key in self._keys(path):
            what, other = self._written.get(key, ("", path))
            if what:
                raise UsageError(f"{other}: {what} would replace {path}, which is an input")
        self._read |= dict.fromkeys(self._keys(path), path)

    def writes(self, path: Place, what: str) -> None:
        """Note a file that is to be written.

        Args:
            path: Its name.
            what: What messages call it, "the report", say.

        Raises:
            UsageError: It has the place of an input, or of something else that the run writes.
        """
        keys = self._keys(path)
        for key in keys:
            if key in self._read:
                raise UsageError(f"{path}: {what} would replace {self._read[key]}, which is an input")
            first, other = self._written.get(key, ("", path))
            if first:
                raise UsageError(f"{path}: {what} would replace {first}, {other}")
        self._written |= dict.fromkeys(keys, (what, path))

    def _keys(self, path: Place) -> set[Hashable]:
        """Make what a file is known by: its folder and its name there, and itself if it is there already.

        Hard and symbolic links have several names; an object in a store has one.
        """
        if isinstance(path, Address):
            return {path}
        keys: set[Hashable] = set()
        for one in {path, Path(os.path.realpath(path))}:
            folder = Path(os.path.realpath(one.parent))
            keys.add((_identity(folder) or str(folder), self._name(one.name, folder)))
        if (itself := _identity(path)) is not None:
            keys.add(itself)
        return keys

    def _name(self, name: str, folder: Path) -> str:
        """Write a name as all names are written that are the same file's in a folder."""
        alike = self._alike(folder)
        if alike or sys.platform == "darwin":
            name = unicodedata.normalize("NFD", name)
        return name.casefold() if alike else name


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino)


@cache
def takes_cases_alike(folder: Path) -> bool:
    """Whether A and a are one name in a folder, as far as what is in it and its own name tell."""
    try:
        inside = {entry.name for entry in os.scandir(folder)}
    except OSError:
        inside = set()
    for name in inside:
        if (other := name.swapcase()) != name:
            return other not in inside and (folder / other).exists()
    other = folder.name.swapcase()
    return other != folder.name and _identity(folder) == _identity(folder.with_name(other)) is not None
