"""The command `live`: a camera or a stream into a window, a virtual camera and a file, at the same time."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emojicam.codecs import say_what_codecs_run
from emojicam.console import say
from emojicam.errors import InputError, UsageError
from emojicam.files import refuse_existing, refuse_same
from emojicam.interrupt import Interrupt
from emojicam.progress import say_what_runs
from emojicam.settings import Settings
from emojicam.show import Devices, Show, ShowOptions, Sources
from emojicam.stream.live.cameras import camera, network, redacted
from emojicam.stream.live.devices import System, ThisSystem
from emojicam.stream.live.loopback import chosen
from emojicam.stream.live.named import is_file, refuse_address, refuse_as_camera, refuse_as_device
from emojicam.stream.live.next_camera import NextCamera
from emojicam.stream.live.paced import looped
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.media.container import Kind, kind
from emojicam.stream.media.sinks import refuse_suffix
from emojicam.theme import say_of_theme
from emojicam.wiring import Annotator, one_thread_each, settled

FASTEST = 240
"""Frames a second that may be asked for at most."""


@dataclass(frozen=True)
class LiveOptions:
    """The options of `emojicam live`.

    Attributes:
        source: A camera's number or device, a URL, or a video file.
        settings: How faces are found, judged and drawn.
        loop: Show a video file again and again.
        size: Size of the camera and the virtual camera, WIDTHxHEIGHT px.
        rate: Frames a second of both.
        virtual_camera: The virtual camera's device; "" is the first that is free, None is none.
        crop: Cut for the virtual camera's shape, instead of adding bars.
        record: Write it to a file too.
        report: Where to record what was seen.
        no_window: Show no window.
        no_mirror: Don't mirror the window's picture.
        stats: Tell at the end what each step took.
        overwrite: Files that are there may be replaced.
    """

    source: str
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
    """Show a camera or a stream until the user has enough."""
    devices = devices or Devices(ThisSystem())
    one_thread_each()
    shown = _shown(options)
    refuse_as_device(options.virtual_camera)
    first = source_of(options, shown.size, devices.system)
    if options.record:
        if is_file(options.source):
            refuse_same(Path(options.source), options.record)
        refuse_suffix(options.record)
        refuse_existing(options.record, options.overwrite)
    if options.virtual_camera is not None and sys.platform == "linux":
        chosen(options.virtual_camera or None, devices.system)  # what fails fast comes first
    say_of_theme(options.settings)
    say_what_codecs_run(options.settings)
    with ExitStack() as stack:
        annotator = stack.enter_context(Annotator(options.settings, sharp=False))
        say_what_runs(annotator.classifiers, annotator.detect.looks, options.settings)
        annotator.warm_up()
        source = ReconnectingSource(first, leave=lambda: interrupt.asked, tell=lambda text: say(f"emojicam: {text}"))
        sources = Sources(source, _next_camera(options, first, shown.size, devices.system))
        show = stack.enter_context(Show(shown, sources, annotator, devices))
        with settled(), interrupt.patiently():
            result = annotator.drawing(source).run(show, leave=lambda: interrupt.asked)
    if not options.settings.quiet:
        say(f"emojicam: {source.name}: {source.counts}, {source.counts.dropped + result.dropped} dropped{show.said()}")
    if options.stats and result.times is not None:
        say(str(result.times))
    return 0


def source_of(options: LiveOptions, size: tuple[int, int], system: System) -> Opening:
    """Find the way to open what the user named; nothing is opened yet.

    Raises:
        UsageError: It can't be a source.
        InputError: It is a file, and no video.
    """
    given = options.source
    if "://" in given:
        refuse_address(given)
        return Opening(partial(network, given), redacted(given))
    if is_file(given):
        path = Path(given)
        if kind(path) is Kind.PHOTO:
            raise InputError(f"{path}: a photo, which doesn't move: `emojicam annotate` takes it")
        return Opening(partial(looped, path, loop=options.loop), path.name, once=not options.loop)
    if options.loop:
        raise UsageError(f"{given}: no such file to show in a loop")
    refuse_as_camera(given)
    return Opening(partial(camera, given, size, options.rate, system), f"camera {given}")


def _next_camera(options: LiveOptions, first: Opening, size: tuple[int, int], system: System) -> NextCamera:
    """Make what knows which camera comes next."""
    given = options.source
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
        mirror=not options.no_mirror,
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
