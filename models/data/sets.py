"""The formats of data sets that can be read, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.models.data import fer
from emojicam.models.data.affectnet import read_affectnet
from emojicam.models.data.faces import Faces
from emojicam.models.data.faults import Tell, tell_user
from emojicam.models.data.fer import read_fer2013, read_fer_folders, read_ferplus
from emojicam.models.data.folders import read_folders
from emojicam.models.data.kept import kept_faces
from emojicam.models.data.listing import Listing
from emojicam.models.data.packed import pack
from emojicam.models.data.rafdb import read_rafdb


@dataclass(frozen=True)
class Reader:
    """The way to read one format of data sets.

    Attributes:
        read: A function that is given the folder, and tells what is left out, and gives the faces or a listing of them.
        native: Side (px) and channels of its faces, where they are all alike; a net then enlarges them itself.
        files: The files that all its faces stand in, where it gives faces: these are kept.
    """

    read: Callable[[Path, Tell], dict[str, Faces]] | Callable[[Path, Tell], Listing]
    native: tuple[int, int] | None = None
    files: tuple[str, ...] = ()


READERS = {
    "ferplus": Reader(read_ferplus, (48, 1), (*fer.FILES, fer.VOTES)),
    "fer2013": Reader(read_fer2013, (48, 1), fer.FILES),
    "fer-folders": Reader(read_fer_folders, (48, 1)),
    "affectnet": Reader(read_affectnet),
    "rafdb": Reader(read_rafdb),
    "folders": Reader(read_folders),
}
"""The reader of each format that `formats.FORMATS` names."""


def read(
    name: str,
    folder: Path,
    *,
    size: int,
    channels: int,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    tell: Tell = tell_user,
) -> dict[str, Faces]:
    """Read a data set; pictures in files are kept in a packed file, faces in a table as they were read from it.

    Args:
        name: Name of its format.
        folder: The data set's folder.
        size: Side of the faces in px that is wanted, where the format leaves it open.
        channels: 1 (grey) or 3 (RGB), where the format leaves it open.
        cache: Folder for packed files and for what was read.
        progress: Called with the number of pictures that are decoded, and of all.
        tell: Told how much can't be read and is left out.

    Returns:
        Train, validation and test.

    Raises:
        UsageError: No such format, or no such folder.
        InputError: The files are not in that format.
    """
    if name not in READERS:
        raise UsageError(f"no data format is called {name!r}; there are: {', '.join(READERS)}")
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    form = READERS[name]
    called = f"{name}-{folder.resolve().name}"
    if form.files:
        if not any((folder / file).is_file() for file in form.files):
            raise UsageError(
                f"{folder}: no {form.files[0]}, as {name} has; for a folder for each emotion: --format folders"
            )
        made_from = [name, fer.VERSION, str(folder.resolve()), *_states(folder, form.files)]
        return kept_faces(cache, called, made_from, lambda tell: _faces(form, folder, tell), tell)
    found = form.read(folder, tell)
    if isinstance(found, dict):
        return found
    size, channels = form.native or (size, channels)
    listing = found.in_three()
    kept = cache / f"{called}-{size}x{channels}"
    return pack(listing, size, channels, kept, progress=progress, tell=tell)


def _states(folder: Path, files: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Names, sizes and times of those of the files that are there."""
    found = [(name, folder / name) for name in files if (folder / name).is_file()]
    return [(name, path.stat().st_size, path.stat().st_mtime_ns) for name, path in found]


def _faces(form: Reader, folder: Path, tell: Tell) -> dict[str, Faces]:
    found = form.read(folder, tell)
    if not isinstance(found, dict):
        raise TypeError("a reader that names its files gives faces")
    return found
