"""Each person keeps an id: through movement, crossings, brief absence; never across a cut."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from making import judged_face

from emojicam.stream.faces.track import LOST, Scenes, Tracker, assigned, thumbnail
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame, Seen

RATE = 25
ROOM = np.random.default_rng(0).integers(60, 190, (9, 16), dtype=np.uint8)


def scene(seed: int = 0, light: float = 1.0) -> Pixels:
    """A blurred room: BGR uint8 180x320x3."""
    rough = np.random.default_rng(seed).integers(40, 200, (9, 16)).astype(np.float32) * light
    grey = cv2.resize(rough, (320, 180), interpolation=cv2.INTER_CUBIC)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


def at(x: float, y: float = 90, width: float = 30) -> Face:
    return judged_face((x - width / 2, y - width / 2, width, width))


def follow(
    places: Callable[[float], dict[str, Face]], seconds: float, *, rate: float = RATE, picture: Pixels | None = None
) -> dict[str, list[int]]:
    """The ids that each person gets; `places` says who is seen where at a time."""
    tracker = Tracker()
    ids: dict[str, list[int]] = {}
    pixels = scene() if picture is None else picture
    for number in range(round(seconds * rate)):
        people = places(number / rate)
        names = sorted(people, key=lambda name: people[name].box[0])  # in whatever order a detector finds them
        seen = tracker(Seen(Frame(number, number / rate, pixels), tuple(people[name] for name in names)))
        for name, face in zip(names, seen.faces, strict=True):
            assert face.track is not None
            if not ids.setdefault(name, []) or ids[name][-1] != face.track:
                ids[name].append(face.track)
    return ids


def test_people_who_sway_keep_their_ids() -> None:
    ids = follow(lambda t: {"a": at(80 + 10 * math.sin(3 * t)), "b": at(200, 90 + 20 * math.cos(2 * t), 40)}, 8)
    assert ids == {"a": [1], "b": [2]}


@pytest.mark.parametrize("rate", [10, 25, 60])
def test_a_face_that_crosses_the_picture_keeps_its_id(rate: float) -> None:
    assert follow(lambda t: {"a": at(20 + 140 * t)}, 2, rate=rate) == {"a": [1]}


@pytest.mark.parametrize("speed", [80, 120, 200])
def test_frames_that_come_in_bursts_tell_nothing_of_speed(speed: float) -> None:
    """Stamped when they arrive: four frames within 15 ms, then nothing for a while."""
    tracker = Tracker()
    ids = set()
    pixels = scene()
    for number in range(60):
        taken, came = number / RATE, number // 4 * 4 / RATE + number % 4 * 0.005
        seen = tracker(Seen(Frame(number, came, pixels), (at(20 + speed * taken, width=40),)))
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


@pytest.mark.parametrize("hidden", [0.2, 0.5, 0.9])
def test_a_face_that_is_hidden_for_a_moment_comes_back_with_its_id(hidden: float) -> None:
    def places(t: float) -> dict[str, Face]:
        people = {"stays": at(250), "hides": at(60 + 30 * t)}
        if 1 <= t < 1 + hidden:
            del people["hides"]
        return people

    assert follow(places, 3) == {"hides": [1], "stays": [2]}


def test_who_comes_after_a_while_is_somebody_new() -> None:
    def places(t: float) -> dict[str, Face]:
        return {} if 1 <= t < 1.2 + LOST else {"a": at(60)}

    assert follow(places, 4) == {"a": [1, 2]}


def test_who_comes_elsewhere_is_somebody_new() -> None:
    assert follow(lambda t: {"a": at(40 if t < 1 else 260)}, 2) == {"a": [1, 2]}


def test_somebody_much_larger_at_the_same_place_is_somebody_new() -> None:
    assert follow(lambda t: {"a": at(160, width=20 if t < 1 else 70)}, 2) == {"a": [1, 2]}


def test_ids_are_never_used_twice() -> None:
    ids = follow(lambda t: {f"{int(t / 1.5)}": at(60 + 70 * (int(t / 1.5) % 3))} if t % 1.5 < 0.2 else {}, 12)
    found = [number for numbers in ids.values() for number in numbers]
    assert sorted(found) == list(range(1, len(found) + 1))


def test_a_cut_starts_new_ids_though_a_face_is_at_the_same_place() -> None:
    tracker = Tracker()
    ids, cuts = [], []
    for number in range(60):
        frame = Frame(number, number / RATE, scene(number // 20))
        seen = tracker(Seen(frame, (at(160),)))
        ids.append(seen.faces[0].track)
        cuts.append(seen.cut)
    assert ids == [1] * 20 + [2] * 20 + [3] * 20
    assert [number for number, cut in enumerate(cuts) if cut] == [20, 40]


@pytest.mark.parametrize("form", Format)
def test_neither_light_nor_motion_nor_noise_is_a_cut(form: Format) -> None:
    scenes = Scenes()
    rng = np.random.default_rng(0)
    wide = cv2.resize(rng.integers(40, 200, (12, 40)).astype(np.float32), (1600, 360), interpolation=cv2.INTER_CUBIC)
    for number in range(60):
        left = 15 * number  # a quick pan
        light = 0.5 if 20 <= number < 22 else 1.0  # a lamp
        grey = wide[:, left : left + 640] * light + rng.normal(0, 8, (360, 640))
        bgr = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)
        pixels = bgr if form is Format.BGR else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
        assert not scenes.cut(Frame(number, number / RATE, pixels, form)), number


def test_a_clock_that_runs_backwards_starts_anew() -> None:
    tracker = Tracker()
    first = tracker(Seen(Frame(0, 5.0, scene()), (at(160),)))
    second = tracker(Seen(Frame(1, 1.0, scene()), (at(160),)))
    assert (first.faces[0].track, second.faces[0].track, second.cut) == (1, 2, True)


def test_pairs_are_made_at_little_cost_together() -> None:
    # The cheapest pair first would leave the other with one beyond its gate.
    costs = np.array([[0.1, 0.2], [0.15, 0.9]])
    assert assigned(costs, np.array([1.0, 1.0])) == {0: 1, 1: 0}
    assert assigned(costs, np.array([0.12, 0.12])) == {0: 0}
    assert assigned(np.zeros((0, 2)), np.ones(2)) == {}


@pytest.mark.parametrize("shape", [(1080, 1920), (48, 64), (1, 500), (30, 20)])
def test_a_thumbnail_is_small(shape: tuple[int, int]) -> None:
    small = thumbnail(np.full(shape, 77, np.uint8))
    assert max(small.shape) <= 40
    assert (small == 77).all()
