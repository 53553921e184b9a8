"""The line at the bottom of the window tells how quick the stream is now."""

from __future__ import annotations

import pytest

from emojicam.stream.live.status import EVERY, SPAN, StatusLine


def counted(rate: float, number: int, age: float = 0.04) -> StatusLine:
    """A line that has counted frames at a rate, all of one age (s)."""
    line = StatusLine()
    for index in range(number):
        line.count(index / rate, index / rate + age)
    return line


def plain(line: StatusLine) -> str:
    return line.text("cpu", recording=False, paused=False)


@pytest.mark.parametrize("number", [0, 1])
def test_before_there_are_two_frames_there_is_no_rate(number: int) -> None:
    assert plain(counted(30, number)) == f"0 fps  {40 * number} ms  cpu  h help"


@pytest.mark.parametrize("rate", [7, 30, 60])
@pytest.mark.parametrize("number", [2, SPAN, 500])
def test_the_rate_is_that_of_what_was_shown(rate: int, number: int) -> None:
    assert plain(counted(rate, number)) == f"{rate} fps  40 ms  cpu  h help"


def test_only_the_last_frames_count() -> None:
    line = counted(10, 300)
    for index in range(SPAN):
        line.count(100 + index / 50, 100.1 + index / 50)
    assert plain(line) == "50 fps  100 ms  cpu  h help"


def test_one_late_frame_does_not_change_the_age() -> None:
    line = counted(25, 50)
    line.count(2.0, 5.0)
    assert "  40 ms  " in plain(line)


def test_its_figures_change_twice_a_second_at_most() -> None:
    line, told = StatusLine(), []
    for number in range(240):
        line.count(number / 60, number / 60 + 0.001 * number)
        told.append(plain(line))
    assert 2 < len(set(told)) <= 4 / EVERY + 1
    line.count(4.1, 4.1)
    assert "  recording  " in line.text("cpu", recording=True, paused=False)  # what goes on is told at once


def test_frames_at_one_moment_have_no_rate() -> None:
    line = StatusLine()
    for _ in range(3):
        line.count(1.0, 1.0)
    assert plain(line).startswith("0 fps")


@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("paused", [False, True])
def test_what_goes_on_is_told(recording: bool, paused: bool) -> None:
    text = counted(30, 60).text("cuda", recording=recording, paused=paused)
    assert ("  recording  " in text) is recording
    assert ("  paused  " in text) is paused
    assert "  cuda  " in text
    assert text.endswith("  h help")
