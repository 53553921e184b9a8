"""What is shown of a face is steady, but follows a real change soon."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from making import judged_face

from emojicam.models.card import EMOTIONS
from emojicam.stream.choices import Steadiness
from emojicam.stream.emotions.smooth import FARTHEST, Smoother
from emojicam.stream.types import DEGREE_STEP, Emotion, Frame, Judged, JudgedFace

PIXELS = np.zeros((90, 160, 3), np.uint8)


def emotion(**p: float) -> Emotion:
    """Some probabilities; the rest is shared by the others."""
    rest = (1 - sum(p.values())) / (len(EMOTIONS) - len(p))
    return Emotion(EMOTIONS, tuple(p.get(name, rest) for name in EMOTIONS))


def face(track: int | None = 1, **p: float) -> JudgedFace:
    return replace(judged_face((50, 20, 40, 40), track=track), emotion=emotion(**p))


def run(faces: list[JudgedFace], rate: float = 30, steadiness: Steadiness | None = None) -> list[JudgedFace]:
    smoother = Smoother(steadiness or Steadiness())
    done = [smoother(Judged(Frame(n, n / rate, PIXELS), (one,))) for n, one in enumerate(faces)]
    return [judged.faces[0] for judged in done]


def flips(labels: list[str]) -> int:
    return sum(a != b for a, b in itertools.pairwise(labels))


def test_a_steady_face_stays_as_it_is() -> None:
    before = [face(happiness=0.9)] * 30
    after = run(before)
    assert all(one.label == "happiness" and not one.unsure for one in after)
    assert all(one.emotion.p == pytest.approx(before[0].emotion.p) for one in after)
    assert all(one.box == pytest.approx(before[0].box) for one in after)


@pytest.mark.parametrize("rate", [10, 30, 60])
def test_single_frames_change_nothing(rate: float) -> None:
    before = [face(surprise=0.9) if n % 7 == 3 else face(happiness=0.8) for n in range(5 * rate)]
    assert {one.label for one in run(before, rate)[1:]} == {"happiness"}


@pytest.mark.parametrize("rate", [10, 30, 60])
def test_a_real_change_is_shown_within_half_a_second(rate: float) -> None:
    before = [face(happiness=0.85) if n < 2 * rate else face(surprise=0.85) for n in range(4 * rate)]
    labels = [one.label for one in run(before, rate)]
    assert labels[: 2 * rate] == ["happiness"] * 2 * rate
    first = labels.index("surprise")
    assert (first - 2 * rate) / rate <= 0.5
    assert set(labels[first:]) == {"surprise"}
    assert set(labels[:first]) == {"happiness"}  # and nothing else between the two


def test_two_that_are_alike_do_not_take_turns() -> None:
    rng = np.random.default_rng(0)
    chance = rng.normal(0, 0.12, 300)
    before = [face(happiness=0.45 + shift, neutral=0.45 - shift) for shift in chance]
    raw = flips([one.emotion.label for one in before])
    assert raw > 100
    assert flips([one.label for one in run(before)]) <= raw / 20


def test_time_counts_not_frames() -> None:
    ends = []
    for rate in (15, 60):
        before = [face(happiness=0.9)] + [face(sadness=0.9)] * (rate // 2)
        ends.append(run(before, rate)[-1].emotion.p)
    assert ends[0] == pytest.approx(ends[1], abs=0.03)


def test_who_is_unsure_is_shown_as_neutral_and_said_to_be() -> None:
    (one,) = run([face(happiness=0.3, surprise=0.25)])
    assert (one.label, one.unsure, one.emotion.label) == ("neutral", True, "happiness")
    (bold,) = run([face(happiness=0.3, surprise=0.25)], steadiness=Steadiness(sure=0.0))
    assert (bold.label, bold.unsure) == ("happiness", False)


@pytest.mark.parametrize("confidence", [0.4, 0.45])
def test_doubt_does_not_come_and_go(confidence: float) -> None:
    rng = np.random.default_rng(0)
    done = run([face(happiness=confidence + shift, surprise=0.2) for shift in rng.normal(0, 0.05, 300)])
    assert flips([one.label for one in done]) <= 1


def test_each_person_has_a_memory_of_their_own() -> None:
    smoother = Smoother()
    for n in range(30):
        one, two = face(1, happiness=0.9), face(2, sadness=0.9)
        done = smoother(Judged(Frame(n, n / 30, PIXELS), (one, two) if n % 2 else (two, one)))
        assert {f.track: f.label for f in done.faces} == {1: "happiness", 2: "sadness"}


def test_without_a_track_every_frame_is_for_itself() -> None:
    before = [face(None, happiness=0.9), face(None, sadness=0.9)]
    assert [one.label for one in run(before)] == ["happiness", "sadness"]


def test_without_memory_every_frame_is_for_itself() -> None:
    before = [face(happiness=0.9), face(sadness=0.9)]
    plain = Steadiness(memory=0, patience=0, lead=0, still=0)
    assert [one.label for one in run(before, steadiness=plain)] == ["happiness", "sadness"]


def test_a_box_that_trembles_comes_to_rest_and_one_that_runs_is_followed() -> None:
    rng = np.random.default_rng(0)
    still = [judged_face((50 + dx, 20 + dy, 40, 40), track=1) for dx, dy in rng.normal(0, 1.5, (120, 2))]
    spread = [float(np.std([one.box[0] for one in faces[30:]])) for faces in (still, run(still))]
    assert spread[1] < spread[0] / 2
    quick = [judged_face((4.0 * n, 20, 40, 40), track=1) for n in range(60)]
    behind = [one.box[0] - after.box[0] for one, after in zip(quick, run(quick), strict=True)]
    assert max(behind[20:]) < 6


def test_a_roll_goes_the_shorter_way_round() -> None:
    turning = [judged_face((50, 20, 40, 40), track=1, roll=170 if n < 20 else -170) for n in range(40)]
    rolls = [one.roll for one in run(turning)]
    assert all(abs(roll) > 165 for roll in rolls)


@pytest.mark.parametrize("rate", [10, 30, 60])
@pytest.mark.parametrize("leap", [1, 4, 16])
def test_no_cover_lags_behind_by_more_than_a_part_of_its_width(rate: float, leap: float) -> None:
    """Of a face that rests, leaps, and comes nearer at once or goes away."""
    places = [
        (50.0, 20.0, 40.0),
        (50.0 + 40 * leap, 20.0, 40.0),
        (50.0, 20.0 + 40 * leap, 40.0),
        (0.0, 0.0, 40.0 * leap),
    ]
    before = [judged_face((x, y, size, size), track=1) for x, y, size in 2 * places for _ in range(20)]
    for one, after in zip(before, run(before, rate), strict=True):
        most = FARTHEST * one.box[2] + 1e-6
        assert abs(after.middle[0] - one.middle[0]) <= most
        assert abs(after.middle[1] - one.middle[1]) <= most
        assert abs(after.box[2] - one.box[2]) <= most


def test_a_cover_lags_as_far_as_it_may_behind_a_leap_and_no_farther() -> None:
    leaping = [judged_face((50 if n < 30 else 450, 20, 40, 40), track=1) for n in range(31)]
    assert 450 - run(leaping)[-1].box[0] == pytest.approx(FARTHEST * 40)
    back = [judged_face((450 if n < 30 else 50, 20, 40, 40), track=1) for n in range(31)]
    assert run(back)[-1].box[0] - 50 == pytest.approx(FARTHEST * 40)


def test_no_roll_lags_behind_by_more_than_a_part_of_a_radian() -> None:
    rolls = [0, 60, -60, 170, -170, 20, -100, 5]
    done = run([judged_face((50, 20, 40, 40), track=1, roll=roll) for roll in rolls])
    behind = [abs(math.remainder(one.roll - roll, 360)) for one, roll in zip(done, rolls, strict=True)]
    assert max(behind) == pytest.approx(math.degrees(FARTHEST))


# --- degrees ---


@pytest.mark.parametrize("track", [None, 1])
def test_what_is_drawn_is_as_strong_as_it_is_beside_neutral(track: int | None) -> None:
    (smile, calm, doubt) = (
        run([face(track, **p)])[0]
        for p in ({"happiness": 0.6, "neutral": 0.3}, {"neutral": 0.7}, {"happiness": 0.3, "neutral": 0.2})
    )
    assert (smile.label, smile.drawn, smile.degree) == ("happiness", pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (calm.label, calm.drawn) == ("neutral", 0)
    assert (doubt.label, doubt.unsure, doubt.drawn) == ("neutral", True, 0)


@pytest.mark.parametrize("rate", [10, 30, 60])
def test_a_degree_that_trembles_is_drawn_as_one_and_one_that_rises_is_followed(rate: int) -> None:
    rng = np.random.default_rng(0)
    trembling = [face(happiness=0.6 + shift, neutral=0.3 - shift) for shift in rng.normal(0, 0.05, 10 * rate)]
    done = run(trembling, rate)
    assert len({one.degree for one in done}) > rate
    # The first frame's own answer is all that there is at first.
    assert len({one.drawn for one in done}) <= 2
    rising = [face(happiness=0.5 + 0.04 * n / rate, neutral=0.4 - 0.04 * n / rate) for n in range(10 * rate)]
    done = run(rising, rate)
    drawn = [one.drawn for one in done]
    assert drawn == sorted(drawn)
    assert all(abs(one.drawn - one.degree) < DEGREE_STEP + 0.02 for one in done)
    assert 3 <= len(set(drawn)) <= 6


def test_another_emotion_begins_in_its_own_degree() -> None:
    done = run([face(happiness=0.9, neutral=0.05)] * 30 + [face(anger=0.6, neutral=0.35)] * 60)
    first = next(one for one in done if one.label == "anger")
    assert first.drawn == pytest.approx(first.degree)
    assert done[-1].drawn == pytest.approx(0.6 / 0.95, abs=DEGREE_STEP)


def test_a_degree_that_leaps_for_less_than_patience_is_not_drawn() -> None:
    before = [face(happiness=0.9, neutral=0.05)] * 10 + [face(happiness=0.6, neutral=0.35)] * 3
    patient = Steadiness(memory=0, patience=0.2)
    assert len({one.drawn for one in run([*before, *before], steadiness=patient)}) == 1
    assert len({one.drawn for one in run([*before, *before], steadiness=replace(patient, patience=0))}) == 2
