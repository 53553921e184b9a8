"""The command `live`: cameras and streams into a window, virtual cameras and files, at the same time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

# First of all that is heavy: each of the wheels of OpenCV and PyAV brings an X11 library of its own (libxcb), and where
# PyAV's is loaded before OpenCV's, opening a window never returns (https://github.com/PyAV-Org/PyAV/issues/978).
import cv2  # noqa: F401

from emojicam.codecs import say_what_codecs_run
from emojicam.console import say
from emojicam.errors import UsageError
from emojicam.files import refuse_existing, refuse_same
from emojicam.interrupt import Interrupt
from emojicam.opening import opening_of
from emojicam.progress import say_what_runs
from emojicam.settings import Settings
from emojicam.several import Several
from emojicam.show import Devices, Show, ShowOptions, Sources
from emojicam.stream.live.cameras import camera
from emojicam.stream.live.devices import System, ThisSystem
from emojicam.stream.live.loopback import all_chosen
from emojicam.stream.live.named import is_file, refuse_as_device
from emojicam.stream.live.next_camera import NextCamera
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.live.together import Together, told_apart
from emojicam.stream.media.sinks import refuse_suffix
from emojicam.stream.meter import Times
from emojicam.theme import say_of_theme
from emojicam.wall import Wall
from emojicam.wiring import Annotator, one_thread_each, settled

FASTEST = 240
"""Frames a second that may be asked for at most."""


@dataclass(frozen=True)
class LiveOptions:
    """The options of `emojicam live`.

    Attributes:
        sources: Cameras' numbers or devices, URLs, or video files; several are shown in one window.
        settings: How faces are found, judged and drawn.
        loop: Show a video file again and again.
        size: Size of the camera and the virtual camera, WIDTHxHEIGHT px.
        rate: Frames a second of both.
        virtual_camera: The virtual camera's device, or one for each source, parted by commas; "" is the first that is
            free, None is none.
        crop: Cut for the virtual camera's shape, instead of adding bars.
        record: Write it to a file too; of several sources each has its number in the file's name.
        report: Where to record what was seen.
        no_window: Show no window.
        no_mirror: Don't mirror the window's picture.
        stats: Tell at the end what each step took.
        overwrite: Files that are there may be replaced.
    """

    sources: list[str]
    settings: Settings
    loop: bool
    size: str
    rate: int
    virtual_camera: str | None
    crop: bool
    record: Path | None
    report: Path | None
    no_window: bool
    no_mirror: bool
    stats: bool
    overwrite: bool


def live(options: LiveOptions, interrupt: Interrupt, devices: Devices | None = None) -> int:
    """Show cameras or streams until the user has enough."""
    devices = devices or Devices(ThisSystem())
    one_thread_each()
    shown = _shown(options)
    cameras = _named(options.virtual_camera, len(options.sources))
    openings = [source_of(given, options, shown.size, devices.system) for given in options.sources]
    each = [replace(shown, record=record) for record in records(options.record, len(openings))]
    for one in each:
        _refuse_record(one, options.sources)
    if cameras and sys.platform == "linux":
        cameras = [*all_chosen(cameras, devices.system)]  # what fails fast comes first
    if len(each) > 1:
        each = [replace(one, virtual_camera=camera) for one, camera in zip_longest(each, cameras)]
    say_of_theme(options.settings)
    say_what_codecs_run(options.settings)
    with Annotator(options.settings, sharp=False) as annotator:
        say_what_runs(annotator.classifiers, annotator.detect.looks, options.settings)
        annotator.warm_up()
        run = _one if len(openings) == 1 else _several
        times, code = run(options, openings, each, annotator, interrupt, devices)
        if options.stats and times is not None:
            say(str(times))
        return code


def _one(
    options: LiveOptions,
    openings: Sequence[Opening],
    each: Sequence[ShowOptions],
    annotator: Annotator,
    interrupt: Interrupt,
    devices: Devices,
) -> tuple[Times | None, int]:
    """Show the only source; give what the steps took, and the exit code."""
    (first,), (shown,) = openings, each
    source = ReconnectingSource(first, leave=lambda: interrupt.asked, tell=_tell)
    sources = Sources(source, _next_camera(options, first, shown.size, devices.system))
    with Show(shown, sources, annotator, devices) as show, settled(), interrupt.patiently():
        result = annotator.drawing(source).run(show, leave=lambda: interrupt.asked)
    if not options.settings.quiet:
        say(f"emojicam: {source.name}: {source.counts}, {source.counts.dropped + result.dropped} dropped{show.said()}")
    return result.times, 0


def _several(
    options: LiveOptions,
    openings: Sequence[Opening],
    each: Sequence[ShowOptions],
    annotator: Annotator,
    interrupt: Interrupt,
    devices: Devices,
) -> tuple[Times | None, int]:
    """Show several sources beside each other, as `_one` does; whichever is given up for good leaves its exit code."""
    together = Together(told_apart(openings), leave=lambda: interrupt.asked, tell=_tell)
    with Wall(each, [source.name for source in together.sources], annotator, devices) as wall:
        stages = Several(annotator, options.settings, len(openings), wall)
        with settled(), interrupt.patiently():
            result = stages.line(together).run(wall, leave=lambda: interrupt.asked)
    if not options.settings.quiet:
        for source, dropped, stream in zip(together.sources, together.dropped, wall.streams, strict=True):
            dropped += source.counts.dropped
            say(f"emojicam: {source.name}: {source.counts}, {dropped} dropped{stream.outlet.said()}")
    return result.times, together.errors[0].exit_code if together.errors else 0


def _tell(text: str) -> None:
    say(f"emojicam: {text}")


def _refuse_record(shown: ShowOptions, sources: Sequence[str]) -> None:
    """Refuse to record into a file that is a source, that is there, or that no video can be.

    Raises:
        EmojicamError: It is one of these.
    """
    if shown.record is None:
        return
    for given in sources:
        if is_file(given):
            refuse_same(Path(given), shown.record)
    refuse_suffix(shown.record)
    refuse_existing(shown.record, shown.overwrite)


def _named(word: str | None, count: int) -> list[str]:
    """List the virtual cameras that are asked for, one for each stream; "" is the first that is free.

    Raises:
        UsageError: One can't be meant, or there are not as many of them as streams.
    """
    if word is None:
        return []
    named = word.split(",") if word and count > 1 else [word] * count
    for one in named:
        refuse_as_device(one)
    if len(named) != count:
        raise UsageError(f"--virtual-camera {word}: {count} streams want {count} devices, parted by commas")
    return named


def records(path: Path | None, count: int) -> list[Path | None]:
    """Give each of several streams a file of its own: talk.mp4 becomes talk-1.mp4, talk-2.mp4 and so on."""
    if path is None or count == 1:
        return [path] * count
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, count + 1)]


def source_of(given: str, options: LiveOptions, size: tuple[int, int], system: System) -> Opening:
    """Find the way to open what the user named; nothing is opened yet.

    Args:
        given: The source, as it was typed.
        options: The others.
        size: Width and height that a camera is asked for, px.
        system: Says which cameras there are.

    Raises:
        UsageError: It can't be a source.
        InputError: It is a file, and no video.
    """
    if options.loop and not any(map(is_file, options.sources)) and "://" not in given:
        raise UsageError(f"{given}: no such file to show in a loop")
    return opening_of(given, size, options.rate, system, loop=options.loop)


def _next_camera(options: LiveOptions, first: Opening, size: tuple[int, int], system: System) -> NextCamera:
    """Make what knows which camera comes next."""
    (given,) = options.sources
    named = None if "://" in given or is_file(given) else given
    return NextCamera(first, named, system, lambda path: camera(path, size, options.rate, system))


def _shown(options: LiveOptions) -> ShowOptions:
    """The sinks that the options ask for.

    Raises:
        UsageError: The size or the rate can't be had.
    """
    size = _size(options.size)
    if not 1 <= options.rate <= FASTEST:
        raise UsageError(f"--rate {options.rate}: from 1 to {FASTEST}")
    return ShowOptions(
        size=size,
        rate=options.rate,
        virtual_camera=options.virtual_camera,
        crop=options.crop,
        window=not options.no_window,
        mirror=not options.no_mirror and len(options.sources) == 1,  # several are watched; one may be oneself
        record=options.record,
        report=options.report,
        preset=options.settings.preset,
        encoder=options.settings.encoder,
        theme=options.settings.theme,
        overwrite=options.overwrite,
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 7680 and 16 <= int(height) <= 4320):
        raise UsageError(f"--size {text}: WIDTHxHEIGHT in px, 16x16 to 7680x4320")
    return int(width), int(height)
