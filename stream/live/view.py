"""The sizes of a live stream's window: of the window itself, of the picture in it, and of its letters."""

from __future__ import annotations

import cv2

from emojicam.stream.i420 import Pixels, as_pixels

Size = tuple[int, int]
"""Width and height in px."""

NARROWEST = 640
"""Px that a window is wide at least when it opens: a small clip's would be a stamp."""

OPENED = (1280, 720)
"""Width and height that a window has at most when it opens: OpenCV doesn't tell the screen's size."""

ENLARGED = (1280, 720)
"""Width and height up to which a small picture is enlarged before anything is written on it: letters stay sharp."""

SHOWN = (1920, 1080)
"""Width and height of the largest picture that is shown; a larger one is reduced, which costs less than showing it."""

LETTERS = (13, 26)
"""Px of the font in the window, at least and at most."""


def opened(picture: Size) -> Size:
    """Choose the size that a window opens with, in the picture's shape."""
    scale = min(max(1.0, NARROWEST / picture[0]), _fit(picture, OPENED))
    return _scaled(picture, scale)


def shown(picture: Size, window: Size | None) -> Size:
    """Choose the size in which a picture is handed to its window, in the picture's shape.

    Mostly it is that of the window: OpenCV leaves out pixels where it makes pictures smaller, and letters fall apart.

    Args:
        picture: The picture's own size.
        window: The size of its place in the window; None where that isn't known.
    """
    wanted = _fit(picture, window or opened(picture))
    return _scaled(picture, min(wanted, max(1.0, _fit(picture, ENLARGED)), _fit(picture, SHOWN)))


def letters(picture: Size, window: Size | None) -> int:
    """Choose the height of the font in px of the picture, so that it can be read in the window.

    Args:
        picture: The size in which the picture is handed over.
        window: As for `shown`.
    """
    scale = _fit(picture, window or picture)
    least, most = LETTERS
    return round(min(max(picture[1] * scale / 36, least), most) / scale)


def fitted(bgr: Pixels, size: Size) -> Pixels:
    """Bring a picture to a size: uint8 HxWx3; itself if it has that size."""
    height, width = bgr.shape[:2]
    if (width, height) == size:
        return bgr
    way = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
    return as_pixels(cv2.resize(bgr, size, interpolation=way))


def framed(bgr: Pixels, window: Size | None) -> Pixels:
    """Lay black bars beside a picture, or above and below it, so that it has its window's shape.

    Args:
        bgr: uint8 HxWx3, in its own shape.
        window: Width and height that there are in the window; None where that isn't known.
    """
    size = bgr.shape[1], bgr.shape[0]
    wide, tall = _around(size, window or size)
    left, top = (wide - size[0]) // 2, (tall - size[1]) // 2
    if left <= 1 and top <= 1:  # which is rounding, and can't be seen
        return bgr
    return as_pixels(
        cv2.copyMakeBorder(bgr, top, tall - size[1] - top, left, wide - size[0] - left, cv2.BORDER_CONSTANT)
    )


def _around(picture: Size, window: Size) -> Size:
    """Give the smallest size in a window's shape that has room for a picture."""
    scale = _fit(picture, window)
    return max(picture[0], round(window[0] / scale)), max(picture[1], round(window[1] / scale))


def _fit(picture: Size, place: Size) -> float:
    return min(place[0] / picture[0], place[1] / picture[1])


def _scaled(picture: Size, scale: float) -> Size:
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))
