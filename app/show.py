"""All the sinks of a live run at once: the window, the virtual camera, the recording, the record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emojicam import assets
from emojicam.console import complain, say
from emojicam.errors import EmojicamError
from emojicam.outlet import Outlet
from emojicam.stills import Stills
from emojicam.stream.choices import Encoder
from emojicam.stream.live.devices import System
from emojicam.stream.live.keys import GOES_ON, PAUSED, STYLES, Action
from emojicam.stream.live.loopback import ADVICE
from emojicam.stream.live.next_camera import NextCamera
from emojicam.stream.live.recent import Recent
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.live.recording import Recording
from emojicam.stream.live.screen import Screen
from emojicam.stream.live.status import StatusLine
from emojicam.stream.live.virtual import Open, VirtualCamera, pyvirtualcam_camera
from emojicam.stream.live.window import Window
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Drawn
from emojicam.theme import theme_of
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


class Keyed:
    """All sinks of a live run have this in common: a window with notices, and the keys for what is drawn in it."""

    def __init__(self, theme: str, annotator: Annotator) -> None:
        """Begin without a window.

        Args:
            theme: The theme that is drawn first.
            annotator: Draws in another style or theme when a key asks for it.
        """
        self._annotator = annotator
        self._themes = shown_themes(theme)
        self._stack = ExitStack()
        self._window: Window | None = None
        self._paused = False

    def __exit__(self, *problem: object) -> None:
        self._stack.__exit__(None, None, None)  # however it ends: what was recorded is whole

    def _pressed(self, action: Action, key: str) -> None:
        try:
            self._act(action, key)
        except EmojicamError as error:  # a full disk, say: no reason to end a meeting
            self._complain(error)

    def _act(self, action: Action, key: str) -> None:
        if action is Action.PAUSE:
            self._paused = not self._paused
            self._notice(*(PAUSED, GOES_ON) if self._paused else (GOES_ON, PAUSED))
        elif action in (Action.STYLE, Action.THEME):
            self._notice(restyled(self._annotator, self._themes, key))

    def _notice(self, text: str, instead: str = "") -> None:
        if self._window is not None:
            self._window.say(text, instead)

    def _complain(self, error: EmojicamError) -> None:
        complain(error, str(error))
        self._notice(str(error))


class Show(Keyed):
    """All the sinks of a live run, and the keys of its window; use it in a `with`."""

    def __init__(self, options: ShowOptions, sources: Sources, annotator: Annotator, devices: Devices) -> None:
        """Take note of where to show; nothing is opened before the `with`.

        Args:
            options: Where to show.
            sources: What is shown, which has the name that the report calls it by.
            annotator: Draws in another style or theme when a key asks for it.
            devices: The parts of the world that it touches.
        """
        super().__init__(options.theme, annotator)
        self._options, self._sources, self._devices = options, sources, devices
        self._status = StatusLine()
        self._outlet = Outlet(
            virtual_camera(options, devices), partial(recording, options), self._notice, self._complain
        )
        self._report: ReportWriter | None = None
        self._last: Drawn | None = None
        self._recent = Recent()
        self._stills = Stills(self._notice, self._complain)

    def __enter__(self) -> Show:
        options, devices = self._options, self._devices
        with self._stack as stack:
            stack.enter_context(self._outlet)
            if self._outlet.device is not None:
                say(f"emojicam: {self._outlet.device} runs: {ADVICE}")
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
                self._outlet.record(options.record)
            stack.callback(self._outlet.stop_recording)
            stack.callback(self._stills.tell_finished)
            stack.enter_context(self._stills)
            self._stack = stack.pop_all()
        return self

    def __call__(self, drawn: Drawn) -> None:
        """Hand a frame to every sink; in a pause the last one is shown again, and nothing is recorded."""
        self._status.count(drawn.judged.frame.time, time.monotonic())
        if self._paused and self._last is not None:
            drawn = self._last
        self._last = drawn
        self._outlet.send(drawn)
        timed = self._outlet.timed(drawn.judged)
        if not self._paused:
            self._outlet.write(drawn)
            if self._report is not None and timed is not None:
                self._report.add(self._sources.now.name, timed)
        if self._window is not None:
            if not self._paused:
                self._recent.add(drawn)
            self._stills.tell_finished()
            self._window(drawn)

    def said(self) -> str:
        """Sum up what the virtual camera was sent, for the run's last line; "" without one."""
        return self._outlet.said()

    def _status_text(self) -> str:
        provider = self._annotator.classify.provider.value
        return self._status.text(provider, recording=self._outlet.recording is not None, paused=self._paused)

    def _act(self, action: Action, key: str) -> None:
        if action is Action.STILL:
            if self._last is not None:
                self._stills.still(self._last)
        elif action is Action.GIF:
            self._stills.gif(self._recent.frames())
        elif action is Action.RECORD and self._outlet.recording is not None:
            self._outlet.stop_recording()
        elif action is Action.RECORD:
            self._outlet.record(Path(time.strftime("emojicam-%Y%m%d-%H%M%S.mp4")))
        elif action is Action.CAMERA:
            self._next_camera()
        else:
            super()._act(action, key)

    def _next_camera(self) -> None:
        opening = self._sources.next(self._outlet.device)
        if opening is None:
            self._notice("no other camera")
        else:
            self._notice(f"{opening.name}: {opening.about}" if opening.about else opening.name)


def virtual_camera(options: ShowOptions, devices: Devices) -> VirtualCamera | None:
    """Make the virtual camera that is asked for, not open yet; None if none is."""
    if options.virtual_camera is None:
        return None
    return VirtualCamera(
        options.size,
        options.rate,
        options.virtual_camera or None,
        devices.system,
        crop=options.crop,
        start=devices.virtual,
    )


def recording(options: ShowOptions, path: Path) -> Recording:
    """Begin a recording.

    Raises:
        EmojicamError: There can be no such file.
    """
    return Recording(path, options.rate, preset=options.preset, encoder=options.encoder, overwrite=options.overwrite)


def shown_themes(first: str) -> tuple[str, ...]:
    """List the themes that the digits choose: ours by name, the default one before them, and the user's own.

    Args:
        first: The theme that the run began with.
    """
    return tuple(dict.fromkeys([*assets.themes(), first]))


def restyled(annotator: Annotator, themes: Sequence[str], key: str) -> str:
    """Draw from now on in the style, or with the theme, that a key chooses.

    Args:
        annotator: Draws.
        themes: The themes that the digits choose.
        key: The key.

    Returns:
        The notice that says what it is now.

    Raises:
        UsageError: The theme lacks an emoji.
    """
    if not key.isdigit():
        annotator.restyle(STYLES[key], None)
        return f"style: {STYLES[key].value}"
    if int(key) > len(themes):
        return f"no theme {key}: the last is {len(themes)}"
    theme = themes[int(key) - 1]
    annotator.restyle(None, theme)
    return f"theme: {theme_of(theme).name}"
