"""Draw faces on a single picture for users of the Python API, and give it back as an array that notebooks show."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.options import got, path_from
from emojicam.settings import Settings
from emojicam.stream.choices import COLOUR_ORDER, ColourOrder
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import Photo, write_photo
from emojicam.stream.records.values import FARTHEST
from emojicam.stream.types import Emotion, Frame, Judged, JudgedFace
from emojicam.theme import refuse_unpictured
from emojicam.wiring import overlay

_Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]


SHOWN = 1024
"""Px of the longer side of what a notebook shows, at most: it keeps all that it has shown in its file."""


class Picture(_Array):
    """A picture: an array, uint8 HxWx3, that notebooks show and that can be saved.

    Attributes:
        colour: The order of its colours.
    """

    colour: ColourOrder

    def __array_finalize__(self, made_from: Any) -> None:
        self.colour = getattr(made_from, "colour", COLOUR_ORDER)

    def __reduce__(self) -> tuple[Callable[..., Picture], tuple[Any, ...]]:
        """Give pickle what it needs: of the array alone the order of the colours would be lost."""
        return picture_of, (np.asarray(self), self.colour)

    @property
    def is_whole(self) -> bool:
        """Whether it still has the shape of a picture: a part of it, or what was computed with it, may not."""
        return self.ndim == 3 and self.shape[2] == 3 and self.dtype == np.uint8 and 0 not in self.shape

    def to_pil(self) -> Image.Image:
        """Make an image of Pillow's of it, RGB.

        Raises:
            UsageError: It is no whole picture any more.
        """
        return Image.fromarray(np.ascontiguousarray(self._bgr()[..., ::-1]))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it to a file, which appears when it is whole.

        Args:
            path: The suffix decides: .jpg, .png or .webp.
            overwrite: Replace what is there.

        Returns:
            The path.

        Raises:
            UsageError: The suffix is another, or it is no whole picture any more.
            OutputError: It can't be written, or something is there.
        """
        target = path_from(path, "path")
        write_photo(Photo(self._bgr(), None, "PNG"), target, overwrite=overwrite)
        return target

    def _bgr(self) -> Pixels:
        if not self.is_whole:
            raise UsageError(f"a picture is uint8 HxWx3, not {self.dtype} {'x'.join(map(str, self.shape))}")
        plain = np.asarray(self)
        return plain if self.colour is ColourOrder.BGR else plain[..., ::-1]

    def _repr_png_(self) -> bytes | None:
        if not self.is_whole:
            return None
        image = self.to_pil()
        image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        memory = io.BytesIO()
        image.save(memory, "PNG")
        return memory.getvalue()


def picture_of(pixels: npt.NDArray[Any], colour: ColourOrder = COLOUR_ORDER) -> Picture:
    """Look at an array as a picture; nothing is copied.

    Args:
        pixels: uint8 HxWx3.
        colour: The order of its colours.
    """
    picture = pixels.view(Picture)
    picture.colour = colour
    return picture


def painted(frame: Frame, faces: Iterable[JudgedFace], settings: Settings, colour: ColourOrder) -> Picture:
    """Draw faces on a copy of a picture.

    Args:
        frame: The picture, BGR.
        faces: What to draw, the topmost first.
        settings: Style, theme, size and shadow.
        colour: The order of the colours that is wanted.

    Raises:
        UsageError: A face can't be drawn, or the theme can't be had.
    """
    if isinstance(faces, JudgedFace) or not isinstance(faces, Iterable):
        raise UsageError(f"faces are a list of them, as `analyze` gives it, not {got(faces)}")
    drawn = tuple(_drawable(face) for face in faces)
    shown = tuple(dict.fromkeys(face.label for face in drawn))
    for emotion in shown:
        refuse_unpictured(settings.theme, emotion)
    folder = assets.theme_folder(settings.theme)
    draw_on = overlay(folder, shown, settings.style, scale=settings.scale, shadow=settings.shadow)
    pixels = draw_on(Judged(frame, drawn)).pixels
    return picture_of(np.array(pixels if colour is ColourOrder.BGR else pixels[..., ::-1]), colour)


def _drawable(face: JudgedFace) -> JudgedFace:
    """Check that a face can be drawn.

    Raises:
        UsageError: It is none, or its place is nowhere.
    """
    if not isinstance(face, JudgedFace):
        raise UsageError(f"a face is as `analyze` gives it, not {got(face)}")
    if not isinstance(face.shown, str) or not isinstance(face.emotion, Emotion):
        raise UsageError(f"a face shows a word and has an emotion, not {got(face.shown)} and {got(face.emotion)}")
    if not _is_place(face):
        raise UsageError(f"no face can be drawn with the box {face.box} and the roll {face.roll}")
    return face


def _is_place(face: JudgedFace) -> bool:
    """Whether a face's box and roll are numbers, and not beyond all pictures."""
    try:
        left, top, width, height = face.box
        return all(abs(value) <= FARTHEST for value in (left, top, width, height, face.roll)) and min(width, height) > 0
    except (TypeError, ValueError):  # who uses no type checker may have put anything into them
        return False
