from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from emojicam.stream.i420 import Pixels
from emojicam.stream.live import words
from emojicam.stream.live.words import KEPT, Words


def written(text: str, size: int = 20, ground: int = 128, width: int = 400) -> Pixels:
    picture = np.full((100, width, 3), ground, np.uint8)
    Words().write(picture, text, size, 10, 80)
    return picture


@pytest.mark.parametrize("size", [15, 30, 60])
@pytest.mark.parametrize("ground", [0, 128])
def test_each_bright_stroke_lies_in_one_dark_outline(size: int, ground: int) -> None:
    """Wherever it is bright, it is dark a few px to the left, and nothing is bright beyond that."""
    picture = np.full((120, 100, 3), ground, np.uint8)
    Words().write(picture, "l", size, 30, 100)
    changed = (picture != ground).any(axis=2)
    columns = np.flatnonzero(changed.any(axis=0))
    assert 3 <= np.ptp(columns) + 1 <= 0.6 * size + 3
    row = picture[np.flatnonzero(changed.any(axis=1)).mean().astype(int), :, 1].astype(int)
    bright = np.flatnonzero((row > 170) & changed.any(axis=0))
    assert len(bright) > 0
    assert np.ptp(bright) == len(bright) - 1, "one stroke, no ghost beside it"
    if ground:
        assert row[columns[0] : bright[0]].min() < 100
        assert row[bright[-1] + 1 : columns[-1] + 1].min() < 100


def test_the_outline_is_as_wide_at_the_end_of_a_line_as_at_its_start() -> None:
    """What is drawn twice at different widths runs apart to the right."""
    picture = written("l" + " " * 30 + "l")
    dark = np.flatnonzero((picture[..., 1] < 100).any(axis=0))
    gap = int(np.argmax(np.diff(dark)))
    first, last = dark[: gap + 1], dark[gap + 1 :]
    assert abs(np.ptp(first) - np.ptp(last)) <= 1


def test_a_line_stands_where_it_is_wanted() -> None:
    picture = written("Hg")
    y, x = np.nonzero((picture != 128).any(axis=2))
    assert 10 <= x.min() <= 13
    assert 72 <= y.max() < 80
    assert y.min() > 50


@pytest.mark.parametrize(("left", "bottom"), [(-30, 50), (380, 50), (10, 5), (10, 108), (500, 500)])
def test_what_reaches_over_the_border_is_cut_off(left: int, bottom: int) -> None:
    picture = np.full((100, 400, 3), 128, np.uint8)
    Words().write(picture, "a long line of words", 20, left, bottom)
    assert picture.shape == (100, 400, 3)


def test_a_line_in_the_middle_is_in_the_middle() -> None:
    picture = np.full((100, 400, 3), 128, np.uint8)
    Words().write_in_middle(picture, "no signal", 30)
    y, x = np.nonzero((picture != 128).any(axis=2))
    assert abs((x.min() + x.max()) / 2 - 200) < 4
    assert abs((y.min() + y.max()) / 2 - 50) < 8


def test_a_line_is_drawn_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    line = words._drawn

    def counted(text: str, size: int) -> object:
        drawn.append(text)
        return line(text, size)

    monkeypatch.setattr(words, "_drawn", counted)
    some, picture = Words(), np.zeros((50, 50, 3), np.uint8)
    for _ in range(3):
        for number in range(KEPT):
            some.write(picture, str(number), 10, 0, 40)
    assert len(drawn) == KEPT
    some.write(picture, "one more", 10, 0, 40)
    some.write(picture, str(KEPT - 1), 10, 0, 40)
    some.write(picture, "0", 10, 0, 40)
    assert drawn[KEPT:] == ["one more", "0"]


def test_nothing_to_say_changes_little() -> None:
    assert Image.fromarray(written("")).getbbox() is not None
    assert (written("") == 128).all()
