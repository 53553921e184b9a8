"""Memory of the host that a GPU reads at full speed, because the system may not move it ("pinned", page-locked)."""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

RUNTIMES = ("cudart64_13.dll", "cudart64_12.dll") if sys.platform == "win32" else ("libcudart.so.13", "libcudart.so.12")
"""Names of CUDA's runtime library; by the time a session runs on a GPU, ONNX Runtime has loaded one of them."""


def pinned(shape: tuple[int, ...], runtime: Any = None) -> npt.NDArray[np.uint8]:
    """Make zeros that are pinned as long as they live; ordinary memory where that can't be had, which is only slower.

    Args:
        shape: Shape of the array.
        runtime: CUDA's runtime library; by default the one that is loaded.
    """
    array = np.zeros(shape, np.uint8)
    runtime = runtime or next(_loaded(), None)
    place = array.ctypes.data
    if runtime is None:
        return array
    if runtime.cudaHostRegister(ctypes.c_void_p(place), ctypes.c_size_t(array.nbytes), 0) == 0:
        weakref.finalize(array, runtime.cudaHostUnregister, ctypes.c_void_p(place)).atexit = False
    else:
        runtime.cudaGetLastError()  # forgets it: ONNX Runtime would take it for a failure of its own
    return array


def _loaded() -> Iterator[Any]:
    for name in RUNTIMES:
        try:
            yield ctypes.CDLL(name)
        except OSError:
            continue
