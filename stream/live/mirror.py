"""Turn a judged frame into its mirror image before anything is drawn on it: what is drawn then can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emojicam.stream.i420 import Pixels, joined, planes
from emojicam.stream.types import Format, Frame, Judged, JudgedFace


def mirrored(judged: Judged) -> Judged:
    """Give the mirror image of a frame, and its faces where they are in it."""
    frame = judged.frame
    faces = tuple(_face(face, frame.width) for face in judged.faces)
    return replace(judged, frame=mirrored_frame(frame), faces=faces)


def mirrored_frame(frame: Frame) -> Frame:
    """Give the mirror image of a frame, in pixels of its own."""
    if frame.format is Format.BGR:
        pixels = _flipped(frame.pixels)
    else:
        pixels = joined(*map(_flipped, planes(np.ascontiguousarray(frame.pixels))))
    return replace(frame, pixels=pixels, is_spare=True)


def _flipped(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def _face(face: JudgedFace, width: int) -> JudgedFace:
    left, top, wide, tall = face.box

    def over(point: tuple[float, float]) -> tuple[float, float]:
        return width - 1 - point[0], point[1]  # the middle of the first pixel is at 0

    left_eye, right_eye = face.eyes
    eyes = over(right_eye), over(left_eye)
    return replace(face, box=(width - left - wide, top, wide, tall), eyes=eyes, roll=-face.roll)
