"""What a cell shows: the frame made small, with its faces where they are in it."""

from __future__ import annotations

import numpy as np
import pytest
from making import i420, judged_face

from emojicam.stream.live.cell import picture_of, shrunk
from emojicam.stream.types import Drawn, Format, Frame, Judged


def judged(size: tuple[int, int], form: Format = Format.BGR) -> Judged:
    picture = np.full((size[1], size[0], 3), 60, np.uint8)
    picture[100:200, 200:300] = 220
    pixels = i420(picture) if form is Format.I420 else picture
    return Judged(Frame(7, 1.5, pixels, form), (judged_face((200, 100, 100, 100), track=3),), cut=True)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    ("cell", "size"), [((640, 360), (640, 360)), ((638, 358), (636, 358)), ((400, 900), (400, 224))]
)
def test_a_frame_fits_into_its_cell_and_its_faces_go_along(
    form: Format, cell: tuple[int, int], size: tuple[int, int]
) -> None:
    whole = judged((1280, 720), form)
    small = shrunk(whole, cell)
    assert (small.frame.width, small.frame.height) == size
    assert (small.frame.index, small.frame.time, small.cut) == (7, 1.5, True)
    (face,) = small.faces
    k = size[0] / 1280
    assert face.box == pytest.approx([200 * k, 100 * k, 100 * k, 100 * k])
    assert (face.track, face.label) == (3, "happiness")
    picture = picture_of(Drawn(small, small.frame.pixels))
    assert picture.shape == (size[1], size[0], 3)
    x, y = map(round, face.middle)
    assert picture[y, x].min() > 200
    assert picture[y, x - round(70 * k)].max() < 90


def test_a_frame_that_fits_is_not_enlarged_and_not_touched() -> None:
    whole = judged((320, 240))
    small = shrunk(whole, (638, 358))
    assert (small.frame.width, small.frame.height) == (320, 240)
    assert small.frame.is_spare
    assert not np.shares_memory(small.frame.pixels, whole.frame.pixels)
