"""The words over a live stream's picture in its window: status, notices, countdown, help."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence

from emojicam.stream.drawing.sprites import Cache, Sprite, blend
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.keys import BINDINGS, Binding
from emojicam.stream.live.notices import Notices
from emojicam.stream.live.panel import Row, panel
from emojicam.stream.live.plates import SHADES, disc, faded, plate
from emojicam.stream.live.words import Words

KEPT = 16 * 1024 * 1024
"""Bytes of plates that are kept: each is drawn once for each size, which takes some ms."""


def rows(bindings: Sequence[Binding]) -> tuple[Row, ...]:
    """List the rows of the help: a key, and what it does."""
    return tuple((binding.shown, binding.about) for binding in bindings)


class Hud:
    """Writes over pictures, in letters of a size that fits the window.

    Attributes:
        help: The keys are shown.
        notices: What is said for a moment.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, bindings: Sequence[Binding] = BINDINGS) -> None:
        """Begin with nothing but the status.

        Args:
            now: Gives the time in seconds.
            bindings: The keys that the help tells of.
        """
        self._rows = rows(bindings)
        self.help = False
        self.notices = Notices(now)
        self._words = Words()
        self._plates: Cache[Sprite] = Cache(KEPT)

    def write(self, bgr: Pixels, size: int, status: str, count: int | None = None) -> None:
        """Write all that is to be read now into a picture.

        Args:
            bgr: uint8 HxWx3, written to.
            size: Height of the font in px.
            status: The line at the bottom; two spaces part what is drawn, and kept, by itself.
            count: The number of a countdown.
        """
        height, width = bgr.shape[:2]
        foot = height - round(0.35 * size)
        at = round(0.45 * size)
        for part in status.split("  "):
            at = self._words.write(bgr, part, size, at, foot) + round(0.7 * size)
        floor = foot - round(1.7 * size)
        if self.help:
            room = width - size, floor - size // 2
            keys = self._kept(("help", size, room), lambda: panel(self._rows, size, room))
            _lay(bgr, keys, (floor + keys.clear.shape[0]) // 2)
        for text, strength in reversed(self.notices.shown()):
            floor -= self._notice(bgr, text, size, strength, floor) + round(0.4 * size)
        if count is not None:
            side = min(round(5.5 * size), height // 5)
            _lay(bgr, self._kept(("count", count, side), lambda: disc(str(count), side)), floor)

    def _notice(self, bgr: Pixels, text: str, size: int, strength: float, floor: int) -> int:
        """Write a notice above the floor, and give its height."""
        widest = bgr.shape[1] - size
        whole = self._kept((text, size, widest), lambda: plate(text, size, widest))
        step = round(SHADES * strength)
        sprite = self._kept((text, size, widest, step), lambda: faded(whole, step / SHADES)) if step < SHADES else whole
        _lay(bgr, sprite, floor)
        return len(sprite.clear)

    def _kept(self, key: Hashable, make: Callable[[], Sprite]) -> Sprite:
        kept = self._plates.get(key, make)
        assert isinstance(kept, Sprite)
        return kept


def _lay(bgr: Pixels, sprite: Sprite, floor: int) -> None:
    """Lay a plate in the middle between left and right, its foot on the floor; of one too large see the beginning."""
    tall, wide = sprite.clear.shape
    blend(bgr, sprite, max(0, (bgr.shape[1] - wide) // 2), max(0, floor - tall))
