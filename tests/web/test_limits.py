"""Who may do how much: rates, places, and room for pixels."""

from __future__ import annotations

import asyncio

import pytest

from emojicam.web import limits
from emojicam.web.limits import Budget, Rate, Shares, Slots
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


async def at_work(budget: Budget, pixels: int, go_on: asyncio.Event, log: list[str], name: str, who: str = "") -> None:
    """Take room, say so, and keep it until it is let go on."""
    async with budget.of(who or name, pixels):
        log.append(f"{name} in")
        await go_on.wait()
    log.append(f"{name} out")


async def settled() -> None:
    """Let everybody come as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_who_finds_no_room_waits_for_it_in_line() -> None:
    async def run() -> list[str]:
        budget, log = Budget(100, 8, 20), list[str]()
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
        budget, log, go_on = Budget(100, 8, 20), list[str](), asyncio.Event()
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
        budget, log, go_on = Budget(10, 1, 0.05), list[str](), asyncio.Event()
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
        budget, log, go_on = Budget(10, 8, 20), list[str](), asyncio.Event()
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
        async with budget.of("d", 10):
            pass

    asyncio.run(run())


@pytest.mark.parametrize(("most", "shares"), [(12, [6, 3, 2, 1]), (100, [50, 25, 13, 6, 3])])
def test_something_is_always_left_for_whoever_comes_next(most: int, shares: list[int]) -> None:
    held = Shares(most)
    for number, share in enumerate(shares):
        taken = 0
        while held.fits(str(number)):
            held.take(str(number))
            taken += 1
        assert taken == share
    assert held.free or sum(shares) == most
    for number, share in enumerate(shares):
        held.give(str(number), share)
    assert held.free == most


def test_the_first_thing_of_an_address_may_be_all_there_is() -> None:
    held = Shares(10)
    assert held.fits("a", 10)
    held.take("a", 6)
    assert not held.fits("a", 1)
    assert held.fits("b", 4)
    assert not held.fits("b", 5)


def in_turn(budget: Budget, wishes: list[tuple[str, int]]) -> list[str]:
    """The order in which requests are let in that come all at once, each of which is done at once."""

    async def run() -> list[str]:
        log: list[str] = []
        go_on = asyncio.Event()
        tasks = [asyncio.create_task(at_work(budget, 100, go_on, [], "first", "z"))]
        await settled()
        done = asyncio.Event()
        done.set()
        for number, (who, need) in enumerate(wishes):
            tasks.append(asyncio.create_task(at_work(budget, need, done, log, f"{who}{number}", who)))
            await settled()
        go_on.set()
        await asyncio.gather(*tasks)
        return [line.removesuffix(" in") for line in log if line.endswith(" in")]

    return asyncio.run(run())


def test_turns_go_by_address_however_many_one_sends() -> None:
    order = in_turn(Budget(100, 99, 20), [("a", 60)] * 8 + [("b", 60)] + [("c", 60)])
    assert order.index("b8") <= 2
    assert order.index("c9") <= 2


def test_who_asks_for_little_has_more_turns() -> None:
    order = in_turn(Budget(100, 99, 20), [("a", 100)] * 4 + [("b", 60)] * 4)
    assert [name[0] for name in order[:4]].count("b") >= 2


def test_a_full_line_makes_room_for_who_has_fewer_in_it() -> None:
    async def run() -> None:
        budget, log, go_on = Budget(10, 3, 20), list[str](), asyncio.Event()
        first = asyncio.create_task(at_work(budget, 10, go_on, log, "first", "z"))
        await settled()
        many = [asyncio.create_task(at_work(budget, 10, go_on, log, f"a{n}", "a")) for n in range(3)]
        await settled()
        one = asyncio.create_task(at_work(budget, 10, go_on, log, "b", "b"))
        await settled()
        assert [task.done() for task in many] == [False, False, True]
        with pytest.raises(Busy):
            await many[2]
        with pytest.raises(Busy):
            await at_work(budget, 10, go_on, log, "a3", "a")
        go_on.set()
        await asyncio.gather(first, one, *many[:2])
        assert {line for line in log if line.endswith("in")} == {"first in", "a0 in", "a1 in", "b in"}

    asyncio.run(run())


def test_a_small_request_counts_for_something_too() -> None:
    async def run() -> None:
        budget, log, go_on = Budget(10, 8, 20, least=5), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(at_work(budget, 1, go_on, log, name)) for name in "abc"]
        await settled()
        assert log == ["a in", "b in"]
        go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())
