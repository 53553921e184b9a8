"""Each person keeps an id: through movement, crossings, absence; never across a cut, nor where two could be meant."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from making import judged_face

from emojicam.stream.faces.track import CLEARER, GATE, LOST, SOON, Tracker, assigned, counted
from emojicam.stream.types import Face, Frame, Judged, Placement, Seen

RATE = 25
PIXELS = np.zeros((180, 320, 3), np.uint8)


def at(x: float, y: float = 90, width: float = 30) -> Face:
    return judged_face((x - width / 2, y - width / 2, width, width))


def frame(time: float, number: int = 0) -> Frame:
    return Frame(number, time, PIXELS)


def follow(places: Callable[[float], dict[str, Face]], seconds: float, *, rate: float = RATE) -> dict[str, list[int]]:
    """The ids that each person gets; `places` says who is seen where at a time."""
    tracker = Tracker()
    ids: dict[str, list[int]] = {}
    for number in range(round(seconds * rate)):
        people = places(number / rate)
        names = sorted(people, key=lambda name: people[name].box[0])  # in whatever order a detector finds them
        seen = tracker(Seen(frame(number / rate, number), tuple(people[name] for name in names)))
        for name, face in zip(names, seen.faces, strict=True):
            assert face.track is not None
            if not ids.setdefault(name, []) or ids[name][-1] != face.track:
                ids[name].append(face.track)
    return ids


def away(begin: float, seconds: float, t: float) -> bool:
    """Whether a time lies in an absence."""
    return begin <= t < begin + seconds


# --- who is there ---


def test_people_who_sway_keep_their_ids() -> None:
    ids = follow(lambda t: {"a": at(80 + 10 * math.sin(3 * t)), "b": at(200, 90 + 20 * math.cos(2 * t), 40)}, 8)
    assert ids == {"a": [1], "b": [2]}


@pytest.mark.parametrize("rate", [10, 25, 60])
def test_a_face_that_crosses_the_picture_keeps_its_id(rate: float) -> None:
    assert follow(lambda t: {"a": at(20 + 140 * t)}, 2, rate=rate) == {"a": [1]}


def test_a_face_that_comes_nearer_keeps_its_id() -> None:
    assert follow(lambda t: {"a": at(160, width=15 * 1.5**t)}, 5) == {"a": [1]}


@pytest.mark.parametrize("speed", [80, 120, 200])
def test_frames_that_come_in_bursts_tell_nothing_of_speed(speed: float) -> None:
    """Stamped when they arrive: four frames within 15 ms, then nothing for a while."""
    tracker = Tracker()
    ids = set()
    for number in range(60):
        taken, came = number / RATE, number // 4 * 4 / RATE + number % 4 * 0.005
        seen = tracker(Seen(frame(came, number), (at(20 + speed * taken, width=40),)))
        ids.add(seen.faces[0].track)
    assert ids == {1}


@pytest.mark.parametrize("speed", [40, 90, 160])
def test_two_faces_that_cross_keep_their_ids(speed: float) -> None:
    """Where they overlap the detector sees only the nearer one."""

    def places(t: float) -> dict[str, Face]:
        x, y = 40 + speed * t, 280 - speed * t
        people = {"right": at(x), "left": at(y, 92, 36)}
        if abs(x - y) < 20:
            del people["right"]
        return people

    assert follow(places, 240 / speed) == {"right": [1], "left": [2]}


def test_who_comes_elsewhere_is_somebody_new() -> None:
    assert follow(lambda t: {"a": at(40 if t < 1 else 260)}, 2) == {"a": [1, 2]}


def test_somebody_much_larger_at_the_same_place_is_somebody_new() -> None:
    assert follow(lambda t: {"a": at(160, width=20 if t < 1 else 70)}, 2) == {"a": [1, 2]}


# --- who comes back ---


@pytest.mark.parametrize("hidden", [0.2, 0.5, 0.9])
def test_a_face_that_is_hidden_for_a_moment_comes_back_with_its_id(hidden: float) -> None:
    def places(t: float) -> dict[str, Face]:
        people = {"stays": at(250), "hides": at(60 + 30 * t)}
        if away(1, hidden, t):
            del people["hides"]
        return people

    assert follow(places, 3) == {"hides": [1], "stays": [2]}


@pytest.mark.parametrize("seconds", [1.2 * SOON, LOST / 2, LOST - 0.2])
@pytest.mark.parametrize("shift", [0, 8, -12])
def test_who_comes_back_within_ten_seconds_where_they_left_keeps_their_id(seconds: float, shift: float) -> None:
    def places(t: float) -> dict[str, Face]:
        people = {"stays": at(250), "leaves": at(60 + (shift if t >= 1 else 0))}
        if away(1, seconds, t):
            del people["leaves"]
        return people

    assert follow(places, seconds + 3) == {"leaves": [1], "stays": [2]}


def test_who_walks_on_unseen_is_expected_a_little_farther_on() -> None:
    """Somebody who went at 60 px a second and stopped where such a motion ends."""

    def places(t: float) -> dict[str, Face]:
        return {} if away(2, 4, t) else {"a": at(60 + 60 * t if t < 2 else 210)}

    assert follow(places, 7) == {"a": [1]}


@pytest.mark.parametrize("speed", [30, -30])
@pytest.mark.parametrize("bob", [0, 1])
def test_who_walks_on_with_their_back_turned_is_expected_where_that_leads(speed: float, bob: float) -> None:
    def places(t: float) -> dict[str, Face]:
        x = 160 + speed * (t - 4)
        return {} if away(2, 4, t) else {"walks": at(x, 90 + bob * math.sin(9 * t))}

    assert follow(places, 8) == {"walks": [1]}


@pytest.mark.parametrize("stuck", [0.4, 1.2])
def test_who_walks_behind_a_pillar_is_expected_beyond_it_though_they_seemed_to_stay_at_its_edge(stuck: float) -> None:
    """What a detector saw is believed, not what was followed since: that was the pillar's edge at last."""

    def places(t: float) -> dict[str, Face]:
        if away(2 + stuck, 3 - stuck, t):
            return {}
        there = replace(at(60 + 40 * min(t, 2)), placement=Placement.FOLLOWED)
        return {"walks": there if 2 <= t < 5 else at(60 + 40 * t)}

    assert follow(places, 6) == {"walks": [1]}


def test_of_those_who_walked_on_who_comes_up_half_way_is_somebody_new() -> None:
    def places(t: float) -> dict[str, Face]:
        if t < 2:
            return {"walks": at(40 + 30 * t)}
        return {} if t < 6 else {"who": at(100 + 60)}

    assert follow(places, 8) == {"walks": [1], "who": [2]}


def test_who_comes_back_after_more_than_ten_seconds_is_somebody_new() -> None:
    assert follow(lambda t: {} if away(1, LOST + 0.2, t) else {"a": at(60)}, LOST + 3) == {"a": [1, 2]}


def test_who_was_never_away_for_ten_seconds_at_a_time_keeps_their_id() -> None:
    absence = 0.8 * LOST
    ids = follow(lambda t: {} if t % (absence + 1) >= 1 else {"a": at(60)}, 4 * (absence + 1), rate=10)
    assert ids == {"a": [1]}


@pytest.mark.parametrize(("x", "width"), [(150, 30), (60 + 1.2 * GATE * 30, 30), (60, 30 * math.exp(1.2 * GATE))])
def test_who_comes_elsewhere_or_in_another_size_after_a_while_is_somebody_new(x: float, width: float) -> None:
    def places(t: float) -> dict[str, Face]:
        if away(1, 3, t):
            return {}
        return {"gone": at(60)} if t < 1 else {"came": at(x, width=width)}

    assert follow(places, 6) == {"gone": [1], "came": [2]}


def test_two_who_left_and_come_back_each_where_they_were_keep_their_ids() -> None:
    assert follow(lambda t: {} if away(1, 6, t) else {"a": at(60), "b": at(250)}, 9) == {"a": [1], "b": [2]}


def test_of_two_who_left_side_by_side_none_is_guessed_when_one_comes_between() -> None:
    def places(t: float) -> dict[str, Face]:
        if t < 1:
            return {"a": at(100), "b": at(130)}
        return {} if t < 5 else {"who": at(116)}

    assert follow(places, 7) == {"a": [1], "b": [2], "who": [3]}


def test_of_two_who_come_to_the_place_of_one_who_left_both_are_new() -> None:
    def places(t: float) -> dict[str, Face]:
        if t < 1:
            return {"a": at(100)}
        return {} if t < 5 else {"one": at(90), "two": at(112)}

    assert follow(places, 7) == {"a": [1], "one": [2], "two": [3]}


def test_of_two_places_the_one_is_meant_that_is_clearly_nearer() -> None:
    near = 4.0

    def places(t: float, farther: float) -> dict[str, Face]:
        if t < 1:
            return {"a": at(100), "b": at(100 + near + farther)}
        return {} if t < 5 else {"who": at(100 + near)}

    clearly, hardly = 1.2 * CLEARER * near, 0.8 * CLEARER * near
    assert follow(lambda t: places(t, clearly), 7)["who"] == [1]
    assert follow(lambda t: places(t, hardly), 7)["who"] == [3]


def test_of_a_crowd_each_keeps_their_id_while_one_goes_and_comes_back() -> None:
    def places(t: float) -> dict[str, Face]:
        people = {
            f"{number:02}": at(30 + 50 * (number // 4) + 3 * math.sin(t + number), 30 + 40 * (number % 4), 24)
            for number in range(24)
        }
        if away(2, 4, t):
            del people["09"]
        return people

    ids = follow(places, 8)
    assert all(len(numbers) == 1 for numbers in ids.values())
    assert len({numbers[0] for numbers in ids.values()}) == 24


def test_who_walks_past_the_place_of_one_who_left_keeps_their_own_id() -> None:
    def places(t: float) -> dict[str, Face]:
        return {**({"sat": at(100)} if t < 1 else {}), "walks": at(300 - 60 * t, 92)}

    assert follow(places, 5) == {"sat": [1], "walks": [2]}


def test_ids_are_never_used_twice() -> None:
    """A person at a time, each for a moment, at three places in turn."""
    pause = LOST / 2
    ids = follow(
        lambda t: {f"{int(t / pause)}": at(60 + 70 * (int(t / pause) % 3))} if t % pause < 0.2 else {}, 12 * pause
    )
    found = [number for numbers in ids.values() for number in numbers]
    assert len(ids) == 12
    assert sorted(found) == list(range(1, len(found) + 1))


# --- what the detector says ---

LEAP = 18.0
"""Px by which a face of 30 px moves in a frame: more than half of its width."""


def swings(hint: Callable[[int], int | None], *, missed: tuple[int, ...] = ()) -> list[int | None]:
    """The ids of a face that moves by a leap in each frame and turns back at once; `hint` is the detector's number."""
    tracker = Tracker()
    ids = []
    for number in range(24):
        x = 100 + LEAP * (number if number < 12 else 22 - number)
        faces = () if number in missed else (replace(at(x), track=hint(number)),)
        ids += [one.track for one in tracker(Seen(frame(number / RATE, number), faces)).faces]
    return ids


def test_whom_the_detector_has_followed_keeps_the_id_however_they_turn_back() -> None:
    assert LEAP > 15
    assert swings(lambda number: 77) == [1] * 24
    assert len(set(swings(lambda number: None))) > 1, "without a word of the detector it is somebody else"
    assert len(set(swings(lambda number: number // 12))) > 1, "it says that it is somebody else"


def test_a_word_of_the_detector_from_longer_ago_than_the_last_frame_counts_nothing() -> None:
    """Numbers are its own: of a place that is known to it, not of a person."""
    turned = 12
    assert swings(lambda number: 77, missed=(turned,)) == swings(lambda number: None, missed=(turned,))
    assert len(set(swings(lambda number: 77, missed=(turned,)))) > 1


def test_a_word_of_the_detector_does_not_carry_an_id_across_the_picture() -> None:
    tracker = Tracker()
    tracker(Seen(frame(0.0), (replace(at(60), track=77),)))
    assert tracker(Seen(frame(0.04), (replace(at(260), track=77),))).faces[0].track == 2


def test_of_two_who_meet_and_turn_back_the_detector_says_who_is_who() -> None:
    """Without its word each would be taken for the one who goes on as the other did."""

    def met(hints: bool) -> list[list[int | None]]:
        tracker = Tracker()
        ids = []
        for number in range(20):
            way = 12 * abs(number - 10)
            faces = [(1, at(155 - way)), (2, at(165 + way))]
            given = tuple(replace(one, track=70 + who if hints else None) for who, one in faces)
            ids.append([one.track for one in tracker(Seen(frame(number / RATE, number), given)).faces])
        return ids

    assert met(True) == [[1, 2]] * 20
    assert met(False)[-1] != [1, 2]


def test_where_the_whole_picture_moved_the_ids_move_along() -> None:
    """A camera that shakes: by more than the distance between the two."""

    def shaken(told: bool) -> list[list[int | None]]:
        tracker = Tracker()
        ids = []
        for number in range(20):
            shift = 45.0 * (number % 2)
            faces = (at(100 + shift), at(145 + shift))
            panned = (45.0 if number % 2 else -45.0, 0.0) if told and number else (0.0, 0.0)
            seen = tracker(Seen(frame(number / RATE, number), faces, panned=panned))
            assert seen.panned == panned
            ids.append([one.track for one in seen.faces])
        return ids

    assert shaken(True) == [[1, 2]] * 20
    assert shaken(False) != [[1, 2]] * 20


def test_a_camera_that_turns_changes_no_motion_and_takes_along_who_is_not_seen() -> None:
    tracker = Tracker()
    for number in range(25):
        tracker(Seen(frame(number / RATE, number), (at(20 + 3 * number), at(200))))
    tracker(Seen(frame(1.0, 25), (), panned=(60.0, -30.0)))
    seen = tracker(Seen(frame(1.04, 26), (at(20 + 3 * 26 + 60, 60), at(260, 60))))
    assert [one.track for one in seen.faces] == [1, 2]


# --- scenes ---


def test_when_a_scene_has_faded_in_who_is_not_seen_has_gone_for_good() -> None:
    def ids(faded: float | None) -> list[int | None]:
        tracker = Tracker()
        tracker(Seen(frame(1.0), (at(60), at(160))))
        seen = tracker(Seen(frame(1.1), (at(160),), faded=faded))
        assert seen.faded == faded
        assert [one.track for one in seen.faces] == [2]
        return [one.track for one in tracker(Seen(frame(1.2), (at(60), at(160)))).faces]

    assert ids(None) == [1, 2]
    assert ids(0.2) == [3, 2]


def test_who_comes_with_a_scene_that_has_faded_in_is_somebody_new_unless_known_from_during_it() -> None:
    tracker = Tracker()
    tracker(Seen(frame(1.0), (at(60),)))
    seen = tracker(Seen(frame(1.1), (at(160), at(260)), faded=0.2))
    assert [one.track for one in seen.faces] == [2, 3]
    assert [one.track for one in tracker(Seen(frame(1.2), (at(160), at(260), at(60)))).faces] == [2, 3, 4]


def test_a_scene_that_fades_into_an_empty_one_leaves_nobody() -> None:
    tracker = Tracker()
    tracker(Seen(frame(1.0), (at(60),)))
    assert tracker(Seen(frame(1.1), (), faded=0.2)).faces == ()
    assert tracker(Seen(frame(1.2), (at(60),))).faces[0].track == 2


def test_a_cut_starts_new_ids_though_a_face_is_at_the_same_place() -> None:
    tracker = Tracker()
    seen = [tracker(Seen(frame(number / RATE, number), (at(160),), number in (20, 40))) for number in range(60)]
    assert [one.faces[0].track for one in seen] == [1] * 20 + [2] * 20 + [3] * 20
    assert [number for number, one in enumerate(seen) if one.cut] == [20, 40]


def test_a_cut_to_an_empty_scene_forgets_too() -> None:
    tracker = Tracker()
    assert tracker(Seen(frame(0.0), (at(160),))).faces[0].track == 1
    empty = tracker(Seen(frame(0.1), (), cut=True))
    assert (empty.frame.time, empty.faces, empty.cut) == (0.1, (), True)
    assert tracker(Seen(frame(0.2), (at(160),))).faces[0].track == 2


def test_another_picture_alone_is_no_cut() -> None:
    """Where a scene ends is not the tracker's to tell."""
    tracker = Tracker()
    for number, level in enumerate((0, 255, 0)):
        seen = tracker(Seen(Frame(number, number / RATE, np.full_like(PIXELS, level)), (at(160),)))
        assert (seen.faces[0].track, seen.cut) == (1, False)


def test_a_clock_that_runs_backwards_starts_anew() -> None:
    tracker = Tracker()
    first = tracker(Seen(frame(5.0), (at(160),)))
    second = tracker(Seen(frame(1.0), (at(160),)))
    third = tracker(Seen(frame(1.1), (at(160),)))
    assert [one.faces[0].track for one in (first, second, third)] == [1, 2, 2]
    assert [one.cut for one in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize("leap", [LOST - 1, LOST + 1, 3600])
def test_who_is_there_before_and_after_a_recording_paused_has_not_been_away(leap: float) -> None:
    tracker = Tracker()
    tracker(Seen(frame(5.0), (at(60), at(160))))
    seen = tracker(Seen(frame(5.0 + leap), (at(62), at(300))))
    assert [face.track for face in seen.faces] == [1, 3]


def test_who_was_not_there_when_a_recording_paused_is_forgotten_in_it() -> None:
    tracker = Tracker()
    tracker(Seen(frame(5.0), (at(60), at(160))))
    tracker(Seen(frame(5.1), (at(60),)))
    seen = tracker(Seen(frame(5.1 + LOST), (at(60), at(160))))
    assert [face.track for face in seen.faces] == [1, 3]


def test_two_frames_of_one_time_are_no_error() -> None:
    tracker = Tracker()
    assert [tracker(Seen(frame(1.0), (at(160),))).faces[0].track for _ in range(3)] == [1, 1, 1]


# --- what is handed on ---


def test_all_but_the_id_is_handed_on_as_it_is() -> None:
    people = (
        Face(
            box=(90.0, 20.0, 60.0, 66.0),
            score=0.7,
            eyes=((100.0, 40.0), (130.0, 45.0)),
            roll=9.5,
            placement=Placement.FOLLOWED,
            confirmed=True,
        ),
        Face(box=(10.0, 20.0, 30.0, 31.0), score=0.4, eyes=((15.0, 30.0), (25.0, 29.0)), roll=-5.7, confirmed=False),
        Face(box=(-9.0, 120.0, 20.0, 20.0), score=0.9, eyes=((0.0, 125.0), (8.0, 125.0)), roll=0.0, track=77),
    )
    tracker = Tracker()
    for number in range(3):
        given = Seen(frame(number / RATE, number), people)
        seen = tracker(given)
        assert seen.frame is given.frame
        assert [face.track for face in seen.faces] == [1, 2, 3]
        assert tuple(replace(face, track=one.track) for face, one in zip(seen.faces, people, strict=True)) == people


def test_who_is_confirmed_later_has_the_id_from_the_first_sight_on() -> None:
    tracker = Tracker()
    tracks = [
        tracker(Seen(frame(number / RATE), (replace(at(160), confirmed=number > 2),))).faces[0].track
        for number in range(6)
    ]
    assert tracks == [1] * 6


# --- pairs ---


def test_pairs_are_made_at_little_cost_together() -> None:
    # The cheapest pair first would leave the other with one beyond its gate.
    costs = np.array([[0.1, 0.2], [0.15, 0.9]])
    assert assigned(costs, np.array([1.0, 1.0])) == {0: 1, 1: 0}
    assert assigned(costs, np.array([0.12, 0.12])) == {0: 0}
    assert assigned(np.zeros((0, 2)), np.ones(2)) == {}


def test_no_pair_is_made_beyond_a_gate() -> None:
    costs = np.array([[0.5, 3.0], [3.0, 0.5], [0.6, 0.6]])
    assert assigned(costs, np.array([0.4, 1.0])) == {1: 1}
    assert assigned(costs, np.array([0.5, 0.5])) == {}, "the gate itself is too much"
    assert assigned(costs, np.array([1.0, 1.0])) == {0: 0, 1: 1}


def test_all_get_a_mate_and_no_exchange_of_two_would_cost_less() -> None:
    costs = np.random.default_rng(0).random((30, 20))
    pairs = assigned(costs, np.full(20, 2.0))
    assert len(pairs) == len(set(pairs.values())) == 20
    for (one, a), (two, b) in combinations(pairs.items(), 2):
        assert costs[one, a] + costs[two, b] <= costs[one, b] + costs[two, a] + 1e-9


def test_in_a_time_lapse_whoever_is_in_every_frame_keeps_their_id_though_a_box_comes_out_large() -> None:
    tracker = Tracker()
    named = [
        tracker(Seen(frame(5.0 * number, number), (at(100 + 10 * number, width=48 if number % 3 else 30),)))
        for number in range(20)
    ]
    assert {face.track for seen in named for face in seen.faces} == {1}


def test_the_faces_of_a_photo_are_counted_from_left_to_right() -> None:
    faces = (
        judged_face((300, 10, 90, 90)),
        judged_face((10, 10, 80, 80)),
        replace(judged_face((0, 10, 70, 70)), confirmed=False),
        judged_face((150, 10, 60, 60)),
    )
    photo = Judged(Frame(0, 0.0, np.zeros((200, 400, 3), np.uint8)), faces)
    assert [face.track for face in counted(photo).faces] == [3, 1, None, 2]
