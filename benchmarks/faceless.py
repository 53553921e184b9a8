"""How often a face is seen where there is none.

usage: python benchmarks/faceless.py DIR     (a folder with pictures that show no face, at any depth)

Of every picture the whole, and twelve cuttings at any place and of 20 to 95 % of its height, are brought to 480 rows
and searched. Debian's packages of wallpapers have such pictures: plasma-workspace-wallpapers, mate-backgrounds,
gnome-backgrounds, ukui-wallpapers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from emojicam.stream.choices import Range
from emojicam.stream.faces.detect import Detector
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Frame

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
ROWS, CUTTINGS = 480, 12


def views(picture: Pixels, rng: np.random.Generator) -> Iterator[Pixels]:
    """The whole picture and cuttings of it.

    Args:
        picture: uint8 HxWx3, at least 300 px both ways.
        rng: Draws place and size.

    Yields:
        uint8 480xWx3, the cuttings 640 px wide.
    """
    height, width = picture.shape[:2]
    yield _resized(picture, width * ROWS // height)
    for _ in range(CUTTINGS):
        rows = int(rng.uniform(0.2, 0.95) * min(height, width * 3 / 4))
        columns = rows * 4 // 3
        top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
        yield _resized(picture[top : top + rows, left : left + columns], 640)


def _resized(picture: Pixels, width: int) -> Pixels:
    return np.asarray(cv2.resize(picture, (width, ROWS), interpolation=cv2.INTER_AREA), np.uint8)


def main() -> int:
    """Print in how many views something is found."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    rng = np.random.default_rng(0)
    pictures = seen = wrong = 0
    with Detector(Range.AUTO) as detector:
        for path in sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix.lower() in SUFFIXES):
            picture = cv2.imread(str(path))
            if picture is None or min(picture.shape[:2]) < 300:
                continue
            pictures += 1
            for view in views(np.asarray(picture, np.uint8), rng):
                seen += 1
                wrong += bool(detector(Frame(0, 0.0, view)).faces)
    print(f"pictures: {pictures}, views: {seen}, with a face found: {100 * wrong / max(1, seen):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
