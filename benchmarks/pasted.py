"""What the photo path costs in accuracy: faces pasted into pictures, found, aligned and classified again.

usage: python benchmarks/pasted.py DIR [COUNT]     (DIR holds fer2013.csv and fer2013new.csv)

PublicTest faces with a FER+ majority label are pasted, one at a time, at 100 to 300 px, anywhere, and rolled by up to
20 degrees either way, into grey pictures of 640x480 px. A face that is not found counts as wrong.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.data.fer import read_ferplus
from emojicam.stream.types import Frame
from emojicam.wiring import Annotator

WIDTH, HEIGHT = 640, 480


def paste(
    face: npt.NDArray[np.uint8], rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], tuple[float, float, float]]:
    """A picture with the face in it.

    Args:
        face: uint8 48x48.
        rng: Draws size, place and roll.

    Returns:
        BGR uint8 480x640x3, and the face's middle and side in px.
    """
    side, roll = rng.uniform(100, 300), math.radians(rng.uniform(-20, 20))
    reach = 0.75 * side
    x = rng.uniform(min(reach, WIDTH / 2), max(WIDTH - reach, WIDTH / 2))
    y = rng.uniform(min(reach, HEIGHT / 2), max(HEIGHT - reach, HEIGHT / 2))
    cos, sin = side / 48 * math.cos(roll), side / 48 * math.sin(roll)
    matrix = np.array([[cos, -sin, x - 23.5 * (cos - sin)], [sin, cos, y - 23.5 * (sin + cos)]])
    large = cv2.warpAffine(face, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full_like(face, 255), matrix, (WIDTH, HEIGHT))
    grey = np.where(np.asarray(inside) > 127, large, 128).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8), (x, y, side)


def main() -> int:
    """Print how many are found, and how many are judged right, plain and pasted."""
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        return 2
    faces = read_ferplus(Path(sys.argv[1]))["validation"].by("ferplus").with_majority()
    count = min(int(sys.argv[2]), len(faces)) if len(sys.argv) == 3 else len(faces)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(faces), count, replace=False))
    found = right = others = 0
    with Annotator() as annotator:
        plain = annotator.classify.probabilities(np.asarray(faces.images[chosen])).argmax(1) == faces.majority[chosen]
        for number in chosen:
            picture, (x, y, side) = paste(faces.images[number][0], rng)
            judged = annotator.judge(Frame(0, 0.0, picture)).faces
            mine = [
                face
                for face in judged
                if math.hypot(face.box[0] + face.box[2] / 2 - x, face.box[1] + face.box[3] / 2 - y) < side / 2
            ]
            others += len(judged) - len(mine)
            if mine:
                found += 1
                right += mine[0].emotion.label == faces.labels[faces.majority[number]]
    print(f"faces: {count}, found: {100 * found / count:.1f} %, finds elsewhere: {others}")
    print(f"right: plain {100 * plain.mean():.1f} %, pasted {100 * right / count:.1f} % (not found is wrong)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
