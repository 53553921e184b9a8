"""Cut a head with its emoji out of a picture, along a smooth outline with a white edge: a sticker."""

from __future__ import annotations

import math

import cv2
import numpy as np

from emojicam.stream.drawing.cover import COVER_RISE, COVER_SIZE
from emojicam.stream.drawing.framing import SIDE, Square
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face

MARGIN = 14
"""Px that stay clear around it, of `SIDE`."""

EDGE = 13
"""Px of the white edge, of `SIDE`."""

FINE = 15
"""Px, of `SIDE`, up to which something that stands out of an emoji is left out of the outline: a whisker, say."""

SHADOW = 0.35
"""Darkness of the soft shadow around the white edge, 0-1, without which it would be lost on a white ground."""

FINER = 2
"""Factor by which the outline is drawn larger than it becomes: its border is to be smooth."""

COARSER = 4
"""Factor by which it is drawn smaller at first, while its corners are rounded: so wide a blur takes long."""

HEAD = ((0.0, -0.15), (0.84, 0.97))
"""Middle and half axes of the ellipse around the head with its hair, in boxes, x to the right and y to the chin."""

NECK = ((0.0, 0.55), (0.50, 0.43))
"""Middle and half axes of the ellipse around the neck's beginning."""

ROUND = 0.10
"""Width, in boxes, over which the corner between head and neck is rounded."""

REACH = (-1.13, 0.98)
"""Ends of the outline along the head, in boxes."""


def unit(face: Face) -> float:
    """The length in px by which a head is measured: the longer side of the face's box."""
    return max(face.box[2:])


def around(face: Face) -> Square:
    """The square that a sticker of a face shows, with its edge and its margin."""
    x, y = _place(face, (0.0, sum(REACH) / 2))
    return Square(x, y, (REACH[1] - REACH[0]) * unit(face) * SIDE / (SIDE - 2 * (MARGIN + EDGE)))


def cut(bgr: Pixels, face: Face, inside: Pixels, *, emoji: Pixels | None = None, shadow: bool = True) -> Pixels:
    """Make all of a picture clear but a head, to which a white edge is added.

    Args:
        bgr: uint8 `SIDE`x`SIDE`x3, with the emoji on it.
        face: The face in it.
        inside: uint8 `SIDE`x`SIDE`: 0 where there is no picture.
        emoji: uint8 `SIDE`x`SIDE`: 255 where the emoji is. What stands out of the head, such as ears, is cut out too.
        shadow: Add a soft shadow, too, which takes a third of a moving sticker's bytes.

    Returns:
        RGBA, uint8 `SIDE`x`SIDE`x4, straight alpha.
    """
    known = cv2.resize(_with_emoji(face, inside), None, fx=FINER, fy=FINER, interpolation=cv2.INTER_NEAREST)
    head = cv2.min(outline(face), known)
    if emoji is not None:
        head = cv2.max(head, _standing_out(emoji))
    away = cv2.distanceTransform(cv2.bitwise_not(head), cv2.DIST_L2, cv2.DIST_MASK_5)
    edge = np.where(away <= EDGE * FINER, np.uint8(255), np.uint8(0))
    head, edge = (cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for mask in (head, edge))
    share = (head.astype(np.float32) / 255)[..., None]
    white = np.float32(255) * (1 - share) + bgr[..., ::-1].astype(np.float32) * share
    shade = (SHADOW if shadow else 0) * cv2.GaussianBlur(edge, (0, 0), MARGIN / 3).astype(np.float32) / 255
    cover = edge.astype(np.float32) / 255
    alpha = cover + shade * (1 - cover)
    colour = white * (cover / np.maximum(alpha, 1e-6))[..., None]
    return np.dstack([np.rint(colour), np.rint(255 * alpha)[..., None]]).astype(np.uint8)


def outline(face: Face) -> Pixels:
    """Draw the smooth outline of a head with its hair and the beginning of its neck.

    Args:
        face: The face, in a picture of `SIDE` px.

    Returns:
        uint8, `SIDE` x `FINER` px wide and high: 255 inside.
    """
    mask = np.zeros((SIDE // COARSER, SIDE // COARSER), np.uint8)
    for middle, axes in (HEAD, NECK):
        place = tuple(round(((at + 0.5) / COARSER - 0.5) * 16) for at in _place(face, middle))
        half = tuple(round(axis * unit(face) / COARSER * 16) for axis in axes)
        cv2.ellipse(mask, place, half, face.roll, 0, 360, 255, -1, cv2.LINE_8, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, ROUND * unit(face) / COARSER))
    soft = cv2.resize(soft, (SIDE * FINER, SIDE * FINER), interpolation=cv2.INTER_CUBIC)
    return np.where(soft >= 128, np.uint8(255), np.uint8(0))


def _standing_out(emoji: Pixels) -> Pixels:
    """Make the outline of an emoji smooth, without what is as thin as whiskers, in the size that `outline` has."""
    whole = cv2.morphologyEx(emoji, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    thick = cv2.morphologyEx(whole, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (FINE, FINE)))
    rim = MARGIN + EDGE
    framed = np.zeros_like(thick)
    framed[rim:-rim, rim:-rim] = thick[rim:-rim, rim:-rim]
    soft = cv2.resize(cv2.GaussianBlur(framed, (0, 0), 2), (SIDE * FINER, SIDE * FINER), interpolation=cv2.INTER_CUBIC)
    return np.where(soft >= 128, np.uint8(255), np.uint8(0))


def _with_emoji(face: Face, inside: Pixels) -> Pixels:
    """Add the emoji's disc to what is known of a picture: it is whole where the picture ends, too."""
    x, y = _place(face, (0.0, -COVER_RISE))
    mask = inside.copy()
    place, half = (round(16 * x), round(16 * y)), round(16 * COVER_SIZE / 2 * unit(face))
    cv2.circle(mask, place, half, 255, -1, cv2.LINE_8, 4)
    return mask


def _place(face: Face, at: tuple[float, float]) -> tuple[float, float]:
    """The place in the picture of a point of the head, which is given in boxes from the middle of the face's."""
    (x, y), size, angle = face.middle, unit(face), math.radians(face.roll)
    cos, sin = size * math.cos(angle), size * math.sin(angle)
    return x + cos * at[0] - sin * at[1], y + sin * at[0] + cos * at[1]
