"""The views of a frame: together they show all of it, and what is found in one is brought back to its place."""

from __future__ import annotations

import cmath
import itertools
import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import i420, seen_at

from emojicam.stream.faces.centerface import fitting
from emojicam.stream.faces.views import (
    ENLARGED,
    GLANCE,
    OVERLAP,
    PART,
    STEP,
    WORTH,
    View,
    parts,
    patch,
    scales,
)
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame

SIZES = [
    (1, 1),
    (7, 5),
    (300, 1),
    (160, 120),
    (320, 240),
    (480, 288),
    (640, 480),
    (1280, 720),
    (720, 1280),
    (1920, 1080),
    (4000, 3000),
    (3840, 2160),
    (12000, 9000),
    (20000, 40),
    (40, 20000),
    (30000, 2000),
]
EVERYTHING = 10**12


def frame_of(pixels: npt.NDArray[np.generic]) -> Frame:
    return Frame(0, 0.0, np.asarray(pixels, np.uint8))


def ramp(width: int, height: int) -> Pixels:
    """A picture that tells where it is: its red grows to the right, its green downwards."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 2] = np.round(np.linspace(0, 255, width))
    picture[..., 1] = np.round(np.linspace(0, 255, height))[:, None]
    return picture


def square(left: float, top: float, size: float, roll: float = 0.0) -> Face:
    """A face whose eyes lie as its roll says."""
    middle, to_eye = complex(left + size / 2, top + size / 2), cmath.rect(size, math.radians(roll))
    a, b = (middle + to_eye * complex(side * 0.2, -0.2) for side in (-1, 1))
    return Face(box=(left, top, size, size), score=0.7, eyes=((a.real, a.imag), (b.real, b.imag)), roll=roll)


# --- at which scales ---


@pytest.mark.parametrize("most", [GLANCE, 1280 * 736, 8_000_000, EVERYTHING])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_each_scale_is_larger_than_the_one_before_and_none_is_too_large(width: int, height: int, most: int) -> None:
    found = scales(width, height, most)
    assert found
    for one, two in itertools.pairwise(found):
        assert WORTH * one <= two <= STEP * WORTH * one
    largest = width * height * found[-1] ** 2
    assert largest <= max(most, GLANCE) * 1.001
    assert found[-1] <= 2
    if found[-1] > 1:
        assert width * height * found[-1] ** 2 <= ENLARGED * 1.001, "only a small picture is enlarged"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_smallest_view_has_the_pixels_of_a_glance_or_is_twice_the_picture(width: int, height: int) -> None:
    smallest = scales(width, height, EVERYTHING)[0]
    if width * height * 4 <= GLANCE:
        assert smallest == 2
    else:
        assert width * height * smallest**2 == pytest.approx(GLANCE, rel=WORTH**2 - 1)
        assert width * height * smallest**2 >= GLANCE * 0.999


@pytest.mark.parametrize(
    ("width", "height", "most", "count"),
    [
        (160, 120, EVERYTHING, 1),
        (240, 180, EVERYTHING, 1),
        (320, 240, EVERYTHING, 2),
        (480, 288, EVERYTHING, 2),
        (640, 480, EVERYTHING, 2),
        (1280, 720, EVERYTHING, 2),
        (1280, 720, GLANCE, 1),
        (4000, 3000, EVERYTHING, 3),
        (4000, 3000, 1280 * 736, 2),
        (30000, 20000, EVERYTHING, 4),
    ],
)
def test_a_larger_picture_is_seen_at_more_scales(width: int, height: int, most: int, count: int) -> None:
    found = scales(width, height, most)
    assert len(found) == count
    if most == EVERYTHING:
        assert found[-1] >= 1, "all that there is"
    if most == EVERYTHING and width * height * 4 > ENLARGED > width * height:
        assert width * height * found[-1] ** 2 == pytest.approx(ENLARGED), "and more of a small picture"


# --- in which parts ---


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.9, 0.5, 0.25, 0.1])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_parts_cover_the_picture_and_are_no_larger_than_they_may_be(width: int, height: int, scale: float) -> None:
    views = parts(width, height, scale)
    columns = sorted({(view.left, view.width) for view in views})
    rows = sorted({(view.top, view.height) for view in views})
    assert len(views) == len(columns) * len(rows) == len(set(views))
    for spans, length in ((columns, width), (rows, height)):
        assert spans[0][0] == 0
        assert max(start + side for start, side in spans) == length
        for start, side in spans:
            assert side >= 1
            assert start >= 0
            assert start + side <= length
            assert side * scale <= PART + scale
        for (start, side), (following, _) in itertools.pairwise(spans):
            # Rounding of places takes a pixel of the frame's on either side.
            assert (start + side - following) * scale >= OVERLAP - 2 * max(scale, 1)
    assert {view.scale for view in views} == {scale}


@pytest.mark.parametrize(("width", "height", "count"), [(1280, 1280, 1), (1281, 1280, 2), (2369, 2368, 6), (1, 1, 1)])
def test_a_picture_is_cut_into_as_few_parts_as_will_do(width: int, height: int, count: int) -> None:
    """Two parts of 1280 px that overlap by 192 px reach over 2368 px."""
    assert len(parts(width, height, 1.0)) == count


# --- how a view looks ---


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("scale", [2.0, 1.0, 0.6, 0.5, 0.26, 0.25, 0.1])
def test_a_view_of_the_whole_shows_it_smaller_in_rgb(scale: float, form: Format) -> None:
    picture = ramp(512, 384)
    frame = Frame(0, 0.0, picture if form is Format.BGR else i420(picture), form)
    seen = View(0, 0, 512, 384, scale).of(frame)
    assert seen.dtype == np.uint8
    assert seen.shape == (round(384 * scale), round(512 * scale), 3)
    # Each pixel is the mean of what it stands for; in I420 two share a colour.
    red, green = ((np.arange(length) + 0.5) / length * 255 for length in (seen.shape[1], seen.shape[0]))
    near = 3 if form is Format.BGR else 6 + 255 / min(seen.shape[:2])
    assert np.abs(seen[..., 0] - red).max() < near
    assert np.abs(seen[..., 1] - green[:, None]).max() < near
    assert seen[..., 2].max() < 20


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.3])
def test_a_view_of_a_part_shows_that_part_alone(scale: float) -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[40:100, 70:170] = 10, 20, 200
    seen = View(70, 40, 100, 60, scale).of(frame_of(picture))
    assert seen.shape == (round(60 * scale), round(100 * scale), 3)
    assert np.unique(seen.reshape(-1, 3), axis=0).tolist() == [[200, 20, 10]]
    wider = View(60, 30, 120, 80, scale).of(frame_of(picture))
    assert wider[0, 0].tolist() == [0, 0, 0]
    assert wider[wider.shape[0] // 2, wider.shape[1] // 2].tolist() == [200, 20, 10]


@pytest.mark.parametrize("form", Format)
def test_the_parts_of_a_frame_are_cut_out_of_it_as_it_is(portrait: Pixels, form: Format) -> None:
    large = np.asarray(cv2.resize(portrait, (1600, 1400)), np.uint8)
    frame = Frame(0, 0.0, large if form is Format.BGR else i420(large), form)
    views = parts(1600, 1400, 1.0)
    assert len(views) == 4
    for view in views:
        rows, columns = slice(view.top, view.top + view.height), slice(view.left, view.left + view.width)
        assert np.array_equal(view.of(frame), frame.rgb()[rows, columns])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (300, 1), (1, 300), (9, 2000)])
@pytest.mark.parametrize("scale", [2.0, 0.5, 0.01])
def test_a_view_is_never_empty(width: int, height: int, scale: float) -> None:
    seen = View(0, 0, width, height, scale).of(frame_of(np.full((height, width, 3), 77)))
    assert seen.shape == (max(1, round(height * scale)), max(1, round(width * scale)), 3)
    assert set(np.unique(seen)) == {77}


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (320, 240), (90, 1000)])
def test_a_view_that_is_made_quickly_shows_the_same_in_a_size_that_fits(
    portrait: Pixels, size: tuple[int, int], form: Format
) -> None:
    width, height = size
    bgr = seen_at(portrait, size)
    frame = Frame(0, 0.0, bgr if form is Format.BGR else i420(bgr), form)
    view = View(0, 0, width, height, scales(width, height, EVERYTHING)[0])
    quick = view.quickly(frame, fitting)
    assert quick.shape == (fitting(height * view.scale), fitting(width * view.scale), 3)
    slow = cv2.resize(view.of(frame), quick.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(quick.astype(np.int32) - slow).mean() < 3
    whole = Face(box=(0, 0, *quick.shape[1::-1]), score=1.0, eyes=((0, 0), (1, 0)), roll=0.0)
    assert view.back(whole, quick).box == pytest.approx((0, 0, width, height))


@pytest.mark.parametrize(("scale", "wide"), [(1.0, 2), (0.5, 4), (0.25, 8)])
def test_detail_that_fits_into_a_view_is_kept(scale: float, wide: int) -> None:
    """Stripes of two pixels of the view are as black and white in it as they were."""
    stripes = np.repeat((np.indices((512, 512))[1] // wide % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    seen = View(0, 0, 512, 512, scale).of(frame_of(stripes))
    assert np.array_equal(seen[0, :8, 0], [0, 0, 255, 255] * 2)


def test_small_detail_is_averaged_not_skipped() -> None:
    """A board of single black and white pixels is grey when it is made smaller, whatever the scale."""
    board = np.repeat((np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    for scale in (0.5, 0.25, 0.2, 0.11):
        seen = View(0, 0, 512, 512, scale).of(frame_of(board))
        assert seen.min() > 100
        assert seen.max() < 155


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.63, 0.25])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (300, 200)])
def test_what_is_found_in_a_view_is_brought_back_to_its_place(left: int, top: int, scale: float) -> None:
    """A bright spot stands for the face."""
    picture = np.zeros((700, 1000, 3), np.uint8)
    picture[300:340, 450:490] = 255
    view = View(left, top, 640, 480, scale)
    seen = view.of(frame_of(picture))
    rows, columns = np.nonzero(seen[..., 0] > 127)
    size = columns.max() + 1 - columns.min()
    spot = square(float(columns.min()), float(rows.min()), float(size))
    eye = (float(columns.mean()), float(rows.mean()))
    found = view.back(Face(box=spot.box, score=0.3, eyes=(eye, eye), roll=12.0), seen)
    assert found.box == pytest.approx((450, 300, 40, 40), abs=1 / scale)
    assert found.eyes[0] == pytest.approx((469.5, 319.5), abs=0.5 / scale)
    assert (found.score, found.roll) == (0.3, 12.0)


# --- patches ---


def spots(face: Face, size: tuple[int, int]) -> Pixels:
    """A black picture with a white disc on each eye and a grey one on the middle."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    radius = max(1, round(face.box[2] / 12))
    for (x, y), level in (*((eye, 255) for eye in face.eyes), (face.middle, 120)):
        cv2.circle(picture, (round(x * 16), round(y * 16)), radius * 16, (level,) * 3, -1, cv2.LINE_AA, 4)
    return picture


def discs(grey: Pixels) -> list[complex]:
    """The middles of the white discs of a picture, from the left to the right."""
    _, _, _, middles = cv2.connectedComponentsWithStats((grey > 190).astype(np.uint8))
    return sorted((complex(x, y) for x, y in middles[1:].tolist()), key=lambda at: at.real)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("roll", [0, 35, -70, 90, 180, -135])
@pytest.mark.parametrize("size", [40, 64, 200])
def test_a_patch_shows_the_face_upright_in_its_middle(size: int, roll: int, form: Format) -> None:
    face = square(300.0 - size / 2, 250.0 - size / 2, size, roll)
    picture = spots(face, (640, 480))
    frame = Frame(0, 0.0, picture if form is Format.BGR else i420(picture), form)
    seen = patch(frame, face, 128, 2.5)
    assert seen.pixels.shape == (128, 128, 3)
    assert seen.pixels.dtype == np.uint8
    assert np.array_equal(seen.pixels[..., 0], seen.pixels[..., 2])
    assert seen.middle == (64, 64)
    width = 128 / 2.5
    left, right = discs(seen.pixels[..., 0])
    assert abs(left - complex(64 - 0.2 * width, 64 - 0.2 * width)) < 1.5
    assert abs(right - complex(64 + 0.2 * width, 64 - 0.2 * width)) < 1.5
    assert 60 < seen.pixels[64, 64, 0] < 190


@pytest.mark.parametrize("roll", [0.0, 35.0, -70.0, 120.0, 180.0])
@pytest.mark.parametrize("size", [12, 40, 128])
@pytest.mark.parametrize(("side", "reach"), [(128, 2.5), (96, 3.5)])
def test_what_is_found_in_a_patch_is_brought_back(side: int, reach: float, size: int, roll: float) -> None:
    face = square(200.25, 140.5, size, roll)
    there = patch(frame_of(np.zeros((400, 500, 3))), face, side, reach)
    width = side / reach
    upright = square(side / 2 - width / 2, side / 2 - width / 2, width)
    back = there.back(Face(box=upright.box, score=0.4, eyes=upright.eyes, roll=0.0))
    assert back.box == pytest.approx(face.box, abs=1e-6 * size + 0.01)
    for found, true in zip(back.eyes, face.eyes, strict=True):
        assert found == pytest.approx(true, abs=0.01)
    assert math.remainder(back.roll - roll, 360) == pytest.approx(0, abs=0.01)
    assert back.score == 0.4


def test_a_tilt_within_a_patch_is_added_to_its_own(portrait: Pixels) -> None:
    face = square(280, 200, 80, roll=20)
    there = patch(frame_of(seen_at(portrait)), face, 128, 2.5)
    assert there.back(square(40, 40, 50, roll=7)).roll == pytest.approx(27, abs=0.01)
    assert there.back(square(40, 40, 50, roll=-30)).roll == pytest.approx(-10, abs=0.01)


@pytest.mark.parametrize("place", [(-60, -60), (-30, 40), (140, 90), (1000, 1000)])
def test_a_patch_beyond_the_border_repeats_it(place: tuple[int, int]) -> None:
    there = patch(frame_of(np.full((100, 150, 3), 90)), square(*place, 50), 96, 3.5)
    assert set(np.unique(there.pixels)) == {90}


def test_a_box_that_is_not_square_is_seen_whole() -> None:
    wide = Face(box=(100, 100, 120, 20), score=0.5, eyes=((1, 1), (2, 1)), roll=0.0)
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[100:120, 100:220] = 255
    seen = patch(frame_of(picture), wide, 100, 2.0).pixels[..., 0]
    rows, columns = np.nonzero(seen > 127)
    assert columns.max() - columns.min() == pytest.approx(50, abs=2)
    assert rows.max() - rows.min() == pytest.approx(50 / 6, abs=2)


def test_a_box_without_a_size_is_no_error() -> None:
    dot = Face(box=(50, 50, 0, 0), score=0.5, eyes=((50, 50), (50, 50)), roll=0.0)
    assert patch(frame_of(np.full((100, 100, 3), 9)), dot, 96, 3.5).pixels.shape == (96, 96, 3)
