"""The views of a frame that the nets are shown: the whole made smaller, parts of it, and patches around a face."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from emojicam.stream.faces.align import Matrix, cut
from emojicam.stream.i420 import Pixels, as_pixels
from emojicam.stream.types import Face, Frame, roll_of

GLANCE = 480 * 288
"""Pixels of the smallest view that the second net is shown (15 ms): faces from 20 to 300 px wide are found in it."""

ENLARGED = 640 * 384
"""Pixels to which a small picture is enlarged: in 480x270 px two faces of 13 px score 0.5 and 0.2, enlarged 0.7."""

WORTH = 1.25
"""Factor from which on a larger view is worth its time beside a smaller one."""

STEP = 4.0
"""Factor in width by which one view is larger than the next: the net finds faces over a range four times as wide."""

PART = 1280
"""Px of the sides of the parts that a large view is cut into: memory grows with what is shown at once."""

OVERLAP = 192
"""Px by which two parts overlap: what is larger than that is found in a smaller view."""


@dataclass(frozen=True)
class View:
    """A part of a frame at a scale.

    Attributes:
        left: First column of the part, px of the frame.
        top: First row of the part, px of the frame.
        width: Width of the part, px of the frame.
        height: Height of the part, px of the frame.
        scale: Px of the view for each of the frame's.
    """

    left: int
    top: int
    width: int
    height: int
    scale: float

    def of(self, frame: Frame) -> Pixels:
        """Make the view: RGB uint8 HxWx3."""
        if (self.width, self.height) == (frame.width, frame.height):
            return _resized(frame.reduced(self._reduction), self.width * self.scale, self.height * self.scale)
        rgb = frame.rgb()[self.top : self.top + self.height, self.left : self.left + self.width]
        return _resized(rgb, self.width * self.scale, self.height * self.scale)

    def quickly(self, frame: Frame, fitting: Callable[[float], int]) -> Pixels:
        """Make the view of a whole frame in a quarter of the time that `of` takes (720p: 0.55 ms, not 2.1).

        Args:
            frame: What it shows.
            fitting: Rounds a side, px, to one that the net takes, so that it needn't be resized once more.

        Returns:
            RGB uint8 HxWx3.
        """
        size = fitting(self.width * self.scale), fitting(self.height * self.scale)
        return as_pixels(cv2.resize(frame.reduced(self._reduction), size, interpolation=cv2.INTER_LINEAR))

    @property
    def _reduction(self) -> int:
        """The power of two by which the frame may be made smaller, and still is no smaller than the view."""
        k = 1
        while self.scale * k <= 0.5:
            k *= 2
        return k

    def back(self, face: Face, seen: Pixels) -> Face:
        """Bring a face that was found in the view, `seen`, to its place in the frame."""
        height, width = seen.shape[:2]
        k, m = self.width / width, self.height / height
        left, top, wide, high = face.box
        eyes = tuple(((x + 0.5) * k - 0.5 + self.left, (y + 0.5) * m - 0.5 + self.top) for x, y in face.eyes)
        return Face(
            box=(left * k + self.left, top * m + self.top, wide * k, high * m),
            score=face.score,
            eyes=(eyes[0], eyes[1]),
            roll=face.roll,
        )


def _resized(rgb: Pixels, width: float, height: float) -> Pixels:
    size = max(1, round(width)), max(1, round(height))
    if size == (rgb.shape[1], rgb.shape[0]):
        return rgb
    smaller = size[0] < rgb.shape[1]
    return as_pixels(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))


def scales(width: int, height: int, most: int) -> list[float]:
    """Choose the scales at which a picture is searched, the smallest first.

    By the number of pixels, not by a side: of a panorama that is made narrow nothing would be left.

    Args:
        width: Of the picture, px.
        height: Of the picture, px.
        most: Pixels of the largest view.
    """
    area = max(1, width * height)
    # A small picture is enlarged, to twice its size at most.
    finest = min(max(1.0, min(2.0, math.sqrt(ENLARGED / area))), math.sqrt(most / area))
    smallest = min(2.0, math.sqrt(GLANCE / area))
    if finest < WORTH * smallest:
        return [max(smallest, finest)]
    found = [finest]
    while found[0] > STEP * WORTH * smallest:
        found.insert(0, found[0] / STEP)
    return [smallest, *found]


def parts(width: int, height: int, scale: float) -> list[View]:
    """Cut a picture at a scale into views of at most `PART` px a side, which overlap by `OVERLAP`."""

    def spans(length: int) -> list[tuple[int, int]]:
        if length * scale <= PART:
            return [(0, length)]
        side, shared = PART / scale, OVERLAP / scale
        count = math.ceil((length - shared) / (side - shared))
        side = (length + (count - 1) * shared) / count  # no larger than they must be
        starts = [round(number * (length - side) / (count - 1)) for number in range(count)]
        return [(start, min(round(side), length - start)) for start in starts]

    return [View(left, top, wide, high, scale) for top, high in spans(height) for left, wide in spans(width)]


@dataclass(frozen=True)
class Patch:
    """A square around a face, turned upright, in grey as RGB: uint8 SxSx3; and the way into it, frame px to its own."""

    pixels: Pixels
    matrix: Matrix

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the patch, where the face is: (x, y) px of the patch."""
        return self.pixels.shape[1] / 2, self.pixels.shape[0] / 2

    def back(self, found: Face) -> Face:
        """Bring a face that was found in the patch to its place in the frame."""
        back = cv2.invertAffineTransform(self.matrix)
        (ax, ay), (bx, by) = ((float(x), float(y)) for x, y in (back @ (*eye, 1) for eye in found.eyes))
        x, y = (float(at) for at in back @ (*found.middle, 1))
        scale = math.hypot(back[0, 0], back[1, 0])
        width, height = found.box[2] * scale, found.box[3] * scale
        eyes = (ax, ay), (bx, by)
        return Face(
            box=(x - width / 2, y - height / 2, width, height), score=found.score, eyes=eyes, roll=roll_of(eyes)
        )


def upright(face: Face, side: int, reach: float) -> Matrix:
    """The way into a square around a face, turned by the face's roll.

    Args:
        face: Its box and roll.
        side: Px of the square.
        reach: What the square shows, in widths of the face.

    Returns:
        2x3 float64: px of the frame to px of the square.
    """
    scale = side / (reach * max(*face.box[2:], 1))
    angle = math.radians(face.roll)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    (cx, cy), half = face.middle, side / 2
    return np.array([[cos, sin, half - cos * cx - sin * cy], [-sin, cos, half + sin * cx - cos * cy]])


def patch(frame: Frame, face: Face, side: int, reach: float) -> Patch:
    """Cut a square around a face out of a frame, turned by the face's roll.

    Args:
        frame: Where the face is.
        face: Its box and roll.
        side: Px of the square.
        reach: What the square shows, in widths of the face.
    """
    matrix = upright(face, side, reach)
    # Grey is enough, and the luma plane of a video is at hand.
    return Patch(as_pixels(cv2.cvtColor(cut(frame.luma, matrix, side), cv2.COLOR_GRAY2RGB)), matrix)
