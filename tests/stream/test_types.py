from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace

import cv2
import numpy as np
import pytest
from making import flat

from emojicam.stream.i420 import Colour
from emojicam.stream.types import Emotion, Face, Format, Frame, JudgedFace, roll_of

SPACES = [Colour(bt709, full) for bt709 in (False, True) for full in (False, True)]


def test_sizes_are_those_of_the_picture_in_both_layouts() -> None:
    photo = Frame(0, 0.0, np.zeros((47, 63, 3), np.uint8))
    assert (photo.width, photo.height) == (63, 47)
    assert photo.luma.shape == (47, 63)
    video = Frame(0, 0.0, np.zeros((72, 64), np.uint8), Format.I420)
    assert (video.width, video.height) == (64, 48)
    assert video.luma.shape == (48, 64)
    assert video.rgb().shape == video.bgr().shape == (48, 64, 3)


def test_luma_of_video_is_the_frame_itself_not_a_copy() -> None:
    pixels = np.arange(72 * 64, dtype=np.int64).reshape(72, 64).astype(np.uint8)
    luma = Frame(0, 0.0, pixels, Format.I420).luma
    assert np.shares_memory(luma, pixels)
    assert np.array_equal(luma, pixels[:48])


def test_views_of_a_bgr_frame_have_its_colours_in_order() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[:] = (10, 100, 200)
    frame = Frame(0, 0.0, pixels)
    assert frame.rgb()[0, 0].tolist() == [200, 100, 10]
    assert frame.bgr() is pixels
    assert int(frame.luma[0, 0]) == round(0.114 * 10 + 0.587 * 100 + 0.299 * 200)


def test_colours_of_a_video_frame_follow_its_own_matrix() -> None:
    pixels = flat(110, 60)
    colours = {tuple(Frame(0, 0.0, pixels, Format.I420, colour).bgr()[0, 0].tolist()) for colour in SPACES}
    assert len(colours) == len(SPACES)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("size", [(64, 48), (96, 64), (100, 52), (70, 38)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_reduced_picture_is_the_mean_of_its_parts(form: Format, size: tuple[int, int], k: int) -> None:
    width, height = size
    rng = np.random.default_rng(0)
    # Grey with a tint: the planes have colour at half the size, which the picture has not.
    grey = cv2.resize(rng.integers(40, 200, (6, 8), dtype=np.uint8), size, interpolation=cv2.INTER_CUBIC)
    bgr = np.dstack([grey, grey + 10, grey + 30])
    frame = Frame(0, 0.0, np.asarray(bgr, np.uint8))
    if form is Format.I420:
        frame = Frame(0, 0.0, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8), form)
    small = frame.reduced(k).astype(int)
    step = 2 if form is Format.I420 and k > 1 else 1  # the planes' sides stay even
    rows, columns = height // (k * step) * step, width // (k * step) * step
    assert small.shape == (rows, columns, 3)
    parts = frame.rgb()[: rows * k, : columns * k].astype(float).reshape(rows, k, columns, k, 3)
    assert np.abs(small - parts.mean((1, 3))).mean() < 2


@pytest.mark.parametrize("size", [(1, 2000), (2000, 1), (3, 5)])
def test_a_picture_thinner_than_a_part_keeps_a_pixel(size: tuple[int, int]) -> None:
    width, height = size
    small = Frame(0, 0.0, np.full((height, width, 3), 77, np.uint8)).reduced(4)
    assert small.shape == (max(1, height // 4), max(1, width // 4), 3)
    assert (small == 77).all()


def test_an_emotion_names_its_likeliest_label() -> None:
    emotion = Emotion(("neutral", "happiness", "fear"), (0.2, 0.7, 0.1))
    assert emotion.label == "happiness"
    assert emotion.confidence == 0.7


def test_an_emotion_with_too_few_probabilities_is_refused() -> None:
    with pytest.raises(ValueError, match="2 labels, but 1 "):
        Emotion(("neutral", "fear"), (1.0,))


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Frame(0, 0.0, np.zeros((2, 2, 3), np.uint8)), "time"),
        (Face(box=(0, 0, 9, 9), score=1.0, eyes=((2, 3), (6, 3)), roll=0.0), "roll"),
        (Emotion(("a", "b"), (0.5, 0.5)), "p"),
        (Colour(), "full"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_that_were_handed_over_cannot_be_changed(value: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, field, 1)


def test_a_moved_face_moves_box_and_eyes_and_nothing_else() -> None:
    assert face(10, 20, 40).moved(100, -50) == face(110, -30, 40)
    assert face(10, 20, 40).moved(7, 9).moved(-7, -9) == face(10, 20, 40)


def test_a_face_that_grows_grows_around_its_middle() -> None:
    before = face(10, 20, 40)
    after = before.grown(1.5)
    assert after.middle == pytest.approx(before.middle)
    assert after.box == pytest.approx((0, 10, 60, 60))
    assert sum(after.eyes, ()) == pytest.approx((18, 28, 42, 28))
    assert replace(after, box=before.box, eyes=before.eyes) == before
    assert after.grown(1 / 1.5).box == pytest.approx(before.box)


def test_a_face_that_turns_turns_its_eyes_clockwise_around_its_middle_and_its_box_stays_upright() -> None:
    before = face(10, 20, 40)
    assert before.middle == (30, 40)
    assert sum(before.eyes, ()) == pytest.approx((22, 32, 38, 32))
    after = before.grown(1.0, 90)
    assert after.box == pytest.approx(before.box)
    assert sum(after.eyes, ()) == pytest.approx((38, 32, 38, 48))
    assert after.roll == pytest.approx(90) == pytest.approx(roll_of(after.eyes))
    assert replace(after, box=before.box, eyes=before.eyes, roll=before.roll) == before


@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("turn", [-170, -30, 4, 120])
def test_a_face_that_turns_and_grows_does_both(k: float, turn: float) -> None:
    before = face(10, 20, 40)
    after = before.grown(k, turn)
    assert after.middle == pytest.approx(before.middle)
    assert after.box[2:] == pytest.approx((40 * k, 40 * k))
    assert math.dist(*after.eyes) == pytest.approx(k * math.dist(*before.eyes))
    assert after.roll == pytest.approx(turn) == pytest.approx(roll_of(after.eyes))
    back = after.grown(1 / k, -turn)
    assert back.roll == pytest.approx(0)
    assert sum(back.eyes, ()) == pytest.approx(sum(before.eyes, ()))


@pytest.mark.parametrize(("roll", "turn", "now"), [(170, 30, -160), (-170, -30, 160), (100, 300, 40), (-90, -45, -135)])
def test_a_roll_stays_within_half_a_circle_to_either_side(roll: float, turn: float, now: float) -> None:
    assert replace(face(10, 20, 40), roll=roll).grown(1.0, turn).roll == pytest.approx(now)


def face(left: float, top: float, size: float, score: float = 0.9) -> Face:
    at = ((left + 0.3 * size, top + 0.3 * size), (left + 0.7 * size, top + 0.3 * size))
    return Face(box=(left, top, size, size), score=score, eyes=at, roll=0.0)


@pytest.mark.parametrize(
    ("labels", "p", "label", "degree"),
    [
        (("neutral", "happiness", "fear"), (0.3, 0.6, 0.1), "happiness", 2 / 3),
        (("neutral", "happiness", "fear"), (0.3, 0.6, 0.1), "fear", 1 / 4),
        (("neutral", "happiness"), (0.3, 0.7), "neutral", 0),
        (("neutral", "happiness"), (1.0, 0.0), "happiness", 0),
        (("neutral", "happiness", "fear"), (0.0, 0.0, 1.0), "happiness", 0),
        (("neutral", "happiness"), (0.3, 0.7), "a word of the caller's", 1),
        (("joy", "rage"), (0.6, 0.4), "rage", 1),
    ],
)
def test_a_degree_is_a_share_of_it_and_neutral(
    labels: tuple[str, ...], p: tuple[float, ...], label: str, degree: float
) -> None:
    assert Emotion(labels, p).degree(label) == pytest.approx(degree)
    eyes = (2.0, 3.0), (6.0, 3.0)
    face = JudgedFace(box=(0, 0, 9, 9), score=1, eyes=eyes, roll=0, emotion=Emotion(labels, p), shown=label)
    assert (face.degree, face.drawn) == (pytest.approx(degree), 1.0)


def test_a_rounded_face_is_rounded_once_and_for_all() -> None:
    emotion = Emotion(("joy", "neutral"), (0.123456, 0.876544), valence=-0.00004, arousal=0.55556)
    eyes = ((12.34, 5.6), (15.0, 6.0))
    face = JudgedFace(
        box=(-1.26, 2.04, 30.33, 31.0), score=0.98765, eyes=eyes, roll=-3.1254, emotion=emotion, drawn=0.7461, track=3
    )
    rounded = face.rounded()
    assert (rounded.box, rounded.score, rounded.roll) == ((-1.3, 2.0, 30.3, 31.0), 0.9877, -3.13)
    assert (rounded.emotion.p, rounded.emotion.valence, rounded.emotion.arousal) == ((0.1235, 0.8765), 0.0, 0.5556)
    assert (rounded.drawn, rounded.eyes, rounded.track) == (0.75, eyes, 3)
    assert rounded.rounded() == rounded
