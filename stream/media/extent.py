"""Tell from a file's structure whether all of it is there: what was cut off, FFmpeg reads to its end without a word."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emojicam.stream.media.signatures import find

MOST_PIECES = 1_000_000
"""Pieces of a file that are looked at, at most; each costs a microsecond or two."""


@dataclass(frozen=True)
class Extent:
    """The end of a file, as its own structure tells it.

    Attributes:
        torn: It ends within a piece, or before the piece with which its format ends.
        missing: Bytes that are missing at least; 0 where nobody knows.
        broken: In its middle is something that is no piece of its format.
        followed: Another whole file stands behind it.
        fragments: It is an MP4 that was written piece by piece, without an index of all.
    """

    torn: bool = False
    missing: int = 0
    broken: bool = False
    followed: bool = False
    fragments: bool = False


def extent_of(path: Path, form: str) -> Extent:
    """Look at a file's structure.

    Args:
        path: The file.
        form: FFmpeg's name of its format.
    """
    reader = _READERS.get(form)
    if reader is None:
        return Extent()
    try:
        with path.open("rb") as file:
            return reader(file, path.stat().st_size)
    except (OSError, struct.error, IndexError, ValueError):
        return Extent()


def _torn(end: int, size: int, *, broken: bool = False) -> Extent:
    """Compare where a file should end with where it does."""
    return Extent(torn=end > size, missing=max(0, end - size), broken=broken)


def _mp4(file: BinaryIO, size: int) -> Extent:
    at, names = 0, list[bytes]()
    while at + 8 <= size and len(names) < MOST_PIECES:
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        named = all(32 <= letter < 127 or letter == 0xA9 for letter in name)
        if length == 0 and named:  # to the end of the file
            break
        if length < 8 or not named:
            # Of a file with one index that index tells what is missing; anything may stand behind it.
            fragments = b"moof" in names
            return Extent(broken=fragments and find(file, b"moof", at) >= 0, fragments=fragments)
        names.append(name)
        at += length
    fragments = b"moof" in names
    followed = names.count(b"moov") > 1
    return Extent(at > size, max(0, at - size), followed=followed, fragments=fragments)


_SEGMENT, _CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_ELEMENTS = {
    bytes.fromhex(one)
    for one in (
        # at the top, in a segment, in a cluster, and anywhere
        *("1a45dfa3", "18538067"),
        *("114d9b74", "1549a966", "1654ae6b", "1043a770", "1f43b675", "1c53bb6b", "1941a469", "1254c367"),
        *("e7", "5854", "a7", "ab", "a3", "a0", "af"),
        *("ec", "bf"),
    )
}


def _matroska(file: BinaryIO, size: int) -> Extent:
    at = segment = cluster = 0  # and where these two end; 0 if they don't say it, as what was written live
    strange = broken = False
    for _ in range(MOST_PIECES):
        if at >= size or broken:
            break
        file.seek(at)
        head = file.read(16)
        digits = 9 - head[0].bit_length()
        name = head[:digits]
        if len(head) <= digits or len(head) < digits + 9 - head[digits].bit_length() <= 16:
            at = size + 1  # it ends within an element's head
            break
        length, more = _ebml_number(head[digits:])
        begins = at + digits + more
        if name in (_SEGMENT, _CLUSTER):  # one goes into them
            end = begins + length if length is not None else 0
            segment, cluster = (end, 0) if name == _SEGMENT else (segment, end)
            at = begins
            continue
        if name not in _ELEMENTS and at >= segment > 0:
            break  # behind the end anything may stand
        # One element of somebody's own may stand between others.
        broken = name not in _ELEMENTS and (strange or digits > 4 or length is None)
        strange = name not in _ELEMENTS
        at = begins + (length or 0)
        broken = broken or (at > segment > begins)  # no element leaves its segment
    return _torn(segment or max(at, cluster), size, broken=broken)


def _ebml_number(data: bytes) -> tuple[int | None, int]:
    """Read a size (None: unknown), and the number of bytes that it takes."""
    digits = 9 - data[0].bit_length()
    number = int.from_bytes(data[:digits], "big") & ((1 << 7 * digits) - 1)
    return (None if digits > 8 or number == (1 << 7 * digits) - 1 else number), digits


_AVI_PIECE = re.compile(rb"[0-9]{2}[A-Za-z]{2}|ix[0-9]{2}|JUN[KQ]|LIST|idx1|indx")
"""A name that FFmpeg knows among an AVI's packets: a track's number and what it holds, an index, or filling."""

_PRINTABLE = re.compile(rb"[ -~]{4}")
"""The name of any piece of a RIFF."""


def _riff(file: BinaryIO, size: int) -> Extent:
    at = 0
    broken = False
    while at + 12 <= size:
        file.seek(at)
        name, length, kind = struct.unpack("<4sI4s", file.read(12))
        # A size of 0, or of all ones: it was written to where nobody could go back, or its recording never ended.
        if name != b"RIFF" or kind not in (b"AVI ", b"AVIX") or length in (0, 0xFFFFFFFF):
            break
        broken = broken or _avi_is_broken(file, at + 12, min(at + 8 + length, size))
        at += 8 + length + (length & 1)
        if at - size == 1:  # the padding is often left out
            return Extent(broken=broken)
    return _torn(at, size, broken=broken)


def _avi_is_broken(file: BinaryIO, at: int, end: int) -> bool:
    """Whether something else than packets stands among an AVI's packets."""
    packets = False
    for _ in range(MOST_PIECES):
        if at + 12 > end:
            return False
        file.seek(at)
        name, length, kind = struct.unpack("<4sI4s", file.read(12))
        if not (_AVI_PIECE if packets else _PRINTABLE).fullmatch(name):
            return True
        if name == b"LIST" and kind in (b"movi", b"rec "):  # one goes into them
            if kind == b"movi" and length not in (0, 0xFFFFFFFF):
                end = min(end, at + 8 + length)
            packets = True
            at += 12
            continue
        at += 8 + length
        if length & 1:  # some leave the padding out
            file.seek(at)
            names = file.read(5)
            at += not packets or bool(_AVI_PIECE.fullmatch(names[1:])) or not _AVI_PIECE.fullmatch(names[:4])
    return False


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_INDEXES = (bytes.fromhex("90080033b1e5cf1189f400a0c90349cb"), bytes.fromhex("d329e2d6da35d111903400a0c90349be"))
_ASF_PARTS = {_ASF_HEADER, _ASF_DATA, *_ASF_INDEXES}


def _asf(file: BinaryIO, size: int) -> Extent:
    at = 0
    for number in range(MOST_PIECES):
        if at + 24 > size:
            break
        file.seek(at)
        name, length = struct.unpack("<16sQ", file.read(24))
        if number and name == _ASF_HEADER:
            return Extent(followed=True)
        if name == _ASF_DATA and not _asf_packets_agree(file, at, min(size, at + length)):
            return Extent(torn=at + length > size, missing=max(0, at + length - size), broken=True)
        if name not in _ASF_PARTS:  # the data of a file that was written live say a length of their own
            break
        at += length
    return _torn(at, size)


def _asf_packets_agree(file: BinaryIO, data: int, end: int) -> bool:
    """Whether all packets, of one length, begin alike: with as many bytes to correct errors by."""
    file.seek(0)
    header = file.read(min(data, 1 << 20))
    at = header.find(_ASF_PROPERTIES)
    shortest, longest = struct.unpack("<II", header[at + 92 : at + 100]) if at >= 0 else (0, 0)
    if shortest != longest or shortest < 16:
        return True
    starts = range(data + 50, end - 2, longest)[:MOST_PIECES]
    first = None
    for start in starts:
        file.seek(start)
        begins = file.read(1)
        if first is None:
            first = begins
            if begins[0] & 0xF0 != 0x80:  # without that anything may stand there
                return True
        elif begins != first:
            return False
    return True


def _flv(file: BinaryIO, size: int) -> Extent:
    head = file.read(1 << 16)
    at = head.find(b"filesize\x00")
    said = struct.unpack(">d", head[at + 9 : at + 17])[0] if at >= 0 else 0.0
    said = said if 13 < said < 1 << 62 else 0.0

    at = 13
    for _ in range(MOST_PIECES):
        file.seek(at)
        head = file.read(11)
        if len(head) < 11:
            break
        length = 11 + int.from_bytes(head[1:4], "big")
        file.seek(at + length)
        behind = file.read(4)
        # Some writers leave the length behind a tag at 0, or count it without its head.
        good = len(behind) < 4 or int.from_bytes(behind, "big") in (length, length - 11, 0)
        if head[0] & 0x1F not in (8, 9, 18) or not good:
            followed = head[:4] == b"FLV\x01"
            return Extent(said > size, max(0, int(said) - size), broken=not followed, followed=followed)
        at += length + 4
    return _torn(max(at - 4, int(said)), size)


def _ogg(file: BinaryIO, size: int) -> Extent:
    at, ends = 0, False
    for _ in range(MOST_PIECES):
        if at >= size:
            break
        file.seek(at)
        head = file.read(27)
        table = file.read(head[26]) if len(head) == 27 else b""
        if head[:4] != b"OggS"[: len(head)]:
            return Extent(broken=True)
        if len(head) < 27:
            return Extent(torn=True, missing=27 - len(head))
        at += 27 + head[26] + sum(table)
        ends = bool(head[5] & 4)
    else:
        return Extent()
    return Extent(torn=at > size or not ends, missing=max(0, at - size))


def _gif(file: BinaryIO, size: int) -> Extent:
    head = file.read(13)
    if head[:3] != b"GIF"[: len(head)]:
        return Extent(broken=True)
    if head[10] & 0x80:
        file.seek(3 << (head[10] & 7) + 1, 1)
    for _ in range(MOST_PIECES):
        piece = file.read(1)
        if piece in (b";", b""):  # some have no end mark, and yet are whole
            return Extent()
        if piece == b"!":
            file.seek(1, 1)
        elif piece == b",":
            flags = (file.read(9) + bytes(9))[8]
            file.seek((3 << (flags & 7) + 1 if flags & 0x80 else 0) + 1, 1)
        elif piece == b"\0":  # some writers end a piece twice
            continue
        else:
            return Extent(broken=True)
        while length := file.read(1):
            if length == b"\0":
                break
            file.seek(length[0], 1)
        if file.tell() > size or not length:
            return Extent(torn=True)
    return Extent()


_WEBP_PARTS = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"EXIF", b"XMP ", b"VP8 ", b"VP8L", b"ALPH")


def _webp(file: BinaryIO, size: int) -> Extent:
    file.seek(4)
    end = 8 + int.from_bytes(file.read(4), "little")
    at, strange, broken = 12, False, False
    while at + 8 <= min(size, end) and not broken:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        at += 8 + length + (length & 1)
        # What is unknown is allowed behind the pictures, not among them.
        broken = (strange and name == b"ANMF") or at > end + 1
        strange = strange or name not in _WEBP_PARTS
    return _torn(end, size, broken=broken)


def _png(file: BinaryIO, size: int) -> Extent:
    at = 8
    for _ in range(MOST_PIECES):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return Extent(torn=True)
        at += 12 + int.from_bytes(head[:4], "big")
        if at > size:
            return _torn(at, size)
        if head[4:] == b"IEND":
            return Extent()
    return Extent()


TS_PACKETS = (188, 192, 204)
"""Bytes of an MPEG-TS packet: alone, with a time before it (M2TS), with check bytes behind it."""


def _ts(file: BinaryIO, size: int) -> Extent:
    head = file.read(10 * 204)
    length, begins = next(((n, found) for n in TS_PACKETS if (found := _ts_phases(head[: 10 * n], n))), (188, []))
    if not begins:
        return Extent()
    # The first packet may lack its beginning.
    start = (begins[0] - 4) % length if length == 192 else begins[0]
    file.seek(max(0, size // length - 10) * length)
    ends = _ts_phases(file.read(), length)
    # Where its packets end elsewhere than they began, bytes are missing between, or there are too many.
    broken = bool(ends) and begins[0] not in ends
    end = start - (start - size) // length * length
    return _torn(end, size, broken=broken or _ts_lacks_marks(file, begins[0], length))


def _ts_phases(data: bytes, length: int) -> list[int]:
    """The places at which packets may have their mark: most, as some may be damaged, have it there."""
    columns = [data[phase::length] for phase in range(length)]
    return [phase for phase, marks in enumerate(columns) if len(marks) > 2 and marks.count(b"\x47") > 0.7 * len(marks)]


_NO_MARKS = bytes(one for one in range(256) if one != 0x47)


def _ts_lacks_marks(file: BinaryIO, phase: int, length: int) -> bool:
    """Whether packets without their mark stand before such as have it; at its end a recorder may leave zeros."""
    file.seek(phase)
    lacking = False
    while piece := file.read(4096 * length):
        marks = piece[::length]
        whole = marks.rstrip(_NO_MARKS)
        if whole and (lacking or whole.count(b"\x47") < len(whole)):
            return True
        lacking = lacking or len(whole) < len(marks)
    return False


def _y4m(file: BinaryIO, size: int) -> Extent:
    words = file.readline(1024).decode("ascii", "replace").split()
    said = {word[0]: word[1:] for word in reversed(words[1:])}
    form = said.get("C", "420")
    width, height = int(said.get("W", "0")), int(said.get("H", "0"))
    across, down = next((parts for name, parts in _Y4M_CHROMA.items() if form.startswith(name)), (0, 0))
    if not across or "alpha" in form or min(width, height) < 1:
        return Extent()
    depth = re.search(r"p(\d+)$", form) or re.search(r"^mono(\d+)$", form)
    chroma = 0 if form.startswith("mono") else 2 * -(-width // across) * -(-height // down)
    picture = (width * height + chroma) * (2 if depth and int(depth[1]) > 8 else 1)
    for _ in range(MOST_PIECES):
        head = file.readline(1024)
        if not head:
            return Extent()
        if not head.startswith(b"FRAME"[: len(head)]):
            return Extent(broken=True)
        end = file.seek(picture, os.SEEK_CUR)
        if end > size:
            return _torn(end, size)
    return Extent()


_Y4M_CHROMA = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "411": (4, 1), "mono": (1, 1)}
"""Each form tells, by the beginning of its name, in how many columns and rows of pixels it has one of each colour."""


def _dv(file: BinaryIO, size: int) -> Extent:
    head = file.read(4)
    frame = 144_000 if head[3] & 0x80 else 120_000  # 50 or 60 fields a second; those with more data have several such
    broken = False
    for at in range(0, min(size - 3, MOST_PIECES * frame), frame):
        file.seek(at)
        section = file.read(3)
        # Each begins with a header's block, of its first sequence.
        broken = broken or section[0] != head[0] or section[1] > 0x0F or section[2] != 0
    return _torn(-(-size // frame) * frame, size, broken=broken)


def _mxf(file: BinaryIO, size: int) -> Extent:
    at = footer = 0
    for _ in range(MOST_PIECES):
        if at >= size:
            break
        file.seek(at)
        head = file.read(64)
        if head[:4] != b"\x06\x0e\x2b\x34"[: len(head)]:
            return Extent(broken=at > 0)
        digits = head[16] & 0x7F if len(head) > 16 and head[16] & 0x80 else 0
        if len(head) <= 16 + digits:  # it ends within a pack's head
            return Extent(torn=True, missing=max(1, footer - size))
        length = int.from_bytes(head[17 : 17 + digits], "big") if digits else head[16]
        if at == 0:  # the first pack tells where the last one stands; 0 if it was written live
            footer = int.from_bytes(head[17 + digits + 24 : 17 + digits + 32], "big")
        at += 17 + digits + length
    return Extent(torn=at > size or footer >= size, missing=max(0, at - size))


_READERS: dict[str, Callable[[BinaryIO, int], Extent]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": _mp4,
    "matroska,webm": _matroska,
    "avi": _riff,
    "asf": _asf,
    "flv": _flv,
    "ogg": _ogg,
    "gif": _gif,
    "webp": _webp,
    "apng": _png,
    "mpegts": _ts,
    "mxf": _mxf,
    "yuv4mpegpipe": _y4m,
    "dv": _dv,
}
