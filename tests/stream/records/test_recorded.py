"""A report's lines are read back as the faces that they were, and refused by their number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import judged_face

from emojicam.errors import InputError, UsageError
from emojicam.stream.choices import Style
from emojicam.stream.records.recorded import Recorded, read_recorded
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

FACE = {"box": [20, 10, 20, 22], "emotion": "surprise"}
LINE = {"source": "clip.mp4", "frame": 0, "time": 0, "size": [64, 48], "faces": [FACE]}


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def faces_of(one: Recorded) -> list[list[JudgedFace]]:
    return [list(frame.faces) for frame in one.frames(tuple(one.labels))]


def test_faces_come_back_as_they_were_drawn(tmp_path: Path) -> None:
    frame = Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8))
    one = judged_face((-3.26, 10.04, 20.33, 21.77), "sadness", roll=-12.345, confidence=0.71239, track=3)
    faces = (
        replace(one, drawn=0.74999, placement=Placement.AHEAD),
        replace(judged_face((30, 5, 12, 12)), style=Style.BADGE),
        replace(judged_face((30, 5, 12, 12)), alone=True, unsure=True),
        replace(judged_face((40, 30, 5, 5), "neutral"), confirmed=False),
    )
    with ReportWriter(tmp_path / "r.jsonl", one.emotion.labels) as report:
        report.add("a.mp4", Judged(frame, faces, bare=2))
        report.add("b/c.png", Judged(frame, faces[:1]))
    found = read_recorded(tmp_path / "r.jsonl")
    assert list(found) == ["a.mp4", "b/c.png"]
    (line,) = found["a.mp4"].frames(tuple(found["a.mp4"].labels))
    assert (line.index, line.time, line.size, line.bare) == (0, 0.0, (64, 48), 2)
    for before, after in zip(faces, line.faces, strict=True):
        rounded = before.rounded()
        for name in ("box", "score", "roll", "track", "placement", "confirmed", "drawn", "style", "alone", "unsure"):
            assert getattr(after, name) == getattr(rounded, name), name
        assert (after.label, after.confidence) == (rounded.label, rounded.confidence)
        assert after.degree == pytest.approx(rounded.degree)
        assert dict(zip(after.emotion.labels, after.emotion.p, strict=True)) == dict(
            zip(rounded.emotion.labels, rounded.emotion.p, strict=True)
        )


def test_little_is_needed(tmp_path: Path) -> None:
    found = read_recorded(write(tmp_path / "r.jsonl", "", LINE, {**LINE, "frame": 1, "time": 0.04, "faces": []}))
    one = found["clip.mp4"]
    assert (len(one.lines), one.size, one.last, one.scored) == (2, (64, 48), 0.04, False)
    (face,), nobody = faces_of(one)
    assert nobody == []
    assert (face.label, face.confidence, face.drawn, face.roll, face.track) == ("surprise", 1.0, 1.0, 0.0, None)
    assert one.shown == {"surprise": 2}


def test_a_mark_at_the_start_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(LINE).encode() + b"\r\n")
    assert len(faces_of(read_recorded(path)["clip.mp4"])) == 1


def test_what_is_said_of_the_emotion_shown_counts_for_more(tmp_path: Path) -> None:
    face = {**FACE, "confidence": 0.9, "degree": 0.5, "scores": {"surprise": 0.1, "neutral": 0.4}}
    ((read,),) = faces_of(read_recorded(write(tmp_path / "r.jsonl", {**LINE, "faces": [face]}))["clip.mp4"])
    assert (read.confidence, read.drawn) == (0.9, 0.5)
    ((other,),) = faces_of(
        read_recorded(write(tmp_path / "r.jsonl", {**LINE, "faces": [{**face, "drawn": 0.75}]}))["clip.mp4"]
    )
    assert other.drawn == 0.75


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "can't be drawn: Expecting property name enclosed in double quotes at column 2"),
        ([], "is not an object"),
        ({**LINE, "size": [64]}, "the size has 1 numbers, not 2"),
        ({**LINE, "size": [64, "x"]}, "is not a whole number"),
        ({name: value for name, value in LINE.items() if name != "size"}, "it lacks 'size'"),
        ({**LINE, "faces": [{"emotion": "fear"}]}, "it lacks 'box'"),
        ({**LINE, "faces": [{"box": [1, 2, 3, 4]}]}, "it lacks 'emotion'"),
        ({**LINE, "faces": [{**FACE, "box": [1, 2, 3]}]}, "the box has 3 numbers, not 4"),
        ({**LINE, "faces": [{**FACE, "box": [1, 2, 0, 4]}]}, "the box's side is '0'"),
        ({**LINE, "faces": [{**FACE, "box": [1, 2, 3, 1e9]}]}, "the box's side is"),
        ({**LINE, "faces": [{**FACE, "roll": "up"}]}, "the roll is 'up'"),
        ({**LINE, "faces": [{**FACE, "style": "hat"}]}, "style is 'hat', none of none, cover, badge"),
        ({**LINE, "faces": [{**FACE, "by": "magic"}]}, "by is 'magic', none of detected"),
        ({**LINE, "faces": [{**FACE, "drawn": 2}]}, "the degree is '2'"),
        ({**LINE, "faces": [{**FACE, "scores": []}]}, "is not an object"),
        ({**LINE, "frame": 2}, "frame 2 of clip.mp4, where frame 1 comes"),
        ({**LINE, "frame": 0}, "frame 0 of clip.mp4, where frame 1 comes"),
        ({**LINE, "frame": 1, "size": [66, 48], "time": 1}, "frame 1 is 66x48 px, and those before 64x48"),
        ({**LINE, "frame": 1}, "frame 1 is at 0 s, no later than the one before"),
    ],
)
def test_a_line_that_cannot_be_drawn_is_named(bad: Any, why: str, tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", LINE, "", bad)
    with pytest.raises(InputError) as error:
        read_recorded(path)
    assert str(error.value).startswith(f"{path}, line 3: can't be drawn: ")
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_another_kind_of_record_is_refused(tmp_path: Path) -> None:
    for name in ("r.csv", "r.srt", "r"):
        with pytest.raises(UsageError, match="only a record in JSON lines"):
            read_recorded(write(tmp_path / name, LINE))
    with pytest.raises(UsageError, match="no such file"):
        read_recorded(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="holds no frame"):
        read_recorded(write(tmp_path / "empty.jsonl"))


def test_a_record_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    one = read_recorded(write(tmp_path / "r.jsonl", LINE))["clip.mp4"]
    write(tmp_path / "r.jsonl", "{}")
    with pytest.raises(InputError, match="has changed while it was read"):
        faces_of(one)
