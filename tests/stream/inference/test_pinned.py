"""Memory that a GPU reads at full speed is given back, and done without."""

from __future__ import annotations

import ctypes

import numpy as np

from emojicam.stream.inference.pinned import pinned


class FakeCuda:
    """CUDA's runtime as far as pinning goes: 0 is success."""

    def __init__(self, answer: int) -> None:
        self.answer, self.last, self.pinned = answer, 0, dict[int, int]()

    def cudaHostRegister(self, place: ctypes.c_void_p, size: ctypes.c_size_t, flags: int) -> int:
        if self.answer == 0:
            self.pinned[place.value or 0] = size.value
        self.last = self.answer
        return self.answer

    def cudaGetLastError(self) -> int:
        last, self.last = self.last, 0
        return last

    def cudaHostUnregister(self, place: ctypes.c_void_p) -> int:
        del self.pinned[place.value or 0]
        return 0


def test_pinned_memory_is_given_back_with_its_last_owner() -> None:
    cuda = FakeCuda(0)
    array = pinned((4, 1, 48, 48), cuda)
    assert cuda.pinned == {array.ctypes.data: 4 * 48 * 48}
    view = array[:2]
    del array
    assert cuda.pinned, "given back while somebody still reads it"
    assert not view.any()
    del view
    assert not cuda.pinned


def test_memory_that_cannot_be_pinned_serves_as_well() -> None:
    cuda = FakeCuda(2)  # cudaErrorMemoryAllocation
    array = pinned((2, 1, 12, 12), cuda)
    assert (array.shape, array.dtype, array.any()) == ((2, 1, 12, 12), np.uint8, False)
    assert cuda.last == 0  # nobody else will find the failure
    del array
    assert not cuda.pinned
