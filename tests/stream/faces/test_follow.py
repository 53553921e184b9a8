"""A face that no detector sees is found again by what it looks like: real pixels that are moved, zoomed and hidden."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from making import add_head, judged_face, seen_at

from emojicam.stream.faces.follow import ENOUGH, FASTEST, LOOK_ALIKE, MOST_TURN, Likeness, followed, likeness
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face

WIDTH, HEIGHT = 640, 480
SIDE = 100
"""Px of the portrait's face."""

Shot = Callable[..., Pixels]


def face(x: float, y: float = 240, zoom: float = 1.0, roll: float = 0.0) -> Face:
    """The portrait's face, its middle at x, y."""
    size = SIDE * zoom
    to_eye = cmath.rect(size, math.radians(roll))
    a, b = (complex(x, y) + to_eye * complex(side * 0.22, -0.22) for side in (-1, 1))
    box = (x - size / 2, y - size / 2, size, size)
    return Face(box=box, score=0.7, eyes=((a.real, a.imag), (b.real, b.imag)), roll=roll)


@pytest.fixture(scope="module")
def shot(portrait: Pixels) -> Shot:
    """Takes grey pictures of a room with a head in it; without a place, of the room alone."""
    rough = np.random.default_rng(0).integers(40, 200, (24, 32), dtype=np.uint8)
    room = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)

    def take(x: float | None = None, y: float = 240, zoom: float = 1.0) -> Pixels:
        picture = np.repeat(room[..., None], 3, 2)
        if x is not None:
            add_head(picture, portrait, float(x), float(y), float(zoom))
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        grey.setflags(write=False)  # frames are not to be written to
        return grey

    return take


def tilted(portrait: Pixels, roll: float, zoom: float = 1.0) -> Pixels:
    """The portrait, turned clockwise, its face in the middle of the picture."""
    return np.asarray(cv2.cvtColor(seen_at(portrait, zoom=zoom, roll=roll), cv2.COLOR_BGR2GRAY), np.uint8)


def strip(grey: Pixels, left: int, top: int, right: int, bottom: int, level: int | None = None) -> Pixels:
    """The picture with something before it: a board, or, without a level, a rough cloth."""
    hidden = grey.copy()
    cloth = np.random.default_rng(3).integers(0, 255, (bottom - top, right - left))
    hidden[top:bottom, left:right] = cloth if level is None else level
    return hidden


# --- from one frame to the next ---


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("way", [0.0, 0.02, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("direction", [0, 120, 225])
def test_a_face_that_moves_is_found_where_it_is(shot: Shot, zoom: float, way: float, direction: int) -> None:
    """By up to half its width: at 25 frames a second who walks by at two metres a second does."""
    dx, dy = way * SIDE * zoom * np.array([math.cos(math.radians(direction)), math.sin(math.radians(direction))])
    there = followed(shot(320, 240, zoom), shot(320 + dx, 240 + dy, zoom), face(320, 240, zoom))
    assert there is not None
    assert there.middle == pytest.approx((320 + dx, 240 + dy), abs=0.02 * SIDE * zoom)
    assert there.box[2:] == pytest.approx((SIDE * zoom, SIDE * zoom), rel=0.02)
    for found, true in zip(there.eyes, face(320 + dx, 240 + dy, zoom).eyes, strict=True):
        assert math.dist(found, true) < 0.03 * SIDE * zoom


@pytest.mark.parametrize("grows", [0.93, 0.97, 1.03, 1.07])
@pytest.mark.parametrize("dx", [0, 15])
def test_a_face_that_comes_nearer_or_goes_away_is_found_in_its_size(shot: Shot, grows: float, dx: float) -> None:
    assert 1 / FASTEST < grows < FASTEST
    there = followed(shot(320), shot(320 + dx, 240, grows), face(320))
    assert there is not None
    true = face(320 + dx, 240, grows)
    assert there.middle == pytest.approx(true.middle, abs=2)
    assert there.box[2:] == pytest.approx(true.box[2:], rel=0.015)
    apart, was = math.dist(*there.eyes), math.dist(*face(320).eyes)
    assert apart / was == pytest.approx(grows, rel=0.015)


@pytest.mark.parametrize("grows", [0.5, 1.4, 1.8])
def test_no_face_grows_or_shrinks_at_once(shot: Shot, grows: float) -> None:
    there = followed(shot(320), shot(320, 240, grows), face(320))
    assert there is None or 1 / FASTEST - 1e-6 <= there.box[2] / SIDE <= FASTEST + 1e-6


def test_over_many_frames_a_face_is_not_lost_and_hardly_strays(shot: Shot) -> None:
    def place(number: int) -> tuple[float, float, float]:
        return 320 + 100 * math.sin(number / 10), 240 + 20 * math.sin(number / 5), 1 + 0.3 * math.sin(number / 15)

    there: Face | None = face(*place(0))
    like = likeness(shot(*place(0)), face(*place(0)))
    shots = [shot(*place(number)) for number in range(60)]
    for number, (before, now) in enumerate(itertools.pairwise(shots), 1):
        assert there is not None
        there = followed(before, now, there)
        assert there is not None, number
        x, y, zoom = place(number)
        assert there.middle == pytest.approx((x, y), abs=0.05 * SIDE)
        assert there.box[2] == pytest.approx(SIDE * zoom, rel=0.1)
        assert like.of(now, there) > LOOK_ALIKE


def test_what_is_known_of_a_face_stays_with_it(shot: Shot) -> None:
    before = replace(judged_face(face(320).box, "fear", roll=4.0, track=7), unsure=True)
    there = followed(shot(320), shot(330), before)
    assert there is not None
    assert there.box[0] == pytest.approx(before.box[0] + 10, abs=2)
    assert there.roll == pytest.approx(before.roll, abs=0.5)
    assert replace(there, box=before.box, eyes=before.eyes, roll=before.roll) == before


def test_the_room_does_not_hold_a_face_back(shot: Shot) -> None:
    """A quarter of what is seen in the face's box is the room, which stays."""
    before = face(320, 240, 1.15)
    there = followed(shot(320), shot(332), before)
    assert there is not None
    assert there.middle == pytest.approx((332, 240), abs=2)


def test_light_that_changes_a_little_moves_nothing(shot: Shot) -> None:
    for light in (0.8, 1.2):
        there = followed(shot(320), np.clip(shot(325) * light, 0, 255).astype(np.uint8), face(320))
        assert there is not None
        assert there.middle == pytest.approx((325, 240), abs=2)


def test_a_cameras_noise_moves_nothing(shot: Shot) -> None:
    rng = np.random.default_rng(0)
    before, now = (np.clip(shot(x) + rng.normal(0, 10, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8) for x in (320, 328))
    there = followed(before, now, face(320))
    assert there is not None
    assert there.middle == pytest.approx((328, 240), abs=2)


# --- a face that turns ---


@pytest.mark.parametrize("zoom", [0.4, 1.0])
@pytest.mark.parametrize("roll", [0, 60, -170])
@pytest.mark.parametrize("turn", [-14, -10, -3, 3, 10, 14])
def test_it_is_found_how_far_a_face_has_turned(portrait: Pixels, zoom: float, roll: float, turn: float) -> None:
    there = followed(tilted(portrait, roll, zoom), tilted(portrait, roll + turn, zoom), face(320, 240, zoom, roll))
    assert there is not None
    assert math.remainder(there.roll - roll, 360) == pytest.approx(turn, abs=0.1 * abs(turn))
    assert abs(there.roll) <= 180
    assert there.middle == pytest.approx((320, 240), abs=0.01 * SIDE)
    assert there.box[2:] == pytest.approx((zoom * SIDE, zoom * SIDE), rel=0.02)
    for found, true in zip(there.eyes, face(320, 240, zoom, roll + turn).eyes, strict=True):
        assert math.dist(found, true) < 0.02 * zoom * SIDE


@pytest.mark.parametrize("turn", [-20, 20])
def test_no_face_turns_farther_at_once_than_heads_do(portrait: Pixels, turn: float) -> None:
    there = followed(tilted(portrait, 0), tilted(portrait, turn), face(320))
    assert there is not None
    assert there.roll == pytest.approx(math.copysign(MOST_TURN, turn))


@pytest.mark.parametrize("step", [3, -10])
def test_round_a_whole_circle_a_face_is_not_lost_and_its_roll_stays_right(portrait: Pixels, step: int) -> None:
    """As far as motion alone can tell: the slips of all steps add up."""
    there: Face | None = face(320)
    before = tilted(portrait, 0)
    for roll in range(step, int(math.copysign(360, step)) + step, step):
        now = tilted(portrait, roll)
        assert there is not None
        there = followed(before, now, there)
        assert there is not None, roll
        assert math.remainder(there.roll - roll, 360) == pytest.approx(0, abs=1 + 0.075 * abs(roll))
        assert there.middle == pytest.approx((320, 240), abs=0.05 * SIDE)
        assert there.box[2] == pytest.approx(SIDE, rel=0.15)
        before = now


def test_a_face_that_turns_while_it_moves_and_comes_nearer_is_found(portrait: Pixels) -> None:
    before = np.asarray(cv2.cvtColor(seen_at(portrait, zoom=1.0), cv2.COLOR_BGR2GRAY), np.uint8)
    later = seen_at(portrait, zoom=1.05, roll=8, shift=12)
    there = followed(before, np.asarray(cv2.cvtColor(later, cv2.COLOR_BGR2GRAY), np.uint8), face(320))
    assert there is not None
    assert there.roll == pytest.approx(8, abs=1)
    assert there.middle == pytest.approx((332, 240), abs=2)
    assert there.box[2] == pytest.approx(1.05 * SIDE, rel=0.015)


# --- a camera that turns ---


@pytest.mark.parametrize("zoom", [0.3, 1.0])
@pytest.mark.parametrize(("across", "down"), [(1.5, 0.0), (-1.2, 0.8), (0.0, -1.1)])
def test_where_everything_moved_by_more_than_its_width_a_face_is_found_if_that_is_told(
    shot: Shot, zoom: float, across: float, down: float
) -> None:
    dx, dy = round(across * zoom * SIDE), round(down * zoom * SIDE)
    before, now = shot(320, 240, zoom), np.roll(shot(324, 238, zoom), (dy, dx), (0, 1))
    place = face(320, 240, zoom)
    there = followed(before, now, place.moved(dx, dy), (dx, dy))
    assert there is not None
    assert there.middle == pytest.approx((324 + dx, 238 + dy), abs=1)
    like = likeness(before, place)
    assert like.of(now, there) > 0.95
    for lost in (followed(before, now, place), followed(before, now, place.moved(dx, dy))):
        assert lost is None or like.of(now, lost) < LOOK_ALIKE


# --- at the border ---


@pytest.mark.parametrize("x", [45, 20, 0, -10])
@pytest.mark.parametrize("dx", [-8, 8])
def test_a_face_that_is_half_out_of_the_picture_is_followed_out_and_in(shot: Shot, x: float, dx: float) -> None:
    there = followed(shot(x), shot(x + dx), face(x))
    assert there is not None
    assert there.middle == pytest.approx((x + dx, 240), abs=2)
    assert there.box[2] == pytest.approx(SIDE, rel=0.03)


@pytest.mark.parametrize("grows", [0.94, 1.07])
def test_half_out_of_the_picture_a_face_grows_around_its_own_middle(shot: Shot, grows: float) -> None:
    """Though all that is seen of it lies on one side of that."""
    there = followed(shot(0, 240, 2.0), shot(0, 240, 2.0 * grows), face(0, 240, 2.0))
    assert there is not None
    assert there.middle == pytest.approx((0, 240), abs=1.5)
    assert there.box[2] == pytest.approx(2 * SIDE * grows, rel=0.02)


@pytest.mark.parametrize(("x", "y"), [(320, 0), (640, 240), (320, 480), (10, 10)])
def test_every_border_is_like_the_left_one(shot: Shot, x: float, y: float) -> None:
    there = followed(shot(x, y), shot(x - 4, y + 3), face(x, y))
    assert there is not None
    assert there.middle == pytest.approx((x - 4, y + 3), abs=2)


@pytest.mark.parametrize(("x", "y"), [(-200, 240), (900, 240), (320, -90), (-50, -50)])
def test_who_is_out_of_the_picture_is_not_followed(shot: Shot, x: float, y: float) -> None:
    assert followed(shot(), shot(), face(x, y)) is None


def test_a_face_that_is_larger_than_the_picture_is_followed(shot: Shot) -> None:
    before, now = (shot(x, 240, 6.0) for x in (320, 340))
    there = followed(before, now, face(320, 240, 6.0))
    assert there is not None
    assert there.middle == pytest.approx((340, 240), abs=10)


# --- what can't be followed ---


def test_in_a_flat_picture_nothing_is_found_again(shot: Shot) -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert followed(flat, flat, face(320)) is None
    assert followed(shot(320), flat, face(320)) is None
    assert followed(flat, shot(320), face(320)) is None


def test_behind_a_board_nothing_is_found_again(shot: Shot) -> None:
    assert followed(shot(320), strip(shot(320), 220, 120, 420, 380, 90), face(320)) is None


def test_in_a_rain_of_dots_nothing_is_found_again() -> None:
    rng = np.random.default_rng(1)
    one, two = (rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8) for _ in range(2))
    assert followed(one, two, face(320)) is None


@pytest.mark.parametrize("hidden", [(250, 260, 390, 330), (250, 150, 320, 330)], ids=["chin", "left half"])
@pytest.mark.parametrize("level", [90, None], ids=["board", "cloth"])
def test_a_face_that_goes_half_behind_something_moves_as_what_is_left_of_it(
    shot: Shot, hidden: tuple[int, int, int, int], level: int | None
) -> None:
    there = followed(shot(320), strip(shot(330, 244), *hidden, level), face(320))
    assert there is not None
    assert there.middle == pytest.approx((330, 244), abs=2)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 2), (9, 9)])
def test_in_a_tiny_picture_nothing_is_followed_and_nothing_fails(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, size, dtype=np.uint8)
    for side in (0.0, 1.0, 30.0):
        place = replace(face(0, 0), box=(0.0, 0.0, side, side))
        there = followed(picture, picture, place)
        assert there is None or there.middle == pytest.approx(place.middle, abs=1)
        assert -1 <= likeness(picture, place).of(picture, place) <= 1


# --- likeness ---


@pytest.fixture(scope="module")
def like(shot: Shot) -> Likeness:
    """What the face looks like in the middle of the room."""
    return likeness(shot(320), face(320))


@pytest.mark.parametrize(("x", "y"), [(320, 240), (100, 100), (500.5, 300.25)])
@pytest.mark.parametrize("zoom", [0.3, 1.0, 3.0])
def test_the_face_looks_like_itself_wherever_it_is_and_however_near(
    shot: Shot, like: Likeness, x: float, y: float, zoom: float
) -> None:
    assert like.of(shot(x, y, zoom), face(x, y, zoom)) > 0.95


@pytest.mark.parametrize("roll", [30, 90, -60, 180])
def test_the_face_looks_like_itself_in_any_roll_that_is_known(portrait: Pixels, like: Likeness, roll: int) -> None:
    grey = np.asarray(cv2.cvtColor(seen_at(portrait, zoom=1.0, roll=roll), cv2.COLOR_BGR2GRAY), np.uint8)
    assert like.of(grey, face(320, 240, roll=roll)) > 0.95
    assert like.of(grey, face(320, 240)) < LOOK_ALIKE
    assert likeness(grey, face(320, 240, roll=roll)).of(grey, face(320, 240, roll=roll)) == pytest.approx(1)


def test_in_other_light_and_noise_the_face_looks_like_itself(shot: Shot, like: Likeness) -> None:
    for light, more in ((0.4, 0), (0.5, 90), (1.0, -30)):
        assert like.of(np.clip(shot(320) * light + more, 0, 255).astype(np.uint8), face(320)) > 0.95
    noise = np.random.default_rng(0).normal(0, 25, (HEIGHT, WIDTH))
    assert like.of(np.clip(shot(320) + noise, 0, 255).astype(np.uint8), face(320)) > 0.9


def test_the_farther_beside_the_face_the_less_alike(shot: Shot, like: Likeness) -> None:
    grey = shot(320)
    found = [like.of(grey, face(320 + shift * SIDE)) for shift in (0, 0.03, 0.06, 0.12, 0.24)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1)
    assert found[1] > LOOK_ALIKE, "a place that is hardly wrong is the face's"
    assert found[-1] < LOOK_ALIKE


def test_no_place_in_the_room_looks_like_the_face(shot: Shot, like: Likeness) -> None:
    places = [(x, y) for x in range(60, 640, 40) for y in range(60, 480, 40)]
    assert max(like.of(shot(), face(x, y)) for x, y in places) < LOOK_ALIKE


def test_where_the_face_was_the_room_does_not_look_like_it(shot: Shot, like: Likeness) -> None:
    """Whatever optical flow makes of it."""
    there = followed(shot(320), shot(), face(320))
    assert like.of(shot(), face(320)) < LOOK_ALIKE
    assert there is None or like.of(shot(), there) < LOOK_ALIKE


@pytest.mark.parametrize("level", [90, None], ids=["board", "cloth"])
def test_what_hides_a_face_does_not_look_like_it(shot: Shot, like: Likeness, level: int | None) -> None:
    hidden = (255, 175, 385, 305)
    assert like.of(strip(shot(320), *hidden, level), face(320)) < LOOK_ALIKE


def test_a_face_upside_down_or_as_a_negative_does_not_look_like_itself(shot: Shot, like: Likeness) -> None:
    grey = shot(320)
    assert like.of(grey[::-1].copy(), face(320, 239)) < LOOK_ALIKE
    assert like.of(255 - grey, face(320)) == pytest.approx(-1, abs=0.01)


def test_nothing_looks_like_a_flat_picture_nor_a_flat_picture_like_a_face(shot: Shot, like: Likeness) -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert like.of(flat, face(320)) == 0
    assert likeness(flat, face(320)).of(flat, face(320)) == 0
    assert likeness(flat, face(320)).of(shot(320), face(320)) == 0


@pytest.mark.parametrize("inside", [0.9, 0.5, ENOUGH + 0.06])
def test_of_a_face_half_out_of_the_picture_the_other_half_is_compared(
    shot: Shot, like: Likeness, inside: float
) -> None:
    out = SIDE * (inside - 0.5)
    for x, y in ((out, 240), (640 - out, 240), (320, out), (320, 480 - out)):
        assert like.of(shot(x, y), face(x, y)) > 0.9
        assert like.of(shot(), face(x, y)) < LOOK_ALIKE


def test_of_which_hardly_anything_is_in_the_picture_nothing_is_said(shot: Shot, like: Likeness) -> None:
    out = SIDE * (ENOUGH - 0.06 - 0.5)
    for x, y in ((out, 240), (320, 480 - out), (-300, 240), (5000, -5000)):
        assert like.of(shot(x, y), face(x, y)) == -1


def test_a_picture_is_not_changed_by_following(shot: Shot) -> None:
    before, now = shot(320).copy(), shot(330).copy()
    followed(before, now, face(320))
    likeness(before, face(320)).of(now, face(330))
    assert np.array_equal(before, shot(320))
    assert np.array_equal(now, shot(330))
