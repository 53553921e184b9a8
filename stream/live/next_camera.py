"""The order in which a live run shows its cameras: what it began with and all of the machine, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from emojicam.stream.live.devices import Device, System
from emojicam.stream.live.reconnect import Opening
from emojicam.stream.types import Frame


class NextCamera:
    """Goes round the machine's cameras, and the file or stream that the run began with."""

    def __init__(
        self, first: Opening, camera: str | None, system: System, start: Callable[[str], Iterator[Frame]]
    ) -> None:
        """Stand where the run begins.

        Args:
            first: What is shown first.
            camera: The camera that this is, as the user named it; None if it is a file or a stream.
            system: Says which cameras there are.
            start: Opens a camera by its path.
        """
        self._first = first if camera is None else None
        self._begun, self._at = camera, ""
        self._system, self._start = system, start

    def __call__(self, taken: str | None) -> Opening | None:
        """Go on to the next.

        Args:
            taken: Path of a camera that is none: the virtual one that this run feeds.

        Returns:
            What is to be opened; None if there is nothing else.
        """
        devices = self._system.devices()
        if self._begun is not None:
            self._at, self._begun = _path(self._begun, devices), None
        ring = {one.path: self._opening(one) for one in devices if one.captures and one.path != taken}
        if self._first is not None:
            ring[""] = self._first
        paths = list(ring)
        here = paths.index(self._at) if self._at in ring else -1
        if not ring or paths == [self._at]:
            return None
        self._at = paths[(here + 1) % len(paths)]
        return ring[self._at]

    def _opening(self, device: Device) -> Opening:
        number = Path(device.path).name.removeprefix("video")
        name = f"camera {number if number.isdigit() else device.name}"
        return Opening(lambda: self._start(device.path), name, device.name)


def _path(camera: str, devices: list[Device]) -> str:
    """The path of a camera that a user named by its number, its path or a link to it."""
    if not camera.isdigit():
        return os.path.realpath(camera) if os.path.lexists(camera) else camera
    # Elsewhere than on Linux a number counts the cameras, which have names.
    counted = devices and not any(one.path.startswith("/dev/video") for one in devices)
    return devices[int(camera)].path if counted and int(camera) < len(devices) else f"/dev/video{camera}"
