"""Cuts, fades and a camera that turns are told from light, motion and noise; changes, from what known people do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import i420

from emojicam.stream.faces.scenes import (
    CHANGE,
    CHANGED,
    CUT_DIFFERENCE,
    STIRRED,
    Scenes,
    Thumbnail,
    changed,
    panned,
    thumbnail,
)
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Box, Format, Frame

RATE = 25
WIDTH, HEIGHT = 40, 20
"""Of the thumbnails that tests of `changed` make, px."""


@cache
def room(seed: int = 0) -> npt.NDArray[np.float32]:
    """A blurred room: the grey levels of a picture of 640x360 px."""
    rough = np.random.default_rng(seed).integers(40, 200, (9, 16)).astype(np.float32)
    grey = np.asarray(cv2.resize(rough, (640, 360), interpolation=cv2.INTER_CUBIC), np.float32)
    grey.setflags(write=False)
    return grey


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


# --- fades ---


def told(grey: Callable[[float], npt.NDArray[np.generic]], seconds: float = 4.0) -> list[tuple[float, float]]:
    """When a fade is told in a stream that shows this at a time, and when it is said to have begun, seconds."""
    scenes, found = Scenes(), []
    for number in range(round(seconds * RATE)):
        scenes.cut(frame_of(grey(number / RATE), number))
        if scenes.faded is not None:
            found.append((number / RATE, scenes.faded))
    return found


def between(start: float, seconds: float, t: float) -> float:
    """The share of a time that has passed, 0-1."""
    return min(1.0, max(0.0, (t - start) / seconds))


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("seed", range(2))
def test_a_fade_is_told_right_after_its_end_with_the_time_when_it_began(seconds: float, seed: int) -> None:
    one, two, start = room(2 * seed), room(2 * seed + 1), 1.0
    found = told(lambda t: one + between(start, seconds, t) * (two - one))
    assert found
    told_at, began = found[0]
    assert start + seconds <= told_at <= start + seconds + 0.2
    assert began == pytest.approx(start, abs=0.2)


def test_a_fade_is_told_of_pictures_that_move_a_little_and_are_noisy() -> None:
    rng = np.random.default_rng(0)

    def grey(t: float) -> npt.NDArray[np.generic]:
        share = between(1.0, 1.0, t)
        one, two = (np.roll(room(seed), round(8 * math.sin(5 * t + seed)), 1) for seed in (0, 1))
        return one + share * (two - one) + rng.normal(0, 5, one.shape)

    told_at, began = told(grey, 2.5)[0]
    assert 2.0 <= told_at <= 2.3
    assert began == pytest.approx(1.0, abs=0.3)


def test_two_fades_are_told_each_with_its_own_time() -> None:
    def grey(t: float) -> npt.NDArray[np.generic]:
        first, second = between(1.0, 1.0, t), between(5.0, 1.0, t)
        return room(0) + first * (room(1) - room(0)) + second * (room(2) - room(1))

    found = told(grey, 6.3)
    assert found[0] == pytest.approx((2.1, 1.0), abs=0.2)
    assert next(one for one in found if one[0] > 4.5) == pytest.approx((6.1, 5.0), abs=0.2)


@cache
def wide() -> npt.NDArray[np.generic]:
    """Three rooms in a row."""
    return np.hstack([room(seed) for seed in range(3)])


def walker(t: float) -> npt.NDArray[np.generic]:
    """Somebody dark and large who walks through the room."""
    grey, left = room().copy(), int(300 * t) - 200
    grey[60:, max(0, left) : max(0, left + 160)] = 30
    return grey


@pytest.mark.parametrize(
    ("what", "grey"),
    [
        ("a still picture", lambda t: room()),
        ("a cut", lambda t: room(int(t))),
        ("a lamp that goes on", lambda t: room() * (0.5 if t < 1.5 else 1.0)),
        ("light that grows", lambda t: room() * (0.4 + 0.6 * between(1.0, 1.0, t))),
        ("a lamp and a shadow", lambda t: room() + 60 * between(1.0, 1.0, t) * np.linspace(-1, 1, 640)),
        ("a pan", lambda t: wide()[:, int(300 * t) : int(300 * t) + 640]),
        ("black", lambda t: np.zeros((360, 640))),
        ("a fade to black", lambda t: room() * (1 - between(1.0, 1.0, t))),
        ("a fade from black", lambda t: room() * between(1.0, 1.0, t)),
        ("somebody who walks through", walker),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_else_is_a_fade(what: str, grey: Callable[[float], npt.NDArray[np.generic]]) -> None:
    assert told(grey) == [], what


def test_a_fade_in_which_the_clock_paused_is_none() -> None:
    """A recording of a camera that wakes up when something moves: nobody knows what was between."""
    scenes = Scenes()
    for number in range(60):
        share = between(1.0, 1.0, number / RATE)
        frame = frame_of(room(0) + share * (room(1) - room(0)), number)
        scenes.cut(replace(frame, time=frame.time + (1.2 if share > 0.9 else 0.0)))
        assert scenes.faded is None, number


def test_a_change_in_one_step_that_hardly_shows_is_no_fade() -> None:
    """It is no cut either; of a fade there is a picture in the middle."""
    one, two = room(0), room(1)
    faint = 1.08 * CUT_DIFFERENCE / np.abs(small(one) - small(two)).mean()
    one, two = (120 + faint * (grey - 120) for grey in (one, two))
    assert told(lambda t: one + 0.1 * (t >= 1) * (two - one) if t < 1.5 else two) == []
    assert told(lambda t: one + between(1.0, 1.0, t) * (two - one))


# --- a camera that turns ---


@cache
def surroundings(width: int, height: int, seed: int) -> npt.NDArray[np.float32]:
    """A picture with as much of what is large and what is small as photographs have."""
    rng, grey = np.random.default_rng(seed), np.full((height, width), 120, np.float32)
    for size in (6, 12, 24, 48, 96, 192):
        rough = rng.normal(0, 80 / size**0.5, (size, size)).astype(np.float32)
        grey += np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return grey


def view(x: int, y: int, width: int, height: int, seed: int = 0) -> Pixels:
    """What a camera sees of its surroundings, from x, y px on; small pictures show as much as large ones."""
    wide = surroundings(2 * width, 2 * height, seed)
    return np.ascontiguousarray(np.clip(wide[y : y + height, x : x + width], 0, 255).astype(np.uint8))


def turned(width: int, height: int, across: float, down: float) -> tuple[Pixels, Pixels, tuple[float, float]]:
    """Two pictures, and the px by which everything moved between them, given as shares of the picture."""
    dx, dy = round(across * width), round(down * height)
    x, y = width // 2, height // 2
    return view(x, y, width, height), view(x - dx, y - dy, width, height), (dx, dy)


SHIFTS = [(0.1, 0.0), (-0.2, 0.1), (0.03, -0.05), (0.3, 0.0), (0.0, -0.25), (0.4, 0.1)]


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 180), (360, 640), (150, 100), (64, 48)])
@pytest.mark.parametrize("shift", SHIFTS)
def test_how_far_a_camera_turned_is_told_to_a_percent_of_the_picture(
    size: tuple[int, int], shift: tuple[float, float]
) -> None:
    before, now, way = turned(*size, *shift)
    assert panned(before, now) == pytest.approx(way, abs=max(1.0, 0.01 * max(size)))


@pytest.mark.parametrize("shift", SHIFTS)
def test_of_a_noisy_picture_in_which_a_small_part_goes_another_way_it_is_told_too(shift: tuple[float, float]) -> None:
    before, now, way = turned(640, 360, *shift)
    rng = np.random.default_rng(0)
    before[150:210, 250:310] = now[150:210, 200:260] = view(0, 0, 640, 360, seed=5)[:60, :60]
    before, now = (np.clip(one + rng.normal(0, 5, one.shape), 0, 255).astype(np.uint8) for one in (before, now))
    assert panned(before, now) == pytest.approx(way, abs=6)


@pytest.mark.parametrize(
    ("what", "before", "now"),
    [
        ("the same picture", view(0, 0, 640, 360), view(0, 0, 640, 360)),
        ("another room", view(0, 0, 640, 360), view(0, 0, 640, 360, seed=1)),
        ("a tiny picture", view(6, 6, 12, 12), view(3, 6, 12, 12)),
        ("a low picture", view(100, 5, 200, 10), view(80, 5, 200, 10)),
        ("a pixel", np.zeros((1, 1), np.uint8), np.full((1, 1), 255, np.uint8)),
        ("walls without anything on them", np.full((360, 640), 90, np.uint8), np.full((360, 640), 120, np.uint8)),
        ("a lens that is covered", view(0, 0, 640, 360), np.full((360, 640), 12, np.uint8)),
        ("more than half of the picture", view(400, 100, 640, 360), view(40, 100, 640, 360)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_no_turn_of_the_camera_explains_what_is_seen_none_is_told(what: str, before: Pixels, now: Pixels) -> None:
    assert panned(before, now) == (0.0, 0.0), what


def test_who_walks_before_a_camera_that_rests_does_not_turn_it() -> None:
    before, now = view(0, 0, 640, 360), view(0, 0, 640, 360)
    before[60:, 200:360] = now[60:, 260:420] = view(0, 0, 640, 360, seed=5)[60:, :160]
    assert panned(before, now) == (0.0, 0.0)


def test_a_picture_is_stirred_by_a_turn_and_a_cut_but_neither_by_noise_nor_by_itself() -> None:
    rng = np.random.default_rng(0)
    stirred = []
    scenes = Scenes()
    for left, noise in ((0, 0), (0, 0), (0, 8), (40, 8), (40, 8), (640, 8), (640, 8)):
        scenes.cut(frame_of(wide()[:, left : left + 640] + rng.normal(0, noise, (360, 640))))
        stirred.append(scenes.stirred)
    assert stirred == [False, False, False, True, False, True, False]


@pytest.mark.parametrize(("more", "stirred"), [(0.75, False), (1.25, True)])
def test_a_picture_is_stirred_from_so_many_grey_levels_on(more: float, stirred: bool) -> None:
    scenes = Scenes()
    grey = np.full((360, 640), 100.0)
    scenes.cut(frame_of(grey))
    assert not scenes.stirred, "nothing was before"
    grey[:, :320] += round(2 * more * STIRRED)
    scenes.cut(frame_of(grey))
    assert scenes.stirred == stirred


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
