"""Send frames into a virtual camera, from which Zoom, Meet, Teams, OBS and browsers take them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Condition, Thread
from types import TracebackType
from typing import Protocol, Self

from emojicam.errors import DeviceError, MissingExtra
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.devices import System
from emojicam.stream.live.letterbox import letterbox, plain
from emojicam.stream.live.loopback import START_OBS, chosen, stream_on
from emojicam.stream.live.reconnect import placeholder
from emojicam.stream.types import Drawn, Frame


class BackEnd(Protocol):
    """The camera that takes the frames: pyvirtualcam's, or a recording one in tests."""

    device: str

    def send(self, frame: Pixels) -> None:
        """Send a picture: I420, uint8, flat."""

    def close(self) -> None:
        """Give the device back."""


Open = Callable[[int, int, int, str | None], BackEnd]
"""A function that opens a virtual camera, by width, height, frames a second, and device or None."""


def pyvirtualcam_camera(width: int, height: int, rate: int, device: str | None) -> BackEnd:
    """Open a virtual camera with pyvirtualcam.

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
        sent: Frames that were sent so far.
        repeated: How many of those were the one before again.
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
        """Say what to open; nothing is opened before the `with`.

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
        self._newest = plain(Frame(0, 0.0, placeholder("emojicam", self.size)))
        self._fresh = True
        self._over = False
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        """Open the device, and begin to send.

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
        pixels = letterbox(drawn.frame, self.size, crop=self._crop)
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
            except Exception as error:  # noqa: BLE001 - raised again where the next frame is shown
                self._error = error
                return
            # Who is late doesn't hurry: what was missed is over.
            due = max(due + 1 / self._rate, time.monotonic())
