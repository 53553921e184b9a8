from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.drawing.levels import Hidden, Levels
from emojicam.stream.i420 import Pixels


def art(side: int, rgba: tuple[int, int, int, int]) -> Pixels:
    return np.full((side, side, 4), rgba, np.uint8)


class Source:
    """Gives a picture of 64 px, and larger ones of any size up to one, and notes what it was asked for."""

    def __init__(self, most: int = 4096, alpha: int = 255) -> None:
        self.asked: list[tuple[str, int, int]] = []
        self._most, self._alpha = most, alpha

    def emoji(self, emotion: str) -> tuple[Pixels, ...]:
        return (art(64, (10, 20, 30, 255)), art(64, (40, 50, 60, 255)))

    def larger(self, emotion: str, degree: int, size: int) -> Pixels | None:
        self.asked.append((emotion, degree, size))
        return art(min(size, self._most), (200, 100, 50, self._alpha)) if self._most else None


def test_a_sprite_that_is_small_enough_is_made_of_the_picture_at_hand() -> None:
    source = Source()
    levels = Levels(source.emoji, 1.0, source.larger)("fear", 1, Hidden.FACE, 64)
    assert [len(level) for level in levels] == [64, 32, 16, 8]
    assert (levels[0] == (60, 50, 40, 255)).all()
    assert source.asked == []


@pytest.mark.parametrize(
    ("size", "side"), [(65, 1024), (1024, 1024), (1025, 1448), (1500, 2048), (2048.1, 2896), (9000, 4096)]
)
def test_for_a_larger_sprite_the_next_larger_picture_is_asked_for_once(size: float, side: int) -> None:
    source = Source()
    levels = Levels(source.emoji, 1.0, source.larger)
    for _ in range(2):
        (level,) = levels("fear", 1, Hidden.NOTHING, size)
        assert level.shape == (side, side, 4)
    assert (level == (50, 100, 200, 255)).all()
    assert source.asked == [("fear", 1, side)]


def test_without_larger_ones_the_picture_at_hand_is_scaled_up() -> None:
    source = Source(most=0)
    assert len(Levels(source.emoji, 1.0)("fear", 0, Hidden.FACE, 900)[0]) == 64
    (level,) = Levels(source.emoji, 1.0, source.larger)("fear", 0, Hidden.FACE, 900)
    assert (level == art(64, (30, 20, 10, 255))).all()


def test_a_larger_picture_that_a_face_shows_through_has_a_disc_under_it_too() -> None:
    source = Source(alpha=0)
    levels = Levels(source.emoji, 1.0, source.larger)
    for hides, least in ((Hidden.NOTHING, 0), (Hidden.FACE, 255), (Hidden.HEAD, 255)):
        (level,) = levels("fear", 0, hides, 900)
        assert level[512, 512, 3] == least


def test_a_large_picture_is_premultiplied() -> None:
    source = Source(alpha=128)
    (level,) = Levels(source.emoji, 1.0, source.larger)("fear", 0, Hidden.NOTHING, 2000)
    assert np.abs(level.astype(int) - (25, 50, 100, 128)).max() <= 1


def test_no_more_large_pictures_are_kept_than_there_is_room_for() -> None:
    source = Source()
    levels = Levels(source.emoji, 1.0, source.larger)
    for emotion in ("fear", "anger", "fear", "disgust", "fear", "anger"):
        levels(emotion, 0, Hidden.NOTHING, 4000)
    assert [emotion for emotion, _, _ in source.asked] == ["fear", "anger", "disgust", "anger"]
