"""Every failure that a user can cause or mend, each with its exit code.

EmojicamError
├── UsageError    2  wrong usage, or a path that isn't there          (also a ValueError)
├── InputError    3  the input can't be read as media
│   └── ModelError  3  the model file can't be used
├── DeviceError   4  a camera, virtual camera or GPU asked for by name can't be used
│   ├── MissingExtra  4  an optional part is not installed            (also an ImportError)
│   └── Refused       4  a server wants other credentials: trying again is of no use
└── OutputError   5  the output can't be written                      (also an OSError)

Anything else that escapes is a defect of ours: exit code 1. This module imports nothing, so every other may import it.
"""

from __future__ import annotations

SYSTEM_LIBRARIES = "libegl1 libgles2 libgl1 libxcb1 libglib2.0-0"
"""Debian's packages that MediaPipe and OpenCV load; a test holds that the README and the Dockerfile name the same."""

INSTALL_LIBRARIES = f"sudo apt install {SYSTEM_LIBRARIES}"
"""The line that installs them."""


class EmojicamError(Exception):
    """A failure that is told in one line, which names the thing and says what to do."""

    exit_code = 1


class UsageError(EmojicamError, ValueError):
    """Wrong usage, or a path that isn't there."""

    exit_code = 2


class InputError(EmojicamError):
    """The input can't be read as media."""

    exit_code = 3


class ModelError(InputError):
    """The model file can't be used."""


class DeviceError(EmojicamError):
    """A device that was asked for by name can't be used."""

    exit_code = 4


class Unloadable(DeviceError):
    """A package can't be loaded, or a library of the system that it needs.

    Attributes:
        found: What is wrong.
        mend: The line that mends it.
    """

    def __init__(self, found: str, mend: str) -> None:
        self.found, self.mend = found, mend
        super().__init__(f"{found}: {mend}")

    def __reduce__(self) -> tuple[type[Unloadable], tuple[str, str]]:
        """Give pickle what it needs to bring an error from one process to another."""
        return type(self), (self.found, self.mend)


class MissingExtra(Unloadable, ImportError):
    """An optional part of emojicam is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self._of = what, extra
        super().__init__(f"{what} is not installed", f'pip install "emojicam[{extra}]"')

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        """Give pickle what it needs to bring an error from one process to another."""
        return type(self), self._of


class Refused(DeviceError):
    """The source will not be had by trying again: wrong credentials, say."""


class OutputError(EmojicamError, OSError):
    """The output can't be written."""

    exit_code = 5


def first_line(error: BaseException) -> str:
    """Shorten what another library's error says to one line; give its type where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def without_library(problem: str) -> Unloadable:
    """Make the error of a library that the system lacks, which names the packages that hold it.

    Args:
        problem: What can't be loaded.
    """
    return Unloadable(f"{problem}; on Debian", INSTALL_LIBRARIES)


def lacks_library(error: BaseException) -> bool:
    """Whether a library of the system isn't there, which a package loads (Linux)."""
    return isinstance(error, (ImportError, OSError)) and "cannot open shared object file" in str(error)
