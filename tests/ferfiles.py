"""A small data set in FER2013's and FER+'s published formats, drawn here: each emotion is a pattern."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emojicam.models.data.faces import Faces
from emojicam.models.data.fer import read_ferplus

SIDE = 48
SPLITS = {"Training": 96, "PublicTest": 24, "PrivateTest": 24}
VOTES = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def pattern(emotion: int, rng: np.random.Generator) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    ys, xs = np.mgrid[:SIDE, :SIDE]
    angle = emotion * np.pi / 8
    wave = np.sin((xs * np.cos(angle) + ys * np.sin(angle)) / 3 + rng.uniform(0, 6))
    return np.clip(128 + 70 * wave + rng.normal(0, 10, wave.shape), 0, 255).astype(np.uint8)


def write(folder: Path, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "fer2013.csv").open("w") as fer, (folder / "fer2013new.csv").open("w") as plus:
        fer.write("emotion,pixels,Usage\n")
        plus.write(f"Usage,Image name,{VOTES}\n")
        for usage, count in SPLITS.items():
            for number in range(count):
                emotion = number % 8
                image = pattern(emotion, rng)
                votes = [0] * 10
                votes[emotion] = 10
                fer.write(f"{emotion % 7},{' '.join(map(str, image.reshape(-1)))},{usage}\n")
                plus.write(f"{usage},fer{number:07d}.png,{','.join(map(str, votes))}\n")


def splits(folder: Path) -> dict[str, Faces]:
    """The data set, written and read."""
    write(folder)
    return read_ferplus(folder)
