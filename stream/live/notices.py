"""Short notices that answer a key, and fade: what was saved, which theme it is now."""

from __future__ import annotations

import time
from collections.abc import Callable

LASTS = 2.0
"""Seconds for which a notice is there."""

FADES = 0.5
"""Seconds of these in which it fades."""

MOST = 2
"""Notices that are there at the same time; a further one takes the place of the oldest."""


class Notices:
    """Keeps what was said last, for as long as it is to be read."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing.

        Args:
            now: Gives the time in seconds.
        """
        self._now = now
        self._said: list[tuple[str, float]] = []

    def say(self, text: str, instead: str = "") -> None:
        """Show a notice from now on; what is there already begins anew.

        Args:
            text: One line. One that begins with a word and a colon, as "theme: cat", takes the place of those that
                begin with the same word.
            instead: A notice that it takes the place of, if that is still there.
        """
        word, colon, _ = text.partition(": ")
        kind = word + colon if colon and " " not in word else "\n"
        others = [one for one in self._said if one[0] not in (text, instead) and not one[0].startswith(kind)]
        self._said = [*others, (text, self._now())][-MOST:]

    def shown(self) -> list[tuple[str, float]]:
        """List what is there now, the newest last, each with its strength, 0 to 1."""
        now = self._now()
        self._said = [(text, since) for text, since in self._said if now - since < LASTS]
        return [(text, min(1.0, (LASTS - (now - since)) / FADES)) for text, since in self._said]
