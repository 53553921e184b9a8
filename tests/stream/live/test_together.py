"""Several sources are one; none waits for another, and each ends by itself."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from emojicam.errors import DeviceError, EmojicamError, InputError, Refused
from emojicam.stream.live import reconnect
from emojicam.stream.live.reconnect import Opening
from emojicam.stream.live.together import KEEP, Of, Together, apart, told_apart
from emojicam.stream.types import Frame

PIXELS = np.full((72, 96, 3), 128, np.uint8)

Frames = Callable[[], Iterator[Frame]]


def gives(count: int, every: float = 0.0) -> Frames:
    def start() -> Iterator[Frame]:
        for number in range(count):
            time.sleep(every)
            yield Frame(number, 0.0, PIXELS)

    return start


def fails(error: EmojicamError) -> Frames:
    def start() -> Iterator[Frame]:
        yield from ()
        raise error

    return start


def hangs(over: Event) -> Frames:
    def start() -> Iterator[Frame]:
        yield Frame(0, 0.0, PIXELS)
        over.wait(20)

    return start


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is a twentieth of one."""
    for name in ("SILENCE", "WATCHDOG", "PLACEHOLDER_EVERY"):
        monkeypatch.setattr(reconnect, name, getattr(reconnect, name) / 20)
    monkeypatch.setattr(reconnect, "BACKOFF", tuple(pause / 20 for pause in reconnect.BACKOFF))


def together(*starts: Frames, once: bool = True, leave: Callable[[], bool] = lambda: False) -> Together:
    openings = [Opening(start, f"camera {number}", once=once) for number, start in enumerate(starts)]
    told: list[str] = []
    made = Together(openings, leave, told.append)
    made.told = told  # type: ignore[attr-defined]
    return made


def test_each_stream_comes_whole_in_order_and_to_its_end() -> None:
    source = together(gives(5, 0.01), gives(9, 0.01))
    got = list(source)
    streams = apart(got)
    assert [len(streams[0]), len(streams[1])] == [6 - source.dropped[0], 10 - source.dropped[1]]
    for number, frames in streams.items():
        assert [one.last for one in got if one.stream == number] == [False] * (len(frames) - 1) + [True]
        assert frames[-1].placeholder
        assert [one.index for one in frames] == sorted(one.index for one in frames)
    assert source.errors == []


def test_one_that_hangs_holds_up_no_other_and_says_so_in_its_picture() -> None:
    over = Event()
    source = together(hangs(over), gives(40, 0.01))
    got = list(itertools.takewhile(lambda one: not (one.stream == 1 and one.last), source))
    over.set()
    streams = apart(got)
    assert sum(not one.placeholder for one in streams[1]) >= 30
    assert any(one.placeholder for one in streams[0])  # "no signal"


def test_of_what_nobody_takes_the_oldest_of_the_same_stream_is_dropped() -> None:
    source = together(gives(30), gives(1))
    got = []
    for one in source:
        time.sleep(0.02)
        got.append(one)
    streams = apart(got)
    assert source.dropped[0] + source.sources[0].counts.dropped + len(streams[0]) == 31
    assert source.dropped[0] > 0
    assert source.dropped[1] == 0
    assert [one.placeholder for one in streams[1]] == [False, True]
    assert KEEP == 2


def test_one_that_refuses_ends_alone_and_is_told_of() -> None:
    source = together(fails(Refused("camera 0: the server refuses user and password")), gives(5, 0.02))
    streams = apart(list(source))
    assert [one.placeholder for one in streams[0]] == [True]
    assert len(streams[1]) >= 4
    assert [str(error) for error in source.errors] == ["camera 0: the server refuses user and password"]
    assert source.told == ["camera 0: the server refuses user and password"]  # type: ignore[attr-defined]


def test_one_that_is_not_there_is_tried_again_while_the_others_run() -> None:
    seen: list[Of[Frame]] = []
    source = together(
        fails(DeviceError("camera 0: no such camera")),
        gives(3, 0.01),
        once=False,
        leave=lambda: source.sources[0].counts.failures > 2 and source.sources[1].counts.frames > 6,
    )
    seen.extend(source)
    assert source.errors == []
    assert {one.item.placeholder for one in seen if one.stream == 0} == {True}
    assert source.told[0].startswith("camera 0: no such camera; trying again")  # type: ignore[attr-defined]


@pytest.mark.parametrize("once", [True, False])
def test_where_none_can_be_opened_the_first_ones_fault_is_raised(once: bool) -> None:
    source = together(fails(InputError("camera 0: empty")), fails(DeviceError("camera 1: gone")), once=once)
    with pytest.raises(InputError, match="camera 0: empty"):
        list(source)


def test_what_no_user_can_cause_is_raised() -> None:
    def breaks() -> Iterator[Frame]:
        yield Frame(0, 0.0, PIXELS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(together(breaks, gives(5, 0.05)))


def test_whoever_takes_no_more_leaves_no_thread_behind() -> None:
    source = together(gives(1000, 0.005), gives(1000, 0.005))
    frames = iter(source)
    next(frames)
    began = time.monotonic()
    frames.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 1.5
    assert all(one.counts.frames < 900 for one in source.sources)


def test_sources_of_the_same_name_are_told_apart() -> None:
    openings = [Opening(gives(1), name) for name in ("a.mp4", "b.mp4", "a.mp4")]
    assert [one.name for one in told_apart(openings)] == ["a.mp4 (1)", "b.mp4", "a.mp4 (2)"]
