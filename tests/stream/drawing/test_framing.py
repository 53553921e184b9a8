"""A square part of a picture, enlarged, with the faces in it; and a view that follows without trembling."""

from __future__ import annotations

import numpy as np
import pytest
from making import Picture, judged_face

from emojicam.stream.drawing.framing import SIDE, Square, steadied, view
from emojicam.stream.types import Frame


def dot(size: int, x: int, y: int, half: int) -> Picture:
    picture = np.zeros((size, size, 3), np.uint8)
    picture[y - half : y + half, x - half : x + half] = 255
    return picture


@pytest.mark.parametrize(("size", "side", "half"), [(400, 128.0, 8), (600, 512.0, 16), (3000, 2400.0, 100)])
def test_a_part_is_shown_as_large_as_a_sticker_and_its_faces_with_it(size: int, side: float, half: int) -> None:
    x, y = size // 2 + 10, size // 2 - 6
    face = judged_face((x - half, y - half, 2 * half, 2 * half))
    frame, (moved,), inside = view(Frame(3, 1.5, dot(size, x, y, half)), [face], Square(x - 7, y + 5, side))
    assert (frame.index, frame.time, frame.pixels.shape) == (3, 1.5, (SIDE, SIDE, 3))
    assert inside.min() == 255
    rows, columns = np.nonzero(frame.pixels[..., 0] > 127)
    left, top, width, height = moved.box
    found = columns.min(), rows.min(), columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min()
    assert found == pytest.approx((left, top, width, height), abs=1.5)
    k = SIDE / side
    for before, after in zip(face.eyes, moved.eyes, strict=True):
        assert after[0] - left == pytest.approx(k * (before[0] - face.box[0]))


def test_what_lies_beyond_the_picture_is_told() -> None:
    frame, _, inside = view(Frame(0, 0.0, np.full((100, 100, 3), 90, np.uint8)), [], Square(0, 50, 100))
    assert (inside[:, : SIDE // 2 - 4] == 0).all()
    assert (inside[:, SIDE // 2 + 4 :] == 255).all()
    assert (frame.pixels == 90).all()


def test_a_view_does_not_tremble_and_holds_what_it_is_to_hold() -> None:
    chance = np.random.default_rng(0)
    times = [index / 15 for index in range(45)]
    squares = [Square(100 + 2 * i + chance.normal(0, 3), 80 + chance.normal(0, 3), 50 + i) for i in range(45)]
    calm = steadied(squares, times)
    for wanted, shown in zip(squares, calm, strict=True):
        assert shown.side / 2 + 1e-6 >= max(abs(shown.x - wanted.x), abs(shown.y - wanted.y)) + wanted.side / 2
        assert shown.side < 1.5 * wanted.side
    trembling = [np.abs(np.diff([one.y for one in way], 2)).mean() for way in (squares, calm)]
    assert trembling[1] < trembling[0] / 10


def test_who_stands_still_is_shown_still() -> None:
    square = Square(10, 20, 30)
    assert all(vars(one) == pytest.approx(vars(square)) for one in steadied([square] * 5, [0, 0.1, 0.2, 0.3, 0.4]))
    assert steadied([], []) == []
