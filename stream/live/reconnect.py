"""A live source that never gives up: what is lost is opened again, and meanwhile a placeholder says so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from emojicam.errors import EmojicamError, Refused
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.reader import ReaderThread, SourceEnded
from emojicam.stream.live.words import Words
from emojicam.stream.types import Frame

BACKOFF = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each further try; the last one for ever."""

SILENCE = 1.0
"""Seconds without a frame after which a placeholder is shown."""

WATCHDOG = 10.0
"""Seconds without a frame after which a source is given up and opened anew."""

PLACEHOLDER_EVERY = 0.2
"""Seconds between two placeholders."""

STUCK = 3
"""Threads that may hang in a driver at the same time; before a further try one of them must have come back."""


@dataclass
class Clock:
    """The source of the time; tests have one of their own."""

    now: Callable[[], float] = time.monotonic


@dataclass
class Counts:
    """Counts of what happened to a live source so far.

    Attributes:
        frames: Frames that came.
        dropped: Frames that came, but so many newer ones after them that nobody wanted them any more.
        stalls: Times that nothing came for `SILENCE` seconds.
        reconnects: Times that it was opened anew with success.
        failures: Times that it could not be opened.
    """

    frames: int = 0
    dropped: int = 0
    stalls: int = 0
    reconnects: int = 0
    failures: int = 0

    def __str__(self) -> str:
        said = {
            f"{self.stalls} stall{'s' * (self.stalls != 1)}": self.stalls,
            f"{self.reconnects} reconnect{'s' * (self.reconnects != 1)}": self.reconnects,
            f"{self.failures} failed tr{'ies' if self.failures != 1 else 'y'}": self.failures,
        }
        return ", ".join([f"{self.frames:,} frames", *(text for text, happened in said.items() if happened)])


@dataclass(frozen=True)
class Opening:
    """A source that can be opened.

    Attributes:
        start: Opens the source and gives its frames; may block or raise at any time.
        name: What messages call it; without credentials.
        about: What else is known of it: a camera's own name; "" if nothing.
        once: Its end is the end: a file that is not to be shown again.
    """

    start: Callable[[], Iterator[Frame]]
    name: str
    about: str = ""
    once: bool = False


@dataclass
class ReconnectingSource:
    """Gives frames of a live source for as long as anybody wants them.

    Attributes:
        opening: The source.
        leave: Asked all the time: if true, the frames end.
        tell: Called with a line when the source is lost or found again.
        spared: Called with what went wrong at the first try, which then is tried again like all others; None: it is
            raised. What is shown only once is never tried again.
        clock: Where the time comes from.
        counts: What happened so far.
    """

    opening: Opening
    leave: Callable[[], bool] = lambda: False
    tell: Callable[[str], None] = lambda text: None
    spared: Callable[[EmojicamError], object] | None = None
    clock: Clock = field(default_factory=Clock)
    counts: Counts = field(default_factory=Counts)
    live = True
    _next: Opening | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """The name by which messages call the source that is shown now."""
        return self.opening.name

    def switch(self, opening: Opening) -> None:
        """Go over to another source; may be called in any thread while frames are taken. Its failures end nothing."""
        self._next = opening

    def __iter__(self) -> Iterator[Frame]:
        """Give frames with their arrival as their time, and placeholders while there are none.

        Raises:
            Refused: It is of no use to go on.
            EmojicamError: The first try failed: nothing was ever seen, and it wasn't spared.
        """
        self._index = 0
        self._latest = -math.inf
        self._size = (1280, 720)
        stuck: list[ReaderThread[Frame]] = []
        tries = 0
        switched = False
        while not self.leave():
            if self._next is not None:
                self.opening, self._next = self._next, None
                tries, switched = 0, True
                yield self.card(f"opening {self.name}")
            stuck = [one for one in stuck if one.alive]
            if len(stuck) >= STUCK:
                yield from self._wait(PLACEHOLDER_EVERY)
                continue
            reader = ReaderThread(self.opening.start, f"reads {self.name}", now=self.clock.now)
            came = 0
            why = "it ended"
            try:
                for frame in self._frames(reader):
                    if frame is not None and not came and tries:
                        self.counts.reconnects += 1
                        self.tell(f"{self.name}: back")
                    came += frame is not None
                    yield frame or self.card("no signal")
                if not self._is_over():
                    why = f"nothing came for {WATCHDOG:g} s"
            except Refused:
                raise
            except SourceEnded:
                if self.opening.once:
                    return
            except EmojicamError as error:
                if not self.counts.frames and not tries and not switched:
                    if self.spared is None or self.opening.once:
                        raise
                    self.spared(error)
                why = str(error).removeprefix(f"{self.name}: ")
            finally:
                if not reader.leave():
                    stuck.append(reader)
                self.counts.dropped += reader.dropped
            if self._is_over():
                continue
            tries = 1 if came else tries + 1
            self.counts.failures += not came
            pause = BACKOFF[min(tries, len(BACKOFF)) - 1]
            self.tell(f"{self.name}: {why}; trying again in {pause:g} s")
            yield from self._wait(pause)

    def _is_over(self) -> bool:
        """Whether nobody wants more of this source: of any, or because of another."""
        return self._next is not None or self.leave()

    def _frames(self, reader: ReaderThread[Frame]) -> Iterator[Frame | None]:
        """Give what comes, and None each time that a placeholder is due; it ends when the watchdog bites."""
        last = self.clock.now()
        silent = False
        while not self._is_over():
            came = reader.next(PLACEHOLDER_EVERY)
            now = self.clock.now()
            if came is not None:
                last, silent = now, False
                frame, arrived = came
                self.counts.frames += 1
                self._size = frame.width, frame.height
                yield self._stamped(frame, arrived)
                continue
            if now - last >= WATCHDOG:
                return
            if now - last >= SILENCE:
                self.counts.stalls += not silent
                silent = True
                yield None

    def _wait(self, seconds: float) -> Iterator[Frame]:
        until = self.clock.now() + seconds
        while self.clock.now() < until and not self._is_over():
            yield self.card("no signal")
            time.sleep(PLACEHOLDER_EVERY)

    def _stamped(self, frame: Frame, arrived: float) -> Frame:
        # A frame may have come a moment before the placeholder that was shown before it: time never runs backwards.
        self._latest = max(arrived, self._latest)
        self._index += 1
        return replace(frame, index=self._index - 1, time=self._latest)

    def card(self, text: str) -> Frame:
        """Draw a picture that says why there is none, in the size of those that came before."""
        return self._stamped(Frame(0, 0.0, placeholder(text, self._size), placeholder=True), self.clock.now())


def placeholder(text: str, size: tuple[int, int]) -> Pixels:
    """Draw a dark picture with a few words in its middle: BGR uint8.

    Args:
        text: One line.
        size: Width and height in px.
    """
    width, height = size
    picture = np.full((height, width, 3), (34, 24, 22), np.uint8)
    Words().write_in_middle(picture, text, max(10, width // 30))
    return picture
