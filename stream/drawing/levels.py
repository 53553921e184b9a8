"""The sizes of each emoji that sprites are made of, kept as long as there is room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from emojicam.stream.drawing.cover import grounded, hides_face, hides_head, squared
from emojicam.stream.drawing.sprites import Cache, premultiplied, pyramid
from emojicam.stream.i420 import Pixels

SIZES = (1024, 1448, 2048, 2896, 4096)
"""Px of the sides that a picture is asked for where the one at hand is smaller than the sprite. From one to the next a
drawing takes twice as long and twice the memory; 4,096 px cover a head in a photo of 50 megapixels."""

LARGE_BYTES = 160 * 1024 * 1024
"""Bytes of large pictures that are kept: ten of 2,048 px, two of the largest."""

Larger = Callable[[str, int, int], Pixels | None]
"""Gives the picture of an emotion and degree in a size in px, or as near to it as can be; None where there is none."""


class Hidden(Enum):
    """The part of what is below that an emoji must hide."""

    NOTHING = auto()
    FACE = auto()
    HEAD = auto()


@dataclass(frozen=True)
class _Large:
    """A single large picture: uint8 HxWx4, BGR and alpha, premultiplied."""

    level: Pixels

    @property
    def bytes(self) -> int:
        """Bytes of memory that it takes."""
        return self.level.nbytes


class Levels:
    """Makes and keeps the sizes of each emoji. May be used by several threads."""

    def __init__(self, emoji: Callable[[str], Sequence[Pixels]], disc: float, larger: Larger | None = None) -> None:
        """Choose the pictures.

        Args:
            emoji: Gives one to three pictures of an emotion, from faint to strong: RGBA, uint8 HxWx4 each.
            disc: Diameter of the part of an emoji that hides what is below, as a share of its width.
            larger: Gives them larger; without it they are scaled up.
        """
        self._emoji, self._disc, self._larger = emoji, disc, larger
        self._pyramids: dict[tuple[str, int, Hidden], list[Pixels]] = {}
        self._large: Cache[_Large] = Cache(LARGE_BYTES)
        self._lock = threading.RLock()

    def __call__(self, emotion: str, degree: int, hides: Hidden, size: float) -> list[Pixels]:
        """Give the sizes of an emoji that hides what it is to hide, the largest first, for a sprite of `size` px."""
        with self._lock:
            levels = self._levels(emotion, degree, hides)
            if self._larger is None or size <= len(levels[0]):
                return levels
            wanted = next((side for side in SIZES if side >= size), SIZES[-1])
            key = emotion, degree, hides, wanted
            return [self._large.get(key, lambda: self._large_one(emotion, degree, hides, wanted)).level]

    def _levels(self, emotion: str, degree: int, hides: Hidden) -> list[Pixels]:
        """The sizes from that of the picture at hand downwards; one that hides enough as it is exists once."""
        key = emotion, degree, hides
        if key not in self._pyramids:
            art = squared(self._emoji(emotion)[degree])
            if hides is Hidden.NOTHING:
                self._pyramids[key] = pyramid(art)
            elif self._hides(art, hides):
                self._pyramids[key] = self._levels(emotion, degree, Hidden.NOTHING)
            else:
                self._pyramids[key] = pyramid(grounded(art, self._disc))
        return self._pyramids[key]

    def _large_one(self, emotion: str, degree: int, hides: Hidden, side: int) -> _Large:
        drawn = self._larger(emotion, degree, side) if self._larger else None
        if drawn is None:
            return _Large(self._levels(emotion, degree, hides)[0])
        art = squared(drawn)
        # Asked anew: a drawing need not be what its picture is.
        return _Large(premultiplied(art if self._hides(art, hides) else grounded(art, self._disc)))

    def _hides(self, art: Pixels, hides: Hidden) -> bool:
        if hides is Hidden.NOTHING:
            return True
        return (hides_face if hides is Hidden.FACE else hides_head)(art, self._disc)
