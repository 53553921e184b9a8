"""A labelled set of faces in memory, and the three splits that every run keeps apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import Crop, Point

Eyes = tuple[Point, Point]
FindEyes = Callable[[npt.NDArray[np.uint8]], Eyes | None]
"""Looks for one face in a grey picture (uint8 HxW): its two eyes in px, or None."""
ToCrop = Callable[[Eyes, Crop], npt.NDArray[np.float64]]
"""`emojicam.stream.align.to_crop`, handed in so that this package need not know the stream."""

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True)
class Answers:
    """What one group of annotators says of N faces.

    Attributes:
        name: Of the label set.
        labels: K emotions.
        targets: float32 NxK, what a net should answer; a row sums to 1, or to 0 where nothing is known.
        majority: int64 N, the one class that counts when accuracy is measured; -1 where there is none.
        source: In words, for the card.
    """

    name: str
    labels: tuple[str, ...]
    targets: npt.NDArray[np.float32]
    majority: npt.NDArray[np.int64]
    source: str

    def __post_init__(self) -> None:
        if self.targets.shape != (len(self.majority), len(self.labels)):
            raise ValueError(f"targets are {self.targets.shape}, not {len(self.majority)} x {len(self.labels)}")


@dataclass(frozen=True)
class Faces:
    """Faces with labels.

    Attributes:
        images: uint8 NxCxSxS, as the data set has them.
        answers: What is known of them, by one label set or by several; the first is the one that counts.
        matrices: float32 Nx2x3, picture px to crop px where the eyes are known, the identity elsewhere; or None.
    """

    images: npt.NDArray[np.uint8]
    answers: tuple[Answers, ...]
    matrices: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if not self.answers or any(len(given.majority) != len(self.images) for given in self.answers):
            raise ValueError("images and answers differ in length")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions of the first label set."""
        return self.answers[0].labels

    @property
    def majority(self) -> npt.NDArray[np.int64]:
        """int64 N, by the first label set."""
        return self.answers[0].majority

    def by(self, name: str) -> Faces:
        """The faces with one of their label sets, of which something is known by it.

        Raises:
            ValueError: There is no such label set.
        """
        for given in self.answers:
            if given.name == name:
                return replace(self, answers=(given,)).where(given.targets.sum(1) > 0)
        raise ValueError(f"no labels are called {name!r}; there are: {', '.join(a.name for a in self.answers)}")

    def where(self, keep: npt.NDArray[np.bool_]) -> Faces:
        """Only some of them.

        Args:
            keep: bool N.
        """
        matrices = None if self.matrices is None else self.matrices[keep]
        answers = tuple(replace(a, targets=a.targets[keep], majority=a.majority[keep]) for a in self.answers)
        return replace(self, images=self.images[keep], answers=answers, matrices=matrices)

    def with_majority(self) -> Faces:
        """Only those with a majority label by the first label set: what accuracy is measured on."""
        return self.where(self.majority >= 0)

    def aligned(self, find_eyes: FindEyes, to_crop: ToCrop, crop: Crop) -> Faces:
        """The same faces, each with the transform that the stream would cut it by."""
        matrices = np.tile(np.eye(2, 3, dtype=np.float32), (len(self), 1, 1))
        for image, matrix in zip(self.images, matrices, strict=True):
            eyes = find_eyes(image[0])
            if eyes is not None:
                matrix[:] = to_crop(eyes, crop)
        return replace(self, matrices=matrices)

    def cut(self) -> Faces:
        """The same faces, brought to the crop by their `matrices` as the stream does it."""
        if self.matrices is None:
            raise ValueError("these faces have no matrices: call `aligned` first")
        size = self.images.shape[-1]
        images = [
            np.stack([cv2.warpAffine(c, m, (size, size), borderMode=cv2.BORDER_REPLICATE) for c in image])
            for image, m in zip(self.images, self.matrices, strict=True)
        ]
        return replace(self, images=np.array(images, np.uint8), matrices=None)


def without_twins(train: Faces, *others: Faces) -> tuple[Faces, int]:
    """Drop the training faces whose exact pixels stand in another split as well.

    Returns:
        What is left, and how many were dropped.
    """
    seen = {image.tobytes() for other in others for image in other.images}
    keep = np.array([image.tobytes() not in seen for image in train.images], dtype=bool)
    return train.where(keep), int((~keep).sum())
