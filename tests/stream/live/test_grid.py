"""The grid of several streams: where the cells lie, and what is in them."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.i420 import Pixels
from emojicam.stream.live.grid import GAP, GROUND, Caption, Grid, laid_out, opened
from emojicam.stream.live.plates import ACCENT
from emojicam.stream.live.view import OPENED


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (320, 180)) -> Pixels:
    return np.full((size[1], size[0], 3), colour, np.uint8)


COLOURS = (200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)


@pytest.mark.parametrize(
    ("count", "size", "columns", "rows"),
    [
        *[(1, (1280, 720), 1, 1), (2, (1280, 360), 2, 1), (2, (400, 900), 1, 2), (3, (1280, 720), 2, 2)],
        *[(4, (1280, 720), 2, 2), (5, (1280, 720), 3, 2), (9, (1280, 720), 3, 3), (16, (1920, 1080), 4, 4)],
    ],
)
def test_the_pictures_are_as_large_as_they_can_be(count: int, size: tuple[int, int], columns: int, rows: int) -> None:
    layout = laid_out(count, size)
    assert (layout.columns, layout.rows) == (columns, rows)
    for number in range(count):
        left, top = layout.corner(number)
        assert left + layout.cell[0] <= size[0]
        assert top + layout.cell[1] <= size[1]


@pytest.mark.parametrize("count", range(1, 17))
@pytest.mark.parametrize("shape", [16 / 9, 4 / 3, 9 / 16])
def test_the_window_opens_without_empty_borders_and_not_too_large(count: int, shape: float) -> None:
    width, height = opened(count, shape)
    assert width <= OPENED[0] + GAP
    assert height <= OPENED[1] + GAP
    cell = laid_out(count, (width, height), shape).cell
    assert cell[0] / cell[1] == pytest.approx(shape, rel=0.06)


def test_each_picture_lies_in_its_cell_and_keeps_its_shape() -> None:
    grid = Grid(3)
    for number, colour in enumerate(COLOURS[:2]):
        grid.put(number, plain(colour))
    grid.put(2, plain(COLOURS[2], (90, 180)))
    whole = grid.composed([Caption("")] * 3, (1280, 720))
    assert whole.shape == (720, 1280, 3)
    cell = grid.layout.cell
    for number in range(3):
        left, top = grid.layout.corner(number)
        assert tuple(whole[top + cell[1] // 2, left + cell[0] // 2]) == COLOURS[number]
    left, top = grid.layout.corner(2)
    assert tuple(whole[top + cell[1] // 2, left + 20]) == GROUND  # a narrow one has the ground beside it
    assert tuple(whole[700, 1260]) == GROUND  # there is no fourth


def test_a_caption_names_the_stream_and_says_what_goes_on() -> None:
    grid = Grid(2)
    for number in range(2):
        grid.put(number, plain((90, 90, 90), (638, 358)))
    bare = grid.composed([Caption("")] * 2, None)
    width, height = grid.size
    assert bare.shape == (height, width, 3)
    named = grid.composed([Caption("1 door", "30 fps  8 ms"), Caption("")], None)
    changed = np.argwhere((named != bare).any(axis=2))
    assert changed[:, 0].max() < 40
    assert changed[:, 1].max() < 320
    recording = grid.composed([Caption("", recording=True), Caption("", chosen=True)], None)
    spot = recording[5:40, :40].astype(int)
    assert ((spot[..., 2] > 200) & (spot[..., 0] < 90)).sum() > 40
    left, _ = grid.layout.corner(1)
    assert tuple(recording[100, left + 1])[::-1] == ACCENT[:3]


def test_a_window_that_is_huge_gets_no_larger_picture_than_is_sensible() -> None:
    assert Grid(2).composed([Caption("")] * 2, (7680, 2160)).shape == (540, 1920, 3)


def test_where_there_is_no_room_for_all_words_the_name_comes_first() -> None:
    grid = Grid(4)
    pictures = [
        grid.composed([Caption(name, figures)] * 4, (400, 240))
        for name, figures in (
            ("", ""),
            ("1 a gate in the garden of mine", "30 fps"),
            ("1 a gate in the garden of mine", ""),
        )
    ]
    assert (pictures[1] != pictures[0]).any()
    assert (pictures[1] == pictures[2]).all()  # figures that would be cut are left out
    column = pictures[1][:40, grid.layout.cell[0] - 3 : grid.layout.cell[0]]
    assert (column == GROUND).all()  # and so are letters


def test_it_is_complete_when_each_stream_has_given_a_picture() -> None:
    grid = Grid(2)
    grid.put(1, plain((1, 2, 3)))
    assert not grid.complete
    grid.put(0, plain((1, 2, 3)))
    assert grid.complete
