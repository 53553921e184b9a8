"""Once a face has been seen it is covered in every frame until it has gone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from making import Picture, judged_face

from emojicam.stream.faces import gaps
from emojicam.stream.faces.gaps import BARE, BRAKING, COAST, MARGIN, STRAIGHT, WIDEST, WITHIN, Coast, LookAhead
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

RATE = 25
WIDTH, HEIGHT, SIDE, HEAD = 320, 180, 40, 56
TOP = 70
"""Of each face, px."""

PIXELS = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

COASTED, LIVE = int(COAST * RATE), int(2 * COAST * RATE)
"""Frames for which a face that has gone is covered, in a file and live."""


def at(
    x: float, track: int = 1, width: float = SIDE, emotion: str = "happiness", *, y: float = TOP + SIDE / 2
) -> JudgedFace:
    """A face whose middle is there."""
    return judged_face((x - width / 2, y - width / 2, width, width), emotion, track=track)


def guess(face: JudgedFace) -> JudgedFace:
    """The same, not confirmed."""
    return replace(face, confirmed=False)


def frames(
    seen: Callable[[int], list[JudgedFace]],
    count: int,
    cuts: tuple[int, ...] = (),
    *,
    picture: Callable[[int], Picture] = lambda number: PIXELS,
    rate: float = RATE,
) -> Iterator[Judged]:
    for number in range(count):
        yield Judged(Frame(number, number / rate, picture(number)), tuple(seen(number)), number in cuts)


def timed(times: list[float], seen: Callable[[int], list[JudgedFace]]) -> Iterator[Judged]:
    """Frames at these times."""
    for number, time in enumerate(times):
        yield Judged(Frame(number, time, PIXELS), tuple(seen(number)))


def grain(width: int, height: int, seed: int, contrast: float) -> Picture:
    """What can be followed: light and dark spots, an eighth of a face wide."""
    size = math.ceil(8 * height / SIDE), math.ceil(8 * width / SIDE), 3
    coarse = np.random.default_rng(seed).uniform(128 - 127 * contrast, 128 + 127 * contrast, size).astype(np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


@cache
def ground() -> Picture:
    """What stands still."""
    return grain(WIDTH, HEIGHT, 1, 0.5)


@cache
def head(number: int) -> Picture:
    """What a face lies on: larger than its box, as heads are."""
    return grain(HEAD, HEAD, 2 + number, 1.0)


def shown(*places: float | None) -> Picture:
    """The ground, and before it a head with its middle at each of these places (px from the left); None is hidden."""
    picture = ground().copy()
    for number, x in enumerate(places):
        if x is not None:
            shift = np.array([[1, 0, x - HEAD / 2], [0, 1, TOP + SIDE / 2 - HEAD / 2]])
            there = np.asarray(cv2.warpAffine(np.full((HEAD, HEAD), 255, np.uint8), shift, (WIDTH, HEIGHT))) > 127
            picture[there] = np.asarray(cv2.warpAffine(head(number), shift, (WIDTH, HEIGHT)))[there]
    return picture


def covers(judged: Judged, x: float, width: float = SIDE) -> bool:
    """Whether a face there, as far as it lies in the picture, lies under the cover of one that is known."""
    left, right = max(x - width / 2, 0), min(x + width / 2, WIDTH)
    return any(face.box[0] <= left + 1 and face.box[0] + face.box[2] >= right - 1 for face in judged.faces)


def sources(judged: list[Judged]) -> str:
    """A letter for each frame: detected, ahead, coasted, or - for none."""
    return "".join(judged.faces[0].placement.value[0] if judged.faces else "-" for judged in judged)


def people(judged: list[Judged]) -> list[set[int | None]]:
    """The numbers in each frame."""
    return [{face.track for face in one.faces} for one in judged]


def bare(judged: list[Judged]) -> list[int]:
    """The frames in which a face may be bare."""
    return [one.frame.index for one in judged if one.bare]


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_what_is_detected_passes_unchanged() -> None:
    before = list(frames(lambda n: [at(100 + n), at(250, 2)], 60))
    done = list(LookAhead()(before))
    assert [one.faces for one in done] == [one.faces for one in before]
    assert [(one.frame.index, one.frame.time, one.cut, one.veiled, one.bare) for one in done] == [
        (n, n / RATE, False, False, 0) for n in range(60)
    ]
    coast = Coast()
    assert [coast(one) for one in before] == before


def test_every_frame_comes_once_and_in_order() -> None:
    done = list(LookAhead(0.4)(frames(lambda n: [at(100)] if n % 3 else [], 50)))
    assert [judged.frame.index for judged in done] == list(range(50))


def test_a_frame_is_given_when_what_comes_after_it_is_known_for_long_enough() -> None:
    taken = 0

    def counted() -> Iterator[Judged]:
        nonlocal taken
        for judged in frames(lambda n: [], 50):
            taken += 1
            yield judged

    ahead = [taken - judged.frame.index for judged in LookAhead(0.99)(counted())]
    assert ahead == [RATE + 1] * (50 - RATE) + list(range(RATE, 0, -1))


# --- before the first sight ------------------------------------------------------------------------------------------


def test_frames_before_the_first_detection_are_covered() -> None:
    seen = frames(lambda n: [at(100)] if n >= 20 else [], 40, picture=lambda n: shown(100))
    assert sources(list(LookAhead(0.4)(seen))) == "-" * 10 + "a" * 10 + "d" * 20
    plain = frames(lambda n: [at(100)] if n >= 20 else [], 40)  # that can't be followed
    assert sources(list(LookAhead()(plain))) == "-" * (20 - COASTED) + "a" * COASTED + "d" * 20


def test_a_face_is_followed_back_to_where_it_came_over_the_border() -> None:
    def x(number: int) -> float:
        return 4.0 * (number - 20) - SIDE / 2  # its first pixels are there in frame 21

    seen = frames(lambda n: [at(x(n))] if n >= 70 else [], 80, picture=lambda n: shown(x(n)))
    done = list(LookAhead()(seen))
    inside = [n for n in range(80) if at(x(n)).within(done[n].frame) >= WITHIN]
    assert inside[0] == 23
    for number in inside:
        assert covers(done[number], x(number)), number
    for number in range(30, 70):  # all of it is in the picture
        (face,) = done[number].faces
        assert face.middle[0] == pytest.approx(x(number), abs=4), number
        assert face.box[2] == pytest.approx(MARGIN * SIDE, rel=0.1), number
    assert not any(one.faces for one in done[: inside[0] - COASTED - 2])
    assert people(done)[inside[0] :] == [{1}] * (80 - inside[0])


def test_following_back_ends_where_the_face_is_no_more_to_be_seen() -> None:
    """Somebody turns round, say: what is there before looks otherwise."""
    seen = frames(lambda n: [at(150)] if n >= 60 else [], 70, picture=lambda n: shown(150 if n >= 30 else None))
    done = list(LookAhead()(seen))
    assert sources(done) == "-" * (30 - COASTED) + "a" * (30 + COASTED) + "d" * 10


def test_following_back_ends_at_a_cut() -> None:
    """Even where it looks the same before it."""
    seen = frames(lambda n: [at(150)] if n >= 60 else [], 70, cuts=(30,), picture=lambda n: shown(150))
    assert sources(list(LookAhead()(seen))) == "-" * 30 + "a" * 30 + "d" * 10


def test_following_back_ends_where_another_face_is() -> None:
    """The same place was somebody else's until frame 30, as far as anybody knows."""

    def faces(number: int) -> list[JudgedFace]:
        return [at(150)] if number <= 30 else [at(150, 2)] if number >= 60 else []

    numbers = people(list(LookAhead()(frames(faces, 70, picture=lambda n: shown(150)))))
    assert numbers[: 31 - COASTED] == [{1}] * (31 - COASTED)
    assert all(2 in here for here in numbers[31:])

    def guesses(number: int) -> list[JudgedFace]:  # but what may be no face stops nobody
        return [guess(face) if face.track == 1 else face for face in faces(number)]

    numbers = people(list(LookAhead()(frames(guesses, 70, picture=lambda n: shown(150)))))
    assert all(1 in here for here in numbers)  # the only one who counts is the first


def test_in_a_large_picture_a_face_is_followed_back_by_a_small_copy() -> None:
    large = 4
    size = (large * WIDTH, large * HEIGHT)

    def faces(number: int) -> list[JudgedFace]:
        return [at(large * (60 + 3 * number), 1, large * SIDE, y=large * 90)] if number >= 30 else []

    def picture(number: int) -> Picture:
        return np.asarray(cv2.resize(shown(60 + 3 * number), size, interpolation=cv2.INTER_CUBIC), np.uint8)

    done = list(LookAhead()(frames(faces, 35, picture=picture)))
    assert sources(done) == "a" * 30 + "d" * 5
    for number in range(30):
        assert done[number].faces[0].middle == pytest.approx((large * (60 + 3 * number), large * 90), abs=large * 4)


def test_of_a_fast_video_every_other_picture_is_enough_to_follow_a_face_back() -> None:
    fast = 60
    seen = frames(lambda n: [at(60 + n)] if n >= 100 else [], 110, picture=lambda n: shown(60 + n), rate=fast)
    done = list(LookAhead()(seen))
    assert sources(done) == "a" * 100 + "d" * 10
    assert all(covers(done[number], 60 + number, SIDE - 2) for number in range(110))


def test_no_more_small_pictures_are_made_than_it_takes() -> None:
    for rate, most in ((30, 30), (60, 30), (240, gaps.RATE)):
        before = list(frames(lambda n: [], 2 * rate, rate=rate))
        list(LookAhead()(before))
        assert 1.5 * gaps.RATE < sum("small" in vars(one.frame) for one in before) <= 2 * most, rate
    still = list(frames(lambda n: [], 50))
    list(LookAhead(0.0)(still))
    assert not any("small" in vars(one.frame) for one in still)


# --- between two sights ----------------------------------------------------------------------------------------------


def test_between_two_detections_the_cover_moves_along() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100 + 2 * n)] if n < 10 or n > 25 else [], 40)))
    assert sources(done) == "d" * 10 + "a" * 16 + "d" * 14
    for number, judged in enumerate(done):
        assert covers(judged, 100 + 2 * number)
        left, _, width, _ = judged.faces[0].box
        assert left + width / 2 == pytest.approx(100 + 2 * number, abs=0.1)


def test_between_two_detections_the_cover_goes_the_way_that_the_face_went() -> None:
    """To the left and back: a straight line between the two sights would leave it bare."""

    def x(number: int) -> float:
        return 180 - 80 * math.sin(math.pi * max(0, min(1, (number - 10) / 50)))

    seen = frames(lambda n: [at(x(n))] if n <= 10 or n >= 60 else [], 70, picture=lambda n: shown(x(n)))
    done = list(LookAhead()(seen))
    assert sources(done) == "d" * 11 + "a" * 49 + "d" * 10
    assert not covers(list(LookAhead()(frames(lambda n: [at(x(n))] if n <= 10 or n >= 60 else [], 70)))[35], x(35))
    for number in range(11, 60):
        (face,) = done[number].faces
        assert face.middle[0] == pytest.approx(x(number), abs=4), number
        assert covers(done[number], x(number), SIDE - 4), number


def test_from_where_a_face_can_be_followed_no_farther_the_cover_goes_to_its_last_sight() -> None:
    """It went behind something between two sights, and came out elsewhere."""

    def x(number: int) -> float:
        return 80 + 2 * number

    def picture(number: int) -> Picture:
        return shown(None if 20 <= number < 50 else x(number))

    done = list(LookAhead()(frames(lambda n: [at(x(n))] if n < 15 or n >= 60 else [], 70, picture=picture)))
    assert sources(done) == "d" * 15 + "a" * 45 + "d" * 10
    assert all(covers(judged, x(judged.frame.index), SIDE - 4) for judged in done)


@pytest.mark.parametrize("seed", range(5))
def test_of_a_face_that_is_missed_in_a_third_of_all_frames_none_is_shown(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.random(200) > 0.33
    seen[:15] = False

    def place(number: int) -> float:
        return 160 + 60 * float(np.sin(number / 25))

    done = list(
        LookAhead()(frames(lambda n: [at(place(n))] if seen[n] else [], 200, picture=lambda n: shown(place(n))))
    )
    assert all(covers(judged, place(judged.frame.index)) for judged in done)


def test_between_two_emotions_the_nearer_one_is_shown() -> None:
    def seen(number: int) -> list[JudgedFace]:
        return [at(100)] if number < 10 else [at(100, emotion="surprise")] if number >= 20 else []

    labels = [judged.faces[0].label for judged in LookAhead()(frames(seen, 30))]
    assert labels == ["happiness"] * 15 + ["surprise"] * 15 or labels == ["happiness"] * 14 + ["surprise"] * 16


# --- after the last sight --------------------------------------------------------------------------------------------


def test_a_face_that_has_gone_is_covered_a_little_longer_and_then_no_more() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100 + 2 * n)] if n < 20 else [], 60)))
    assert sources(done) == "d" * 20 + "c" * COASTED + "-" * (40 - COASTED)
    for number in range(20, 20 + COASTED // 2):
        assert covers(done[number], 100 + 2 * number)


def test_a_face_that_walks_out_is_covered_to_the_border() -> None:
    done = list(LookAhead()(frames(lambda n: [at(260 + 6 * n)] if n < 10 else [], 40)))
    assert sources(done) == "d" * 10 + "c" * COASTED + "-" * (30 - COASTED)
    lefts = [judged.faces[0].box[0] + judged.faces[0].box[2] / 2 for judged in done[10 : 10 + COASTED]]
    assert max(lefts) == pytest.approx(WIDTH)


def test_a_face_that_stops_at_the_border_stays_covered() -> None:
    done = list(LookAhead()(frames(lambda n: [at(min(314, 260 + 6 * n))] if n < 11 else [], 40)))
    assert sources(done) == "d" * 11 + "c" * COASTED + "-" * (29 - COASTED)
    assert all(judged.faces[0].box[0] <= 314 - 20 + 6 for judged in done[11 : 11 + COASTED])


def test_frames_close_together_carry_no_face_away() -> None:
    """Of a network's burst: two frames a millisecond apart, then one in which the face is missed."""
    times = [0.0, 0.04, 0.08, 0.12, 0.121, 0.15, 0.18]
    places = [100 + 5 * n for n in range(len(times))]
    coast = Coast()
    done = []
    for number, (time, x) in enumerate(zip(times, places, strict=True)):
        seen = (at(x),) if number < 5 else ()
        done.append(coast(Judged(Frame(number, time, PIXELS), seen)))
    assert all(covers(judged, x) for judged, x in zip(done, places, strict=True))
    same = Coast()
    for number in range(2):  # at the same moment
        same(Judged(Frame(number, 1.0, PIXELS), (at(100 + 3 * number),)))
    (face,) = same(Judged(Frame(2, 1.04, PIXELS), ())).faces
    assert face.middle[0] == pytest.approx(103, abs=5)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 9.0])
def test_what_moved_when_it_was_seen_last_comes_to_rest(seconds: float) -> None:
    """A face that is carried is not carried across the picture."""
    coast = Coast(10)
    for one in frames(lambda n: [at(60 + 2 * n)], 20):
        coast(one)
    (face,) = coast(Judged(Frame(20, 19 / RATE + seconds, PIXELS), ())).faces
    speed = 2 * RATE
    assert speed * STRAIGHT < face.middle[0] - (60 + 2 * 19) <= speed * (STRAIGHT + BRAKING)


def test_faces_that_are_added_are_sorted_among_the_others() -> None:
    """The largest first, as everybody relies on who draws the nearest on top."""
    done = list(LookAhead()(frames(lambda n: [*[at(220, 2, 60)] * (n < 10), at(100), at(40, 3, 20)], 30)))
    assert [len(one.faces) for one in done] == [3] * (10 + COASTED) + [2] * (20 - COASTED)
    for one in done:
        areas = [face.area for face in one.faces]
        assert areas == sorted(areas, reverse=True)


def test_nothing_is_carried_across_a_cut() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100)] if n < 10 else [at(200, 2)] if n > 20 else [], 40, cuts=(10,))))
    assert sources(done) == "d" * 10 + "a" * 11 + "d" * 19
    assert people(done) == [{1}] * 10 + [{2}] * 30


# --- a scene that fades into another ---------------------------------------------------------------------------------

BEGAN, TOLD = 25, 52
"""The frame in which another scene begins to fade in, and that in which this is told."""


def fading(
    seen: Callable[[int], list[JudgedFace]], picture: Callable[[int], Picture] = lambda n: PIXELS
) -> list[Judged]:
    """Frames of which it is told that there was a fade."""
    return [
        replace(one, faded=BEGAN / RATE) if one.frame.index == TOLD else one
        for one in frames(seen, 120, picture=picture)
    ]


def plain(faded: list[Judged]) -> list[Judged]:
    """The same without a word of it."""
    return [replace(one, faded=None) for one in faded]


def two_scenes(number: int) -> list[JudgedFace]:
    """Somebody who is seen until the fade is nearly over, and somebody who is from its middle on."""
    return [*[at(100)] * (number < 48), *[at(220, 2)] * (number >= 40)]


def test_after_a_fade_who_is_not_seen_is_neither_carried_on_nor_bare() -> None:
    faded, as_before = (list(LookAhead()(one)) for one in (fading(two_scenes), plain(fading(two_scenes))))
    assert people(faded)[TOLD:] == [{2}] * (120 - TOLD)
    assert bare(faded) == []
    assert any(1 in here for here in people(as_before)[TOLD:])
    assert bare(as_before)


def test_after_a_fade_the_same_holds_live() -> None:
    one, other = Coast(), Coast()
    faded, as_before = [one(judged) for judged in fading(two_scenes)], [other(it) for it in plain(fading(two_scenes))]
    assert all(1 in here for here in people(faded)[:TOLD])
    assert people(faded)[TOLD:] == [{2}] * (120 - TOLD)
    assert bare(faded) == []
    assert any(1 in here for here in people(as_before)[TOLD:])
    assert bare(as_before)


def test_after_a_fade_to_an_empty_scene_nobody_is_covered_and_nothing_is_veiled() -> None:
    coast = Coast(veil=True)
    done = [coast(one) for one in fading(lambda n: [at(100)] * (n < 48))]
    assert [one.frame.index for one in done if one.veiled] == list(range(48, TOLD))
    assert sources(done) == "d" * 48 + "c" * (TOLD - 48) + "-" * (120 - TOLD)


def test_who_is_seen_when_a_fade_is_over_is_carried_on_when_they_are_lost_later() -> None:
    faded = fading(lambda n: [at(100)] * (n < 70))
    coast = Coast()
    assert sources(list(LookAhead()(faded))) == "d" * 70 + "c" * COASTED + "-" * (50 - COASTED)
    assert sources([coast(one) for one in faded]) == "d" * 70 + "c" * LIVE + "-" * (50 - LIVE)


def test_between_two_sights_after_a_fade_a_face_is_covered() -> None:
    faded = fading(lambda n: [*[at(100)] * (n < 48), *[at(220, 2)] * (40 <= n < 60 or n >= 75)])
    assert people(list(LookAhead()(faded)))[TOLD:] == [{2}] * (120 - TOLD)


@pytest.mark.parametrize("first", [BEGAN + 15, BEGAN + 20, TOLD - 1])
def test_who_was_first_seen_after_a_fade_began_is_not_covered_before_it(first: int) -> None:
    """Though the same place looked the same all the time, and they would be followed back."""

    def seen(number: int) -> list[JudgedFace]:
        return [*[at(100)] * (number < 48), *[at(220, 2)] * (number >= first)]

    faded = fading(seen, lambda number: shown(100, 220))
    done = list(LookAhead()(faded))
    assert people(done)[:BEGAN] == [{1}] * BEGAN
    assert all(2 in here for here in people(done)[BEGAN:])
    assert all(len(here) == 2 for here in people(list(LookAhead()(plain(faded))))[:BEGAN])


def test_who_was_seen_before_a_fade_began_and_after_it_stays_covered_all_along() -> None:
    """A title fades in over a picture, say."""

    def seen(number: int) -> list[JudgedFace]:
        return [at(100)] if 20 <= number < 30 or number >= 45 else []

    done = list(LookAhead()(fading(seen, lambda number: shown(100))))
    assert people(done) == [{1}] * 120


# --- what may be bare ------------------------------------------------------------------------------------------------


def test_a_face_that_is_lost_in_the_middle_may_be_bare_after_its_cover() -> None:
    done = list(LookAhead()(frames(lambda n: [at(150)] if n < 20 else [], 120)))
    after = 19 + COASTED + 1
    assert bare(done) == list(range(after, after + round(BARE * RATE)))
    assert {one.bare for one in done} == {0, 1}


def test_a_face_that_left_over_the_border_is_not_bare() -> None:
    done = list(LookAhead()(frames(lambda n: [at(260 + 6 * n)] if n < 10 else [], 120)))
    assert bare(done) == []
    coast = Coast()
    assert bare([coast(one) for one in frames(lambda n: [at(260 + 6 * n)] if n < 10 else [], 120)]) == []


def test_a_face_that_is_seen_again_was_never_bare() -> None:
    assert bare(list(LookAhead()(frames(lambda n: [at(150)] if n < 20 or n >= 100 else [], 120)))) == []
    late = list(LookAhead(1.0)(frames(lambda n: [at(150)] if n < 20 or n >= 100 else [], 120)))
    # Later than is looked ahead: bare until a second before.
    assert bare(late) == list(range(19 + COASTED + 1, 100 - RATE))


def test_those_who_are_lost_together_are_counted() -> None:
    done = list(LookAhead()(frames(lambda n: [at(80), at(160, 2), guess(at(240, 3))] if n < 20 else [], 60)))
    assert {one.bare for one in done} == {0, 2}


def test_after_a_cut_nothing_is_bare() -> None:
    done = list(LookAhead()(frames(lambda n: [at(150)] if n < 20 else [], 120, cuts=(45,))))
    after = 19 + COASTED + 1
    assert bare(done) == list(range(after, 45))


def test_live_it_is_told_too() -> None:
    coast = Coast()
    done = [coast(one) for one in frames(lambda n: [at(150)] if n < 20 else [], 150)]
    after = 19 + LIVE + 1
    assert bare(done) == list(range(after, after + round(BARE * RATE)))


# --- what is confirmed, and who is who -------------------------------------------------------------------------------


def test_what_is_confirmed_later_was_a_face_all_along() -> None:
    def faces(number: int) -> list[JudgedFace]:
        return [] if number < 20 else [guess(at(150))] if number < 30 else [at(150)]

    done = list(LookAhead()(frames(faces, 40, picture=lambda n: shown(150))))
    assert people(done) == [{1}] * 40
    assert all(face.confirmed for one in done for face in one.faces)
    assert sources(done) == "a" * 20 + "d" * 20


def test_what_was_given_before_it_was_confirmed_stays_as_it_was() -> None:
    def faces(number: int) -> list[JudgedFace]:
        return [guess(at(150))] if number < 30 else [at(150)]

    done = list(LookAhead(0.39)(frames(faces, 40)))
    assert people(done) == [{None}] * 20 + [{1}] * 20
    assert [all(face.confirmed for face in one.faces) for one in done] == [False] * 20 + [True] * 20


def test_what_is_never_confirmed_has_no_number_and_is_neither_carried_on_nor_bare() -> None:
    done = list(
        LookAhead()(frames(lambda n: [guess(at(150))] if 20 <= n < 30 else [], 60, picture=lambda n: shown(150)))
    )
    assert people(done) == [set()] * 20 + [{None}] * 10 + [set()] * 30
    assert not any(face.confirmed for one in done for face in one.faces)
    assert bare(done) == []
    coast = Coast()
    live = [coast(one) for one in frames(lambda n: [guess(at(150))] if 20 <= n < 30 else [], 60)]
    assert sources(live) == "-" * 20 + "d" * 10 + "-" * 30


def test_people_are_counted_from_one_in_the_order_in_which_they_come() -> None:
    def faces(number: int) -> list[JudgedFace]:
        no_face, first, second = guess(at(40, 3)), at(150, 9), at(260, 5)
        return [no_face, *[first] * (number >= 10), *[second] * (number >= 20)]

    done = list(LookAhead()(frames(faces, 30)))
    # The two are known half a second before they are seen.
    assert people(done) == [{None, 1}] * 8 + [{None, 1, 2}] * 22
    assert {face.track: face.middle[0] for face in done[-1].faces} == {None: 40, 1: 150, 2: 260}


def test_who_is_followed_back_farther_came_first() -> None:
    """Not who was seen first."""

    def x(number: int) -> float:
        return min(240.0, 5.0 * (number - 20))  # comes from the left

    def faces(number: int) -> list[JudgedFace]:
        return [*[at(x(number), 1)] * (number >= 40), *[at(280, 2)] * (number >= 60)]

    done = list(LookAhead()(frames(faces, 70, picture=lambda n: shown(x(n), 280))))
    assert people(done)[0] == {1}
    assert people(done)[-1] == {1, 2}
    assert {face.track: face.middle[0] for face in done[-1].faces} == {1: 280, 2: x(69)}


def test_who_comes_back_keeps_the_number_whatever_was_between() -> None:
    done = list(LookAhead(0.4)(frames(lambda n: [at(150, 7)] if n < 10 or n >= 200 else [], 220)))
    assert people(done)[0] == people(done)[-1] == {1}


# --- the clock -------------------------------------------------------------------------------------------------------

HOUR = 3600.0


@pytest.mark.parametrize("hole", [10.0, 60.0, 2 * HOUR])
@pytest.mark.parametrize("seen", ["before", "after", "both"])
@pytest.mark.parametrize("speed", [0.0, 15.0])
def test_a_clock_that_leaps_makes_no_cover_large_and_ends_nothing_late(hole: float, seen: str, speed: float) -> None:
    times = [n / RATE + (hole if n >= 20 else 0) for n in range(100)]

    def faces(number: int) -> list[JudgedFace]:
        known = {"before": number < 20, "after": number >= 20, "both": True}[seen]
        return [at(40 + (speed * number) % 240)] if known else []

    coast = Coast()
    ahead, live = list(LookAhead()(timed(times, faces))), [coast(one) for one in timed(times, faces)]
    for done in (ahead, live):
        assert all(face.box[2] <= WIDEST * SIDE + 1e-6 for one in done for face in one.faces)
        if seen == "before":  # it has gone in the hole
            assert not any(one.faces or one.bare for one in done[20:])
        else:
            assert all(len(one.faces) == 1 for one in done[20:])
        if seen == "after":
            assert not any(one.faces for one in done[:20])


def test_in_a_time_lapse_a_face_that_is_missed_in_a_frame_is_covered_there() -> None:
    times = [5.0 * n for n in range(20)]
    done = list(LookAhead()(timed(times, lambda n: [at(150)] if n not in (4, 11) else [])))
    assert sources(done) == "dddd" + "a" + "dddddd" + "a" + "dddddddd"
    assert all(face.box[2] <= WIDEST * SIDE for one in done for face in one.faces)
    gone = list(LookAhead()(timed(times, lambda n: [at(150)] if n < 10 else [])))
    assert sources(gone) == "d" * 10 + "-" * 10
    assert bare(gone) == []


def test_a_clock_that_goes_back_is_another_scene() -> None:
    """So says the detector; here nothing of it may be left over."""
    times = [*(100 + n / RATE for n in range(20)), *(n / RATE for n in range(20))]
    before = timed(times, lambda n: [at(150)] if n < 20 else [])
    done = list(LookAhead()(replace(one, cut=one.frame.index == 20) for one in before))
    assert [one.frame.time for one in done] == times
    assert sources(done) == "d" * 20 + "-" * 20
    assert bare(done) == []


@pytest.mark.parametrize("seconds", [0.1, 1.0, 5.0, 2 * HOUR])
def test_a_cover_grows_while_nothing_is_known_and_never_beyond_what_is_allowed(seconds: float) -> None:
    """However long motion alone carries it."""
    coast = Coast(3 * HOUR)
    coast(Judged(Frame(0, 0.0, PIXELS), (at(150),)))
    (face,) = coast(Judged(Frame(1, seconds, PIXELS), ())).faces
    assert MARGIN * SIDE < face.box[2] <= WIDEST * SIDE
    assert (face.box[2] == WIDEST * SIDE) == (seconds > 1)


# --- where the frames are --------------------------------------------------------------------------------------------


def test_frames_are_away_until_they_are_read_again() -> None:
    before = list(frames(lambda n: [at(100)], 30))
    for ahead, known in zip(LookAhead()(before), before, strict=True):
        frame = ahead.frame
        assert frame.is_away
        assert frame.pixels.strides == (0, 0, 0)  # nothing is held
        assert (frame.index, frame.time, frame.width, frame.height) == (known.frame.index, known.frame.time, 320, 180)


def test_frames_are_held_from_the_first_that_may_not_be_read_again() -> None:
    doubtful = False

    def counted() -> Iterator[Judged]:
        nonlocal doubtful
        for judged in frames(lambda n: [at(100)], 30):
            doubtful = judged.frame.index >= 12
            yield judged

    done = list(LookAhead(0.4, lambda: doubtful)(counted()))
    assert [one.frame.is_away for one in done] == [True] * 12 + [False] * 18
    assert all(one.frame.pixels is PIXELS for one in done[12:])


def held(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let memory end with so many frames."""
    monkeypatch.setattr(gaps, "MEMORY", count * PIXELS.nbytes)


def waiting(ahead: LookAhead, count: int) -> list[int]:
    """How many frames were taken and not yet given, as each of them is given."""
    taken = 0

    def counted() -> Iterator[Judged]:
        nonlocal taken
        for judged in frames(lambda n: [], count):
            taken += 1
            yield judged

    return [taken - number for number, _ in enumerate(ahead(counted()))]


@pytest.mark.parametrize("hold", [True, False])
def test_no_more_frames_are_held_than_memory_allows(hold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, 5)
    most = max(waiting(LookAhead(10.0, lambda: hold), 50))
    assert most == (6 if hold else 50)  # those that are away take none


def test_frames_that_were_given_count_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, 15)
    assert waiting(LookAhead(0.39, lambda: True), 100) == [11] * 90 + list(range(10, 0, -1))


def test_where_memory_ends_the_look_ahead_the_cover_coasts(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, 6)  # a fifth of a second
    done = list(LookAhead(1.0, lambda: True)(frames(lambda n: [at(150)] if n < 10 or n >= 33 else [], 60)))
    assert "-" not in sources(done)
    assert "c" in sources(done)


def test_a_frame_that_alone_is_more_than_memory_is_given_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, 0)
    done = list(LookAhead(1.0, lambda: True)(frames(lambda n: [at(150)], 5)))
    assert sources(done) == "ddddd"


def test_without_looking_ahead_each_frame_is_given_as_it_comes() -> None:
    taken = 0

    def counted() -> Iterator[Judged]:
        nonlocal taken
        for judged in frames(lambda n: [guess(at(60, 4)), *[at(150)] * (20 <= n < 30)], 60):
            taken += 1
            yield judged

    done = []
    for number, judged in enumerate(LookAhead(0.0)(counted())):
        assert taken == number + 1
        done.append(judged)
    assert all(one.frame.pixels is PIXELS for one in done)  # there is no second reading
    assert people(done) == [{None}] * 20 + [{None, 1}] * (10 + COASTED) + [{None}] * (30 - COASTED)
    assert bare(done) == list(range(30 + COASTED, 60))


# --- live ------------------------------------------------------------------------------------------------------------


def test_live_a_lost_face_is_covered_where_it_goes_and_the_wider_the_longer() -> None:
    coast = Coast()
    done = [coast(one) for one in frames(lambda n: [at(100 + 2 * n)] if n < 20 else [], 60)]
    assert sources(done) == "d" * 20 + "c" * LIVE + "-" * (40 - LIVE)
    for number in range(20, 32):
        assert covers(done[number], 100 + 2 * number)
    widths = [judged.faces[0].box[2] for judged in done[20 : 20 + LIVE]]
    assert widths == sorted(widths)
    assert widths[-1] > 1.7 * SIDE


def test_live_the_whole_frame_is_veiled_while_a_face_is_lost_if_so_wanted() -> None:
    coast = Coast(veil=True)
    done = [coast(one) for one in frames(lambda n: [at(100)] if n < 20 or 24 <= n < 30 else [], 70)]
    assert [judged.frame.index for judged in done if judged.veiled] == [*range(20, 24), *range(30, 55)]
    assert done[20].faces[0].placement is Placement.COASTED


def test_live_nothing_is_carried_across_a_cut() -> None:
    coast = Coast(veil=True)
    done = [coast(one) for one in frames(lambda n: [at(100)] if n < 20 else [], 60, cuts=(25,))]
    assert sources(done) == "d" * 20 + "c" * 5 + "-" * 35
    assert not any(one.veiled or one.bare for one in done[25:])
