"""Small pictures with transparency, made once for each size and turn, and blended into frames.

A sprite is premultiplied: its colours are already weighed by its alpha, so that blending is one multiplication and one
addition, and its edge has no dark or light fringe. For video it is kept as planes of the frame's own colour space and
blended there: no frame is converted.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.stream.i420 import Colour, Pixels, planes, rounded, yuv_matrix
from emojicam.stream.types import Format, Frame

CACHE_BYTES = 96 * 1024 * 1024
SOFT = 1.25
"""Enlargement of a picture up to which bilinear sampling isn't seen to be soft. Cubic takes ten times as long."""

STRIP = 1024
"""Rows (even) that are worked on at a time: a face that fills a large photo would take gigabytes at once."""


@dataclass(frozen=True)
class Sprite:
    """A premultiplied picture in BGR.

    Attributes:
        colour: uint8 HxWx3, BGR, already times alpha.
        clear: uint8 HxW, 255 minus alpha: what is left of the picture below.
    """

    colour: Pixels
    clear: Pixels

    @property
    def bytes(self) -> int:
        """Bytes of memory that the sprite takes."""
        return self.colour.nbytes + self.clear.nbytes


@dataclass(frozen=True)
class PlanarSprite:
    """A sprite in YUV 4:2:0, premultiplied, offsets included; sides even.

    Attributes:
        y: uint8 HxW.
        clear: uint8 HxW, 255 minus alpha.
        u: uint8 (H/2)x(W/2).
        v: uint8 (H/2)x(W/2).
        clear_half: uint8 (H/2)x(W/2), 255 minus alpha for `u` and `v`.
    """

    y: Pixels
    clear: Pixels
    u: Pixels
    v: Pixels
    clear_half: Pixels

    @property
    def bytes(self) -> int:
        """Bytes of memory that the sprite takes."""
        return self.y.nbytes * 2 + self.u.nbytes * 3


class Sized(Protocol):
    """A thing that a cache can keep: it knows its size."""

    @property
    def bytes(self) -> int:
        """Bytes of memory that it takes."""


T = TypeVar("T", bound=Sized)


class Cache(Generic[T]):
    """Keeps the sprites that were used last, up to a number of bytes."""

    def __init__(self, most: int = CACHE_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what `make` made for this key; it is made again only if it was thrown away."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        if made.bytes > self._most:  # of a face that fills a large photo: nothing else would have room
            return made
        self._kept[key] = made
        self._bytes += made.bytes
        while self._bytes > self._most:
            self._bytes -= self._kept.popitem(last=False)[1].bytes
        return made


def pyramid(rgba: Pixels) -> list[Pixels]:
    """Make smaller copies of a picture: its own size, half, a quarter, … down to 8 px.

    Args:
        rgba: uint8 HxWx4, straight alpha.

    Returns:
        uint8 arrays HxWx4, BGR and alpha, premultiplied.
    """
    level = rgba[..., [2, 1, 0, 3]].astype(np.float32)
    level[..., :3] *= level[..., 3:] / 255
    levels = [rounded(level)]
    while min(level.shape[:2]) >= 16:
        size = (max(1, level.shape[1] // 2), max(1, level.shape[0] // 2))
        level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), np.float32)
        levels.append(rounded(level))
    return levels


def premultiplied(rgba: Pixels) -> Pixels:
    """Weigh a large picture's colours by its alpha, a strip at a time.

    Args:
        rgba: uint8 HxWx4, straight alpha.

    Returns:
        uint8 HxWx4, BGR and alpha.
    """
    made = np.empty_like(rgba)
    for top in range(0, len(rgba), STRIP):
        strip = rgba[top : top + STRIP, :, [2, 1, 0, 3]]
        made[top : top + STRIP] = cv2.multiply(strip, cv2.cvtColor(strip[..., 3], cv2.COLOR_GRAY2BGRA), scale=1 / 255)
        made[top : top + STRIP, :, 3] = strip[..., 3]
    return made


def turned(levels: list[Pixels], size: float, roll: float) -> Sprite:
    """Make a sprite of a picture, scaled and turned about its middle.

    Args:
        levels: The picture's sizes, from `pyramid`.
        size: Px that the picture's longer side shall have.
        roll: Degrees clockwise.

    Returns:
        A square sprite with the picture in its middle; its side is even, and holds the turned picture.
    """
    longest = max(levels[0].shape[:2])
    # The smallest level that is still larger: bilinear sampling skips no pixel then.
    level = next((lv for lv in reversed(levels) if max(lv.shape[:2]) >= size), levels[0])
    scale = size / longest * (longest / max(level.shape[:2]))
    angle = math.radians(roll)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    tall, wide = level.shape[:2]
    reach = max(abs(cos) * wide + abs(sin) * tall, abs(sin) * wide + abs(cos) * tall)
    canvas = 2 * math.ceil(reach / 2 + 1)
    cy, cx = (level.shape[0] - 1) / 2, (level.shape[1] - 1) / 2
    middle = (canvas - 1) / 2
    matrix = np.array([[cos, -sin, middle - cos * cx + sin * cy], [sin, cos, middle - sin * cx - cos * cy]])
    way = cv2.INTER_CUBIC if scale > SOFT else cv2.INTER_LINEAR
    parts = []
    for top in range(0, canvas, STRIP):
        shifted = matrix - np.array([[0, 0, 0], [0, 0, top]])
        size_of_part = (canvas, min(STRIP, canvas - top))
        warped = cv2.warpAffine(level, shifted, size_of_part, flags=way, borderMode=cv2.BORDER_CONSTANT)
        parts.append(_sprite(np.asarray(warped, np.uint8)))
    if len(parts) == 1:
        return parts[0]
    return Sprite(np.concatenate([part.colour for part in parts]), np.concatenate([part.clear for part in parts]))


def from_rgba(rgba: Pixels) -> Sprite:
    """Make a sprite of a picture as it is.

    Args:
        rgba: uint8 HxWx4, straight alpha.
    """
    return _sprite(pyramid(rgba)[0])


def planar(sprite: Sprite, colour: Colour) -> PlanarSprite:
    """Convert a sprite to a video's own colour space, with even sides."""
    parts = []
    for top in range(0, sprite.clear.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        parts.append(_planar(Sprite(sprite.colour[rows], sprite.clear[rows]), colour))
    if len(parts) == 1:
        return parts[0]
    return PlanarSprite(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(PlanarSprite)))


def _planar(sprite: Sprite, colour: Colour) -> PlanarSprite:
    bgra = cv2.merge([sprite.colour, cv2.bitwise_not(sprite.clear)])
    tall, wide = sprite.clear.shape
    height, width = tall + tall % 2, wide + wide % 2
    if (height, width) != (tall, wide):
        bgra = cv2.copyMakeBorder(bgra, 0, height - tall, 0, width - wide, cv2.BORDER_CONSTANT)
    # In whole numbers: floats of a large face take ten times as long, 30 ms at 600 px.
    weights = _weights(colour)
    half = cv2.resize(bgra, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    made = (
        cv2.transform(bgra, weights[:1]),
        cv2.bitwise_not(cv2.extractChannel(bgra, 3)),
        *cv2.split(cv2.transform(half, weights[1:])),
        cv2.bitwise_not(cv2.extractChannel(half, 3)),
    )
    return PlanarSprite(*(np.asarray(plane, np.uint8) for plane in made))


def _weights(colour: Colour) -> npt.NDArray[np.float32]:
    """Compute how much Y, U and V of a premultiplied pixel take of its blue, green, red and alpha: float32 3x4."""
    of_blue_green_red = yuv_matrix(colour)[:, ::-1]
    # Offsets belong to the sprite only as far as it covers.
    offsets = np.array([[0.0 if colour.full else 16 / 255], [128 / 255], [128 / 255]])
    return np.hstack([of_blue_green_red, offsets]).astype(np.float32)


def blend(pixels: Pixels, sprite: Sprite, left: int, top: int) -> None:
    """Lay a sprite over a BGR picture, in place; what reaches over the border is cut off.

    Args:
        pixels: uint8 HxWx3, written to.
        sprite: What to lay.
        left: Px from the picture's left edge.
        top: Px from its top edge.
    """
    cut = _overlap(pixels.shape[1], pixels.shape[0], sprite.clear.shape[1], sprite.clear.shape[0], left, top)
    if cut is None:
        return
    (y0, y1, x0, x1), (sy0, sy1, sx0, sx1) = cut
    # In 3 channels, 15 times as quickly as by cv2.merge.
    clear = cv2.cvtColor(sprite.clear[sy0:sy1, sx0:sx1], cv2.COLOR_GRAY2BGR)
    _lay(pixels[y0:y1, x0:x1], sprite.colour[sy0:sy1, sx0:sx1], clear)


def blend_planar(pixels: Pixels, sprite: PlanarSprite, left: int, top: int) -> None:
    """Lay a sprite over an I420 picture, in place; what reaches over the border is cut off.

    Args:
        pixels: uint8 (3H/2)xW, contiguous, written to.
        sprite: What to lay, in the picture's colour space.
        left: Px from the picture's left edge, even.
        top: Px from its top edge, even.
    """
    y, u, v = planes(pixels)
    cut = _overlap(y.shape[1], y.shape[0], sprite.y.shape[1], sprite.y.shape[0], left, top)
    if cut is None:
        return
    (y0, y1, x0, x1), (sy0, sy1, sx0, sx1) = cut
    _lay(y[y0:y1, x0:x1], sprite.y[sy0:sy1, sx0:sx1], sprite.clear[sy0:sy1, sx0:sx1])
    clear = sprite.clear_half[sy0 // 2 : sy1 // 2, sx0 // 2 : sx1 // 2]
    for target, plane in ((u, sprite.u), (v, sprite.v)):
        _lay(target[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], plane[sy0 // 2 : sy1 // 2, sx0 // 2 : sx1 // 2], clear)


def lay(pixels: Pixels, frame: Frame, sprite: Sprite | PlanarSprite, middle: tuple[float, float]) -> None:
    """Lay a sprite of the kind that fits the frame's format, its middle at a place in px, over the frame's pixels."""
    if isinstance(sprite, PlanarSprite):
        height, width = sprite.y.shape
        # Chroma is shared by 2x2 px: an odd corner would tear colour from light.
        blend_planar(pixels, sprite, 2 * round((middle[0] - width / 2) / 2), 2 * round((middle[1] - height / 2) / 2))
    else:
        height, width = sprite.clear.shape
        blend(pixels, sprite, round(middle[0] - width / 2), round(middle[1] - height / 2))


def fitting(sprite: Sprite, frame: Frame) -> Sprite | PlanarSprite:
    """Convert a sprite to the frame's own format, if that is another."""
    return planar(sprite, frame.colour) if frame.format is Format.I420 else sprite


def _lay(target: Pixels, colour: Pixels, clear: Pixels | cv2.typing.MatLike) -> None:
    left = cv2.multiply(target, clear, scale=1 / 255)
    target[...] = cv2.add(left, colour)


def _overlap(
    width: int, height: int, sprite_width: int, sprite_height: int, left: int, top: int
) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]] | None:
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + sprite_width), min(height, top + sprite_height)
    if x0 >= x1 or y0 >= y1:
        return None
    return (y0, y1, x0, x1), (y0 - top, y1 - top, x0 - left, x1 - left)


def _sprite(premultiplied: Pixels) -> Sprite:
    blue, green, red, alpha = cv2.split(premultiplied)
    # Cubic sampling may overshoot: no colour is brighter than its alpha.
    colour = cv2.merge([cv2.min(plane, alpha) for plane in (blue, green, red)])
    return Sprite(np.asarray(colour, np.uint8), np.asarray(cv2.bitwise_not(alpha), np.uint8))
