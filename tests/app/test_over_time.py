"""Faces over time, from pixels to pixels: who is who, when the emoji changes, and that no face is ever bare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from making import Picture, add_head, amazed, read_video, write_video

from emojicam.settings import Settings
from emojicam.stream.choices import Range, Steadiness, Style
from emojicam.stream.drawing.cover import COVER_SIZE
from emojicam.stream.faces.gaps import BARE, COAST
from emojicam.stream.faces.looks import Looks
from emojicam.stream.faces.views import View
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Face, Frame
from emojicam.wiring import Annotator

RATE, WIDTH, HEIGHT = 25, 640, 360


@cache
def room(width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """A wall with some light and some edges, without a face."""
    rng = np.random.default_rng(3)
    light = cv2.resize(rng.uniform(80, 160, (5, 8, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.uniform(-15, 15, (height // 6, width // 6, 1)), (width, height))
    return np.clip(light + fine[..., None], 0, 255).astype(np.uint8)


def clip(path: Path, seconds: float, draw: Callable[[Picture, float], None]) -> Path:
    """A video of the room, with what `draw` puts into each frame at its time."""
    return taken(path, [number / RATE for number in range(round(seconds * RATE))], draw)


def taken(
    path: Path, times: Sequence[float], draw: Callable[[Picture, float], None], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Path:
    """The same at these times, and of this size."""
    pictures = []
    for time in times:
        picture = room(*size).copy()
        draw(picture, time)
        pictures.append(picture)
    base = Fraction(1, 12800)
    write_video(path, pictures, pts=[round(time / base) for time in times], time_base=base, rate=RATE)
    return path


def record(annotator: Annotator, source: Path) -> list[dict[str, Any]]:
    """Annotate a clip and read its report."""
    report, target = source.with_suffix(".jsonl"), source.with_suffix(".out.mp4")
    with ReportWriter(report, annotator.labels) as lines:
        annotator.video(source, target, lines)
    return [json.loads(line) for line in report.read_text().splitlines()]


def test_two_people_who_cross_keep_their_ids(annotator: Annotator, portrait: Picture, tmp_path: Path) -> None:
    mirrored = np.ascontiguousarray(cv2.flip(portrait, 1)[:, 512 - 2 * 224 :])

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, mirrored, 500 - 120 * t, 170, 0.75)
        add_head(picture, portrait, 140 + 120 * t, 185, 0.95)  # in front of the other

    seen = [judged.faces for judged in annotator.stream(clip(tmp_path / "crossing.mp4", 3.0, draw))]
    assert {face.track for faces in seen for face in faces} == {1, 2}
    before, after = ({face.track: face.box[0] for face in faces} for faces in (seen[10], seen[-1]))
    assert len(before) == len(after) == 2
    assert (before[1] < before[2]) != (after[1] < after[2])  # each went on in its own direction


def test_who_is_hidden_for_half_a_second_is_the_same_person(
    annotator: Annotator, portrait: Picture, tmp_path: Path
) -> None:
    def draw(picture: Picture, t: float) -> None:
        add_head(picture, portrait, 230 + 40 * t, 180)
        if 1.0 <= t < 1.5:  # a door
            picture[60:300, 200:380] = 90

    seen = [judged.faces for judged in annotator.stream(clip(tmp_path / "hidden.mp4", 3.0, draw))]
    assert all(not faces for faces in seen[RATE + 1 : RATE + 12])
    assert sum(len(faces) for faces in seen) >= 0.95 * 2.5 * RATE
    assert {face.track for faces in seen for face in faces} == {1}


@pytest.mark.parametrize("change", [1.6, 1.64, 1.68])
def test_another_expression_is_shown_within_half_a_second(
    change: float, annotator: Annotator, portrait: Picture, tmp_path: Path
) -> None:
    surprised = amazed(portrait)

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, portrait if t < change else surprised, 320 + 20 * np.sin(t), 180, 1.2)

    lines = record(annotator, clip(tmp_path / "change.mp4", 3.2, draw))
    shown = [line["faces"][0]["emotion"] for line in lines]
    first = shown.index("surprise")
    assert set(shown[:first]) == {"happiness"}
    assert set(shown[first:]) == {"surprise"}
    assert 0 < lines[first]["time"] - change <= 0.5


def test_the_emoji_of_a_face_that_is_hard_to_tell_does_not_flicker(portrait: Picture, tmp_path: Path) -> None:
    mixed = np.asarray(cv2.addWeighted(portrait, 0.3, amazed(portrait), 0.7, 0), np.uint8)
    rng = np.random.default_rng(0)

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, mixed, 320 + 20 * np.sin(t), 180, 0.6)
        picture[:] = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255)

    def changes(steadiness: Steadiness, every_frame: bool) -> int:
        with Annotator(Settings(steadiness=steadiness, every_frame=every_frame)) as annotator:
            shown = [judged.faces[0].label for judged in annotator.stream(source)]
        return sum(a != b for a, b in pairwise(shown))

    source = clip(tmp_path / "noise.mp4", 5.0, draw)
    plain = changes(Steadiness(memory=0, lead=0, patience=0, still=0), every_frame=True)
    assert plain >= 10
    assert changes(Steadiness(), every_frame=False) <= min(2, plain / 10)


class Blindfolded:
    """Both nets, which see nothing at all in some frames."""

    def __init__(self, looks: Looks, blind: frozenset[int]) -> None:
        self._looks, self._blind = looks, blind
        self.range, self.two, self.missing = looks.range, looks.two, looks.missing

    def glance(self, frame: Frame, *, sure: bool = False) -> list[Face]:
        return [] if frame.index in self._blind else self._looks.glance(frame, sure=sure)

    def look(self, frame: Frame, face: Face) -> Face | None:
        return None if frame.index in self._blind else self._looks.look(frame, face)

    def scan(self, frame: Frame, views: Sequence[View]) -> list[Face]:
        return [] if frame.index in self._blind else self._looks.scan(frame, views)

    def check(self, frame: Frame, faces: Sequence[Face]) -> list[Face | None]:
        return [None] * len(faces) if frame.index in self._blind else self._looks.check(frame, faces)

    def seek(self, frame: Frame, face: Face) -> list[Face]:
        return [] if frame.index in self._blind else self._looks.seek(frame, face)

    def close(self) -> None:
        self._looks.close()


def covering(blind: Iterable[int] = (), range: Range = Range.NEAR, **chosen: Any) -> Annotator:
    """Covers faces though its nets are blind in these frames."""
    annotator = Annotator(Settings(style=Style.COVER, range=range, preset="ultrafast", **chosen))
    annotator.detect.looks = Blindfolded(annotator.detect.looks, frozenset(blind))  # type: ignore[assignment]
    return annotator


COUNT = 100
SEEN_FROM = 15
"""Frames at the start in which the detector sees nothing: 0.6 s."""

Way = Callable[[float], tuple[float, float, float]]
"""Seconds to a face's middle, px, and its size in that of the portrait."""


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory, portrait: Picture) -> Path:
    """Somebody who walks to and fro, nearer and farther."""

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, portrait, *place(t))

    return clip(tmp_path_factory.mktemp("walk") / "walk.mp4", COUNT / RATE, draw)


def place(t: float) -> tuple[float, float, float]:
    """The face's middle (px), and its size."""
    return 320 + 150 * float(np.sin(1.3 * t)), 180 + 20 * float(np.cos(2 * t)), 1.0 + 0.3 * float(np.sin(0.9 * t))


def bare(source: Path, target: Path, way: Way = place) -> Iterator[float]:
    """Of each frame the share of the face, from brows to mouth and from eye to eye, that looks as before."""
    (pictures, times), (drawn, _) = read_video(source), read_video(target)
    for before, after, time in zip(pictures, drawn, times, strict=True):
        x, y, zoom = way(time)
        oval = np.zeros(before.shape[:2], np.uint8)
        cv2.ellipse(oval, (round(x), round(y + 2 * zoom)), (round(38 * zoom), round(42 * zoom)), 0, 0, 360, 1, -1)
        change = np.abs(before.astype(int) - after).max(2)
        yield float((change[oval > 0] < 12).mean())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_though_the_detector_misses_a_third_no_face_is_ever_bare(seed: int, walk: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    blind = frozenset(n for n in range(COUNT) if n < SEEN_FROM or rng.random() < 0.3)
    target = tmp_path / "covered.mp4"
    with covering(blind) as annotator, ReportWriter(tmp_path / "covered.jsonl", annotator.labels) as report:
        annotator.video(walk, target, report)
    assert max(bare(walk, target)) < 0.1
    told = [json.loads(line)["faces"] for line in (tmp_path / "covered.jsonl").read_text().splitlines()]
    assert all(len(faces) == 1 for faces in told)
    assert {n for n, faces in enumerate(told) if faces[0]["by"] == "detected"} == set(range(COUNT)) - blind
    first = min(set(range(COUNT)) - blind)
    assert {n for n, faces in enumerate(told) if faces[0]["by"] == "ahead"} == set(range(first))


def test_without_looking_ahead_the_start_is_bare(walk: Path, tmp_path: Path) -> None:
    target = tmp_path / "covered.mp4"
    with covering(range(SEEN_FROM), lookahead=0.0) as annotator:
        annotator.video(walk, target)
    shares = list(bare(walk, target))
    assert min(shares[:SEEN_FROM]) > 0.9
    assert max(shares[SEEN_FROM:]) < 0.1


# --- a face stays covered, whatever it does --------------------------------------------------------------------------

SLOW, SMALL = 12.5, (320, 180)
"""Frames a second, and px."""


def annotated(
    annotator: Annotator, folder: Path, portrait: Picture, times: Sequence[float], way: Way
) -> tuple[list[float], list[dict[str, Any]]]:
    """Annotate a small video of a face that goes this way.

    Returns:
        Of each frame the share of the face that is bare; and the report.
    """

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, portrait, *way(t))

    source = taken(folder / "moves.mp4", times, draw, SMALL)
    told = record(annotator, source)
    return list(bare(source, source.with_suffix(".out.mp4"), way)), told


def seconds(count: float) -> list[float]:
    """The times of a video that lasts so long."""
    return [number / SLOW for number in range(round(count * SLOW))]


def test_a_face_that_comes_six_times_as_near_and_goes_back_is_never_bare(portrait: Picture, tmp_path: Path) -> None:
    def zooms(t: float) -> tuple[float, float, float]:
        return 160, 90, 0.4 * (1 + 5 * np.sin(np.pi * t / 8) ** 2)

    with covering() as annotator:
        shares, told = annotated(annotator, tmp_path, portrait, seconds(8), zooms)
    assert max(shares) < 0.5
    assert {face["track"] for line in told for face in line["faces"]} == {1}


def test_a_face_that_glides_half_out_at_the_top_and_stays_there_is_never_bare(
    portrait: Picture, tmp_path: Path
) -> None:
    def glides(t: float) -> tuple[float, float, float]:
        return 160, 4 + 86 * float(np.clip(max(1 - t / 2, t / 2 - 2), 0, 1)), 0.5

    with covering() as annotator:
        shares, _ = annotated(annotator, tmp_path, portrait, seconds(6), glides)
    assert max(shares) < 0.5


def walks(t: float) -> tuple[float, float, float]:
    return 160 + 70 * float(np.sin(t)), 90 + 10 * float(np.cos(1.7 * t)), 0.5


@pytest.mark.parametrize("range", [Range.NEAR, Range.AUTO])
def test_a_face_that_is_not_seen_for_eight_seconds_is_never_bare(
    range: Range, portrait: Picture, tmp_path: Path
) -> None:
    times = seconds(20)
    blind = [number for number, time in enumerate(times) if 6 <= time < 14]
    with covering(blind, range) as annotator:
        shares, told = annotated(annotator, tmp_path, portrait, times, walks)
    assert max(shares) < 0.5
    assert [[face["track"] for face in line["faces"]] for line in told] == [[1]] * len(times)
    assert {told[number]["faces"][0]["by"] for number in blind} <= {"followed", "ahead"}
    assert not any(line["bare"] for line in told)


def test_a_face_that_nobody_sees_any_more_is_told_to_be_bare(portrait: Picture, tmp_path: Path) -> None:
    """It can't be followed either: from the third second on it is hidden behind a hand, say."""

    def draw(picture: Picture, t: float) -> None:
        if t < 3:
            add_head(picture, portrait, 160, 90, 0.5)

    source = taken(tmp_path / "gone.mp4", seconds(8), draw, SMALL)
    with covering() as annotator:
        summary = annotator.video(source, tmp_path / "out.mp4")
    (stretch,) = summary.record.bare
    assert 3 <= stretch.start <= 3 + COAST + 0.2
    assert stretch.end - stretch.start == pytest.approx(BARE, abs=0.2)
    assert summary.notes == [str(stretch)]


def test_the_cover_of_a_face_at_rest_rests(portrait: Picture, tmp_path: Path) -> None:
    """Though a camera's noise makes each frame another."""
    rng = np.random.default_rng(0)

    def draw(picture: Picture, t: float) -> None:
        add_head(picture, portrait, 160, 90, 0.5)
        picture[:] = np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255)

    with covering() as annotator:
        told = record(annotator, taken(tmp_path / "rests.mp4", seconds(6), draw, SMALL))
    boxes = np.array([face["box"] for line in told for face in line["faces"]])
    assert len(boxes) == len(told)
    sides = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    assert np.ptp(sides, axis=0).max() < 0.1 * boxes[:, 2].mean()


HOLES = {
    "10 s": [*seconds(2), *(t + 12 for t in seconds(2))],
    "60 s": [*seconds(2), *(t + 62 for t in seconds(2))],
    "2 h": [*seconds(2), *(t + 7202 for t in seconds(2))],
    "a time-lapse": [5.0 * number for number in range(20)],
}


@pytest.mark.parametrize("times", HOLES.values(), ids=HOLES)
def test_holes_in_the_clock_leave_no_face_bare_and_make_no_cover_large(
    times: list[float], portrait: Picture, tmp_path: Path
) -> None:
    """Somebody walks through all the frames, as if the clock had not stopped."""
    steps = {round(time, 3): number for number, time in enumerate(times)}

    def steady(t: float) -> tuple[float, float, float]:
        return walks(steps[round(t, 3)] / SLOW)

    with covering() as annotator:
        shares, told = annotated(annotator, tmp_path, portrait, times, steady)
    assert max(shares) < 0.5
    assert [line["time"] for line in told] == pytest.approx(times, abs=0.001)
    for line in told:
        (face,) = line["faces"]
        assert COVER_SIZE * max(face["box"][2:]) < min(SMALL)
        assert not line["bare"]
