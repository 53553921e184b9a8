"""Following faces through a stream: the same faces as frame by frame, for a fraction of the looks."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from making import Picture, i420, seen_at

from emojicam.stream.choices import Range
from emojicam.stream.faces import video_detector
from emojicam.stream.faces.detect import SURE, THRESHOLD, Detector
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame

RATE = 30.0


def face(x: float, y: float = 100, size: float = 50, score: float = 0.8, roll: float = 0.0) -> Face:
    """Its middle, width and score."""
    half, apart = size / 2, size / 4
    across, down = apart * math.cos(math.radians(roll)), apart * math.sin(math.radians(roll))
    return Face(
        box=(x - half, y - half, size, size),
        score=score,
        eyes=((x - across, y - down), (x + across, y + down)),
        roll=roll,
    )


def middle(one: Face) -> tuple[float, float]:
    left, top, width, height = one.box
    return left + width / 2, top + height / 2


@dataclass
class Pretended:
    """A detector that sees what the test says, and counts how often it was asked.

    Attributes:
        near: What the short-range model sees.
        far: What the full-range model sees.
        searched: What a search finds.
        second: Score of a second look, by the face's x; 0.9 unless said.
        moves: By how much the second look moves a face to the right, px.
    """

    near: list[Face] = field(default_factory=list)
    far: list[Face] = field(default_factory=list)
    searched: list[Face] = field(default_factory=list)
    second: dict[int, float] = field(default_factory=dict)
    moves: float = 0.0
    range: Range = Range.NEAR
    threshold: float = THRESHOLD
    asked: Counter[str] = field(default_factory=Counter)

    def glance(
        self, frame: Frame, *, near: bool = True, far: bool = True, sure: bool = False, small: Picture | None = None
    ) -> list[Face]:
        self.asked.update(near=near, far=far and self.range is not Range.NEAR, sure=sure)
        seen = [one for one in self.near if one.score >= SURE] if sure else self.near
        return [*(seen if near else []), *(self.far if far and self.range is not Range.NEAR else [])]

    def look(self, frame: Frame, one: Face) -> Face:
        self.asked["look"] += 1
        second = self.second.get(round(middle(one)[0]), 0.9)
        moved = follow_to(one, self.moves)
        return replace(moved, score=(one.score + second) / 2)

    def search(self, frame: Frame) -> list[Face]:
        self.asked["search"] += 1
        return self.searched


def follow_to(one: Face, dx: float) -> Face:
    x, y = middle(one)
    return replace(face(x + dx, y, one.box[2], one.score), roll=one.roll)


def frame(number: int, rate: float = RATE) -> Frame:
    return Frame(number, number / rate, np.zeros((200, 400, 3), np.uint8))


def watch(detector: Pretended, frames: int, start: int = 0, detect: VideoDetector | None = None) -> list[list[Face]]:
    detect = detect or VideoDetector(detector)  # type: ignore[arg-type]
    return [list(detect(frame(number)).faces) for number in range(start, start + frames)]


# --- how often is looked ---


def test_a_face_that_stays_is_looked_at_again_only_now_and_then() -> None:
    detector = Pretended(near=[face(100)])
    found = watch(detector, 90)
    assert all(len(faces) == 1 for faces in found)
    assert detector.asked["near"] == 90
    assert 3 / video_detector.AGAIN <= detector.asked["look"] <= 3 / video_detector.AGAIN + 2
    assert detector.asked["search"] == 0


def test_what_is_no_face_is_looked_at_less_and_less() -> None:
    detector = Pretended(near=[face(100), face(300, score=0.2)], second={300: 0.0})
    found = watch(detector, 300)
    assert all(len(faces) == 1 for faces in found)
    alone = Pretended(near=[face(100)])
    watch(alone, 300)
    assert detector.asked["look"] - alone.asked["look"] < 10


def test_what_is_no_face_is_remembered_while_it_flickers() -> None:
    detector = Pretended(second={300: 0.0})
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    for number in range(300):
        detector.near = [face(100)] + [face(300, score=0.2)] * (number % 3 == 0)
        assert [round(middle(one)[0]) for one in detect(frame(number)).faces] == [100]
    alone = Pretended(near=[face(100)])
    watch(alone, 300)
    assert detector.asked["look"] - alone.asked["look"] < 12  # of 100 times that it is seen


def test_doubtful_finds_are_asked_for_in_every_third_frame_where_all_is_clear() -> None:
    detector = Pretended(near=[face(100)])
    watch(detector, 90)
    assert 58 <= detector.asked["sure"] <= 61
    assert detector.asked["near"] == 90


def test_nobody_and_a_face_that_is_hard_to_see_are_never_left_to_the_sure_glance_alone() -> None:
    nobody, dim = Pretended(), Pretended(near=[face(100), face(200, score=0.4)])
    watch(nobody, 30)
    found = watch(dim, 90)
    assert nobody.asked["sure"] == dim.asked["sure"] == 0
    assert all(len(faces) == 2 for faces in found)


def test_a_face_that_turns_doubtful_is_seen_in_that_frame() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 30, detect=detect)
    looks = detector.asked["look"]
    for number in range(30, 36):
        detector.near = [face(100, score=0.8 if number % 2 else 0.45)]
        assert len(detect(frame(number)).faces) == 1
    assert detector.asked["look"] - looks <= 1  # it was not taken for lost


def test_a_doubtful_newcomer_waits_a_tenth_of_a_second_at_most() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 30, detect=detect)
    detector.near = [face(100), face(300, score=0.4)]
    found = watch(detector, 4, 30, detect)
    assert len(found[-1]) == 2


def test_what_becomes_a_face_is_one_at_once() -> None:
    detector = Pretended(near=[face(300, score=0.2)], second={300: 0.0})
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    assert not any(watch(detector, 60, detect=detect))
    detector.near, detector.second = [face(300, score=0.7)], {}
    assert len(watch(detector, 1, 60, detect)[0]) == 1


def test_a_crowd_takes_one_look_a_frame_and_every_face_has_its_turn() -> None:
    crowd = [face(40 + 60 * (number % 6), 40 + 60 * (number // 6), 40) for number in range(18)]
    detector = Pretended(near=crowd)
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 1, detect=detect)
    assert detector.asked["look"] == 18
    looked: list[tuple[float, float]] = []
    detector.look = lambda frame, one: (looked.append(middle(one)), one)[1]  # type: ignore[method-assign]
    found = watch(detector, 60, 1, detect)
    assert all(len(faces) == 18 for faces in found)
    assert len(looked) <= 60
    assert len(set(looked)) == 18


@pytest.mark.parametrize("crowd", [20, 40])
def test_in_a_crowd_a_face_that_fails_one_look_has_its_next_at_once(crowd: int) -> None:
    faces = [face(20 + 45 * (number % 8), 20 + 45 * (number // 8), 40) for number in range(crowd)]
    detector = Pretended(near=faces)
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 60, detect=detect)
    fails, look = middle(faces[7]), detector.look
    failed: list[float] = []

    def once(frame: Frame, one: Face) -> Face:
        seen = look(frame, one)
        if middle(one) == fails and not failed:
            failed.append(frame.time)
            return replace(seen, score=0.0)
        return seen

    detector.look = once  # type: ignore[method-assign]
    found = watch(detector, 3 * crowd, 60, detect)
    assert len(failed) == 1
    assert sum(len(one) < crowd for one in found) <= 1


def test_an_empty_room_is_searched_twice_a_second() -> None:
    detector = Pretended()
    watch(detector, 90)
    assert detector.asked["search"] == pytest.approx(3 / video_detector.SEARCH, abs=1)


@pytest.mark.parametrize("rate", [4, 15, 60])
def test_time_counts_not_frames(rate: int) -> None:
    detector = Pretended(range=Range.AUTO)
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    for number in range(4 * rate):
        detect(frame(number, rate))
    assert detector.asked["search"] == pytest.approx(4 / video_detector.SEARCH, abs=1)
    assert detector.asked["far"] == pytest.approx(4 * min(rate, 1 / video_detector.FAR), rel=0.25)


# --- faces that come, go and move ---


def test_a_new_face_is_there_in_its_first_frame() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 5, detect=detect)
    detector.near = [face(100), face(300)]
    assert len(watch(detector, 1, 5, detect)[0]) == 2


def test_a_face_that_goes_is_gone() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 5, detect=detect)
    detector.near, detector.second = [], {100: 0.0}
    assert watch(detector, 1, 5, detect) == [[]]
    assert detector.asked["search"] == 1, "a face that is lost is looked for at once"


def test_a_face_that_a_glance_misses_is_looked_for_where_it_was() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 5, detect=detect)
    detector.near = []
    for number in range(5, 30):
        (found,) = watch(detector, 1, number, detect)[0]
        assert middle(found) == pytest.approx((100, 100))


def test_of_several_that_are_missed_none_is_dropped_before_its_turn() -> None:
    detector = Pretended(near=[face(60), face(180), face(300)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 5, detect=detect)
    detector.near = []
    assert [len(faces) for faces in watch(detector, 30, 5, detect)] == [3] * 30


def test_the_second_looks_correction_moves_with_the_face() -> None:
    detector = Pretended(near=[face(100)], moves=5.0)
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    first = watch(detector, 1, detect=detect)[0][0]
    assert middle(first) == pytest.approx((105, 100))
    looks = detector.asked["look"]
    # Nearer, twice as large: the correction grows with it.
    detector.near = [face(104, size=60)]
    second = watch(detector, 1, 1, detect)[0][0]
    assert detector.asked["look"] == looks
    assert middle(second) == pytest.approx((104 + 5 * 60 / 50, 100))
    assert second.eyes[0][0] == pytest.approx(104 - 15 + 5 * 60 / 50)


def test_the_roll_follows_the_eyes() -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 1, detect=detect)
    detector.near = [face(100, roll=20)]
    assert watch(detector, 1, 1, detect)[0][0].roll == pytest.approx(20, abs=0.1)


def test_doubt_about_a_known_face_is_not_its_end() -> None:
    score = 2 * THRESHOLD * (video_detector.KEEP + 0.05) - 0.5
    detector = Pretended(near=[face(100, score=0.5)], second={100: 2 * THRESHOLD - 0.4})
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    assert len(watch(detector, 1, detect=detect)[0]) == 1
    detector.second = {100: score}
    assert all(len(faces) == 1 for faces in watch(detector, 60, 1, detect))
    fresh = Pretended(near=[face(100, score=0.5)], second={100: score})
    assert watch(fresh, 1) == [[]]


@pytest.mark.parametrize("jump", [-2.0, 5.0])
def test_a_jump_in_time_forgets_everything(jump: float) -> None:
    detector = Pretended(near=[face(100)])
    detect = VideoDetector(detector)  # type: ignore[arg-type]
    watch(detector, 90, detect=detect)
    looks = detector.asked["look"]
    detect(replace(frame(0), time=90 / RATE + jump))
    assert detector.asked["look"] == looks + 1


# --- two models ---


def test_the_full_range_model_is_asked_only_now_and_then_while_the_other_sees_all() -> None:
    detector = Pretended(near=[face(100)], far=[face(102)], range=Range.AUTO)
    found = watch(detector, 90)
    assert all(len(faces) == 1 for faces in found)
    assert detector.asked["far"] == pytest.approx(3 / video_detector.FAR, abs=2)


def test_a_face_that_only_the_full_range_model_sees_is_followed_by_it() -> None:
    detector = Pretended(near=[face(100)], far=[face(100), face(300, size=20)], range=Range.AUTO)
    found = watch(detector, 30)
    assert all([round(middle(one)[0]) for one in faces] == [100, 300] for faces in found)
    assert detector.asked["far"] == 30


def test_a_large_box_that_is_no_face_does_not_hide_the_faces_in_it() -> None:
    detector = Pretended(
        near=[face(200, size=190, score=0.6)],
        far=[face(150, size=30), face(250, size=30)],
        second={200: 0.0},
        range=Range.AUTO,
    )
    assert all(sorted(round(middle(one)[0]) for one in faces) == [150, 250] for faces in watch(detector, 30))


# --- real models ---


@pytest.mark.parametrize("form", Format)
def test_a_head_that_moves_and_turns_is_followed(detector: Detector, portrait: Pixels, form: Format) -> None:
    detect = VideoDetector(detector)
    for number in range(40):
        roll, shift = 25 * math.sin(number / 8), 100 * math.sin(number / 12)
        bgr = seen_at(portrait, roll=roll, shift=shift)
        pixels = bgr if form is Format.BGR else i420(bgr)
        (found,) = detect(Frame(number, number / RATE, pixels, form)).faces
        assert middle(found)[0] == pytest.approx(320 + shift, abs=25)
        assert found.roll == pytest.approx(roll + 2.7, abs=10)
        assert found.score >= THRESHOLD * video_detector.KEEP
