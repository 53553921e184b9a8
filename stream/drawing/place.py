"""The place of what hides a head: a disc from ear to ear and from the hairline to the chin, turned with the face."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emojicam.stream.drawing.cover import COVER_RISE, COVER_SIZE
from emojicam.stream.types import Face, Frame

LARGER = 1.04
"""Factor by which a disc that covers a whole picture is larger than it: its border is soft, its size rounded."""


@dataclass(frozen=True)
class Place:
    """A disc in a picture.

    Attributes:
        size: Its diameter in px.
        middle: (x, y) px.
        whole: It covers all of the picture.
    """

    size: float
    middle: tuple[float, float]
    whole: bool = False


def head(face: Face, frame: Frame, scale: float = 1.0) -> Place:
    """Find the disc that hides a head.

    Args:
        face: Whose head.
        frame: The picture: nothing is larger than it.
        scale: Factor of the disc's size.
    """
    _, _, width, height = face.box
    x, y = face.middle
    size = scale * COVER_SIZE * max(width, height)
    whole = LARGER * math.hypot(frame.width, frame.height)
    if size > whole:
        size = whole
        if face.within(frame) > 0:
            return Place(whole, (frame.width / 2, frame.height / 2), whole=True)
    angle = math.radians(face.roll)
    rise = COVER_RISE * height
    return Place(size, (x + rise * math.sin(angle), y - rise * math.cos(angle)))
