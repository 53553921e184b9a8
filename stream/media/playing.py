"""Read from an animation how it is to be played: how often, and for how long its last picture stays."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOST_PIECES = 1_000_000
"""Pieces of a file that are looked at: what has more is no animation."""


@dataclass(frozen=True)
class Playing:
    """The wishes of an animation on how it is played.

    Attributes:
        plays: How many times it is shown; 0: again and again.
        last: Milliseconds for which its last picture stays; 0 where nobody knows.
    """

    plays: int = 0
    last: int = 0


def playing_of(path: Path) -> Playing | None:
    """Read how a GIF or an animated WebP wants to be played.

    Args:
        path: Any file.

    Returns:
        None if it is neither, or can't be read.
    """
    with suppress(OSError, struct.error, IndexError), path.open("rb") as file:
        head = file.read(12)
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return _of_gif(file)
        if head[:4] == b"RIFF" and head[8:] == b"WEBP":
            return _of_webp(file)
    return None


def _of_gif(file: BinaryIO) -> Playing:
    """Read the extension that says how often (without one: once), and the last picture's delay."""
    plays, last = 1, 0
    file.seek(10)
    _skip_colours(file, file.read(3)[0])
    for _ in range(MOST_PIECES):
        mark = file.read(1)
        if mark == b"!":
            kind = file.read(1)
            blocks = list(_blocks(file))
            if kind == b"\xf9" and blocks and len(blocks[0]) >= 3:
                last = 10 * int.from_bytes(blocks[0][1:3], "little")
            elif kind == b"\xff" and len(blocks) > 1 and blocks[0] == b"NETSCAPE2.0" and len(blocks[1]) >= 3:
                more = int.from_bytes(blocks[1][1:3], "little")
                plays = more + 1 if more else 0
        elif mark == b",":
            _skip_colours(file, file.read(9)[8])
            file.read(1)
            for _ in _blocks(file):
                pass
        elif mark != b"\0":  # some writers end a piece twice
            break
    # Browsers, and FFmpeg with them, take what is too short to be seen for a tenth of a second.
    return Playing(plays, last if last >= 20 else 100)


def _skip_colours(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << (flags & 7) + 1, 1)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while (length := file.read(1)) and length != b"\0":
        yield file.read(length[0])


def _of_webp(file: BinaryIO) -> Playing:
    plays, last = 0, 0
    for name, at in chunks(file):
        file.seek(at)
        if name == b"ANIM":
            plays = int.from_bytes(file.read(6)[4:], "little")
        elif name == b"ANMF":
            last = int.from_bytes(file.read(16)[12:15], "little")
    return Playing(plays, last if last > 10 else 100)


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Walk through the parts of a WebP file.

    Args:
        file: It can be sought in.

    Yields:
        Each one's name, and where its content begins.
    """
    at = 12
    for _ in range(MOST_PIECES):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack("<4sI", head)
        yield name, at + 8
        at += 8 + length + length % 2
