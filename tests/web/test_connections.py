"""Who may open one more connection, and which idle one is dropped for it."""

from __future__ import annotations

from dataclasses import dataclass

from emojicam.web.connections import Connections


@dataclass(eq=False)
class Line:
    """A connection that has been idle since some time, or isn't."""

    idle_since: float | None = None
    dropped: bool = False

    def drop(self) -> None:
        self.dropped = True


def test_an_address_has_its_share_and_others_have_theirs() -> None:
    connections = Connections(10, 10)
    busy = [Line() for _ in range(7)]
    assert [connections.enter(one, "a") for one in busy] == [True] * 5 + [False] * 2
    for one in busy[5:]:
        connections.leave(one)
    assert [connections.enter(Line(), "b") for _ in range(4)] == [True] * 3 + [False]


def test_who_has_been_idle_longest_is_dropped_first() -> None:
    connections = Connections(10, 3)
    lines = [Line(5.0), Line(None), Line(2.0)]
    assert all(connections.enter(one, "a") for one in lines)
    assert connections.enter(Line(9.0), "a")
    assert [one.dropped for one in lines] == [False, False, True]
    connections.leave(lines[2])  # once more, when it has really ended
    assert connections.enter(Line(None), "a")
    assert [one.dropped for one in lines] == [True, False, True]


def test_where_all_is_full_who_holds_most_makes_room() -> None:
    connections = Connections(4, 4)
    lines = {name: Line(1.0) for name in ("a", "a2", "b", "c")}
    for name, one in lines.items():
        assert connections.enter(one, name[0])
    assert connections.enter(Line(), "d")
    assert [name for name, one in lines.items() if one.dropped] == ["a"]


def test_a_proxy_has_no_share_but_all_there_are() -> None:
    connections = Connections(4, 1, {"p"})
    assert [connections.enter(Line(), "p") for _ in range(5)] == [True] * 4 + [False]


def test_of_a_proxys_connections_too_idle_ones_make_room() -> None:
    connections = Connections(2, 2, {"p"})
    lines = [Line(1.0), Line(None)]
    assert all(connections.enter(one, "p") for one in lines)
    assert connections.enter(Line(), "a")
    assert [one.dropped for one in lines] == [True, False]
