"""Reading from what may block for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from threading import Event

import pytest

from emojicam.stream.live.reader import ReaderThread, SourceEnded

PATIENCE = 10.0


def test_items_come_and_then_the_end() -> None:
    reader = ReaderThread(lambda: iter([1]), "reads")
    assert taken(reader) == 1
    with pytest.raises(SourceEnded):
        reader.next(PATIENCE)
    assert reader.leave()


def taken(reader: ReaderThread[int]) -> int:
    """The next item."""
    came = reader.next(PATIENCE)
    assert came is not None
    return came[0]


@pytest.mark.parametrize("keep", [1, 3])
def test_the_newest_are_given_in_order_and_what_was_older_is_counted(keep: int) -> None:
    made = Event()

    def numbers() -> Iterator[int]:
        yield from range(10)
        made.set()

    reader = ReaderThread(numbers, "reads", keep)
    made.wait(PATIENCE)
    assert [taken(reader) for _ in range(keep)] == [*range(10)][-keep:]
    assert reader.dropped == 10 - keep


def test_an_item_has_the_time_at_which_it_came_not_at_which_it_was_taken() -> None:
    clock = iter(range(100, 200, 10))
    reader = ReaderThread(lambda: iter("ab"), "reads", now=lambda: next(clock))
    assert reader.leave(PATIENCE)
    assert [reader.next(PATIENCE), reader.next(PATIENCE)] == [("a", 100), ("b", 110)]


def test_silence_is_none_after_the_timeout_and_no_longer() -> None:
    driver = Event()

    def hangs() -> Iterator[int]:
        driver.wait(PATIENCE)
        yield 1

    reader = ReaderThread(hangs, "reads")
    started = time.monotonic()
    assert reader.next(0.05) is None
    assert time.monotonic() - started < 2
    assert not reader.leave(0.05)
    driver.set()
    assert reader.leave(PATIENCE)


def test_an_error_is_raised_where_the_items_are_wanted() -> None:
    def fails() -> Iterator[int]:
        yield from [1]
        raise ValueError("the cable")

    reader = ReaderThread(fails, "reads")
    assert reader.leave(PATIENCE)
    assert taken(reader) == 1
    with pytest.raises(ValueError, match="the cable"):
        reader.next(PATIENCE)


def test_a_source_that_cannot_even_begin_is_an_error() -> None:
    def begin() -> Iterator[int]:
        raise OSError("no such device")

    with pytest.raises(OSError, match="no such device"):
        ReaderThread(begin, "reads").next(PATIENCE)


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

    reader = ReaderThread(numbers, "reads the camera")
    assert reader.next(PATIENCE) is not None
    assert reader.leave(PATIENCE)
    assert closed == ["reads the camera"]
