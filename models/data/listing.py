"""The findings of a reader before any picture is decoded: the pictures there are, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emojicam.droppings import is_dropping
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Answers
from emojicam.models.data.faults import Faults
from emojicam.models.data.rows import Images
from emojicam.models.data.sample import stratified_split

SPLITS = (TRAIN, VALIDATION, TEST)
"""Names of the splits; a split's number is its place here."""
NO_SPLIT = -1
HELD_OUT = 0.1
"""Share of the training faces that becomes the validation split where a data set has none."""
SUFFIXES = (".jpg", ".jpeg", ".png")

_IN_TRAIN, _IN_VALIDATION, _IN_TEST = range(3)


@dataclass(frozen=True)
class Listing:
    """The N faces that a reader found. Everything but the paths is in arrays: a row takes about 100 bytes.

    Attributes:
        root: The data set's folder.
        pictures: Their files, below `root`, with forward slashes; or their pixels, uint8 NxCxHxW.
        answers: What is known of them, by one label set or by several.
        splits: int8 N, 0 train, 1 validation, 2 test, -1 none.
        boxes: float32 Nx4, where in its picture each face is (left, top, width, height in px); None is all of it.
        affect: float32 Nx2, valence and arousal from -1 to 1, nan where they are not known; or None.
        tables: The label files, for messages.
        places: int64 Nx2, number of the label file and row in it (from 1), in which each face stands; or None.
    """

    root: Path
    pictures: Sequence[str] | Images
    answers: tuple[Answers, ...]
    splits: npt.NDArray[np.int8]
    boxes: npt.NDArray[np.float32] | None = None
    affect: npt.NDArray[np.float32] | None = None
    tables: tuple[Path, ...] = ()
    places: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        n = len(self.pictures)
        shapes = {
            "splits": (self.splits, (n,)),
            "boxes": (self.boxes, (n, 4)),
            "affect": (self.affect, (n, 2)),
            "places": (self.places, (n, 2)),
        }
        for name, (array, shape) in shapes.items():
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} are {array.shape}, not {shape}")
        if not self.answers or any(len(given.majority) != n for given in self.answers):
            raise ValueError("pictures and answers differ in length")

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, number: int) -> str:
        """Name a face for a message: its label file and row, where there is one, and its picture."""
        picture = self.pictures[number]
        name = str(self.root / picture) if isinstance(picture, str) else f"{self.root}: picture {number}"
        if self.places is None:
            return name
        table, row = self.places[number]
        return f"{self.tables[table]}, row {row}: {name}"

    def in_three(self, seed: int = 0) -> Listing:
        """The same faces in train, validation and test, where the data set has fewer splits.

        Which split has what is always decided by the data set first, and by chance, with a fixed seed and each class by
        itself (stratified), only then:

        - without any split, or with training faces alone: 80 % train, 10 % validation, 10 % test;
        - one split beside train is the test split, whatever it is called: figures are published on it;
        - without a validation split: a tenth of train becomes it.
        """
        classes = self.answers[0].majority
        splits = self.splits.copy()
        there = set(np.unique(splits).tolist())
        if there <= {NO_SPLIT, _IN_TRAIN}:
            for number, part in enumerate(stratified_split(classes, (1 - 2 * HELD_OUT, HELD_OUT, HELD_OUT), seed)):
                splits[part] = number
            return replace(self, splits=splits)
        if _IN_TEST not in there:
            splits[splits == _IN_VALIDATION] = _IN_TEST
        if _IN_TEST not in there or _IN_VALIDATION not in there:
            train = np.flatnonzero(splits == _IN_TRAIN)
            splits[train[stratified_split(classes[train], (1 - HELD_OUT, HELD_OUT), seed)[1]]] = _IN_VALIDATION
        return replace(self, splits=splits)


def one_class_each(
    name: str, labels: tuple[str, ...], classes: Sequence[int] | npt.NDArray[np.int64], source: str
) -> Answers:
    """The answers of a data set in which each face has one class.

    Args:
        name: Name of the label set.
        labels: K emotions.
        classes: The N faces' classes, from 0; -1 is none.
        source: Where the labels come from, in words, for the card.
    """
    majority = np.asarray(classes, np.int64)
    targets = np.eye(len(labels) + 1, len(labels), dtype=np.float32)[majority]
    return Answers(name, labels, targets, majority, source)


def pictures_in(folder: Path, faults: Faults) -> Iterator[str]:
    """The names of the JPEG and PNG files in a folder, in alphabetical order.

    Droppings are passed over; whatever else is there is counted as a fault.
    """
    for path in sorted(folder.iterdir()):
        if is_dropping(path.name):
            continue
        faults.of += 1
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path.name
        else:
            faults.add(f"{path}: not a JPEG or PNG file ({', '.join(SUFFIXES)})")
