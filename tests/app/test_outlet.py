"""Where a live stream goes beside the window: recordings begin and end, and times are told from the first picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from making import read_video

from emojicam.errors import EmojicamError, OutputError
from emojicam.outlet import Outlet
from emojicam.stream.live.recording import Recording
from emojicam.stream.types import Drawn, Frame, Judged

PIXELS = np.full((48, 64, 3), 120, np.uint8)


def drawn(time: float, *, card: bool = False) -> Drawn:
    return Drawn(Judged(Frame(0, time, PIXELS, placeholder=card), ()), PIXELS)


def outlet(told: list[str], wrong: list[EmojicamError]) -> Outlet:
    begin = partial(Recording, rate=30, preset="ultrafast", overwrite=False)
    return Outlet(None, begin, told.append, wrong.append)


def test_a_recording_begins_and_ends_while_the_stream_goes_on(inside: Path) -> None:
    told: list[str] = []
    with outlet(told, []) as one:
        one.write(drawn(10.0))  # nothing is recorded yet
        one.record(Path("a.mp4"))
        for number in range(5):
            one.write(drawn(11 + number / 10))
        one.stop_recording()
        one.write(drawn(12.0))
    assert read_video(Path("a.mp4"))[1] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert told == ["recording a.mp4", "recording saved: a.mp4"]
    assert (one.device, one.said(), one.recording) == (None, "", None)


def test_a_recording_without_a_picture_is_none(inside: Path) -> None:
    told: list[str] = []
    with outlet(told, []) as one:
        one.record(Path("a.mp4"))
        one.write(drawn(1.0, card=True))
        one.stop_recording()
    assert told[-1] == "nothing was recorded"
    assert not list(inside.iterdir())


def test_what_goes_wrong_with_a_recording_ends_it_alone(inside: Path) -> None:
    class Full(Recording):
        def __call__(self, drawn: Drawn) -> None:
            raise OutputError("a.mp4: No space left on device")

    wrong: list[EmojicamError] = []
    begin = partial(Full, rate=30, preset="ultrafast", overwrite=False)
    with Outlet(None, begin, lambda text: None, wrong.append) as one:
        one.record(Path("a.mp4"))
        one.write(drawn(1.0))
        one.write(drawn(1.1))
    assert [str(error) for error in wrong] == ["a.mp4: No space left on device"]
    assert one.recording is None


def test_times_are_told_since_the_first_picture() -> None:
    one = outlet([], [])
    assert one.timed(drawn(5.0, card=True).judged) is None
    times = [one.timed(drawn(at).judged) for at in (7.0, 7.5)]
    assert [judged and judged.frame.time for judged in times] == [0.0, 0.5]
