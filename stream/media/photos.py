"""Read and write photos: JPEG, PNG and WebP, upright, in sRGB and without metadata."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.files import Part
from emojicam.stream.i420 import Pixels, rounded
from emojicam.upright import upright

FORMATS = ("JPEG", "PNG", "WEBP")
SUFFIXES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
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
        format: One of `FORMATS`.
    """

    bgr: Pixels
    alpha: Pixels | None
    format: str


class NotAPhoto(InputError):
    """The file's content is that of no format that is taken."""


class TooManyPixels(InputError):
    """The file's header claims more pixels than are taken."""


def read_photo(path: Path) -> Photo:
    """Decode a photo file.

    Raises:
        UsageError: It isn't there, or can't be read.
        InputError: It isn't a photo, it is damaged, or it is too large.
    """
    try:
        return _decoded(path, str(path), MOST_PIXELS)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except (PermissionError, IsADirectoryError) as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    except OSError as error:
        raise InputError(f"{path}: the photo is damaged: {error}") from error


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
    try:
        return _decoded(io.BytesIO(data), name, most)
    except OSError as error:
        raise InputError(f"{name}: the photo is damaged: {error}") from error


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(io.BytesIO(data), name, most) as image:
                return image.size
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name}: the photo is damaged: {error}") from error


def _opened(source: Path | io.BytesIO, name: str, most: int) -> Image.Image:
    try:
        image = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise NotAPhoto(f"{name}: not a photo that can be read") from error
    width, height = image.size
    if width * height > most:
        image.close()
        raise TooManyPixels(
            f"{name}: {width}x{height} px is more than the {most // 1_000_000} megapixels that are taken"
        )
    return image


def _decoded(source: Path | io.BytesIO, name: str, most: int) -> Photo:
    try:
        with warnings.catch_warnings():
            # Pillow warns from 89 megapixels on, where the limit here is our own, and of damaged EXIF data.
            warnings.simplefilter("ignore")
            with _opened(source, name, most) as image:
                form = str(image.format)
                image.load()  # a PNG may have its tags behind its pixels
                rgb = _in_srgb(upright(image))
    except (ValueError, SyntaxError) as error:  # besides OSError, Pillow's ways to say that the data are damaged
        raise InputError(f"{name}: the photo is damaged: {error}") from error
    if rgb.mode == "RGBA":
        pixels = np.asarray(rgb)
        alpha = np.ascontiguousarray(pixels[..., 3])
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGR)
        return Photo(np.asarray(bgr, np.uint8), None if (alpha == 255).all() else alpha, form)
    return Photo(np.asarray(cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR), np.uint8), None, form)


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
        form: One of `FORMATS`.

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
    return memory.getbuffer()


def _in_srgb(image: Image.Image) -> Image.Image:
    """Convert a photo to 8-bit RGB or RGBA; an embedded colour profile is applied, then dropped."""
    profile = image.info.get("icc_profile")
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if image.mode.startswith("I;16") or image.mode == "I":
        # 16-bit grey PNG: Pillow would clip it at 255.
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            alpha = image.getchannel("A") if image.mode == "RGBA" else None
            plain = image.convert("RGB") if image.mode == "RGBA" else image
            converted = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                image = converted
                if alpha is not None:
                    image.putalpha(alpha)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A broken or unfitting profile: the numbers are taken as sRGB, as browsers do.
    return image.convert("RGBA" if transparent else "RGB")
