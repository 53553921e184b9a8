"""A labelled set of faces, and the three splits that every run keeps apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import Crop, Point
from emojicam.models.data.nouns import places_of
from emojicam.models.data.rows import Images, Index, Rows, digests_of

Eyes = tuple[Point, Point]
FindEyes = Callable[[npt.NDArray[np.uint8]], Eyes | None]
"""A function that looks for one face in a grey picture (uint8 HxW) and gives its two eyes in px, or None."""
ToCrop = Callable[[Eyes, Crop], npt.NDArray[np.float64]]
"""The type of `emojicam.stream.faces.align.to_crop`, handed in so that this package need not know the stream."""

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True)
class Answers:
    """One group of annotators' answers about N faces.

    Attributes:
        name: Name of the label set.
        labels: K emotions.
        targets: float32 NxK, what a net should answer; a row sums to 1, or to 0 where nothing is known.
        majority: int64 N, the one class that counts when accuracy is measured; -1 where there is none.
        source: Where the labels come from, in words, for the card.
    """

    name: str
    labels: tuple[str, ...]
    targets: npt.NDArray[np.float32]
    majority: npt.NDArray[np.int64]
    source: str

    def __post_init__(self) -> None:
        if self.targets.shape != (len(self.majority), len(self.labels)):
            raise ValueError(f"targets are {self.targets.shape}, not {len(self.majority)} x {len(self.labels)}")

    def called(self, labels: tuple[str, ...]) -> Answers:
        """The same answers with other labels, in their order; each is found by its noun.

        Faces of what isn't among them have no majority label then, and what they were to be answered is left out.

        Args:
            labels: K labels.
        """
        if labels == self.labels:
            return self
        places = np.array(places_of(self.labels, labels), np.int64)
        known = places >= 0
        targets = np.zeros((len(self.majority), len(labels)), np.float32)
        for place, column in zip(places[known], self.targets[:, known].T, strict=True):
            targets[:, place] += column
        majority = np.append(places, -1)[self.majority]  # the last is for those who have none
        return replace(self, labels=labels, targets=targets, majority=majority)

    def take(self, numbers: Index) -> Answers:
        """The answers for some of the faces.

        Args:
            numbers: int64 M, places of the faces; they may repeat.
        """
        return replace(self, targets=self.targets[numbers], majority=self.majority[numbers])


@dataclass(frozen=True)
class Faces:
    """A set of faces with their labels.

    Attributes:
        images: uint8 NxCxSxS, as the data set has them: in memory, or rows of a packed file.
        answers: What is known of them, by one label set or by several; the first is the one that counts.
        matrices: float32 Nx2x3, picture px to crop px where the eyes are known, the identity elsewhere; or None.
        affect: float32 Nx2, valence and arousal from -1 to 1, nan where they are not known; or None.
    """

    images: Images
    answers: tuple[Answers, ...]
    matrices: npt.NDArray[np.float32] | None = None
    affect: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if not self.answers or any(len(given.majority) != len(self.images) for given in self.answers):
            raise ValueError("images and answers differ in length")
        if self.affect is not None and self.affect.shape != (len(self.images), 2):
            raise ValueError(f"valence and arousal are {self.affect.shape}, not {len(self.images)} x 2")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions of the first label set."""
        return self.answers[0].labels

    @property
    def majority(self) -> npt.NDArray[np.int64]:
        """The majority labels by the first label set, int64 N; -1 where there is none."""
        return self.answers[0].majority

    def by(self, name: str) -> Faces:
        """The faces of which one label set says something, with that label set alone.

        Raises:
            ValueError: There is no such label set.
        """
        for given in self.answers:
            if given.name == name:
                return replace(self, answers=(given,)).where(given.targets.sum(1) > 0)
        raise ValueError(f"no labels are called {name!r}; there are: {', '.join(a.name for a in self.answers)}")

    def where(self, keep: npt.NDArray[np.bool_]) -> Faces:
        """The faces that a mask keeps.

        Args:
            keep: bool N, whether a face stays.

        Raises:
            ValueError: The mask has another length.
        """
        if len(keep) != len(self):
            raise ValueError(f"a choice of {len(keep)} among {len(self)} faces")
        return self if keep.all() else self.take(np.flatnonzero(keep))

    def take(self, numbers: Index) -> Faces:
        """Some of the faces, in any order; pictures of a packed file stay there.

        Args:
            numbers: int64 M, places of the faces; they may repeat.
        """
        return Faces(
            self.images.take(numbers) if isinstance(self.images, Rows) else self.images[numbers],
            tuple(given.take(numbers) for given in self.answers),
            None if self.matrices is None else self.matrices[numbers],
            None if self.affect is None else self.affect[numbers],
        )

    def with_majority(self) -> Faces:
        """The faces that have a majority label by the first label set, which are those that accuracy is measured on."""
        return self.where(self.majority >= 0)

    def eyes(self, find_eyes: FindEyes) -> npt.NDArray[np.float64]:
        """Look for each face's eyes, which takes milliseconds a face.

        Returns:
            float64 Nx2x2, (x, y) px of the left and the right eye; nan where none were found.
        """
        found = np.full((len(self), 2, 2), np.nan)
        for image, place in zip(self.images, found, strict=True):
            eyes = find_eyes(_grey(image))
            if eyes is not None:
                place[:] = eyes
        return found

    def aligned(self, eyes: npt.NDArray[np.float64], to_crop: ToCrop, crop: Crop) -> Faces:
        """The same faces, each with the transform that the stream would cut it by.

        Args:
            eyes: Float64 Nx2x2, as `eyes` finds them.
            to_crop: Makes a transform of two eyes.
            crop: Where the eyes are to be.
        """
        matrices = np.tile(np.eye(2, 3, dtype=np.float32), (len(self), 1, 1))
        for (left, right), matrix in zip(eyes.tolist(), matrices, strict=True):
            if not np.isnan(left[0]):
                matrix[:] = to_crop((tuple(left), tuple(right)), crop)
        return replace(self, matrices=matrices)

    def digest(self) -> str:
        """A digest of all the pictures' exact pixels in their order, hex."""
        return hashlib.blake2b(b"".join(digests_of(self.images)), digest_size=16).hexdigest()

    def cut(self) -> Faces:
        """The same faces, brought to the crop by their `matrices` as the stream does it."""
        if self.matrices is None:
            raise ValueError("these faces have no matrices: call `aligned` first")
        size = self.images.shape[-1]
        images = np.empty(self.images.shape, np.uint8)
        for cut, image, m in zip(images, self.images, self.matrices, strict=True):
            cut[:] = [cv2.warpAffine(c, m, (size, size), borderMode=cv2.BORDER_REPLICATE) for c in image]
        return replace(self, images=images, matrices=None)


def joined(*parts: Faces) -> Faces:
    """Join several sets of faces into one.

    Args:
        parts: One or more, with the same label sets. Transforms stay where all parts have them, valence and arousal
            where any has.

    Raises:
        ValueError: The label sets differ.
    """
    first = parts[0]
    if any([(a.name, a.labels) for a in part.answers] != [(a.name, a.labels) for a in first.answers] for part in parts):
        raise ValueError("the faces have different label sets")
    answers = tuple(
        replace(
            column[0],
            targets=np.concatenate([given.targets for given in column]),
            majority=np.concatenate([given.majority for given in column]),
        )
        for column in zip(*(part.answers for part in parts), strict=True)
    )
    matrices = [part.matrices for part in parts if part.matrices is not None]
    affect = None
    if any(part.affect is not None for part in parts):
        unknown = [np.full((len(part), 2), np.nan, np.float32) for part in parts]
        affect = np.concatenate([u if p.affect is None else p.affect for u, p in zip(unknown, parts, strict=True)])
    whole = len(matrices) == len(parts)
    return Faces(_together([p.images for p in parts]), answers, np.concatenate(matrices) if whole else None, affect)


def _together(images: list[Images]) -> Images:
    rows = [found for found in images if isinstance(found, Rows)]
    same = rows[0].joined(rows[1:]) if len(rows) == len(images) else None
    return np.concatenate([found[:] for found in images]) if same is None else same


def without_twins(train: Faces, *others: Faces) -> tuple[Faces, int]:
    """Drop the training faces whose exact pixels stand in another split as well.

    Returns:
        What is left, and how many were dropped.
    """
    twins = twins_of(train, *others)
    return train.where(~twins), int(twins.sum())


def twins_of(faces: Faces, *others: Faces) -> npt.NDArray[np.bool_]:
    """Find the faces whose exact pixels stand among others as well.

    Returns:
        bool N, whether a face has such a twin.
    """
    seen = {digest for other in others for digest in digests_of(other.images)}
    return np.array([digest in seen for digest in digests_of(faces.images)], dtype=bool)


def _grey(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if len(image) == 1:
        return np.asarray(image[0])
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY), np.uint8)
