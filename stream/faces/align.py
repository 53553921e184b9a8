"""Bring a face to the place, size and upright roll that the nets are trained on.

One function serves training and stream: `to_crop` gives the similarity transform from the two eyes, `align` cuts.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import Crop, Point

Matrix = npt.NDArray[np.float64]
"""A 2x3 matrix that maps (x, y, 1) in picture px to (x, y) in crop px."""


def to_crop(eyes: tuple[Point, Point], crop: Crop) -> Matrix:
    """The similarity transform (shift, one scale, roll) that puts both eyes where `crop` has them.

    Args:
        eyes: (x, y) px in the picture of the eye on the image's left, then the right.
        crop: The target framing.

    Returns:
        2x3 float64: picture px to crop px.
    """
    (ax, ay), (bx, by) = eyes
    (cx, cy), (dx, dy) = crop.left_eye, crop.right_eye
    # As complex numbers a similarity is one product: (d - c) / (b - a) holds scale and roll.
    between = complex(bx - ax, by - ay) or 1e-6 + 0j
    turn = complex(dx - cx, dy - cy) / between
    shift = complex(cx, cy) - turn * complex(ax, ay)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def align(picture: npt.NDArray[np.uint8], eyes: tuple[Point, Point], crop: Crop) -> npt.NDArray[np.uint8]:
    """Cut one face out of a picture, its eyes where `crop` has them.

    Args:
        picture: uint8, HxW (grey) or HxWx3.
        eyes: (x, y) px of the eye on the image's left, then the right.
        crop: The framing to cut.

    Returns:
        uint8, `crop.size` squared, with the picture's channels.
    """
    return cut(picture, to_crop(eyes, crop), crop.size)


def cut(picture: npt.NDArray[np.uint8], matrix: Matrix, size: int) -> npt.NDArray[np.uint8]:
    """Cut a square out of a picture by a similarity transform.

    What is larger than the square is low-passed first (area average over whole pixels): plain bilinear sampling would
    skip pixels and hand the net an aliased face. Outside the picture the border is repeated.

    Args:
        picture: uint8, HxW (grey) or HxWx3.
        matrix: 2x3, picture px to px of the square.
        size: Width and height of the square in px.

    Returns:
        uint8, `size` squared, with the picture's channels.
    """
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    shrink = int(1 / scale) if scale > 0 else 1
    if shrink >= 2:
        # Only the part of the picture that the square can see is shrunk.
        corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], float)
        seen = corners @ cv2.invertAffineTransform(matrix).T
        height, width = picture.shape[:2]
        left, top = np.floor(seen.min(0)).astype(int) - 2 * shrink
        right, bottom = np.ceil(seen.max(0)).astype(int) + 2 * shrink
        left, top = max(0, min(left, width - 1)), max(0, min(top, height - 1))
        right, bottom = max(left + 1, min(right, width)), max(top + 1, min(bottom, height))
        # By a whole factor, which OpenCV does several times as fast; a picture narrower than that stays as it is.
        columns, rows = max(1, (right - left) // shrink), max(1, (bottom - top) // shrink)
        part = picture[top : top + rows * shrink, left : left + columns * shrink]
        small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
        kx, ky = part.shape[1] / columns, part.shape[0] / rows
        # Pixel centres: x_part = kx * (x_small + 0.5) - 0.5.
        grow = np.array([[kx, 0, left + (kx - 1) / 2], [0, ky, top + (ky - 1) / 2], [0, 0, 1]])
        matrix, picture = matrix @ grow, np.asarray(small, dtype=np.uint8)
    square = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(square, dtype=np.uint8)
