"""Read a file a second time, behind the first: what is known of its frames waits, the frames themselves needn't.

Ten seconds of frames are gigabytes; to decode a frame twice costs 1.3 ms (720p).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from emojicam.stream.types import Frame, Judged


class Repeatable(Protocol):
    """A file that is being read, and can be read once more."""

    @property
    def whole(self) -> bool:
        """Whether nothing damaged has been read so far: a second reading gives the same frames then."""
        ...

    def again(self) -> AbstractContextManager[Iterable[Frame]]:
        """Open the same file once more."""
        ...


class Reread:
    """Gives frames back their pixels. A stage that takes all frames of a file, those with pixels as they are.

    Attributes:
        lost: Frames that the second reading lacks, or has otherwise; they are left out, never drawn on another picture.
    """

    def __init__(self, source: Repeatable) -> None:
        """Open nothing yet.

        Args:
            source: The file as it is read for the first time.
        """
        self._source = source
        self._next: Frame | None = None
        self.lost = 0

    def __call__(self, frames: Iterable[Judged]) -> Iterator[Judged]:
        """Give every frame with its pixels, in order."""
        with self._source.again() as source:
            second = iter(source)
            try:
                for judged in frames:
                    if not judged.frame.is_away:
                        yield judged
                        continue
                    frame = self._like(judged.frame, second)
                    if frame is None:
                        self.lost += 1
                    else:
                        yield replace(judged, frame=frame)
            finally:
                close = getattr(second, "close", None)
                if close is not None:
                    close()

    def doubtful(self) -> bool:
        """Whether the file might read differently a second time: its frames must be held then."""
        return not self._source.whole

    def _like(self, wanted: Frame, second: Iterator[Frame]) -> Frame | None:
        """Find the frame of the same time; what the second reading has more is left out."""
        while self._next is None or self._next.time < wanted.time:
            self._next = next(second, None)
            if self._next is None:
                return None
        frame = self._next
        if frame.time > wanted.time or frame.pixels.shape != wanted.pixels.shape:
            return None
        self._next = None
        return replace(frame, index=wanted.index, is_spare=True)

    @property
    def notes(self) -> list[str]:
        """Notes for the user, once all frames are read."""
        if not self.lost:
            return []
        several = "frame was" if self.lost == 1 else "frames were"
        return [f"{self.lost} {several} left out: the file reads differently a second time"]
