"""What was seen in one file, in a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from films import LABELS, face
from making import judged_face

from emojicam.stream.records.read import read_report
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Frame, Judged
from emojicam.summary import Summary

PIXELS = np.zeros((48, 64, 3), np.uint8)


def summary(*frames: list[str]) -> Summary:
    """Of frames, each with faces that show these."""
    gathered = Summary()
    for number, emotions in enumerate(frames):
        faces = tuple(judged_face((10 * n, 5, 8, 8), emotion, track=n + 1) for n, emotion in enumerate(emotions))
        gathered.add(Judged(Frame(number, number / 25, PIXELS), faces))
    return gathered


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ([[]], "no face found"),
        ([[], [], []], "3 frames, no face found"),
        ([["happiness"]], "1 face: happiness"),
        ([["happiness", "fear"]], "2 faces: happiness, fear"),
        ([["happiness", "fear", "happiness"]], "3 faces: 2 × happiness, fear"),
        ([["fear"], ["fear"], []], "3 frames, mostly 1 face: fear 100 %"),
        ([["fear", "anger"]] * 3 + [["fear"]], "4 frames, mostly 2 faces: fear 57 %, anger 43 %"),
        ([["neutral"]] * 299 + [["anger"]], "300 frames, 1 face: neutral > 99 %, anger < 1 %"),
        ([["neutral"]] * 99 + [["anger"]], "100 frames, 1 face: neutral 99 %, anger 1 %"),
        ([[]] * 9 + [["sadness"]], "10 frames, faces in 1 of them: sadness 100 %"),
    ],
)
def test_a_line_tells_what_was_seen(frames: list[list[str]], text: str) -> None:
    assert str(summary(*frames)) == text


def test_frames_faces_and_emotions_are_counted() -> None:
    gathered = summary(["fear"], ["fear", "anger"], [], ["fear", "fear"])
    assert gathered.frames == 4
    assert gathered.faces == {1: 1, 2: 2, 0: 1}
    assert gathered.emotions == {"fear": 4, "anger": 1}
    assert gathered.notes == []
    assert gathered.times is None


def test_what_is_not_confirmed_is_not_counted() -> None:
    sure, guess = judged_face((10, 5, 8, 8), "fear", track=1), replace(judged_face((30, 5, 8, 8)), confirmed=False)
    gathered = Summary()
    for number, faces in enumerate([(sure, guess), (guess,), (sure,)]):
        gathered.add(Judged(Frame(number, number / 25, PIXELS), faces))
    assert (gathered.frames, gathered.faces, gathered.emotions) == (3, {1: 2, 0: 1}, {"fear": 2})
    assert str(gathered) == "3 frames, mostly 1 face: fear 100 %"
    assert list(gathered.record.people) == [1]


def test_what_may_be_bare_is_in_the_record() -> None:
    gathered = Summary()
    for number, bare in enumerate([0, 1, 2, 0]):
        gathered.add(Judged(Frame(number, number / 25, PIXELS), (), bare=bare))
    assert gathered.record.doubts() == ["frames 1–2 (0.0 to 0.1 s): 2 faces may be uncovered"]
    assert str(gathered) == "4 frames, no face found"  # a note of its own tells that


def test_the_record_is_kept_beside_it() -> None:
    gathered = summary(*[["fear", "anger"]] * 10)
    assert gathered.record.frames == 10
    assert gathered.record.main_emotion(1) == "fear"
    assert gathered.record.main_emotion(2) == "anger"
    assert gathered.record.seconds(1) == pytest.approx(0.4)


def test_each_file_has_its_own() -> None:
    one, two = Summary(), Summary()
    one.notes.append("damaged")
    one.add(Judged(Frame(0, 0.0, PIXELS), ()))
    assert (two.notes, two.frames, two.record.frames) == ([], 0, 0)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_the_percentages_are_those_that_the_report_gives(tmp_path: Path, suffix: str) -> None:
    gathered, chance = Summary(), np.random.default_rng(0)
    path = tmp_path / f"seen{suffix}"
    moment = 0.0
    with ReportWriter(path, LABELS) as report:
        for number in range(60):
            moment += chance.uniform(0.01, 0.3)  # a screen recording has a frame when something moves
            faces = tuple(face(track, chance.choice(LABELS[:3])) for track in range(1, chance.integers(1, 4)))
            judged = Judged(Frame(number, moment, PIXELS), faces)
            gathered.add(judged)
            report.add("a.mp4", judged)
    shares = str(gathered).split(": ")[1]
    assert shares.count("%") == 3
    told = str(read_report(path, lambda line: None)["a.mp4"])
    assert told.split(" people, ")[1].split(";")[0] == shares


def looking_like(*frames: int, rate: int = 10) -> list[str]:
    """The doubts about 200 frames, in some of which something looks like a face."""
    gathered = Summary()
    maybe = replace(judged_face((10, 5, 8, 8)), confirmed=False)
    for number in range(200):
        gathered.add(Judged(Frame(number, number / rate, PIXELS), (maybe,) if number in frames else ()))
    return gathered.doubts


def test_times_at_which_a_face_may_have_been_missed_are_told() -> None:
    said = "faces may have been missed at 1.0–1.9, 5.0–5.5 s: what looks like one isn't sure enough"
    assert looking_like(*range(10, 15), *range(17, 20), *range(50, 56)) == [said]
    assert looking_like(*range(10, 14), 60) == []  # too brief
    many = looking_like(*(n for start in range(0, 100, 20) for n in range(start, start + 6)))
    assert many == [
        "faces may have been missed at 0.0–0.5, 2.0–2.5, 4.0–4.5 s and 2 times more: "
        "what looks like one isn't sure enough"
    ]
