"""How old a frame is when a live stream shows it.

usage: python benchmarks/latency.py [SECONDS]

A source that is paced at 30 frames a second, 1280x720, one face, as a camera's driver hands frames over; the age is
that of the frame's capture when the sink has it. First with a sink that takes no time, then with one that takes a
tenth of a second, as a window on a remote desktop might.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from clips import write_clip

from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.line import RunResult
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Frame
from emojicam.wiring import Annotator, one_thread_each, settled

RATE = 30


@dataclass
class Paced:
    """Gives frames at their time, whether anybody is ready or not.

    Attributes:
        frames: Shown in turn, again and again.
        seconds: How long.
        late: Seconds by which a frame came later than it should: what the machine, not the line, is to blame for.
    """

    frames: list[Frame]
    seconds: float
    late: list[float] = field(default_factory=list)
    live = True

    def __iter__(self) -> Iterator[Frame]:
        started = time.monotonic()
        for number in range(round(self.seconds * RATE)):
            due = started + number / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            self.late.append(now - due)
            yield replace(self.frames[number % len(self.frames)], index=number, time=now)


def run(annotator: Annotator, frames: list[Frame], seconds: float, pause: float) -> tuple[list[float], RunResult]:
    """Ages in seconds, and what the line did."""
    ages: list[float] = []

    def sink(drawn: Drawn) -> None:
        ages.append(time.monotonic() - drawn.judged.frame.time)
        if len(drawn.judged.faces) != 1 or np.array_equal(drawn.pixels, drawn.judged.frame.pixels):
            raise SystemExit(f"frame {drawn.judged.frame.index}: no emoji on its face")
        time.sleep(pause)

    source = Paced(frames, seconds)
    result = annotator.drawing(source).run(sink)
    print(f"  the source itself was late by {1000 * np.quantile(source.late, 0.99):.1f} ms at the 99th percentile")
    return ages, result


def main() -> int:
    """Print both."""
    if len(sys.argv) > 2 or not all(given.isdecimal() for given in sys.argv[1:]):
        print(__doc__)
        return 2
    seconds = float(sys.argv[1]) if sys.argv[1:] else 30.0
    one_thread_each()
    with tempfile.TemporaryDirectory() as folder, Annotator(Settings(range=Range.NEAR, quiet=True)) as annotator:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, 1280, 720, 1, 4 * RATE)
        with VideoFile(clip) as video:
            frames = list(video)
        frames += frames[::-1]  # and back, so that nothing jumps
        with settled():
            run(annotator, frames, 2, 0.0)  # warm
            report("a sink that takes no time", *run(annotator, frames, seconds, 0.0))
            report("a sink that takes 100 ms", *run(annotator, frames, seconds, 0.1))
    return 0


def report(name: str, ages: list[float], result: RunResult) -> None:
    """Print percentiles."""
    p50, p95, p99 = (1000 * float(np.quantile(ages, share)) for share in (0.5, 0.95, 0.99))
    print(
        f"{name}: age p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, most {1000 * max(ages):.1f} ms; "
        f"{result.delivered} shown, {result.dropped} dropped"
    )


if __name__ == "__main__":
    sys.exit(main())
