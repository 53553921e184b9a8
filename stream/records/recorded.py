"""Read a report's JSON lines back as faces, to draw them again, whoever has changed them meanwhile.

A line needs what a frame is told by (`source`, `frame`, `time`, `size`) and `faces`; a face needs `box` and `emotion`.
All else has a value that holds where it lacks, for records that other programs write.
"""

from __future__ import annotations

import cmath
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from emojicam.errors import InputError, UsageError
from emojicam.stream.choices import NONE, Style
from emojicam.stream.records.values import (
    WRONG,
    BadLine,
    count_of,
    decoder,
    emotion_of,
    list_of,
    object_of,
    place_of,
    share_of,
    source_of,
    time_of,
)
from emojicam.stream.types import Box, Emotion, JudgedFace, Placement

EYES = (0.23, 0.25)
"""Distance of the eyes, which a record doesn't tell of, from the box's middle: widths aside, and heights above."""

SUFFIX = ".jsonl"
"""The suffix of the one kind of report that holds all that drawing needs."""


@dataclass(frozen=True)
class RecordedFrame:
    """One frame as a line tells of it.

    Attributes:
        source: The file that it is of.
        index: Its number, from 0.
        time: Seconds.
        size: Width and height of the upright frame, px.
        faces: The faces in it, the topmost first.
        bare: Number of faces in it that may be uncovered.
    """

    source: str
    index: int
    time: float
    size: tuple[int, int]
    faces: tuple[JudgedFace, ...]
    bare: int


@dataclass
class Recorded:
    """All that a report says of one source. Its frames are read from the file when they are asked for.

    Attributes:
        path: The report.
        source: What the report calls the source.
        size: Width and height of its frames, px.
        lines: Where each frame's line begins in the report, bytes.
        last: Time of the last frame, seconds.
        labels: The emotions that the faces are told by, in the order of the report.
        shown: The emotions that are to be drawn, each with the number of the first line that says so.
        scored: Faces are told by probabilities, and not only by the emotion that is shown.
        affect: Valence and arousal are told, too.
    """

    path: Path
    source: str
    size: tuple[int, int]
    lines: array[int] = field(default_factory=lambda: array("q"))
    last: float = 0.0
    labels: dict[str, None] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    scored: bool = False
    affect: bool = False

    def frames(self, labels: Sequence[str]) -> Iterator[RecordedFrame]:
        """Give each frame, in order, its faces with a probability for each of some emotions.

        Raises:
            InputError: The report has changed since it was opened.
        """
        decode = decoder()
        with _opened(self.path) as file:
            for at in self.lines:
                file.seek(at)
                try:
                    yield _frame(decode(_text(file.readline())), labels)
                except WRONG as error:
                    raise InputError(f"{self.path}: has changed while it was read") from error

    def add(self, frame: RecordedFrame, line: int, at: int) -> None:
        """Take note of the next line.

        Args:
            frame: What it holds.
            line: Its number.
            at: Where it begins, bytes.

        Raises:
            ValueError: It is not the next frame of this source.
        """
        if frame.index != len(self.lines):
            raise ValueError(f"frame {frame.index} of {frame.source}, where frame {len(self.lines)} comes")
        if frame.size != self.size:
            raise ValueError(f"frame {frame.index} is {_sides(frame.size)} px, and those before {_sides(self.size)}")
        if self.lines and frame.time <= self.last:
            raise ValueError(f"frame {frame.index} is at {frame.time:g} s, no later than the one before")
        self.lines.append(at)
        self.last = frame.time
        for face in frame.faces:
            self.labels.update(dict.fromkeys(face.emotion.labels))
            self.shown.setdefault(face.label, line)
            self.scored = self.scored or len(face.emotion.labels) > 1
            self.affect = self.affect or face.emotion.valence is not None


def read_recorded(path: Path) -> dict[str, Recorded]:
    """Read a report from one end to the other, and keep where the lines are.

    Args:
        path: Of the kind .jsonl.

    Returns:
        What it says of each source, in the order of the report.

    Raises:
        UsageError: It isn't there, or is of another kind.
        InputError: It is no report that can be drawn; the message names the line.
    """
    if path.suffix.lower() != SUFFIX:
        raise UsageError(f"{path}: only a record in JSON lines ({SUFFIX}) holds what drawing needs")
    found: dict[str, Recorded] = {}
    decode = decoder()
    number = at = 0
    with _opened(path) as file:
        try:
            for number, line in enumerate(file, start=1):
                if not line.isspace():
                    frame = _frame(decode(_text(line)))
                    one = found.setdefault(frame.source, Recorded(path, frame.source, frame.size))
                    one.add(frame, number, at)
                at += len(line)
        except WRONG as error:
            wrong = BadLine(number, error)
            raise InputError(f"{path}, line {number}: can't be drawn: {wrong.why}") from error
        except OSError as error:
            raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error
    if not found:
        raise InputError(f"{path}: holds no frame")
    return found


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", errors="surrogateescape")


def _sides(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _frame(values: Any, labels: Sequence[str] = ()) -> RecordedFrame:
    line = object_of(values)
    width, height = map(count_of, _several(line["size"], 2, "size"))
    known = [_face(face, labels, confirmed=True) for face in list_of(line["faces"])]
    possible = [_face(face, labels, confirmed=False) for face in list_of(line.get("possible", []))]
    return RecordedFrame(
        source=source_of(line["source"]),
        index=count_of(line["frame"]),
        time=time_of(line["time"]),
        size=(width, height),
        faces=(*known, *possible),
        bare=count_of(line.get("bare", 0)),
    )


def _face(values: Any, labels: Sequence[str], *, confirmed: bool) -> JudgedFace:
    face = object_of(values)
    left, top = (place_of(side, "box") for side in _several(face["box"], 4, "box")[:2])
    width, height = (place_of(side, "box's side", 0.1) for side in face["box"][2:])
    roll = place_of(face.get("roll", 0), "roll")
    track, emotion = face.get("track"), emotion_of(face["emotion"])
    style = None if face.get("style") is None else _one_of((NONE, *_words(Style)), face["style"], "style")
    return JudgedFace(
        box=(left, top, width, height),
        score=share_of(face.get("score", 1), "score"),
        eyes=_eyes((left, top, width, height), roll),
        roll=roll,
        track=None if track is None else count_of(track),
        placement=Placement(_one_of(_words(Placement), face.get("by", Placement.DETECTED.value), "by")),
        confirmed=confirmed,
        emotion=_said(face, emotion, labels),
        shown=emotion,
        unsure=face.get("unsure", False) is True,
        drawn=share_of(face.get("drawn", face.get("degree", 1)), "degree"),
        style=None if style is None or style == NONE else Style(style),
        alone=style == NONE,
    )


def _said(face: dict[str, Any], emotion: str, labels: Sequence[str]) -> Emotion:
    """The probabilities of a face; what it says of the emotion that is shown counts for more than what it says of all.

    Args:
        face: The face's values.
        emotion: What is shown.
        labels: The emotions that there are to be; none: those that the face tells of.
    """
    scores = {emotion_of(name): share_of(p, "score") for name, p in object_of(face.get("scores", {})).items()}
    scores[emotion] = share_of(face.get("confidence", scores.get(emotion, 1)), "confidence")
    names = tuple(labels or scores)
    valence, arousal = (
        place_of(face[name], name) if face.get(name) is not None else None for name in ("valence", "arousal")
    )
    return Emotion(names, tuple(scores.get(name, 0.0) for name in names), valence, arousal)


def _words(kind: type[Enum]) -> list[str]:
    return [member.value for member in kind]


def _one_of(words: Sequence[str], value: Any, what: str) -> str:
    if value not in words:
        raise ValueError(f"{what} is {str(value)[:40]!r}, none of {', '.join(words)}")
    return str(value)


def _several(value: Any, count: int, what: str) -> list[Any]:
    values = list_of(value)
    if len(values) != count:
        raise ValueError(f"the {what} has {len(values)} numbers, not {count}")
    return values


def _eyes(box: Box, roll: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Guess where the eyes are: they are read by nobody who draws."""
    left, top, width, height = box
    middle, turn = complex(left + width / 2, top + height / 2), cmath.rect(1, math.radians(roll))
    one, two = (middle + turn * complex(side * EYES[0] * width, -EYES[1] * height) for side in (-1, 1))
    return (one.real, one.imag), (two.real, two.imag)
