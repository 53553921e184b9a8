"""A cut is told from light, motion and noise; what changes in a picture is told from what known people do."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import i420

from emojicam.stream.faces.scenes import CHANGE, CHANGED, CUT_DIFFERENCE, Scenes, Thumbnail, changed, thumbnail
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Box, Format, Frame

RATE = 25
WIDTH, HEIGHT = 40, 20
"""Of the thumbnails that tests of `changed` make, px."""


def room(seed: int = 0) -> npt.NDArray[np.float32]:
    """A blurred room: the grey levels of a picture of 640x360 px."""
    rough = np.random.default_rng(seed).integers(40, 200, (9, 16)).astype(np.float32)
    return np.asarray(cv2.resize(rough, (640, 360), interpolation=cv2.INTER_CUBIC), np.float32)


def frame_of(grey: npt.NDArray[np.generic], number: int = 0, form: Format = Format.BGR) -> Frame:
    bgr = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)
    return Frame(number, number / RATE, bgr if form is Format.BGR else i420(bgr), form)


def small(grey: npt.NDArray[np.generic]) -> Thumbnail:
    """The thumbnail of a picture, as a stream's are compared."""
    return thumbnail(np.clip(grey, 0, 255).astype(np.uint8)).astype(np.float32)


# --- cuts ---


@pytest.mark.parametrize("form", Format)
def test_a_stream_is_cut_where_another_room_is_seen_and_nowhere_else(form: Format) -> None:
    scenes = Scenes()
    cuts = [number for number in range(60) if scenes.cut(frame_of(room(number // 20), number, form))]
    assert cuts == [20, 40]


def test_a_scene_of_one_frame_has_a_cut_on_either_side() -> None:
    scenes = Scenes()
    assert [scenes.cut(frame_of(room(seed))) for seed in (0, 0, 1, 0, 0)] == [False, False, True, True, False]


def test_what_turns_black_is_cut_and_so_is_what_comes_out_of_the_black() -> None:
    scenes = Scenes()
    black = np.zeros((360, 640))
    assert [scenes.cut(frame_of(one)) for one in (room(), black, black, room())] == [False, True, False, True]


@pytest.mark.parametrize("form", Format)
def test_neither_light_nor_motion_nor_noise_is_a_cut(form: Format) -> None:
    scenes = Scenes()
    rng = np.random.default_rng(0)
    wide = cv2.resize(rng.integers(40, 200, (12, 40)).astype(np.float32), (1600, 360), interpolation=cv2.INTER_CUBIC)
    for number in range(60):
        left = 15 * number  # a quick pan
        light = 0.5 if 20 <= number < 22 else 1.0  # a lamp
        grey = wide[:, left : left + 640] * light + rng.normal(0, 8, (360, 640))
        assert not scenes.cut(frame_of(grey, number, form)), number


def test_another_pattern_that_hardly_shows_is_no_cut() -> None:
    """A wall, of which a camera shows its own noise: nothing of one frame is in the next, and yet it is the same."""
    scenes = Scenes()
    faint = CUT_DIFFERENCE / 2
    for seed in range(20):
        grey = 120 + faint * (room(seed) - 120) / 160
        assert not scenes.cut(frame_of(grey, seed))


def test_a_new_stream_begins_without_a_cut_whatever_another_one_showed() -> None:
    one, other = Scenes(), Scenes()
    one.cut(frame_of(room(0)))
    assert not other.cut(frame_of(room(1)))
    assert one.cut(frame_of(room(1)))


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 3)])
def test_a_tiny_or_narrow_stream_is_no_error(size: tuple[int, int]) -> None:
    scenes = Scenes()
    assert not scenes.cut(frame_of(np.full(size, 50.0)))
    assert not scenes.cut(frame_of(np.full(size, 50.0)))


def test_the_last_frames_thumbnail_is_kept() -> None:
    scenes = Scenes()
    assert scenes.thumbnail is None
    for seed in (0, 1):
        frame = frame_of(room(seed))
        scenes.cut(frame)
        assert scenes.thumbnail is not None
        assert scenes.thumbnail.dtype == np.float32
        assert np.array_equal(scenes.thumbnail, thumbnail(frame.luma))


# --- changes ---


def with_block(box: Box, then: Thumbnail) -> Thumbnail:
    """A thumbnail in which something else is at a place: a box, as shares of the picture."""
    left, top, wide, high = box
    now = then.copy()
    columns = slice(round(left * WIDTH), round((left + wide) * WIDTH))
    now[round(top * HEIGHT) : round((top + high) * HEIGHT), columns] += 3 * CHANGE
    return now


@pytest.fixture
def wall() -> Thumbnail:
    return np.full((HEIGHT, WIDTH), 100, np.float32)


def test_nothing_has_changed_in_the_same_picture(wall: Thumbnail) -> None:
    assert not changed(wall, wall)
    assert not changed(small(room()), small(room()))


def test_somebody_who_comes_or_goes_is_a_change(wall: Thumbnail) -> None:
    there = with_block((0.7, 0.2, 0.1, 0.8), wall)
    assert changed(there, wall)
    assert changed(wall, there)
    elsewhere = with_block((0.2, 0.2, 0.1, 0.8), wall)
    assert changed(elsewhere, there)


def test_a_change_may_be_lighter_or_darker(wall: Thumbnail) -> None:
    there = with_block((0.7, 0.2, 0.1, 0.8), wall)
    assert changed(2 * wall - there, wall)


def test_what_is_small_is_no_change_and_what_is_large_is(wall: Thumbnail) -> None:
    for factor, tells in ((0.7, False), (1.5, True)):
        now = wall.copy()
        now.flat[: round(factor * CHANGED * now.size)] += 3 * CHANGE
        assert changed(now, wall) == tells


def test_noise_and_daylight_are_no_change(wall: Thumbnail) -> None:
    rng = np.random.default_rng(0)
    grey = room()
    assert not changed(small(grey + rng.normal(0, 20, grey.shape)), small(grey))
    assert not changed(wall + 0.9 * CHANGE, wall)
    assert changed(wall + 1.1 * CHANGE, wall)


FACE: Box = (0.425, 0.3, 0.15, 0.25)
"""A known face, as shares of the picture."""


@pytest.mark.parametrize(
    ("box", "who"),
    [
        (FACE, "the face"),
        ((0.375, 0.2, 0.25, 0.4), "the head, that leans to one side and the other"),
        ((0.3, 0.55, 0.4, 0.45), "the body, down to the border"),
    ],
)
def test_what_a_known_person_does_is_no_change(wall: Thumbnail, box: Box, who: str) -> None:
    now = with_block(box, wall)
    assert changed(now, wall), who
    assert not changed(now, wall, [FACE]), who
    assert changed(now, wall, [(0.0, 0.3, 0.1, 0.2)]), f"{who}: it is known of somebody else"


@pytest.mark.parametrize(
    ("box", "where"),
    [
        ((0.75, 0.3, 0.1, 0.7), "to the right"),
        ((0.1, 0.3, 0.1, 0.7), "to the left"),
        ((0.4, 0.0, 0.2, 0.15), "above the head"),
    ],
)
def test_what_comes_beside_a_known_person_is_a_change(wall: Thumbnail, box: Box, where: str) -> None:
    assert changed(with_block(box, wall), wall, [FACE]), where


def test_of_several_known_people_none_counts_and_of_a_stranger_among_them_all_does(wall: Thumbnail) -> None:
    one, other = (0.1, 0.3, 0.15, 0.25), (0.75, 0.3, 0.15, 0.25)
    now = with_block(other, with_block(one, wall))
    assert changed(now, wall, [one])
    assert not changed(now, wall, [one, other])
    assert changed(with_block((0.45, 0.2, 0.1, 0.3), now), wall, [one, other])


@pytest.mark.parametrize("box", [(-0.3, -0.2, 0.2, 0.3), (0.95, 0.9, 0.2, 0.3), (0.3, 1.2, 0.1, 0.1)])
def test_a_known_face_over_the_border_hides_no_change_in_the_middle(wall: Thumbnail, box: Box) -> None:
    assert changed(with_block((0.4, 0.4, 0.2, 0.3), wall), wall, [box])
    assert not changed(wall, wall, [box])


def test_a_picture_of_another_size_is_a_change(wall: Thumbnail) -> None:
    assert changed(wall, wall[:-1])


# --- thumbnails ---


@pytest.mark.parametrize("shape", [(1080, 1920), (48, 64), (1, 500), (500, 1), (30, 20), (2160, 3840), (1, 1)])
def test_a_thumbnail_is_small(shape: tuple[int, int]) -> None:
    tiny = thumbnail(np.full(shape, 77, np.uint8))
    assert max(tiny.shape) <= 40
    assert min(tiny.shape) >= 1
    assert max(tiny.shape) >= min(max(shape), 16), "something is still seen"
    assert (tiny == 77).all()


@pytest.mark.parametrize("size", [(320, 180), (640, 480), (1280, 720), (1920, 1080), (720, 1280)])
def test_a_thumbnail_shows_the_picture(size: tuple[int, int]) -> None:
    """Its levels grow to the right and downwards, as the picture's do."""
    width, height = size
    across, down = np.linspace(0, 120, width), np.linspace(0, 120, height)[:, None]
    tiny = thumbnail(np.rint(across + down).astype(np.uint8)).astype(float)
    rows, columns = tiny.shape
    assert columns / rows == pytest.approx(width / height, rel=0.1)
    expected = (np.arange(columns) + 0.5) / columns * 120 + ((np.arange(rows) + 0.5) / rows * 120)[:, None]
    assert np.abs(tiny - expected).max() < 10


def test_a_thumbnail_averages_what_is_fine() -> None:
    board: Pixels = (np.indices((720, 1280)).sum(0) % 2 * 255).astype(np.uint8)
    tiny = thumbnail(board)
    assert tiny.min() > 100
    assert tiny.max() < 155


def test_a_picture_is_not_changed_by_looking_at_it() -> None:
    grey = room().astype(np.uint8)
    before = grey.copy()
    grey.setflags(write=False)
    thumbnail(grey)
    assert np.array_equal(grey, before)
