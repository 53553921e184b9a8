"""Measure where the eyes fall in FER2013's images: the figures that `emojicam.models.card.Crop` aims at.

usage: python benchmarks/eyes.py DIR     (DIR holds fer2013.csv and fer2013new.csv)

Each PublicTest image is enlarged on a repeated border and shown to the short-range detector.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from emojicam.models.card import Crop
from emojicam.models.data.fer import read_ferplus
from emojicam.stream.choices import Range
from emojicam.stream.faces.detect import Detector
from emojicam.training import eyes_of


def main() -> int:
    """Print medians and quartiles in px of the 48-px image."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    faces = read_ferplus(Path(sys.argv[1]))["validation"]
    with Detector(Range.NEAR, threshold=0.3) as detector:
        found = [eyes_of(detector, image[0]) for image in faces.images]
    eyes = np.array([pair for pair in found if pair is not None]).reshape(-1, 4)
    print(f"faces found: {len(eyes)} of {len(faces)}")
    quartiles = np.percentile(eyes, [25, 50, 75], axis=0)
    for name, (low, median, high) in zip(("left x", "left y", "right x", "right y"), quartiles.T, strict=True):
        print(f"{name:8} median {median:5.1f}  quartiles {low:5.1f} to {high:5.1f}")
    print(f"in use:  {Crop().left_eye} and {Crop().right_eye}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
