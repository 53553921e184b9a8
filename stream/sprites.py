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

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.stream.types import Colour, Format, Frame, Pixels, luma_weights

CACHE_BYTES = 96 * 1024 * 1024
STRIP = 1024
"""Rows (even) that are worked on as floats at a time: a face that fills a large photo would take gigabytes at once."""


@dataclass(frozen=True)
class Sprite:
    """A premultiplied picture.

    Attributes:
        colour: uint8 HxWx3, BGR, already times alpha.
        clear: uint8 HxW, 255 minus alpha: what is left of the picture below.
    """

    colour: Pixels
    clear: Pixels

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
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
        """Memory that it takes."""
        return self.y.nbytes * 2 + self.u.nbytes * 3


class Cache:
    """Keeps what was made last, up to a number of bytes."""

    def __init__(self, most: int = CACHE_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._kept: OrderedDict[Hashable, Sprite | PlanarSprite] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Sprite | PlanarSprite]) -> Sprite | PlanarSprite:
        """What `make` gave for this key, made again only if it was thrown away."""
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


def pyramid(rgba: Pixels) -> list[npt.NDArray[np.float32]]:
    """A picture at its own size, half, a quarter, … down to 8 px.

    Args:
        rgba: uint8 HxWx4, straight alpha.

    Returns:
        float32 arrays HxWx4, BGR and alpha, premultiplied, 0-255.
    """
    level = rgba[..., [2, 1, 0, 3]].astype(np.float32)
    level[..., :3] *= level[..., 3:] / 255
    levels = [level]
    while min(level.shape[:2]) >= 16:
        size = (max(1, level.shape[1] // 2), max(1, level.shape[0] // 2))
        level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), np.float32)
        levels.append(level)
    return levels


def turned(levels: list[npt.NDArray[np.float32]], size: float, roll: float) -> Sprite:
    """A sprite of a picture, scaled and turned about its middle.

    Args:
        levels: From `pyramid`.
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
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    parts = []
    for top in range(0, canvas, STRIP):
        shifted = matrix - np.array([[0, 0, 0], [0, 0, top]])
        size_of_part = (canvas, min(STRIP, canvas - top))
        parts.append(_sprite(cv2.warpAffine(level, shifted, size_of_part, flags=way, borderMode=cv2.BORDER_CONSTANT)))
    if len(parts) == 1:
        return parts[0]
    return Sprite(np.concatenate([part.colour for part in parts]), np.concatenate([part.clear for part in parts]))


def from_rgba(rgba: Pixels) -> Sprite:
    """A sprite of a picture as it is.

    Args:
        rgba: uint8 HxWx4, straight alpha.
    """
    return _sprite(pyramid(rgba)[0])


def planar(sprite: Sprite, colour: Colour) -> PlanarSprite:
    """The sprite in a video's own colour space, with even sides."""
    parts = []
    for top in range(0, sprite.clear.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        parts.append(_planar(Sprite(sprite.colour[rows], sprite.clear[rows]), colour))
    if len(parts) == 1:
        return parts[0]
    return PlanarSprite(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(PlanarSprite)))


def _planar(sprite: Sprite, colour: Colour) -> PlanarSprite:
    height, width = (side + side % 2 for side in sprite.clear.shape)
    alpha = np.zeros((height, width), np.float32)
    alpha[: sprite.clear.shape[0], : sprite.clear.shape[1]] = 255 - sprite.clear.astype(np.float32)
    bgr = np.zeros((height, width, 3), np.float32)
    bgr[: sprite.clear.shape[0], : sprite.clear.shape[1]] = sprite.colour
    kr, kb = luma_weights(colour)
    luma = kb * bgr[..., 0] + (1 - kr - kb) * bgr[..., 1] + kr * bgr[..., 2]
    u = (bgr[..., 0] - luma) / (2 * (1 - kb))
    v = (bgr[..., 2] - luma) / (2 * (1 - kr))
    if colour.full:
        y, span = luma, 1.0
    else:
        y, span = luma * (219 / 255) + alpha * (16 / 255), 224 / 255
    half = (width // 2, height // 2)
    alpha_half = cv2.resize(alpha, half, interpolation=cv2.INTER_AREA)
    # The offset 128 belongs to the sprite only as far as it covers.
    u_half = cv2.resize(u, half, interpolation=cv2.INTER_AREA) * span + alpha_half * (128 / 255)
    v_half = cv2.resize(v, half, interpolation=cv2.INTER_AREA) * span + alpha_half * (128 / 255)
    return PlanarSprite(_u8(y), _u8(255 - alpha), _u8(u_half), _u8(v_half), _u8(255 - alpha_half))


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
    clear = sprite.clear[sy0:sy1, sx0:sx1]
    _lay(pixels[y0:y1, x0:x1], sprite.colour[sy0:sy1, sx0:sx1], cv2.merge([clear, clear, clear]))


def blend_planar(pixels: Pixels, sprite: PlanarSprite, left: int, top: int) -> None:
    """Lay a sprite over an I420 picture, in place; what reaches over the border is cut off.

    Args:
        pixels: uint8 (3H/2)xW, contiguous, written to.
        sprite: In the picture's colour space.
        left: Px, even.
        top: Px, even.
    """
    rows, width = pixels.shape
    height = rows * 2 // 3
    cut = _overlap(width, height, sprite.y.shape[1], sprite.y.shape[0], left, top)
    if cut is None:
        return
    (y0, y1, x0, x1), (sy0, sy1, sx0, sx1) = cut
    _lay(pixels[y0:y1, x0:x1], sprite.y[sy0:sy1, sx0:sx1], sprite.clear[sy0:sy1, sx0:sx1])
    flat = pixels.reshape(-1)
    area, quarter = width * height, width * height // 4
    clear = sprite.clear_half[sy0 // 2 : sy1 // 2, sx0 // 2 : sx1 // 2]
    for start, plane in ((area, sprite.u), (area + quarter, sprite.v)):
        target = flat[start : start + quarter].reshape(height // 2, width // 2)
        _lay(target[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], plane[sy0 // 2 : sy1 // 2, sx0 // 2 : sx1 // 2], clear)


def lay(pixels: Pixels, frame: Frame, sprite: Sprite | PlanarSprite, middle: tuple[float, float]) -> None:
    """Lay a sprite, of the kind that fits the frame's format, with its middle at a place in px."""
    if isinstance(sprite, PlanarSprite):
        height, width = sprite.y.shape
        # Chroma is shared by 2x2 px: an odd corner would tear colour from light.
        blend_planar(pixels, sprite, 2 * round((middle[0] - width / 2) / 2), 2 * round((middle[1] - height / 2) / 2))
    else:
        height, width = sprite.clear.shape
        blend(pixels, sprite, round(middle[0] - width / 2), round(middle[1] - height / 2))


def fitting(sprite: Sprite, frame: Frame) -> Sprite | PlanarSprite:
    """The sprite in the frame's own format."""
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


def _sprite(premultiplied: npt.NDArray[np.float32] | cv2.typing.MatLike) -> Sprite:
    pixels = np.clip(np.asarray(premultiplied, np.float32), 0, 255)
    # Cubic sampling may overshoot: no colour is brighter than its alpha.
    colour = np.minimum(pixels[..., :3], pixels[..., 3:])
    return Sprite(_u8(colour), _u8(255 - pixels[..., 3]))


def _u8(array: npt.NDArray[np.float32] | cv2.typing.MatLike) -> Pixels:
    return np.ascontiguousarray(np.clip(np.rint(array), 0, 255).astype(np.uint8))
