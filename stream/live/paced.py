"""Read a video file as if it were a camera: its frames at their times, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Frame

LATE = 0.04
"""Seconds by which a frame may be late: after more, the rest of the file is late by as much.

What is missed isn't caught up with in a burst: who shows the frames would have to drop them.
"""

AGAIN = 0.5
"""Seconds after which a frame is given again if the next isn't due (of slides, say): who gives nothing seems lost."""


def looped(
    path: Path,
    *,
    loop: bool,
    now: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[Frame]:
    """Give the frames of a file at the pace of its own timestamps.

    Args:
        path: The video.
        loop: Begin again at its end.
        now: Gives the time in seconds.
        wait: Sleeps for some seconds.

    Yields:
        I420 frames with the file's own times.

    Raises:
        EmojicamError: The file can't be read.
    """
    while True:
        begun: float | None = None
        shown: Frame | None = None
        with VideoFile(path) as video:
            for frame in video:
                if begun is None:
                    begun = now() - frame.time
                while (ahead := begun + frame.time - now()) > 0:
                    wait(min(ahead, AGAIN))
                    if ahead > AGAIN and shown is not None:
                        yield shown
                begun = max(begun, now() - frame.time - LATE)
                shown = frame
                yield frame
        if not loop:
            return
