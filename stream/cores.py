"""Which of the machine's cores a thread runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Scheduler(Protocol):
    """The system's, asked by the thread that it is about."""

    def allowed(self) -> list[int]:
        """The numbers of the cores that this thread may use; empty where the system doesn't tell (macOS, Windows)."""
        ...

    def keep(self, cores: list[int]) -> None:
        """Use these alone.

        Raises:
            OSError: A sandbox forbids it, or a core has been taken away.
        """
        ...


class ThisScheduler:
    """This machine's."""

    def allowed(self) -> list[int]:
        """As Linux tells."""
        return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

    def keep(self, cores: list[int]) -> None:
        """As Linux takes it."""
        os.sched_setaffinity(0, cores)


HERE = ThisScheduler()


def usable() -> int:
    """How many cores this process may use: fewer than the machine has under `taskset`, or in some containers."""
    return len(HERE.allowed()) or os.cpu_count() or 1


def pair(number: int, scheduler: Scheduler = HERE) -> tuple[int, ...]:
    """A core for each of two threads that have work all the time: both, where there are two; elsewhere none.

    With more, whatever wakes finds one that is free.

    Args:
        number: Tells processes apart, which else would all put their first threads on the same core.
        scheduler: Who is asked for them.
    """
    both = scheduler.allowed()
    return (both[number % 2], both[1 - number % 2]) if len(both) == 2 else ()


@contextmanager
def kept_to(core: int | None, scheduler: Scheduler = HERE) -> Iterator[None]:
    """This thread, and threads that it starts, run on one core meanwhile; those that it started keep to it.

    Args:
        core: Its number. None, a core that this thread may not use, or a system that knows no such wish (macOS,
            Windows) or forbids it: nothing is done.
        scheduler: Who is asked for it.
    """
    before = scheduler.allowed()
    if core is None or core not in before or not _kept(scheduler, [core]):
        yield
        return
    try:
        yield
    finally:
        _kept(scheduler, before)


def _kept(scheduler: Scheduler, cores: list[int]) -> bool:
    try:
        scheduler.keep(cores)
    except OSError:
        return False
    return True
