"""The soft shadow that an emoji casts on what is around it: as dark as the picture's light makes one."""

from __future__ import annotations

import cv2
import numpy as np

from emojicam.stream.drawing.place import Place
from emojicam.stream.drawing.sprites import PlanarSprite, Sprite
from emojicam.stream.i420 import Pixels, as_pixels, planes, rounded
from emojicam.stream.types import Format, Frame

FALL = 0.045
"""The distance by which a shadow lies below what casts it, in diameters: the emoji is close to what is behind."""

SOFT = 0.045
"""Standard deviation of its border, in diameters."""

MARGIN = 0.14
"""Width of a shadow's picture on each side of what casts it, in diameters."""

FAINT, STRONG = 0.2, 0.55
"""Opacity of a shadow in the dark, and in full light: where little light falls, little is taken away."""

ABOVE, DEEPENS = 0.36, 0.26
"""Part of a shadow's picture that is left out at the top, and that in which it deepens: light falls from above."""

STEPS = 8
"""Number of opacities that shadows are drawn in."""

SIDE = 96
"""Px of an emoji of which the shadow is made: it is soft, so that more isn't seen."""

GRID = 8
"""Px between those that the light is measured at."""


def cast(levels: list[Pixels], frame: Frame, size: float, roll: float, opaque: float) -> Sprite | PlanarSprite:
    """Make a shadow.

    Args:
        levels: The sizes of what casts it, as `pyramid` gives them.
        frame: Says the layout and the colours.
        size: Px of the longer side of what casts it.
        roll: Degrees by which that is turned clockwise.
        opaque: Opacity, 0-1.

    Returns:
        A black sprite of the frame's layout, with `MARGIN` around what casts it.
    """
    art = next((level for level in reversed(levels) if len(level) >= SIDE), levels[0])
    alpha = cv2.resize(art[..., 3], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    around = round(MARGIN * SIDE)
    side = SIDE + 2 * around
    turn = cv2.getRotationMatrix2D(((SIDE - 1) / 2, (SIDE - 1) / 2), -roll, 1.0)
    turn[:, 2] += around
    soft = cv2.GaussianBlur(cv2.warpAffine(alpha, turn, (side, side)), (0, 0), SOFT * SIDE)[round(ABOVE * side) :]
    rising = np.clip(np.arange(len(soft)) / (DEEPENS * side), 0, 1)
    small = rounded(opaque * soft * rising[:, None])
    wide, tall = (2 * round(size * px / SIDE / 2) for px in (side, len(soft)))
    alpha = as_pixels(cv2.resize(small, (wide, tall)))
    if frame.format is Format.BGR:
        return Sprite(np.zeros((tall, wide, 3), np.uint8), as_pixels(cv2.bitwise_not(alpha)))
    # Not by `planar`: a face that moves needs a new shadow in every other frame, and that takes five times as long.
    half = as_pixels(cv2.resize(small, (wide // 2, tall // 2)))
    black = as_pixels(cv2.multiply(alpha, 0 if frame.colour.full else 16 / 255))
    grey = as_pixels(cv2.multiply(half, 128 / 255))
    return PlanarSprite(black, as_pixels(cv2.bitwise_not(alpha)), grey, grey, as_pixels(cv2.bitwise_not(half)))


def middle(place: Place) -> tuple[float, float]:
    """The place of a shadow's middle, (x, y) px, for what casts it."""
    x, y = place.middle
    return x, y + (FALL + ABOVE * (0.5 + MARGIN)) * place.size


def strength(pixels: Pixels, frame: Frame, place: Place) -> int:
    """Choose the opacity of a shadow by the light where it falls.

    Args:
        pixels: The picture in the frame's layout.
        frame: Says the layout and the colours.
        place: The emoji's disc.

    Returns:
        A step from 0 to `STEPS`, for `opacity`.
    """
    (x, y), half = place.middle, place.size / 2
    columns = slice(max(0, round(x - half)), max(0, round(x + half)), GRID)
    rows = slice(max(0, round(y + 0.6 * half)), max(0, round(y + 1.2 * half)), GRID)
    light = (pixels if frame.format is Format.BGR else planes(pixels)[0])[rows, columns]
    if not light.size:
        return 0
    level = float(light.mean()) / 255
    if frame.format is Format.I420 and not frame.colour.full:
        level = (255 * level - 16) / 219
    return round(STEPS * min(max(level, 0.0), 1.0))


def opacity(step: int) -> float:
    """The opacity of a step, 0-1."""
    return FAINT + (STRONG - FAINT) * step / STEPS
