"""Follow a face from one frame to the next by what it looks like, where no detector sees it.

Optical flow (Lucas and Kanade 1981) of a grid of points on the face, whose median gives its motion, its size and its
roll (the median flow of Kalal et al. 2010), between two patches of the same place. A picture of the face as it was seen
last says whether it is still there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import Point
from emojicam.stream.faces.align import cut
from emojicam.stream.faces.views import upright
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face

F = TypeVar("F", bound=Face)
Levels = npt.NDArray[np.float32]

SIDE, REACH = 72, 3.0
"""Px of the patches that are compared, and what they show, in widths of the face: it may move by half its width."""

GRID = 7
"""Points along each side of the grid."""

SPREAD = 0.45
"""Half the grid's side, in widths of the face."""

FEWEST = 8
"""Points that must be found again."""

BACK = 1.0
"""Px by which a point that is followed there and back may miss its start."""

APART = 1.0
"""Px by which half of the points may miss where the face as a whole has gone: those of a wall that a face has just left
are found again anywhere."""

FASTEST = 1.1
"""Factor by which a face may grow from one frame to the next."""

MOST_TURN = 15.0
"""Degrees by which a face may turn from one frame to the next."""

LOOK_ALIKE, AGAIN_ALIKE = 0.45, 0.6
"""Correlation with the face as it was seen last from which on it is still there; and from which on it is again.

With something plain before its chin a portrait has 0.6, before a half of it 0.4 to 0.5.
"""

FLAT = 1.5
"""Grey levels (standard deviation) below which a picture shows nothing."""

CONTRAST = 0.3
"""Share of the face's contrast that a place must have: that of a bare wall correlates with anything."""

PORTRAIT = 24
"""Px of the side of the picture that is kept of a face as it was seen last."""

WITHIN = 0.25
"""Share of a face that lies in the picture at least: with less it hasn't come yet, or has gone."""

ENOUGH = 0.25
"""Share of a face that must lie in the picture to be compared."""


@dataclass(frozen=True)
class Likeness:
    """A small picture of a face as a detector saw it last, for as long as it is followed.

    Attributes:
        levels: float32 SxS.
        inside: bool SxS: what of it lay in the frame.
    """

    levels: Levels
    inside: npt.NDArray[np.bool_]

    def of(self, luma: Pixels, face: Face) -> float:
        """Compare a place in a frame with the face: the correlation of what lies in both frames, -1 to 1."""
        levels, inside = _portrait(luma, face)
        both = inside & self.inside
        if both.mean() < ENOUGH:
            return -1.0
        a, b = self.levels[both], levels[both]
        a, b = a - a.mean(), b - b.mean()
        one, two = math.sqrt(float((a * a).sum())), math.sqrt(float((b * b).sum()))
        if min(one, two) < CONTRAST * max(one, two) or min(one, two) < 1e-6:
            return 0.0
        return min(1.0, max(-1.0, float((a * b).sum()) / (one * two)))

    @property
    def flat(self) -> bool:
        """Whether it shows nothing by which a place could be told."""
        return float(self.levels.std()) < FLAT


def likeness(luma: Pixels, face: Face) -> Likeness:
    """Keep what a face looks like.

    Args:
        luma: Grey levels, uint8 HxW.
        face: Where it is.
    """
    return Likeness(*_portrait(luma, face))


def followed(before: Pixels, now: Pixels, face: F, panned: Point = (0.0, 0.0)) -> F | None:
    """Find a face in the next frame by its motion.

    Args:
        before: Grey levels of the frame that the face is known in, uint8 HxW.
        now: Those of the next frame, of the same size.
        face: Where it was, moved by `panned`.
        panned: How far everything in the picture has moved, px across and down.

    Returns:
        Where it is; None where too little of it is found again.
    """
    scale = SIDE / (REACH * max(face.box[2], face.box[3], 1.0))
    x, y = face.middle
    half = SIDE / 2
    matrix = np.array([[scale, 0.0, half - scale * x], [0.0, scale, half - scale * y]])
    height, width = before.shape
    spread = SPREAD * SIDE / REACH
    steps = np.linspace(-spread, spread, GRID, dtype=np.float32) + half
    points = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    there = (points - matrix[:, 2]) / scale
    inside = (there > 0).all(1) & (there[:, 0] < width - 1) & (there[:, 1] < height - 1)
    points = points[inside].reshape(-1, 1, 2)
    if len(points) < FEWEST:
        return None
    start = matrix.copy()
    start[:, 2] += scale * np.array(panned)
    one, two = cut(before, start, SIDE), cut(now, matrix, SIDE)
    ends, found, _ = cv2.calcOpticalFlowPyrLK(one, two, points, None, winSize=(11, 11), maxLevel=2)
    starts, again, _ = cv2.calcOpticalFlowPyrLK(two, one, ends, None, winSize=(11, 11), maxLevel=2)
    missed = np.abs(starts - points).max(axis=(1, 2))
    good = (found[:, 0] == 1) & (again[:, 0] == 1) & (missed < BACK)
    if good.sum() < FEWEST:
        return None
    old, new = points[good, 0], ends[good, 0]
    k, turn = _growth_and_turn(old, new)
    cos, sin = k * math.cos(math.radians(turn)), k * math.sin(math.radians(turn))
    turned = (old - half) @ np.array([[cos, sin], [-sin, cos]], np.float32)
    ways = (new - half) - turned
    middle = np.median(ways, axis=0)
    if np.median(np.abs(ways - middle).max(1)) > APART:
        return None
    dx, dy = middle / scale
    return face.grown(k, turn).moved(float(dx), float(dy))


def _growth_and_turn(old: Levels, new: Levels) -> tuple[float, float]:
    """The factor by which points went apart, and degrees by which they turned: the medians over all pairs of them."""
    one, two = np.triu_indices(len(old), 1)
    (x, y), (u, v) = (old[one] - old[two]).T, (new[one] - new[two]).T
    before = np.hypot(x, y)
    far = before > SIDE / REACH / 4
    if not far.any():
        return 1.0, 0.0
    k = float(np.median(np.hypot(u, v)[far] / before[far]))
    turn = math.degrees(float(np.median(np.arctan2(x * v - y * u, x * u + y * v)[far])))
    return min(max(k, 1 / FASTEST), FASTEST), min(max(turn, -MOST_TURN), MOST_TURN)


def _portrait(luma: Pixels, face: Face) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """Cut a face out, upright: float32 SxS, and which of it lies in the picture."""
    matrix = upright(face, PORTRAIT, 1.0)
    columns, rows = np.meshgrid(np.arange(PORTRAIT) + 0.5, np.arange(PORTRAIT) + 0.5)
    x, y = np.tensordot(cv2.invertAffineTransform(matrix), np.stack([columns, rows, np.ones_like(rows)]), 1)
    height, width = luma.shape
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return cut(luma, matrix, PORTRAIT).astype(np.float32), inside
