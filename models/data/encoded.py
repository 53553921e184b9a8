"""Pictures in one file as their own files' bytes, with an index, and decoded each time they are read.

The layout: `MAGIC`; the pictures' bytes one after another; the index, an `.npz` (see `write`); the index's length and
`MAGIC` again. The index is written last, so that nothing has to be known beforehand. A picture of no bytes couldn't be
read when the file was made; it is black.
"""

from __future__ import annotations

import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from emojicam.errors import InputError
from emojicam.models.data.decode import UNREADABLE, Box, face_in, quick_face, reason
from emojicam.models.data.rows import Index, Pixels, digest, let_go

MAGIC = b"emojicam faces 1"
AT_A_TIME = 8
"""Pictures that a worker decodes before it looks for more."""

_FOOTER = struct.Struct(f"<Q{len(MAGIC)}s")


@dataclass(frozen=True)
class Kept:
    """One picture as it is kept.

    Attributes:
        data: The bytes of a JPEG or PNG file; none of a picture that can't be read.
        digest: The digest of its face's pixels, 16 bytes.
        box: float32 4, where in it the face is (left, top, width, height in px); None is all of it.
        quick: The quick decoder gives the same pixels as the careful one.
    """

    data: bytes = b""
    digest: bytes = bytes(16)
    box: Box | None = None
    quick: bool = False


def kept_as(path: Path, box: Box | None, size: int, channels: int) -> Kept:
    """Read a picture, and find the bytes by which its face is kept.

    They are its file's, unless that is larger than the face's pixels: then the face alone is kept, as a PNG.

    Args:
        path: A JPEG or PNG file.
        box: float32 4, the face's left, top, width and height in px; None is the whole picture.
        size: Side of the face that is to be read, px.
        channels: 1 (grey) or 3 (RGB).

    Raises:
        OSError: It can't be read; see `decode.UNREADABLE` for what else says so.
    """
    data = path.read_bytes()
    face = face_in(data, box, size, channels)
    if len(data) <= face.size:
        return Kept(data, digest(face), box, data[:2] == _JPEG and _quick(data, box, face))
    png = BytesIO()
    Image.fromarray(face[0] if channels == 1 else np.ascontiguousarray(face.transpose(1, 2, 0))).save(png, "PNG")
    return Kept(png.getvalue(), digest(face))


_JPEG = b"\xff\xd8"


def _quick(data: bytes, box: Box | None, face: Pixels) -> bool:
    """Whether the quick decoder gives the same face: not of a photo that is to be turned, or in four colours."""
    try:
        return np.array_equal(quick_face(np.frombuffer(data, np.uint8), box, face.shape[1], face.shape[0]), face)
    except UNREADABLE:
        return False


def write(file: BinaryIO, pictures: Iterable[Kept], shape: tuple[int, int, int], names: Iterable[str]) -> None:
    """Write such a file.

    Its index holds `shape`; `ends`, int64 N + 1, the places between pictures; `checks`, uint32 N, their CRC-32;
    `digests`, uint8 Nx16; `boxes`, float32 Nx4, nan where there is none; `quick`, bool N; `names`, divided by zeros.

    Args:
        file: Where to.
        pictures: They are asked for one after another, and not held.
        shape: C, S, S of the faces that are to be read from it.
        names: The pictures' names, for messages.
    """
    file.write(MAGIC)
    ends, checks, quick = [len(MAGIC)], [], []
    digests, boxes = bytearray(), bytearray()
    none = np.full(4, np.nan, np.float32)
    for kept in pictures:
        file.write(kept.data)
        ends.append(ends[-1] + len(kept.data))
        checks.append(zlib.crc32(kept.data))
        quick.append(kept.quick)
        digests += kept.digest
        boxes += (none if kept.box is None else kept.box).tobytes()
    index = BytesIO()
    np.savez(
        index,
        allow_pickle=False,
        shape=np.array(shape, np.int64),
        ends=np.array(ends, np.int64),
        checks=np.array(checks, np.uint32),
        digests=np.frombuffer(digests, np.uint8).reshape(-1, 16),
        boxes=np.frombuffer(boxes, np.float32).reshape(-1, 4),
        quick=np.array(quick, np.bool_),
        names=np.frombuffer("\0".join(names).encode(errors="surrogateescape"), np.uint8),
    )
    file.write(index.getbuffer())
    file.write(_FOOTER.pack(index.getbuffer().nbytes, MAGIC))


class Encoded:
    """Such a file, mapped into memory; threads decode what is asked for.

    Threads and not processes: libjpeg-turbo works outside the interpreter's lock, and nothing has to be sent.
    """

    def __init__(self, path: Path, workers: int | None = None) -> None:
        """Open the file.

        Args:
            path: The file.
            workers: Threads that decode; as many as there are CPUs by default.

        Raises:
            OSError: It can't be read.
            ValueError: It isn't such a file, or not a whole one.
        """
        self._path, self._workers = path, workers
        self._bytes = np.memmap(path, np.uint8, "r")
        foot = self._bytes[-_FOOTER.size :].tobytes()
        length, magic = _FOOTER.unpack(foot) if len(foot) == _FOOTER.size else (0, b"")
        if magic != MAGIC or self._bytes[: len(MAGIC)].tobytes() != MAGIC:
            raise ValueError("not a file of faces, or cut off")
        start = len(self._bytes) - _FOOTER.size - length
        try:
            with np.load(BytesIO(self._bytes[max(0, start) : -_FOOTER.size].tobytes()), allow_pickle=False) as index:
                channels, height, width = index["shape"].tolist()
                self._ends: Index = index["ends"]
                self._checks, self._digests, self._boxes = index["checks"], index["digests"], index["boxes"]
                self._quick, self._names = index["quick"], index["names"]
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise ValueError("its index is damaged") from error
        self.shape = len(self._checks), channels, height, width
        if len(self._ends) != len(self._checks) + 1 or self._ends[-1] != start:
            raise ValueError("its index is another file's")
        self._pool: ThreadPoolExecutor | None = None

    def read(self, numbers: Index) -> Pixels:
        """Decode pictures by their numbers: uint8 NxCxSxS.

        Raises:
            InputError: One is damaged; the message names it.
        """
        faces = np.zeros((len(numbers), *self.shape[1:]), np.uint8)

        def decode(start: int) -> None:
            for place in range(start, min(start + AT_A_TIME, len(numbers))):
                self._decode(int(numbers[place]), faces[place])

        if not self._quick[numbers].all():
            with warnings.catch_warnings():
                # Pillow warns of damaged EXIF data, as it did when the file was made.
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._in_threads(decode, len(numbers))
        else:
            self._in_threads(decode, len(numbers))
        let_go(self._bytes)
        return faces

    def _in_threads(self, decode: Callable[[int], None], count: int) -> None:
        starts = range(0, count, AT_A_TIME)
        workers = self._workers or os.cpu_count() or 1
        if workers == 1 or len(starts) < 2:
            for start in starts:
                decode(start)
        else:
            self._pool = self._pool or ThreadPoolExecutor(workers, "decode")
            for _ in self._pool.map(decode, starts):
                pass

    def _decode(self, number: int, face: Pixels) -> None:
        data = np.asarray(self._bytes[self._ends[number] : self._ends[number + 1]])
        if not len(data):
            return
        box = self._boxes[number]
        try:
            if zlib.crc32(data.data) != self._checks[number]:
                raise ValueError("its bytes have changed")
            where = None if np.isnan(box[0]) else box
            if self._quick[number]:
                face[:] = quick_face(data, where, self.shape[2], self.shape[1])
            else:
                face[:] = face_in(data.tobytes(), where, self.shape[2], self.shape[1])
        except UNREADABLE as error:
            name = self._names.tobytes().split(b"\0")[number].decode(errors="replace")
            raise InputError(
                f"{self._path}: {name} in it is damaged ({reason(error)}); without this file, it is packed again"
            ) from error

    def digests(self, numbers: Index) -> list[bytes]:
        """Digests of pictures, which were made when the file was."""
        return [row.tobytes() for row in self._digests[numbers]]

    def __reduce__(self) -> tuple[object, ...]:
        return Encoded, (self._path, self._workers)
