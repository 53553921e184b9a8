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
Places = npt.NDArray[np.complex64]

SIDE, REACH = 72, 3.0
"""Px of the patches that are compared, and what they show, in widths of the face: it may move by half its width."""

GRID, WINDOW = 6, (9, 9)
"""Points along each side of the grid; and px of the patch around each by which it is found again."""

SPREAD = 0.45
"""Half the grid's side, in widths of the face."""

FEWEST = 8
"""Points that must be found again."""

MOST = 0.8
"""Share of the points in the picture that must be found again to tell how a face has grown and turned: what goes before
a face pushes the others together."""

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


_STEPS = np.linspace(-SPREAD, SPREAD, GRID, dtype=np.float32) * (SIDE / REACH)
_POINTS = np.stack(np.meshgrid(_STEPS, _STEPS), -1).reshape(-1, 1, 2) + np.float32(SIDE / 2)
_OLD: Places = (_STEPS[None, :] + 1j * _STEPS[:, None]).ravel().astype(np.complex64)
_ONE, _TWO = np.triu_indices(GRID**2, 1)
_FAR = np.flatnonzero(np.abs(_OLD[_ONE] - _OLD[_TWO]) > SIDE / REACH / 4)[::3]
"""Every third pair of points that are far enough from each other: as good as all of them."""
_ONE, _TWO = _ONE[_FAR], _TWO[_FAR]
_APART: Places = _OLD[_ONE] - _OLD[_TWO]
_ALL = np.ones((PORTRAIT, PORTRAIT), bool)
_PIXELS = np.stack([*np.meshgrid(np.arange(PORTRAIT) + 0.5, np.arange(PORTRAIT) + 0.5), np.ones((PORTRAIT, PORTRAIT))])


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
    start = matrix.copy()
    start[:, 2] += scale * np.array(panned)
    one, two = cut(before, start, SIDE), cut(now, matrix, SIDE)
    ends, found, _ = cv2.calcOpticalFlowPyrLK(one, two, _POINTS, None, winSize=WINDOW, maxLevel=2)
    starts, again, _ = cv2.calcOpticalFlowPyrLK(two, one, ends, None, winSize=WINDOW, maxLevel=2)
    height, width = before.shape
    there = (_POINTS[:, 0] - matrix[:, 2]) / scale
    inside = (there > 0).all(1) & (there[:, 0] < width - 1) & (there[:, 1] < height - 1)
    good = inside & (found[:, 0] == 1) & (again[:, 0] == 1) & (np.abs(starts - _POINTS).max(axis=(1, 2)) < BACK)
    left = np.count_nonzero(good)
    if left < FEWEST:
        return None
    # Places as complex numbers, from the middle of the patch: a face that grows and turns is multiplied by one of them.
    new = (ends[:, 0, 0] + 1j * ends[:, 0, 1] - half * (1 + 1j)).astype(np.complex64)
    k, turn = _growth_and_turn(new, good) if left >= MOST * np.count_nonzero(inside) else (1.0, 0.0)
    ways = new[good] - k * np.exp(1j * math.radians(turn)) * _OLD[good]
    dx, dy = _median(ways.real), _median(ways.imag)
    if _median(np.maximum(np.abs(ways.real - dx), np.abs(ways.imag - dy))) > APART:
        return None
    return face.grown(k, turn).moved(dx / scale, dy / scale)


def _growth_and_turn(new: Places, good: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Tell by what factor points went apart, and by how many degrees they turned: the medians over pairs of them."""
    both = good[_ONE] & good[_TWO]
    if not both.any():
        return 1.0, 0.0
    change = ((new[_ONE] - new[_TWO]) / _APART)[both]
    turn = math.degrees(_median(np.angle(change)))
    # Not by the lengths themselves, which noise makes larger: a face would grow by a tenth while it turns right round.
    k = _median((change * np.exp(-1j * math.radians(turn))).real)
    return min(max(k, 1 / FASTEST), FASTEST), min(max(turn, -MOST_TURN), MOST_TURN)


def _median(values: npt.NDArray[np.floating]) -> float:
    """The value in the middle, an eighth of the time that NumPy's own takes."""
    middle = values.size // 2
    return float(np.partition(values, middle)[middle])


def _portrait(luma: Pixels, face: Face) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """Cut a face out, upright: float32 SxS, and which of it lies in the picture."""
    matrix = upright(face, PORTRAIT, 1.0)
    height, width = luma.shape
    left, top, wide, high = face.box
    near = max(wide, high) / 4  # the corners of a square that is turned lie that far outside
    if min(left, top) > near and left + wide + near < width and top + high + near < height:
        return cut(luma, matrix, PORTRAIT).astype(np.float32), _ALL
    x, y = np.tensordot(cv2.invertAffineTransform(matrix), _PIXELS, 1)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return cut(luma, matrix, PORTRAIT).astype(np.float32), inside
