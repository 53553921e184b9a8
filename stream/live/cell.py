"""One stream's picture in the window of several: made small before anything is drawn on it, so that it costs little."""

from __future__ import annotations

from dataclasses import dataclass, replace

from emojicam.stream.i420 import Pixels
from emojicam.stream.live.letterbox import in_bgr, resized
from emojicam.stream.types import Drawn, Judged, JudgedFace

Size = tuple[int, int]
"""Width and height in px."""


@dataclass(frozen=True)
class Shown:
    """One frame in all forms in which somebody wants it.

    Attributes:
        judged: The frame as it came, and its faces.
        whole: Drawn in its own size, for a file or a virtual camera; None if nobody wants that.
        small: Drawn in the size of its cell; None without a window.
        picture: What its cell shows: uint8 HxWx3, BGR; None without a window.
    """

    judged: Judged
    whole: Drawn | None = None
    small: Drawn | None = None
    picture: Pixels | None = None


def shrunk(judged: Judged, cell: Size) -> Judged:
    """Give a smaller copy of a frame, with its faces, that fits into a cell; one that fits already isn't enlarged.

    Args:
        judged: The frame.
        cell: Width and height of the cell, px.
    """
    frame = judged.frame
    k = min(1.0, cell[0] / frame.width, cell[1] / frame.height)
    size = _even(frame.width * k), _even(frame.height * k)
    small = replace(resized(frame, size, quick=True), is_spare=True)
    k = size[0] / frame.width
    return replace(judged, frame=small, faces=tuple(_scaled(face, k) for face in judged.faces))


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))


def _scaled(face: JudgedFace, k: float) -> JudgedFace:
    plain = face.scaled(k)
    return replace(face, box=plain.box, eyes=plain.eyes)


def picture_of(drawn: Drawn) -> Pixels:
    """Give a drawn frame's colours for the screen: uint8 HxWx3, BGR."""
    return in_bgr(drawn.frame)
