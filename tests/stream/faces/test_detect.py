"""The faces of single pictures: near and far, rolled, turned, cut off; and how the words of two nets are weighed."""

from __future__ import annotations

import cmath
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import add_head, i420, seen_at

from emojicam import sample_clip
from emojicam.errors import UsageError
from emojicam.stream.choices import THRESHOLD, Range
from emojicam.stream.faces import detect
from emojicam.stream.faces.boxes import MOST
from emojicam.stream.faces.detect import (
    CLEAR,
    Detector,
    Evidence,
    Steps,
    alike,
    done,
    examined,
    gathered,
    turned_back,
)
from emojicam.stream.faces.detector_files import SECOND, SHORT
from emojicam.stream.faces.looks import CANDIDATE
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame, Seen, roll_of

EYES = (complex(203.5, 102), complex(246, 104))
"""In the sample photo, in px."""
HEAD = complex(224, 125)
"""The middle of the face in the sample photo, in px."""
OWN_ROLL = 2.7
"""Of the head in the sample photo, in degrees."""

BOTH = [Range.NEAR, Range.AUTO]
"""One net, and two; FAR is as AUTO in a picture of less than eight million pixels."""


@pytest.fixture(scope="module")
def detectors(detector: Detector) -> Iterator[dict[Range, Detector]]:
    with Detector(Range.AUTO) as auto, Detector(Range.FAR) as far:
        yield {Range.NEAR: detector, Range.AUTO: auto, Range.FAR: far}


def frame_of(bgr: npt.NDArray[np.generic]) -> Frame:
    return Frame(0, 0.0, np.asarray(bgr, np.uint8))


def find(detector: Detector, bgr: npt.NDArray[np.generic]) -> tuple[Face, ...]:
    return detector(frame_of(bgr)).faces


def middle(face: Face) -> complex:
    return complex(*face.middle)


def eyes(face: Face) -> tuple[complex, complex]:
    return complex(*face.eyes[0]), complex(*face.eyes[1])


# --- the real nets ---


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
    assert face.roll == pytest.approx(roll_of(face.eyes))
    for found, true in zip(eyes(face), EYES, strict=True):
        assert abs(found - true) < 4
    assert abs(middle(face) - HEAD) < 12
    assert 80 < face.box[2] < 125
    assert face.track is None


@pytest.mark.parametrize("range_", BOTH)
@pytest.mark.parametrize("zoom", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("roll", [-60, -40, -20, 0, 20, 40, 60])
def test_eyes_and_roll_of_a_turned_head(
    detectors: dict[Range, Detector], portrait: Pixels, roll: int, zoom: float, range_: Range
) -> None:
    face = find(detectors[range_], seen_at(portrait, zoom=zoom, roll=roll))[0]
    assert face.roll == pytest.approx(roll + OWN_ROLL, abs=6)
    for found, photo in zip(eyes(face), EYES, strict=True):
        true = complex(320, 240) + zoom * cmath.rect(1, math.radians(roll)) * (photo - HEAD)
        assert abs(found - true) < 5 * zoom


@pytest.mark.parametrize(("zoom", "shift"), [(0.4, -300), (0.35, 100), (0.3, 0), (0.25, 300), (0.2, 0)])
def test_a_face_far_away_is_found(detectors: dict[Range, Detector], portrait: Pixels, zoom: float, shift: int) -> None:
    """20 to 40 px wide in a picture of 1280x720; the first net alone sees none of them."""
    picture = seen_at(portrait, (1280, 720), zoom=zoom, shift=shift)
    there = complex(640 + shift, 360)
    (face,) = find(detectors[Range.AUTO], picture)
    assert abs(middle(face) - there) < 3
    assert 80 * zoom < face.box[2] < 125 * zoom
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found - there - zoom * (photo - HEAD)) < 2
    assert find(detectors[Range.NEAR], picture) == ()


@pytest.mark.parametrize("range_", BOTH)
@pytest.mark.parametrize("enlarged", [1, 6])
@pytest.mark.parametrize("part", [(177, 82, 272, 180), (170, 70, 280, 190), (160, 60, 290, 200)])
def test_a_face_that_fills_the_picture_is_found(
    detectors: dict[Range, Detector], portrait: Pixels, part: tuple[int, int, int, int], enlarged: int, range_: Range
) -> None:
    left, top, right, bottom = part
    (face,) = find(detectors[range_], cv2.resize(portrait[top:bottom, left:right], None, fx=enlarged, fy=enlarged))
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found / enlarged + complex(left, top) - photo) < 5


def test_a_face_that_only_shows_with_room_around_it_is_found(
    detectors: dict[Range, Detector], portrait: Pixels
) -> None:
    part = cv2.resize(portrait[95:160, 188:260], None, fx=5, fy=5)
    (face,) = find(detectors[Range.NEAR], part)
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found / 5 + complex(188, 95) - photo) < 8
    assert abs(face.roll) < 10


@pytest.mark.parametrize("range_", BOTH)
def test_two_faces_are_both_found_the_larger_first(
    detectors: dict[Range, Detector], portrait: Pixels, range_: Range
) -> None:
    small, large = seen_at(portrait, zoom=1.8), seen_at(portrait, zoom=2.6)
    for picture, at in ((np.hstack([small, large]), (960, 320)), (np.hstack([large, small]), (320, 960))):
        faces = find(detectors[range_], picture)
        assert [abs(middle(face) - complex(x, 240)) < 40 for face, x in zip(faces, at, strict=True)] == [True, True]
        areas = [face.area for face in faces]
        assert areas == sorted(areas, reverse=True)


def test_near_and_far_faces_are_found_in_one_picture(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    picture = np.full((720, 1280, 3), 128, np.uint8)
    places = [(300, 380, 2.4), (800, 200, 0.8), (1000, 500, 0.4), (700, 600, 0.25), (1200, 100, 0.25)]
    for x, y, zoom in places:
        add_head(picture, portrait, x, y, zoom)
    faces = find(detectors[Range.AUTO], picture)
    sizes = [face.box[2] for face in faces]
    assert sizes == sorted(sizes, reverse=True)
    for x, y, zoom in places:
        (face,) = (face for face in faces if abs(middle(face) - complex(x, y)) < 3 + 12 * zoom)
        assert 75 * zoom < face.box[2] < 125 * zoom
    assert len(faces) == len(places)


@pytest.mark.parametrize("range_", BOTH)
@pytest.mark.parametrize(
    "size",
    [(1, 1), (2, 3), (1, 300), (300, 1), (7, 900), (8, 8), (16, 16), (9, 2000), (480, 640)],
    ids=lambda size: f"{size[1]}x{size[0]}",
)
def test_a_flat_picture_has_no_face(detectors: dict[Range, Detector], size: tuple[int, int], range_: Range) -> None:
    for level in (0, 255) if max(size) > 400 else (0, 128, 255):
        assert find(detectors[range_], np.full((*size, 3), level, np.uint8)) == ()


@pytest.mark.parametrize("range_", BOTH)
def test_a_cameras_noise_has_no_face(detectors: dict[Range, Detector], range_: Range) -> None:
    rng = np.random.default_rng(2)
    noise = np.clip(rng.normal(110, 25, (480, 640, 3)), 0, 255).astype(np.uint8)
    assert find(detectors[range_], noise) == ()
    snow = np.repeat(rng.integers(0, 256, (240, 320, 1), dtype=np.uint8), 3, axis=2)
    assert find(detectors[range_], snow) == ()


def test_nothing_on_an_astronauts_suit_is_a_face(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    for number in range(0, 45, 5):
        assert len(find(detectors[Range.AUTO], sample_clip.view(portrait, number / 45))) == 1


def test_looking_at_a_picture_does_not_change_it(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    """Neither as it is nor turned."""
    for turns in (0, 1):
        picture = np.rot90(portrait, turns).copy()
        picture.setflags(write=False)
        for range_ in BOTH:
            assert find(detectors[range_], picture)
        assert np.array_equal(picture, np.rot90(portrait, turns))


# --- pictures that are turned ---


def turned(bgr: Pixels, degrees: int) -> Pixels:
    """A picture turned clockwise."""
    return np.ascontiguousarray(np.rot90(bgr, -degrees // 90))


def where(at: complex, degrees: int, width: int, height: int) -> complex:
    """The place of a pixel's middle after a picture of that size has been turned clockwise."""
    x, y = at.real, at.imag
    return {
        0: at,
        90: complex(height - 1 - y, x),
        180: complex(width - 1 - x, height - 1 - y),
        270: complex(y, width - 1 - x),
    }[degrees]


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("form", Format)
def test_a_turned_portrait_is_found_with_its_roll_eyes_and_box(
    detectors: dict[Range, Detector], portrait: Pixels, degrees: int, form: Format
) -> None:
    wide = portrait[:400]
    (true,) = find(detectors[Range.AUTO], wide)
    picture = turned(wide, degrees)
    frame = Frame(3, 0.5, picture if form is Format.BGR else i420(picture), form)
    seen = detectors[Range.AUTO](frame)
    assert seen.frame is frame
    (face,) = seen.faces
    assert math.remainder(face.roll - degrees - OWN_ROLL, 360) == pytest.approx(0, abs=5)
    assert face.roll == pytest.approx(roll_of(face.eyes), abs=1e-6)
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found - where(photo, degrees, 512, 400)) < 5
    assert abs(middle(face) - where(middle(true), degrees, 512, 400)) < 10
    assert 80 < face.box[2] < 125
    assert 0.5 < face.score <= 1


@pytest.mark.parametrize("degrees", [90, 270])
def test_the_first_net_alone_finds_a_portrait_on_its_side(
    detectors: dict[Range, Detector], portrait: Pixels, degrees: int
) -> None:
    (face,) = find(detectors[Range.NEAR], turned(portrait, degrees))
    assert math.remainder(face.roll - degrees - OWN_ROLL, 360) == pytest.approx(0, abs=6)
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found - where(photo, degrees, 512, 512)) < 8


def test_a_small_face_in_a_turned_picture_is_found(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    picture = seen_at(portrait, (640, 480), zoom=0.4, shift=200)
    (face,) = find(detectors[Range.AUTO], turned(picture, 180))
    assert abs(middle(face) - where(complex(520, 240), 180, 640, 480)) < 4
    assert abs(math.remainder(face.roll - 180, 360)) < 15


def test_of_three_turns_the_one_is_taken_that_shows_the_most(
    detectors: dict[Range, Detector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture of which the first row is white; each turn brings that to another side."""
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[0] = 255
    shown = {
        "right": [square(30, 10, 20, 0.5)],
        "bottom": [square(10, 5, 20, 0.6), square(50, 5, 20, 0.7)],
        "left": [square(9, 9, 20, 0.8)],
    }

    def upright(frame: Frame, *limits: float) -> Steps[list[Face]]:
        yield
        bgr = frame.bgr()
        if bgr[0].all():
            return []
        return shown["right" if bgr[:, -1].all() else "bottom" if bgr[-1].all() else "left"]

    auto = detectors[Range.AUTO]
    monkeypatch.setattr(auto, "_upright", upright)
    # Upside down: what lay at the top left lies at the bottom right.
    assert sorted(face.box for face in find(auto, picture)) == [(10, 35, 20, 20), (50, 35, 20, 20)]
    shown["left"] = [square(20, 10, 20, 0.9), square(20, 50, 20, 0.9)]
    assert [abs(face.roll) for face in find(auto, picture)] == [90, 90]
    shown["left"] = shown["bottom"] = []
    assert [face.roll for face in find(auto, picture)] == [-90]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_face_is_turned_back_to_its_place(degrees: int) -> None:
    """Checked with an array whose pixels are turned along: the box holds the same ones before and after."""
    width, height = 40, 30
    numbers = np.arange(width * height).reshape(height, width)
    x, y, wide, high = 5, 12, 7, 9
    eyes_there = ((x + 1, y + 3), (x + 5, y + 2))
    frame = frame_of(np.zeros((*turned(numbers, degrees).shape, 3)))
    moved = turned(numbers, degrees)

    def place(number: int) -> tuple[float, float]:
        rows, columns = np.nonzero(moved == number)
        return float(columns[0]), float(rows[0])

    inside = np.isin(moved, numbers[y : y + high, x : x + wide])
    rows, columns = np.nonzero(inside)
    box = (
        float(columns.min()),
        float(rows.min()),
        float(np.ptp(columns) + 1),
        float(np.ptp(rows) + 1),
    )
    there = (place(int(numbers[y + 3, x + 1])), place(int(numbers[y + 2, x + 5])))
    face = turned_back(Face(box=box, score=0.6, eyes=there, roll=roll_of(there)), degrees, frame)
    assert face.box == (x, y, wide, high)
    assert face.eyes == eyes_there
    assert math.remainder(face.roll - roll_of(eyes_there), 360) == pytest.approx(0, abs=1e-9)
    assert -180 <= face.roll <= 180
    assert face.score == 0.6


# --- pictures that are large, wide or high ---


def test_a_small_face_in_a_large_photo_is_found(detectors: dict[Range, Detector], portrait: Pixels) -> None:
    """30 px in three million pixels, which are cut into parts."""
    picture = seen_at(portrait, (2360, 1280), zoom=0.3, shift=1020)
    (face,) = find(detectors[Range.AUTO], picture)
    assert abs(middle(face) - complex(2200, 640)) < 4
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found - complex(2200, 640) - 0.3 * (photo - HEAD)) < 3


@pytest.mark.parametrize("size", [(4500, 400), (400, 4500)])
def test_a_face_in_a_long_strip_is_found(
    detectors: dict[Range, Detector], portrait: Pixels, size: tuple[int, int]
) -> None:
    """Made so narrow that all of it is 128 px long, it would show nothing."""
    (face,) = find(detectors[Range.AUTO], seen_at(portrait, size, zoom=0.8))
    assert abs(middle(face) - complex(size[0] / 2, size[1] / 2)) < 10
    for found, photo in zip(eyes(face), EYES, strict=True):
        assert abs(found - complex(size[0] / 2, size[1] / 2) - 0.8 * (photo - HEAD)) < 4


def test_a_large_photo_is_searched_in_steps_with_the_same_result(
    detectors: dict[Range, Detector], portrait: Pixels
) -> None:
    def counted(steps: Steps[Seen]) -> Steps[tuple[Seen, int]]:
        count = 0
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value, count
            count += 1
            yield

    for bgr in (seen_at(portrait, (3200, 2400), zoom=0.5), np.full((1600, 1200, 3), 128, np.uint8)):
        detector, frame = detectors[Range.AUTO], frame_of(bgr)
        seen, count = done(counted(detector.stepwise(frame)))
        assert seen == detector(frame)
        assert count >= 4


@pytest.mark.parametrize(("range_", "number"), [(Range.FAR, 1), (Range.AUTO, 0)])
def test_far_sees_all_the_detail_there_is_and_auto_has_a_bound(
    detectors: dict[Range, Detector], portrait: Pixels, range_: Range, number: int
) -> None:
    frame = frame_of(seen_at(portrait, (1200, 900), zoom=0.16))
    faces = detectors[range_].upright(frame, most=250_000)
    assert len(faces) == number
    assert all(abs(middle(face) - complex(600, 450)) < 4 for face in faces)


# --- what is asked for ---


def with_a_doubtful_face(portrait: Pixels) -> Frame:
    """A face that is sure, and a small one out of focus."""
    picture = np.full((480, 640, 3), 128, np.uint8)
    add_head(picture, portrait, 200, 240, 2.0)
    picture[:, 340:] = cv2.GaussianBlur(seen_at(portrait, (300, 480), zoom=0.5), (0, 0), 5)
    return frame_of(picture)


@pytest.mark.parametrize(("threshold", "number"), [(0.2, 2), (THRESHOLD, 1), (1.0, 0)])
def test_the_surer_a_face_must_be_the_fewer_there_are(portrait: Pixels, threshold: float, number: int) -> None:
    with Detector(Range.AUTO, threshold) as detector:
        faces = detector(with_a_doubtful_face(portrait)).faces
    assert len(faces) == number
    assert all(face.score >= threshold for face in faces)


def test_with_a_margin_only_what_is_very_sure_is_a_face(portrait: Pixels) -> None:
    """As it is in pictures that are turned."""
    frame = with_a_doubtful_face(portrait)
    with Detector(Range.AUTO, 0.2) as detector:
        assert len(detector.upright(frame)) == 2
        (face,) = detector.upright(frame, margin=0.75)
        assert detector.upright(frame, margin=5) == [face], "what is surest is enough whatever the margin"
    assert abs(middle(face) - complex(200, 240)) < 20


class Opened:
    """Looks that were opened with these words."""

    def __init__(self, *args: object, candidate: float, quiet: bool) -> None:
        self.two, self.candidate, self.quiet = True, candidate, quiet

    def close(self) -> None:
        pass


def test_the_less_sure_a_face_must_be_the_weaker_finds_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "Looks", Opened)
    opened = [Detector(Range.AUTO, threshold, quiet=True).looks for threshold in (0.05, 0.2, 0.4, 0.9, 1.0)]
    candidates = [looks.candidate for looks in opened]  # type: ignore[attr-defined]
    assert 0 < candidates[0] < candidates[1] < candidates[2] < candidates[3] == candidates[4] == CANDIDATE
    assert all(looks.quiet for looks in opened)  # type: ignore[attr-defined]


def test_a_face_that_is_smaller_than_the_smallest_is_none(portrait: Pixels) -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    add_head(picture, portrait, 100, 120, 1.0)
    add_head(picture, portrait, 250, 120, 0.5)
    for smallest, number in ((35, 2), (70, 1), (300, 0)):
        with Detector(Range.AUTO, smallest=smallest) as detector:
            faces = find(detector, picture)
        assert len(faces) == number
        assert all(face.box[2] >= smallest for face in faces)


def test_of_a_crowd_at_most_so_many_are_given(
    detectors: dict[Range, Detector], portrait: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [square(10 * number, 0, 5 + number) for number in range(2 * MOST)]

    def upright(frame: Frame) -> Steps[list[Face]]:
        yield
        return many

    monkeypatch.setattr(detectors[Range.AUTO], "_upright", upright)
    seen = detectors[Range.AUTO](frame_of(portrait))
    assert [face.box[2] for face in seen.faces] == list(range(4 + 2 * MOST, 4 + MOST, -1))


# --- where there is one net ---


def test_near_has_the_first_net_alone(detectors: dict[Range, Detector]) -> None:
    near, auto = detectors[Range.NEAR], detectors[Range.AUTO]
    assert (near.looks.two, near.looks.missing) == (False, None)
    assert (auto.looks.two, auto.looks.missing) == (True, None)


def test_a_folder_without_the_second_file_works_and_says_what_is_missing(
    detector_folder: Path, tmp_path: Path, portrait: Pixels
) -> None:
    shutil.copy(detector_folder / SHORT.name, tmp_path)
    far_away = seen_at(portrait, (1280, 720), zoom=0.4)
    with Detector(Range.AUTO, files=tmp_path) as detector:
        assert detector.looks.missing is not None
        assert SECOND.name in detector.looks.missing
        (face,) = find(detector, portrait)
        assert abs(middle(face) - HEAD) < 12
        assert find(detector, far_away) == ()


def test_a_folder_without_the_first_file_is_wrong_usage(detector_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="short_range"):
        Detector(files=tmp_path)
    shutil.copy(detector_folder / SECOND.name, tmp_path)
    with pytest.raises(UsageError, match="short_range"):
        Detector(files=tmp_path)


# --- how the words of the nets are weighed ---


def square(left: float, top: float, size: float, score: float = 0.9) -> Face:
    at = ((left + 0.3 * size, top + 0.3 * size), (left + 0.7 * size, top + 0.3 * size))
    return Face(box=(left, top, size, size), score=score, eyes=at, roll=0.0)


FACE = square(0, 0, 50)


NOTHING = {"glance": 0.0, "look": 0.0, "scan": 0.0, "check": 0.0}


@pytest.mark.parametrize(
    ("words", "is_face"),
    [
        ({}, False),
        ({"glance": 0.9, "look": 0.9, "scan": 0.9, "check": 0.9}, True),
        ({"glance": 0.6, "look": 0.6, "scan": 0.6, "check": 0.6}, True),
        ({"look": 0.9, "scan": 0.9}, True),
        ({"glance": 0.9, "look": 0.9}, True),  # what fills the picture is too large for the second net
        ({"glance": 0.95}, False),  # seen at first sight and not again
        ({"look": 0.95}, False),
        ({"scan": 0.95}, False),
        ({"check": 0.95}, False),
        ({"glance": 0.2, "look": 0.2, "scan": 0.2, "check": 0.2}, False),
        ({"glance": 0.4, "look": 0.4}, False),
    ],
)
def test_no_single_look_makes_a_face_and_what_looks_agree_on_does(words: dict[str, float], is_face: bool) -> None:
    evidence = Evidence(FACE, **(NOTHING | words))  # type: ignore[arg-type]
    assert (evidence.score >= THRESHOLD) is is_face
    assert evidence.scored == replace(FACE, score=evidence.score)


def test_the_surer_a_look_is_the_likelier_is_a_face() -> None:
    rng = np.random.default_rng(0)
    for words in rng.uniform(0, 1, (50, 4)):
        told = dict(zip(NOTHING, words.tolist(), strict=True))
        for two in (True, False):
            score = Evidence(FACE, **told, two=two).score
            assert 0 <= score <= 1
            for name, word in told.items():
                surer = Evidence(FACE, **(told | {name: min(1.0, word + 0.1)}), two=two).score
                assert surer >= score


def test_a_check_says_more_where_the_frame_was_not_scanned_and_less_than_a_scan() -> None:
    scores = [Evidence(FACE, check=0.8, scan=scan).score for scan in (0.0, None, 0.8)]
    assert scores[0] < scores[1] < scores[2]


@pytest.mark.parametrize(
    ("glance", "look", "is_face"), [(0.6, 0.6, True), (0.9, 0.9, True), (0.5, 0.5, False), (0.9, 0.1, False)]
)
def test_one_net_alone_must_say_it_twice(glance: float, look: float, is_face: bool) -> None:
    for one, two in ((glance, look), (look, glance)):
        assert (Evidence(FACE, glance=one, look=two, two=False).score >= THRESHOLD) is is_face


def test_of_a_net_that_is_not_there_nothing_is_expected() -> None:
    words = {"glance": 0.5, "look": 0.5}
    assert Evidence(FACE, **words, two=False).score == Evidence(FACE, **words, scan=0.9, check=0.9, two=False).score


@pytest.mark.parametrize(("other", "same"), [((2, 2, 50), True), ((20, 0, 50), True), ((30, 0, 50), False)])
def test_finds_that_overlap_are_alike(other: tuple[float, float, float], same: bool) -> None:
    assert alike(FACE, square(*other)) is same
    assert alike(square(*other), FACE) is same


def test_a_large_ghost_around_a_small_face_is_not_it() -> None:
    """For the finds of one net, one that lies in the other would be the same."""
    assert not alike(square(20, 20, 20), FACE)


class FakeLooks:
    """Nets that see, at a second look, what they are told to see; they note where they looked."""

    def __init__(self, look: Sequence[Face] = (), check: Sequence[Face] = (), *, two: bool = True) -> None:
        self._look, self._check, self.two = look, check, two
        self.looked: list[Face] = []
        self.checked: list[Face] = []

    def look(self, frame: Frame, face: Face) -> Face | None:
        self.looked.append(face)
        return next((found for found in self._look if found.holds(face.middle)), None)

    def check(self, frame: Frame, faces: Sequence[Face]) -> list[Face | None]:
        self.checked += faces
        return [next((found for found in self._check if found.holds(face.middle)), None) for face in faces]


EMPTY = frame_of(np.zeros((100, 100, 3)))


def examine(looks: FakeLooks, glanced: Face | None, scanned: Face | None, *, was_scanned: bool = True) -> Evidence:
    return examined(looks, EMPTY, glanced, scanned, was_scanned=was_scanned)  # type: ignore[arg-type]


def test_a_place_is_looked_at_again_by_both_nets() -> None:
    glanced, scanned = square(1, 0, 50, 0.6), square(0, 1, 52, 0.7)
    looked, checked = square(2, 2, 48, 0.8), square(0, 0, 55, 0.5)
    looks = FakeLooks([looked], [checked])
    found = examine(looks, glanced, scanned)
    assert found == Evidence(looked, glance=0.6, look=0.8, scan=0.7, check=0.5)
    assert looks.looked == [scanned], "where the surer of both first looks saw it"
    assert looks.checked == [looked], "where the second look saw it"


@pytest.mark.parametrize(("score", "is_taken"), [(CLEAR, True), (CLEAR - 0.01, False)])
def test_a_second_look_that_is_not_clear_leaves_the_place_as_it_was(score: float, is_taken: bool) -> None:
    glanced, looked = square(0, 0, 50, 0.4), square(2, 2, 48, score)
    looks = FakeLooks([looked])
    found = examine(looks, glanced, None)
    assert found.face == (looked if is_taken else glanced)
    assert (found.glance, found.look, found.scan, found.check) == (0.4, score, 0, 0)
    assert looks.checked == [found.face]


def test_a_second_look_that_sees_another_face_does_not_count() -> None:
    scanned, other = square(0, 0, 30, 0.4), square(0, 0, 90, 0.95)
    found = examine(FakeLooks([other]), None, scanned)
    assert found == Evidence(scanned, scan=0.4)


def test_where_there_is_one_net_the_evidence_says_so() -> None:
    found = examine(FakeLooks([square(0, 0, 50, 0.7)], two=False), square(0, 0, 50, 0.5), None)
    assert not found.two
    assert (found.glance, found.look) == (0.5, 0.7)


def test_a_frame_that_was_not_scanned_is_not_one_in_which_nothing_was_found() -> None:
    assert examine(FakeLooks(), FACE, None, was_scanned=False).scan is None
    assert examine(FakeLooks(), FACE, None, was_scanned=True).scan == 0
    assert all(found.scan == 0 for found in done(gathered(FakeLooks(), EMPTY, [FACE], [])))  # type: ignore[arg-type]


def test_what_both_nets_see_is_one_place_and_what_one_sees_another() -> None:
    near = [square(0, 0, 50, 0.9), square(200, 0, 40, 0.3)]
    far = [square(400, 0, 20, 0.8), square(3, 3, 50, 0.7)]
    found = done(gathered(FakeLooks(), EMPTY, near, far))  # type: ignore[arg-type]
    words = {one.face.box[0]: (one.glance, one.scan) for one in found}
    assert words == {0: (0.9, 0.7), 200: (0.3, 0), 400: (0, 0.8)}
    assert len(found) == 3


def test_a_ghost_of_the_first_net_does_not_swallow_the_face_within_it() -> None:
    ghost, small = square(0, 0, 100, 0.6), square(40, 40, 20, 0.5)
    found = done(gathered(FakeLooks(), EMPTY, [ghost], [small]))  # type: ignore[arg-type]
    assert [(one.face.box[2], one.glance, one.scan) for one in found] == [(100, 0.6, 0), (20, 0, 0.5)]


def test_nothing_seen_is_nothing_gathered() -> None:
    looks = FakeLooks([FACE], [FACE])
    assert done(gathered(looks, EMPTY, [], [])) == []  # type: ignore[arg-type]
    assert looks.looked == []


def test_a_threshold_of_nothing_finds_the_face_and_only_boxes_that_are_numbers(
    detector_folder: Path, portrait: Pixels
) -> None:
    with Detector(threshold=0.0, files=detector_folder, quiet=True) as detector:
        found = detector(Frame(0, 0.0, portrait)).faces
    assert any(face.holds((224, 125)) for face in found)
    assert all(math.isfinite(number) for face in found for number in (*face.box, *face.eyes[0], *face.eyes[1]))
