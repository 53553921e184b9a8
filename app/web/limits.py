"""Limits on visitors: rates by address, slots for streams, and a pixel budget for photos that are unpacked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from emojicam.web.worker import Busy

ADDRESSES = 10_000
"""Addresses that are remembered at most."""


class Rate:
    """Lets each address do a thing so many times at once, and then so many times a second."""

    def __init__(self, burst: int, a_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._a_second, self._now = burst, a_second, now
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, address: str) -> float:
        """Count one more attempt of an address, or say how long it must wait.

        Returns:
            Seconds after which to try again; 0 if it may be now.
        """
        now = self._now()
        left, then = self._left.pop(address, (float(self._burst), now))
        left = min(self._burst, left + (now - then) * self._a_second)
        if len(self._left) >= ADDRESSES:  # the one that was heard of longest ago
            del self._left[next(iter(self._left))]
        if left < 1:
            self._left[address] = left, now
            return (1 - left) / self._a_second
        self._left[address] = left - 1, now
        return 0.0


class Slots:
    """Slots for what goes on at the same time, of which each address has at most so many."""

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Hold a slot while the `with` lasts.

        Raises:
            Busy: None is free for this address.
        """
        if self._taken.total() >= self._most or self._taken[address] >= self._each:
            raise Busy
        self._taken[address] += 1
        try:
            yield
        finally:
            self._taken[address] -= 1
            self._taken += Counter()  # forgets the zeros


class PixelBudget:
    """Bounds the pixels that are unpacked at the same time; who finds none left waits in a line that has an end."""

    def __init__(self, pixels: int, waiting: int, seconds: float) -> None:
        self._most, self._waiting, self._seconds = pixels, waiting, seconds
        self._used = 0
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, pixels: int) -> AsyncIterator[None]:
        """Wait for so many pixels of the budget, and hold them; what is larger than all of it gets all of it.

        Raises:
            Busy: The line is full, or the turn didn't come in time.
        """
        need = min(pixels, self._most)
        await self._enter(need)
        try:
            yield
        finally:
            self._used -= need
            self._let_in()

    async def _enter(self, need: int) -> None:
        if not self._line and self._used + need <= self._most:
            self._used += need
            return
        if len(self._line) >= self._waiting:
            raise Busy
        turn = asyncio.get_running_loop().create_future()
        self._line.append((need, turn))
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except BaseException as error:
            if (need, turn) in self._line:
                self._line.remove((need, turn))
            elif turn.done() and not turn.cancelled():  # let in at the very moment
                self._used -= need
            self._let_in()
            if isinstance(error, TimeoutError):
                raise Busy from error
            raise

    def _let_in(self) -> None:
        while self._line and self._used + self._line[0][0] <= self._most:
            need, turn = self._line.popleft()
            if not turn.done():
                self._used += need
                turn.set_result(None)
