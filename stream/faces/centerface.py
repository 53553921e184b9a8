"""The second detector, CenterFace (Xu et al. 2019): one net for faces of all sizes, small and far ones above all.

It is anchor-free: at a quarter of the picture's size it gives a heat map whose peaks are faces, and for each place the
size, the exact middle and five landmarks of the face there. MediaPipe's short range is quicker, and better for faces
that are rolled or fill the picture; this one finds what is small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.stream.choices import FAST_MATH, Provider
from emojicam.stream.faces.boxes import merge
from emojicam.stream.i420 import Pixels
from emojicam.stream.inference.onnx_inputs import Shape, with_free_inputs, with_pictures
from emojicam.stream.inference.session import open_net
from emojicam.stream.types import Face

INPUT, HEAT, SIZE, OFFSET, LANDMARKS = "input.1", "537", "538", "539", "540"
"""The names that the net's input and outputs have in the published file."""

SHAPES: dict[str, Shape] = {
    INPUT: ("N", 3, "H", "W"),
    HEAT: ("N", 1, "h", "w"),
    SIZE: ("N", 2, "h", "w"),
    OFFSET: ("N", 2, "h", "w"),
    LANDMARKS: ("N", 10, "h", "w"),
}

CELL = 4
"""Px of the picture for each place of the heat map."""

STEP = 32
"""Px by which the net's input grows: it halves the picture five times."""

WIDER, HIGHER, ABOVE = 0.962, 1.288, 0.124
"""Its boxes hold the whole face, with the forehead; those of MediaPipe, as which all others here are meant, go from the
brows to the chin. Measured on 100 frontal portraits: width and height of one in sides of the other, and how far its
middle lies above, in the same."""


def fitting(side: float) -> int:
    """Round a picture's side, px, to one that the net can be shown."""
    return max(STEP, STEP * round(side / STEP))


def cleaned(published: bytes) -> bytes:
    """Make the file that is kept of the published one: 2.4 times as quick, for pictures of any size."""
    return with_free_inputs(published, SHAPES)


class CenterFace:
    """Finds faces in pictures. Several threads may use it."""

    def __init__(self, model: Path, provider: Provider = Provider.CPU, *, fast_math: bool = FAST_MATH) -> None:
        """Open the net.

        Args:
            model: The file that `cleaned` made.
            provider: Where it is to run.
            fast_math: A GPU may round (TF32).

        Raises:
            MissingExtra: ONNX Runtime is not installed.
            ModelError: The file can't be used.
        """
        self._net = open_net(model, provider, fast_math=fast_math, prepare=partial(with_pictures, name=INPUT))

    def __call__(self, pictures: Sequence[Pixels], threshold: float) -> list[list[Face]]:
        """Find the faces in pictures of one size, which are run as one batch.

        Args:
            pictures: RGB uint8 HxWx3 each.
            threshold: Least score of a find, 0-1.

        Returns:
            For each picture its faces, the surest first, each once; boxes as MediaPipe would give them.
        """
        height, width = pictures[0].shape[:2]
        wide, high = fitting(width), fitting(height)
        batch = np.empty((len(pictures), high, wide, 3), np.uint8)
        for place, picture in zip(batch, pictures, strict=True):
            cv2.resize(picture, (wide, high), place, interpolation=cv2.INTER_AREA)
        answers = self._net(batch)
        scale = width / wide, height / high
        heat, sizes, offsets, marks = answers
        return [
            _faces(heat[number], sizes[number], offsets[number], marks[number], scale, threshold)
            for number in range(len(pictures))
        ]


def _faces(
    heat: npt.NDArray[np.float32],
    size: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    landmarks: npt.NDArray[np.float32],
    scale: tuple[float, float],
    threshold: float,
) -> list[Face]:
    """Read the net's answers for one picture.

    Args:
        heat: float32 1xHxW: how likely a face's middle is there, 0-1.
        size: float32 2xHxW: logarithms of height and width, in cells.
        offset: float32 2xHxW: how far the middle lies down and across from the cell's, in cells.
        landmarks: float32 10xHxW: down and across for each of both eyes, the nose and the mouth's corners, in boxes.
        scale: Px of the picture for each of the net's, across and down.
        threshold: Least score of a find.
    """
    peaks = (heat[0] > threshold) & (heat[0] >= cv2.dilate(heat[0], np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero(peaks)
    height, width = np.exp(size[:, rows, columns]) * CELL
    down, across = offset[:, rows, columns]
    x, y = (columns + across + 0.5) * CELL, (rows + down + 0.5) * CELL
    marks = landmarks[:, rows, columns]
    left, top = x - width / 2, y - height / 2
    # The first two landmarks are the eyes, the one on the image's left first; the last two the mouth's corners.
    points = np.stack([left + marks[1::2] * width, top + marks[0::2] * height], -1) * scale
    found = [
        _face(((left * scale[0]), (top * scale[1]), w * scale[0], h * scale[1]), float(score), face)
        for left, top, w, h, score, face in zip(
            left, top, width, height, heat[0, rows, columns], points.transpose(1, 0, 2), strict=True
        )
    ]
    return merge(found)


def _face(box: tuple[float, float, float, float], score: float, points: npt.NDArray[np.float64]) -> Face:
    """Bring a find to the form of all others: a square box from the brows to the chin, two eyes, a roll."""
    left, top, width, height = (float(value) for value in box)
    (ax, ay), (bx, by) = points[0].tolist(), points[1].tolist()
    roll = math.atan2(by - ay, bx - ax)
    # A rolled face's box is as large as an upright one's: its sides trade places, their product stays.
    side = math.sqrt(width * height / (WIDER * HIGHER))
    x = left + width / 2 - ABOVE * side * math.sin(roll)
    y = top + height / 2 + ABOVE * side * math.cos(roll)
    return Face(
        box=(x - side / 2, y - side / 2, side, side),
        score=score,
        eyes=((ax, ay), (bx, by)),
        roll=math.degrees(roll),
    )
