"""Each person is read against their own face at rest."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from making import judged_face

from emojicam.models.card import EMOTIONS
from emojicam.stream.emotions.resting import CALM, MEMORY, RestingFaces
from emojicam.stream.emotions.smooth import FORGET, Smoother
from emojicam.stream.types import Emotion, Frame, Judged, JudgedFace

PIXELS = np.zeros((90, 160, 3), np.uint8)

Answer = dict[str, float]

CALM_FACE: Answer = {"neutral": 0.62, "happiness": 0.30}
SOFT: Answer = {"neutral": 0.47, "happiness": 0.45}
"""A soft smile, which the model alone calls neutral."""
LAUGH: Answer = {"neutral": 0.04, "happiness": 0.93}


def emotion(p: Answer, labels: Sequence[str] = EMOTIONS) -> Emotion:
    """Some probabilities; the rest is shared by the others."""
    rest = (1 - sum(p.values())) / max(len(labels) - len(p), 1)
    return Emotion(tuple(labels), tuple(p.get(name, rest) for name in labels))


def face(p: Answer, track: int | None = 1, labels: Sequence[str] = EMOTIONS) -> JudgedFace:
    return replace(judged_face((50, 20, 40, 40), track=track), emotion=emotion(p, labels))


def lasting(*parts: tuple[Answer, float], rate: float = 30) -> list[Answer]:
    """Answers, each for so many seconds."""
    return [p for p, seconds in parts for _ in range(round(seconds * rate))]


def read(
    answers: Iterable[Answer],
    rest: RestingFaces | None = None,
    *,
    rate: float = 30,
    begin: float = 0.0,
    track: int | None = 1,
    labels: Sequence[str] = EMOTIONS,
) -> list[JudgedFace]:
    """One face, frame by frame, as it is read."""
    rest = rest or RestingFaces()
    frames = (Judged(Frame(n, begin + n / rate, PIXELS), (face(p, track, labels),)) for n, p in enumerate(answers))
    return [rest(judged).faces[0] for judged in frames]


def shown(faces: Iterable[JudgedFace], rate: float = 30) -> list[str]:
    """What is shown of them in the end."""
    smooth = Smoother()
    return [smooth(Judged(Frame(n, n / rate, PIXELS), (one,))).faces[0].label for n, one in enumerate(faces)]


@pytest.mark.parametrize("rate", [5, 10, 30, 60])
def test_a_soft_expression_of_who_was_calm_is_shown_and_missed_without(rate: float) -> None:
    clip = lasting((CALM_FACE, 5), (SOFT, 3), (CALM_FACE, 3), rate=rate)
    calm, smiling = round(5 * rate), round(8 * rate)
    plain = shown([face(p) for p in clip], rate)
    assert set(plain) == {"neutral"}
    labels = shown(read(clip, RestingFaces(0.4), rate=rate), rate)
    assert set(labels[:calm]) == {"neutral"}
    assert labels[smiling - 1] == "happiness"
    assert labels[-1] == "neutral"
    assert sum(a != b for a, b in itertools.pairwise(labels)) == 2


def test_with_the_default_share_the_likeliest_is_another() -> None:
    clip = lasting((CALM_FACE, 5), ({"neutral": 0.49, "happiness": 0.43}, 3))
    labels = [one.emotion.label for one in read(clip)]
    assert set(labels[:150]) == {"neutral"}
    assert set(labels[195:]) == {"happiness"}


def test_who_is_not_yet_known_is_read_as_the_model_says() -> None:
    clip = lasting((CALM_FACE, CALM - 0.5), (SOFT, 0.4))
    assert [one.emotion for one in read(clip)] == [emotion(p) for p in clip]


def test_a_face_at_rest_stays_as_it_is() -> None:
    for one in read(lasting((CALM_FACE, 20))):
        assert one.emotion.p == pytest.approx(emotion(CALM_FACE).p)


@pytest.mark.parametrize("rate", [10, 60])
def test_time_counts_not_frames(rate: float) -> None:
    other = {"neutral": 0.7, "sadness": 0.2}
    last = read(lasting((CALM_FACE, 4), (other, 4), (SOFT, 0.5), rate=rate), rate=rate)[-1]
    again = read(lasting((CALM_FACE, 4), (other, 4), (SOFT, 0.5), rate=30))[-1]
    assert last.emotion.p == pytest.approx(again.emotion.p, abs=0.01)


def test_moments_that_are_not_calm_teach_nothing() -> None:
    plain = read(lasting((CALM_FACE, 5), (SOFT, 3)))[-1]
    after = read(lasting((CALM_FACE, 5), (LAUGH, 20), (SOFT, 3)))[-1]
    assert after.emotion.p == pytest.approx(plain.emotion.p, abs=0.01)


def test_who_begins_with_a_strong_expression_keeps_it() -> None:
    clip = lasting((LAUGH, 30), (CALM_FACE, 5), (LAUGH, 5))
    faces = read(clip)
    assert [one.emotion for one in faces[:900]] == [emotion(LAUGH)] * 900
    assert all(one.emotion.confidence >= 0.93 and one.emotion.label == "happiness" for one in faces[-150:])


def test_a_shadow_of_an_expression_is_none_yet() -> None:
    clip = lasting(({"neutral": 0.999, "happiness": 0.001}, 20), ({"neutral": 0.97, "happiness": 0.015}, 1))
    assert {one.emotion.label for one in read(clip, RestingFaces(0.9))} == {"neutral"}


def test_a_soft_smile_lasts_and_what_lasts_for_minutes_is_at_rest() -> None:
    faces = read(lasting((CALM_FACE, 40), (SOFT, 32 * MEMORY), rate=5), rate=5)
    labels = [one.emotion.label for one in faces]
    assert set(labels[200 : 200 + 5 * 15]) == {"happiness"}
    assert labels[-1] == "neutral"


def test_everybody_is_read_against_themselves() -> None:
    rest = RestingFaces()
    for n in range(180):
        one, two = face(CALM_FACE if n < 150 else SOFT), face(SOFT, 2)
        done = rest(Judged(Frame(n, n / 30, PIXELS), (one, two) if n % 2 else (two, one)))
        found = {read.track: read.emotion for read in done.faces}
    assert found[1].label == "happiness"
    assert found[2].p == pytest.approx(emotion(SOFT).p)


@pytest.mark.parametrize(("away", "known"), [(FORGET - 0.2, True), (FORGET + 0.2, False)])
def test_who_has_gone_is_forgotten(away: float, known: bool) -> None:
    rest = RestingFaces()
    read(lasting((CALM_FACE, 5)), rest)
    (back,) = read([SOFT], rest, begin=5 + away)
    assert (back.emotion.label == "happiness") is known


@pytest.mark.parametrize("change", ["another track", "a clock that goes back"])
def test_nobody_is_taken_for_somebody_else(change: str) -> None:
    rest = RestingFaces()
    read(lasting((CALM_FACE, 5)), rest)
    (one,) = read([SOFT], rest, begin=5.0, track=2) if change == "another track" else read([SOFT], rest, begin=1.0)
    assert one.emotion == emotion(SOFT)


@pytest.mark.parametrize("rate", [0.1, 30])
def test_faces_without_a_track_and_frames_far_apart_pass_as_they_are(rate: float) -> None:
    clip = lasting((CALM_FACE, 5), (SOFT, 1), rate=max(rate, 1))
    faces = read(clip, rate=rate, track=None if rate > 1 else 1)
    assert [one.emotion for one in faces] == [emotion(p) for p in clip]


@pytest.mark.parametrize("labels", [("neutral", "joy"), ("joy", "neutral", "rage")])
def test_other_labels_will_do_if_they_have_neutral(labels: tuple[str, ...]) -> None:
    calm, soft = {"neutral": 0.7, "joy": 0.3}, {"neutral": 0.52, "joy": 0.48}
    assert read(lasting((calm, 5), (soft, 1)), labels=labels)[-1].emotion.label == "joy"


def test_without_neutral_nothing_is_done() -> None:
    clip = lasting(({"joy": 0.6}, 5), ({"joy": 0.5}, 1))
    faces = read(clip, labels=("joy", "rage"))
    assert [one.emotion for one in faces] == [emotion(p, ("joy", "rage")) for p in clip]


def test_valence_and_arousal_and_all_else_of_a_face_stay() -> None:
    rest = RestingFaces()
    for n in range(200):
        before = face(CALM_FACE if n < 180 else SOFT)
        before = replace(before, emotion=replace(before.emotion, valence=0.25, arousal=-0.5), confirmed=False)
        (after,) = rest(Judged(Frame(n, n / 30, PIXELS), (before,), cut=True, bare=2)).faces
    assert after.emotion.label == "happiness"
    assert replace(after, emotion=before.emotion) == before
    assert (after.emotion.valence, after.emotion.arousal) == (0.25, -0.5)


def noisy(seed: int) -> list[Answer]:
    """A calm face whose answers tremble by a third of their odds, ten a second for half a minute."""
    rng = np.random.default_rng(seed)
    odds = np.exp(rng.normal(0, 0.33, 300))
    told = [(0.62, 0.30 * factor) for factor in odds]
    return [{"neutral": n / (n + h + 0.08), "happiness": h / (n + h + 0.08)} for n, h in told for _ in range(3)]


def test_noise_on_a_calm_face_changes_no_more_than_without() -> None:
    def changes(read_as: Callable[[list[Answer]], list[JudgedFace]]) -> int:
        found = [shown(read_as(noisy(seed))) for seed in range(12)]
        return sum(a != b for labels in found for a, b in itertools.pairwise(labels))

    assert changes(read) <= changes(lambda clip: [face(p) for p in clip])


def test_a_share_of_nothing_changes_nothing() -> None:
    clip = lasting((CALM_FACE, 5), (SOFT, 1))
    assert [one.emotion for one in read(clip, RestingFaces(0.0))] == [emotion(p) for p in clip]
