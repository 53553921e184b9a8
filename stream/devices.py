"""Which cameras there are, and which of them are virtual: asked of the kernel, without opening a stream."""

from __future__ import annotations

import errno
import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

VIDIOC_QUERYCAP = 0x80685600
CAPTURE, OUTPUT, BOTH_PLANES = 0x1, 0x2, 0x80000000
"""Of struct v4l2_capability (linux/videodev2.h)."""


@dataclass(frozen=True)
class Device:
    """A video device.

    Attributes:
        path: /dev/videoN on Linux; a name or number elsewhere.
        name: As its driver calls it, or as a loopback was labelled.
        driver: The kernel module's name; "" where that isn't known.
        captures: Pictures can be read from it now.
        outputs: Pictures can be written to it now.
        problem: Why nothing more is known of it (an errno), or 0.
    """

    path: str
    name: str
    driver: str = ""
    captures: bool = False
    outputs: bool = False
    problem: int = 0

    @property
    def loopback(self) -> bool:
        """It is a virtual camera."""
        return self.driver == "v4l2 loopback"


class System(Protocol):
    """What has to be asked of a machine."""

    def devices(self) -> list[Device]:
        """All video devices, by their numbers."""

    def users(self, path: str) -> list[str]:
        """Names of the processes that have a device open, this one left out."""


class ThisSystem:
    """The real one."""

    def devices(self) -> list[Device]:
        """As `System`."""
        return _linux() if sys.platform == "linux" else _others()

    def users(self, path: str) -> list[str]:
        """As `System`; only of processes that this user may look into."""
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
    return [asked(f"/dev/video{number}") for number in numbers]


def asked(path: str) -> Device:
    """What the kernel says of a device."""
    import fcntl

    label = Path("/sys/class/video4linux", Path(path).name, "name")
    name = label.read_text("utf-8", "replace").strip() if label.is_file() else Path(path).name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        return Device(path, name, problem=error.errno or errno.EIO)
    try:
        answer = fcntl.ioctl(descriptor, VIDIOC_QUERYCAP, bytes(104))
    except OSError as error:
        return Device(path, name, problem=error.errno or errno.EIO)
    finally:
        os.close(descriptor)
    driver, card, _, _, whole, now = struct.unpack("16s32s32sIII", answer[:92])
    able = now if whole & BOTH_PLANES else whole
    return Device(
        path,
        card.split(b"\0")[0].decode("utf-8", "replace") or name,
        driver.split(b"\0")[0].decode("utf-8", "replace"),
        captures=bool(able & CAPTURE),
        outputs=bool(able & OUTPUT),
    )


def _others() -> list[Device]:
    import av.device
    import av.error

    system = "avfoundation" if sys.platform == "darwin" else "dshow"
    try:
        found = av.device.enumerate_input_devices(system)
    except (ValueError, av.error.FFmpegError):
        return []
    return [Device(one.name, one.description or one.name, captures=True) for one in found]
