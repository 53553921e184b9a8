"""Reading from what may block for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from threading import Event

import pytest

from emojicam.stream.pump import Ended, Pump

PATIENCE = 10.0


def test_items_come_and_then_the_end() -> None:
    pump = Pump(lambda: iter([1]), "reads")
    assert taken(pump) == 1
    with pytest.raises(Ended):
        pump.next(PATIENCE)
    assert pump.leave()


def taken(pump: Pump[int]) -> int:
    """The next item."""
    came = pump.next(PATIENCE)
    assert came is not None
    return came[0]


@pytest.mark.parametrize("keep", [1, 3])
def test_the_newest_are_given_in_order_and_what_was_older_is_counted(keep: int) -> None:
    made = Event()

    def numbers() -> Iterator[int]:
        yield from range(10)
        made.set()

    pump = Pump(numbers, "reads", keep)
    made.wait(PATIENCE)
    assert [taken(pump) for _ in range(keep)] == [*range(10)][-keep:]
    assert pump.dropped == 10 - keep


def test_an_item_has_the_time_at_which_it_came_not_at_which_it_was_taken() -> None:
    clock = iter(range(100, 200, 10))
    pump = Pump(lambda: iter("ab"), "reads", now=lambda: next(clock))
    assert pump.leave(PATIENCE)
    assert [pump.next(PATIENCE), pump.next(PATIENCE)] == [("a", 100), ("b", 110)]


def test_silence_is_none_after_the_timeout_and_no_longer() -> None:
    driver = Event()

    def hangs() -> Iterator[int]:
        driver.wait(PATIENCE)
        yield 1

    pump = Pump(hangs, "reads")
    started = time.monotonic()
    assert pump.next(0.05) is None
    assert time.monotonic() - started < 2
    assert not pump.leave(0.05)
    driver.set()
    assert pump.leave(PATIENCE)


def test_an_error_is_raised_where_the_items_are_wanted() -> None:
    def fails() -> Iterator[int]:
        yield from [1]
        raise ValueError("the cable")

    pump = Pump(fails, "reads")
    assert pump.leave(PATIENCE)
    assert taken(pump) == 1
    with pytest.raises(ValueError, match="the cable"):
        pump.next(PATIENCE)


def test_a_source_that_cannot_even_begin_is_an_error() -> None:
    def begin() -> Iterator[int]:
        raise OSError("no such device")

    with pytest.raises(OSError, match="no such device"):
        Pump(begin, "reads").next(PATIENCE)


def test_who_leaves_closes_the_source_in_its_own_thread() -> None:
    closed: list[str] = []

    def numbers() -> Iterator[int]:
        try:
            number = 0
            while True:
                yield number
                number += 1
                time.sleep(0.001)
        finally:
            closed.append(threading.current_thread().name)

    pump = Pump(numbers, "reads the camera")
    assert pump.next(PATIENCE) is not None
    assert pump.leave(PATIENCE)
    assert closed == ["reads the camera"]
