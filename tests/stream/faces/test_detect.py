from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from making import i420, seen_at

from emojicam import sample_clip
from emojicam.errors import UsageError
from emojicam.stream.choices import Range
from emojicam.stream.faces.detect import Detector, merge, overlaps, same_faces, squares, tiles
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame

EYES = (complex(203.5, 102), complex(246, 104))
"""In the sample photo, in px."""
OWN_ROLL = 2.7
"""Of the head in the sample photo, in degrees."""


@pytest.fixture(scope="module")
def detectors(detector: Detector) -> Iterator[dict[Range, Detector]]:
    with Detector(Range.AUTO) as auto, Detector(Range.FAR) as far:
        yield {Range.NEAR: detector, Range.AUTO: auto, Range.FAR: far}


def find(detector: Detector, bgr: Pixels) -> tuple[Face, ...]:
    return detector(Frame(0, 0.0, bgr)).faces


def same_face(a: Face, b: Face) -> bool:
    return bool(same_faces(*overlaps([a.box], [b.box])))


def middle(face: Face) -> complex:
    left, top, width, height = face.box
    return complex(left + width / 2, top + height / 2)


def eyes(face: Face) -> tuple[complex, complex]:
    return complex(*face.eyes[0]), complex(*face.eyes[1])


# --- the real models ---


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("range_", Range)
def test_the_portrait_has_one_face(
    detectors: dict[Range, Detector], portrait: Pixels, range_: Range, form: Format
) -> None:
    frame = Frame(4, 0.1, portrait if form is Format.BGR else i420(portrait), form)
    seen = detectors[range_](frame)
    assert seen.frame is frame
    (face,) = seen.faces
    assert 0.5 <= face.score <= 1
    assert face.roll == pytest.approx(OWN_ROLL, abs=4)
    for found, true in zip(eyes(face), EYES, strict=True):
        assert abs(found - true) < 4
    assert abs(middle(face) - complex(224, 127)) < 12
    assert 80 < face.box[2] < 125
    assert face.track is None


@pytest.mark.parametrize("range_", Range)
@pytest.mark.parametrize("zoom", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("roll", [-40, -25, -10, 0, 10, 25, 40])
def test_eyes_and_roll_of_a_turned_head(
    detectors: dict[Range, Detector], portrait: Pixels, roll: int, zoom: float, range_: Range
) -> None:
    face = find(detectors[range_], seen_at(portrait, zoom=zoom, roll=roll))[0]
    assert face.roll == pytest.approx(roll + OWN_ROLL, abs=6)
    for found, photo in zip(eyes(face), EYES, strict=True):
        true = complex(320, 240) + zoom * cmath.rect(1, math.radians(roll)) * (photo - complex(224, 125))
        assert abs(found - true) < 4.5 * zoom


@pytest.mark.parametrize(("zoom", "shift"), [(0.4, -300), (0.4, 0), (0.4, 100), (0.4, 300), (0.35, 0), (0.35, 100)])
def test_a_face_far_away_is_found(detectors: dict[Range, Detector], portrait: Pixels, zoom: float, shift: int) -> None:
    """32 to 40 px wide in a picture of 1280x720."""
    picture = seen_at(portrait, (1280, 720), zoom=zoom, shift=shift)
    near = [face for face in find(detectors[Range.FAR], picture) if abs(middle(face) - complex(640 + shift, 360)) < 8]
    assert len(near) == 1
    assert 28 < near[0].box[2] < 50
    for found, photo in zip(eyes(near[0]), EYES, strict=True):
        assert abs(found - complex(640 + shift, 360) - zoom * (photo - complex(224, 125))) < 4


@pytest.mark.parametrize("range_", Range)
@pytest.mark.parametrize("enlarged", [1, 6])
@pytest.mark.parametrize("part", [(177, 82, 272, 180), (170, 70, 280, 190), (160, 60, 290, 200)])
def test_a_face_that_fills_the_picture_is_found(
    detectors: dict[Range, Detector], portrait: Pixels, part: tuple[int, int, int, int], enlarged: int, range_: Range
) -> None:
    left, top, right, bottom = part
    picture = cv2.resize(portrait[top:bottom, left:right], None, fx=enlarged, fy=enlarged)
    (face,) = find(detectors[range_], np.asarray(picture, np.uint8))
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found / enlarged + complex(left, top) - photo) < 5


@pytest.mark.parametrize("range_", Range)
def test_two_faces_are_both_found_the_larger_first(
    detectors: dict[Range, Detector], portrait: Pixels, range_: Range
) -> None:
    small, large = seen_at(portrait, zoom=1.8), seen_at(portrait, zoom=2.6)
    for picture, at in ((np.hstack([small, large]), (960, 320)), (np.hstack([large, small]), (320, 960))):
        faces = find(detectors[range_], picture)[:2]
        assert [abs(middle(face) - complex(x, 240)) < 40 for face, x in zip(faces, at, strict=True)] == [True, True]
        areas = [face.box[2] * face.box[3] for face in faces]
        assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("range_", Range)
@pytest.mark.parametrize(
    "size", [(1, 1), (2, 3), (1, 300), (300, 1), (16, 16), (480, 640)], ids=lambda size: f"{size[1]}x{size[0]}"
)
def test_a_flat_picture_has_no_face(detectors: dict[Range, Detector], size: tuple[int, int], range_: Range) -> None:
    for level in (0, 128, 255):
        assert find(detectors[range_], np.full((*size, 3), level, np.uint8)) == ()


@pytest.mark.parametrize("range_", Range)
def test_a_cameras_noise_has_no_face(detectors: dict[Range, Detector], range_: Range) -> None:
    rng = np.random.default_rng(2)
    for height, width in ((480, 640), (720, 1280), (240, 320)):
        noise = np.clip(rng.normal(110, 25, (height, width, 3)), 0, 255).astype(np.uint8)
        assert find(detectors[range_], noise) == ()
        snow = np.repeat(rng.integers(0, 256, (height, width, 1), dtype=np.uint8), 3, axis=2)
        assert find(detectors[range_], snow) == ()


def test_looking_at_a_picture_does_not_change_it(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    picture = portrait.copy()
    picture.setflags(write=False)
    for detector in detectors.values():
        assert find(detector, picture)
    assert np.array_equal(picture, portrait)


def test_a_folder_without_the_models_is_wrong_usage(inside: object) -> None:
    with pytest.raises(UsageError, match="short_range"):
        Detector(files=inside)  # type: ignore[arg-type]


# --- what joins their finds ---


def face(left: float, top: float, size: float, score: float = 0.9) -> Face:
    at = ((left + 0.3 * size, top + 0.3 * size), (left + 0.7 * size, top + 0.3 * size))
    return Face(box=(left, top, size, size), score=score, eyes=at, roll=0.0)


@pytest.mark.parametrize("other", [(100, 100, 50), (104, 97, 50), (95, 95, 62), (110, 110, 30), (90, 92, 80)])
def test_two_boxes_of_one_face_are_one_and_the_surer_stays(other: tuple[float, float, float]) -> None:
    weak, sure = face(100, 100, 50, 0.6), face(*other, 0.9)
    assert same_face(weak, sure)
    assert same_face(sure, weak)
    assert merge([weak, sure]) == [sure]


@pytest.mark.parametrize(
    "other", [(150, 100, 50), (140, 100, 50), (100, 145, 50), (60, 70, 48), (400, 400, 50), (130, 100, 50)]
)
def test_neighbours_are_two_faces(other: tuple[float, float, float]) -> None:
    first, second = face(100, 100, 50), face(*other, 0.8)
    assert not same_face(first, second)
    assert merge([second, first]) == [first, second]


def test_of_many_finds_the_surest_stays() -> None:
    weak, sure, apart = face(100, 100, 50, 0.5), face(103, 101, 50, 0.8), face(300, 100, 50, 0.7)
    assert merge([weak, sure, apart]) == [sure, apart]
    assert merge([]) == []


@pytest.mark.parametrize(
    ("width", "height"),
    [(1280, 720), (720, 1280), (1920, 1080), (640, 480), (500, 500), (600, 510), (3000, 200), (7, 5), (1, 1), (2, 1)],
)
@pytest.mark.parametrize("divide", [squares, tiles])
def test_squares_cover_the_picture_and_overlap(
    divide: Callable[[int, int], list[tuple[int, int, int]]], width: int, height: int
) -> None:
    covered = np.zeros((height, width), int)
    found = divide(width, height)
    for left, top, side in found:
        assert left >= 0
        assert top >= 0
        assert left + side <= width
        assert top + side <= height
        covered[top : top + side, left : left + side] += 1
    assert covered.min() >= 1
    if min(width, height) >= 100:
        # A face of a tenth of a square lies whole in one of them, wherever it is.
        for one, two in itertools.pairwise(sorted(set(left for left, _, _ in found))):
            assert two <= one + 0.9 * found[0][2]
        for one, two in itertools.pairwise(sorted(set(top for _, top, _ in found))):
            assert two <= one + 0.9 * found[0][2]


def test_nothing_on_an_astronauts_suit_is_a_face(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    for number in range(45):
        assert len(find(detectors[Range.AUTO], sample_clip.view(portrait, number / 45))) == 1
