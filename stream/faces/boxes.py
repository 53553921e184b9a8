"""Compare the boxes of faces: how much they share, and which of them are one face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emojicam.stream.types import Box, Face

Shares = npt.NDArray[np.float64]

MOST = 200
"""Faces of one frame at most: a picture of a thousand must not keep a stream waiting for seconds."""

ALIKE = 0.3
"""Intersection over union from which on finds of two nets, or of two looks, are of one face.

Not as for finds of one net: the first net sees large ghosts around true faces that are small, and must not swallow
them.
"""

LARGER = 1.35
"""Factor by which one look's box may be larger than another's to take its place."""


def largest_first(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Sort a frame's faces, the largest first, and keep at most `MOST`."""
    return tuple(sorted(faces, key=lambda face: face.area, reverse=True)[:MOST])


def numbers(faces: Sequence[Face]) -> list[int]:
    """Give each face of a picture its number, from 1 on: people count from left to right."""
    ordered = sorted(range(len(faces)), key=lambda place: faces[place].middle)
    ranks = {place: number for number, place in enumerate(ordered, 1)}
    return [ranks[place] for place in range(len(faces))]


def _score(face: Face) -> float:
    return face.score


def merge(faces: Sequence[Face], rank: Callable[[Face], Any] = _score) -> list[Face]:
    """Keep each face once: the find of each that ranks highest (the surest), in that order.

    Two boxes are one face if they overlap by 0.3 (intersection over union), or if 0.6 of the smaller lies in the
    larger: a net boxes the same face a little differently in two views.
    """
    surest = sorted(faces, key=rank, reverse=True)
    if len(surest) < 2:
        return surest
    boxes = [face.box for face in surest]
    same = same_faces(*overlaps(boxes, boxes)).tolist()
    kept: list[int] = []
    for number, others in enumerate(same):
        if not any(others[other] for other in kept):
            kept.append(number)
    return [surest[number] for number in kept]


def overlaps(a: Sequence[Box], b: Sequence[Box]) -> tuple[Shares, Shares]:
    """Compute how much every box of one list shares with every box of another.

    Args:
        a: N boxes.
        b: M boxes.

    Returns:
        Twice float64 NxM: what two share as a part of what they cover together (intersection over union), and as a part
        of the smaller one. 0-1.
    """
    x0, y0, width, height = np.asarray(a, float).reshape(-1, 4, 1).transpose(1, 0, 2)
    x1, y1, wide, high = np.asarray(b, float).reshape(-1, 4).T
    # Column by column: over pairs of columns numpy takes 1.4 times as long (23 boxes).
    across = np.minimum(x0 + width, x1 + wide) - np.maximum(x0, x1)
    down = np.minimum(y0 + height, y1 + high) - np.maximum(y0, y1)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    one, two = width * height, wide * high
    tiny = 1e-9
    return shared / (one + two - shared + tiny), shared / (np.minimum(one, two) + tiny)


def same_faces(together: Shares, inside: Shares) -> npt.NDArray[np.bool_]:
    """Tell which pairs of boxes, whose `overlaps` these are, are of one face."""
    return (together > 0.3) | (inside > 0.6)


def mates(a: Sequence[Box], b: Sequence[Box], least: float) -> dict[int, int]:
    """Pair boxes of two lists, those that share the most first.

    Args:
        a: N boxes.
        b: M boxes.
        least: Intersection over union from which on two may be a pair.

    Returns:
        The number of a box of `a` to that of its mate in `b`; some of both are left over.
    """
    shared, _ = overlaps(a, b)
    close = [(shared[i, j], i, j) for i, j in zip(*(at.tolist() for at in np.nonzero(shared >= least)), strict=True)]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(close, reverse=True):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def alike(one: Face, two: Face) -> bool:
    """Whether two finds are of one face."""
    return bool(overlaps([one.box], [two.box])[0][0, 0] >= ALIKE)


def as_large(one: Face, two: Face, most: float = LARGER) -> bool:
    """Whether two finds are about as large, by a factor of `most`."""
    return 1 / most < one.box[2] / max(two.box[2], 1e-6) < most


def agree(one: Face | None, two: Face | None) -> bool:
    """Whether two nets see the same face as large: on their word another size is taken than was known.

    Not on that of the first alone: its look at a head from behind sees a face that is larger than the head.
    """
    return one is not None and two is not None and as_large(one, two) and alike(one, two)
