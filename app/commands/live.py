"""The command `live`: a camera or a stream into a window, a virtual camera and a file, at the same time."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from emojicam import assets
from emojicam.commands.annotate import look_of, say_what_runs
from emojicam.console import complain, say
from emojicam.errors import EmojicamError, UsageError
from emojicam.files import refuse_existing, refuse_same
from emojicam.interrupt import Interrupt
from emojicam.stream.drawing.overlay import Style
from emojicam.stream.live.cameras import PROTOCOLS, camera, network, redacted
from emojicam.stream.live.devices import System, ThisSystem
from emojicam.stream.live.letterbox import letterbox
from emojicam.stream.live.loopback import ADVICE, chosen
from emojicam.stream.live.paced import looped
from emojicam.stream.live.reconnect import ReconnectingSource
from emojicam.stream.live.virtual import Open, VirtualCamera, pyvirtualcam_camera
from emojicam.stream.live.window import Screen, Window
from emojicam.stream.media.photos import Photo, write_photo
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import ColourTags, VideoInfo
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Colour, Drawn, Format, Frame
from emojicam.wiring import Annotator, one_thread_each, settled

FASTEST = 240
"""Frames a second that may be asked for."""

TICKS = Fraction(1, 90_000)
"""Seconds a tick of a recording's timestamps."""


@dataclass
class Devices:
    """What the live command touches of the world; others in tests.

    Attributes:
        system: Says which video devices there are.
        screen: What a window is drawn with; None is the real one.
        virtual: Opens a virtual camera.
    """

    system: System
    screen: Screen | None = None
    virtual: Open = pyvirtualcam_camera


def live(options: argparse.Namespace, interrupt: Interrupt, devices: Devices | None = None) -> int:
    """Run until the user has enough."""
    devices = devices or Devices(ThisSystem())
    one_thread_each()
    if options.record:
        if Path(options.source).is_file():
            refuse_same(Path(options.source), options.record)
        refuse_existing(options.record, options.overwrite)
    size = _size(options.size)
    if not 1 <= options.rate <= FASTEST:
        raise UsageError(f"--rate {options.rate}: from 1 to {FASTEST}")
    if options.virtual_camera is not None and sys.platform == "linux":
        chosen(options.virtual_camera or None, devices.system)  # what fails fast comes first
    with ExitStack() as stack:
        annotator = stack.enter_context(Annotator(replace(look_of(options), veil=options.cover_all_on_loss)))
        if not options.quiet:
            say_what_runs(annotator, options)
        annotator.warm_up()
        start, name = source_of(options, size, devices.system)
        source = ReconnectingSource(
            start,
            name,
            leave=lambda: interrupt.asked,
            tell=lambda text: say(f"emojicam: {text}"),
            once=Path(options.source).is_file() and not options.loop,
        )
        show = stack.enter_context(_Show(options, size, annotator, source, devices))
        with settled(), interrupt.patiently():
            result = annotator.drawing(source).run(show, leave=lambda: interrupt.asked)
    if not options.quiet:
        say(f"emojicam: {name}: {source.counts}, {source.counts.dropped + result.dropped} dropped{show.said()}")
    if options.stats and result.times is not None:
        say(str(result.times))
    return 0


def source_of(
    options: argparse.Namespace, size: tuple[int, int], system: System
) -> tuple[Callable[[], Iterator[Frame]], str]:
    """How to open what the user named, and what it is called in messages.

    Raises:
        UsageError: It can't be a source.
    """
    given: str = options.source
    if "://" in given:
        if given.split("://")[0].lower() not in PROTOCOLS:
            raise UsageError(f"{redacted(given)}: a stream is one of {', '.join(PROTOCOLS)}")
        return partial(network, given), redacted(given)
    if Path(given).is_file():
        return partial(looped, Path(given), loop=options.loop), Path(given).name
    if options.loop:
        raise UsageError(f"{given}: no such file to show in a loop")
    return partial(camera, given, size, options.rate, system), f"camera {given}"


class _Show:
    """All the sinks of a live run, and the keys of its window; use it in a `with`."""

    def __init__(
        self,
        options: argparse.Namespace,
        size: tuple[int, int],
        annotator: Annotator,
        source: ReconnectingSource,
        devices: Devices,
    ) -> None:
        self._options, self._size, self._annotator, self._source = options, size, annotator, source
        self._borders = devices
        self._window: Window | None = None
        self._virtual: VirtualCamera | None = None
        self._recording: _Recording | None = None
        self._report: ReportWriter | None = None
        self._ages: deque[float] = deque(maxlen=60)
        self._shown: deque[float] = deque(maxlen=60)
        self._paused = False
        self._last: Drawn | None = None
        self._stills = 0
        self._zero: float | None = None

    def __enter__(self) -> _Show:
        options, devices = self._options, self._borders
        self._stack = ExitStack()
        with self._stack as stack:
            if options.virtual_camera is not None:
                camera = VirtualCamera(
                    self._size,
                    options.rate,
                    options.virtual_camera or None,
                    devices.system,
                    crop=options.crop,
                    start=devices.virtual,
                )
                self._virtual = stack.enter_context(camera)
                say(f"emojicam: {camera.device} runs: {ADVICE}")
            if not options.no_window:
                window = Window(self._key, self._status, mirror=not options.no_mirror, screen=devices.screen)
                self._window = stack.enter_context(window)
            if options.report:
                self._report = stack.enter_context(self._annotator.report(options.report, overwrite=options.overwrite))
            if options.record:
                self._record(options.record)
            stack.callback(self._stop_recording)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.__exit__(None, None, None)  # however it ends: what was recorded is whole

    def __call__(self, drawn: Drawn) -> None:
        """Show a frame everywhere."""
        now = time.monotonic()
        self._ages.append(now - drawn.judged.frame.time)
        self._shown.append(now)
        if self._paused and self._last is not None:
            drawn = self._last
        self._last = drawn
        if self._virtual is not None:
            self._virtual(drawn)
        frame = drawn.judged.frame
        if self._zero is None and not frame.placeholder:
            self._zero = frame.time
        if self._recording is not None and not self._paused:
            self._written(drawn)
        if self._report is not None and self._zero is not None and not self._paused:
            # From the first picture on, as the recording's times are; not since the machine was started.
            timed = replace(drawn.judged, frame=replace(frame, time=frame.time - self._zero))
            self._report.add(self._source.name, timed)
        if self._window is not None:
            self._window(drawn)

    def said(self) -> str:
        """For the last line: what was written."""
        if self._virtual is None:
            return ""
        return f"; {self._virtual.device}: {self._virtual.sent:,} sent, {self._virtual.repeated:,} of them again"

    def _status(self) -> str:
        passed = self._shown[-1] - self._shown[0] if len(self._shown) > 1 else math.inf
        rate = (len(self._shown) - 1) / passed if passed > 0 else 0.0
        age = sorted(self._ages)[len(self._ages) // 2] if self._ages else 0.0
        recording = "  recording" if self._recording else ""
        paused = "  paused" if self._paused else ""
        return (
            f"{rate:.0f} fps  {1000 * age:.0f} ms  {self._annotator.classify.provider.value}{recording}{paused}  h help"
        )

    def _key(self, key: str) -> None:
        try:
            self._act(key)
        except EmojicamError as error:  # a full disk, say: no reason to end a meeting
            complain(error, str(error))

    def _act(self, key: str) -> None:
        if key == " ":
            self._paused = not self._paused
        elif key == "s":
            self._still()
        elif key == "r":
            if self._recording is not None:
                self._stop_recording()
            else:
                self._record(Path(time.strftime("emojicam-%Y%m%d-%H%M%S.mp4")))
        elif key in "cbl":
            self._change(Style({"c": "cover", "b": "badge", "l": "label"}[key]), None)
        elif key in "123456789":
            themes = assets.themes()
            if int(key) <= len(themes):
                self._change(None, themes[int(key) - 1])

    def _change(self, style: Style | None, theme: str | None) -> None:
        self._annotator.restyle(style, theme)

    def _still(self) -> None:
        if self._last is None:
            return
        frame = self._last.judged.frame
        bgr = Frame(0, 0.0, self._last.pixels, frame.format, frame.colour).bgr()
        self._stills += 1
        path = Path(time.strftime(f"emojicam-%Y%m%d-%H%M%S-{self._stills}.png"))
        write_photo(Photo(bgr, None, "PNG"), path)
        say(f"emojicam: {path}")

    def _written(self, drawn: Drawn) -> None:
        """Record a frame; what goes wrong with that ends the recording alone."""
        assert self._recording is not None
        try:
            self._recording(drawn)
        except EmojicamError as error:
            complain(error, str(error))
            self._recording = None

    def _record(self, path: Path) -> None:
        self._recording = _Recording(path, self._options)

    def _stop_recording(self) -> None:
        if self._recording is not None:
            recording, self._recording = self._recording, None
            recording.close()


class _Recording:
    """A file that is written while the stream goes on; its size is that of its first frame."""

    def __init__(self, path: Path, options: argparse.Namespace) -> None:
        refuse_existing(path, options.overwrite)
        self._path, self._options = path, options
        self._writer: VideoWriter | None = None
        self._began = 0.0
        self._last = -1

    def __call__(self, drawn: Drawn) -> None:
        frame = drawn.judged.frame
        if self._writer is None and frame.placeholder:
            return  # it has not the size of the pictures that are to come
        if self._writer is None:
            self._began = frame.time
            self._size = frame.width & ~1, frame.height & ~1
            info = VideoInfo(
                sound=None,
                width=self._size[0],
                height=self._size[1],
                time_base=TICKS,
                rate=Fraction(self._options.rate),
                frames=None,
                sample_aspect=Fraction(1),
                colour=Colour(),
                tags=ColourTags(range=1, matrix=6),
            )
            writer = VideoWriter(self._path, info, preset=self._options.codec_preset, overwrite=self._options.overwrite)
            self._writer = writer.__enter__()
        at = round((frame.time - self._began) / TICKS)
        if at <= self._last:
            return
        self._last = at
        whole = Frame(0, 0.0, drawn.pixels, frame.format, frame.colour)
        pixels = letterbox(whole, self._size, crop=False)
        timed = replace(frame, pixels=pixels, time=float(at * TICKS), format=Format.I420, colour=Colour())
        self._writer(Drawn(replace(drawn.judged, frame=timed), pixels))

    def close(self) -> None:
        """The file gets its name."""
        if self._writer is not None:
            self._writer.__exit__(None, None, None)
            say(f"emojicam: {self._path}: {self._writer.frames} frames")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 7680 and 16 <= int(height) <= 4320):
        raise UsageError(f"--size {text}: WIDTHxHEIGHT in px, 16x16 to 7680x4320")
    return int(width), int(height)
