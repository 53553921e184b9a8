"""Where a head is hidden."""

from __future__ import annotations

import math

import numpy as np
import pytest
from making import judged_face

from emojicam.stream.drawing.place import LARGER, head
from emojicam.stream.types import Frame

FRAME = Frame(0, 0.0, np.zeros((480, 640, 3), np.uint8))


@pytest.mark.parametrize("roll", [0, 35, 180, -90])
def test_the_disc_lies_towards_the_hairline_however_the_head_is_turned(roll: float) -> None:
    place = head(judged_face((270, 190, 100, 100), roll=roll), FRAME)
    up = math.radians(roll - 90)
    assert place.middle == pytest.approx((320 + 10 * math.cos(up), 240 + 10 * math.sin(up)))
    assert place.size == pytest.approx(155)
    assert not place.whole


def test_a_scale_changes_the_size_alone() -> None:
    face = judged_face((270, 190, 100, 100), roll=20)
    usual, larger = head(face, FRAME), head(face, FRAME, 1.4)
    assert larger.size == pytest.approx(1.4 * usual.size)
    assert larger.middle == usual.middle


@pytest.mark.parametrize("side", [700, 1e9])
def test_nothing_is_larger_than_the_picture(side: float) -> None:
    place = head(judged_face((-side / 2, -side / 2, side, side)), FRAME)
    assert place.whole
    assert place.size == LARGER * 800
    assert place.middle == (320, 240)


def test_a_face_out_of_the_picture_covers_none_of_it() -> None:
    assert not head(judged_face((1000, 0, 900, 900)), FRAME).whole
