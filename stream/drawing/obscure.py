"""Hide a head without an emoji: by a blur, by blocks, or by a plain colour, in the frame's own colour space.

A blur and blocks are made of a few samples of the head, however large it is: our detectors hardly ever find it again.
Light and colours stay, and with them hair and beard that somebody may be known by; a plain colour keeps nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from emojicam.stream.drawing.place import Place
from emojicam.stream.i420 import Colour, Pixels, as_pixels, averaged, planes, rounded, yuv_matrix
from emojicam.stream.types import Format, Frame

CELLS = 8
"""Samples across a head of which a blur is made."""

BLOCKS = 6
"""Blocks across a head: a face, from brows to chin, is four of them."""

BLUR_SIGMA, BLOCKS_SIGMA = 2.0, 0.8
"""Standard deviations, in samples, by which those of a blur and of blocks are blurred once more.

Of 257 faces (the sample, portraits, clips of one to three people) all looks together find none again under a blur, 1
under blocks, and 2 under the plain colour: a head's outline is enough, now and then. Of 72 of them they found 6 under
eight sharp blocks and 1 under six; of a blur by 0.8, which leaves eyes and mouth as dark spots, 2 in 6.
"""

WIDE = 0.88
"""Width of a head with its ears, as a share of its height."""

PLAIN = (92, 105, 124)
"""The plain colour, RGB: a calm blue-grey, which no skin has and no emotion."""

EDGE = 0.04
"""Width of the plain colour's soft border, as a share of half the head's height."""

DISC = 256
"""Side in px of the picture that soft masks are made of."""


@dataclass(frozen=True)
class Square:
    """A square of a picture that is worked on; it may reach over the picture's border.

    Attributes:
        left: Px from the left edge, even.
        top: Px from the top edge, even.
        side: Px, even.
        cells: Number of samples across it.
    """

    left: int
    top: int
    side: int
    cells: int


@dataclass(frozen=True)
class Mask:
    """A square's opacity: what hides the head is seen so far.

    Attributes:
        full: uint8 SxS.
        half: uint8 (S/2)x(S/2), for colours at half the size.
    """

    full: Pixels
    half: Pixels

    @property
    def bytes(self) -> int:
        """Bytes of memory that the mask takes."""
        return self.full.nbytes + self.half.nbytes


@dataclass(frozen=True)
class Way:
    """A way of hiding a head.

    Attributes:
        name: The way's name.
        cells: Samples across the head, at most.
        around: Cells on each side of the head, in which it fades out.
        aligned: Its cells are seen: each has a whole, even number of px.
        opaque: Makes the opacity of a square, px along a side, for a number of cells and a roll in degrees.
        shown: Makes of a square of a plane, and its cells, what is shown there; of a plain colour's levels, a colour.
    """

    name: str
    cells: int
    around: int
    aligned: bool
    opaque: Callable[[int, int, float], Pixels]
    shown: Callable[[Pixels, int, tuple[int, ...]], Pixels]


def square(place: Place, way: Way, scale: float = 1.0) -> Square:
    """Choose the square around a head that is worked on.

    Args:
        place: The head's disc.
        way: What is done there.
        scale: Factor of the disc's size: of a smaller one there are fewer samples, not finer ones.
    """
    head = math.floor(way.cells * min(1.0, scale))
    cells = head + 2 * way.around
    wanted = place.size * cells / head
    step = 2 * (cells if way.aligned else _halves(wanted, cells))
    side = step * max(1, math.ceil(wanted / step))
    left, top = (2 * round((at - side / 2) / 2) for at in place.middle)
    return Square(left, top, side, cells)


def mask(square: Square, way: Way, roll: float, *, whole: bool = False) -> Mask:
    """Make the opacity of a square.

    Args:
        square: Where a head lies.
        way: What is done there.
        roll: Degrees by which the head is turned clockwise.
        whole: All of the square is to be hidden.
    """
    sides = square.side, square.side // 2
    if whole:
        return Mask(*(np.full((side, side), 255, np.uint8) for side in sides))
    return Mask(*(way.opaque(side, square.cells, roll) for side in sides))


def hide(pixels: Pixels, frame: Frame, square: Square, over: Mask, way: Way) -> None:
    """Hide what lies in a square of a picture, in place; what reaches over the border is cut off.

    Args:
        pixels: The picture in the frame's layout; written to.
        frame: Says the layout and the colours.
        square: Where.
        over: The opacity there.
        way: What is done there.
    """
    if frame.format is Format.BGR:
        _hide(pixels, square, 1, over.full, way, PLAIN[::-1])
        return
    for number, (plane, level) in enumerate(zip(planes(pixels), plain_yuv(frame.colour), strict=True)):
        _hide(plane, square, 2 if number else 1, over.half if number else over.full, way, (level,))


def plain_yuv(colour: Colour) -> tuple[int, int, int]:
    """The plain colour's levels of Y, U and V in a video's colours."""
    y, u, v = rounded(yuv_matrix(colour) @ np.array(PLAIN) + (0 if colour.full else 16, 128, 128)).tolist()
    return y, u, v


def _hide(plane: Pixels, square: Square, k: int, over: Pixels, way: Way, level: tuple[int, ...]) -> None:
    height, width = plane.shape[:2]
    left, top, side = square.left // k, square.top // k, square.side // k
    x0, x1, y0, y1 = max(0, left), min(width, left + side), max(0, top), min(height, top + side)
    if x0 >= x1 or y0 >= y1:
        return
    part, rows, columns = plane[y0:y1, x0:x1], slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    beyond = y0 - top, top + side - y1, x0 - left, left + side - x1
    all_of_it = as_pixels(cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE)) if any(beyond) else part
    _lay(part, way.shown(all_of_it, square.cells, level)[rows, columns], over[rows, columns])


def _lay(target: Pixels, shown: Pixels, opaque: Pixels) -> None:
    clear = cv2.bitwise_not(opaque)
    if target.ndim == 3:
        opaque, clear = (as_pixels(cv2.cvtColor(one, cv2.COLOR_GRAY2BGR)) for one in (opaque, clear))
    left = cv2.multiply(target, clear, scale=1 / 255)
    target[...] = cv2.add(left, cv2.multiply(shown, opaque, scale=1 / 255))


def _halves(side: float, cells: int) -> int:
    """The power of two by which a square is halved before samples are taken of it, in a third of the time."""
    return 1 << max(0, int(side / (6 * cells)).bit_length() - 1)


def _samples(picture: Pixels, cells: int, sigma: float) -> Pixels:
    side = len(picture)
    k = math.gcd(_halves(side, cells), side)
    small = averaged(picture, side // k, side // k, k)
    samples = cv2.resize(small, (cells, cells), interpolation=cv2.INTER_AREA)
    reach = 2 * math.ceil(1.25 * sigma) + 1
    return as_pixels(cv2.GaussianBlur(samples, (reach, reach), sigma, borderType=cv2.BORDER_REPLICATE))


def _blurred(picture: Pixels, cells: int, _: tuple[int, ...]) -> Pixels:
    small = _samples(picture, cells, BLUR_SIGMA)
    # Cubic first, or the cells' corners are seen; from there on bilinear is as smooth, in a third of the time.
    finer = cv2.resize(small, (6 * cells, 6 * cells), interpolation=cv2.INTER_CUBIC)
    return as_pixels(cv2.resize(finer, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _pixelated(picture: Pixels, cells: int, _: tuple[int, ...]) -> Pixels:
    small = _samples(picture, cells, BLOCKS_SIGMA)
    return as_pixels(cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST))


def _plain(picture: Pixels, _: int, level: tuple[int, ...]) -> Pixels:
    return np.full(picture.shape, level if picture.ndim == 3 else level[0], np.uint8)


def _blocks(side: int, cells: int, roll: float) -> Pixels:
    """The opacity of those cells that the head touches."""
    finer = _ellipse(8 * cells, 1.0, 0.1, roll).reshape(cells, 8, cells, 8)
    touched = np.where((finer == 255).any(axis=(1, 3)), 255, 0).astype(np.uint8)
    return as_pixels(cv2.resize(touched, (side, side), interpolation=cv2.INTER_NEAREST))


def _ellipse(side: int, reach: float, fade: float, roll: float) -> Pixels:
    """The opacity of an ellipse that fades out beyond its border.

    Args:
        side: Px of the square around it.
        reach: The ellipse's height, as a share of the side.
        fade: Width of the border that fades, as a share of half the height.
        roll: Degrees clockwise.
    """
    k = reach * (1 + fade) * side / DISC
    angle = math.radians(roll)
    turn = k * np.array([[WIDE * math.cos(angle), -math.sin(angle)], [WIDE * math.sin(angle), math.cos(angle)]])
    shift = (side - 1) / 2 - turn @ np.full((2, 1), (DISC - 1) / 2)
    return as_pixels(cv2.warpAffine(_disc(fade), np.hstack([turn, shift]), (side, side), flags=cv2.INTER_LINEAR))


@lru_cache(4)
def _disc(fade: float) -> Pixels:
    """The opacity of a disc that fills a square with its border, which fades and is `fade` of the disc's radius."""
    y, x = (2 * np.indices((DISC, DISC)) + 1) / DISC - 1
    return rounded(255 * np.clip((1 + fade) * (1 - np.hypot(x, y)) / fade, 0, 1))


def _fading(side: int, cells: int, roll: float) -> Pixels:
    head = cells - 2
    return _ellipse(side, head / cells, 2 / head, roll)


def _edged(side: int, _: int, roll: float) -> Pixels:
    return _ellipse(side, 1 / (1 + EDGE), EDGE, roll)


BLUR = Way("blur", CELLS, 1, False, _fading, _blurred)
PIXELATE = Way("pixelate", BLOCKS, 0, True, _blocks, _pixelated)
SOLID = Way("solid", CELLS, 0, False, _edged, _plain)
