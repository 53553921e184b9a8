"""The pictures that users of the Python API hand over, made into frames."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam.errors import InputError, UsageError, first_line
from emojicam.options import got, path_from
from emojicam.settings import choice
from emojicam.stream.choices import COLOUR_ORDER, ColourOrder
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.animations import on_white
from emojicam.stream.media.photos import decode_photo, read_photo
from emojicam.stream.media.srgb import in_srgb
from emojicam.stream.media.stills import DAMAGED
from emojicam.stream.types import Frame
from emojicam.upright import upright

PictureLike: TypeAlias = str | os.PathLike[str] | bytes | bytearray | npt.NDArray[np.uint8] | Image.Image
"""The kinds of pictures that are taken: a photo's path, its file's bytes, uint8 HxWx3, or an image of Pillow's."""

KINDS = "a path, a photo's bytes, an array (uint8 HxWx3) or an image of Pillow's"


def frame_of(picture: PictureLike, colour: str | ColourOrder = COLOUR_ORDER) -> Frame:
    """Make a frame of a picture.

    Args:
        picture: A path, a photo's bytes, uint8 HxWx3, or an image of Pillow's, which is turned upright and converted to
            sRGB; white lies beneath it.
        colour: The order of an array's colours; of other pictures it is known.

    Raises:
        UsageError: It is no picture, an array of another shape or dtype, or the path isn't there.
        InputError: The file, the bytes or the image can't be read as a photo.
    """
    order = choice(ColourOrder, colour)
    refuse_other(picture, order)
    if isinstance(picture, Image.Image):
        return Frame(0, 0.0, _of_image(picture))
    if isinstance(picture, np.ndarray):
        pixels = np.asarray(picture if order is ColourOrder.BGR else picture[..., ::-1])
        return Frame(0, 0.0, np.ascontiguousarray(pixels))
    if isinstance(picture, bytes | bytearray):
        return Frame(0, 0.0, decode_photo(bytes(picture), name_of(picture)).bgr)
    return Frame(0, 0.0, read_photo(path_from(picture, "a picture")).bgr)


def is_several(picture: PictureLike | Sequence[PictureLike]) -> TypeGuard[Sequence[PictureLike]]:
    """Whether it is a list of pictures, not one of them."""
    return isinstance(picture, Sequence) and not isinstance(picture, str | bytes | bytearray | memoryview)


def refuse_other(picture: object, order: ColourOrder = COLOUR_ORDER) -> None:
    """Refuse what can be no picture by what is known at once, before anything is loaded.

    Raises:
        UsageError: It is of another type, shape or dtype, or there is no such file.
    """
    if isinstance(picture, Image.Image | bytes | bytearray):
        return
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            shape = "x".join(map(str, picture.shape)) or "of no dimensions"
            wanted = f"a picture is a {order.name} array, uint8 HxWx3"
            raise UsageError(f"{wanted}, not {picture.dtype} {shape}")
    elif not isinstance(picture, str | os.PathLike):
        raise UsageError(f"a picture is {KINDS}, not {got(picture)}")
    else:
        _refuse_missing(path_from(picture, "a picture"))


def _refuse_missing(path: Path) -> None:
    """Refuse a path that isn't there or that the system refuses to look up, as in a folder that is closed to us."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error


def name_of(picture: PictureLike) -> str:
    """The words by which a picture is told from others: its path, or what it is."""
    if isinstance(picture, np.ndarray):
        return f"{picture.shape[1]}x{picture.shape[0]} array"
    if isinstance(picture, bytes | bytearray):
        return f"{len(picture):,} bytes"
    if isinstance(picture, Image.Image):
        name = getattr(picture, "filename", "")
        return os.fsdecode(name) if name else f"{picture.width}x{picture.height} image"
    return os.fspath(picture)


def _of_image(image: Image.Image) -> Pixels:
    """The pixels of an image of Pillow's: BGR.

    Raises:
        InputError: It can't be decoded, or has no pixels.
    """
    try:
        image.load()
        picture = in_srgb(upright(image), name_of(image))
    except DAMAGED as error:
        raise InputError(f"{name_of(image)}: the photo is damaged: {first_line(error)}") from error
    if picture.mode == "RGBA":
        picture = on_white(picture)
    if 0 in picture.size:
        raise InputError(f"{name_of(image)}: has no pixels")
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])
