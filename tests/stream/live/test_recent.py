"""The last seconds are kept, small and few."""

from __future__ import annotations

import numpy as np
import pytest
from making import i420

from emojicam.stream.live.recent import RATE, SECONDS, SIDE, Recent, reduced
from emojicam.stream.types import Drawn, Format, Frame, Judged


def drawn(time: float, size: tuple[int, int] = (64, 48), *, card: bool = False) -> Drawn:
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    return Drawn(Judged(Frame(0, time, pixels, placeholder=card), ()), pixels)


def kept(rate: float, seconds: float) -> list[float]:
    recent = Recent()
    for number in range(round(rate * seconds)):
        recent.add(drawn(50 + number / rate))
    return [frame.time for frame in recent.frames()]


@pytest.mark.parametrize("rate", [5, 12, 25, 30, 60, 240])
def test_three_seconds_are_kept_at_twelve_frames_a_second_or_less(rate: float) -> None:
    times = kept(rate, 10)
    assert times[-1] == pytest.approx(60, abs=2 / min(rate, RATE))
    assert SECONDS - 2 / min(rate, RATE) <= times[-1] - times[0] <= SECONDS
    assert len(times) == pytest.approx(min(rate, RATE) * SECONDS, abs=1)


def test_a_pause_is_not_spanned() -> None:
    recent = Recent()
    for time in (10.0, 10.5, 11.0, 20.0, 20.5):
        recent.add(drawn(time))
    assert [frame.time for frame in recent.frames()] == [20.0, 20.5]


def test_after_a_pause_no_burst_is_kept() -> None:
    recent = Recent()
    for number in range(30):
        recent.add(drawn(10 + number / 30))
    for number in range(15):
        recent.add(drawn(12 + number / 30))
    assert sum(frame.time >= 12 for frame in recent.frames()) <= 0.5 * RATE + 1


def test_cards_are_left_out_and_another_size_begins_anew() -> None:
    recent = Recent()
    recent.add(drawn(1.0))
    recent.add(drawn(2.0, card=True))
    assert [frame.time for frame in recent.frames()] == [1.0]
    recent.add(drawn(2.5, (48, 64)))
    assert [frame.time for frame in recent.frames()] == [2.5]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    ("size", "small"),
    [((64, 48), (64, 48)), ((1280, 720), (SIDE, 270)), ((720, 1280), (270, SIDE)), ((4000, 2), (SIDE, 2))],
)
def test_frames_are_kept_small(form: Format, size: tuple[int, int], small: tuple[int, int]) -> None:
    bgr = np.full((size[1], size[0], 3), (40, 90, 200), np.uint8)
    frame = Frame(3, 0.5, bgr if form is Format.BGR else i420(bgr), form)
    made = reduced(frame)
    assert (made.width, made.height, made.time, made.format) == (*small, 0.5, form)
    assert np.abs(made.bgr().astype(int) - (40, 90, 200)).max() <= 3
    assert not np.shares_memory(made.pixels, frame.pixels)
