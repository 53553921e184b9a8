"""Read and write photos: upright, in sRGB, without metadata, and with nothing of what is invisible."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from emojicam.errors import InputError, OutputError, UsageError, first_line
from emojicam.files import Part
from emojicam.stream.i420 import Pixels, rounded
from emojicam.stream.media import stills
from emojicam.stream.media.signatures import signature
from emojicam.stream.media.srgb import in_srgb
from emojicam.stream.media.stills import Moves as Moves
from emojicam.stream.media.stills import NotAPhoto as NotAPhoto
from emojicam.stream.media.stills import TooManyPixels as TooManyPixels

WRITTEN = ("JPEG", "PNG", "WEBP")
"""The formats that are written, in Pillow's words."""

SUFFIXES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
"""Suffixes of what is written, and the formats that they stand for."""

OTHER_SUFFIXES = ".heic .heif .hif .heics .heifs .avif .avifs .tif .tiff .bmp .dib .mpo .jpe .jfif .apng".split()
"""Suffixes of photos that are read, and not written."""

MOST_PIXELS = 120_000_000
"""Pixels of one photo at most: 360 MB decoded. The header is read first, so that a small file cannot claim more."""

SCANS = 100
"""Passes of a progressive JPEG at most; encoders write about ten."""


@dataclass(frozen=True)
class Photo:
    """A photo whose pixels are decoded.

    Attributes:
        bgr: uint8 HxWx3, upright, sRGB.
        alpha: uint8 HxW, or None where every pixel is opaque.
        format: One of `stills.FORMATS`.
        notes: Notes for the user about the file.
    """

    bgr: Pixels
    alpha: Pixels | None
    format: str
    notes: tuple[str, ...] = ()

    @property
    def written_as(self) -> str:
        """The format of a copy, one of `WRITTEN`, where nobody asked for another."""
        if self.format in WRITTEN:
            return self.format
        return "JPEG" if self.alpha is None else "PNG"


def read_photo(path: Path) -> Photo:
    """Decode a photo file.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It isn't a photo, it is damaged, or it is too large.
    """
    try:
        with path.open("rb") as file:
            return _decoded(file, str(path), MOST_PIXELS)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error


def decode_photo(data: bytes, name: str, most: int = MOST_PIXELS) -> Photo:
    """Decode a photo that is in memory.

    Args:
        data: The file's content.
        name: What messages call it.
        most: Pixels that are taken at most.

    Raises:
        NotAPhoto: By its content it is none.
        TooManyPixels: Its header claims more than `most`.
        InputError: It is damaged.
    """
    refuse_scans(data, name)
    return _decoded(io.BytesIO(data), name, most)


def refuse_scans(data: bytes, name: str) -> None:
    """Refuse a JPEG whose pixels come in absurdly many passes: each costs as much as the whole picture.

    Raises:
        InputError: It is one.
    """
    if passes(data) > SCANS:
        raise InputError(f"{name}: the photo is damaged: it has more than {SCANS} passes")


def passes(data: bytes) -> int:
    """Count the passes in which the pixels of a JPEG come; other formats have one.

    What lies in a thumbnail, a colour profile or behind the picture's end (a film, on phones) doesn't count. Where the
    file isn't built as it should be, all that looks like a pass does.
    """
    if data[:2] != b"\xff\xd8":
        return 1
    count, place = 0, 2
    while marker := _MARKER.search(data, place):
        kind, place = data[marker.end() - 1], marker.end()
        if kind == 0xD9:
            break
        length = int.from_bytes(data[place : place + 2], "big")
        if length < 2 or kind == 0x01:
            return count + data.count(b"\xff\xda", marker.start())
        count += kind == 0xDA
        place += length
    return count


_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""A JPEG's next marker: within pixels 0xFF is followed by zero, or by a mark between two stretches of them."""


def photo_size(data: bytes, name: str, most: int = MOST_PIXELS) -> tuple[int, int]:
    """Read width and height by the header alone; the pixels stay packed. Arguments and errors as for `decode_photo`."""
    with stills.opened(io.BytesIO(data), name) as still:
        _refuse_size(still.size, name, most)
        return still.size


def suffix_of_copy(path: Path) -> str:
    """The suffix that a photo's copy gets where the photo's own is none that is written.

    That of the format that the photo has by its content; else a JPEG's, or, if by its header it may be transparent, a
    PNG's. What can't be read is told when it is read.

    Args:
        path: The photo.
    """
    with suppress(OSError, InputError), path.open("rb") as file:
        found = signature(file)
        if found and found.format in WRITTEN:
            return ".jpg" if found.format == "JPEG" else ".png"
        with stills.opened(file, str(path)) as still:
            return ".png" if still.clear else ".jpg"
    return ".jpg"


def _refuse_size(size: tuple[int, int], name: str, most: int) -> None:
    width, height = size
    if width * height > most:
        raise TooManyPixels(
            f"{name}: {width}x{height} px is more than the {most // 1_000_000} megapixels that are taken"
        )


def _decoded(file: BinaryIO, name: str, most: int) -> Photo:
    with stills.opened(file, name) as still:
        _refuse_size(still.size, name, most)
        try:
            image = still.decode()
            _refuse_size(image.size, name, most)
            rgb = in_srgb(image, name)
        except InputError:
            raise
        except stills.DAMAGED as error:
            raise InputError(f"{name}: the photo is damaged: {first_line(error)}") from error
    pixels = np.asarray(rgb)
    alpha = None
    bgr = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if rgb.mode == "RGB" else cv2.COLOR_RGBA2BGR), np.uint8)
    if rgb.mode == "RGBA" and not (pixels[..., 3] == 255).all():
        alpha = np.ascontiguousarray(pixels[..., 3])
        # What was made invisible is not for the detector to see, nor for who gets the copy.
        bgr[alpha == 0] = 255
    return Photo(bgr, alpha, still.format, still.notes)


def write_photo(photo: Photo, path: Path, *, overwrite: bool = False) -> None:
    """Encode a photo; it appears under `path` only when it is whole.

    Args:
        photo: What to write; its `format` does not matter here.
        path: The suffix decides the format.
        overwrite: Replace what is there.

    Raises:
        UsageError: The suffix is not a photo's.
        OutputError: It can't be written.
    """
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"{path}: a photo is written as {', '.join(SUFFIXES)}, not {path.suffix or 'without a suffix'}"
        )
    try:
        data = encode_photo(photo, form)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: can't be written as {form}: {error}") from error
    with Part(path, overwrite=overwrite) as part:
        part.write(data)


def encode_photo(photo: Photo, form: str) -> memoryview:
    """Encode a photo, without metadata.

    Args:
        photo: Its own `format` does not matter here.
        form: One of `WRITTEN`.

    Raises:
        ValueError: Or OSError: it is too large for the format: a JPEG side has at most 65,535 px, a WebP side 16,383.
    """
    if photo.alpha is not None and form != "JPEG":
        image = Image.fromarray(np.dstack([photo.bgr[..., ::-1], photo.alpha]))
    elif photo.alpha is not None:  # JPEG knows no transparency: white shows through, as on paper
        share = photo.alpha[..., None].astype(np.float32) / 255
        image = Image.fromarray(rounded(255 + (photo.bgr[..., ::-1].astype(np.float32) - 255) * share))
    else:
        image = Image.fromarray(np.ascontiguousarray(photo.bgr[..., ::-1]))
    options = {
        # 4:4:4: halved chroma would fray the emoji's edge.
        "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
        "PNG": {"compress_level": 4},
        "WEBP": {"quality": 95, "method": 4},
    }[form]
    memory = io.BytesIO()
    image.save(memory, form, **options)
    # Not its buffer: a BytesIO that lent it can't be closed, of which Python 3.13 complains. Nor does this copy.
    return memoryview(memory.getvalue())
