"""All the sinks of a live run at once: the window, the virtual camera, the recording, the record."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from emojicam import assets
from emojicam.console import complain, say
from emojicam.errors import EmojicamError
from emojicam.stream.choices import Encoder
from emojicam.stream.live.aside import Aside
from emojicam.stream.live.devices import System
from emojicam.stream.live.gif import write_gif
from emojicam.stream.live.keys import STYLES, Action
from emojicam.stream.live.loopback import ADVICE
from emojicam.stream.live.next_camera import NextCamera
from emojicam.stream.live.recent import Recent
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.live.recording import Recording
from emojicam.stream.live.screen import Screen
from emojicam.stream.live.status import StatusLine
from emojicam.stream.live.virtual import Open, VirtualCamera, pyvirtualcam_camera
from emojicam.stream.live.window import Window
from emojicam.stream.media.photos import Photo, write_photo
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Drawn
from emojicam.wiring import Annotator


@dataclass
class Devices:
    """The parts of the world that a live run touches; tests give others.

    Attributes:
        system: Says which video devices there are.
        screen: What a window is drawn with; None is OpenCV.
        virtual: Opens a virtual camera.
    """

    system: System
    screen: Screen | None = None
    virtual: Open = pyvirtualcam_camera


@dataclass(frozen=True)
class ShowOptions:
    """The options of a live run's window, virtual camera, recording and report.

    Attributes:
        size: Width and height of the virtual camera, px.
        rate: Frames a second of the virtual camera and of recordings.
        virtual_camera: The virtual camera's device; "" is the first that is free, None is none.
        crop: Cut for the virtual camera's shape, instead of adding bars.
        window: Show a window.
        mirror: Show the window's picture as a mirror does.
        record: Write a file from the first frame on.
        report: Where to record what was seen.
        preset: x264's preset, for recordings.
        encoder: What writes recordings.
        theme: The emoji theme that is drawn first.
        overwrite: Files that are there may be replaced.
    """

    size: tuple[int, int]
    rate: int
    virtual_camera: str | None
    crop: bool
    window: bool
    mirror: bool
    record: Path | None
    report: Path | None
    preset: str
    encoder: Encoder
    theme: str
    overwrite: bool


@dataclass(frozen=True)
class Sources:
    """The source of a live run, and which comes after it.

    Attributes:
        now: What is shown.
        following: Says what is to be opened next; None if there is nothing else.
    """

    now: ReconnectingSource
    following: NextCamera

    def next(self, taken: str | None) -> Opening | None:
        """Go over to the next camera.

        Args:
            taken: Path of the virtual camera that is fed; None without one.
        """
        opening = self.following(taken)
        if opening is not None:
            self.now.switch(opening)
        return opening


class Show:
    """All the sinks of a live run, and the keys of its window; use it in a `with`."""

    def __init__(self, options: ShowOptions, sources: Sources, annotator: Annotator, devices: Devices) -> None:
        """Take note of where to show; nothing is opened before the `with`.

        Args:
            options: Where to show.
            sources: What is shown, which has the name that the report calls it by.
            annotator: Draws in another style or theme when a key asks for it.
            devices: The parts of the world that it touches.
        """
        self._options, self._sources, self._annotator, self._devices = options, sources, annotator, devices
        self._themes = shown_themes(options.theme)
        self._status = StatusLine()
        self._window: Window | None = None
        self._virtual: VirtualCamera | None = None
        self._recording: Recording | None = None
        self._report: ReportWriter | None = None
        self._paused = False
        self._last: Drawn | None = None
        self._recent = Recent()
        self._aside = Aside()
        self._saved = 0
        self._zero: float | None = None

    def __enter__(self) -> Show:
        options, devices = self._options, self._devices
        self._stack = ExitStack()
        with self._stack as stack:
            if options.virtual_camera is not None:
                camera = VirtualCamera(
                    options.size,
                    options.rate,
                    options.virtual_camera or None,
                    devices.system,
                    crop=options.crop,
                    start=devices.virtual,
                )
                self._virtual = stack.enter_context(camera)
                say(f"emojicam: {camera.device} runs: {ADVICE}")
            if options.window:
                window = Window(
                    self._pressed,
                    self._status_text,
                    mirror=options.mirror,
                    screen=devices.screen,
                    draw=self._annotator.overlay_apart,
                )
                self._window = stack.enter_context(window)
            if options.report:
                self._report = stack.enter_context(self._annotator.report(options.report, overwrite=options.overwrite))
            if options.record:
                self._record(options.record)
            stack.callback(self._stop_recording)
            stack.callback(self._tell_finished)
            stack.enter_context(self._aside)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.__exit__(None, None, None)  # however it ends: what was recorded is whole

    def __call__(self, drawn: Drawn) -> None:
        """Hand a frame to every sink; in a pause the last one is shown again, and nothing is recorded."""
        self._status.count(drawn.judged.frame.time, time.monotonic())
        if self._paused and self._last is not None:
            drawn = self._last
        self._last = drawn
        if self._virtual is not None:
            self._virtual(drawn)
        frame = drawn.judged.frame
        if self._zero is None and not frame.placeholder:
            self._zero = frame.time
        if self._recording is not None and not self._paused:
            self._recorded(drawn)
        if self._report is not None and self._zero is not None and not self._paused:
            # From the first picture on, as the recording's times are; not since the machine was started.
            timed = replace(drawn.judged, frame=replace(frame, time=frame.time - self._zero))
            self._report.add(self._sources.now.name, timed)
        if self._window is not None:
            if not self._paused:
                self._recent.add(drawn)
            self._tell_finished()
            self._window(drawn)

    def said(self) -> str:
        """Sum up what the virtual camera was sent, for the run's last line; "" without one."""
        if self._virtual is None:
            return ""
        return f"; {self._virtual.device}: {self._virtual.sent:,} sent, {self._virtual.repeated:,} of them again"

    def _status_text(self) -> str:
        provider = self._annotator.classify.provider.value
        return self._status.text(provider, recording=self._recording is not None, paused=self._paused)

    def _pressed(self, action: Action, key: str) -> None:
        try:
            self._act(action, key)
        except EmojicamError as error:  # a full disk, say: no reason to end a meeting
            self._complain(error)

    def _act(self, action: Action, key: str) -> None:
        if action is Action.PAUSE:
            self._paused = not self._paused
            self._notice("paused: space goes on" if self._paused else "goes on")
        elif action is Action.STILL:
            self._still()
        elif action is Action.GIF:
            self._gif()
        elif action is Action.RECORD and self._recording is not None:
            self._stop_recording()
        elif action is Action.RECORD:
            self._record(Path(time.strftime("emojicam-%Y%m%d-%H%M%S.mp4")))
        elif action is Action.STYLE:
            self._annotator.restyle(STYLES[key], None)
            self._notice(f"style: {STYLES[key].value}")
        elif action is Action.THEME:
            self._theme(int(key))
        elif action is Action.CAMERA:
            self._next_camera()

    def _theme(self, number: int) -> None:
        if number > len(self._themes):
            self._notice(f"no theme {number}: the last is {len(self._themes)}")
            return
        theme = self._themes[number - 1]
        self._annotator.restyle(None, theme)
        self._notice(f"theme: {Path(theme).resolve().name}")

    def _next_camera(self) -> None:
        opening = self._sources.next(self._virtual.device if self._virtual is not None else None)
        if opening is None:
            self._notice("no other camera")
        else:
            self._notice(f"{opening.name}: {opening.about}" if opening.about else opening.name)

    def _still(self) -> None:
        if self._last is not None:
            frame = self._last.frame
            self._save(".png", lambda path: write_photo(Photo(frame.bgr(), None, "PNG"), path))

    def _gif(self) -> None:
        frames = self._recent.frames()
        if len(frames) < 2:
            self._notice("no GIF: nothing has moved yet")
        else:
            self._save(".gif", lambda path: write_gif(frames, path))

    def _save(self, suffix: str, write: Callable[[Path], None]) -> None:
        """Write a file aside: it takes longer than a frame may wait."""
        self._saved += 1
        path = Path(time.strftime(f"emojicam-%Y%m%d-%H%M%S-{self._saved}{suffix}"))
        self._notice(f"saving {path}" if self._aside.begin(path, write) else "not saved: too much is being saved")

    def _tell_finished(self) -> None:
        """Tell of the files that have been written aside."""
        for path, error in self._aside.finished():
            if error is not None:
                self._complain(error)
            else:
                say(f"emojicam: {path}")
                self._notice(f"saved {path}", f"saving {path}")

    def _notice(self, text: str, instead: str = "") -> None:
        if self._window is not None:
            self._window.say(text, instead)

    def _complain(self, error: EmojicamError) -> None:
        complain(error, str(error))
        self._notice(str(error))

    def _recorded(self, drawn: Drawn) -> None:
        """Record a frame; what goes wrong with that ends the recording alone."""
        assert self._recording is not None
        try:
            self._recording(drawn)
        except EmojicamError as error:
            recording, self._recording = self._recording, None
            recording.give_up(error)
            self._complain(error)

    def _record(self, path: Path) -> None:
        options = self._options
        self._recording = Recording(
            path, options.rate, preset=options.preset, encoder=options.encoder, overwrite=options.overwrite
        )
        self._notice(f"recording {path}")

    def _stop_recording(self) -> None:
        if self._recording is not None:
            recording, self._recording = self._recording, None
            if recording.close():
                say(f"emojicam: {recording.path}: {recording.frames} frames")
                self._notice(f"recording saved: {recording.path}")
            else:
                self._notice("nothing was recorded")


def shown_themes(first: str) -> tuple[str, ...]:
    """List the themes that the digits choose: ours by name, the default one before them, and the user's own.

    Args:
        first: The theme that the run began with.
    """
    return tuple(dict.fromkeys([*assets.themes(), first]))
