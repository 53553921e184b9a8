"""Whether a live run stays as it is for as long as it runs.

usage: python benchmarks/live.py [MINUTES]     (default: 10)

A file with one face, 1280x720 at 30 frames a second, shown in a loop as a camera is: read by the thread that a driver
could hang, through the line, into a virtual camera whose back end only counts. Prints ages, drops and the memory's
course from the sixth minute on. The store of emoji that were made, which takes minutes to fill up to its 96 MB, is
filled with the first frames, in the thread that draws (each has memory of its own). Linux alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from array import array
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
from clips import write_clip
from latency import RATE
from soak import state

from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.devices import Device
from emojicam.stream.live.paced import looped
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.live.virtual import VirtualCamera
from emojicam.stream.types import Drawn, Emotion, Format, Frame, Judged, JudgedFace
from emojicam.wiring import Annotator, one_thread_each, settled

NOTE_EVERY = 5.0
"""Seconds between two looks at the memory."""

WARM = 300.0
"""Seconds that the memory's course does not count, if they are less than half of all.

The frames in use are some more or less all the time, and what malloc keeps of them rises to its most in about so long.
"""


class Counting:
    """A machine with a loopback, and a back end that counts."""

    device = "/dev/video10"

    def __init__(self) -> None:
        self.sent = 0

    def devices(self) -> list[Device]:
        """One that is free."""
        return [Device(self.device, "counts", "v4l2 loopback", outputs=True)]

    def users(self, path: str) -> list[str]:
        """Nobody."""
        return []

    def start(self, width: int, height: int, rate: int, device: str | None) -> Counting:
        """Opened."""
        return self

    def send(self, frame: Pixels) -> None:
        """One more."""
        self.sent += 1

    def close(self) -> None:
        """Nothing to do."""


FILL = 150
"""Emoji with which the store is full."""


def fill_store(annotator: Annotator, number: int) -> None:
    """Draw an emoji of a size and roll of its own."""
    frame = Frame(0, 0.0, np.zeros((1080, 1280), np.uint8), Format.I420)
    labels = annotator.labels
    emotion = Emotion(labels, tuple(float(label == labels[0]) for label in labels))
    side = 250.0 + number
    eyes = ((500.0, 300.0), (600.0, 300.0))
    face = JudgedFace(box=(400, 200, side, side), score=0.9, eyes=eyes, roll=3.0 * number, emotion=emotion)
    annotator.overlay(Judged(frame, (face,)))


def main() -> int:
    """Print all; 1 if anything was dropped or grows."""
    if len(sys.argv) > 2:
        print(__doc__)
        return 2
    seconds = 60 * (float(sys.argv[1]) if sys.argv[1:] else 10.0)
    one_thread_each()
    ages = array("d")
    notes: list[tuple[float, float, int, int]] = []
    began = time.monotonic()

    def sink(drawn: Drawn) -> None:
        now = time.monotonic()
        ages.append(now - drawn.judged.frame.time)
        if len(drawn.judged.faces) != 1 or np.array_equal(drawn.pixels, drawn.judged.frame.pixels):
            raise SystemExit(f"frame {drawn.judged.frame.index}: no emoji on its face")
        virtual(drawn)
        if not notes or now - began - notes[-1][0] >= NOTE_EVERY:
            notes.append((now - began, *state()))

    counting, filled = Counting(), count()

    def fill(drawn: Drawn) -> Drawn:
        if (number := next(filled)) < FILL:
            fill_store(annotator, number)
        return drawn

    with tempfile.TemporaryDirectory() as folder, Annotator(Settings(range=Range.NEAR, quiet=True)) as annotator:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, 1280, 720, 1, 8 * RATE)  # two whole sways: the loop is without a jump
        source = ReconnectingSource(
            Opening(partial(looped, clip, loop=True), "the clip"),
            leave=lambda: time.monotonic() - began > seconds,
            tell=print,
        )
        annotator.warm_up()
        with settled(), VirtualCamera((1280, 720), RATE, None, counting, start=counting.start) as virtual:
            result = annotator.drawing(source).along("fill", fill).run(sink)
    p50, p95, p99 = (1000 * float(np.quantile(ages[RATE:], share)) for share in (0.5, 0.95, 0.99))
    dropped = source.counts.dropped + result.dropped
    print(
        f"{len(ages):,} frames in {seconds / 60:g} minutes, {dropped} dropped ({source.counts.dropped} at the source); "
        f"to the virtual camera {counting.sent:,}"
    )
    print(f"age p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, most {1000 * max(ages[RATE:]):.1f} ms")
    later = [note for note in notes if note[0] >= min(WARM, seconds / 2)]
    slope = float(np.polyfit([note[0] for note in later], [note[1] for note in later], 1)[0]) * 600
    (at, first, *_), (_, last, *_) = later[0], later[-1]
    print(
        f"memory {first:.1f} MB after {at:.0f} s, {last:.1f} MB at the end: {slope:+.2f} MB in ten minutes; "
        f"threads {sorted({note[2] for note in later})}, descriptors {sorted({note[3] for note in later})}"
    )
    return int(dropped > 0 or slope >= 1.0)


if __name__ == "__main__":
    sys.exit(main())
