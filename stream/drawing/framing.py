"""Show a square part of a picture, enlarged, and follow somebody with it steadily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

from emojicam.stream.i420 import Pixels, as_pixels
from emojicam.stream.types import Face, Frame

SIDE = 512
"""Px of the sides of what is shown: a sticker's, as messengers take it."""

CALM = 0.25
"""Seconds over which the view's way is smoothed: half of it and it trembles with the detector, twice and it lags."""

F = TypeVar("F", bound=Face)


@dataclass(frozen=True)
class Square:
    """A square part of a picture: its middle, (x, y) px, and the length of its sides, px."""

    x: float
    y: float
    side: float


def view(frame: Frame, faces: Sequence[F], square: Square) -> tuple[Frame, tuple[F, ...], Pixels]:
    """Enlarge a square part of a picture, or make it smaller.

    Args:
        frame: The picture.
        faces: The faces in it.
        square: The part, which may reach over the picture's border.

    Returns:
        The part as a frame of BGR, `SIDE` px wide and high; the faces where they are in it; and a mask, uint8
        `SIDE`x`SIDE`, 255 where there is a picture and 0 beyond its border.
    """
    left, top, k = square.x - square.side / 2, square.y - square.side / 2, SIDE / square.side
    bgr, reduction = _reduced(frame.bgr(), k)
    scale = k * reduction
    # The middle of pixel i is at i + 0.5.
    shift = ((0.5 * reduction - at) * k - 0.5 for at in (left, top))
    matrix = np.array([[scale, 0, next(shift)], [0, scale, next(shift)]])
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    shown = cv2.warpAffine(bgr, matrix, (SIDE, SIDE), flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(bgr.shape[:2], 255, np.uint8), matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST)
    moved = tuple(_moved(face, left, top, k) for face in faces)
    return Frame(frame.index, frame.time, as_pixels(shown)), moved, as_pixels(inside)


def _reduced(bgr: Pixels, k: float) -> tuple[Pixels, int]:
    """Make a picture smaller by a power of two, so that sampling it by what is left of `k` skips no pixels."""
    reduction = 1
    while k * reduction <= 0.5 and min(bgr.shape[:2]) >= 4 * reduction:
        reduction *= 2
    size = bgr.shape[1] // reduction, bgr.shape[0] // reduction
    if reduction == 1:
        return bgr, 1
    even = bgr[: size[1] * reduction, : size[0] * reduction]
    return as_pixels(cv2.resize(even, size, interpolation=cv2.INTER_AREA)), reduction


def _moved(face: F, left: float, top: float, k: float) -> F:
    x, y, width, height = face.box
    (ax, ay), (bx, by) = face.eyes
    eyes = ((ax - left) * k, (ay - top) * k), ((bx - left) * k, (by - top) * k)
    return replace(face, box=((x - left) * k, (y - top) * k, width * k, height * k), eyes=eyes)


def steadied(squares: Sequence[Square], times: Sequence[float]) -> list[Square]:
    """Smooth the way of a view, which may look ahead: it follows without trembling, and still holds all it is to hold.

    Args:
        squares: What each picture is to show at least.
        times: Seconds of each, ascending.
    """
    if not squares:
        return []
    wanted = np.array([(one.x, one.y, one.side) for one in squares])
    apart = np.abs(np.subtract.outer(times, times))
    weights = np.exp(-0.5 * (apart / CALM) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    middles = weights @ wanted[:, :2]
    needed = wanted[:, 2] + 2 * np.abs(wanted[:, :2] - middles).max(axis=1)
    soon = np.where(apart <= 2 * CALM, needed, 0).max(axis=1)
    sides = np.maximum(weights @ soon, needed)
    return [Square(float(x), float(y), float(side)) for (x, y), side in zip(middles, sides, strict=True)]
