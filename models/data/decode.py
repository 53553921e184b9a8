"""The way from a picture in a file to the square face that a net is shown."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from emojicam.errors import first_line
from emojicam.models.data.rows import Pixels
from emojicam.upright import upright

try:
    import simplejpeg
except ImportError:  # the extra `train` brings it
    simplejpeg = None

FORMATS = ("JPEG", "PNG")
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""The errors that Pillow raises on pictures that can't be read."""

Box = npt.NDArray[np.float32]


def face_in(source: Path | bytes, box: Box | None, size: int, channels: int) -> Pixels:
    """Decode a picture with care, and bring its face to a square.

    Args:
        source: A JPEG or PNG file, or what is in one.
        box: float32 4, the face's left, top, width and height in px as they are stored; None is the whole picture,
            turned upright as its orientation tag says.
        size: Side of the square, px.
        channels: 1 (grey) or 3 (RGB).

    Returns:
        uint8 CxSxS.

    Raises:
        OSError: It can't be read; see `UNREADABLE` for what else says so.
        ValueError: The box is not in the picture.
    """
    with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
        image.load()
        return square(image if box is not None else upright(image), box, size, channels)


def quick_face(data: Pixels, box: Box | None, size: int, channels: int) -> Pixels:
    """Decode a JPEG by libjpeg-turbo itself, which takes half of Pillow's time and none of the interpreter's lock.

    It knows nothing of orientation tags: it is for pictures of which it is known that both give the same. Where
    simplejpeg isn't installed, Pillow decodes these too.

    Args:
        data: uint8 M, what is in a JPEG file.
        box: As `face_in` takes it.
        size: Side of the square, px.
        channels: 1 (grey) or 3 (RGB).

    Returns:
        uint8 CxSxS.

    Raises:
        OSError: It is no picture, a damaged one, or none of three colours; see `UNREADABLE` for what else says so.
    """
    if simplejpeg is None:
        return face_in(data.tobytes(), box, size, channels)
    pixels = np.asarray(simplejpeg.decode_jpeg(data, "RGB"), np.uint8)
    if box is None and channels == 3 and pixels.shape == (size, size, 3):
        return pixels.transpose(2, 0, 1)
    return square(Image.fromarray(pixels), box, size, channels)


def square(image: Image.Image, box: Box | None, size: int, channels: int) -> Pixels:
    """Bring the face in a picture to a square.

    It is averaged over areas where it is larger, bilinear where it is smaller. Parts of a box beyond the picture's edge
    are left out. Colours become grey by Rec. 601, and transparency is dropped.

    Args:
        image: The picture, loaded.
        box: float32 4, the face's left, top, width and height in px; None is the whole picture.
        size: Side of the square, px.
        channels: 1 (grey) or 3 (RGB).

    Returns:
        uint8 CxSxS.

    Raises:
        ValueError: The box is not in the picture.
    """
    if image.mode.startswith("I"):  # Pillow cuts 16-bit grey off at 255 instead of scaling it
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 256).astype(np.uint8))
    if "transparency" in image.info:
        image = image.convert("RGBA")
    image = image.convert("L" if channels == 1 else "RGB")
    left, top, right, bottom = 0.0, 0.0, float(image.width), float(image.height)
    if box is not None:
        x, y, width, height = (float(value) for value in box)
        left, top = max(left, x), max(top, y)
        right, bottom = min(right, x + width), min(bottom, y + height)
        if right - left < 1 or bottom - top < 1:
            raise ValueError(f"the face's box {x:g}, {y:g}, {width:g}, {height:g} is not in the picture")
    larger = min(right - left, bottom - top) >= size
    how = Image.Resampling.BOX if larger else Image.Resampling.BILINEAR
    face = np.asarray(image.resize((size, size), how, box=(left, top, right, bottom)), np.uint8)
    return face.reshape(size, size, channels).transpose(2, 0, 1)


def reason(error: BaseException) -> str:
    """Say in words why a picture can't be read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnidentifiedImageError):
        return f"not a {' or '.join(FORMATS)} file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first_line(error)
