"""A file as if it were a camera."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from making import write_video

from emojicam.stream.live.paced import looped


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def slides(path: Path, times: list[float]) -> Path:
    pictures = [np.full((48, 64, 3), 40 * number % 256, np.uint8) for number in range(len(times))]
    write_video(path, pictures, pts=[round(time * 1000) for time in times], time_base=Fraction(1, 1000))
    return path


def test_frames_come_at_their_times(tmp_path: Path) -> None:
    clock = Clock()
    path = slides(tmp_path / "a.mp4", [0, 0.04, 0.08, 0.2])
    came = [clock.time for _ in looped(path, loop=False, now=clock.now, wait=clock.wait)]
    assert came == pytest.approx([100, 100.04, 100.08, 100.2], abs=0.002)


def test_the_end_is_followed_by_the_beginning(tmp_path: Path) -> None:
    clock = Clock()
    frames = looped(slides(tmp_path / "a.mp4", [0, 0.1]), loop=True, now=clock.now, wait=clock.wait)
    assert [round(next(frames).time, 3) for _ in range(6)] == [0, 0.1] * 3


def test_what_is_late_is_not_caught_up_with_in_a_burst(tmp_path: Path) -> None:
    """The machine stood still for a second: who shows the frames can't show thirty at once."""
    clock = Clock()
    times = [number / 25 for number in range(20)]
    came = []
    for number, _ in enumerate(looped(slides(tmp_path / "a.mp4", times), loop=False, now=clock.now, wait=clock.wait)):
        came.append(clock.time)
        clock.time += 1.0 if number == 5 else 0.03 if number == 12 else 0.0
    gaps = [b - a for a, b in pairwise(came)]
    assert gaps[5] == pytest.approx(1.0, abs=0.002)
    assert sum(gap < 0.01 for gap in gaps) <= 1
    assert gaps[12] == pytest.approx(0.04, abs=0.002)  # a little is caught up with


def test_between_slides_the_last_one_is_given_again(tmp_path: Path) -> None:
    """Who gives nothing for ten seconds is taken for lost."""
    clock = Clock()
    path = slides(tmp_path / "a.mp4", [0, 15, 30])
    frames = [(clock.time - 100, round(one.time)) for one in looped(path, loop=False, now=clock.now, wait=clock.wait)]
    assert max(clock.slept) <= 0.5
    assert {slide for _, slide in frames} == {0, 15, 30}
    assert all(slide <= at + 0.01 for at, slide in frames)
    gaps = [b - a for (a, _), (b, _) in pairwise(frames)]
    assert max(gaps) <= 1.0
