"""A live source is lost and found again; the card fills the gaps; wrong credentials end it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from emojicam.errors import DeviceError, Refused
from emojicam.stream.live import reconnect
from emojicam.stream.live.reconnect import Clock, Opening, ReconnectingSource, placeholder
from emojicam.stream.types import Format, Frame

GREEN = np.full((72, 64), 128, np.uint8)


def frame() -> Frame:
    return Frame(0, 0.0, GREEN, Format.I420)


class Script:
    """Each time it is opened it does the next thing of a list; after the last it waits."""

    def __init__(self, *acts: Callable[[], Iterator[Frame]]) -> None:
        self._acts = list(acts)
        self.opened = 0
        self.over = Event()

    def __call__(self) -> Iterator[Frame]:
        self.opened += 1
        if self._acts:
            return self._acts.pop(0)()
        self.over.wait(20)
        return iter(())


def gives(count: int) -> Callable[[], Iterator[Frame]]:
    return lambda: iter([frame() for _ in range(count)])


def fails(error: Exception) -> Callable[[], Iterator[Frame]]:
    def act() -> Iterator[Frame]:
        raise error

    return act


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is a fiftieth of one."""
    for name in ("SILENCE", "WATCHDOG", "PLACEHOLDER_EVERY"):
        monkeypatch.setattr(reconnect, name, getattr(reconnect, name) / 50)
    monkeypatch.setattr(reconnect, "BACKOFF", tuple(pause / 50 for pause in reconnect.BACKOFF))


def run(
    script: Script, until: Callable[[ReconnectingSource, list[Frame]], bool]
) -> tuple[ReconnectingSource, list[Frame], list[str]]:
    """Until what is wanted has happened."""
    told: list[str] = []
    frames: list[Frame] = []
    source = ReconnectingSource(
        Opening(script, "camera 0"), tell=told.append, leave=lambda: until(source, frames) or len(frames) > 2000
    )
    for one in source:
        frames.append(one)
    script.over.set()
    return source, frames, told


def is_card(one: Frame) -> bool:
    return one.format is Format.BGR


def test_frames_are_counted_and_stamped_with_their_arrival() -> None:
    clock = iter(np.arange(0, 1000, 0.001))
    source = ReconnectingSource(
        Opening(lambda: iter([frame()] * 50), "camera 0"), clock=Clock(lambda: float(next(clock)))
    )
    taken = []
    for one in source:
        taken.append(one)
        break
    assert taken[0].index == 0
    assert taken[0].time > 0
    assert taken[0].pixels is GREEN


def test_what_ends_is_opened_again_and_cards_fill_the_gap() -> None:
    script = Script(gives(1), gives(1), gives(1))
    source, frames, told = run(script, lambda source, _: source.counts.frames >= 3)
    assert source.counts.reconnects == 2
    assert [one.index for one in frames] == list(range(len(frames)))
    assert all(b.time >= a.time for a, b in itertools.pairwise(frames))
    assert any(is_card(one) for one in frames)
    assert {(one.width, one.height) for one in frames} == {(64, 48)}
    assert told[0] == "camera 0: it ended; trying again in 0.02 s"
    assert "camera 0: back" in told


def test_failures_wait_longer_and_longer() -> None:
    script = Script(gives(1), *[fails(DeviceError("unplugged"))] * 7, gives(1))
    source, _, told = run(script, lambda source, _: source.counts.frames >= 2)
    pauses = [float(line.split("again in ")[1].split(" s")[0]) * 50 for line in told if "again" in line]
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])
    assert source.counts.failures == 7
    assert source.counts.reconnects == 1


def test_what_says_nothing_is_given_up_by_the_watchdog() -> None:
    script = Script()
    hang = Event()

    def hangs() -> Iterator[Frame]:
        yield frame()
        hang.wait(20)

    script = Script(hangs, gives(1))
    source, frames, told = run(script, lambda source, _: source.counts.frames >= 2)
    hang.set()
    assert any("nothing came for" in line for line in told)
    assert source.counts.stalls == 1
    assert sum(map(is_card, frames)) >= 3


def test_a_driver_that_hangs_every_time_does_not_pile_up_threads() -> None:
    hang = Event()

    def hangs() -> Iterator[Frame]:
        yield frame()
        hang.wait(20)

    script = Script(*[hangs] * 20)

    def enough(source: ReconnectingSource, frames: list[Frame]) -> bool:
        if len(frames) == 150 and not hang.is_set():
            assert script.opened == reconnect.STUCK
            hang.set()  # the driver comes back
        return script.opened > reconnect.STUCK

    source, frames, _ = run(script, enough)
    assert len(frames) >= 150
    assert source.counts.frames >= reconnect.STUCK


def test_a_source_that_was_never_there_is_an_error() -> None:
    with pytest.raises(DeviceError, match="no such camera"):
        list(ReconnectingSource(Opening(fails(DeviceError("no such camera")), "camera 9")))


def test_wrong_credentials_end_it_even_later() -> None:
    script = Script(gives(1), fails(Refused("rtsp://host/a: the server refuses user and password")))
    source = ReconnectingSource(Opening(script, "rtsp://host/a"))
    with pytest.raises(Refused, match="refuses user and password"):
        list(source)
    script.over.set()


def test_whoever_wants_no_more_gets_no_more() -> None:
    source, frames, _ = run(Script(gives(5)), lambda _, frames: len(frames) >= 1)
    assert len(frames) <= 2
    assert source.counts.failures == 0


@pytest.mark.parametrize("size", [(64, 48), (1280, 720), (90, 160)])
def test_a_card_has_words_in_its_middle(size: tuple[int, int]) -> None:
    picture = placeholder("no signal", size)
    assert picture.shape == (size[1], size[0], 3)
    bright = picture.max(2) > 120
    assert bright.any()
    rows, columns = np.nonzero(bright)
    assert abs(rows.mean() - size[1] / 2) < size[1] / 10 + 3
    assert abs(columns.mean() - size[0] / 2) < size[0] / 10 + 3


def test_it_goes_over_to_another_source_and_says_so() -> None:
    sizes = {"one": (72, 64), "two": (48, 32)}

    def opening(name: str) -> Opening:
        pixels = np.full(sizes[name], 128, np.uint8)
        return Opening(lambda: (Frame(0, 0.0, pixels, Format.I420) for _ in itertools.count()), name)

    source = ReconnectingSource(opening("one"), leave=lambda: len(frames) > 300)
    frames: list[Frame] = []
    for one in source:
        frames.append(one)
        if len(frames) == 20:
            source.switch(opening("two"))
    shapes = [one.pixels.shape for one in frames if not is_card(one)]
    assert shapes == sorted(shapes, reverse=True)  # first the one, then the other
    assert {shapes[0], shapes[-1]} == set(sizes.values())
    assert any(map(is_card, frames))  # "opening two"
    assert source.name == "two"
    assert (source.counts.reconnects, source.counts.failures) == (0, 0)
    times = [one.time for one in frames]
    assert times == sorted(times)


def test_a_source_that_cannot_be_gone_over_to_ends_nothing() -> None:
    busy = Opening(fails(DeviceError("2: the camera is in use")), "camera 2")
    told: list[str] = []
    source = ReconnectingSource(Opening(gives(1), "one"), tell=told.append, leave=lambda: source.counts.failures > 1)
    source.switch(busy)  # before anything has come
    frames = list(source)
    assert frames
    assert all(map(is_card, frames))
    assert told[0].startswith("camera 2: 2: the camera is in use; trying again in ")


def test_one_that_is_waited_for_is_left_at_once() -> None:
    told: list[str] = []
    source = ReconnectingSource(Opening(gives(1), "one"), tell=told.append, leave=lambda: source.counts.frames > 2)
    for one in source:
        if is_card(one) and source.name == "one":  # it has ended
            source.switch(Opening(gives(5), "two"))
    assert source.name == "two"
    assert [line.split(";")[0] for line in told] == ["one: it ended"]


def test_one_that_is_opened_again_but_silent_at_first_is_back_only_with_its_first_picture() -> None:
    def late() -> Iterator[Frame]:
        Event().wait(5 * reconnect.PLACEHOLDER_EVERY + reconnect.SILENCE)  # cards are shown meanwhile
        yield frame()

    script = Script(gives(1), late)
    source, frames, told = run(script, lambda source, frames: source.counts.frames == 2)
    assert source.counts.reconnects == 1
    assert [line for line in told if line.endswith("back")] == ["camera 0: back"]
    assert sum(is_card(one) for one in frames) > 2


def test_a_first_failure_that_is_spared_is_tried_again_like_any_other() -> None:
    spared: list[str] = []
    script = Script(fails(DeviceError("camera 0: gone")), gives(3))
    source = ReconnectingSource(
        Opening(script, "camera 0"),
        leave=lambda: source.counts.frames == 3,
        spared=lambda error: spared.append(str(error)),
    )
    frames = list(source)
    script.over.set()
    assert spared == ["camera 0: gone"]
    assert sum(not is_card(one) for one in frames) == 3
    assert source.counts.failures == 1
