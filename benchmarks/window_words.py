"""What the words in the window of `live` cost a frame of 1280x720.

usage: python benchmarks/window_words.py

Prints ms of CPU a frame on one thread, the mean of 20 seconds at 30 frames and the most of a frame: of the status line,
whose figures change twice a second; with a notice as it stands and as it fades; with two notices and a countdown; with
the help. What is drawn anew, and not only laid over, is in it, but not what is done once, when the font is loaded.
"""

from __future__ import annotations

import sys
import time

import cv2
import numpy as np

from emojicam.stream.live.hud import Hud
from emojicam.stream.live.notices import FADES, LASTS

RATE = 30
ROUNDS = 20
SIZE = 20
"""Px of the font at 720p."""


class Stream:
    """A second of frames, of which each is written on; the clock stands still in the meantime."""

    def __init__(self) -> None:
        self.now, self.frames = 0.0, 0
        self.hud = Hud(lambda: self.now)
        self.picture = np.full((720, 1280, 3), 120, np.uint8)

    def frame(self, count: int | None) -> None:
        """Write on one frame; its status has new figures twice a second."""
        number = 2 * self.frames // RATE
        self.frames += 1
        status = f"{28 + number % 5} fps  {35 + number % 17} ms  cpu  h help"
        self.hud.write(self.picture, SIZE, status, count)


def measured(
    said: tuple[str, ...], age: float, count: int | None = None, *, shows_help: bool = False
) -> tuple[float, float]:
    """Measure ms of CPU a frame with these notices, of that age in seconds: on average, and at most."""
    stream = Stream()
    stream.hud.help = shows_help
    took = []
    for _ in range(ROUNDS):
        for text in said:
            stream.hud.notices.say(text)
        stream.now += age
        for _ in range(RATE):
            began = time.thread_time()
            stream.frame(count)
            took.append(1000 * (time.thread_time() - began))
    return sum(took) / len(took), max(took)


def main() -> int:
    """Print all."""
    if len(sys.argv) > 1:
        print(__doc__)
        return 2
    cv2.setNumThreads(1)
    Stream().frame(None)
    saved = "saved emojicam-20260101-120000-1.png"
    fading = LASTS - FADES / 2
    for name, (mean, most) in (
        ("status line", measured((), 0)),
        ("and a notice", measured((saved,), 0)),
        ("and a notice that fades", measured((saved,), fading)),
        ("and two notices and a countdown", measured((saved, "style: label"), 0, 3)),
        ("and the help", measured((), 0, shows_help=True)),
    ):
        print(f"{name:34} {mean:.3f} ms, at most {most:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
