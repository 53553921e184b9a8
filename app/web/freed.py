"""Memory that large photos leave behind is given back to the system."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PAUSE = 0.5
"""Seconds without a photo after which memory is given back: it takes some 20 ms, in which others may have to wait."""

LONGEST = 5.0
"""Seconds after which it is given back though photos keep coming."""


def trim() -> None:
    """Have glibc give back what it keeps for later; other libraries keep little."""
    with suppress(OSError, AttributeError, TypeError):  # another system, or another library
        ctypes.CDLL(None).malloc_trim(0)


class Freed:
    """Gives memory back when the photos that were at work are done."""

    def __init__(self, give_back: Callable[[], None] = trim) -> None:
        self._give_back = give_back
        self._due: asyncio.TimerHandle | None = None
        self._since = 0.0

    @contextmanager
    def afterwards(self) -> Iterator[None]:
        """Work on a photo while the `with` lasts."""
        try:
            yield
        finally:
            self._plan()

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        if self._due is None:
            self._since = loop.time()
        else:
            self._due.cancel()
        pause = min(PAUSE, max(0.0, self._since + LONGEST - loop.time()))
        self._due = loop.call_later(pause, self._now, loop)

    def _now(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = None
        loop.run_in_executor(None, self._give_back)
