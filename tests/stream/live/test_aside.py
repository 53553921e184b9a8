"""Files are written aside, and what became of them is told."""

from __future__ import annotations

from pathlib import Path
from threading import Event, current_thread

import pytest

from emojicam.errors import OutputError
from emojicam.stream.live.aside import MOST, Aside

A, B = Path("a"), Path("b")


def test_whoever_begins_does_not_wait_and_is_told_afterwards() -> None:
    go, threads = Event(), []

    def write(path: Path) -> None:
        go.wait(20)
        threads.append((path, current_thread()))

    with Aside() as aside:
        assert aside.begin(A, write)
        assert aside.begin(B, write)
        assert aside.finished() == []
        go.set()
    assert aside.finished() == [(A, None), (B, None)]
    assert aside.finished() == []
    assert [path for path, _ in threads] == [A, B]
    assert current_thread() not in {thread for _, thread in threads}


def test_no_more_wait_than_memory_is_for() -> None:
    go = Event()
    with Aside() as aside:
        begun = [aside.begin(A, lambda path: go.wait(20) and None) for _ in range(MOST + 1)]
        go.set()
    assert begun == [True] * MOST + [False]
    assert len(aside.finished()) == MOST


def test_what_goes_wrong_is_told_and_ends_nothing() -> None:
    error = OutputError("a: the disk is full")

    def fails(path: Path) -> None:
        raise error

    with Aside() as aside:
        aside.begin(A, fails)
        aside.begin(B, lambda path: None)
    assert aside.finished() == [(A, error), (B, None)]


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with Aside() as aside:
        aside.begin(A, lambda path: [][0])
    with pytest.raises(IndexError):
        aside.finished()
