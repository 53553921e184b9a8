"""The arithmetic of I420: planes, colours, means."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from making import flat

from emojicam.stream.i420 import (
    Colour,
    Pixels,
    as_pixels,
    averaged,
    i420_to_bgr,
    joined,
    luma_weights,
    planes,
    rounded,
    yuv_matrix,
)

SPACES = [Colour(bt709, full) for bt709 in (False, True) for full in (False, True)]


def smooth(width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
    """BGR ramps through many colours: smooth, so that how chroma is interpolated does not matter."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.asarray(np.rint(255 * np.dstack([x, 1 - x * y, y])), np.uint8)


@pytest.mark.parametrize("colour", SPACES, ids=str)
def test_i420_becomes_the_colours_that_ffmpeg_makes_of_it(colour: Colour) -> None:
    matrix = Colorspace.ITU709 if colour.bt709 else Colorspace.ITU601
    levels = ColorRange.JPEG if colour.full else ColorRange.MPEG
    yuv = av.VideoFrame.from_ndarray(smooth(), format="bgr24").reformat(
        format="yuv420p", dst_colorspace=matrix, dst_color_range=levels
    )
    pixels = np.asarray(yuv.to_ndarray(), np.uint8)
    theirs = yuv.reformat(
        format="bgr24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=levels,
        dst_color_range=ColorRange.JPEG,
        # Its default trades up to 4 levels for speed.
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
    ).to_ndarray()
    ours = i420_to_bgr(pixels, colour)
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= 3
    # And it is the picture that was put in: 4:2:0 costs a smooth one little.
    assert np.abs(ours.astype(int) - smooth()).max() <= 6


@pytest.mark.parametrize(
    ("colour", "black", "white"),
    [(Colour(full=False), 16, 235), (Colour(full=True), 0, 255), (Colour(True, False), 16, 235)],
)
def test_black_and_white_are_at_the_ends_of_the_range(colour: Colour, black: int, white: int) -> None:
    for level, wanted in ((black, 0), (white, 255)):
        assert (i420_to_bgr(flat(level, 128), colour) == wanted).all()


def test_levels_beyond_the_range_are_clipped_not_wrapped() -> None:
    assert (i420_to_bgr(flat(255, 128), Colour()) == 255).all()
    assert (i420_to_bgr(flat(0, 128), Colour()) == 0).all()


def noise(width: int, height: int) -> Pixels:
    """An I420 picture in which no two neighbours are alike."""
    return np.random.default_rng(0).integers(0, 256, (height * 3 // 2, width), dtype=np.uint8)


@pytest.mark.parametrize("size", [(2, 2), (2, 6), (6, 2), (10, 14), (64, 48)])
def test_a_picture_is_joined_again_of_its_planes(size: tuple[int, int]) -> None:
    width, height = size
    pixels = noise(width, height)
    y, u, v = planes(pixels)
    assert [plane.shape for plane in (y, u, v)] == [(height, width), *[(height // 2, width // 2)] * 2]
    again = joined(y, u, v)
    assert np.array_equal(again, pixels)
    assert again.flags.c_contiguous
    assert not np.shares_memory(again, pixels)
    for plane, same in zip((y, u, v), planes(again), strict=True):
        assert np.array_equal(plane, same)


def test_planes_that_are_turned_are_joined_as_they_are_seen() -> None:
    turned = [plane[::-1, ::-1] for plane in planes(noise(10, 6))]
    for plane, wanted in zip(planes(joined(*turned)), turned, strict=True):
        assert np.array_equal(plane, wanted)


def test_what_is_written_into_a_plane_is_in_the_picture() -> None:
    pixels = np.zeros((72, 64), np.uint8)
    for level, plane in enumerate(planes(pixels), start=1):
        plane[:] = level
    assert [int((pixels == level).sum()) for level in range(4)] == [0, 64 * 48, 32 * 24, 32 * 24]
    assert (pixels[:48] == 1).all()


@pytest.mark.parametrize("colour", SPACES, ids=str)
@pytest.mark.parametrize("levels", [(120, 128, 128), (110, 150, 118), (90, 120, 150), (180, 118, 140), (60, 132, 124)])
def test_the_matrix_is_the_way_back_from_the_colours_that_are_shown(
    colour: Colour, levels: tuple[int, int, int]
) -> None:
    y, u, v = levels
    pixels = joined(np.full((4, 4), y, np.uint8), np.full((2, 2), u, np.uint8), np.full((2, 2), v, np.uint8))
    blue, green, red = i420_to_bgr(pixels, colour)[1, 1]
    offsets = (0 if colour.full else 16, 128, 128)
    assert yuv_matrix(colour) @ (red, green, blue) + offsets == pytest.approx(levels, abs=1)


@pytest.mark.parametrize("colour", SPACES, ids=str)
def test_white_is_all_of_the_range_and_has_no_colour(colour: Colour) -> None:
    assert yuv_matrix(colour) @ (255, 255, 255) == pytest.approx((255 if colour.full else 219, 0, 0), abs=1e-9)
    kr, kb = luma_weights(colour)
    assert (kr > 0.25) is not colour.bt709
    assert 0 < kb < kr < 1 - kr - kb


def test_levels_are_rounded_and_cut_not_wrapped() -> None:
    levels = np.array([[-3.2, 0.4, 0.6], [254.4, 254.6, 300]]).T
    done = rounded(levels)
    assert done.tolist() == [[0, 254], [0, 255], [1, 255]]
    assert done.dtype == np.uint8
    assert done.flags.c_contiguous


def test_what_has_the_right_type_is_not_copied() -> None:
    pixels = noise(4, 4)
    assert as_pixels(pixels) is pixels


@pytest.mark.parametrize("k", [1, 2, 4, 8])
@pytest.mark.parametrize("channels", [0, 3])
def test_each_pixel_is_the_mean_of_its_square_and_what_is_over_is_left_out(k: int, channels: int) -> None:
    shape = (33, 50, channels) if channels else (33, 50)
    plane = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    columns, rows = 50 // k, 33 // k
    small = averaged(plane, columns, rows, k)
    assert small.shape == (rows, columns, *shape[2:])
    parts = plane[: rows * k, : columns * k].astype(float).reshape(rows, k, columns, k, *shape[2:]).mean((1, 3))
    assert np.abs(small - parts).max() <= 1.5
