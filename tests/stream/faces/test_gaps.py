"""Once a face has been seen it is covered in every frame until it has gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from making import judged_face

from emojicam.stream.faces import gaps
from emojicam.stream.faces.gaps import Coast, LookAhead
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

RATE = 25
PIXELS = np.zeros((180, 320, 3), np.uint8)


def at(x: float, track: int = 1, width: float = 40, emotion: str = "happiness") -> JudgedFace:
    return judged_face((x - width / 2, 70, width, width), emotion, track=track)


def frames(seen: Callable[[int], list[JudgedFace]], count: int, cuts: tuple[int, ...] = ()) -> Iterator[Judged]:
    for number in range(count):
        yield Judged(Frame(number, number / RATE, PIXELS), tuple(seen(number)), number in cuts)


def covers(judged: Judged, x: float, width: float = 40) -> bool:
    """Whether a face there lies under the cover of one that is known."""
    return any(
        face.box[0] <= x - width / 2 + 1 and face.box[0] + face.box[2] >= x + width / 2 - 1 for face in judged.faces
    )


def sources(judged: list[Judged]) -> str:
    """A letter for each frame: detected, ahead, coasted, or - for none."""
    return "".join(judged.faces[0].placement.value[0] if judged.faces else "-" for judged in judged)


def test_what_is_detected_passes_unchanged() -> None:
    before = list(frames(lambda n: [at(100 + n), at(250, 2)], 60))
    assert list(LookAhead()(before)) == before
    coast = Coast()
    assert [coast(one) for one in before] == before


def test_every_frame_comes_once_and_in_order() -> None:
    done = list(LookAhead(0.4)(frames(lambda n: [at(100)] if n % 3 else [], 50)))
    assert [judged.frame.index for judged in done] == list(range(50))


def test_frames_before_the_first_detection_are_covered() -> None:
    done = list(LookAhead(0.4)(frames(lambda n: [at(100)] if n >= 20 else [], 40)))
    assert sources(done) == "-" * 10 + "a" * 10 + "d" * 20


def test_between_two_detections_the_cover_moves_along() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100 + 2 * n)] if n < 10 or n > 25 else [], 40)))
    assert sources(done) == "d" * 10 + "a" * 16 + "d" * 14
    for number, judged in enumerate(done):
        assert covers(judged, 100 + 2 * number)
        left, _, width, _ = judged.faces[0].box
        assert left + width / 2 == pytest.approx(100 + 2 * number, abs=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_of_a_face_that_is_missed_in_a_third_of_all_frames_none_is_shown(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.random(200) > 0.33
    seen[:15] = False

    def place(number: int) -> float:
        return 160 + 60 * float(np.sin(number / 25))

    done = list(LookAhead()(frames(lambda n: [at(place(n))] if seen[n] else [], 200)))
    assert all(covers(judged, place(judged.frame.index)) for judged in done)


def test_a_face_that_has_gone_is_covered_a_little_longer_and_then_no_more() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100 + 2 * n)] if n < 20 else [], 60)))
    coasted = round(gaps.COAST * RATE)
    assert sources(done) == "d" * 20 + "c" * coasted + "-" * (40 - coasted)
    for number in range(20, 20 + coasted // 2):
        assert covers(done[number], 100 + 2 * number)


def test_a_face_that_walks_out_is_covered_to_the_border() -> None:
    done = list(LookAhead()(frames(lambda n: [at(260 + 6 * n)] if n < 10 else [], 40)))
    coasted = round(gaps.COAST * RATE)
    assert sources(done) == "d" * 10 + "c" * coasted + "-" * (30 - coasted)
    lefts = [judged.faces[0].box[0] + judged.faces[0].box[2] / 2 for judged in done[10 : 10 + coasted]]
    assert max(lefts) == 320


def test_a_face_that_stops_at_the_border_stays_covered() -> None:
    done = list(LookAhead()(frames(lambda n: [at(min(314, 260 + 6 * n))] if n < 11 else [], 40)))
    coasted = round(gaps.COAST * RATE)
    assert sources(done) == "d" * 11 + "c" * coasted + "-" * (29 - coasted)
    assert all(judged.faces[0].box[0] <= 314 - 20 + 6 for judged in done[11 : 11 + coasted])


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
    for number in range(3):  # two at the same moment
        same(Judged(Frame(number, 1.0, PIXELS), (at(100 + number),)))


def test_where_memory_ends_the_look_ahead_the_cover_coasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MEMORY", 6 * PIXELS.nbytes)  # a fifth of a second
    done = list(LookAhead(1.0)(frames(lambda n: [at(150)] if n < 10 or n >= 33 else [], 60)))
    assert "-" not in sources(done)


def test_nothing_is_carried_across_a_cut() -> None:
    done = list(LookAhead()(frames(lambda n: [at(100)] if n < 10 else [at(200, 2)] if n > 20 else [], 40, cuts=(10,))))
    assert sources(done) == "d" * 10 + "a" * 11 + "d" * 19
    assert {face.track for judged in done[10:] for face in judged.faces} == {2}


def test_between_two_emotions_the_nearer_one_is_shown() -> None:
    def seen(number: int) -> list[JudgedFace]:
        return [at(100)] if number < 10 else [at(100, emotion="surprise")] if number >= 20 else []

    labels = [judged.faces[0].label for judged in LookAhead()(frames(seen, 30))]
    assert labels == ["happiness"] * 15 + ["surprise"] * 15 or labels == ["happiness"] * 14 + ["surprise"] * 16


def test_no_more_frames_are_kept_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MEMORY", 5 * PIXELS.nbytes)
    taken = 0

    def counted() -> Iterator[Judged]:
        nonlocal taken
        for judged in frames(lambda n: [], 50):
            taken += 1
            yield judged

    for number, _ in enumerate(LookAhead(10.0)(counted())):
        assert taken <= number + 6


def test_live_a_lost_face_is_covered_where_it_goes_and_the_wider_the_longer() -> None:
    coast = Coast()
    done = [coast(one) for one in frames(lambda n: [at(100 + 2 * n)] if n < 20 else [], 60)]
    assert sources(done) == "d" * 20 + "c" * 25 + "-" * 15
    for number in range(20, 32):
        assert covers(done[number], 100 + 2 * number)
    widths = [judged.faces[0].box[2] for judged in done[20:45]]
    assert widths == sorted(widths)
    assert widths[-1] > 1.7 * 40


def test_live_the_whole_frame_is_veiled_while_a_face_is_lost_if_so_wanted() -> None:
    coast = Coast(veil=True)
    done = [coast(one) for one in frames(lambda n: [at(100)] if n < 20 or 24 <= n < 30 else [], 70)]
    assert [judged.frame.index for judged in done if judged.veiled] == [*range(20, 24), *range(30, 55)]
    assert done[20].faces[0].placement is Placement.COASTED


def test_faces_without_a_track_are_left_alone() -> None:
    before = list(frames(lambda n: [judged_face((80, 70, 40, 40))] if n % 2 else [], 20))
    assert list(LookAhead()(before)) == before
