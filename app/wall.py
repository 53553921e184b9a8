"""All the sinks of a live run of several streams: one window with a grid, one report, and an outlet for each stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from emojicam.console import say
from emojicam.outlet import Outlet
from emojicam.show import Devices, Keyed, ShowOptions, recording, virtual_camera
from emojicam.stills import Stills
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.aside import MOST
from emojicam.stream.live.cell import Shown, Size
from emojicam.stream.live.grid import Caption, Grid, letters
from emojicam.stream.live.keys import SEVERAL, Action
from emojicam.stream.live.loopback import ADVICE
from emojicam.stream.live.recent import Recent
from emojicam.stream.live.status import StatusLine
from emojicam.stream.live.together import Of
from emojicam.stream.live.window import Window
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Judged
from emojicam.wiring import Annotator

EVERY = 0.028
"""Seconds between two pictures of the window: at most some 30 a second, whatever comes from all streams together."""

PATIENCE = 1.5
"""Seconds that the window waits, before it opens, for those streams that have given no picture yet."""


class Stream:
    """The sinks of one of the streams, and what was shown of it last.

    Attributes:
        name: What messages call it.
        outlet: Where it goes beside the window.
        status: How quick it is.
        recent: Its last seconds.
        last: Its last frame; None before there is one.
        shown: Frames that reached the sinks, cards that say that there is none not counted.
        over: There will be no more.
    """

    def __init__(self, name: str, outlet: Outlet) -> None:
        self.name, self.outlet = name, outlet
        self.status, self.recent = StatusLine(), Recent()
        self.last: Judged | None = None
        self.shown = 0
        self.over = False

    def figures(self) -> str:
        """Write how quick it is; "" while there is no picture of it."""
        return "" if self.last is None or self.last.frame.placeholder else self.status.figures()


class Wall(Keyed):
    """All the sinks of a live run of several streams, and the keys of its window; use it in a `with`."""

    def __init__(
        self,
        each: Sequence[ShowOptions],
        names: Sequence[str],
        annotator: Annotator,
        devices: Devices,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take note of where to show; nothing is opened before the `with`.

        Args:
            each: Where to show each stream; window and report are as the first has them.
            names: The streams' names.
            annotator: Draws.
            devices: The parts of the world that it touches.
            now: Gives the time in seconds.
        """
        super().__init__(each[0].theme, annotator)
        self._options, self._each = each[0], each
        self._devices, self._now = devices, now
        self.streams = [
            Stream(name, Outlet(virtual_camera(one, devices), partial(recording, one), self._notice, self._complain))
            for name, one in zip(names, each, strict=True)
        ]
        self._grid = Grid(len(each))
        self._report: ReportWriter | None = None
        self._stills = Stills(self._notice, self._complain, MOST * len(each))
        self._chosen: int | None = None
        self._due = 0.0
        self._opens: float | None = None

    def __enter__(self) -> Wall:
        options = self._options
        with self._stack as stack:
            for number, stream in enumerate(self.streams, 1):
                stack.enter_context(stream.outlet)
                if stream.outlet.device is not None:
                    say(f"emojicam: {stream.outlet.device} runs, with {number} {stream.name}: {ADVICE}")
            if options.window:
                window = Window(
                    self._pressed,
                    self._status_text,
                    mirror=options.mirror,
                    screen=self._devices.screen,
                    bindings=SEVERAL,
                )
                self._window = stack.enter_context(window)
            if options.report:
                self._report = stack.enter_context(self._annotator.report(options.report, overwrite=options.overwrite))
            for number, (stream, one) in enumerate(zip(self.streams, self._each, strict=True), 1):
                stack.callback(stream.outlet.stop_recording)
                if one.record:
                    stream.outlet.record(one.record)
                    say(f"emojicam: {one.record}: {number} {stream.name}")
            stack.callback(self._stills.tell_finished)
            stack.enter_context(self._stills)
            self._stack = stack.pop_all()
        return self

    @property
    def cell(self) -> Size | None:
        """Width and height of a cell of the window, px; None without a window."""
        return self._grid.layout.cell if self._options.window else None

    @property
    def mirror(self) -> bool:
        """Whether the cells show their pictures as mirrors do."""
        return self._window is not None and self._window.mirror

    def whole(self, stream: int) -> bool:
        """Whether the frames of a stream are sent, or recorded, in their own size."""
        outlet = self.streams[stream].outlet
        return outlet.virtual is not None or outlet.recording is not None

    def __call__(self, one: Of[Shown]) -> None:
        """Hand a frame to the sinks of its stream; in a pause nothing is, and the window stands still."""
        stream, now = self.streams[one.stream], self._now()
        stream.shown += not one.item.judged.frame.placeholder
        stream.status.count(one.item.judged.frame.time, now)
        if not self._paused or one.last:
            self._take(stream, one)
        if self._window is not None and now >= self._due and self._is_complete(now):
            self._due = now + EVERY
            self._stills.tell_finished()
            self._window.lay(self._grid.size, self._picture)

    def _is_complete(self, now: float) -> bool:
        """Whether the window may open: its shape depends on the pictures', but nobody is waited for for long."""
        if self._opens is None:
            self._opens = now + PATIENCE
        return self._grid.complete or now >= self._opens

    def _take(self, stream: Stream, one: Of[Shown]) -> None:
        shown = one.item
        stream.last, stream.over = shown.judged, one.last
        timed = stream.outlet.timed(shown.judged)
        if shown.whole is not None:
            stream.outlet.send(shown.whole)
        if one.last:
            stream.outlet.stop_recording()
        elif shown.whole is not None:
            stream.outlet.write(shown.whole)
        if self._report is not None and timed is not None and not one.last:
            self._report.add(stream.name, timed)
        if shown.small is not None and shown.picture is not None:
            stream.recent.add(shown.small)
            self._grid.put(self.streams.index(stream), shown.picture)

    def _picture(self) -> Pixels:
        assert self._window is not None
        captions = [
            Caption(
                f"{number + 1} {stream.name}",
                stream.figures(),
                recording=stream.outlet.recording is not None,
                chosen=number == self._chosen,
            )
            for number, stream in enumerate(self.streams)
        ]
        picture = self._grid.composed(captions, self._window.room)
        self._window.write(picture, letters((picture.shape[1], picture.shape[0])))
        return picture

    def _status_text(self) -> str:
        provider = self._annotator.classify.provider.value
        return f"{provider}{'  paused' * self._paused}  Tab chooses  h help"

    def _act(self, action: Action, key: str) -> None:
        if action is Action.CHOOSE:
            self._choose()
        elif action is Action.STILL:
            self._still()
        elif action is Action.GIF:
            for number, stream in self._meant():
                self._stills.gif(stream.recent.frames(), f"-stream{number}")
        elif action is Action.RECORD:
            self._record()
        else:
            super()._act(action, key)

    def _choose(self) -> None:
        """Go on to the next stream that the keys are for; after the last they are for all."""
        number = 0 if self._chosen is None else self._chosen + 1
        self._chosen = number if number < len(self.streams) else None
        self._notice("all streams" if self._chosen is None else f"{number + 1} {self.streams[number].name}")

    def _meant(self) -> Iterator[tuple[int, Stream]]:
        """The streams that a key is for, with their numbers from 1: that which is chosen, or all."""
        for number, stream in enumerate(self.streams):
            if self._chosen in (None, number) and not stream.over:
                yield number + 1, stream

    def _still(self) -> None:
        for number, stream in self._meant():
            if stream.last is not None:
                self._stills.still(self._annotator.overlay_apart(stream.last), f"-stream{number}")

    def _record(self) -> None:
        """End the recordings of those that are meant, if there are any, and begin some otherwise."""
        meant = list(self._meant())
        running = [stream for _, stream in meant if stream.outlet.recording is not None]
        for stream in running:
            stream.outlet.stop_recording()
        for number, stream in [] if running else meant:
            stream.outlet.record(Path(time.strftime(f"emojicam-%Y%m%d-%H%M%S-stream{number}.mp4")))
