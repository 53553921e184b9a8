"""The line at the bottom of a live stream's window: how quick it is, and what goes on."""

from __future__ import annotations

import math
from collections import deque

SPAN = 60
"""Frames that the rate and the age are taken over."""

EVERY = 0.5
"""Seconds between two figures: more often they can't be read, and each new one has to be drawn."""


class StatusLine:
    """Counts the frames that are shown, and tells how quick they are."""

    def __init__(self) -> None:
        self._ages: deque[float] = deque(maxlen=SPAN)
        self._shown: deque[float] = deque(maxlen=SPAN)
        self._told, self._told_at = "", -math.inf

    def count(self, taken: float, shown: float) -> None:
        """Count one frame that is shown.

        Args:
            taken: Seconds, when the camera gave it.
            shown: Seconds by the same clock, when it was shown.
        """
        self._ages.append(shown - taken)
        self._shown.append(shown)

    def text(self, provider: str, *, recording: bool, paused: bool) -> str:
        """Write the line as it is now, its figures as they were within the last half second.

        Args:
            provider: Where the model runs.
            recording: A file is being written.
            paused: The picture stands still.
        """
        state = "  recording" * recording + "  paused" * paused
        return f"{self.figures()}  {provider}{state}  h help"

    def figures(self) -> str:
        """Write how quick the frames are, as it was within the last half second."""
        now = self._shown[-1] if self._shown else -math.inf
        if not self._told or now - self._told_at >= EVERY:
            self._told, self._told_at = self._measured(), now
        return self._told

    def _measured(self) -> str:
        passed = self._shown[-1] - self._shown[0] if len(self._shown) > 1 else math.inf
        rate = max(0, len(self._shown) - 1) / passed if passed > 0 else 0.0
        age = sorted(self._ages)[len(self._ages) // 2] if self._ages else 0.0
        return f"{rate:.0f} fps  {1000 * age:.0f} ms"
