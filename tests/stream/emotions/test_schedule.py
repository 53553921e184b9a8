"""Each person is judged some ten times a second, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from making import judged_face

from emojicam.stream.emotions.classify import judged_face as judged_of
from emojicam.stream.emotions.schedule import EVERY, ClassificationSchedule
from emojicam.stream.types import Emotion, Face, Frame, Judged, Seen

PIXELS = np.zeros((90, 160, 3), np.uint8)


class Counting:
    """Says for each face how often it was asked about it."""

    def __init__(self) -> None:
        self.asked: Counter[int | None] = Counter()
        self.batches: list[int] = []

    def __call__(self, frames: Sequence[Seen]) -> list[Judged]:
        self.batches.append(sum(len(seen.faces) for seen in frames))
        done = []
        for seen in frames:
            faces = []
            for face in seen.faces:
                self.asked[face.track] += 1
                share = min(1.0, self.asked[face.track] / 1000)
                faces.append(judged_of(face, Emotion(("often", "seldom"), (share, 1 - share))))
            done.append(Judged(seen.frame, tuple(faces), seen.cut, seen.faded))
        return done


def people(count: int) -> tuple[Face, ...]:
    return tuple(judged_face((10.0 * n, 10, 8, 8), track=n + 1) for n in range(count))


def run(schedule: ClassificationSchedule, count: int, frames: int, rate: float = 30, batch: int = 1) -> list[Judged]:
    seen = [Seen(Frame(n, n / rate, PIXELS), people(count)) for n in range(frames)]
    return [judged for at in range(0, frames, batch) for judged in schedule(seen[at : at + batch])]


@pytest.mark.parametrize("rate", [15, 30, 60])
@pytest.mark.parametrize("count", [1, 2, 20])
@pytest.mark.parametrize("batch", [1, 4])
def test_each_is_judged_ten_times_a_second(count: int, rate: int, batch: int) -> None:
    classify = Counting()
    done = run(ClassificationSchedule(classify), count, 4 * rate, rate, batch)
    assert all(len(judged.faces) == count for judged in done)
    wanted = min(rate, 1 / EVERY) * 4
    assert set(classify.asked) == set(range(1, count + 1))
    assert all(0.75 * wanted <= number <= 1.1 * wanted + 1 for number in classify.asked.values()), classify.asked


def test_a_crowd_is_spread_over_the_frames() -> None:
    classify = Counting()
    run(ClassificationSchedule(classify), 21, 60)
    assert classify.batches[0] == 21
    assert max(classify.batches[6:]) <= 8


def test_what_was_said_last_is_repeated() -> None:
    classify = Counting()
    shares = [judged.faces[0].emotion.p[0] for judged in run(ClassificationSchedule(classify), 1, 30)]
    assert shares == sorted(shares)
    assert len(set(shares)) == classify.asked[1]


def test_a_new_face_is_judged_in_its_first_frame() -> None:
    classify = Counting()
    schedule = ClassificationSchedule(classify)
    run(schedule, 2, 10)
    seen = Seen(Frame(10, 10 / 30, PIXELS), people(5))
    assert len(schedule([seen])[0].faces) == 5
    assert all(classify.asked[track] == 1 for track in (3, 4, 5))


def test_every_face_of_every_frame_can_be_judged() -> None:
    classify = Counting()
    run(ClassificationSchedule(classify, 0.0), 3, 30)
    assert classify.asked == {1: 30, 2: 30, 3: 30}


def test_faces_without_a_track_are_always_judged() -> None:
    classify = Counting()
    schedule = ClassificationSchedule(classify)
    for number in range(10):
        schedule([Seen(Frame(number, number / 30, PIXELS), (judged_face((10, 10, 8, 8)),))])
    assert classify.asked == {None: 10}


def test_order_frames_and_cuts_stay() -> None:
    schedule = ClassificationSchedule(Counting())
    seen = [
        Seen(Frame(n, n / 30, PIXELS), people(3)[:: 1 if n % 2 else -1] if n % 5 else (), n == 7) for n in range(12)
    ]
    done = schedule(seen)
    assert [judged.frame for judged in done] == [one.frame for one in seen]
    assert [[face.track for face in judged.faces] for judged in done] == [
        [face.track for face in one.faces] for one in seen
    ]
    assert [judged.cut for judged in done] == [n == 7 for n in range(len(seen))]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("every", [0.0, EVERY])
def test_where_a_scene_has_faded_in_is_handed_on(batch: int, every: float) -> None:
    """To whoever classifies, too, with or without a face to be classified."""
    schedule = ClassificationSchedule(Counting(), every)
    faded = {3: 0.02, 8: 0.0}
    seen = [Seen(Frame(n, n / 30, PIXELS), people(n % 3), faded=faded.get(n)) for n in range(12)]
    asked = ClassificationSchedule(Counting(), every).ask(seen)
    assert [one.faded for one in asked] == [one.faded for one in seen]
    done = [judged for at in range(0, len(seen), batch) for judged in schedule(seen[at : at + batch])]
    assert [judged.faded for judged in done] == [faded.get(n) for n in range(12)]


def test_who_is_asked_about_is_in_frames_that_are_otherwise_as_they_were() -> None:
    seen = Seen(Frame(0, 0.0, PIXELS), people(2), cut=True, panned=(3.0, -4.0), faded=0.5)
    (asked,) = ClassificationSchedule(Counting()).ask([seen])
    assert asked == seen


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_gap_in_time_within_a_batch_is_none_in_what_is_known(batch: int) -> None:
    """As in a recording of a screen, or of a camera that wakes up when something moves."""
    schedule = ClassificationSchedule(Counting())
    times = [0.0, 0.04, 5.0, 5.04, 60.0, 60.04]
    seen = [Seen(Frame(n, time, PIXELS), people(3)) for n, time in enumerate(times)]
    done = [judged for at in range(0, len(seen), batch) for judged in schedule(seen[at : at + batch])]
    assert [len(judged.faces) for judged in done] == [3] * 6
