"""Pictures that stay on the disk until they are asked for."""

from __future__ import annotations

import hashlib
import mmap
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]

AHEAD = 2
"""Batches that are read while another is learnt from."""


class Store(Protocol):
    """A file of M pictures, however it keeps them. A worker process gets the file's name, not its content."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of all the pictures together: M, C, S, S."""

    def read(self, numbers: Index) -> Pixels:
        """Read pictures by their numbers (int64 N): uint8 NxCxSxS."""

    def digests(self, numbers: Index) -> list[bytes]:
        """Digests of pictures, as `digest` makes them."""


class Decoded:
    """Pictures as they are, uint8 MxCxSxS, in a `.npy` file that is mapped into memory."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            OSError: It can't be read.
            ValueError: It isn't such a file.
        """
        packed = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(packed, np.memmap) or packed.dtype != np.uint8 or packed.ndim != 4:
            raise ValueError("not pictures as uint8 NxCxSxS")
        self._path, self._packed = path, packed

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of all the pictures together: M, C, S, S."""
        n, channels, height, width = self._packed.shape
        return n, channels, height, width

    def read(self, numbers: Index) -> Pixels:
        """Copy pictures, by their numbers, into memory: uint8 NxCxSxS."""
        found = np.array(self._packed[numbers], dtype=np.uint8)
        let_go(self._packed)
        return found

    def digests(self, numbers: Index) -> list[bytes]:
        """Read pictures and make their digests."""
        return _digests(self, numbers)

    def __reduce__(self) -> tuple[object, ...]:
        return Decoded, (self._path,)


class Mirrored:
    """The pictures of another file, left and right exchanged as they are read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.shape = store.shape

    def read(self, numbers: Index) -> Pixels:
        """Read pictures by their numbers: uint8 NxCxSxS."""
        return np.ascontiguousarray(self._store.read(numbers)[..., ::-1])

    def digests(self, numbers: Index) -> list[bytes]:
        """Read pictures and make their digests."""
        return _digests(self, numbers)


def let_go(mapped: np.memmap[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """Give back this process's share of a mapped file; what was read stays in the system's cache of files."""
    base: object = mapped.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def digest(image: Pixels) -> bytes:
    """A digest of a picture's exact pixels, 16 bytes."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def _digests(store: Store, numbers: Index) -> list[bytes]:
    return [digest(image) for start in range(0, len(numbers), 256) for image in store.read(numbers[start:][:256])]


class Rows:
    """Some rows, in some order, of a packed file of pictures. It is indexed like an array and gives copies.

    Only the rows that are asked for are read; nothing of them stays in this process.

    Attributes:
        store: The packed file.
        index: int64 N, row numbers of the packed file.
    """

    def __init__(self, store: Store, index: Index) -> None:
        self.store = store
        self.index = index

    def __len__(self) -> int:
        return len(self.index)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all the pictures together: N, C, S, S."""
        return len(self.index), *self.store.shape[1:]

    def __getitem__(self, key: int | slice | Index | npt.NDArray[np.bool_]) -> Pixels:
        """Read pictures: uint8 CxSxS for a number, uint8 MxCxSxS for a slice, for numbers or for a mask."""
        numbers = self.index[key]
        return self.store.read(numbers) if numbers.ndim else self.store.read(numbers[None])[0]

    def __iter__(self) -> Iterator[Pixels]:
        for block in self.in_turn(np.arange(start, min(start + 256, len(self))) for start in range(0, len(self), 256)):
            yield from block

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All the pictures, read into memory."""
        return np.asarray(self[:], dtype)

    def in_turn(self, choices: Iterable[Index]) -> Iterator[Pixels]:
        """Read batch after batch, the next ones while the caller is busy with one.

        Args:
            choices: int64 M for each batch, places in this object.

        Yields:
            uint8 MxCxSxS for each.
        """
        waiting: deque[Future[Pixels]] = deque()
        pool = ThreadPoolExecutor(1, "read ahead")
        try:
            for chosen in choices:
                waiting.append(pool.submit(self.__getitem__, chosen))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # whoever stops in the middle waits for one batch at most
            pool.shutdown(cancel_futures=True)

    def digests(self) -> list[bytes]:
        """A digest of each picture's exact pixels."""
        return self.store.digests(self.index)

    def take(self, numbers: Index) -> Self:
        """Some of these rows, still on the disk.

        Args:
            numbers: int64 M, places in this object; they may repeat.
        """
        return type(self)(self.store, self.index[numbers])

    def joined(self, others: list[Rows]) -> Rows | None:
        """These rows and then the others', where all are of the same packed file; else None."""
        if any(other.store is not self.store for other in others):
            return None
        return Rows(self.store, np.concatenate([self.index, *(other.index for other in others)]))


Images = Pixels | Rows
"""Pictures, uint8 NxCxSxS, in memory or on the disk."""


def digests_of(images: Images) -> list[bytes]:
    """A digest of each picture's exact pixels; a file that knows them isn't read."""
    return images.digests() if isinstance(images, Rows) else [digest(image) for image in images]


def mirrored(images: Images) -> Images:
    """The same pictures, left and right exchanged; those of a file stay there."""
    if isinstance(images, Rows):
        return Rows(Mirrored(images.store), images.index)
    return np.ascontiguousarray(images[..., ::-1])
