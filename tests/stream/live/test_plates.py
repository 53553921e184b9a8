"""Plates are dark, rounded, as wide as their words, and fade."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.drawing.sprites import Sprite, blend
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.plates import disc, faded, plate


def laid(sprite: Sprite, ground: int = 128) -> Pixels:
    picture = np.full((*sprite.clear.shape, 3), ground, np.uint8)
    blend(picture, sprite, 0, 0)
    return picture


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_bright_words_stand_on_a_dark_plate_with_round_ends(ground: int) -> None:
    picture = laid(plate("saved", 20, 400), ground)
    tall, wide = picture.shape[:2]
    assert (picture[[0, 0, -1, -1], [0, -1, 0, -1]] == ground).all()
    assert picture[tall // 2, 5:9].max() < 80
    assert (picture.min(axis=2) > 200).sum() > 60
    bright = np.flatnonzero((picture[3:-3, 6:-6].min(axis=2) > 180).any(axis=0)) + 6
    assert abs(bright.min() - (wide - 1 - bright.max())) <= 3  # in the middle


def test_a_line_that_is_too_wide_gets_smaller_letters() -> None:
    text = "saved emojicam-20260101-120000-1.png"
    wide, narrow = plate(text, 20, 600), plate(text, 20, 250)
    assert wide.clear.shape[1] < 600
    assert narrow.clear.shape[1] <= 250
    assert narrow.clear.shape[0] < wide.clear.shape[0]
    assert narrow.clear.shape[1] > 180


def test_a_very_long_line_is_cut_and_no_wider() -> None:
    assert plate("no such folder " * 60, 20, 250).clear.shape[1] == 250


@pytest.mark.parametrize("text", ["3", "2", "1"])
def test_a_number_is_in_the_middle_of_its_disc(text: str) -> None:
    picture = laid(disc(text, 90))
    assert picture.shape == (90, 90, 3)
    assert picture[0, 0].tolist() == [128] * 3
    y, x = np.nonzero((picture[..., 2] > 200) & (picture[..., 0] < 120))
    assert abs((y.min() + y.max()) / 2 - 45) <= 3
    assert abs((x.min() + x.max()) / 2 - 45) <= 5
    assert 25 <= np.ptp(y) <= 55


def test_it_fades_towards_the_picture() -> None:
    whole = plate("saved", 20, 400)
    ground, full = np.full((*whole.clear.shape, 3), 128), laid(whole).astype(int)
    for strength in (0.75, 0.5, 0.25):
        wanted = ground + strength * (full - ground)
        assert np.abs(laid(faded(whole, strength)) - wanted).max() <= 2
    assert np.abs(laid(faded(whole, 0)) - ground).max() <= 1
    assert faded(whole, 1) is whole
