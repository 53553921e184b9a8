"""Data sets of pictures, drawn by the tests, and what was found in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from emojicam.models.data.faces import Faces
from emojicam.models.data.listing import Listing, one_class_each

CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def draw(path: Path, level: int = 0, side: int = 20) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), (level, level, level)).save(path)


def class_folders(root: Path, counts: dict[str, int], suffix: str = "jpg") -> Path:
    """`counts` has the number of pictures by folder; a picture's level is its number."""
    for folder, count in counts.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            draw(root / folder / f"{number:03d}.{suffix}", number)
    return root


def by_split(found: Listing) -> dict[int, int]:
    return {int(split): int((found.splits == split).sum()) for split in np.unique(found.splits)}


def labelled(found: Listing) -> list[tuple[str, str]]:
    given = found.answers[0]
    return [(str(p), given.labels[c]) for p, c in zip(found.pictures, given.majority, strict=True)]


def listing(root: Path, *pictures: str) -> Listing:
    """Written there already; the n-th is of class n % 2, in split n % 3."""
    numbers = np.arange(len(pictures))
    answers = one_class_each("drawn", ("a", "b"), numbers % 2, "drawn here")
    return Listing(root, list(pictures), (answers,), (numbers % 3).astype(np.int8))


def numbered(root: Path, count: int, side: int = 12, suffix: str = "png") -> Listing:
    names = [f"{number}.{suffix}" for number in range(count)]
    for number, name in enumerate(names):
        Image.new("RGB", (side, side), (number * 10 % 256, 20, 30)).save(root / name)
    return listing(root, *names)


def levels(faces: Faces) -> list[int]:
    return [int(image[0, 0, 0]) for image in faces.images]
