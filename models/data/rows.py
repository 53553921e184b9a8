"""Pictures that stay on the disk until they are asked for."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]


class Rows:
    """Some rows, in some order, of a packed file of pictures. It is indexed like an array and gives copies.

    Only the rows that are asked for are read; nothing of them stays in this process. A worker process gets the file's
    name, not its content.

    Attributes:
        index: int64 N, row numbers of the packed file.
    """

    def __init__(self, packed: np.memmap[tuple[int, ...], np.dtype[np.uint8]], index: Index) -> None:
        self._packed = packed
        self.index = index

    @classmethod
    def of(cls, path: Path, index: Index) -> Rows:
        """Open some rows of a `.npy` file of pictures.

        Args:
            path: The file, which holds uint8 MxCxSxS.
            index: int64 N, row numbers of the file.

        Raises:
            OSError: It can't be read.
            ValueError: It isn't such a file.
        """
        packed = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(packed, np.memmap) or packed.dtype != np.uint8 or packed.ndim != 4:
            raise ValueError("not pictures as uint8 NxCxSxS")
        return cls(packed, index)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all the pictures together: N, C, S, S."""
        return len(self.index), *self._packed.shape[1:]

    def __getitem__(self, key: int | slice | Index | npt.NDArray[np.bool_]) -> Pixels:
        """Read pictures: uint8 CxSxS for a number, uint8 MxCxSxS for a slice, for numbers or for a mask."""
        found = np.array(self._packed[self.index[key]], dtype=np.uint8)
        # What was read stays in the system's cache of files; this process gives its share of it back.
        base: object = self._packed.base
        if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)
        return found

    def __iter__(self) -> Iterator[Pixels]:
        for start in range(0, len(self), 256):
            yield from self[start : start + 256]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All the pictures, read into memory."""
        return np.asarray(self[:], dtype)

    def take(self, numbers: Index) -> Rows:
        """Some of these rows, still on the disk.

        Args:
            numbers: int64 M, places in this object; they may repeat.
        """
        return Rows(self._packed, self.index[numbers])

    def joined(self, others: list[Rows]) -> Rows | None:
        """These rows and then the others', where all are of the same packed file; else None."""
        if any(other._packed is not self._packed for other in others):
            return None
        return Rows(self._packed, np.concatenate([self.index, *(other.index for other in others)]))

    def __reduce__(self) -> tuple[object, ...]:
        if self._packed.filename is None:
            raise TypeError("rows of a file without a name can't go to another process")
        return Rows.of, (Path(self._packed.filename), self.index)


Images = Pixels | Rows
"""Pictures, uint8 NxCxSxS, in memory or on the disk."""
