"""The machine's cameras, and which of them are virtual: asked of the system, without opening a stream."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from emojicam.stream.live import v4l2


@dataclass(frozen=True)
class Device:
    """A video device, and what the system says of it.

    Attributes:
        path: /dev/videoN on Linux; a name or number elsewhere.
        name: What its driver calls it, or how a loopback was labelled.
        driver: The kernel module's name; "" where that isn't known.
        captures: Pictures can be read from it now.
        outputs: Pictures can be written to it now.
        problem: Why nothing more is known of it (an errno), or 0.
        formats: What pictures it can give, a line each; () where that isn't known.
    """

    path: str
    name: str
    driver: str = ""
    captures: bool = False
    outputs: bool = False
    problem: int = 0
    formats: tuple[str, ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether it is a virtual camera."""
        return self.driver == "v4l2 loopback"


class System(Protocol):
    """The questions that a machine is asked about its video devices."""

    def devices(self) -> list[Device]:
        """All video devices, by their numbers."""

    def users(self, path: str) -> list[str]:
        """Names of the processes that have a device open, this one left out."""


class ThisSystem:
    """The machine that this process runs on."""

    def devices(self) -> list[Device]:
        """List all video devices as the system tells them, by their numbers."""
        return _linux() if sys.platform == "linux" else _others()

    def users(self, path: str) -> list[str]:
        """Name the processes that have a device open, of those that this user may look into."""
        found = []
        for process in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
            if process.name == str(os.getpid()):
                continue
            try:
                if any(os.readlink(file) == path for file in (process / "fd").iterdir()):
                    found.append((process / "comm").read_text("utf-8").strip())
            except OSError:
                continue
        return found


def _linux() -> list[Device]:
    numbers = sorted(int(folder.name[5:]) for folder in Path("/sys/class/video4linux").glob("video[0-9]*"))
    return [_asked(f"/dev/video{number}") for number in numbers]


def _asked(path: str) -> Device:
    """Ask the kernel what a device is and gives."""
    label = Path("/sys/class/video4linux", Path(path).name, "name")
    name = label.read_text("utf-8", "replace").strip() if label.is_file() else Path(path).name
    try:
        answer = v4l2.ask(path)
    except OSError as error:
        return Device(path, name, problem=error.errno or errno.EIO)
    return Device(path, answer.card or name, answer.driver, answer.captures, answer.outputs, formats=answer.formats)


def _others() -> list[Device]:
    import av.device
    import av.error

    system = "avfoundation" if sys.platform == "darwin" else "dshow"
    try:
        found = av.device.enumerate_input_devices(system)
    except (ValueError, av.error.FFmpegError):
        return []
    cameras = [one for one in found if "video" in one.media_types]  # microphones are listed as well
    return [Device(one.name, one.description or one.name, captures=True) for one in cameras]
