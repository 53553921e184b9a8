"""Bring frames of any kind to the one size and the one kind of colours that a reader expects who isn't told."""

from __future__ import annotations

import cv2
import numpy as np

from emojicam.stream.types import Colour, Format, Frame, Pixels, luma_weights, planes


def letterbox(frame: Frame, size: tuple[int, int], *, crop: bool) -> Pixels:
    """A frame in another size, its shape kept by bars or by cutting, in BT.601's limited range.

    Args:
        frame: Any size, layout and colours.
        size: Width and height, even.
        crop: Cut, instead of adding bars.

    Returns:
        I420, uint8 (3H/2)xW.
    """
    pixels = plain(frame)
    y, u, v = planes(pixels)
    if (y.shape[1], y.shape[0]) == size:
        return pixels
    width, height = size
    scale = (max if crop else min)(width / y.shape[1], height / y.shape[0])
    inner = 2 * round(y.shape[1] * scale / 2), 2 * round(y.shape[0] * scale / 2)
    out = np.empty((height * 3 // 2, width), np.uint8)
    for place, plane, k, black in zip(planes(out), (y, u, v), (1, 2, 2), (16, 128, 128), strict=True):
        place[:] = black
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(plane, (max(1, inner[0] // k), max(1, inner[1] // k)), interpolation=way)
        _lay_in_middle(place, np.asarray(small, np.uint8))
    return out


def plain(frame: Frame) -> Pixels:
    """A frame in BT.601's limited range, its sides even.

    Returns:
        I420, uint8 (3H/2)xW; the frame's own pixels if they are like that already.
    """
    if frame.format is Format.BGR:
        even = np.ascontiguousarray(frame.pixels[: frame.height & ~1, : frame.width & ~1])
        return np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), np.uint8)
    pixels = np.ascontiguousarray(frame.pixels)
    if frame.colour == Colour():
        return pixels
    y, u, v = planes(pixels)
    if frame.colour.full:
        y = np.asarray(cv2.convertScaleAbs(y, alpha=219 / 255, beta=16), np.uint8)
        u, v = (
            np.asarray(cv2.convertScaleAbs(c, alpha=224 / 255, beta=128 * (1 - 224 / 255)), np.uint8) for c in (u, v)
        )
    if frame.colour.bt709:
        y, u, v = _from_bt709(y, u, v)
    return np.concatenate([plane.reshape(-1) for plane in (y, u, v)]).reshape(pixels.shape)


def _scaled(plane: Pixels, k: float, offset: float) -> Pixels:
    return np.asarray(cv2.convertScaleAbs(plane, alpha=k, beta=offset), np.uint8)


def _from_bt709(y: Pixels, u: Pixels, v: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """BT.709's planes as BT.601's, both limited: a matrix of 3x3, of which each row is one or two weighted sums."""
    (_, yu, yv), (_, uu, uv), (_, vu, vv) = _matrix(Colour()) @ np.linalg.inv(_matrix(Colour(bt709=True)))
    size = y.shape[1], y.shape[0]
    wide_u, wide_v = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v))
    shift = cv2.addWeighted(wide_u, yu, wide_v, yv, 0)
    return (
        np.asarray(cv2.addWeighted(y, 1.0, shift, 1.0, -128 * (yu + yv)), np.uint8),
        np.asarray(cv2.addWeighted(u, uu, v, uv, 128 * (1 - uu - uv)), np.uint8),
        np.asarray(cv2.addWeighted(u, vu, v, vv, 128 * (1 - vu - vv)), np.uint8),
    )


def _matrix(colour: Colour) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """From red, green, blue (0-1) to Y, Cb and Cr of the limited range, without their offsets."""
    kr, kb = luma_weights(colour)
    luma = np.array([kr, 1 - kr - kb, kb])
    cb = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - kb))
    cr = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - kr))
    return np.stack([219 * luma, 224 * cb, 224 * cr])


def _lay_in_middle(ground: Pixels, picture: Pixels) -> None:
    """Cut what is larger, and leave the ground around what is smaller."""
    slices = []
    for there, here in zip(ground.shape, picture.shape, strict=True):
        shared = min(there, here)
        slices.append(
            (slice((there - shared) // 2, (there + shared) // 2), slice((here - shared) // 2, (here + shared) // 2))
        )
    (rows, from_rows), (columns, from_columns) = slices
    ground[rows, columns] = picture[from_rows, from_columns]
