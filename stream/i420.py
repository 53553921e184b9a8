"""Pictures as arrays of levels, and the arithmetic of I420, the layout that video comes in and goes out by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Colour:
    """The meaning of the numbers of a YUV picture.

    Attributes:
        bt709: Matrix BT.709 (HD); otherwise BT.601.
        full: Levels 0-255; otherwise 16-235 (Y) and 16-240 (U, V).
    """

    bt709: bool = False
    full: bool = False


BT601 = Colour()
"""The colours that a reader expects who isn't told: cameras' and meetings'."""


def as_pixels(array: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Pixels:
    """Take levels as uint8: OpenCV's results are that, which their types don't say, and nothing is copied then."""
    return np.asarray(array, dtype=np.uint8)


def rounded(levels: npt.NDArray[np.floating] | cv2.typing.MatLike) -> Pixels:
    """Round levels to whole numbers and cut them to 0-255: uint8, contiguous, of the same shape."""
    return np.ascontiguousarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def planes(pixels: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """The planes Y, U and V of an I420 picture, not copied: what is written into them is in the picture.

    Args:
        pixels: uint8 (3H/2)xW, contiguous.

    Returns:
        uint8 HxW and twice H/2xW/2.
    """
    rows, width = pixels.shape
    height = rows * 2 // 3
    flat = pixels.reshape(-1)
    area = width * height
    u, v = flat[area:].reshape(2, height // 2, width // 2)
    return flat[:area].reshape(height, width), u, v


def joined(y: Pixels, u: Pixels, v: Pixels) -> Pixels:
    """Make an I420 picture, contiguous, of copies of its planes: the inverse of `planes`.

    Args:
        y: uint8 HxW, both even.
        u: uint8 H/2xW/2.
        v: uint8 H/2xW/2.

    Returns:
        uint8 (3H/2)xW.
    """
    height, width = y.shape
    return np.concatenate([y.reshape(-1), u.reshape(-1), v.reshape(-1)]).reshape(height * 3 // 2, width)


def averaged(plane: Pixels, columns: int, rows: int, k: int) -> Pixels:
    """Make a plane, or a picture with channels, smaller: each pixel is the mean of k x k.

    By halves: OpenCV averages two by two seven times as fast as four by four.

    Args:
        plane: uint8, HxW or HxWxC.
        columns: Width of the result in px; what is over at the right is left out.
        rows: Height of the result in px; what is over at the bottom is left out.
        k: A power of two.
    """
    small = plane[: rows * k, : columns * k]
    while k > 1:
        k //= 2
        small = as_pixels(cv2.resize(small, (columns * k, rows * k), interpolation=cv2.INTER_AREA))
    return small


def i420_to_bgr(pixels: Pixels, colour: Colour) -> Pixels:
    """Convert an I420 picture by the given matrix and range (OpenCV knows only BT.601 limited).

    Args:
        pixels: uint8 (3H/2)xW.
        colour: The meaning of the levels.

    Returns:
        uint8 HxWx3.
    """
    luma, u, v = planes(np.ascontiguousarray(pixels))
    height, width = luma.shape
    y = luma.astype(np.float32)
    size = (width, height)
    uf = cv2.resize(u, size, interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128
    vf = cv2.resize(v, size, interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128
    if not colour.full:
        y, uf, vf = (y - 16) * (255 / 219), uf * (255 / 224), vf * (255 / 224)
    kr, kb = luma_weights(colour)
    red = y + 2 * (1 - kr) * vf
    blue = y + 2 * (1 - kb) * uf
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return rounded(np.dstack([blue, green, red]))


def luma_weights(colour: Colour) -> tuple[float, float]:
    """The weights Kr and Kb by which ITU-R BT.601 or BT.709 makes luma of red and blue."""
    return (0.2126, 0.0722) if colour.bt709 else (0.299, 0.114)


def yuv_matrix(colour: Colour) -> npt.NDArray[np.float64]:
    """Compute how much Y, U and V take of red, green and blue, all in levels, without the offsets 16 and 128.

    Returns:
        float64 3x3: a row for each of Y, U and V.
    """
    kr, kb = luma_weights(colour)
    luma = np.array([kr, 1 - kr - kb, kb])
    u = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - kb))
    v = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - kr))
    y_span, span = (1.0, 1.0) if colour.full else (219 / 255, 224 / 255)
    return np.stack([luma * y_span, u * span, v * span])
