"""The last seconds of a live stream, kept small: for whoever finds out afterwards that they were good."""

from __future__ import annotations

from collections import deque

from emojicam.stream.live.letterbox import resized
from emojicam.stream.types import Drawn, Frame

SECONDS = 3.0
"""Seconds that are kept."""

RATE = 12
"""Frames a second that are kept at most."""

SIDE = 480
"""Px that a frame's longer side has at most."""


class Recent:
    """Keeps small copies of the frames of the last seconds: 7 MB of video at most, 25 MB of BGR pictures."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: deque[Frame] = deque(maxlen=round(SECONDS * RATE) + 1)
        self._due = 0.0

    def add(self, drawn: Drawn) -> None:
        """Keep a frame, if it is time for one; no placeholder. One of another size begins anew."""
        frame = drawn.frame
        if frame.time < self._due or drawn.judged.frame.placeholder:
            return
        # By their places in a rhythm, not from one to the next: of 25 frames a second 12 are kept, and not 8.
        late = frame.time - self._due
        self._due += 1 / RATE if late < 1 / RATE else late + 1 / RATE
        small = reduced(frame)
        if self._kept and self._kept[-1].pixels.shape != small.pixels.shape:
            self._kept.clear()
        self._kept.append(small)
        while self._kept[-1].time - self._kept[0].time > SECONDS:
            self._kept.popleft()

    def frames(self) -> tuple[Frame, ...]:
        """Give what is kept, the oldest first: all of one size, in colours and layout of their own."""
        return tuple(self._kept)


def reduced(frame: Frame) -> Frame:
    """Give a copy of a frame whose longer side has `SIDE` px at most, its sides even."""
    scale = min(1.0, SIDE / max(frame.width, frame.height))
    size = (max(2, 2 * round(frame.width * scale / 2)), max(2, 2 * round(frame.height * scale / 2)))
    return resized(frame, size)
