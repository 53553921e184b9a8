"""What waits between two threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from emojicam.stream.channel import Aborted, Channel, WhenFull

PATIENCE = 20.0
"""Seconds after which a test that waits for another thread gives up."""


pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("size", [0, -1])
def test_a_channel_holds_at_least_one_item(size: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1 item, not {size}"):
        Channel[int](size, WhenFull.WAIT)


def test_a_channel_gives_what_came_first_first_and_then_ends() -> None:
    channel = Channel[int](3, WhenFull.WAIT)
    for item in (7, 8, 9):
        channel.put(item)
    channel.finish()
    assert list(channel) == [7, 8, 9]
    assert channel.dropped == 0


def test_a_full_channel_drops_the_oldest_and_counts() -> None:
    channel = Channel[int](2, WhenFull.DROP_OLDEST)
    for item in range(5):
        channel.put(item)
    channel.finish()
    assert list(channel) == [3, 4]
    assert channel.dropped == 3


@pytest.mark.parametrize("size", [1, 3])
def test_a_full_channel_makes_the_producer_wait(size: int) -> None:
    channel = Channel[int](size, WhenFull.WAIT)

    def produce() -> None:
        for item in range(200):
            channel.put(item)
        channel.finish()

    thread = Thread(target=produce, daemon=True)
    thread.start()
    assert list(channel) == list(range(200))
    thread.join(PATIENCE)


def outcome(work: Callable[[], object]) -> list[type[BaseException]]:
    """Runs in a thread what blocks; holds the exception that ended it."""
    ended: list[type[BaseException]] = []
    try:
        work()
    except Aborted as error:
        ended.append(type(error))
    return ended


@pytest.mark.parametrize("side", ["producer", "consumer"])
def test_an_aborted_channel_wakes_who_waits(side: str) -> None:
    channel = Channel[int](1, WhenFull.WAIT)
    ended: list[type[BaseException]] = []
    if side == "producer":
        channel.put(0)
        thread = Thread(target=lambda: ended.extend(outcome(lambda: channel.put(1))), daemon=True)
    else:
        thread = Thread(target=lambda: ended.extend(outcome(lambda: next(iter(channel)))), daemon=True)
    thread.start()
    channel.abort()
    thread.join(PATIENCE)
    assert ended == [Aborted]


@pytest.mark.parametrize("when_full", WhenFull)
def test_an_aborted_channel_takes_and_gives_nothing(when_full: WhenFull) -> None:
    channel = Channel[int](2, when_full)
    channel.put(1)
    channel.abort()
    with pytest.raises(Aborted):
        channel.put(2)
    with pytest.raises(Aborted):
        next(iter(channel))


def test_all_that_waits_is_taken_at_once_but_nothing_is_waited_for() -> None:
    channel = Channel[int](5, WhenFull.WAIT)
    for item in range(5):
        channel.put(item)
    assert channel.take(3) == [0, 1, 2]
    assert channel.take(3) == [3, 4]
    channel.put(5)
    channel.finish()
    assert channel.take(3) == [5]
    assert channel.take(3) == []


def test_a_channel_knows_how_much_waited() -> None:
    channel = Channel[int](4, WhenFull.WAIT)
    for item in range(4):
        channel.put(item)
    assert (channel.put_in, channel.waiting) == (4, 0 + 1 + 2 + 3)
