from __future__ import annotations

import gc
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from machines import BARE, WHOLE, Pretended
from making import Picture, judged_face, read_video, seen_at, write_video
from onnxfiles import write_model

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.settings import Settings
from emojicam.stream.choices import THRESHOLD, Provider, Range, Scans, Style
from emojicam.stream.cores import HERE
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.looks import Looks
from emojicam.stream.faces.views import View
from emojicam.stream.inference.provider import LONG
from emojicam.stream.inference.warming import Warming
from emojicam.stream.media.photos import Photo, read_photo, write_photo
from emojicam.stream.media.reread import Reread
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Emotion, Face, Frame, Judged, Seen
from emojicam.wiring import ROOMY, Annotator, overlay, scanner_of, settled, steadying

allowed = HERE.allowed


@pytest.fixture
def two() -> Iterator[list[int]]:
    """Two cores, and no other."""
    before = allowed()
    os.sched_setaffinity(0, before[:2])
    yield before[:2]
    os.sched_setaffinity(0, before)


def places_of(threads: set[int]) -> set[tuple[int, ...]]:
    return {tuple(sorted(os.sched_getaffinity(thread))) for thread in threads}


def threads() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/task")}


@pytest.mark.skipif(len(allowed()) < 2, reason="takes two cores, and a system that lets a thread choose")
@pytest.mark.parametrize(
    ("preset", "cores", "kept"), [("ultrafast", 0, True), ("ultrafast", 1, False), ("veryfast", 0, False)]
)
def test_on_two_cores_the_two_threads_of_a_quick_video_keep_to_one_each(
    preset: str, cores: int, kept: bool, two: list[int], portrait: Picture, tmp_path: Path
) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_video(clip, [portrait] * 12)
    before = threads()
    here: set[tuple[int, ...]] = set()
    with Annotator(Settings(range=Range.NEAR, preset=preset, cores=cores)) as annotator:
        detecting = places_of(threads() - before)
        summary = annotator.video(clip, out, progress=lambda done, of: here.add(tuple(allowed())))
    assert len(detecting) == len(here) == 1
    if kept:
        assert sorted([*detecting, *here]) == [(two[0],), (two[1],)]
    else:
        assert detecting == here == {tuple(two)}
    assert allowed() == two
    assert summary.faces == {1: 12}
    assert len(read_video(out)[0]) == 12


# --- what is looked ahead, and read again ----------------------------------------------------------------------------


@dataclass
class Film:
    """A face in so many frames, as a file gives them or a camera; a second reading shows a darker room."""

    pictures: list[Picture]
    live: bool = False
    whole: bool = True
    again_opened: int = 0
    second: bool = False

    def again(self) -> Film:
        self.again_opened += 1
        return Film([np.where(one == 128, 60, one).astype(np.uint8) for one in self.pictures], second=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        pass

    def __iter__(self) -> Iterator[Frame]:
        for number, picture in enumerate(self.pictures):
            yield Frame(number, number / 25, picture)


@pytest.fixture
def film(portrait: Picture) -> Film:
    return Film([seen_at(portrait, (320, 240), 0.8, shift=n) for n in range(20)])


def drawn(annotator: Annotator, film: Film, reread: Reread | None) -> list[tuple[int, int, bool]]:
    """Of each frame that is drawn its number, the room's light and whether there is an emoji."""
    seen: list[tuple[int, int, bool]] = []
    result = annotator.drawing(film, reread).run(
        lambda one: seen.append(
            (one.frame.index, int(one.pixels[5, 5, 0]), bool(one.pixels[115, 160, 2] > 200 > one.pixels[115, 160, 0]))
        )
    )
    assert result.delivered == len(seen)
    return seen


def near(**chosen: float) -> Annotator:
    return Annotator(Settings(range=Range.NEAR, **chosen))  # type: ignore[arg-type]


def test_a_file_is_read_twice_and_drawn_on_as_it_is_read_the_second_time(film: Film) -> None:
    with near() as annotator:
        assert drawn(annotator, film, Reread(film)) == [(n, 60, True) for n in range(20)]
    assert film.again_opened == 1
    assert (film.pictures[0][5, 5] == 128).all()


def test_a_file_that_may_read_otherwise_is_held(film: Film) -> None:
    film.whole = False
    with near() as annotator:
        assert drawn(annotator, film, Reread(film)) == [(n, 128, True) for n in range(20)]


def test_a_file_that_is_not_looked_ahead_is_read_once(film: Film) -> None:
    with near(lookahead=0.0) as annotator:
        assert drawn(annotator, film, Reread(film)) == [(n, 128, True) for n in range(20)]
    assert film.again_opened == 0


def test_what_cannot_be_read_twice_is_held(film: Film) -> None:
    with near() as annotator:
        assert drawn(annotator, film, None) == [(n, 128, True) for n in range(20)]


def test_what_is_live_is_given_at_once(film: Film) -> None:
    film.live = True
    with near() as annotator:
        seen = drawn(annotator, film, None)
    assert {(light, emoji) for _, light, emoji in seen} == {(128, True)}
    assert film.again_opened == 0


def test_frames_that_the_second_reading_lacks_are_noted(film: Film) -> None:
    film.again = lambda: Film(film.pictures[:15])  # type: ignore[method-assign]
    reread = Reread(film)
    with near() as annotator:
        assert [number for number, _, _ in drawn(annotator, film, reread)] == list(range(15))
    assert reread.notes == ["5 frames were left out: the file reads differently a second time"]


# --- who classifies --------------------------------------------------------------------------------------------------


class Counted:
    """A classifier that counts the faces that it is asked about, and names itself by its provider."""

    def __init__(self, classify: Classifier, provider: Provider) -> None:
        self.card, self.provider, self._classify, self.faces = classify.card, provider, classify, 0

    def __call__(self, seen: Seen) -> Judged:
        return self.many([seen])[0]

    def many(self, frames: Sequence[Seen]) -> list[Judged]:
        self.faces += sum(len(seen.faces) for seen in frames)
        return self._classify.many(frames)


@dataclass
class Both:
    """An annotator with two classifiers that count: the CPU's, and a GPU's that is open once `may_open` is set."""

    annotator: Annotator
    cpu: Counted
    gpu: Counted
    may_open: threading.Event


@pytest.fixture
def both() -> Iterator[Both]:
    with near() as annotator:
        cpu, gpu = (Counted(annotator.classify, provider) for provider in (Provider.CPU, Provider.CUDA))
        made = Both(annotator, cpu, gpu, threading.Event())

        def opening() -> Counted:
            assert made.may_open.wait(60)
            return gpu

        annotator.classifiers = Warming(cpu, opening)  # type: ignore[arg-type]
        yield made
        made.may_open.set()


@pytest.fixture
def clip(portrait: Picture, tmp_path: Path) -> Path:
    write_video(tmp_path / "clip.mp4", [seen_at(portrait, (320, 240), 0.8)] * 8)
    return tmp_path / "clip.mp4"


def test_for_photos_and_short_clips_no_gpu_is_opened(both: Both, clip: Path, portrait: Picture, tmp_path: Path) -> None:
    write_photo(Photo(portrait, None, "PNG"), tmp_path / "me.png")
    both.annotator.photo(tmp_path / "me.png", tmp_path / "out.png")
    assert both.annotator.video(clip, tmp_path / "out.mp4").frames == 8
    assert both.annotator.classify.provider is Provider.CPU
    both.may_open.set()
    both.annotator.classifiers.close()
    assert both.annotator.classify.provider is Provider.CPU
    assert both.cpu.faces >= 3
    assert both.gpu.faces == 0


def test_a_long_video_is_the_gpus_from_its_first_frame_however_late_that_is_ready(both: Both, clip: Path) -> None:
    """So that it comes out the same each time; what was short before and after it stays with the CPU."""
    video = VideoFile(clip)
    video.info = replace(video.info, frames=LONG)
    threading.Timer(0.3, both.may_open.set).start()
    with video:
        frames: list[int] = []
        both.annotator.drawing(video).run(lambda one: frames.append(len(one.judged.faces)))
    assert frames == [1] * 8
    assert both.cpu.faces == 0
    asked = both.gpu.faces
    assert asked >= 2
    with VideoFile(clip) as short:
        both.annotator.drawing(short).run(lambda one: None)
    assert (both.cpu.faces, both.gpu.faces) == (asked, asked)


def test_a_live_stream_waits_for_no_gpu_and_takes_it_when_it_is_there(both: Both, film: Film) -> None:
    film.live = True
    both.annotator.drawing(film).run(lambda one: None)
    assert both.cpu.faces > 0
    assert both.gpu.faces == 0
    both.may_open.set()
    both.annotator.classifiers.close()  # it is there
    asked = both.cpu.faces
    both.annotator.drawing(film).run(lambda one: None)
    assert both.gpu.faces > 0
    assert both.cpu.faces == asked
    assert both.annotator.classify.provider is Provider.CUDA


def test_where_a_gpu_only_seems_to_be_there_the_cpu_does_its_work(clip: Path) -> None:
    video = VideoFile(clip)
    video.info = replace(video.info, frames=None)
    with video, Annotator(Settings(range=Range.NEAR), machine=WHOLE) as annotator:
        frames: list[int] = []
        annotator.drawing(video).run(lambda one: frames.append(len(one.judged.faces)))
        assert annotator.classify is not annotator.classifiers.ready
        assert annotator.classify.provider is Provider.CPU
        assert "CUDA and cuDNN come with" in str(annotator.classify.passed_over)
    assert frames == [1] * 8


@pytest.mark.parametrize(("machine", "wanted"), [(BARE, Provider.AUTO), (WHOLE, Provider.CPU)])
def test_where_there_is_no_choice_there_is_one_classifier(machine: Pretended, wanted: Provider) -> None:
    with Annotator(Settings(range=Range.NEAR, provider=wanted), machine=machine) as annotator:
        assert not annotator.classifiers.may_change
        annotator.warm_up()
        assert annotator.classify is annotator.classifiers.ready


# --- what is found ---------------------------------------------------------------------------------------------------


def test_the_detector_looks_for_what_is_asked_for() -> None:
    with Annotator(Settings(range=Range.NEAR, threshold=0.3, min_face=50)) as annotator:
        assert (annotator.detect.threshold, annotator.detect.smallest) == (0.3, 50)
        assert (annotator.detect.looks.range, annotator.detect.looks.two) == (Range.NEAR, False)
    with Annotator(Settings()) as annotator:
        assert (annotator.detect.threshold, annotator.detect.smallest) == (THRESHOLD, 0)
        assert (annotator.detect.looks.range, annotator.detect.looks.two) == (Range.AUTO, True)


def test_what_is_not_confirmed_is_not_given_to_python(
    portrait: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.mp4"
    write_video(clip, [seen_at(portrait, (320, 240), 0.8)] * 6)
    with near() as annotator:
        see = annotator.watch(live=False)

        def unsure(frame: Frame) -> Seen:
            seen = see(frame)
            return replace(seen, faces=tuple(replace(face, confirmed=frame.index >= 3) for face in seen.faces))

        monkeypatch.setattr(annotator, "watch", lambda *, live: unsure)
        assert [len(judged.faces) for judged in annotator.stream(clip)] == [0] * 3 + [1] * 3


class Slow:
    """Nets the second of which takes as long as the test likes."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self.range, self.two, self.missing = looks.range, True, None
        self.asked, self.may_end = threading.Event(), threading.Event()

    def glance(self, frame: Frame, *, sure: bool = False) -> list[Face]:
        return self._looks.glance(frame, sure=sure)

    def look(self, frame: Frame, face: Face) -> Face | None:
        return self._looks.look(frame, face)

    def scan(self, frame: Frame, views: Sequence[View]) -> list[Face]:
        self.asked.set()
        assert self.may_end.wait(60)
        return []

    def check(self, frame: Frame, faces: Sequence[Face]) -> list[Face | None]:
        return list(faces)

    def close(self) -> None:
        self._looks.close()


@pytest.mark.parametrize("live", [True, False])
def test_only_of_a_live_stream_no_frame_waits_for_the_second_net(live: bool, film: Film) -> None:
    with near() as annotator:
        looks = Slow(annotator.detect.looks)
        annotator.detect.looks = looks  # type: ignore[assignment]
        see = annotator.watch(live=live)
        done = threading.Event()

        def run() -> None:
            for frame in film:
                see(frame)
            done.set()

        thread = threading.Thread(target=run)
        thread.start()
        assert looks.asked.wait(60)
        assert done.wait(60 if live else 0.3) is live
        looks.may_end.set()
        thread.join(60)
        assert done.is_set()


def test_while_it_runs_only_new_things_are_looked_through_for_garbage() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    with settled():
        assert gc.get_freeze_count() > 10_000
        gone = weakref.ref(Circle())
        gc.collect()
        assert gone() is None
    assert gc.get_freeze_count() == 0


# --- what is shown of a face -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chosen", "shown"), [(True, "happiness"), (False, "neutral")])
def test_a_person_is_read_against_their_own_face_at_rest_if_that_is_wanted(chosen: bool, shown: str) -> None:
    steady = steadying(Settings(resting_face=chosen))
    for number in range(240):
        neutral, happiness = (0.9, 0.08) if number < 150 else (0.5, 0.48)
        emotion = Emotion(("neutral", "happiness", "fear"), (neutral, happiness, 0.02))
        face = replace(judged_face((10, 10, 20, 20), track=1), emotion=emotion)
        (last,) = steady(Judged(Frame(number, number / 30, np.zeros((48, 64, 3), np.uint8)), (face,))).faces
    assert last.label == shown


def test_a_model_that_decides_nothing_is_refused_where_another_decision_is_asked_for(tmp_path: Path) -> None:
    model = write_model(tmp_path / "plain.onnx")
    with pytest.raises(UsageError, match=r"^--expressive 0\.8: plain\.onnx makes no decision"):
        Annotator(Settings(model=str(model), expressive=0.8))


def test_size_and_shadow_of_what_is_drawn_are_as_asked_for() -> None:
    judged = Judged(Frame(0, 0.0, np.full((240, 320, 3), 200, np.uint8)), (judged_face((130, 90, 60, 60)),))
    classic, labels = assets.theme_folder("classic"), ("happiness",)

    def touched(scale: float, *, shadow: bool) -> int:
        draw = overlay(classic, labels, Style.COVER, scale=scale, shadow=shadow)
        return int((draw(judged).pixels != 200).any(axis=2).sum())

    plain = touched(1.0, shadow=False)
    assert touched(0.5, shadow=False) < plain < touched(1.0, shadow=True) < touched(2.0, shadow=True)


def test_where_a_photo_is_clear_no_shadow_is_left(annotator: Annotator, portrait: Picture, tmp_path: Path) -> None:
    """It would be opaque there, and no shadow any more."""
    bgr = seen_at(portrait, (320, 240), 0.8)
    cover = annotator.overlay(annotator.judge(Frame(0, 0.0, bgr)))
    alpha = np.full((240, 320), 90, np.uint8)
    write_photo(Photo(bgr, alpha, "PNG"), tmp_path / "clear.png")
    annotator.photo(tmp_path / "clear.png", tmp_path / "out.png")
    shown = read_photo(tmp_path / "out.png")
    assert shown.alpha is not None
    with_shadow = (cover.pixels != bgr).any(axis=2)
    assert 0.6 * with_shadow.sum() < (shown.alpha == 255).sum() < 0.95 * with_shadow.sum()


# --- the second net sees every frame ---


@pytest.mark.parametrize(
    ("scan", "range_", "gpu", "where"),
    [
        (Scans.AUTO, Range.AUTO, False, None),
        (Scans.AUTO, Range.FAR, True, Provider.CUDA),
        (Scans.EVERY, Range.AUTO, False, Provider.CPU),
        (Scans.EVERY, Range.AUTO, True, Provider.CUDA),
        (Scans.SELDOM, Range.AUTO, True, None),
        (Scans.EVERY, Range.NEAR, True, None),
    ],
)
def test_every_frame_is_scanned_where_a_gpu_does_it_or_the_user_says_so(
    scan: Scans, range_: Range, gpu: bool, where: Provider | None
) -> None:
    assert scanner_of(Settings(scan=scan, range=range_), gpu=gpu) is where


@dataclass
class Camera:
    """A live source of some frames."""

    frames: Sequence[Frame]
    live: bool = True

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)


@pytest.fixture(scope="module")
def swaying(portrait: Picture) -> list[Picture]:
    return [seen_at(portrait, (320, 240), zoom=0.8, shift=4.0 * number) for number in range(10)]


def test_where_every_frame_is_scanned_threads_change_nothing(swaying: list[Picture], tmp_path: Path) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_video(clip, swaying)
    told = []
    for count in (1, ROOMY):
        with Annotator(Settings(scan=Scans.EVERY, preset="ultrafast", cores=count, quiet=True)) as annotator:
            told.append([judged.faces for judged in annotator.stream(clip)])
            times = annotator.video(clip, out, overwrite=True).times
        assert times is not None
        threads = {step.name: step.thread for step in times.steps}
        assert (threads["scan"] == threads["detect"]) == (count == 1)
        assert (threads["draw"] == threads["smooth"]) == (count == 1)
        assert len(read_video(out)[0]) == len(swaying)
    assert told[0] == told[1]
    assert [len(faces) for faces in told[0]] == len(swaying) * [1]


def test_of_a_live_stream_every_frame_that_is_not_dropped_is_scanned_too(swaying: list[Picture]) -> None:
    camera = Camera([Frame(number, number / 30, picture) for number, picture in enumerate(swaying)])
    shown: list[Judged] = []
    with Annotator(Settings(scan=Scans.EVERY, quiet=True)) as annotator:
        result = annotator.drawing(camera).run(lambda drawn: shown.append(drawn.judged))
    assert result.times is not None
    assert "scan" in {step.name for step in result.times.steps}
    assert [len(judged.faces) for judged in shown] == result.delivered * [1]
