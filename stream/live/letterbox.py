"""Bring frames of any kind to the one size and the one kind of colours that a reader expects who isn't told."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from emojicam.stream.i420 import BT601, Colour, Pixels, as_pixels, averaged, joined, planes, yuv_matrix
from emojicam.stream.types import Format, Frame


def letterbox(frame: Frame, size: tuple[int, int], *, crop: bool) -> Pixels:
    """Bring a frame to another size, its shape kept by bars or by cutting, in BT.601's limited range.

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
        _lay_in_middle(place, as_pixels(small))
    return out


def plain(frame: Frame) -> Pixels:
    """Bring a frame to BT.601's limited range, its sides even.

    Returns:
        I420, uint8 (3H/2)xW; the frame's own pixels if they are like that already.
    """
    if frame.format is Format.BGR:
        even = np.ascontiguousarray(frame.pixels[: frame.height & ~1, : frame.width & ~1])
        return as_pixels(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420))
    pixels = np.ascontiguousarray(frame.pixels)
    if frame.colour == BT601:
        return pixels
    y, u, v = planes(pixels)
    if frame.colour.full:
        y = as_pixels(cv2.convertScaleAbs(y, alpha=219 / 255, beta=16))
        u, v = (as_pixels(cv2.convertScaleAbs(c, alpha=224 / 255, beta=128 * (1 - 224 / 255))) for c in (u, v))
    if frame.colour.bt709:
        y, u, v = _from_bt709(y, u, v)
    return joined(y, u, v)


def resized(frame: Frame, size: tuple[int, int], *, quick: bool = False) -> Frame:
    """Give a smaller copy of a frame, or a copy of that size.

    Args:
        frame: The frame, in any layout.
        size: Its new width and height in px; even, for I420.
        quick: Average whole squares of pixels alone, and take what lies between two of them for the rest: a quarter of
            the time, and hardly seen.
    """
    smaller = _quickly if quick else _averaged
    if frame.format is Format.BGR:
        return replace(frame, pixels=smaller(frame.pixels, size))
    half = size[0] // 2, size[1] // 2
    y, u, v = planes(frame.pixels)
    return replace(frame, pixels=joined(smaller(y, size), smaller(u, half), smaller(v, half)))


def _averaged(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels.copy()
    return as_pixels(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _quickly(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    k = 1
    while 2 * k * size[0] <= pixels.shape[1] and 2 * k * size[1] <= pixels.shape[0]:
        k *= 2
    if k > 1:
        pixels = as_pixels(averaged(pixels, pixels.shape[1] // k, pixels.shape[0] // k, k))
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels.copy()
    return as_pixels(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def in_bgr(frame: Frame) -> Pixels:
    """Give a frame's colours, uint8 HxWx3, in pixels of their own that may be written to."""
    if frame.format is Format.BGR:
        return frame.pixels.copy()
    return as_pixels(cv2.cvtColor(plain(frame), cv2.COLOR_YUV2BGR_I420))


def _from_bt709(y: Pixels, u: Pixels, v: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Make BT.709's planes BT.601's, both limited: a matrix of 3x3, of which each row is one or two weighted sums."""
    (_, yu, yv), (_, uu, uv), (_, vu, vv) = yuv_matrix(BT601) @ np.linalg.inv(yuv_matrix(Colour(bt709=True)))
    size = y.shape[1], y.shape[0]
    wide_u, wide_v = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v))
    shift = cv2.addWeighted(wide_u, yu, wide_v, yv, 0)
    return (
        as_pixels(cv2.addWeighted(y, 1.0, shift, 1.0, -128 * (yu + yv))),
        as_pixels(cv2.addWeighted(u, uu, v, uv, 128 * (1 - uu - uv))),
        as_pixels(cv2.addWeighted(u, vu, v, vv, 128 * (1 - vu - vv))),
    )


def _lay_in_middle(ground: Pixels, picture: Pixels) -> None:
    """Lay a picture in the middle of a ground: what is larger is cut, around what is smaller the ground stays."""
    slices = []
    for there, here in zip(ground.shape, picture.shape, strict=True):
        shared = min(there, here)
        slices.append(
            (slice((there - shared) // 2, (there + shared) // 2), slice((here - shared) // 2, (here + shared) // 2))
        )
    (rows, from_rows), (columns, from_columns) = slices
    ground[rows, columns] = picture[from_rows, from_columns]
