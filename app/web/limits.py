"""Limits on visitors, by address: rates, slots, and budgets that all share and nobody can use up alone."""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

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


class Shares:
    """Counts what each address holds of something, and decides who may have more.

    An address that holds nothing gets what is free. One that holds something gets more as long as it then holds no more
    than was free before: one alone gets half of all there is, two get about a third each, and something is always left
    for whoever comes next (dynamic thresholds, Choudhury and Hahne 1998).
    """

    def __init__(self, most: int, each: int | None = None) -> None:
        """Say how much there is.

        Args:
            most: All of it.
            each: An address never gets more; None: its share alone bounds it.
        """
        self.most, self.each = most, most if each is None else each
        self._held: Counter[str] = Counter()

    @property
    def free(self) -> int:
        """The part of it that nobody holds."""
        return self.most - self._held.total()

    def held(self, address: str) -> int:
        """The part of it that an address holds."""
        return self._held[address]

    def by_size(self) -> list[str]:
        """List the addresses that hold something, who holds most first."""
        return [address for address, _ in self._held.most_common()]

    def fits(self, address: str, need: int = 1) -> bool:
        """Whether an address may have so much more."""
        held = self._held[address]
        return need <= self.free and (not held or held + need <= min(self.each, self.free))

    def take(self, address: str, need: int = 1) -> None:
        """Note that an address has taken so much more, whether it fits or not."""
        self._held[address] += need

    def give(self, address: str, need: int = 1) -> None:
        """Note that an address has given so much back."""
        self._held[address] -= need
        if not self._held[address]:
            del self._held[address]


class Slots:
    """Slots for what goes on at the same time, of which each address has its share and at most so many."""

    def __init__(self, most: int, each: int) -> None:
        self._shares = Shares(most, each)

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Hold a slot while the `with` lasts.

        Raises:
            Busy: None is free for this address.
        """
        if not self._shares.fits(address):
            raise Busy
        self._shares.take(address)
        try:
            yield
        finally:
            self._shares.give(address)


@dataclass(order=True)
class _Waiting:
    """Somebody in the line for a budget. Who comes first has the least `start`."""

    start: float
    number: int
    address: str = field(compare=False)
    need: int = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Budget:
    """Bounds what is used at the same time, pixels or bytes; who finds none left waits in a line that has an end.

    The turns go by address (start-time fair queuing, Goyal and others 1996): who has had little comes before who has
    had much, however many of the latter wait.
    """

    def __init__(self, most: int, waiting: int, seconds: float, least: int = 1) -> None:
        """Say how much there is.

        Args:
            most: All of it.
            waiting: Requests that may wait in the line. When it is full, one who has fewer in it takes the place of
                the last of whoever has most.
            seconds: Seconds for which one waits at most.
            least: The least that a request counts for, however small it is.
        """
        self._shares, self._waiting, self._seconds, self._least = Shares(most), waiting, seconds, least
        self._line: list[_Waiting] = []
        self._clock = 0.0  # the start of whoever was let in last
        self._ends: dict[str, float] = {}
        self._number = 0

    @asynccontextmanager
    async def of(self, address: str, need: int) -> AsyncIterator[None]:
        """Wait for so much of the budget, and hold it; what is larger than all of it gets all of it.

        Raises:
            Busy: The line is full, or the turn didn't come in time.
        """
        need = min(max(need, self._least), self._shares.most)
        await self._enter(address, need)
        try:
            yield
        finally:
            self._shares.give(address, need)
            self._let_in()

    async def _enter(self, address: str, need: int) -> None:
        start = max(self._clock, self._ends.get(address, 0.0))
        if not self._line and self._shares.fits(address, need):
            self._take(start, address, need)
            return
        self._make_room(address)
        self._number += 1
        one = _Waiting(start, self._number, address, need, asyncio.get_running_loop().create_future())
        self._ends[address] = start + need
        insort(self._line, one)
        self._let_in()  # it may come before those who wait
        try:
            async with asyncio.timeout(self._seconds):
                await one.turn
        except BaseException as error:
            if one in self._line:
                self._line.remove(one)
            elif one.turn.done() and not one.turn.cancelled() and not one.turn.exception():
                self._shares.give(address, need)  # let in at the very moment
            self._let_in()
            if isinstance(error, TimeoutError):
                raise Busy from error
            raise

    def _make_room(self, address: str) -> None:
        """Find a place in the line for one more of an address.

        Raises:
            Busy: There is none.
        """
        if len(self._line) < self._waiting:
            return
        count = Counter(one.address for one in self._line)
        longest = max(count, key=count.__getitem__, default=address)
        if count[longest] <= count[address] + 1:
            raise Busy
        last = max(one for one in self._line if one.address == longest)
        self._line.remove(last)
        last.turn.set_exception(Busy())

    def _take(self, start: float, address: str, need: int) -> None:
        self._shares.take(address, need)
        self._clock = max(self._clock, start)
        self._ends[address] = max(self._ends.get(address, 0.0), start + need)
        if len(self._ends) > ADDRESSES:
            self._ends = {name: end for name, end in self._ends.items() if end > self._clock}

    def _let_in(self) -> None:
        for one in list(self._line):
            if self._shares.fits(one.address, one.need):
                self._line.remove(one)
                if not one.turn.done():
                    self._take(one.start, one.address, one.need)
                    one.turn.set_result(None)
            elif not self._shares.held(one.address):
                break  # it waits for room, and whoever is let in now would keep it waiting
