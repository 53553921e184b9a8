"""The looks at a frame: each sees what it is for, in the frame's own pixels, and the second net may be missing."""

from __future__ import annotations

import cmath
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import add_head, i420, seen_at

from emojicam.errors import DeviceError, InputError, ModelError, OutputError, UsageError
from emojicam.stream.choices import Provider, Range
from emojicam.stream.faces import looks as rooms
from emojicam.stream.faces.boxes import merge
from emojicam.stream.faces.detector_files import SECOND, SHORT, DetectorFile
from emojicam.stream.faces.looks import CANDIDATE, CHECK, HINT, SURE, Looks
from emojicam.stream.faces.views import View, parts, scales
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame

EYES = (complex(203.5, 102), complex(246, 104))
"""In the sample photo, in px."""
OWN_ROLL = 2.7
"""Of the head in the sample photo, in degrees."""


@pytest.fixture(scope="module")
def looks(detector_folder: Path) -> Iterator[Looks]:
    with Looks(Range.AUTO, detector_folder) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def one(detector_folder: Path) -> Iterator[Looks]:
    """The first net alone."""
    with Looks(Range.NEAR, detector_folder) as loaded:
        yield loaded


def frame_of(bgr: npt.NDArray[np.generic]) -> Frame:
    return Frame(0, 0.0, np.asarray(bgr, np.uint8))


def square(x: float, y: float, size: float, roll: float = 0.0) -> Face:
    """A face as a net may have seen it, its middle at x, y."""
    to_eye = cmath.rect(size, math.radians(roll))
    a, b = (complex(x, y) + to_eye * complex(side * 0.2, -0.2) for side in (-1, 1))
    box = (x - size / 2, y - size / 2, size, size)
    return Face(box=box, score=0.3, eyes=((a.real, a.imag), (b.real, b.imag)), roll=roll)


def is_portrait(face: Face, x: float, y: float, zoom: float, roll: float = 0.0) -> bool:
    """Whether a find is the portrait's face, its middle at x, y px."""
    turn = cmath.rect(zoom, math.radians(roll))
    near = [
        abs(complex(*found) - complex(x, y) - turn * (photo - complex(224, 125))) < 2 + 7 * zoom
        for found, photo in zip(face.eyes, EYES, strict=True)
    ]
    upright = abs(math.remainder(face.roll - roll - OWN_ROLL, 360)) < 12
    return all(near) and upright and math.dist(face.middle, (x, y)) < 2 + 16 * zoom and 75 < face.box[2] / zoom < 125


def views_of(frame: Frame) -> list[View]:
    width, height = frame.width, frame.height
    return [view for scale in scales(width, height, 10**9) for view in parts(width, height, scale)]


# --- which nets are there ---


def test_both_nets_are_there_where_both_files_are(looks: Looks) -> None:
    assert looks.two
    assert looks.missing is None
    assert looks.range is Range.AUTO


def test_near_does_without_the_second_net_and_misses_nothing(detector_folder: Path, tmp_path: Path) -> None:
    shutil.copy(detector_folder / SHORT.name, tmp_path)
    with Looks(Range.NEAR, tmp_path) as near:
        assert not near.two
        assert near.missing is None
        assert near.range is Range.NEAR


@pytest.mark.parametrize("range_", [Range.AUTO, Range.FAR])
def test_a_folder_without_the_second_file_works_and_says_what_is_missing(
    detector_folder: Path, tmp_path: Path, portrait: Pixels, range_: Range
) -> None:
    shutil.copy(detector_folder / SHORT.name, tmp_path)
    frame = frame_of(seen_at(portrait))
    with Looks(range_, tmp_path) as alone:
        assert not alone.two
        assert alone.missing is not None
        assert alone.missing.startswith(f"{tmp_path / SECOND.name}: not there")
        (face,) = alone.glance(frame, sure=True)
        assert is_portrait(face, 320, 240, 1.5)
        assert alone.scan(frame, views_of(frame)) == []
        assert alone.check(frame, [face, face]) == [None, None]
        looked = alone.look(frame, face)
        assert looked is not None
        assert is_portrait(looked, 320, 240, 1.5)


def test_a_folder_without_the_first_file_is_wrong_usage(detector_folder: Path, tmp_path: Path) -> None:
    shutil.copy(detector_folder / SECOND.name, tmp_path)
    for range_ in Range:
        with pytest.raises(UsageError, match=SHORT.name):
            Looks(range_, tmp_path)


class FakeNet:
    """A first net that sees nothing, and is known to be closed or not."""

    opened: list[FakeNet]

    def __init__(self, model: Path, threshold: float) -> None:
        self.model, self.threshold, self.is_open = model, threshold, True
        self.opened.append(self)

    def __call__(self, picture: Pixels) -> list[Face]:
        return []

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[FakeNet]:
    """The first nets that are opened; nothing is fetched."""
    opened: list[FakeNet] = []
    monkeypatch.setattr(FakeNet, "opened", opened, raising=False)
    monkeypatch.setattr(rooms, "BlazeFace", FakeNet)
    monkeypatch.setattr(rooms, "fetch", lambda file, folder, quiet: Path(file.name))
    return opened


@pytest.mark.parametrize("error", [InputError, OutputError, UsageError])
def test_a_second_file_that_cannot_be_had_is_missed_with_the_reason(
    fakes: list[FakeNet], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fetch(file: DetectorFile, folder: Path | None, quiet: bool) -> Path:
        if file is SECOND:
            raise error("no network today")
        return Path(file.name)

    monkeypatch.setattr(rooms, "fetch", fetch)
    with Looks(Range.AUTO) as alone:
        assert (alone.two, alone.missing) == (False, "no network today")


def test_a_second_file_that_cannot_be_opened_is_missed_with_the_reason(
    fakes: list[FakeNet], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, Provider]] = []

    def broken(model: Path, provider: Provider) -> object:
        asked.append((model, provider))
        raise ModelError("centerface.onnx: not an ONNX model that can be loaded")

    monkeypatch.setattr(rooms, "CenterFace", broken)
    with Looks(Range.FAR, provider=Provider.AUTO) as alone:
        assert not alone.two
        assert alone.missing == "centerface.onnx: not an ONNX model that can be loaded"
    assert asked == [(Path(SECOND.name), Provider.AUTO)]


def test_whole_frames_are_seen_where_it_is_wanted_and_patches_on_the_cpu(
    fakes: list[FakeNet], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Provider, tuple[int, ...]]] = []
    opened: list[Provider] = []

    class Second:
        def __init__(self, model: Path, provider: Provider = Provider.CPU, *, fast_math: bool = False) -> None:
            opened.append(provider)
            if provider is Provider.TENSORRT:
                raise DeviceError("no TensorRT")
            self.provider = provider

        def __call__(self, pictures: Sequence[Pixels], threshold: float) -> list[list[Face]]:
            asked.append((self.provider, pictures[0].shape))
            return [[] for _ in pictures]

    monkeypatch.setattr(rooms, "CenterFace", Second)
    frame = frame_of(np.zeros((96, 160, 3)))
    with Looks(Range.AUTO, provider=Provider.CUDA) as both:
        both.check(frame, [square(80, 48, 30)])
        both.scan(frame, [View(0, 0, 160, 96, 1.0)])
        assert asked == [(Provider.CPU, (CHECK, CHECK, 3)), (Provider.CUDA, (96, 160, 3))]
        assert both.wide(Provider.CUDA) is both.wide(Provider.CUDA)
        assert both.wide(Provider.TENSORRT) is None, "the caller does without"
    with Looks(Range.AUTO) as one:
        assert one.wide(Provider.CPU) is one.wide(Provider.CPU) is not None
    assert opened == [Provider.CUDA, Provider.CPU, Provider.TENSORRT, Provider.CPU]
    with Looks(Range.NEAR) as near:
        assert near.wide(Provider.CPU) is None


def test_the_nets_are_closed_at_the_end_whatever_happens(fakes: list[FakeNet]) -> None:
    with Looks(Range.NEAR, candidate=0.07):
        assert [net.is_open for net in fakes] == [True, True]
    assert [net.is_open for net in fakes] == [False, False]
    assert sorted(net.threshold for net in fakes) == [0.07, SURE]
    with pytest.raises(ZeroDivisionError), Looks(Range.NEAR):
        1 // 0  # noqa: B018
    assert [net.is_open for net in fakes[2:]] == [False, False]


# --- a glance ---


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(("width", "zoom"), [(320, 0.8), (640, 1.5), (1280, 3.0), (1920, 4.0)])
def test_a_glance_finds_a_face_in_the_frames_own_pixels(
    looks: Looks, portrait: Pixels, width: int, zoom: float, form: Format
) -> None:
    size = (width, width * 3 // 4)
    picture = seen_at(portrait, size, zoom=zoom)
    frame = Frame(0, 0.0, picture if form is Format.BGR else i420(picture), form)
    for sure in (False, True):
        first, *others = looks.glance(frame, sure=sure)
        assert is_portrait(first, size[0] / 2, size[1] / 2, zoom)
        assert first.score > SURE
        assert not (sure and others)


def test_candidates_are_many_and_sure_finds_are_few(looks: Looks, portrait: Pixels) -> None:
    number = 0
    for zoom in (0.5, 0.7, 1.0, 1.5, 2.0):
        frame = frame_of(seen_at(portrait, (960, 720), zoom=zoom))
        candidates, finds = looks.glance(frame), looks.glance(frame, sure=True)
        scores = [face.score for face in candidates]
        assert scores == sorted(scores, reverse=True)
        assert all(score >= CANDIDATE for score in scores)
        assert all(face.score >= SURE for face in finds)
        assert len(finds) == sum(score >= SURE for score in scores)
        number += len(candidates) - len(finds)
    assert number > 2


def test_a_glance_gives_what_the_net_sees_twice_once(looks: Looks, portrait: Pixels) -> None:
    """Around a small face the first net sees ghosts that lie in each other."""
    for roll in (0, 40, -60):
        frame = frame_of(seen_at(portrait, zoom=0.35, roll=roll))
        for found in (looks.glance(frame), looks.glance_around(frame)):
            assert merge(found) == found
    assert looks.glance(frame)


def test_two_people_are_two_finds(looks: Looks, portrait: Pixels) -> None:
    picture = np.hstack([seen_at(portrait, (400, 480), zoom=1.8), seen_at(portrait, (400, 480), zoom=2.2)])
    finds = looks.glance(frame_of(picture), sure=True)
    assert len(finds) == 2
    left, right = sorted(finds, key=lambda face: face.box[0])
    assert is_portrait(left, 200, 240, 1.8)
    assert is_portrait(right, 600, 240, 2.2)


@pytest.mark.parametrize("enlarged", [1, 6])
def test_with_room_around_it_a_face_is_seen_that_fills_the_frame(looks: Looks, portrait: Pixels, enlarged: int) -> None:
    part = cv2.resize(portrait[92:165, 185:262], None, fx=enlarged, fy=enlarged)
    frame = frame_of(part)
    (plain, *_), (around, *_) = looks.glance(frame), looks.glance_around(frame)
    assert around.score > plain.score + 0.1
    assert around.box[2] > 0.95 * frame.width, "it reaches over the border"
    assert is_portrait(around, (224 - 185) * enlarged, (125 - 92) * enlarged, enlarged)


def test_with_room_around_it_only_large_faces_are_looked_for(looks: Looks, portrait: Pixels) -> None:
    for zoom in (0.3, 0.7, 1.0, 1.2, 1.5):
        for face in looks.glance_around(frame_of(seen_at(portrait, (640, 480), zoom=zoom))):
            assert face.box[2] > 0.3 * 480
    assert looks.glance_around(frame_of(seen_at(portrait, (640, 480), zoom=2.0)))


# --- a second look by the first net ---


@pytest.mark.parametrize("roll", [0, 30, -60, 90, 180])
@pytest.mark.parametrize("zoom", [0.3, 1.0, 3.0])
def test_a_second_look_sees_a_face_upright_by_the_roll_so_far(
    looks: Looks, portrait: Pixels, zoom: float, roll: int
) -> None:
    frame = frame_of(seen_at(portrait, zoom=zoom, roll=roll))
    looked = looks.look(frame, square(320 + 8 * zoom, 240 - 5 * zoom, 110 * zoom, roll - 6))
    assert looked is not None
    assert is_portrait(looked, 320, 240, zoom, roll)
    assert looked.score > 0.6


def test_a_second_look_mends_a_roll_that_was_told_wrong(looks: Looks, portrait: Pixels) -> None:
    for roll in (-40, -20, 20, 40):
        frame = frame_of(seen_at(portrait, zoom=0.4, roll=roll))
        looked = looks.look(frame, square(320, 240, 40, 0))
        assert looked is not None
        assert looked.roll == pytest.approx(roll + OWN_ROLL, abs=8)


def test_a_second_look_sees_nothing_where_nothing_is(looks: Looks, portrait: Pixels) -> None:
    frame = frame_of(seen_at(portrait, zoom=1.0))
    assert looks.look(frame, square(100, 100, 80)) is None
    assert looks.look(frame_of(np.full((480, 640, 3), 128)), square(320, 240, 100)) is None


def test_of_two_neighbours_the_one_is_seen_that_is_asked_for(looks: Looks, portrait: Pixels) -> None:
    picture = np.full((480, 640, 3), 128, np.uint8)
    add_head(picture, portrait, 250, 240, 1.0)
    add_head(picture, portrait, 390, 240, 1.1)
    frame = frame_of(picture)
    for x, zoom in ((250, 1.0), (390, 1.1)):
        looked = looks.look(frame, square(x, 240, 100))
        (checked,) = looks.check(frame, [square(x, 240, 100)])
        for found in (looked, checked):
            assert found is not None
            assert is_portrait(found, x, 240, zoom)


# --- the second net ---


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(("zoom", "shift"), [(0.25, 0), (0.25, -450), (0.35, 400), (0.6, 100)])
def test_a_scan_finds_a_small_face_once_and_where_it_is(
    looks: Looks, portrait: Pixels, zoom: float, shift: int, form: Format
) -> None:
    """Two views show it, both of the whole frame."""
    picture = seen_at(portrait, (1280, 720), zoom=zoom, shift=shift)
    frame = Frame(0, 0.0, picture if form is Format.BGR else i420(picture), form)
    assert len(views_of(frame)) == 2
    (face,) = (face for face in looks.scan(frame, views_of(frame)) if face.score > 0.5)
    assert is_portrait(face, 640 + shift, 360, zoom)


def test_a_face_where_two_parts_overlap_is_found_once(looks: Looks, portrait: Pixels) -> None:
    frame = frame_of(seen_at(portrait, (1800, 300), zoom=0.5))
    views = parts(1800, 300, 1.0)
    assert len(views) == 2
    assert all(view.left + 50 < 900 < view.left + view.width - 50 for view in views)
    (face,) = looks.scan(frame, views)
    assert is_portrait(face, 900, 150, 0.5)
    # A part that doesn't show it doesn't find it.
    assert looks.scan(frame, [View(0, 0, 800, 300, 1.0)]) == []


def test_a_scan_gives_each_face_once_the_surest_first(looks: Looks, portrait: Pixels) -> None:
    picture = np.full((480, 800, 3), 128, np.uint8)
    places = [(100, 120, 0.3), (300, 300, 0.6), (620, 200, 1.6)]
    for x, y, zoom in places:
        add_head(picture, portrait, x, y, zoom)
    frame = frame_of(picture)
    found = looks.scan(frame, [View(0, 0, 800, 480, scale) for scale in (0.8, 1.0)])
    scores = [face.score for face in found]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= HINT for score in scores)
    faces = sorted((face for face in found if face.score > 0.5), key=lambda face: face.box[0])
    for face, (x, y, zoom) in zip(faces, places, strict=True):
        assert math.dist(face.middle, (x, y)) < 3 + 16 * zoom


def test_without_a_view_nothing_is_scanned(looks: Looks, portrait: Pixels) -> None:
    assert looks.scan(frame_of(portrait), []) == []
    assert looks.check(frame_of(portrait), []) == []


def test_each_place_that_is_checked_gets_its_own_answer(looks: Looks, portrait: Pixels) -> None:
    picture = np.full((480, 800, 3), 128, np.uint8)
    add_head(picture, portrait, 150, 240, 0.5)
    add_head(picture, portrait, 550, 240, 1.5)
    frame = frame_of(picture)
    asked = [square(550, 240, 150), square(350, 100, 80), square(150, 240, 50)]
    large, nothing, small = looks.check(frame, asked)
    assert nothing is None
    assert large is not None
    assert small is not None
    assert is_portrait(large, 550, 240, 1.5)
    assert is_portrait(small, 150, 240, 0.5)
    for place, answer in zip(asked, (large, nothing, small), strict=True):
        (alone,) = looks.check(frame, [place])
        assert (alone is None) == (answer is None)
        if alone is not None and answer is not None:
            assert alone.box == pytest.approx(answer.box, abs=0.1)


@pytest.mark.parametrize("roll", [-60, 30, 90, 180])
def test_a_check_sees_a_face_upright_by_the_roll_so_far(looks: Looks, portrait: Pixels, roll: int) -> None:
    frame = frame_of(seen_at(portrait, zoom=1.0, roll=roll))
    (checked,) = looks.check(frame, [square(320, 240, 100, roll)])
    assert checked is not None
    assert is_portrait(checked, 320, 240, 1.0, roll)


@pytest.mark.parametrize(("size", "there"), [(30, False), (40, False), (70, True), (130, True), (250, False)])
def test_what_is_much_larger_or_smaller_is_not_the_face_that_was_asked_for(
    looks: Looks, portrait: Pixels, size: float, there: bool
) -> None:
    """The portrait's face is a hundred px wide."""
    (checked,) = looks.check(frame_of(seen_at(portrait, zoom=1.0)), [square(320, 240, size)])
    assert (checked is not None) is there


def test_the_first_net_alone_has_no_second_word(one: Looks, portrait: Pixels) -> None:
    frame = frame_of(seen_at(portrait, (1280, 720), zoom=0.3))
    assert one.scan(frame, views_of(frame)) == []
    assert one.check(frame, [square(640, 360, 30)] * 3) == [None] * 3
    assert one.look(frame, square(640, 360, 30)) is not None


def test_no_look_changes_the_frame(looks: Looks, portrait: Pixels) -> None:
    picture = portrait.copy()
    picture.setflags(write=False)
    frame = frame_of(picture)
    (face, *_) = looks.glance(frame)
    looks.glance_around(frame)
    looks.look(frame, face)
    looks.scan(frame, views_of(frame))
    looks.check(frame, [face])
    assert np.array_equal(picture, portrait)
