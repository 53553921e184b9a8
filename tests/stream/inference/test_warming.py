"""What is better is opened once, aside, when it is wanted; nobody waits who doesn't ask to."""

from __future__ import annotations

import threading

import pytest

from emojicam.stream.inference.warming import Warming


class Opening:
    """Opens something better, as soon as the test lets it."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread())
        assert self.may_end.wait(60)
        return "better"


def test_nothing_is_opened_that_nobody_wants() -> None:
    opening = Opening()
    warming = Warming("ready", opening)
    assert (warming.now, warming.ready, warming.may_change) == ("ready", "ready", True)
    warming.close()
    assert not opening.threads


def test_until_it_is_open_the_work_goes_on_and_then_it_is_taken_over() -> None:
    opening = Opening()
    warming = Warming("ready", opening)
    told: list[str] = []
    warming.tell(told.append)
    for _ in range(3):
        warming.begin()
        assert warming.now == "ready"
    assert not told
    opening.may_end.set()
    warming.close()
    assert (warming.now, warming.best(), warming.ready) == ("better", "better", "ready")
    assert told == ["better"]
    (thread,) = opening.threads
    assert thread is not threading.current_thread()


def test_whoever_asks_for_the_best_waits_for_it() -> None:
    opening = Opening()
    warming = Warming("ready", opening)
    got: list[str] = []
    asking = threading.Thread(target=lambda: got.append(warming.best()))
    asking.start()
    asking.join(0.05)
    assert asking.is_alive()
    opening.may_end.set()
    asking.join(60)
    assert got == ["better"]


def test_where_there_is_nothing_better_what_is_ready_is_the_best() -> None:
    warming = Warming("ready")
    warming.begin()
    assert (warming.now, warming.best(), warming.may_change) == ("ready", "ready", False)
    warming.close()


def test_a_defect_of_the_opening_is_not_hidden() -> None:
    warming = Warming(1, lambda: 1 // 0)
    warming.begin()
    warming.close()
    with pytest.raises(ZeroDivisionError):
        warming.best()
    with pytest.raises(ZeroDivisionError):
        warming.now  # noqa: B018
