"""What is written over the picture stands where it is looked for, and is kept."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.i420 import Pixels
from emojicam.stream.live.hud import Hud, rows
from emojicam.stream.live.keys import BINDINGS
from emojicam.stream.live.notices import FADES, LASTS

GROUND = 110


class Bench:
    """A hud, a clock that is set by hand, and the pictures that were written on."""

    def __init__(self) -> None:
        self.now = 50.0
        self.hud = Hud(lambda: self.now)

    def picture(self, size: tuple[int, int] = (640, 360), count: int | None = None, status: str = "30 fps") -> Pixels:
        picture = np.full((size[1], size[0], 3), GROUND, np.uint8)
        self.hud.write(picture, 13, status, count)
        return picture


def changed(picture: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what was written."""
    y, x = np.nonzero((picture != GROUND).any(axis=2))
    return int(x.min()), int(y.min()), int(x.max()), int(y.max())


def test_the_status_stands_at_the_bottom_on_the_left() -> None:
    left, top, right, bottom = changed(Bench().picture(status="30 fps  41 ms  cpu"))
    assert left < 15
    assert right < 200
    assert 330 < top < bottom < 360


def test_a_notice_stands_in_the_middle_at_the_bottom_and_fades() -> None:
    bench = Bench()
    plain = bench.picture()
    bench.hud.notices.say("theme: cat")
    strong = bench.picture()
    left, top, right, bottom = changed(np.where(strong == plain, GROUND, strong).astype(np.uint8))
    assert abs((left + right) / 2 - 320) <= 2
    assert 290 < top < bottom < 345
    bench.now += LASTS - FADES / 2
    faint = bench.picture()
    place = strong[top + 2 : bottom - 1, 300:340].astype(int), faint[top + 2 : bottom - 1, 300:340].astype(int)
    assert 0.3 < np.abs(place[1] - GROUND).mean() / np.abs(place[0] - GROUND).mean() < 0.7
    bench.now += FADES
    assert np.array_equal(bench.picture(), plain)


def test_two_notices_stand_one_above_the_other() -> None:
    bench = Bench()
    bench.hud.notices.say("saved a.png")
    one = bench.picture()
    bench.hud.notices.say("style: label")
    two = bench.picture()
    assert changed(two)[1] < changed(one)[1] - 15
    column = (two[:, 320] != GROUND).any(axis=1)
    assert (np.diff(column[270:345].astype(int)) == 1).sum() == 2  # with the picture between them


def test_a_countdown_is_large_and_below_the_face() -> None:
    left, top, right, bottom = changed(Bench().picture(count=3)[:335])
    assert abs((left + right) / 2 - 320) <= 2
    assert 60 <= bottom - top <= 120
    assert top > 200


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 180), (320, 240), (240, 320)])
def test_the_help_is_whole_in_windows_of_any_size(size: tuple[int, int]) -> None:
    bench = Bench()
    bench.hud.help = True
    left, top, right, bottom = changed(bench.picture(size, status=""))
    assert 0 < left < right < size[0] - 1
    assert 0 < top < bottom < size[1] - 1


def test_the_help_names_every_key() -> None:
    assert [key for key, _ in rows(BINDINGS)] == [binding.shown for binding in BINDINGS]


def test_what_was_drawn_once_is_laid_again_the_same() -> None:
    bench = Bench()
    bench.hud.help = True
    bench.hud.notices.say("saved a.png")
    assert np.array_equal(bench.picture(count=2), bench.picture(count=2))
