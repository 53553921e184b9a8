"""The machine's cores, and which of them a thread runs on."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol


class Scheduler(Protocol):
    """The system's scheduler, asked by the thread that it is about."""

    def allowed(self) -> list[int]:
        """The numbers of the cores that this thread may use; empty where the system doesn't tell (macOS, Windows)."""
        ...

    def keep(self, cores: list[int]) -> None:
        """Keep this thread to these cores.

        Raises:
            OSError: A sandbox forbids it, or a core has been taken away.
        """
        ...


class ThisScheduler:
    """The scheduler of the machine that this runs on."""

    def allowed(self) -> list[int]:
        """List the cores that Linux lets this thread use; other systems don't tell."""
        return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

    def keep(self, cores: list[int]) -> None:
        """Ask Linux to keep this thread to these cores."""
        os.sched_setaffinity(0, cores)


HERE = ThisScheduler()


def usable() -> int:
    """Count the cores that this process may use: fewer than the machine has under `taskset`, or in some containers."""
    return len(HERE.allowed()) or os.cpu_count() or 1


def pair(number: int, scheduler: Scheduler = HERE) -> tuple[int, ...]:
    """Choose a core for each of two threads that are always busy: both, where there are two; elsewhere none.

    With more, whatever wakes finds one that is free.

    Args:
        number: Tells processes apart, which else would all put their first threads on the same core.
        scheduler: What is asked for the cores.
    """
    both = scheduler.allowed()
    return (both[number % 2], both[1 - number % 2]) if len(both) == 2 else ()


@contextmanager
def kept_to(core: int | None, scheduler: Scheduler = HERE) -> Iterator[None]:
    """Keep this thread to one core meanwhile; the threads that it starts then keep to that core for good.

    Args:
        core: Its number. None, a core that this thread may not use, or a system that knows no such wish (macOS,
            Windows) or forbids it: nothing is done.
        scheduler: What is asked for the core.
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


BEHIND = 10
"""Steps by which a thread that gives way stands behind the others: it gets a tenth of a core that all of them want."""


def give_way() -> None:
    """Let the other threads go first, where the system knows such a wish for one thread (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + BEHIND)
