"""RAF-DB (Li et al. 2017), its basic part: 15,339 faces with one of seven emotions, aligned, 100x100 px."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emojicam.errors import InputError, UsageError
from emojicam.models.data.faces import TEST, TRAIN
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.listing import SPLITS, Listing, one_class_each

LABELS = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""The emotions of RAF-DB's classes 1 to 7."""
LABEL_FILE = "list_patition_label.txt"
"""Name of the label file, spelt as it is published."""


def read_rafdb(folder: Path, tell: Tell = tell_user) -> Listing:
    """Read RAF-DB's basic part, "rafdb": the aligned pictures.

    Its two splits stay train and test; a tenth of train, drawn with a fixed seed and from each class by itself, becomes
    the validation split.

    Args:
        folder: Holds `Image/aligned/train_00001_aligned.jpg` and so on, and `EmoLabel/list_patition_label.txt` (or the
            same file beside `Image`) with lines like `train_00001.jpg 5`.
        tell: Told how many rows can't be read and are left out.

    Raises:
        UsageError: The folder or the label file is not there.
        InputError: The label file is not in that format, or too many rows aren't; the message names file and row.
    """
    table = next((path for path in (folder / "EmoLabel" / LABEL_FILE, folder / LABEL_FILE) if path.is_file()), None)
    if table is None:
        raise UsageError(f"{folder}: neither EmoLabel/{LABEL_FILE} nor {LABEL_FILE} is there")
    pictures: dict[str, int] = {}
    splits: list[int] = []
    classes: list[int] = []
    faults = Faults("rows", tell)
    for row, line in enumerate(table.read_text("utf-8-sig", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        with faults.counted():
            where = f"{table}, row {row}"
            picture, split, emotion = _parsed(where, line)
            if picture in pictures:
                raise InputError(f"{where}: {picture} stands in row {pictures[picture]} already")
            pictures[picture] = row
            splits.append(split)
            classes.append(emotion)
    faults.judge()
    if not pictures:
        raise InputError(f"{table}: no rows")
    return Listing(
        folder,
        [f"Image/aligned/{picture.removesuffix('.jpg')}_aligned.jpg" for picture in pictures],
        (one_class_each("rafdb", LABELS, classes, "RAF-DB basic"),),
        np.array(splits, np.int8),
        tables=(table,),
        places=np.array([(0, row) for row in pictures.values()], np.int64),
    ).in_three()


def _parsed(where: str, line: str) -> tuple[str, int, int]:
    """A picture's name, its split's number, and its class from 0."""
    cells = line.split()
    if len(cells) != 2:
        raise InputError(f"{where}: {len(cells)} columns, not a picture and its class")
    picture, emotion = cells
    split = picture.split("_")[0]
    if split not in (TRAIN, TEST) or not picture.endswith(".jpg") or "/" in picture:
        raise InputError(f"{where}: {picture!r} is not called like train_00001.jpg or test_0001.jpg")
    if emotion not in _CLASSES:
        raise InputError(f"{where}: the class is {emotion!r}, not one of 1 to {len(LABELS)}")
    return picture, SPLITS.index(split), _CLASSES[emotion]


_CLASSES = {str(number): number - 1 for number in range(1, len(LABELS) + 1)}
