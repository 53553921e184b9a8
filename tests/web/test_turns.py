"""Turns at the models, by address."""

from __future__ import annotations

from emojicam.web.turns import CREDIT, REMEMBERED, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def served(turns: Turns, waiting: list[str], seconds: float, rounds: int) -> str:
    """Who is served, one letter a turn, if all go on waiting."""
    order = ""
    for _ in range(rounds):
        place = turns.next(waiting)
        assert place is not None
        order += waiting[place]
        turns.took(waiting[place], seconds)
    return order


def test_nobody_waits() -> None:
    assert Turns(Clock()).next([]) is None


def test_two_addresses_take_turns_however_much_one_of_them_sends() -> None:
    assert served(Turns(Clock()), ["a", "a", "a", "b"], 0.1, 6) in ("ababab", "aababa")


def test_the_photos_of_one_address_are_done_in_their_order() -> None:
    turns = Turns(Clock())
    assert [turns.next(["a", "a"]) for _ in range(3)] == [0, 0, 0]


def test_who_comes_new_is_ahead_for_a_while_and_then_shares() -> None:
    turns = Turns(Clock())
    served(turns, ["a"], 1.0, 30)
    order = served(turns, ["a", "b"], CREDIT / 4, 12)
    assert order.startswith("bbb")
    assert order[5:].count("a") >= 3, "and nobody starves"


def test_who_comes_again_and_again_is_no_newcomer() -> None:
    clock = Clock()
    turns = Turns(clock)
    served(turns, ["a"], 1.0, 5)
    order = ""
    for _ in range(40):  # b sends one small photo after another, a has a large one there all the time
        order += served(turns, ["a", "b"], 0.25, 1)
        served(turns, ["a"], 0.0, 1)
        clock.now += 0.25
    assert order[10:].count("a") >= 10


def test_what_was_long_ago_is_forgotten() -> None:
    clock = Clock()
    turns = Turns(clock)
    served(turns, ["b"], 1.0, 30)
    clock.now += REMEMBERED + 1
    served(turns, ["a"], 0.1, 1)
    assert served(turns, ["a", "b"], CREDIT / 4, 3) == "bbb"
