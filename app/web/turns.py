"""Turns at the models, by address: whoever has had least of their time is next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

CREDIT = 1.0
"""Seconds of work by which one who comes new is ahead of those who are there: a usual photo is done at once."""

REMEMBERED = 10.0
"""Seconds for which it is known of one who has nothing to be done how much he has had."""


class Turns:
    """Counts the time that each address has had (fair queueing, Demers et al. 1989, with a start that is ahead).

    Who comes back soon goes on where he was, so that many photos one after another are no way to the front.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._had: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    def next(self, waiting: Sequence[str]) -> int | None:
        """Choose whose turn it is.

        Args:
            waiting: The addresses of those who wait, first come first.

        Returns:
            A place among them; None if nobody waits.
        """
        now = self._clock()
        if not waiting:
            return None
        least = min((self._had[who] for who in waiting if who in self._had), default=0.0)
        for who in set(waiting):
            self._had[who] = max(self._had.get(who, -float("inf")), least - CREDIT)
            self._seen[who] = now
        for who in [who for who, seen in self._seen.items() if now - seen > REMEMBERED]:
            del self._seen[who], self._had[who]
        return min(range(len(waiting)), key=lambda place: self._had[waiting[place]])

    def took(self, who: str, seconds: float) -> None:
        """Count the time that an address has had."""
        if who in self._had:
            self._had[who] += seconds
