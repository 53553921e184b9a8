"""The reader of any data set that is a folder for each class, with or without folders for the splits above them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emojicam.droppings import is_dropping
from emojicam.errors import InputError, UsageError
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.listing import NO_SPLIT, SPLITS, Listing, one_class_each, pictures_in
from emojicam.models.data.nouns import noun_of

SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), SPLITS.index("train")),
    **dict.fromkeys(("validation", "valid", "val"), SPLITS.index("validation")),
    **dict.fromkeys(("test", "testing"), SPLITS.index("test")),
}
"""Names that the splits' folders may have, each with its split's number."""


def read_folders(folder: Path, tell: Tell = tell_user) -> Listing:
    """Read a folder of class folders: `happy/*.jpg`, or `train/happy/*.jpg` beside `test/happy/*.jpg`.

    A class is its folder's name in small letters, as the noun that the project uses for it (`noun_of`); one that isn't
    known stays as it is. Folders of one noun are one class. Splits that are missing are made as `Listing.in_three`
    says. The label set is called by the folder's name.

    Args:
        folder: Holds nothing but those folders, and JPEG and PNG files in them.
        tell: Told how many files are no pictures and are left out.

    Raises:
        UsageError: The folder is not there.
        InputError: It is not in that form; the message names the file or folder.
    """
    return class_folders(folder, folder.resolve().name or "folders", f"folder {folder.resolve().name}", None, tell)


def class_folders(
    folder: Path, name: str, source: str, labels: tuple[str, ...] | None = None, tell: Tell = tell_user
) -> Listing:
    """Read a folder of class folders as a data set of a given name.

    Args:
        folder: A folder such as `read_folders` takes.
        name: Name of the label set.
        source: Where the labels come from, in words.
        labels: The classes, none of which need be there; by default those that are found, in alphabetical order.
        tell: Told how many files are no pictures and are left out.

    Raises:
        UsageError: The folder is not there.
        InputError: It is not in that form; the message names the file or folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    inside = _folders(folder)
    pictures: list[str] = []
    splits: list[int] = []
    nouns: list[str] = []
    faults = Faults("files", tell)
    for above, split in _splits(folder, inside):
        for path in _folders(above):
            noun = noun_of(path.name)
            if labels is not None and noun not in labels:
                raise InputError(f"{path}: not one of {', '.join(labels)}")
            found = [path.joinpath(file).relative_to(folder).as_posix() for file in pictures_in(path, faults)]
            pictures += found
            splits += [split] * len(found)
            nouns += [noun] * len(found)
    faults.judge()
    if labels is None:
        labels = tuple(sorted(set(nouns)))
        if len(labels) < 2:
            raise InputError(f"{folder}: {len(labels)} class folders with JPEG or PNG files; two or more are needed")
    if not pictures:
        raise InputError(f"{folder}: no JPEG or PNG file in any class folder")
    numbers = {noun: number for number, noun in enumerate(labels)}
    answers = one_class_each(name, labels, [numbers[noun] for noun in nouns], source)
    return Listing(folder, pictures, (answers,), np.array(splits, np.int8)).in_three()


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_dropping(path.name))


def _splits(folder: Path, inside: list[Path]) -> list[tuple[Path, int]]:
    """The folders that hold class folders, each with its split's number."""
    found = [(path, SPLIT_FOLDERS.get(path.name.lower(), NO_SPLIT)) for path in inside]
    if all(split == NO_SPLIT for _, split in found):
        return [(folder, NO_SPLIT)]
    for path, split in found:
        if split == NO_SPLIT:
            raise InputError(f"{path}: stands beside train or test, but is not called {', '.join(SPLIT_FOLDERS)}")
    return found
