"""FER2013 with and without FER+'s votes, in the formats in which they are published.

FER2013: Goodfellow et al. 2013, `fer2013.csv` with the columns emotion, pixels, Usage; or a folder of pictures,
`train/angry/*.jpg` and so on.
FER+: Barsoum et al. 2016 (arXiv:1608.01041), `fer2013new.csv`, ten annotators' votes for each image, row for row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from emojicam.errors import InputError
from emojicam.models.card import EMOTIONS
from emojicam.models.data import table
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Answers, Faces
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.folders import class_folders
from emojicam.models.data.listing import Listing, one_class_each

SIDE = 48
SPLITS = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}
VERSION = 1
"""The reading's version, which changes whenever other faces or answers would be read from the same files."""
FILES = ("fer2013.csv", "icml_face_data.csv")
"""Names under which the same file is handed out."""
VOTES = "fer2013new.csv"
FER_COLUMNS = ["emotion", "pixels", "Usage"]
VOTE_COLUMNS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
FER_LABELS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The emotions of FER2013's classes 0 to 6."""

Pixels = npt.NDArray[np.uint8]


class Bad(Enum):
    """A row that can't be read, and is counted."""

    BAD = "bad"


BAD: Final = Bad.BAD


def read_ferplus(folder: Path, tell: Tell = tell_user) -> dict[str, Faces]:
    """Read FER2013's faces with both of their label sets: "ferplus" (eight classes, votes) and "fer2013" (seven).

    FER+'s rules are those of the paper's own code: a class with a single vote counts as noise; the target is the
    distribution of the other votes over the eight emotions; a majority label exists where one of the eight has more
    than half of all votes that are left, those for "unknown" and "no face" included.

    Args:
        folder: Holds `fer2013.csv` (or `icml_face_data.csv`) and `fer2013new.csv`.
        tell: Told how many rows can't be read and are left out.

    Returns:
        The three splits by name.

    Raises:
        UsageError: A file is not there.
        InputError: A file is not in the published format, or too many rows aren't; the message names file and row.
    """
    pictures, votes_file = _pictures_file(folder), folder / VOTES
    rows: dict[str, list[tuple[int, Pixels, list[int]]]] = {s: [] for s in SPLITS.values()}
    faults = Faults("rows", tell)
    pairs = zip_longest(_pictures(pictures, faults), _votes(votes_file, faults))
    for number, (picture, vote) in enumerate(pairs, start=2):
        if picture is None or vote is None:
            shorter = pictures if picture is None else votes_file
            raise InputError(f"{shorter}: ends before row {number}; both files must have the same rows")
        if picture is BAD or vote is BAD:
            continue
        usage, emotion, pixels = picture
        if usage != vote[0]:
            raise InputError(f"{votes_file}, row {number}: Usage is {vote[0]}, but {pictures.name} has {usage}")
        rows[SPLITS[usage]].append((emotion, pixels, vote[1]))
    faults.judge()
    if not any(rows.values()):
        raise InputError(f"{pictures}: no rows")
    return {split: _faces(found) for split, found in rows.items()}


def read_fer2013(folder: Path, tell: Tell = tell_user) -> dict[str, Faces]:
    """Read FER2013's faces with its own seven classes, "fer2013", where FER+'s file is not at hand.

    Args:
        folder: Holds `fer2013.csv`, or `icml_face_data.csv`, as Kaggle calls it.
        tell: Told how many rows can't be read and are left out.

    Returns:
        The three splits by name.

    Raises:
        UsageError: The file is not there.
        InputError: It is not in the published format, or too many rows aren't; the message names file and row.
    """
    rows: dict[str, list[tuple[int, Pixels]]] = {split: [] for split in SPLITS.values()}
    faults = Faults("rows", tell)
    for picture in _pictures(_pictures_file(folder), faults):
        if picture is not BAD:
            usage, emotion, pixels = picture
            rows[SPLITS[usage]].append((emotion, pixels))
    faults.judge()
    if not any(rows.values()):
        raise InputError(f"{_pictures_file(folder)}: no rows")
    return {
        split: Faces(_stacked(pixels for _, pixels in found), (_fer2013(_classes(emotion for emotion, _ in found)),))
        for split, found in rows.items()
    }


def read_fer_folders(folder: Path, tell: Tell = tell_user) -> Listing:
    """Read FER2013 as folders of pictures, with its own seven classes, "fer2013".

    Published like this it has two splits, train (28,709 faces) beside test or validation (7,178, which are PublicTest
    and PrivateTest together). The second is the test split here, and a tenth of train, drawn with a fixed seed and from
    each class by itself, becomes the validation split.

    Args:
        folder: Holds `train/angry/*.jpg` and so on; the classes are angry, disgust, fear, happy, neutral, sad and
            surprise.
        tell: Told how many files are no pictures and are left out.

    Raises:
        UsageError: The folder is not there.
        InputError: It is not in that format; the message names the file or folder.
    """
    return class_folders(folder, "fer2013", "FER2013", FER_LABELS, tell)


def _faces(rows: list[tuple[int, Pixels, list[int]]]) -> Faces:
    votes = np.array([vote for _, _, vote in rows], dtype=np.float32).reshape(-1, len(VOTE_COLUMNS))
    emotions = _classes(emotion for emotion, _, _ in rows)
    return Faces(_stacked(pixels for _, pixels, _ in rows), (_ferplus(votes), _fer2013(emotions)))


def _stacked(pixels: Iterable[Pixels]) -> Pixels:
    return np.array(list(pixels), dtype=np.uint8).reshape(-1, 1, SIDE, SIDE)


def _classes(emotions: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.array(list(emotions), dtype=np.int64)


def _ferplus(votes: npt.NDArray[np.float32]) -> Answers:
    votes = np.where(votes <= 1, 0, votes).astype(np.float32)
    emotions = votes[:, : len(EMOTIONS)]
    best = votes.argmax(1)
    clear = (best < len(EMOTIONS)) & (votes.max(1, initial=0) > 0.5 * votes.sum(1))
    return Answers(
        "ferplus",
        EMOTIONS,
        emotions / np.maximum(emotions.sum(1), 1)[:, None],
        np.where(clear, best, -1).astype(np.int64),
        "FER2013 with FER+ votes",
    )


def _fer2013(emotions: npt.NDArray[np.int64]) -> Answers:
    return one_class_each("fer2013", FER_LABELS, emotions, "FER2013")


def _pictures_file(folder: Path) -> Path:
    return next((folder / name for name in FILES if (folder / name).is_file()), folder / FILES[0])


def _usage(path: Path, number: int, usage: str) -> str:
    if usage not in SPLITS:
        raise InputError(f"{path}, row {number}: Usage is {usage!r}, not one of {', '.join(SPLITS)}")
    return usage


def _pictures(path: Path, faults: Faults) -> Iterator[tuple[str, int, Pixels] | Bad]:
    for number, row in table.rows(path, FER_COLUMNS, faults):
        yield BAD if row is None else faults.tried(_picture, path, number, row) or BAD


def _picture(path: Path, number: int, row: list[str]) -> tuple[str, int, Pixels]:
    emotion, text, usage = row
    try:
        pixels = np.array(text.split(), dtype=np.uint8)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path}, row {number}: a pixel is not a number from 0 to 255") from error
    if pixels.size != SIDE * SIDE:
        raise InputError(f"{path}, row {number}: {pixels.size} pixels, not {SIDE * SIDE}")
    if emotion not in _CLASSES:
        raise InputError(f"{path}, row {number}: emotion is {emotion!r}, not one of 0 to {len(FER_LABELS) - 1}")
    return _usage(path, number, usage), _CLASSES[emotion], pixels


_CLASSES = {str(number): number for number in range(len(FER_LABELS))}


def _votes(path: Path, faults: Faults) -> Iterator[tuple[str, list[int]] | Bad]:
    for number, row in table.rows(path, ["Usage", *VOTE_COLUMNS], faults):
        yield BAD if row is None else faults.tried(_vote, path, number, row) or BAD


def _vote(path: Path, number: int, row: list[str]) -> tuple[str, list[int]]:
    try:
        votes = [int(text) for text in row[1:]]
    except ValueError as error:
        raise InputError(f"{path}, row {number}: a vote is not a whole number") from error
    return _usage(path, number, row[0]), votes
