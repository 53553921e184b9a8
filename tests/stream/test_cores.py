from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from emojicam.stream.cores import BEHIND, HERE, give_way, kept_to, pair, usable
from emojicam.stream.line import Line

allowed = HERE.allowed

pytestmark = pytest.mark.skipif(len(allowed()) < 2, reason="takes two cores, and a system that lets a thread choose")


@dataclass
class Machine:
    """A scheduler of a machine with certain cores, which may forbid a thread to choose among them."""

    cores: list[int]
    forbids: bool = False

    def allowed(self) -> list[int]:
        return list(self.cores)

    def keep(self, cores: list[int]) -> None:
        if self.forbids:
            raise PermissionError
        self.cores = list(cores)


@pytest.fixture(autouse=True)
def cores() -> Iterator[list[int]]:
    before = allowed()
    yield before
    assert allowed() == before
    os.sched_setaffinity(0, before)


def seen_in_a_thread() -> list[int]:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.extend(allowed()))
    thread.start()
    thread.join()
    return found


def test_a_process_may_use_what_it_was_given(cores: list[int]) -> None:
    assert usable() == len(cores)
    os.sched_setaffinity(0, cores[:1])
    assert usable() == 1
    os.sched_setaffinity(0, cores)


def test_where_the_system_does_not_tell_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert allowed() == []
    assert usable() == os.cpu_count()
    assert pair(0) == ()
    with kept_to(0):
        pass
    monkeypatch.undo()


@pytest.mark.parametrize("place", [0, -1])
def test_a_thread_and_those_that_it_starts_keep_to_a_core(cores: list[int], place: int) -> None:
    with kept_to(cores[place]):
        assert allowed() == seen_in_a_thread() == [cores[place]]
    assert seen_in_a_thread() == cores


def test_after_an_error_it_may_go_everywhere_again(cores: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), kept_to(cores[0]):
        raise ZeroDivisionError
    assert allowed() == cores


@pytest.mark.parametrize("core", [None, 100_000])
def test_no_core_and_one_that_is_not_ours_change_nothing(cores: list[int], core: int | None) -> None:
    with kept_to(core):
        assert allowed() == cores


def test_a_sandbox_that_forbids_it_changes_nothing(cores: list[int]) -> None:
    sandbox = Machine([0, 1], forbids=True)
    with kept_to(0, sandbox):
        assert sandbox.allowed() == [0, 1]
        assert allowed() == cores


def test_two_threads_get_a_core_each_on_a_machine_with_two() -> None:
    assert pair(4, Machine([3, 7])) == (3, 7)
    assert pair(5, Machine([3, 7])) == (7, 3)
    for few_or_many in ([3], [3, 7, 9]):
        assert pair(4, Machine(few_or_many)) == ()


class Cores:
    """A source that says where it runs."""

    live = False

    def __iter__(self) -> Iterator[list[list[int]]]:
        for _ in range(3):
            yield [allowed()]


def note(item: list[list[int]]) -> list[list[int]]:
    return [*item, allowed()]


def test_each_thread_of_a_line_keeps_to_its_core(cores: list[int]) -> None:
    one, two = cores[:2]
    taken: list[list[list[int]]] = []
    line = Line(Cores(), cores=(one, two, one)).then("other", note).with_sink().along("caller's", note)
    line.run(lambda item: taken.append(note(item)))
    assert taken == [[[one], [two], [one], [one]]] * 3


def test_without_a_wish_each_may_run_everywhere(cores: list[int]) -> None:
    taken: list[list[list[int]]] = []
    Line(Cores()).then("other", note).run(taken.append)
    assert taken == [[cores, cores]] * 3


def test_a_line_that_fails_lets_its_caller_go(cores: list[int]) -> None:
    def fail(item: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Line(Cores(), cores=cores[:2]).with_sink().along("caller's", fail).run(fail)
    assert allowed() == cores


def test_a_line_wants_a_core_for_each_thread(cores: list[int]) -> None:
    with pytest.raises(ValueError, match="2 cores for 3 threads"):
        Line(Cores(), cores=cores[:2]).then("other", note).start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows such a wish for one thread")
def test_a_thread_that_gives_way_does_so_alone() -> None:
    def mine() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = mine()
    with ThreadPoolExecutor(1, initializer=give_way) as thread:
        assert thread.submit(mine).result() == min(19, before + BEHIND)
    assert mine() == before
