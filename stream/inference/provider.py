"""The choice of ONNX Runtime's execution provider, and why another can't be used."""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol

from emojicam.errors import DeviceError
from emojicam.stream.choices import Provider
from emojicam.stream.inference.installed import change_over, load

NAMES = {
    Provider.CPU: "CPUExecutionProvider",
    Provider.CUDA: "CUDAExecutionProvider",
    Provider.TENSORRT: "TensorrtExecutionProvider",
}
"""ONNX Runtime's names for the providers."""

LIBRARIES = {
    Provider.CUDA: 'CUDA and cuDNN come with pip install "emojicam[gpu]"',
    Provider.TENSORRT: "TensorRT comes from NVIDIA (pip install tensorrt)",
}
"""The source of each GPU provider's libraries, as messages tell it."""

GRAPHS = "enable_cuda_graph"
"""CUDA's option to record what is launched for a batch, and to replay it for the next."""


LONG = 900
"""Frames from which on a video is worth a GPU that nobody asked for by name: half a minute of film.

To open one takes as long as the CPU takes for some 150 frames (2.5 s, 720p, 16 cores), and 0.8 GB of memory.
"""


class Machine(Protocol):
    """The facts about a machine by which a provider is chosen."""

    def built_in(self) -> list[str]:
        """The providers that ONNX Runtime was built with, whether they work here or not."""

    def has_driver(self) -> bool:
        """Whether NVIDIA's driver is there."""


class ThisMachine:
    """The machine that this process runs on."""

    def built_in(self) -> list[str]:
        """Ask ONNX Runtime which providers it was built with.

        Raises:
            MissingExtra: ONNX Runtime is not installed.
            DeviceError: It can't be loaded.
        """
        return list(load().get_available_providers())

    def has_driver(self) -> bool:
        """Whether the library of NVIDIA's driver can be loaded."""
        try:
            ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        except OSError:
            return False
        return True


def missing(provider: Provider, machine: Machine) -> str | None:
    """Name what a machine lacks for a provider, as far as it can be told without trying; None if nothing.

    Asking for CUDA where there is none makes ONNX Runtime print library errors, so nobody asks before this says None.
    """
    if provider is Provider.CPU:
        return None
    if not machine.has_driver():
        return "no NVIDIA driver is installed (its library can't be loaded)"
    if NAMES[provider] not in machine.built_in():
        return f"the installed ONNX Runtime has no {provider.value}: {change_over('gpu')}"
    return None


def worth(frames: int | None) -> bool:
    """Whether a video is long enough to open a GPU for it.

    The decision is by the video alone, not by what else is annotated with it nor by how quickly a GPU is ready: so the
    same file gives the same result each time.

    Args:
        frames: That are expected; None: nobody knows, as of a recording that never ended, which is rather long.
    """
    return frames is None or frames >= LONG


def choose(wanted: Provider, machine: Machine) -> tuple[Provider, ...]:
    """The providers to try, the best first; the CPU alone where no GPU can be had.

    Raises:
        DeviceError: A GPU was asked for by name and can't be had; the message says what is missing.
    """
    if wanted is Provider.AUTO:
        return (Provider.CPU,) if missing(Provider.CUDA, machine) else (Provider.CUDA, Provider.CPU)
    lacking = missing(wanted, machine)
    if lacking:
        raise DeviceError(f"--provider {wanted.value}: {lacking}; --provider cpu works without")
    return (wanted,)
