"""The places that one live stream goes to beside the window: a virtual camera, a recording, a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.console import say
from emojicam.errors import EmojicamError
from emojicam.stream.live.recording import Recording
from emojicam.stream.live.virtual import VirtualCamera
from emojicam.stream.types import Drawn, Judged


class Outlet:
    """A sink for the drawn frames of one live stream; use it in a `with`.

    Attributes:
        virtual: The virtual camera; None without one.
        recording: The file that is being written; None without one.
    """

    def __init__(
        self,
        virtual: VirtualCamera | None,
        begin: Callable[[Path], Recording],
        tell: Callable[[str], None],
        complain: Callable[[EmojicamError], None],
    ) -> None:
        """Say where to write; nothing is opened before the `with`.

        Args:
            virtual: The virtual camera, not open yet.
            begin: Begins a recording.
            tell: Called with what becomes of recordings.
            complain: Called with what ended one.
        """
        self.virtual = virtual
        self.recording: Recording | None = None
        self._begin, self._tell, self._complain = begin, tell, complain
        self._zero: float | None = None

    def __enter__(self) -> Self:
        if self.virtual is not None:
            self.virtual.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.virtual is not None:
            self.virtual.__exit__(kind, error, tb)

    @property
    def device(self) -> str | None:
        """The device that the virtual camera writes to; None without one."""
        return self.virtual.device if self.virtual is not None else None

    def send(self, drawn: Drawn) -> None:
        """Show a frame in the virtual camera, if there is one.

        Raises:
            DeviceError: It is gone.
        """
        if self.virtual is not None:
            self.virtual(drawn)

    def write(self, drawn: Drawn) -> None:
        """Record a frame, if one is to be recorded; what goes wrong with that ends the recording alone."""
        if self.recording is None:
            return
        try:
            self.recording(drawn)
        except EmojicamError as error:
            recording, self.recording = self.recording, None
            recording.give_up(error)
            self._complain(error)

    def timed(self, judged: Judged) -> Judged | None:
        """Give a frame the time that a report tells: since the first picture; None before that has come.

        That is as a recording's times are, and not since the machine was started.
        """
        frame = judged.frame
        if self._zero is None and not frame.placeholder:
            self._zero = frame.time
        if self._zero is None:
            return None
        return replace(judged, frame=replace(frame, time=frame.time - self._zero))

    def record(self, path: Path) -> None:
        """Record from the next frame on.

        Raises:
            EmojicamError: There can be no such file.
        """
        self.recording = self._begin(path)
        self._tell(f"recording {path}")

    def stop_recording(self) -> None:
        """End the recording, if there is one, so that the file gets its name."""
        if self.recording is None:
            return
        recording, self.recording = self.recording, None
        if recording.close():
            say(f"emojicam: {recording.path}: {recording.frames} frames")
            self._tell(f"recording saved: {recording.path}")
        else:
            self._tell("nothing was recorded")

    def said(self) -> str:
        """Sum up what the virtual camera was sent, for the run's last line; "" without one."""
        if self.virtual is None:
            return ""
        return f"; {self.virtual.device}: {self.virtual.sent:,} sent, {self.virtual.repeated:,} of them again"
