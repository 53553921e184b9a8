"""Who may do how much: rates, places, and room for pixels."""

from __future__ import annotations

import asyncio

import pytest

from emojicam.web import limits
from emojicam.web.limits import PixelBudget, Rate, Slots
from emojicam.web.worker import Busy


def test_a_rate_counts_each_address_by_itself() -> None:
    now = [0.0]
    rate = Rate(2, 0.5, lambda: now[0])
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]
    assert rate.wait("b") == 0
    now[0] = 2
    assert [rate.wait("a") for _ in range(2)] == [0, 2]
    now[0] = 1000
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES", 2)
    rate = Rate(1, 0.001, lambda: 0.0)
    assert [rate.wait(name) for name in "abc"] == [0, 0, 0]
    assert rate.wait("c") > 0
    assert rate.wait("a") == 0  # it was heard of longest ago, and is as good as new


def test_places_are_limited_and_each_address_has_only_some() -> None:
    slots = Slots(3, 2)
    with slots.one("a"), slots.one("a"):
        with pytest.raises(Busy), slots.one("a"):
            pass
        with slots.one("b"), pytest.raises(Busy), slots.one("c"):
            pass
        with slots.one("c"):
            pass


def test_a_place_is_given_back_whatever_happens() -> None:
    slots = Slots(1, 1)

    def fail() -> None:
        with slots.one("a"):
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()
    with slots.one("b"):
        pass


async def at_work(budget: PixelBudget, pixels: int, go_on: asyncio.Event, log: list[str], name: str) -> None:
    """Take room, say so, and keep it until it is let go on."""
    async with budget.of(pixels):
        log.append(f"{name} in")
        await go_on.wait()
    log.append(f"{name} out")


async def settled() -> None:
    """Let everybody come as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_who_finds_no_room_waits_for_it_in_line() -> None:
    async def run() -> list[str]:
        budget, log = PixelBudget(100, 8, 20), list[str]()
        events = {name: asyncio.Event() for name in "abc"}
        tasks = []
        for name, pixels in (("a", 70), ("b", 60), ("c", 20)):  # c would fit, but b is before it
            tasks.append(asyncio.create_task(at_work(budget, pixels, events[name], log, name)))
            await settled()
        assert log == ["a in"]
        for name in "abc":
            events[name].set()
            await settled()
        await asyncio.gather(*tasks)
        return log

    assert asyncio.run(run()) == ["a in", "a out", "b in", "c in", "b out", "c out"]


def test_what_is_larger_than_all_the_room_gets_all_of_it() -> None:
    async def run() -> list[str]:
        budget, log, go_on = PixelBudget(100, 8, 20), list[str](), asyncio.Event()
        large = asyncio.create_task(at_work(budget, 1_000_000, go_on, log, "large"))
        await settled()
        small = asyncio.create_task(at_work(budget, 1, go_on, log, "small"))
        await settled()
        assert log == ["large in"]
        go_on.set()
        await asyncio.gather(large, small)
        return log

    assert asyncio.run(run()) == ["large in", "large out", "small in", "small out"]


def test_the_line_has_an_end_and_patience_too() -> None:
    async def run() -> None:
        budget, log, go_on = PixelBudget(10, 1, 0.05), list[str](), asyncio.Event()
        first = asyncio.create_task(at_work(budget, 10, go_on, log, "first"))
        await settled()
        waits = asyncio.create_task(at_work(budget, 10, go_on, log, "waits"))
        await settled()
        with pytest.raises(Busy):
            await at_work(budget, 10, go_on, log, "too many")
        with pytest.raises(Busy):
            await waits
        go_on.set()
        await first
        await at_work(budget, 10, go_on, log, "later")  # all the room is back
        assert log == ["first in", "first out", "later in", "later out"]

    asyncio.run(run())


def test_who_goes_away_while_waiting_leaves_the_room_to_others() -> None:
    async def run() -> None:
        budget, log, go_on = PixelBudget(10, 8, 20), list[str](), asyncio.Event()
        tasks = []
        for name, pixels in (("a", 5), ("gone", 10), ("b", 5)):
            tasks.append(asyncio.create_task(at_work(budget, pixels, go_on, log, name)))
            await settled()
        assert log == ["a in"]
        tasks[1].cancel()
        await settled()
        assert log == ["a in", "b in"]
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with budget.of(10):
            pass

    asyncio.run(run())
