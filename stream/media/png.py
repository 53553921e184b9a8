"""A PNG without what it says beside its picture: comments, however large or damaged, never decide about pixels."""

from __future__ import annotations

import io
import os
import zlib
from bisect import bisect_right
from itertools import accumulate
from typing import BinaryIO

from emojicam.stream.media.signatures import PNG, chunks

PICTURE = frozenset([b"tRNS", b"acTL", b"fcTL", b"fdAT"])
"""Chunks that belong to the picture besides those that every decoder must know, which have a capital first."""

WORDS = {b"tEXt": b"Raw profile type exif\0", b"zTXt": b"Raw profile type exif\0", b"iTXt": b"XML:com.adobe.xmp\0"}
"""Texts in which some programs write how the picture is to be turned, and how these begin."""

MOST_TAGS = 1 << 18
"""Bytes of tags (EXIF, XMP), unpacked, at most; what is larger is left out."""

MOST_PROFILE = 16 << 20
"""Bytes of a colour profile, unpacked, at most; printers' are the largest, with 3 MB."""


def plain(file: BinaryIO) -> tuple[BinaryIO, bytes | None]:
    """Leave out what doesn't belong to a PNG's picture.

    Args:
        file: A whole PNG; it can be sought in, and must stay open.

    Returns:
        A PNG with the picture, its transparency and how it is to be turned; and the colour profile, if one is usable.

    Raises:
        OSError: It can't be read.
    """
    spans = [(0, len(PNG))]
    profile: bytes | None = None
    for name, at, length in chunks(file):
        if not name.isalpha():  # damaged: a decoder shall say so
            spans.append((at, file.seek(0, os.SEEK_END) - at))
            break
        if name == b"iCCP":
            profile = profile or _profile(_content(file, at, length, MOST_PROFILE))
        elif name[:1].isupper() or name in PICTURE or _turns(file, name, at, length):
            spans.append((at, length + 12))
        if name == b"IEND":
            break
    return io.BufferedReader(_Spans(file, spans)), profile


def _content(file: BinaryIO, at: int, length: int, most: int) -> bytes:
    """Read a chunk's content; empty if it is larger than wanted, or its check sum is wrong."""
    if length > most:
        return b""
    file.seek(at + 4)
    named, check = file.read(4 + length), file.read(4)
    return named[4:] if zlib.crc32(named).to_bytes(4, "big") == check else b""


def _turns(file: BinaryIO, name: bytes, at: int, length: int) -> bool:
    """Whether a chunk may say how the picture is to be turned, and is whole and not too large."""
    if name == b"eXIf":
        return bool(_content(file, at, length, MOST_TAGS))
    begin = WORDS.get(name)
    if begin is None:
        return False
    content = _content(file, at, length, MOST_TAGS)
    if not content.startswith(begin):
        return False
    if name == b"tEXt":
        return True
    if name == b"zTXt":
        return _inflated(content[len(begin) + 1 :], MOST_TAGS) is not None
    rest = content[len(begin) :]  # whether it is packed, how, its language, its translated name, the text
    return rest[:1] != b"\1" or _inflated(rest[2:].split(b"\0", 2)[-1], MOST_TAGS) is not None


def _profile(content: bytes) -> bytes | None:
    _, _, packed = content.partition(b"\0")
    return _inflated(packed[1:], MOST_PROFILE) if packed[:1] == b"\0" else None


def _inflated(packed: bytes, most: int) -> bytes | None:
    """Unpack; None if it is damaged, or more than wanted."""
    unpack = zlib.decompressobj()
    try:
        content = unpack.decompress(packed, most + 1)
    except zlib.error:
        return None
    return content if len(content) <= most else None


class _Spans(io.RawIOBase):
    """Some stretches of a file, each with its place and its length, as if they were the whole."""

    def __init__(self, file: BinaryIO, spans: list[tuple[int, int]]) -> None:
        super().__init__()
        self._file, self._spans = file, spans
        self._begins = [0, *accumulate(length for _, length in spans)]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._begins[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number = bisect_right(self._begins, self._at) - 1
        if number >= len(self._spans):
            return 0
        within = self._at - self._begins[number]
        place, length = self._spans[number]
        self._file.seek(place + within)
        got = self._file.read(min(len(buffer), length - within))
        buffer[: len(got)] = got
        self._at += len(got)
        return len(got)
