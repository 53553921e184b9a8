"""Following faces through a stream: the same faces as frame by frame, for a fraction of the looks, and none lost."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from making import add_head, i420, seen_at

from emojicam.stream.choices import THRESHOLD, Provider, Range
from emojicam.stream.faces import scan as scans
from emojicam.stream.faces.boxes import overlaps
from emojicam.stream.faces.detect import CLEAR, Detector, Evidence
from emojicam.stream.faces.looks import SURE
from emojicam.stream.faces.scan import Scan, Situation
from emojicam.stream.faces.scan_ahead import ScanAhead
from emojicam.stream.faces.video_detector import (
    AGAIN,
    AGREE,
    AT_ONCE,
    CERTAIN,
    DOUBT,
    EARLY,
    FIRST_ALONE,
    GLANCE_EVERY,
    HIDDEN,
    LONGEST,
    MISSED,
    PATCH_EARLY,
    PATIENCE,
    PAUSE,
    REFUSED,
    RESTART,
    STILL_WITHIN,
    UNSEEN,
    WITHIN,
    VideoDetector,
)
from emojicam.stream.faces.views import View
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame, Placement, Seen

RATE = 30.0
WIDTH, HEIGHT = 400, 200
SIZE = 50.0
"""Px of a face, unless a test says another."""


def face(x: float, y: float = 100, size: float = SIZE, score: float = 0.8, roll: float = 0.0) -> Face:
    """Its middle, width and score."""
    half, apart = size / 2, size / 4
    across, down = apart * math.cos(math.radians(roll)), apart * math.sin(math.radians(roll))
    return Face(
        box=(x - half, y - half, size, size),
        score=score,
        eyes=((x - across, y - down), (x + across, y + down)),
        roll=roll,
    )


def score_of(*, glance: float = 0.0, look: float = 0.0, check: float = 0.0, two: bool = True) -> float:
    """How likely a face is by what the nets say."""
    return Evidence(face(0), glance=glance, look=look, check=check, two=two).score


def level(score: float, of: Callable[[float], float]) -> float:
    """The level at which a likelihood that grows with it is a certain one."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if of(middle) < score else (low, middle)
    assert of(high) == pytest.approx(score, abs=1e-3)
    return high


def first_alone(score: float) -> float:
    """The level at which the first net's two looks say it."""
    return level(score, lambda at: score_of(glance=at, look=at))


def all_alike(score: float) -> float:
    """The level at which the first net's two looks and the second's at the patch say it."""
    return level(score, lambda at: score_of(glance=at, look=at, check=at))


@dataclass
class Pretended:
    """A detector whose nets see what the test says, and count how often they were asked.

    Attributes:
        first: What the first net sees in a whole frame.
        second: What the second net sees in a whole frame.
        looked: Score of the first net's look at a patch, by the face's x; 0 is that it sees nothing; 0.9 unless said.
        checked: The same of the second net's.
        around: What the second net sees around a place, the surest first.
        blind: Whether neither sees anything in a patch.
        moves: By how much the first net's look moves a face to the right, px.
        looks_at: The place and the frame of each look at a patch.
    """

    first: list[Face] = field(default_factory=list)
    second: list[Face] = field(default_factory=list)
    looked: dict[int, float] = field(default_factory=dict)
    checked: dict[int, float] = field(default_factory=dict)
    around: list[Face] = field(default_factory=list)
    blind: bool = False
    moves: float = 0.0
    range: Range = Range.AUTO
    two: bool = True
    threshold: float = THRESHOLD
    smallest: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    looks_at: list[tuple[Face, Frame]] = field(default_factory=list)

    @property
    def looks(self) -> Pretended:
        """The nets: they are in here too."""
        return self

    def sees(self, x: float, glance: float, look: float, check: float) -> None:
        """From now on there is this at a place."""
        self.first, self.looked, self.checked = [face(x, score=glance)], {round(x): look}, {round(x): check}

    def loses_all(self) -> None:
        """From now on no net sees anything."""
        self.first, self.second, self.blind = [], [], True

    def glance(self, frame: Frame, *, sure: bool = False) -> list[Face]:
        self.asked["sure" if sure else "glance"] += 1
        return [one for one in self.first if one.score >= SURE] if sure else self.first

    def look(self, frame: Frame, one: Face) -> Face | None:
        self.asked["look"] += 1
        self.looks_at.append((one, frame))
        score = 0.0 if self.blind else self.looked.get(round(one.middle[0]), 0.9)
        return replace(one.moved(self.moves, 0), score=score) if score else None

    def scan(self, frame: Frame, views: Sequence[View]) -> list[Face]:
        self.asked["scan"] += 1
        return self.second

    def seek(self, frame: Frame, one: Face) -> list[Face]:
        self.asked["seek"] += 1
        return [] if self.blind else self.around

    def check(self, frame: Frame, faces: Sequence[Face]) -> list[Face | None]:
        self.asked["check"] += len(faces)
        if self.blind or not self.two:
            return [None] * len(faces)
        scores = [self.checked.get(round(one.middle[0]), 0.9) for one in faces]
        return [replace(one, score=score) if score else None for one, score in zip(faces, scores, strict=True)]


@dataclass
class Roughly(Pretended):
    """Its glances see a face that is small for them: too large, and trembling. Its looks see it where it is."""

    there: Face = field(default_factory=lambda: face(0))

    def look(self, frame: Frame, one: Face) -> Face | None:
        self.asked["look"] += 1
        return replace(self.there, score=0.9)


class Told:
    """A scan that finds what the test says, once, and notes what it was told."""

    def __init__(self) -> None:
        self.finds: list[Face] = []
        self.told: list[Situation] = []
        self.begun = 0

    def begin(self) -> None:
        self.begun += 1

    def __call__(self, frame: Frame, situation: Situation) -> list[Face]:
        self.told.append(situation)
        found, self.finds = self.finds, []
        return found


def watching(detector: Pretended, scan: Scan | None = None) -> VideoDetector:
    return VideoDetector(detector, scan)  # type: ignore[arg-type]


def black(number: int, rate: float = RATE) -> Frame:
    """A frame in which nothing can be followed: only what the nets see counts."""
    return Frame(number, number / rate, np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def watch(detector: Pretended, frames: int, start: int = 0, detect: VideoDetector | None = None) -> list[list[Face]]:
    """The faces of black frames in a row."""
    detect = detect or watching(detector)
    return [list(detect(black(number)).faces) for number in range(start, start + frames)]


class Room:
    """Takes pictures of a room, with the portrait's head at some places, 50 px its face."""

    def __init__(self, portrait: Pixels, seed: int = 0) -> None:
        self._portrait = portrait
        rough = np.random.default_rng(seed).integers(40, 200, (8, 16), dtype=np.uint8)
        self.wall = np.repeat(cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)[..., None], 3, 2)

    def __call__(self, number: int, *places: tuple[float, float], board: int | None = None) -> Frame:
        """Take one, perhaps with a part of the wall held before what is within 60 px of a column."""
        picture = self.wall.copy()
        for x, y in places:
            add_head(picture, self._portrait, float(x), float(y), 0.5)
        if board is not None:
            there = slice(max(0, board - 60), board + 60)
            picture[:, there] = self.wall[::-1, ::-1][:, there]
        return Frame(number, number / RATE, picture)


@pytest.fixture(scope="module")
def room(portrait: Pixels) -> Room:
    return Room(portrait)


def jolted(frame: Frame, across: int, down: int) -> Frame:
    """The frame as a camera takes it that was jolted: what leaves on one side comes in on the other."""
    return replace(frame, pixels=np.roll(frame.pixels, (down, across), (0, 1)))


def mixed(one: Frame, two: Frame, share: float) -> Frame:
    """The second frame, so much of which shows through the first."""
    return replace(two, pixels=cv2.addWeighted(one.pixels, 1 - share, two.pixels, share, 0).astype(np.uint8))


def states(seen: Sequence[Seen], left_of: float = math.inf) -> str:
    """A letter for each frame with one face: its placement's first, or "?" while it isn't confirmed; "." for none.

    Faces right of a column don't count.
    """
    letters = []
    for one in seen:
        faces = [face for face in one.faces if face.middle[0] < left_of]
        assert len(faces) < 2
        letters += [face.placement.value[0] if face.confirmed else "?" for face in faces] or ["."]
    return "".join(letters)


# --- when a face counts ---


def test_a_face_that_both_nets_see_counts_at_once() -> None:
    frame = black(0)
    seen = watching(Pretended(first=[face(100)], second=[face(100)]))(frame)
    assert seen.frame is frame
    assert not seen.cut
    (found,) = seen.faces
    assert found.confirmed
    assert found.placement is Placement.DETECTED
    assert found.middle == (100, 100)
    assert found.score == pytest.approx(score_of(glance=0.8, look=0.9, check=0.9), abs=1e-4)
    assert found.track == 1


def test_where_nobody_is_there_is_no_face() -> None:
    assert not any(watch(Pretended(), 60))


@pytest.mark.parametrize("score", [0.05, 0.4, THRESHOLD - 0.02])
def test_what_the_first_net_sees_and_the_second_contradicts_never_counts(score: float) -> None:
    """A picture on a shirt, in every frame, and nearly sure of it."""
    detector = Pretended()
    detector.sees(300, first_alone(score), first_alone(score), 0)
    assert not any(watch(detector, 150))


def test_what_one_net_alone_is_surer_of_counts_after_several_looks_in_as_many_frames() -> None:
    detector = Pretended()
    sure = first_alone(THRESHOLD + (AT_ONCE + FIRST_ALONE) / 2)
    detector.sees(300, sure, sure, 0)
    detect = watching(detector)
    found = states([detect(black(number)) for number in range(30)])
    assert found == (AGREE - 1) * "?" + (31 - AGREE) * "d"


def test_what_the_second_net_alone_sees_is_covered_and_does_not_count_before_the_first_sees_it_too(room: Room) -> None:
    detector = Pretended(second=[face(300, score=0.9)], looked={300: 0})
    detect = watching(detector)
    assert score_of(check=0.9) < THRESHOLD
    assert states([detect(room(number, (300, 100))) for number in range(10)]) == 10 * "?"
    detector.looked = {}
    detector.first = [face(300)]
    assert states([detect(room(10, (300, 100)))]) == "d"


def test_one_good_look_among_bad_ones_is_not_enough() -> None:
    detector = Pretended()
    detector.sees(300, *3 * [all_alike(THRESHOLD + AT_ONCE - 0.02)])
    detect = watching(detector)
    found = watch(detector, 1, detect=detect)
    detector.sees(300, *3 * [all_alike(THRESHOLD - REFUSED + 0.02)])
    found += watch(detector, 60, 1, detect)
    assert not any(one.confirmed for faces in found for one in faces)


def test_many_looks_that_are_nearly_good_are_not_enough() -> None:
    detector = Pretended()
    detector.sees(300, *3 * [all_alike(THRESHOLD - 0.02)])
    assert not any(one.confirmed for faces in watch(detector, 90) for one in faces)


@pytest.mark.parametrize("more", [0.02, -0.02])
@pytest.mark.parametrize("by", ["scan", "both", "patch"])
def test_what_looks_like_a_face_is_covered_before_it_counts(by: str, more: float) -> None:
    detector = Pretended(looked={300: 0}, checked={300: 0})
    if by == "scan":
        detector.second = [face(300, score=EARLY + more)]
    elif by == "both":
        detector.sees(300, *2 * [first_alone(THRESHOLD + more)], 0)
    else:
        detector.sees(300, 0.2, 0, PATCH_EARLY + more)
        assert score_of(glance=0.2, check=PATCH_EARLY + more) < THRESHOLD
    (found,) = watch(detector, 1)
    assert [one.confirmed for one in found] == [False] * (more > 0)


def test_what_nothing_confirms_disappears_and_never_counted(room: Room) -> None:
    """A back of a head, in which the second net saw a face once."""
    detector = Pretended(second=[face(300, score=EARLY + 0.05)], looked={300: 0}, checked={300: 0})
    detect = watching(detector)
    first = detect(room(0, (300, 100)))
    detector.loses_all()
    found = states([first, *[detect(room(number, (300, 100))) for number in range(1, 90)]])
    covered = len(found.rstrip("."))
    assert found[:covered] == "?" * covered
    assert covered == pytest.approx(PATIENCE * RATE, abs=2)


def test_what_counts_goes_on_counting_though_the_nets_doubt_it() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    assert watch(detector, 1, detect=detect)[0][0].confirmed
    detector.sees(100, 0.3, 0.4, 0)
    for found in watch(detector, 60, 1, detect):
        assert [one.confirmed for one in found] == [True]
    assert not any(watch(replace(detector), 30)), "who begins with that is no face"


def test_what_becomes_a_face_is_one_at_once() -> None:
    detector = Pretended(first=[face(300, score=0.2)], looked={300: 0}, checked={300: 0})
    detect = watching(detector)
    assert not any(watch(detector, 60, detect=detect))
    detector.sees(300, 0.7, 0.9, 0.9)
    assert [one.confirmed for one in watch(detector, 1, 60, detect)[0]] == [True]


@pytest.mark.parametrize(("more", "confirmed"), [(0.02, True), (-0.02, False)])
def test_where_the_second_net_is_missing_the_first_alone_decides(more: float, confirmed: bool) -> None:
    at = level(THRESHOLD + AT_ONCE + more, lambda at: score_of(glance=at, look=at, two=False))
    detector = Pretended(range=Range.NEAR, two=False)
    detector.sees(100, at, at, 0.9)
    found = watch(detector, 60)
    assert [one.confirmed for one in found[0]] == [confirmed]
    assert all(one.confirmed for faces in found[AGREE - 1 :] for one in faces)
    assert detector.asked["scan"] == 0


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.7])
def test_the_threshold_is_the_detectors(threshold: float) -> None:
    for more, confirmed in ((0.02, True), (-0.02, False)):
        detector = Pretended(threshold=threshold)
        detector.sees(100, *3 * [all_alike(threshold + AT_ONCE + more)])
        assert any(one.confirmed for one in watch(detector, 1)[0]) == confirmed


def test_faces_that_are_too_small_are_none_and_largest_comes_first() -> None:
    detector = Pretended(first=[face(60, size=29), face(160, size=31), face(300, size=80)], smallest=30)
    assert [[one.box[2] for one in faces] for faces in watch(detector, 3)] == [[80, 31]] * 3


def test_who_comes_near_enough_is_shown_from_then_on() -> None:
    detector = Pretended(smallest=30)
    detect = watching(detector)
    shown = []
    for number in range(20):
        detector.first = [face(100, size=25 + number / 2)]
        shown.append(bool(detect(black(number)).faces))
    assert shown == [25 + number / 2 >= 30 for number in range(20)]


# --- how often is looked ---


def test_a_face_that_stays_is_looked_at_again_only_now_and_then() -> None:
    detector = Pretended(first=[face(100)], second=[face(100)])
    found = watch(detector, 90)
    assert all(len(faces) == 1 for faces in found)
    assert detector.asked["sure"] + detector.asked["glance"] == 90
    assert 3 / AGAIN * 0.7 <= detector.asked["look"] <= 3 / AGAIN + 2
    assert detector.asked["scan"] <= 3 / scans.EVERY + 1
    assert detector.asked["check"] == 1, "what both have called a face and the first sees clearly is in no doubt"


def test_what_the_first_net_sees_dimly_is_checked_by_the_second_again() -> None:
    detector = Pretended(first=[face(100, score=0.4)])
    watch(detector, 90)
    assert detector.asked["check"] == detector.asked["look"] > 5


def test_what_is_no_face_is_looked_at_less_and_less() -> None:
    detector = Pretended(first=[face(300, score=0.2)], looked={300: 0}, checked={300: 0})
    assert not any(watch(detector, 300))
    times = [frame.time for _, frame in detector.looks_at]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(later > earlier - 1.5 / RATE for earlier, later in itertools.pairwise(pauses))
    assert pauses[-1] == pytest.approx(LONGEST, abs=1.5 / RATE)
    assert len(times) < 10


def test_what_is_no_face_is_remembered_while_it_flickers() -> None:
    detector = Pretended(looked={300: 0}, checked={300: 0})
    detect = watching(detector)
    for number in range(300):
        detector.first = [face(300, score=0.2)] * (number % 3 == 0)
        assert detect(black(number)).faces == ()
    assert detector.asked["look"] < 12, "of 100 times that it is seen"


def test_doubtful_finds_are_asked_for_in_every_third_frame_where_all_is_clear() -> None:
    detector = Pretended(first=[face(100)])
    watch(detector, 90)
    every = math.ceil(DOUBT * RATE)
    assert detector.asked["glance"] == pytest.approx(90 / every, abs=2)
    assert detector.asked["sure"] + detector.asked["glance"] == 90


def test_nobody_and_a_face_that_is_hard_to_see_are_never_left_to_the_sure_glance_alone() -> None:
    nobody, dim = Pretended(), Pretended(first=[face(100), face(200, score=CERTAIN - 0.05)])
    watch(nobody, 30)
    found = watch(dim, 90)
    assert nobody.asked["sure"] == dim.asked["sure"] == 0
    assert all(len(faces) == 2 for faces in found)


def test_a_face_that_turns_doubtful_is_seen_in_that_frame() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    watch(detector, 30, detect=detect)
    for number in range(30, 60):
        detector.first = [face(100, score=0.8 if number % 2 else SURE - 0.05)]
        (found,) = detect(black(number)).faces
        assert found.placement is Placement.DETECTED


def test_a_doubtful_newcomer_waits_a_tenth_of_a_second_at_most() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    watch(detector, 30, detect=detect)
    detector.first = [face(100), face(300, score=0.4)]
    found = watch(detector, math.ceil(DOUBT * RATE) + 1, 30, detect)
    assert len(found[-1]) == 2


def test_a_crowd_takes_one_second_look_a_frame_and_every_face_has_its_turn() -> None:
    crowd = [face(40 + 60 * (number % 6), 40 + 60 * (number // 6), 40) for number in range(18)]
    detector = Pretended(first=crowd)
    detect = watching(detector)
    watch(detector, 1, detect=detect)
    assert detector.asked["look"] == 18, "new ones don't wait"
    detector.looks_at = []
    frames = round(18 * max(PAUSE, 1 / RATE) * RATE * 1.5)
    found = watch(detector, frames, 1, detect)
    assert all(len(faces) == 18 for faces in found)
    times = [frame.time for _, frame in detector.looks_at]
    assert all(later - earlier >= min(PAUSE, 1 / RATE) for earlier, later in itertools.pairwise(times))
    assert len(times) <= frames / RATE / PAUSE + 1
    assert len({one.middle for one, _ in detector.looks_at}) == 18


def test_in_a_crowd_nobody_is_lost_for_a_look_that_fails() -> None:
    crowd = [face(40 + 60 * (number % 6), 40 + 60 * (number // 6), 40) for number in range(18)]
    detector = Pretended(first=crowd)
    detect = watching(detector)
    watch(detector, 1, detect=detect)
    detector.blind = True
    assert all(len(faces) == 18 for faces in watch(detector, 60, 1, detect))


@pytest.mark.parametrize("rate", [4, 15, 60])
def test_an_empty_room_is_scanned_now_and_then_by_the_clock(rate: float) -> None:
    detector = Pretended()
    detect = watching(detector)
    seconds = 6 * scans.EVERY
    for number in range(round(seconds * rate)):
        detect(black(number, rate))
    assert detector.asked["scan"] == pytest.approx(seconds / scans.EVERY, abs=2)
    assert detector.asked["look"] == 0


def test_a_face_that_no_net_sees_is_looked_at_often_at_first_and_less_later(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    detector.looks_at = []
    for number in range(1, 150):
        detect(room(number, (100, 100)))
    times = [frame.time for _, frame in detector.looks_at]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] <= UNSEEN[0] + 2 / RATE
    assert pauses[0] == pytest.approx(UNSEEN[0], abs=1.5 / RATE)
    assert pauses[-1] == pytest.approx(UNSEEN[1], abs=1.5 / RATE)
    assert all(math.dist(one.middle, (100, 100)) < 2 for one, _ in detector.looks_at)


# --- where a face is ---


def test_a_new_face_is_there_in_its_first_frame() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    watch(detector, 5, detect=detect)
    detector.first = [face(100), face(300)]
    assert len(watch(detector, 1, 5, detect)[0]) == 2


def test_the_second_looks_correction_moves_with_the_face() -> None:
    detector = Pretended(first=[face(100)], moves=5.0)
    detect = watching(detector)
    first = watch(detector, 1, detect=detect)[0][0]
    assert first.middle == pytest.approx((105, 100))
    looks = detector.asked["look"]
    # Nearer, larger: the correction grows with it.
    detector.first = [face(104, size=60)]
    second = watch(detector, 1, 1, detect)[0][0]
    assert detector.asked["look"] == looks
    assert second.middle == pytest.approx((104 + 5 * 60 / 50, 100))
    assert second.box[2:] == pytest.approx((60, 60))
    assert second.eyes[0][0] == pytest.approx(104 - 15 + 5 * 60 / 50)


def test_the_roll_follows_the_eyes() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    watch(detector, 1, detect=detect)
    for number, roll in enumerate((10, 20, 35, 35, 20, -5), 1):
        detector.first = [face(100, roll=roll)]
        assert watch(detector, 1, number, detect)[0][0].roll == pytest.approx(roll, abs=0.1)


def test_one_more_box_at_the_place_of_a_face_is_no_other_face() -> None:
    """The first net sees a large one twice, or something around it."""
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    watch(detector, 1, detect=detect)
    looks = detector.asked["look"]
    detector.first = [face(100), face(104, 103, 90, 0.6), face(98, 97, 28, 0.3)]
    assert watch(detector, 1, 1, detect)[0][0].middle == pytest.approx((100, 100))
    assert detector.asked["look"] == looks
    assert all(len(faces) == 1 for faces in watch(detector, 30, 2, detect))


def test_a_large_box_that_is_no_face_does_not_hide_the_faces_in_it() -> None:
    detector = Pretended(first=[face(200, size=190, score=0.6), face(150, size=30), face(250, size=30)])
    detector.looked, detector.checked = {200: 0}, {200: 0}
    assert all(sorted(one.middle[0] for one in faces) == [150, 250] for faces in watch(detector, 30))


def test_who_is_seen_hides_who_is_followed_at_the_same_place_and_both_are_there_before_and_after(room: Room) -> None:
    detector = Pretended(first=[face(200), face(60)])
    detect = watching(detector)
    assert len(detect(room(0, (200, 100))).faces) == 2
    detector.blind = True
    numbers = {}
    for number in range(1, 95):
        x = 60 + 3 * number
        detector.first = [face(x)]
        faces = detect(room(number, (200, 100))).faces
        numbers[x] = len(faces)
        (walks,) = (one for one in faces if one.placement is Placement.DETECTED)
        assert walks.middle == pytest.approx((x, 100))
    assert {count for x, count in numbers.items() if abs(x - 200) < 0.3 * SIZE} == {1}
    assert {count for x, count in numbers.items() if abs(x - 200) > SIZE} == {2}


@pytest.mark.parametrize("trembles", [4, 8])
def test_a_face_that_glances_see_roughly_is_followed_smoothly_by_its_looks(room: Room, trembles: float) -> None:
    rng = np.random.default_rng(0)
    detector = Roughly()
    detect = watching(detector)
    found = []
    for number in range(90):
        x, y = 100 + 2.0 * number, 100 + 10 * math.sin(number / 10)
        dx, dy, grows = rng.uniform(-1, 1, 3)
        detector.first = [face(x + trembles * dx, y + trembles * dy, (1.7 + 0.1 * grows) * SIZE)]
        detector.there = face(x, y)
        (seen,) = detect(room(number, (x, y))).faces
        assert (seen.placement, seen.confirmed) == (Placement.DETECTED, True)
        if number > 15:  # the first look that counts was taken
            assert seen.middle == pytest.approx((x, y), abs=2)
            assert seen.box[2] == pytest.approx(SIZE, rel=0.06)
            found.append(seen.middle[0])
    steps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert steps == pytest.approx([2.0] * len(steps), abs=1.5)


def test_each_place_has_a_number_that_stays_with_it_and_is_never_given_twice() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    numbers = []
    for number in range(40):
        detector.first = [face(100 + number)] + [face(300)] * (number >= 20)
        numbers.append([one.track for one in sorted(detect(black(number)).faces, key=lambda one: one.middle)])
    assert numbers == [[1]] * 20 + [[1, 2]] * 20
    again = detect(replace(black(40), time=100.0))
    assert sorted(one.track or 0 for one in again.faces) == [3, 4]


# --- a camera that shakes or turns ---

JOLTS = [(0, 0), (70, 0), (-10, 30), (60, -20), (0, 40), (-65, 0), (5, -25), (75, 30)]
"""Px across and down by which a shaken picture is off: from one to the next more than a face's width."""


@pytest.mark.parametrize("blind", [False, True])
def test_a_camera_that_shakes_loses_nobody_gives_no_cut_and_no_new_number(room: Room, blind: bool) -> None:
    """Whether the nets see the face or it is followed by its looks."""
    detector = Pretended(first=[face(180)])
    detect = watching(detector)
    seen = [detect(room(0, (180, 100)))]
    if blind:
        detector.loses_all()
    for number in range(1, 41):
        across, down = JOLTS[number % len(JOLTS)]
        last = JOLTS[(number - 1) % len(JOLTS)]
        assert math.dist((across, down), last) > SIZE
        if not blind:
            detector.first = [face(180 + across, 100 + down)]
        seen.append(detect(jolted(room(number, (180, 100)), across, down)))
        (found,) = seen[-1].faces
        assert found.middle == pytest.approx((180 + across, 100 + down), abs=3)
        assert found.track == 1
        assert found.box[2] == pytest.approx(SIZE, rel=0.08)
        assert seen[-1].panned == pytest.approx((across - last[0], down - last[1]), abs=3)
    assert states(seen) == "d" + 40 * ("f" if blind else "d")
    assert not any(one.cut for one in seen)


@pytest.mark.parametrize("blind", [False, True])
def test_before_a_plain_wall_too_a_camera_takes_along_what_is_known_as_it_turns(portrait: Pixels, blind: bool) -> None:
    """Where its turn would be taken for no cut."""
    room = Room(portrait)
    room.wall = np.rint(120 + 0.2 * (room.wall.astype(float) - 120)).astype(np.uint8)
    detector = Pretended(first=[face(60)])
    detect = watching(detector)
    detect(room(0, (60, 100)))
    if blind:
        detector.loses_all()
    for number, x in enumerate((120, 180, 240, 300), 1):
        if not blind:
            detector.first = [face(x)]
        seen = detect(jolted(room(number, (60, 100)), x - 60, 0))
        assert [(one.track, one.confirmed) for one in seen.faces] == [(1, True)]
        assert seen.faces[0].middle == pytest.approx((x, 100), abs=3)
        assert seen.panned == pytest.approx((60, 0), abs=3)


def test_a_camera_that_rests_is_not_said_to_have_turned_whoever_walks(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    for number in range(60):
        detector.first = [face(100 + 3 * number)] * (number < 30)
        assert detect(room(number, (100 + 3 * number, 100))).panned == (0.0, 0.0)


# --- a scene that fades into another ---


@pytest.mark.parametrize("fades", [True, False])
def test_when_a_scene_has_faded_into_another_who_was_in_the_first_is_gone(
    portrait: Pixels, room: Room, fades: bool
) -> None:
    """Though something on the wall looks like them, which no net takes for a face."""
    other = Room(portrait, seed=7) if fades else room
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    seen = []
    for number in range(105):
        share = min(1.0, max(0.0, (number / RATE - 1) / 1))
        detector.first = [face(100)] * (share < 0.5) + [face(300)] * (share > 0.5)
        detector.looked, detector.checked = ({100: 0.0}, {100: 0.0}) if share >= 0.5 else ({}, {})
        shown = [(100.0, 100.0), (300.0, 100.0)]
        seen.append(detect(mixed(room(number, *shown[:1]), other(number, *shown), share)))
    assert not any(one.cut for one in seen)
    told = [number for number, one in enumerate(seen) if one.faded is not None]
    places = [sorted(round(face.middle[0], -1) for face in one.faces) for one in seen]
    assert places[:40] == [[100.0]] * 40
    if not fades:
        assert told == []
        assert places[-1] == [100.0, 300.0]
        return
    assert 2 * RATE <= told[0] <= 2.25 * RATE
    assert seen[told[0]].faded == pytest.approx(1.0, abs=0.2)
    assert places[told[0] :] == [[300.0]] * (105 - told[0])


# --- who isn't seen ---


def test_a_face_that_no_net_sees_is_followed_where_it_goes(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    for number in range(1, 80):
        x, y = 100 + 2.5 * number, 100 + 15 * math.sin(number / 8)
        (found,) = detect(room(number, (x, y))).faces
        assert found.placement is Placement.FOLLOWED
        assert found.confirmed
        assert found.middle == pytest.approx((x, y), abs=3)
        assert found.box[2] == pytest.approx(SIZE, rel=0.08)


def test_who_is_seen_again_is_detected_where_the_net_sees_them(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    seen = [detect(room(0, (100, 100)))]
    detector.loses_all()
    seen += [detect(room(number, (100, 100))) for number in range(1, 10)]
    detector.first = [face(103)]
    seen += [detect(room(10, (100, 100)))]
    assert states(seen) == "d" + 9 * "f" + "d"
    assert seen[-1].faces[0].middle == pytest.approx((103, 100))


@pytest.mark.parametrize("net", ["first", "second"])
def test_a_look_at_the_place_finds_who_the_glance_misses(room: Room, net: str) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    assert states([detect(room(number, (100, 100))) for number in range(1, 30)]) == 29 * "f"
    detector.blind = False
    if net == "first":
        detector.looked, detector.checked = {100: CLEAR + 0.02}, {100: 0.0}
    else:
        detector.looked, detector.checked = {100: CLEAR - 0.02}, {100: 0.95}
        assert score_of(look=CLEAR - 0.02, check=0.95) > THRESHOLD
    found = states([detect(room(number, (100, 100))) for number in range(30, 60)])
    assert "d" in found[: round(UNSEEN[1] * RATE) + 1]
    assert set(found) <= set("df")


def test_a_scan_finds_who_is_followed_or_hidden(room: Room) -> None:
    for board in (None, 100):
        detector, scan = Pretended(first=[face(100)]), Told()
        detect = watching(detector, scan)
        detect(room(0, (100, 100)))
        detector.loses_all()
        before = states([detect(room(number, (100, 100), board=board)) for number in range(1, 5)])
        assert before == ("ffff" if board is None else "....")
        scan.finds = [face(104, score=0.8)]
        (found,) = detect(room(5, (100, 100), board=board)).faces
        assert (found.placement, found.confirmed) == (Placement.DETECTED, True)
        assert found.middle == pytest.approx((104, 100))


def test_what_a_scan_finds_is_known_from_then_on(room: Room) -> None:
    detector, scan = Pretended(), Told()
    detect = watching(detector, scan)
    assert states([detect(room(number, (100, 100))) for number in range(5)]) == "....."
    scan.finds = [face(100)]
    assert set(states([detect(room(number, (100, 100))) for number in range(5, 60)])) <= set("df")


def test_a_face_whose_place_looks_like_something_else_is_not_shown_and_comes_back(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    seen = [detect(room(number, (100, 100))) for number in range(3)]
    detector.loses_all()
    hidden = round(0.7 * HIDDEN * RATE)
    assert states(seen) == "ddd"
    assert states([detect(room(number, (100, 100))) for number in range(3, 8)]) == "fffff"
    behind = [detect(room(number, (100, 100), board=100)) for number in range(8, 8 + hidden)]
    assert states(behind) == hidden * "."
    back = [detect(room(number, (100, 100))) for number in range(8 + hidden, 18 + hidden)]
    assert states(back) == 10 * "f"
    assert back[-1].faces[0].middle == pytest.approx((100, 100), abs=3)


def test_who_is_behind_something_for_long_is_forgotten(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    hidden = round(1.2 * HIDDEN * RATE)
    for number in range(1, hidden):
        assert detect(room(number, (100, 100), board=100)).faces == ()
    for number in range(hidden, hidden + 30):
        assert detect(room(number, (100, 100))).faces == ()
    detector.first, detector.blind = [face(100)], False
    assert len(detect(room(hidden + 30, (100, 100))).faces) == 1


@pytest.mark.parametrize(("beside", "shown"), [(45, False), (100, True)])
def test_what_no_net_sees_beside_a_face_in_front_is_not_followed_for_it_is_the_hair_of_that(
    room: Room, beside: int, shown: bool
) -> None:
    front = face(100 + beside)
    detector = Pretended(first=[face(100), front])
    detect = watching(detector)
    places = (100, 100), (100 + beside, 100)
    assert states([detect(room(number, *places)) for number in range(3)], left_of=120) == "ddd"
    detector.first, detector.looked, detector.checked = [front], {100: 0.0}, {100: 0.0}
    after = states([detect(room(number, *places)) for number in range(3, 20)], left_of=120)
    assert set(after[5:]) == {"f" if shown else "."}


def test_where_somebody_was_the_wall_is_no_face(room: Room) -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    for number in range(1, 60):
        assert detect(room(number)).faces == ()


def test_of_several_that_are_missed_none_is_dropped_before_its_turn(room: Room) -> None:
    places = [(60.0, 100.0), (200.0, 100.0), (340.0, 100.0)]
    detector = Pretended(first=[face(*place) for place in places])
    detect = watching(detector)
    detect(room(0, *places))
    detector.first = []
    for number in range(1, 40):
        found = detect(room(number, *places)).faces
        assert sorted(round(one.middle[0] / 10) for one in found) == [6, 20, 34]


@pytest.mark.parametrize("speed", [2, 4])
def test_who_leaves_over_the_border_is_covered_to_the_last(room: Room, speed: int) -> None:
    detector = Pretended(first=[face(60)])
    detect = watching(detector)
    detect(room(0, (60, 100)))
    detector.loses_all()
    covered = 0
    for number in range(1, 180 // speed):
        x = 60 - speed * number
        if face(x).within(black(0)) < WITHIN + 0.1:
            break
        (found,) = detect(room(number, (x, 100))).faces
        assert found.middle == pytest.approx((x, 100), abs=3)
        covered += x < SIZE / 2
    assert covered > 3


def test_who_left_over_the_border_at_once_is_not_shown(room: Room) -> None:
    detector = Pretended(first=[face(20)])
    detect = watching(detector)
    detect(room(0, (20, 100)))
    detector.loses_all()
    for number in range(1, 40):
        assert detect(room(number)).faces == ()


def test_who_has_left_is_not_looked_for(room: Room) -> None:
    """Of whom less than a quarter was in the picture when they were seen last."""
    detector = Pretended(first=[face(-20)])
    detect = watching(detector)
    assert len(detect(room(0, (-20, 100))).faces) == 1
    detector.loses_all()
    detector.looks_at = []
    for number in range(1, 40):
        assert detect(room(number, (-20, 100))).faces == ()
    assert detector.looks_at == []


def test_who_looks_in_over_the_border_stays_while_a_net_sees_them() -> None:
    """However little of them is in the picture."""
    detector = Pretended(first=[face(-20)])
    assert face(-20).within(black(0)) < WITHIN
    assert all(len(faces) == 1 for faces in watch(detector, 30))


def test_the_scan_is_told_who_is_known_and_when_somebody_is_lost(room: Room) -> None:
    detector, scan = Pretended(first=[face(100), face(300, score=0.2)]), Told()
    detector.looked, detector.checked = {300: 0}, {300: 0}
    detect = watching(detector, scan)
    for number in range(10):
        detect(room(number, (100, 100)))
    assert [len(one.known) for one in scan.told] == [1] * 10, "what is no face isn't known"
    assert scan.told[-1].known[0] == pytest.approx(face(100).box)
    assert not any(one.lost for one in scan.told)
    detector.loses_all()
    for number in range(10, 60):
        detect(room(number, (100, 100)))
    since = scan.told[10:]
    assert [one.lost for one in since] == sorted(one.lost for one in since)
    assert sum(not one.lost for one in since) == pytest.approx(MISSED * RATE, abs=2)


def test_after_a_moment_of_black_all_begins_anew(room: Room) -> None:
    """Somebody has held a hand before the camera."""
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    detect(room(0, (100, 100)))
    detector.loses_all()
    dark = detect(black(1))
    assert (dark.faces, dark.cut) == ((), True)
    detector.first, detector.blind = [face(100)], False
    light = detect(room(2, (100, 100)))
    assert light.cut
    assert states([light]) == "d"


# --- when all begins anew ---


def test_of_another_scene_nothing_is_known(portrait: Pixels, room: Room) -> None:
    """Though somebody is where somebody was, and looks the same."""
    other = Room(portrait, seed=7)
    detector, scan = Pretended(first=[face(100)]), Told()
    detect = watching(detector, scan)
    detect(room(0, (100, 100)))
    begun = scan.begun
    detector.loses_all()
    seen = detect(other(1, (100, 100)))
    assert (seen.faces, seen.cut) == ((), True)
    assert scan.begun == begun + 1
    seen = detect(other(2, (100, 100)))
    assert (seen.faces, seen.cut) == ((), False)


@pytest.mark.parametrize(
    ("jump", "forgets", "cut"),
    [(-2.0, True, True), (RESTART + 0.1, True, False), (5.0, True, False), (RESTART - 0.1, False, False)],
)
def test_a_jump_in_time_forgets_everything(room: Room, jump: float, forgets: bool, cut: bool) -> None:
    detector, scan = Pretended(first=[face(100)]), Told()
    detect = watching(detector, scan)
    for number in range(90):
        detect(room(number, (100, 100)))
    begun = scan.begun
    detector.loses_all()
    seen = detect(replace(room(90, (100, 100)), time=89 / RATE + jump))
    assert len(seen.faces) == (not forgets)
    assert seen.cut == cut
    assert scan.begun - begun == forgets


def test_after_a_jump_in_time_the_stream_goes_on_from_there() -> None:
    detector = Pretended(first=[face(100)])
    detect = watching(detector)
    for start in (0.0, 100.0, 3.0):
        for number in range(30):
            seen = detect(replace(black(number), time=start + number / RATE))
            assert [one.confirmed for one in seen.faces] == [True]


def test_a_picture_of_another_size_begins_anew(room: Room) -> None:
    detector, scan = Pretended(first=[face(100)]), Told()
    detect = watching(detector, scan)
    detect(room(0, (100, 100)))
    begun = scan.begun
    detector.loses_all()
    large = cv2.resize(room(1, (100, 100)).pixels, (2 * WIDTH, 2 * HEIGHT))
    assert detect(Frame(1, 1 / RATE, np.asarray(large, np.uint8))).faces == ()
    assert scan.begun == begun + 1


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (7, 7)])
def test_a_tiny_picture_is_no_error(size: tuple[int, int]) -> None:
    detector = Pretended(first=[face(1, 1, 3)])
    detect = watching(detector)
    for number in range(40):
        if number == 20:
            detector.loses_all()
        detect(Frame(number, number / RATE, np.full((*size, 3), 90, np.uint8)))
    assert detector.asked["scan"] == 0


# --- the second net has seen every frame ---


def led(
    detector: Pretended,
    frames: int,
    found: Callable[[int], Sequence[Face]],
    *,
    picture: Callable[[int], Frame] = black,
) -> list[Seen]:
    """What is seen where the second net has found so much in each frame already."""
    detect = watching(detector)
    return [detect(picture(number), list(found(number))) for number in range(frames)]


def test_where_the_second_net_finds_all_the_first_glances_now_and_then() -> None:
    detector = Pretended(first=[face(100)])
    seen = led(detector, 90, lambda number: [face(100, score=0.9)])
    assert states(seen) == 90 * "d"
    assert {one.track for each in seen for one in each.faces} == {1}
    assert detector.asked["glance"] == pytest.approx(3 / GLANCE_EVERY, abs=1)
    assert detector.asked["look"] <= 3 / AGAIN + 2, "its eyes are looked at as often as ever"
    assert detector.asked["check"] == 1, "nothing is in doubt"
    assert detector.asked["sure"] == detector.asked["scan"] == 0


def test_a_face_goes_where_the_second_net_finds_it_as_the_looks_have_corrected_it() -> None:
    """The first net's look sees the face 3 px further to the right than the second net does."""
    detector = Pretended(moves=3.0)
    seen = led(detector, 4, lambda number: [face(100 + 2 * number)])
    assert [one.faces[0].middle[0] for one in seen] == pytest.approx([103, 105, 107, 109], abs=0.01)
    assert [one.faces[0].box[2] for one in seen] == pytest.approx(4 * [SIZE])


def test_whom_the_second_net_does_not_find_the_first_is_asked_for_in_every_frame() -> None:
    detector = Pretended(first=[face(100, score=0.9)])
    seen = led(detector, 60, lambda number: [face(300)])
    assert [len(one.faces) for one in seen] == 60 * [2]
    assert all(one.confirmed and one.placement is Placement.DETECTED for each in seen for one in each.faces)
    assert detector.asked["glance"] == 60


def test_whom_only_detail_shows_the_first_is_not_asked_for(room: Room) -> None:
    """8 px of 400 are too few for it."""
    detector = Pretended(around=[])
    small = face(300, size=8, score=0.9)
    led(detector, 60, lambda number: [small] if number % 15 == 0 else [], picture=lambda n: room(n, (300, 100)))
    assert detector.asked["glance"] == pytest.approx(2 / GLANCE_EVERY, abs=1)


def test_who_comes_is_found_at_once_and_who_leaves_is_not_followed_for_ever() -> None:
    detector = Pretended()

    def found(number: int) -> list[Face]:
        if number == 60:
            detector.loses_all()
        return [face(200)] if 30 <= number < 60 else []

    seen = states(led(detector, 120, found))
    assert seen[:60] == 30 * "." + 30 * "d"
    assert seen[60 + round(HIDDEN * RATE) + 1 :].strip(".") == ""


def test_the_back_of_a_head_is_covered_in_doubt_and_never_counts() -> None:
    detector = Pretended(looked={200: 0}, checked={200: 0})
    dim = led(detector, 150, lambda number: [face(200, score=EARLY - 0.05)])
    assert states(dim) == 150 * "."
    assert detector.asked["look"] < 12, "what is no face again and again is looked at less and less"
    bright = led(Pretended(looked={200: 0}, checked={200: 0}), 150, lambda number: [face(200, score=EARLY + 0.05)])
    assert states(bright) == 150 * "?"


def test_what_the_second_net_is_surer_of_is_looked_at_before_its_time() -> None:
    detector = Pretended(looked={200: 0}, checked={200: 0})
    rising = [0.2] * 45 + [0.45] * 15

    def found(number: int) -> list[Face]:
        return [face(200, score=rising[number])]

    led(detector, 60, found)
    assert next(frame.index for _, frame in detector.looks_at if frame.index >= 40) == 45


@pytest.mark.parametrize(("roll", "grows"), [(9.0, 1.0), (0.0, 1.12)])
def test_a_find_that_hops_does_not_move_the_face(room: Room, roll: float, grows: float) -> None:
    detector = Pretended()

    def found(number: int) -> list[Face]:
        hops = number >= 5
        return [face(200, size=SIZE * (grows if hops else 1), roll=roll if hops else 0.0)]

    seen = led(detector, 8, found, picture=lambda number: room(number, (200, 100)))
    for one in seen:
        assert one.faces[0].roll == pytest.approx(0, abs=1)
        assert one.faces[0].box[2] == pytest.approx(SIZE, rel=0.03)


# --- real nets ---


@pytest.fixture(scope="module")
def detectors(detector: Detector, detector_folder: Path) -> Iterator[Callable[[Range], Detector]]:
    with Detector(Range.AUTO, files=detector_folder) as auto:
        yield lambda range_: detector if range_ is Range.NEAR else auto


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("range_", [Range.NEAR, Range.AUTO])
def test_a_head_that_moves_and_turns_is_followed(
    detectors: Callable[[Range], Detector], portrait: Pixels, form: Format, range_: Range
) -> None:
    detect = VideoDetector(detectors(range_))
    for number in range(40):
        roll, shift = 25 * math.sin(number / 8), 100 * math.sin(number / 12)
        bgr = seen_at(portrait, roll=roll, shift=shift)
        pixels = bgr if form is Format.BGR else i420(bgr)
        (found,) = detect(Frame(number, number / RATE, pixels, form)).faces
        assert found.middle[0] == pytest.approx(320 + shift, abs=25)
        assert found.roll == pytest.approx(roll + 2.7, abs=10)
        assert found.confirmed or number < AGREE


def test_a_small_face_that_the_first_net_cannot_see_is_followed(
    detectors: Callable[[Range], Detector], portrait: Pixels
) -> None:
    """30 px wide, in a picture of 640x480."""
    detect, near = (VideoDetector(detectors(range_)) for range_ in (Range.AUTO, Range.NEAR))
    for number in range(60):
        shift = -150 + 4 * number
        frame = Frame(number, number / RATE, seen_at(portrait, zoom=0.3, shift=shift))
        (found,) = detect(frame).faces
        assert found.middle == pytest.approx((320 + shift, 240), abs=6)
        assert found.confirmed or number < AGREE
        assert near(frame).faces == ()


@pytest.mark.parametrize(("zoom", "roll"), [(0.25, 0.0), (1.0, 0.0), (1.5, 60.0), (4.5, 0.0)])
def test_where_every_frame_is_scanned_each_net_sees_what_it_alone_can(
    detectors: Callable[[Range], Detector], portrait: Pixels, zoom: float, roll: float
) -> None:
    """A face of 25 px, one that is rolled, and one that fills the picture."""
    detector = detectors(Range.AUTO)
    frames = []
    for number in range(16):
        pixels = i420(seen_at(portrait, zoom=zoom, roll=roll, shift=3.0 * number))
        frames.append(Frame(number, number / RATE, pixels, Format.I420))
    ahead = ScanAhead(lambda: detector.looks.wide(Provider.CPU), Range.AUTO, 4)
    for seen in map(VideoDetector(detector).scanned, ahead(frames)):
        (found,) = seen.faces
        assert found.middle == pytest.approx((320 + 3 * seen.frame.index, 240), abs=4 + 16 * zoom)
        assert found.roll == pytest.approx(roll + 2.7, abs=10)
        assert found.confirmed or seen.frame.index < AGREE


def test_a_real_head_that_leaves_is_covered_until_little_of_it_is_left(
    detectors: Callable[[Range], Detector], portrait: Pixels
) -> None:
    """The nets see it as long as there is enough of it, and box what they see."""
    detect = VideoDetector(detectors(Range.AUTO))
    for number in range(90):
        shift = -4.0 * number
        seen = detect(Frame(number, number / RATE, seen_at(portrait, zoom=1.0, shift=shift)))
        there = face(320 + shift, 240, 100)
        if there.within(seen.frame) > STILL_WITHIN + 0.1:
            (found,) = seen.faces
            assert found.confirmed
            assert overlaps([found.box], [there.box])[0][0, 0] > 0.4


def test_a_real_head_that_turns_right_round_is_covered_all_the_way(
    detectors: Callable[[Range], Detector], portrait: Pixels
) -> None:
    """Upside down, too, where no net sees a face, and its roll is hardly ever wrong for a moment."""
    detect = VideoDetector(detectors(Range.AUTO))
    wrong = []
    for number in range(121):
        roll = 3.0 * number
        (found,) = detect(Frame(number, number / RATE, seen_at(portrait, zoom=1.0, roll=roll))).faces
        assert found.confirmed
        assert math.dist(found.middle, (320, 240)) < 0.15 * 100
        assert found.box[2] == pytest.approx(100, rel=0.15)
        wrong.append(abs(math.remainder(found.roll - roll - 2.7, 360)))
    assert max(wrong) < 30
    assert sum(degrees > 20 for degrees in wrong) <= 6
