"""The places of labels and badges: beside their faces, on nobody's face and on no other's, and steady over frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emojicam.stream.types import Face, Frame

Boxes = npt.NDArray[np.float64]
"""Left, top, right and bottom of rectangles in px: float64 Nx4."""

GAP = 0.12
"""Room around a label that moves to another side, in its heights. One that stays needs none: so it doesn't go to and
fro where it just fits."""

LABELS, OWN, OTHERS, MOVED, RANK = 30.0, 6.0, 3.0, 0.5, 0.1
"""Costs of a place: of what share of the label lies on other labels, on its own face and on others, of each of its
heights by which the border pushes it, and of each place that comes before it in `SIDES`."""

STAYS = 0.25
"""The cost by which another place must be better than the one that a label has."""

SIDES: tuple[tuple[float, float], ...] = (
    (0, -1),
    (0.75, -1),
    (-0.75, -1),
    (0, 1),
    (1, 0),
    (-1, 0),
    (0.75, 1),
    (-0.75, 1),
    (0, -2),
    (0, 2),
)
"""The places around a face, the best first: how far across, from 1 (right of it) to -1, and down, from 1 (below it)
to -1 (above it); 2 and -2 are a row farther."""

CORE = 0.7
"""Width of the square part of a badge that must lie on no face, as a share of the badge's: it is round, and touches."""

CORNERS: tuple[tuple[float, float], ...] = ((1, -0.05), (-1, -0.05), (1, 0.95), (-1, 0.95), (0, -0.5))
"""The places of a badge, the best first: beside the forehead, beside the chin, above; right (1) or left (-1) of the
face, and how far down it, in its heights."""


@dataclass(frozen=True)
class Size:
    """The size of a label, or of a badge's core, in px."""

    wide: float
    tall: float


Ways = tuple[Boxes, npt.NDArray[np.float64]]
"""The places around a face, and by how many of a label's heights the picture's border has pushed each."""


@dataclass(frozen=True)
class Kind:
    """One kind of things that are placed: labels, or badges.

    Attributes:
        around: Lists the places that there are around a face.
        gap: Room around one that moves to another side, in its heights.
        kept: Room around one that stays.
    """

    around: Callable[[Face, Size, Frame], Ways]
    gap: float
    kept: float


class Layout:
    """Places the labels of one stream's frames, one after the other; it remembers the side of each person's."""

    def __init__(self, kind: Kind | None = None) -> None:
        """Know no label yet.

        Args:
            kind: What is placed; labels by default.
        """
        self._kind = kind or LABELLING
        self._sides: dict[int, int] = {}
        self._time = 0.0

    def __call__(self, frame: Frame, faces: Sequence[Face], sizes: Sequence[Size]) -> list[tuple[float, float]]:
        """Find a place for each face's label.

        Args:
            frame: The picture: no label reaches over its border.
            faces: Whose labels.
            sizes: Each label's.

        Returns:
            The middle of each label, (x, y) px.
        """
        if frame.time < self._time:  # another stream
            self._sides = {}
        self._time = frame.time
        heads = np.array([[left, top, left + wide, top + tall] for left, top, wide, tall in (f.box for f in faces)])
        places = np.empty((len(faces), 4))
        # By number, not by size: of two that are alike now one is larger, now the other.
        order = sorted(range(len(faces)), key=lambda place: (faces[place].track or 0, place))
        sides: dict[int, int] = {}
        for done, place in enumerate(order):
            track = faces[place].track
            before = self._sides.get(track) if track is not None else None
            boxes, moved = self._kind.around(faces[place], sizes[place], frame)
            taken = places[order[:done]]
            side = self._best(boxes, moved, sizes[place], taken, heads, place, before)
            places[place] = boxes[side]
            if track is not None:
                sides[track] = side
        self._sides = sides
        return [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in places.tolist()]

    def _best(
        self,
        boxes: Boxes,
        moved: npt.NDArray[np.float64],
        size: Size,
        taken: Boxes,
        heads: Boxes,
        own: int,
        before: int | None,
    ) -> int:
        """The number of the place that costs least."""
        room = np.full((len(boxes), 1), self._kind.gap * size.tall)
        cost = MOVED * moved + RANK * np.arange(len(boxes))
        if before is not None:
            room[before], cost[before] = self._kind.kept * size.tall, cost[before] - STAYS
        roomy = boxes + room * np.array([-1, -1, 1, 1])
        area = size.wide * size.tall
        others = np.delete(heads, own, axis=0)
        cost += LABELS * _common(roomy, taken).sum(axis=1) / area
        cost += OTHERS * _common(boxes, others).sum(axis=1) / area
        cost += OWN * _common(boxes, heads[own : own + 1]).sum(axis=1) / area
        return int(cost.argmin())


def _around(face: Face, size: Size, frame: Frame) -> Ways:
    """List the places around a face, and by how much the picture's border has pushed each."""
    left, top, width, height = face.box
    across, down = np.array(SIDES).T
    x = left + width / 2 + across * (width / 2 + 0.12 * width + size.wide / 2)
    beyond = np.sign(down) * (np.abs(down) - 1) * (1 + GAP) * size.tall
    above, below = top - 0.3 * height - size.tall / 2, top + 1.08 * height + size.tall / 2
    y = np.where(down < 0, above, np.where(down > 0, below, top + height / 2)) + np.where(down == 0, 0, beyond)
    # Half beside the face: so far that it still lies over it.
    x = np.where(np.abs(across) == 0.75, left + width / 2 + np.sign(across) * 0.4 * size.wide, x)
    inside_x = np.clip(x, size.wide / 2, max(size.wide / 2, frame.width - size.wide / 2))
    inside_y = np.clip(y, size.tall / 2, max(size.tall / 2, frame.height - size.tall / 2))
    moved = np.hypot(inside_x - x, inside_y - y) / size.tall
    half = np.array([size.wide / 2, size.tall / 2])
    middles = np.stack([inside_x, inside_y], axis=1)
    return np.hstack([middles - half, middles + half]), moved


def beside(face: Face, size: Size, frame: Frame) -> Ways:
    """List a badge's places; arguments and result as of `_around`, the size is the core's."""
    left, top, width, height = face.box
    half = size.wide / CORE / 2
    across, down = np.array(CORNERS).T
    x = left + width / 2 + across * (width / 2 + 0.7 * half)
    y = top + down * height
    inside_x = np.clip(x, half, max(half, frame.width - half))
    inside_y = np.clip(y, half, max(half, frame.height - half))
    moved = np.hypot(inside_x - x, inside_y - y) / size.tall
    middles = np.stack([inside_x, inside_y], axis=1)
    core = np.array([size.wide / 2, size.tall / 2])
    return np.hstack([middles - core, middles + core]), moved


def _common(some: Boxes, others: Boxes) -> npt.NDArray[np.float64]:
    """The area that each of some rectangles has in common with each of others, px: float64 NxM."""
    least = np.minimum(some[:, None, 2:], others[None, :, 2:])
    most = np.maximum(some[:, None, :2], others[None, :, :2])
    return np.asarray(np.prod(np.clip(least - most, 0, None), axis=2))


LABELLING = Kind(_around, GAP, 0)

BADGES = Kind(beside, 0.5, 0.43)
"""Whose room is so large that the whole badges, and not only their cores, don't touch: by 4 %, or just not."""
