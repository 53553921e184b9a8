"""The formats of data sets that can be read, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.models.data.affectnet import read_affectnet
from emojicam.models.data.faces import Faces
from emojicam.models.data.fer import read_fer2013, read_fer_folders, read_ferplus
from emojicam.models.data.folders import read_folders
from emojicam.models.data.listing import Listing
from emojicam.models.data.packed import pack
from emojicam.models.data.rafdb import read_rafdb


@dataclass(frozen=True)
class DataFormat:
    """One form in which data sets are distributed.

    Attributes:
        read: Its reader, which is given the folder and gives the faces, or a listing of them.
        about: What the folder holds, in a line.
        native: Side (px) and channels of its faces, where they are all alike; a net then enlarges them itself.
    """

    read: Callable[[Path], dict[str, Faces]] | Callable[[Path], Listing]
    about: str
    native: tuple[int, int] | None = None


FORMATS = {
    "ferplus": DataFormat(read_ferplus, "fer2013.csv and fer2013new.csv (FER+'s votes)", (48, 1)),
    "fer2013": DataFormat(read_fer2013, "fer2013.csv", (48, 1)),
    "fer-folders": DataFormat(read_fer_folders, "train/angry/*.jpg …, test/angry/*.jpg …", (48, 1)),
    "affectnet": DataFormat(
        read_affectnet, "train_set/images, train_set/annotations, val_set/…; or training.csv, validation.csv"
    ),
    "rafdb": DataFormat(read_rafdb, "EmoLabel/list_patition_label.txt and Image/aligned"),
    "folders": DataFormat(
        read_folders, "a folder of pictures for each emotion, below train/, validation/, test/ or not"
    ),
}


def read(
    name: str,
    folder: Path,
    *,
    size: int,
    channels: int,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Faces]:
    """Read a data set; pictures in files are decoded once and kept in a packed file.

    Args:
        name: Name of its format.
        folder: The data set's folder.
        size: Side of the faces in px that is wanted, where the format leaves it open.
        channels: 1 (grey) or 3 (RGB), where the format leaves it open.
        cache: Folder for packed files.
        progress: Called with the number of pictures that are decoded, and of all.

    Returns:
        Train, validation and test.

    Raises:
        UsageError: No such format, or no such folder.
        InputError: The files are not in that format.
    """
    if name not in FORMATS:
        raise UsageError(f"no data format is called {name!r}; there are: {', '.join(FORMATS)}")
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    form = FORMATS[name]
    found = form.read(folder)
    if isinstance(found, dict):
        return found
    size, channels = form.native or (size, channels)
    listing = found.in_three()
    kept = cache / f"{name}-{folder.resolve().name}-{size}x{channels}"
    return pack(listing, size, channels, kept, progress=progress)
