"""A window has a sensible size, and what is written in it can be read."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.live.view import ENLARGED, LETTERS, OPENED, SHOWN, Size, fitted, framed, letters, opened, shown


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        ((640, 360), (640, 360)),
        ((1280, 720), (1280, 720)),
        ((160, 120), (640, 480)),  # no stamp
        ((320, 240), (640, 480)),
        ((1920, 1080), (1280, 720)),
        ((3840, 2160), (1280, 720)),
        ((1080, 1920), (405, 720)),
        ((90, 160), (405, 720)),
        ((16, 16), (640, 640)),
        ((4000, 100), (1280, 32)),
    ],
)
def test_a_window_opens_neither_as_a_stamp_nor_larger_than_a_screen(picture: Size, size: Size) -> None:
    assert opened(picture) == size


@pytest.mark.parametrize(
    ("picture", "window", "size"),
    [
        ((1280, 720), None, (1280, 720)),
        ((1280, 720), (1280, 720), (1280, 720)),
        ((1280, 720), (320, 180), (320, 180)),
        ((1280, 720), (320, 400), (320, 180)),  # its shape stays
        ((1280, 720), (1920, 1080), (1280, 720)),  # the window enlarges it
        ((160, 120), (640, 480), (640, 480)),
        ((160, 120), (3840, 2160), (960, 720)),
        ((3840, 2160), (3840, 2160), SHOWN),
        ((3840, 2160), None, OPENED),
    ],
)
def test_a_picture_has_the_size_of_its_window_within_bounds(picture: Size, window: Size | None, size: Size) -> None:
    assert shown(picture, window) == size


@pytest.mark.parametrize("window", [(320, 180), (640, 360), (1280, 720), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("picture", [(160, 120), (1280, 720), (3840, 2160)])
def test_letters_can_be_read_in_any_window(picture: Size, window: Size) -> None:
    given = shown(picture, window)
    magnified = min(window[0] / given[0], window[1] / given[1])
    assert LETTERS[0] - magnified <= letters(given, window) * magnified <= LETTERS[1] + magnified


def test_letters_grow_with_the_window() -> None:
    sizes = [letters(shown((1280, 720), window), window) for window in ((640, 360), (960, 540), (1280, 720))]
    assert sizes == [13, 15, 20]


@pytest.mark.parametrize("size", [(64, 48), (32, 24), ENLARGED])
def test_a_picture_is_brought_to_a_size(size: Size) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, 32:] = 200
    made = fitted(picture, size)
    assert made.shape == (size[1], size[0], 3)
    assert made[size[1] // 2, [0, -1]].tolist() == [[0, 0, 0], [200, 200, 200]]


@pytest.mark.parametrize(
    ("window", "shape"),
    [
        (None, (360, 640)),
        ((1280, 720), (360, 640)),
        ((641, 360), (360, 640)),  # a pixel of rounding is no bar
        ((1280, 960), (480, 640)),
        ((1600, 720), (360, 800)),
        ((200, 400), (1280, 640)),
    ],
)
def test_a_window_of_another_shape_has_black_bars(window: Size | None, shape: Size) -> None:
    made = framed(np.full((360, 640, 3), 200, np.uint8), window)
    assert made.shape == (*shape, 3)
    inside = made.max(2) == 200
    assert inside.sum() == 360 * 640
    assert made[~inside].max(initial=0) == 0
    assert np.array_equal(inside, inside[::-1, ::-1])  # in the middle
