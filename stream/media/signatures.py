"""Tell what kind of picture a file holds, and whether it moves: by its content, never by its name."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

PNG = b"\x89PNG\r\n\x1a\n"

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Both byte orders; those with a plus are BigTIFF."""

BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
"""Lengths of the second header, which tell a BMP from a text that begins with "BM"."""

HEIF_BRANDS = frozenset([b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"])
AVIF_BRANDS = frozenset([b"avif"])
MOVING_HEIF_BRANDS = frozenset([b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"])
MOVING_AVIF_BRANDS = frozenset([b"avis"])
HEVC_BRANDS = frozenset([b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"])
CANON_RAW = b"crx "

LARGEST = 1 << 62
"""Bytes of a file at most: no seek goes farther."""

FILM = 3
"""JPEGs of one size, one directly behind the other, that are a film (Motion JPEG): a photo's gain map or second eye is
one more, and is listed (MPF)."""

PIECE = 1 << 18
"""Bytes that are read at a time where something is looked for."""

MOST_JPEG = 64 << 20
"""Bytes of one JPEG of a film at most."""

MOST_BOXES = 1000
"""Boxes of an ISO media file, or blocks of a GIF in thousands, that are looked at: what is longer is no picture."""


@dataclass(frozen=True)
class Signature:
    """The kind of picture that a file holds.

    Attributes:
        format: Pillow's word: JPEG (MPO, too), PNG, WEBP, GIF, AVIF, HEIF, TIFF or BMP; or RAW, a camera's own.
        moves: There is more than one picture, to be shown one after the other.
    """

    format: str
    moves: bool = False


def signature(file: BinaryIO) -> Signature | None:
    """Look at a file's first bytes, and where a format may move, at as much as tells whether it does.

    Args:
        file: It can be sought in, and is left at its start.

    Returns:
        The kind of picture, or None: a video, or what isn't known.

    Raises:
        OSError: It can't be read.
    """
    file.seek(0)
    head = file.read(32)
    try:
        return _told(file, head)
    finally:
        file.seek(0)


def _told(file: BinaryIO, head: bytes) -> Signature | None:
    if head.startswith(b"\xff\xd8\xff"):
        return Signature("JPEG", _jpegs(file) >= FILM)
    if head.startswith(PNG):
        return Signature("PNG", _png_moves(file))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        moves = head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 2)  # as its extended header says
        return Signature("WEBP", moves and _webp_pictures(file) != 1)
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return Signature("GIF", _gif_pictures(file) != 1)
    if head.startswith(TIFF):
        return Signature("RAW" if head[8:10] == b"CR" else "TIFF")
    if head[:2] == b"BM" and len(head) >= 18 and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return Signature("BMP")
    return _of_iso_media(file) if head[4:8] == b"ftyp" else None


def _jpegs(file: BinaryIO) -> int:
    """Count the JPEGs of one size that stand directly behind one another, as far as a film has them.

    What is listed in the first one (MPF: MPO, gain maps) belongs to it, and isn't counted.
    """
    count, at, first = 0, 0, b""
    while count < FILM:
        size, begins = _jpeg_head(file, at)
        if not size or (first and size != first):
            break
        first = size
        count += 1
        end = find(file, b"\xff\xd9", begins, MOST_JPEG)  # in a scan only 0 or a restart follows 0xFF
        if end < 0:
            break
        file.seek(end + 2)
        behind = file.read(64)
        at = end + 2 + len(behind) - len(behind.lstrip(b"\0"))  # some pad with zeros
    return count


def find(file: BinaryIO, mark: bytes, at: int, most: int | None = None) -> int:
    """Find some bytes, reading a piece at a time and no farther than they stand.

    Args:
        file: Where to look.
        mark: What to look for.
        at: Where to begin.
        most: Bytes that are looked through at most; None: all.

    Returns:
        The place of the first of them; -1 if they aren't there.
    """
    file.seek(at)
    end, kept = None if most is None else at + most, b""
    while piece := file.read(PIECE if end is None else max(0, min(PIECE, end - at))):
        found = (kept + piece).find(mark)
        if found >= 0:
            return at - len(kept) + found
        at += len(piece)
        kept = (kept + piece)[1 - len(mark) :]
    return -1


def _jpeg_head(file: BinaryIO, at: int) -> tuple[bytes, int]:
    """Read a JPEG's size as it stands there, and where its first scan begins; no size if it has a list, or is none."""
    file.seek(at)
    if file.read(2) != b"\xff\xd8":
        return b"", 0
    size = b""
    for _ in range(MOST_BOXES):
        mark = file.read(2)
        if len(mark) < 2 or mark[0] != 0xFF:
            break
        if mark[1] == 0xFF:  # padding
            file.seek(-1, os.SEEK_CUR)
            continue
        length = int.from_bytes(file.read(2), "big")
        content = file.read(5)
        if mark[1] == 0xDA:
            return size, file.tell() - 5
        if mark[1] == 0xE2 and content.startswith(b"MPF\0"):
            break
        if 0xC0 <= mark[1] <= 0xCF and mark[1] not in (0xC4, 0xC8, 0xCC):
            size = content[1:5]
        file.seek(length - 2 - len(content), os.SEEK_CUR)
    return b"", 0


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Walk through a PNG's chunks.

    Yields:
        Each one's name, its place in the file, and the length of its content.
    """
    at = len(PNG)
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, name = struct.unpack(">I4s", head)
        yield name, at, length
        at += length + 12


def _png_moves(file: BinaryIO) -> bool:
    """Whether a PNG tells of several pictures (acTL) before its first one (IDAT)."""
    for name, at, _ in chunks(file):
        if name == b"acTL":
            file.seek(at + 8)
            return file.read(4) != b"\0\0\0\1"
        if name == b"IDAT" or not name.isalpha():
            return False
    return False


def _webp_pictures(file: BinaryIO) -> int:
    """Count an extended WebP's pictures, as far as two."""
    count, at = 0, 12
    while count < 2:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = struct.unpack("<4sI", head)
        count += name == b"ANMF"
        at += 8 + length + length % 2
    return count


def _gif_pictures(file: BinaryIO) -> int:
    """Count a GIF's pictures, as far as two."""
    file.seek(0)
    screen = file.read(13)
    if len(screen) < 13:
        return 0
    _skip_palette(file, screen[10])
    count = 0
    for _ in range(MOST_BOXES * 1000):
        kind = file.read(1)
        if kind == b"!":
            file.read(1)
        elif kind == b",":
            count += 1
            place = file.read(9)
            if count > 1 or len(place) < 9:
                break
            _skip_palette(file, place[8])
            file.read(1)
        else:
            break
        while length := file.read(1):
            if length == b"\0":
                break
            file.seek(length[0], os.SEEK_CUR)
    return count


def _skip_palette(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << ((flags & 7) + 1), os.SEEK_CUR)


def boxes(file: BinaryIO, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Walk through the boxes of an ISO media file (MP4, QuickTime, HEIF, AVIF), the outer ones or those inside one.

    Args:
        file: It can be sought in.
        at: Where the first one begins.
        end: Where they end; None: with the file.

    Yields:
        Each one's name, where its content begins, and that content's length; 0 for one that goes on to the file's end.
    """
    for _ in range(MOST_BOXES):
        if end is not None and at >= end:
            return
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, name, begin = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:], "big"), 16
        if length == 0:
            yield name, at + begin, 0
            return
        if length < begin or at + length > LARGEST:
            return
        yield name, at + begin, length - begin
        at += length


def colour_numbers(file: BinaryIO) -> tuple[int, int] | None:
    """Read by which numbers (ITU-T H.273) a HEIF or AVIF names its colours.

    Args:
        file: It can be sought in, and is left at its start.

    Returns:
        Those of the primaries and of the transfer, or None: it names none.
    """
    inside: tuple[int, int | None] = (0, None)
    try:
        for wanted, skipped in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
            inside = next((at + skipped, at + size) for name, at, size in boxes(file, *inside) if name == wanted)
        for name, at, _ in boxes(file, *inside):
            file.seek(at)
            if name == b"colr" and len(head := file.read(8)) == 8 and head[:4] == b"nclx":
                return int.from_bytes(head[4:6], "big"), int.from_bytes(head[6:8], "big")
    except StopIteration:
        pass
    finally:
        file.seek(0)
    return None


def _of_iso_media(file: BinaryIO) -> Signature | None:
    """Tell pictures in the boxes of MP4 from videos: by the brands, and by whether there is a film's index (moov)."""
    major, brands, names = b"", set[bytes](), set[bytes]()
    for name, begin, length in boxes(file):
        if name == b"ftyp" and not major:
            file.seek(begin)
            content = file.read(min(length, 4096))
            major = content[:4]
            brands = {content[at : at + 4] for at in (0, *range(8, len(content), 4))}
        names.add(name)
    if major == CANON_RAW:
        return Signature("RAW")
    still_brands = HEIF_BRANDS | AVIF_BRANDS
    moving = major in MOVING_HEIF_BRANDS | MOVING_AVIF_BRANDS
    still = major in still_brands or (b"moov" not in names and bool(brands & still_brands))
    if not moving and not still:
        return None
    avif = bool(brands & (AVIF_BRANDS | MOVING_AVIF_BRANDS)) and not brands & HEVC_BRANDS
    return Signature("AVIF" if avif else "HEIF", moving and b"moov" in names)
