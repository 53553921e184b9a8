"""Frames into a virtual camera, from which Zoom, Meet, Teams, OBS and browsers take them."""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Protocol, Self

from emojicam.errors import DeviceError, MissingExtra
from emojicam.stream.cameras import JOIN_VIDEO
from emojicam.stream.devices import Device, System
from emojicam.stream.fit import fitted, plain
from emojicam.stream.steadfast import card
from emojicam.stream.types import Drawn, Frame, Pixels

VIDIOC_STREAMON, OUTPUT_BUFFERS = 0x40045612, 2

LOAD = 'sudo modprobe v4l2loopback devices=1 video_nr=10 card_label="emojicam" exclusive_caps=1'
RELOAD = f"sudo modprobe -r v4l2loopback && {LOAD}"
INSTALL = "sudo apt install v4l2loopback-dkms"
KEEP = (
    "echo v4l2loopback | sudo tee /etc/modules-load.d/emojicam.conf; "
    "echo 'options v4l2loopback devices=1 video_nr=10 card_label=\"emojicam\" exclusive_caps=1' "
    "| sudo tee /etc/modprobe.d/emojicam.conf"
)

ADVICE = "choose it in Zoom, Meet or Teams; your own preview is mirrored, others see it right"

START_OBS = "install OBS Studio 30 or newer, start its virtual camera once, allow it in the settings, and stop it again"


class BackEnd(Protocol):
    """What takes the frames: pyvirtualcam's camera, or a recording one in tests."""

    device: str

    def send(self, frame: Pixels) -> None:
        """An I420 picture, flat."""

    def close(self) -> None:
        """Give the device back."""


Open = Callable[[int, int, int, str | None], BackEnd]
"""Width, height, frames a second, device or None: opens a virtual camera."""


def pyvirtualcam_camera(width: int, height: int, rate: int, device: str | None) -> BackEnd:
    """The real back end.

    Raises:
        MissingExtra: pyvirtualcam is not installed.
        RuntimeError: It can't be opened.
    """
    try:
        import pyvirtualcam
    except ImportError as error:
        raise MissingExtra("pyvirtualcam", "virtualcam") from error
    form = pyvirtualcam.PixelFormat.I420
    opened: BackEnd = pyvirtualcam.Camera(width=width, height=height, fps=rate, fmt=form, device=device)
    return opened


class VirtualCamera:
    """A sink for drawn frames of any size and layout; use it in a `with`.

    A thread sends the newest one at a steady rate, whatever the pace at which they come: meetings take a camera that
    falters for a broken one.

    Attributes:
        size: Width and height in px, even.
        device: What it writes to, once it is open.
        sent: Frames so far.
        repeated: Of those, how many were the one before again.
    """

    def __init__(
        self,
        size: tuple[int, int],
        rate: int,
        device: str | None,
        system: System,
        *,
        crop: bool = False,
        start: Open = pyvirtualcam_camera,
    ) -> None:
        """Say what to open.

        Args:
            size: Width and height in px; made even.
            rate: Frames a second that are promised.
            device: /dev/videoN; by default the first virtual camera that is free.
            system: Says which devices there are.
            crop: Cut off what does not fit the shape, instead of adding bars.
            start: Opens the back end.
        """
        self.size = size[0] & ~1, size[1] & ~1
        self.sent = self.repeated = 0
        self._rate, self._device, self._system, self._crop, self._start = rate, device, system, crop, start
        self._changed = Condition()
        self._newest = plain(Frame(0, 0.0, card("emojicam", self.size)))
        self._fresh = True
        self._over = False
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            DeviceError: It can't be used; the message says what to do.
            MissingExtra: pyvirtualcam is not installed.
        """
        device = chosen(self._device, self._system) if sys.platform == "linux" else self._device
        try:
            self._camera = self._start(*self.size, self._rate, device)
        except RuntimeError as error:
            said = str(error).splitlines()[0] if sys.platform == "linux" else START_OBS
            raise DeviceError(f"{device or 'virtual camera'}: {said}") from error
        self.device = self._camera.device
        stream_on(self.device)
        self._thread = Thread(target=self._run, name="virtual camera", daemon=True)
        self._thread.start()
        return self

    def __call__(self, drawn: Drawn) -> None:
        """Show a frame from now on; that nobody watches is no error.

        Raises:
            DeviceError: The device is gone.
        """
        if self._error is not None:
            raise DeviceError(f"{self.device}: takes no more frames: {self._error}") from self._error
        frame = Frame(0, 0.0, drawn.pixels, drawn.judged.frame.format, drawn.judged.frame.colour)
        pixels = fitted(frame, self.size, crop=self._crop)
        with self._changed:
            self._newest, self._fresh = pixels, True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join(5)
        self._camera.close()

    def _run(self) -> None:
        """Send at the promised rate: the newest frame, or the last one again."""
        due = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over, max(0.0, due - time.monotonic()))
                if self._over:
                    return
                self.sent += 1
                self.repeated += not self._fresh
                frame, self._fresh = self._newest, False
            try:
                self._camera.send(frame.reshape(-1))
            except (OSError, RuntimeError) as error:
                self._error = error
                return
            # Who is late doesn't hurry: what was missed is over.
            due = max(due + 1 / self._rate, time.monotonic())


def chosen(asked: str | None, system: System) -> str:
    """The loopback device to write to.

    Args:
        asked: /dev/videoN or N; None takes the first that is free.
        system: Says which devices there are.

    Raises:
        DeviceError: There is none that can be used; the message says what to do.
    """
    devices = system.devices()
    loops = [one for one in devices if one.loopback or one.problem]
    if asked is None:
        free = [one for one in loops if state(one, system) is None]
        if free:
            return free[0].path
        if not any(one.loopback for one in loops):
            raise DeviceError(f"there is no virtual camera: {INSTALL}, then {LOAD}; to keep it: {KEEP}")
        raise DeviceError(f"{loops[0].path}: {state(loops[0], system)}")
    path = f"/dev/video{asked}" if asked.isdigit() else asked
    device = next((one for one in devices if one.path == path), None)
    if device is None:
        there = ", ".join(f"{one.path} ({one.name})" for one in loops if one.loopback)
        raise DeviceError(f"{path}: no such device; virtual cameras: {there or f'none; {INSTALL}, then {LOAD}'}")
    problem = state(device, system)
    if problem:
        raise DeviceError(f"{path}: {problem}")
    return path


def state(device: Device, system: System) -> str | None:
    """What keeps a device from being written to, and what mends it; None if nothing does."""
    if device.problem in (1, 13):  # EPERM, EACCES
        return f"you may not use it: {JOIN_VIDEO}"
    if device.problem:
        return f"can't be asked what it is: {os.strerror(device.problem)}"
    if not device.loopback:
        return f"that is {device.name}, your webcam, not a virtual one"
    if device.captures and device.outputs:
        return f"was loaded with exclusive_caps=0, so that browsers won't list it: {RELOAD}"
    if device.captures:
        users = system.users(device.path)
        return f"another program writes to it{': ' + ', '.join(users) if users else ''}; end that first"
    if not device.outputs:
        stream_on(device.path)
        again = next((one for one in system.devices() if one.path == device.path), device)
        if not again.outputs:
            return f"is stuck after a program that wrote to it: {RELOAD}"
    return None


def stream_on(device: str) -> None:
    """Tell v4l2loopback that output has begun, by our own descriptor of the device, or by a new one.

    pyvirtualcam never does. Under v4l2loopback 0.12.7 (Debian 12) with exclusive_caps=1 a device would then not become
    an output again when its writer has gone, and the next start would fail until the module is loaded anew.
    """
    if sys.platform != "linux":
        return
    import fcntl

    mine = [file for file in Path("/proc/self/fd").glob("*") if _target(file) == device]
    for file in mine:
        try:
            fcntl.ioctl(int(file.name), VIDIOC_STREAMON, struct.pack("i", OUTPUT_BUFFERS))
        except OSError:
            pass
    if mine:
        return
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return
    try:
        fcntl.ioctl(descriptor, VIDIOC_STREAMON, struct.pack("i", OUTPUT_BUFFERS))
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
