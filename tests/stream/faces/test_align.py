from __future__ import annotations

import cmath
import math

import numpy as np
import numpy.typing as npt
import pytest

from emojicam.models.card import Crop, Point
from emojicam.stream.faces.align import align, to_crop

CROP = Crop()


def eyes_turned(apart: float, roll: float, middle: Point = (150.0, 130.0)) -> tuple[Point, Point]:
    """Two eyes `apart` px from each other on a head that is turned clockwise by `roll` degrees."""
    half = cmath.rect(apart / 2, math.radians(roll))
    return (middle[0] - half.real, middle[1] - half.imag), (middle[0] + half.real, middle[1] + half.imag)


def with_dots(
    eyes: tuple[Point, Point], spread: float, size: tuple[int, int] = (300, 260)
) -> list[npt.NDArray[np.uint8]]:
    """One black picture for each eye, with a soft white dot on it."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    dots = (255 * np.exp(-((x - ex) ** 2 + (y - ey) ** 2) / (2 * spread**2)) for ex, ey in eyes)
    return [np.rint(dot).astype(np.uint8) for dot in dots]


def centre(picture: npt.NDArray[np.uint8]) -> Point:
    weight = picture.astype(float)
    y, x = np.indices(weight.shape)
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("size", [48, 96])
@pytest.mark.parametrize("apart", [9.0, 17.6, 31.0, 38.0, 75.0, 110.0])
@pytest.mark.parametrize("roll", [0.0, -35.0, 60.0])
def test_eyes_land_where_the_crop_has_them(apart: float, roll: float, size: int) -> None:
    crop = CROP.at(size)
    eyes = eyes_turned(apart, roll)
    cuts = [align(picture, eyes, crop) for picture in with_dots(eyes, spread=0.07 * apart)]
    for cut, wanted in zip(cuts, (crop.left_eye, crop.right_eye), strict=True):
        assert cut.shape == (size, size)
        assert centre(cut) == pytest.approx(wanted, abs=0.35)


def test_transform_is_a_similarity_that_maps_eye_to_eye() -> None:
    eyes = eyes_turned(70, 25)
    matrix = to_crop(eyes, CROP)
    for eye, wanted in zip(eyes, (CROP.left_eye, CROP.right_eye), strict=True):
        assert matrix @ (*eye, 1) == pytest.approx(wanted)
    linear = matrix[:, :2]
    scale = math.dist(CROP.left_eye, CROP.right_eye) / 70
    assert linear @ linear.T == pytest.approx(scale**2 * np.eye(2))
    assert np.linalg.det(linear) > 0, "mirrored"


def test_a_picture_that_is_the_crop_already_comes_back_unchanged() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 48), dtype=np.uint8)
    assert np.array_equal(align(picture, (CROP.left_eye, CROP.right_eye), CROP), picture)


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 8])
def test_detail_too_fine_for_the_crop_is_averaged_not_aliased(factor: int) -> None:
    side = 48 * factor + 40
    checkerboard = (255 * (np.indices((side, side)).sum(0) % 2)).astype(np.uint8)
    eyes = eyes_turned(factor * math.dist(CROP.left_eye, CROP.right_eye) + 0.3, 0, (side / 2 + 0.3, side / 2 - 10))
    cut = align(checkerboard, eyes, CROP).astype(float)
    # An odd factor leaves one pixel of f x f more of one colour than of the other.
    rest = 2 if factor % 2 == 0 else 127.5 / factor**2 + 2
    assert np.abs(cut - 127.5).max() <= rest


@pytest.mark.parametrize(("dx", "dy"), [(-12, 0), (12, 0), (0, -12), (0, 12), (-20, 20)])
def test_a_face_over_the_border_sees_the_border_repeated(dx: int, dy: int) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (48, 48), dtype=np.uint8)
    eyes = [(x + dx, y + dy) for x, y in (CROP.left_eye, CROP.right_eye)]
    cut = align(picture, (eyes[0], eyes[1]), CROP)
    place = np.arange(48)
    assert np.array_equal(cut, picture[np.clip(place + dy, 0, 47)][:, np.clip(place + dx, 0, 47)])


@pytest.mark.parametrize("middle", [(0.0, 0.0), (300.0, 10.0), (5.0, 260.0), (-400.0, -400.0), (900.0, 900.0)])
def test_a_large_face_over_the_border_brings_in_no_foreign_colour(middle: Point) -> None:
    flat = np.full((260, 300), 77, np.uint8)
    assert (align(flat, eyes_turned(120, 20, middle), CROP) == 77).all()


@pytest.mark.parametrize("apart", [12.0, 90.0])
def test_colour_is_cut_like_each_of_its_channels(apart: float) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (260, 300, 3), dtype=np.uint8)
    eyes = eyes_turned(apart, -15)
    cut = align(picture, eyes, CROP)
    assert cut.shape == (48, 48, 3)
    assert cut.dtype == np.uint8
    for channel in range(3):
        alone = align(np.ascontiguousarray(picture[..., channel]), eyes, CROP)
        assert np.array_equal(cut[..., channel], alone)


def test_eyes_in_one_point_still_give_a_crop() -> None:
    picture = np.full((50, 50), 9, np.uint8)
    assert (align(picture, ((20.0, 20.0), (20.0, 20.0)), CROP) == 9).all()


def test_a_crop_at_another_size_has_the_same_framing() -> None:
    twice = CROP.at(96)
    assert twice.size == 96
    assert twice.left_eye == pytest.approx((2 * CROP.left_eye[0], 2 * CROP.left_eye[1]))
    assert twice.right_eye == pytest.approx((2 * CROP.right_eye[0], 2 * CROP.right_eye[1]))
    back = twice.at(48)
    assert back.size == 48
    assert back.left_eye == pytest.approx(CROP.left_eye)
    assert back.right_eye == pytest.approx(CROP.right_eye)


@pytest.mark.parametrize("values", [(4, (1, 1), (3, 1)), (2000, (1, 1), (900, 1)), (48, (33, 19), (15, 19))])
def test_a_senseless_crop_is_refused(values: tuple[int, Point, Point]) -> None:
    with pytest.raises(ValueError, match="crop"):
        Crop(*values)
