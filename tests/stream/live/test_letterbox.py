"""Frames of any size and colours become one size and BT.601's limited range."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from making import Picture, i420

from emojicam.stream.i420 import Colour, i420_to_bgr, luma_weights, planes
from emojicam.stream.live.letterbox import letterbox, plain
from emojicam.stream.types import Format, Frame

BLOCKS = [(30, 60, 200), (40, 190, 60), (210, 80, 40), (60, 60, 60), (128, 128, 128), (200, 205, 190)]
"""BGR."""


def blocks(width: int = 192, height: int = 64) -> Picture:
    """Areas of one colour each."""
    picture = np.zeros((height, width, 3), np.uint8)
    for place, colour in enumerate(BLOCKS):
        picture[:, place * width // 6 : (place + 1) * width // 6] = colour
    return picture


def encoded(picture: Picture, colour: Colour) -> Picture:
    """BGR as I420 of any kind, by the textbook's sums."""
    kr, kb = luma_weights(colour)
    blue, green, red = np.moveaxis(picture.astype(float), -1, 0)
    y = kr * red + (1 - kr - kb) * green + kb * blue
    u, v = (blue - y) / (2 * (1 - kb)), (red - y) / (2 * (1 - kr))
    if not colour.full:
        y, u, v = 16 + y * 219 / 255, u * 224 / 255, v * 224 / 255
    flat = [y, *(128 + chroma[::2, ::2] for chroma in (u, v))]
    return (
        np.concatenate([np.clip(np.rint(p), 0, 255).reshape(-1) for p in flat]).reshape(-1, y.shape[1]).astype(np.uint8)
    )


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("bt709", [False, True])
def test_colours_are_kept_whatever_the_levels_mean(bt709: bool, full: bool) -> None:
    colour, picture = Colour(bt709=bt709, full=full), blocks()
    done = i420_to_bgr(plain(Frame(0, 0.0, encoded(picture, colour), Format.I420, colour)), Colour())
    for place, expected in enumerate(BLOCKS):
        middle = done[32, place * 32 + 16].astype(int)
        assert np.abs(middle - expected).max() <= 5


def test_what_is_as_it_should_be_is_not_copied() -> None:
    pixels = i420(blocks())
    assert plain(Frame(0, 0.0, pixels, Format.I420)) is pixels


@pytest.mark.parametrize(("width", "height"), [(193, 65), (192, 65), (193, 64)])
def test_odd_sides_become_even(width: int, height: int) -> None:
    assert plain(Frame(0, 0.0, blocks(width, height))).shape == (96, 192)


def test_bars_keep_the_shape() -> None:
    done = letterbox(Frame(0, 0.0, np.full((480, 640, 3), 200, np.uint8)), (1280, 720), crop=False)
    y, u, v = planes(done)
    assert done.shape == (1080, 1280)
    assert (y[:, :160] == 16).all()
    assert (y[:, -160:] == 16).all()
    assert (y[:, 162:-162] > 180).all()
    assert np.abs(u.astype(int) - 128).max() <= 1
    assert np.abs(v.astype(int) - 128).max() <= 1


def test_cutting_fills_the_frame_from_its_middle() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(picture, (320, 240), 100, (255, 255, 255), -1)
    y = planes(letterbox(Frame(0, 0.0, picture), (1280, 720), crop=True))[0]
    rows, columns = np.nonzero(y > 128)
    assert (rows.min(), rows.max()) == pytest.approx((160, 560), abs=3)
    assert (columns.min(), columns.max()) == pytest.approx((440, 840), abs=3)


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (1920, 1080), (720, 1280), (2, 720)])
def test_any_picture_fits_anywhere(size: tuple[int, int], crop: bool) -> None:
    for shape in ((480, 640, 3), (16, 1000, 3), (1000, 16, 3), (2, 2, 3)):
        done = letterbox(Frame(0, 0.0, np.full(shape, 90, np.uint8)), size, crop=crop)
        assert done.shape == (size[1] * 3 // 2, size[0])
