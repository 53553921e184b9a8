"""A countdown for a still: 3, 2, 1."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

SECONDS = 3


class Countdown:
    """Counts down when it is asked to, and says once that it is over."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with no countdown.

        Args:
            now: Gives the time in seconds.
        """
        self._now = now
        self._end: float | None = None

    def start(self) -> None:
        """Count from `SECONDS` on."""
        self._end = self._now() + SECONDS

    def stop(self) -> bool:
        """Count no more.

        Returns:
            Whether it was counting.
        """
        counting, self._end = self._end is not None, None
        return counting

    def left(self) -> int | None:
        """Give the number that is shown now, from `SECONDS` down to 1; None if nothing is counted."""
        return None if self._end is None else max(1, math.ceil(self._end - self._now()))

    def is_over(self) -> bool:
        """Whether it has come to its end; true once for each start."""
        return self._end is not None and self._now() >= self._end and self.stop()
