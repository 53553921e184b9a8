"""Decide when the second net looks at whole frames of a stream, and have it look: at once, or beside the stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

from emojicam.stream.choices import Range
from emojicam.stream.faces.follow import followed
from emojicam.stream.faces.looks import Looks
from emojicam.stream.faces.scenes import Thumbnail, changed
from emojicam.stream.faces.views import View, parts, scales
from emojicam.stream.types import Box, Face, Frame

EVERY, SOONER = 1.5, 0.4
"""Seconds between two scans while nothing is new in the picture, and where something has stirred since the last."""

DETAIL_EVERY, DETAIL_SMALL, DETAIL_SOONER = 15.0, 5.0, 3.0
"""Seconds between two scans that show more detail, for faces that are too small for the others: while nothing is new,
where a known face is small, and where something has stirred since the last."""

LOST = 0.3
"""Seconds between two scans while something known isn't seen."""

DETAIL = 1280 * 720
"""Pixels of a view in detail: it takes 0.11 s."""

LEAST = 8
"""Px of the shorter side of a frame below which it is never scanned."""

SMALL = 24
"""Px of the smallest view below which a known face is small."""


def sizes(width: int, height: int, range: Range) -> list[float]:
    """Choose the scales at which a stream's frames are scanned, the smallest first.

    Args:
        width: Of a frame, px.
        height: Of a frame, px.
        range: How far to look.
    """
    return scales(width, height, width * height if range is Range.FAR else DETAIL)


@dataclass(frozen=True)
class Situation:
    """The facts by which it is decided whether a frame is scanned.

    Attributes:
        known: Boxes of the faces that are known, px.
        lost: One of them isn't seen.
        thumbnail: The frame's.
    """

    known: Sequence[Box]
    lost: bool
    thumbnail: Thumbnail

    @property
    def smallest(self) -> float:
        """Width of the smallest known face, px."""
        return min((box[2] for box in self.known), default=math.inf)

    def stirs(self, since: Thumbnail | None, frame: Frame) -> bool:
        """Whether there is something new in the frame: somebody may have come."""
        if since is None:
            return False
        k, m = 1 / frame.width, 1 / frame.height
        return changed(self.thumbnail, since, [(x * k, y * m, w * k, h * m) for x, y, w, h in self.known])


class Scan(Protocol):
    """The second net's looks at the whole frames of one stream."""

    def begin(self) -> None:
        """Forget what was: the next frame begins a scene."""

    def __call__(self, frame: Frame, situation: Situation) -> list[Face]:
        """Take a frame, and give what was found, in it or in one a moment ago, where it is in this one.

        Args:
            frame: The next frame.
            situation: What is known of it.
        """


class Schedule:
    """Says what of which frame the second net is shown."""

    def __init__(self, range: Range) -> None:
        self._range = range
        self.begin()

    def begin(self) -> None:
        """Forget what was: the next frame begins a scene."""
        self._whole = self._detail = -math.inf
        self._thumbnail: Thumbnail | None = None
        self._detailed: Thumbnail | None = None

    def views(self, frame: Frame, situation: Situation) -> list[View]:
        """Choose the views that it is to look at now; often none."""
        now, width, height = frame.time, frame.width, frame.height
        passed = now - self._whole
        # The pictures are compared only where the answer can matter: this is asked in every frame.
        if min(width, height) < LEAST or passed < min(LOST, SOONER) - 1e-6:
            return []
        if passed < self._pause(frame, situation) - 1e-6:
            return []
        stirs = situation.stirs(self._detailed, frame)
        self._whole, self._thumbnail = now, situation.thumbnail
        found = sizes(width, height, self._range)
        small = situation.smallest * found[0] < SMALL
        pause = DETAIL_SOONER if stirs else DETAIL_SMALL if small else DETAIL_EVERY
        if len(found) > 1 and (self._range is Range.FAR or now - self._detail >= pause):
            # A new scene is seen both ways: what fills the picture is too large for the second.
            both = self._detail == -math.inf
            self._detail, self._detailed = now, situation.thumbnail
            found = found if both else found[1:]
        else:
            found = found[:1]
        return [view for scale in found for view in parts(width, height, scale)]

    def _pause(self, frame: Frame, situation: Situation) -> float:
        """Seconds between the last scan and the next."""
        if situation.lost:
            return LOST
        return SOONER if situation.stirs(self._thumbnail, frame) else EVERY


class ScanNow:
    """Scans in the caller's thread: for files, where each frame waits for what is found in it."""

    def __init__(self, looks: Looks) -> None:
        self._looks, self._schedule = looks, Schedule(looks.range)

    def begin(self) -> None:
        """Forget what was."""
        self._schedule.begin()

    def __call__(self, frame: Frame, situation: Situation) -> list[Face]:
        """Scan this frame, if it is time."""
        views = self._schedule.views(frame, situation) if self._looks.two else []
        return self._looks.scan(frame, views) if views else []


@dataclass(frozen=True)
class _Asked:
    """A scan under way: the frame that it looks at, and what it will have found."""

    frame: Frame
    found: Future[list[Face]]


class ScanAside:
    """Scans in a thread of its own: for live streams, whose frames never wait; what it finds joins a moment later."""

    def __init__(self, looks: Looks, thread: Executor) -> None:
        """Begin with a new scene.

        Args:
            looks: The nets; the second is used in another thread than the caller's.
            thread: That thread; several streams may share it.
        """
        self._looks, self._schedule, self._thread = looks, Schedule(looks.range), thread
        self._asked: _Asked | None = None

    def begin(self) -> None:
        """Forget what was; what is under way is of another scene."""
        self._schedule.begin()
        if self._asked is not None:
            self._asked.found.cancel()
        self._asked = None

    def __call__(self, frame: Frame, situation: Situation) -> list[Face]:
        """Have a frame scanned, if it is time, and give what the scan before has found."""
        if not self._looks.two:
            return []
        if self._asked is not None:
            if not self._asked.found.done():
                return []
            asked, self._asked = self._asked, None
            then, now = asked.frame.luma, frame.luma
            moved = [followed(then, now, face) for face in asked.found.result()]
            return [face for face in moved if face is not None]
        views = self._schedule.views(frame, situation)
        if views:
            self._asked = _Asked(frame, self._thread.submit(self._looks.scan, frame, views))
        return []
