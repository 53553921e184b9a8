"""Have the second net see every frame of a stream before the detector takes it: on a GPU, several frames at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from emojicam.stream.choices import Range
from emojicam.stream.faces.boxes import merge
from emojicam.stream.faces.centerface import fitting
from emojicam.stream.faces.looks import HINT
from emojicam.stream.faces.scan import LEAST, sizes
from emojicam.stream.faces.views import View, parts
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame

BATCH = 8
"""Frames of a file that a GPU sees at once, always as many: each size of batch is another plan, which takes time to
make and may give other last digits. A CPU sees one: eight of 480x288 px take it twice as long each, as their layers
don't stay in its cache, and 220 MB more."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of frames that wait for each other at most: five of 4K."""

DETAIL_EVERY = {Range.NEAR: math.inf, Range.AUTO: 0.5, Range.FAR: 0.2}
"""Seconds between two frames that are seen in detail too, for faces that are too small in the view of every frame."""


class SecondNet(Protocol):
    """The second net, as it is asked here."""

    def __call__(self, pictures: Sequence[Pixels], threshold: float) -> list[list[Face]]:
        """Find the faces in pictures of one size, which are run as one batch.

        Args:
            pictures: RGB uint8 HxWx3 each.
            threshold: Least score of a find, 0-1.
        """


@dataclass(frozen=True)
class Scanned:
    """A frame, and what the second net found in it.

    Attributes:
        frame: The picture.
        found: What may be a face, each once, the surest first; None if it wasn't looked at.
    """

    frame: Frame
    found: tuple[Face, ...] | None


class ScanAhead:
    """Scans every frame of one stream. A stage that takes all frames; those of a batch leave together.

    Attributes:
        most: Frames that are scanned at once; fewer, if they are large.
    """

    def __init__(self, net: Callable[[], SecondNet | None], range: Range, most: int = 1) -> None:
        """Open nothing yet.

        Args:
            net: Gives the second net, opened; asked for each frame until it gives one, in the thread that runs the
                stage. None: it can't be had, or not yet, and the frame isn't looked at.
            range: How far to look.
            most: Frames that it sees at once.
        """
        self._open, self._range, self.most = net, range, most
        self._detail = math.inf

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Scanned]:
        """Give every frame, scanned, in order."""
        frames = iter(frames)
        while (net := self._open()) is None:
            frame = next(frames, None)
            if frame is None:
                return
            yield Scanned(frame, None)
        for batch in self._batches(frames):
            for frame, found in zip(batch, self.found(net, batch), strict=True):
                yield Scanned(frame, tuple(found))

    def found(self, net: SecondNet, frames: Sequence[Frame]) -> Iterator[list[Face]]:
        """Give what the net finds in each of some frames of one size."""
        width, height = frames[0].width, frames[0].height
        if min(width, height) < LEAST:
            yield from ([] for _ in frames)
            return
        smallest, *finer = sizes(width, height, self._range)
        whole = View(0, 0, width, height, smallest)
        seen = [whole.quickly(frame, fitting) for frame in frames]
        missing = self._at_once(frames[0]) - len(frames)
        answers = net(seen + missing * seen[-1:], HINT)
        for frame, picture, faces in zip(frames, seen, answers, strict=False):
            near = [whole.back(face, picture) for face in faces]
            yield merge(near + self._in_detail(net, frame, finer))

    def _in_detail(self, net: SecondNet, frame: Frame, scales: Sequence[float]) -> list[Face]:
        """Look at a frame's parts as they are, if it is time."""
        passed = frame.time - self._detail
        if not scales or 0 <= passed < DETAIL_EVERY[self._range] - 1e-6:
            return []
        self._detail = frame.time
        found = []
        for view in (view for scale in scales for view in parts(frame.width, frame.height, scale)):
            seen = view.of(frame)
            found += [view.back(face, seen) for face in net([seen], HINT)[0]]
        return found

    def _at_once(self, frame: Frame) -> int:
        """The number of frames of this size that are one batch."""
        return max(1, min(self.most, MOST_BYTES // frame.pixels.nbytes))

    def _batches(self, frames: Iterable[Frame]) -> Iterator[list[Frame]]:
        """Gather frames in a row that are of one size: by their number alone, whatever else is late or early."""
        batch: list[Frame] = []
        for frame in frames:
            if batch and frame.pixels.shape != batch[0].pixels.shape:
                yield batch
                batch = []
            batch.append(frame)
            if len(batch) == self._at_once(frame):
                yield batch
                batch = []
        if batch:
            yield batch
