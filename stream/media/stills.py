"""Open still pictures of every format that is taken, told by content, so that all look alike to who reads them."""

from __future__ import annotations

import io
import os
import re
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError, features

from emojicam.errors import InputError, first_line
from emojicam.stream.media import png
from emojicam.stream.media.profiles import profile
from emojicam.stream.media.signatures import Signature, boxes, colour_numbers, signature
from emojicam.upright import upright

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")
"""The formats that are read, in Pillow's words; HEIF is that of phones, HEIC."""

FORMAT_WORDS = "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP and GIF"
"""The same for people."""

MOST_PAGES = 1000
"""Pages of a TIFF that are counted."""

MOST_TILE = 1 << 25
"""Pixels of one tile of a TIFF at most."""

REDUCED, MASK = 1, 4
"""Bits of a TIFF's NewSubfileType: a smaller copy of another page, and another page's transparency."""

EXIF_ITEM = re.compile(rb"(infe[\2\3]...(?:....|......))Exif", re.DOTALL)
"""An entry for EXIF data in the list of an AVIF's items."""

NEW_SUBFILE_TYPE, WIDTH, TILE_WIDTH, TILE_LENGTH, DNG_VERSION = 254, 256, 322, 323, 50706
TAGS = (NEW_SUBFILE_TYPE, WIDTH, TILE_WIDTH, TILE_LENGTH, DNG_VERSION)
"""The tags of a TIFF's page that are looked at before Pillow opens it."""

DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    struct.error,
)
"""The ways in which Pillow and libheif say that a file's data are wrong."""


class NotAPhoto(InputError):
    """The file's content is that of no format that is taken."""


class Moves(NotAPhoto):
    """It is several pictures, to be shown one after the other."""


class TooManyPixels(InputError):
    """The file's header claims more pixels than are taken."""


@dataclass(frozen=True)
class Still:
    """A still picture whose header is read, and whose pixels are still packed.

    Attributes:
        format: One of `FORMATS`.
        size: Width and height that the header claims, px; of a picture that is to be turned, before or after it.
        clear: It may be transparent somewhere: it has an alpha channel, or a colour that is.
        decode: Unpacks the pixels and turns them upright; the colour profile is in `info`. It raises one of `DAMAGED`.
        notes: Notes for the user.
    """

    format: str
    size: tuple[int, int]
    clear: bool
    decode: Callable[[], Image.Image]
    notes: tuple[str, ...] = ()


@contextmanager
def opened(file: BinaryIO, name: str) -> Iterator[Still]:
    """Read a still picture's header.

    Args:
        file: The whole file; it can be sought in.
        name: What messages call it.

    Yields:
        The picture, which can be decoded inside the `with`.

    Raises:
        NotAPhoto: By its content it is none that is taken; `Moves` if that is why.
        InputError: It is damaged.
    """
    kind = signature(file)
    if kind is None:
        raise NotAPhoto(f"{name}: not a photo that can be read")
    if kind.moves and kind.format not in ("PNG", "WEBP"):
        raise Moves(f"{name}: not a photo: it moves")
    if kind.format == "RAW":
        raise NotAPhoto(f"{name}: a camera's raw file; develop it first, or use the JPEG that belongs to it")
    with warnings.catch_warnings():
        # Pillow warns from 89 megapixels on, where the limit here is our own, and of damaged EXIF data.
        warnings.simplefilter("ignore")
        try:
            still = _OPENERS.get(kind.format, _any)(file, name, kind)
        except InputError:
            raise
        except (UnidentifiedImageError, SyntaxError, struct.error, LookupError, TypeError) as error:
            raise NotAPhoto(f"{name}: not a photo that can be read") from error
        except Image.DecompressionBombError as error:
            raise TooManyPixels(f"{name}: {error}") from error
        except DAMAGED as error:
            raise InputError(f"{name}: the photo is damaged: {first_line(error)}") from error
        yield still


def _any(file: BinaryIO, name: str, kind: Signature) -> Still:
    return _of(Image.open(file, formats=[kind.format]), kind)


def _of(image: Image.Image, kind: Signature, notes: tuple[str, ...] = (), colours: bytes | None = None) -> Still:
    def decode() -> Image.Image:
        image.load()  # a PNG may have its tags behind its pixels
        picture = upright(image)
        if colours:
            picture.info.setdefault("icc_profile", colours)
        return picture

    return Still(kind.format, image.size, image.has_transparency_data, decode, notes)


def _jpeg(file: BinaryIO, name: str, kind: Signature) -> Still:
    # Not `Image.open`: it looks for further pictures (MPO), and so at side data that may be damaged.
    return _of(JpegImagePlugin.JpegImageFile(file), kind)


def _png(file: BinaryIO, name: str, kind: Signature) -> Still:
    plain, colours = png.plain(file)
    image = Image.open(plain, formats=["PNG"])
    if not kind.moves and getattr(image, "default_image", False):
        image.seek(1)  # the one picture of an animation that isn't the one for programs that know none
    return _of(image, kind, colours=colours)


def _avif(file: BinaryIO, name: str, kind: Signature) -> Still:
    if not features.check("avif"):
        raise InputError(f"{name}: this Pillow was built without AVIF; pip install --upgrade pillow")
    try:
        image = Image.open(file, formats=["AVIF"])
    except (UnidentifiedImageError, ValueError):
        # Pillow and libavif give a picture up for its EXIF data: without them, if it has any, it may do.
        file.seek(0)
        try:
            image = Image.open(io.BytesIO(EXIF_ITEM.sub(rb"\1free", file.read())), formats=["AVIF"])
        except (UnidentifiedImageError, ValueError) as error:
            if any(box == b"meta" for box, _, _ in boxes(file)):
                raise InputError(f"{name}: the photo is damaged or was cut off") from error
            raise
    return _of(image, kind, colours=_profile(file))


def _profile(file: BinaryIO) -> bytes | None:
    """The profile of the colours that a HEIF or AVIF names."""
    numbers = colour_numbers(file)
    return profile(*numbers) if numbers else None


def _heif(file: BinaryIO, name: str, kind: Signature) -> Still:
    import pi_heif  # 40 ms, and libheif: not for who has no such photo

    inside = list(boxes(file))
    if any(box == b"mdat" and begin + length > file.seek(0, os.SEEK_END) for box, begin, length in inside):
        # libheif would leave out the tiles that are missing, without a word.
        raise InputError(f"{name}: the photo is damaged: it was cut off")
    try:
        pictures = pi_heif.open_heif(file)
        main = pictures[pictures.primary_index]
    except (ValueError, EOFError, RuntimeError, IndexError) as error:
        if any(box == b"meta" for box, _, _ in inside):
            raise InputError(f"{name}: the photo is damaged: {first_line(error)}") from error
        raise NotAPhoto(f"{name}: not a photo that can be read") from error
    notes = (f"holds {len(pictures)} pictures; the main one is taken",) if len(pictures) > 1 else ()
    colours = _profile(file)

    def decode() -> Image.Image:
        # How it is to be turned is libheif's work; what EXIF says of it besides is not for pixels.
        picture: Image.Image = main.to_pillow()
        if colours:
            picture.info.setdefault("icc_profile", colours)
        return picture

    return Still(kind.format, main.size, main.has_alpha, decode, notes)


def _tiff(file: BinaryIO, name: str, kind: Signature) -> Still:
    pages = list(_directories(file))
    first = pages[0] if pages else {}
    if WIDTH not in first:  # the list of tags stands at the end, as a rule: without it the file was cut off
        raise InputError(f"{name}: the photo is damaged: its tags can't be read")
    if DNG_VERSION in first or _number(first, NEW_SUBFILE_TYPE) & REDUCED:
        raise NotAPhoto(
            f"{name}: its first picture is only a preview, as in a camera's raw file; develop it, or save it as JPEG"
        )
    count = sum(not _number(page, NEW_SUBFILE_TYPE) & (REDUCED | MASK) for page in pages)
    notes = (f"has {count} pages; the first is taken",) if count > 1 else ()
    try:
        image = Image.open(file, formats=["TIFF"])
    except UnidentifiedImageError as error:
        raise NotAPhoto(f"{name}: a TIFF of a kind that can't be read; save it with 8 bits a channel") from error
    if _number(first, TILE_WIDTH) * _number(first, TILE_LENGTH) > MOST_TILE:  # memory is taken for each as it says
        raise InputError(f"{name}: the photo is damaged: it claims tiles of more than {MOST_TILE} px")
    return _of(image, kind, notes)


def _directories(file: BinaryIO) -> Iterator[dict[int, object]]:
    """Read the tags of a TIFF's pages, as far as that is possible."""
    file.seek(0)
    head = file.read(8)
    if head[2:3] == b"+" or head[3:4] == b"+":
        head += file.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    seen: set[int] = set()
    while tags.next and tags.next not in seen and len(seen) < MOST_PAGES:
        seen.add(tags.next)
        try:
            file.seek(tags.next)
            tags.load(file)
            yield {tag: tags[tag] for tag in TAGS if tag in tags}
        except DAMAGED:
            return


def _number(tags: dict[int, object], tag: int) -> int:
    value = tags.get(tag, 0)
    return value if isinstance(value, int) else 0


_OPENERS = {"JPEG": _jpeg, "PNG": _png, "AVIF": _avif, "HEIF": _heif, "TIFF": _tiff}
