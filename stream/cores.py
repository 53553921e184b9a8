"""Which of the machine's cores a thread runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def usable() -> int:
    """How many cores this process may use: fewer than the machine has under `taskset`, or in some containers."""
    return len(allowed()) or os.cpu_count() or 1


def allowed() -> list[int]:
    """The numbers of the cores that this thread may use; empty where the system doesn't tell (macOS, Windows)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pair(number: int) -> tuple[int, ...]:
    """A core for each of two threads that have work all the time: both, where there are two; elsewhere none.

    With more, whatever wakes finds one that is free.

    Args:
        number: Tells processes apart, which else would all put their first threads on the same core.
    """
    both = allowed()
    return (both[number % 2], both[1 - number % 2]) if len(both) == 2 else ()


@contextmanager
def kept_to(core: int | None) -> Iterator[None]:
    """This thread, and threads that it starts, run on one core meanwhile; those that it started keep to it.

    Args:
        core: Its number. None, a core that this thread may not use, or a system that knows no such wish (macOS,
            Windows): nothing is done.
    """
    before = allowed()
    if core is None or core not in before or not _keep([core]):
        yield
        return
    try:
        yield
    finally:
        _keep(before)


def _keep(cores: list[int]) -> bool:
    try:
        os.sched_setaffinity(0, cores)
    except OSError:  # a sandbox forbids it, or the core has been taken away
        return False
    return True
