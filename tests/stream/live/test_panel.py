"""The help fits into any window: in columns, or smaller."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.drawing.sprites import blend
from emojicam.stream.live.panel import SMALLEST, laid_out, panel

ROWS = tuple((key, "does a thing or two") for key in ["space", "1-9", *"abcdefghijklm"])


def test_in_a_large_window_it_is_one_column_of_the_letters_that_are_wanted() -> None:
    layout = laid_out(ROWS, 20, (1260, 660))
    assert (layout.size, layout.columns, layout.lines) == (20, 1, len(ROWS))


@pytest.mark.parametrize("room", [(307, 140), (307, 200), (200, 300), (627, 320), (627, 120), (160, 480)])
def test_in_a_small_window_it_fits_and_can_be_read(room: tuple[int, int]) -> None:
    layout = laid_out(ROWS, 13, room)
    assert layout.size >= SMALLEST
    assert layout.columns * layout.lines >= len(ROWS)
    sprite = panel(ROWS, 13, room)
    assert (layout.tall, layout.wide) == sprite.clear.shape
    assert layout.wide <= room[0]
    assert layout.tall <= room[1]


def test_it_has_columns_before_it_has_small_letters() -> None:
    layout = laid_out(ROWS, 13, (627, 200))
    assert (layout.size, layout.columns) == (13, 2)


def test_in_no_room_at_all_it_is_as_small_as_it_can_be() -> None:
    assert laid_out(ROWS, 13, (20, 10)).size == SMALLEST


def test_every_row_has_its_key_in_yellow_and_its_words_in_white() -> None:
    layout = laid_out(ROWS, 20, (1260, 660))
    sprite = panel(ROWS, 20, (1260, 660))
    picture = np.full((*sprite.clear.shape, 3), 30, np.uint8)
    blend(picture, sprite, 0, 0)
    white = (picture.min(axis=2) > 150).any(axis=1)
    yellow = ((picture[..., 2] > 180) & (picture[..., 0] < 110)).any(axis=1)
    for lines in (white, yellow):
        runs = np.flatnonzero(np.diff(lines.astype(int)) == 1)
        assert len(runs) >= layout.lines


def test_where_it_does_not_fit_as_little_is_lost_as_can_be() -> None:
    """In a square of 192 px two columns are nearly whole, three are not."""
    rows = tuple((key, "save last 3 s as GIF") for key in ["space", "1-9", *"abcdefghijklmnop"])
    assert laid_out(rows, 13, (192, 170)).columns == 2
