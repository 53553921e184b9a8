"""What was seen, kept small: for each person the times and emotions, gathered as it goes or read back from a report."""

from __future__ import annotations

import csv
import json
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emojicam.errors import InputError, UsageError, first_line
from emojicam.stream.types import Judged, Placement


@dataclass(slots=True)
class Person:
    """One track: spans in which it showed one emotion, frame after frame.

    Attributes:
        starts: Of each span, seconds.
        ends: Likewise; of one that goes on, where its last frame but one ends.
        emotions: Likewise, its number in `Record.emotions`.
        showed: Seconds for which each emotion was shown so far, by its number.
        frame: Number of the last frame that the person is in.
    """

    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    emotions: array[int] = field(default_factory=lambda: array("B"))
    showed: array[float] = field(default_factory=lambda: array("d"))
    frame: int = -1

    def add(self, frame: int, time: float, emotion: int) -> int:
        """One frame more.

        Returns:
            The number of its span.
        """
        if not self.emotions or self.emotions[-1] != emotion or frame - self.frame > 1:
            self.starts.append(time)
            self.ends.append(time)
            self.emotions.append(emotion)
            self.showed.extend([0.0] * (emotion + 1 - len(self.showed)))
        self.frame = frame
        return len(self.emotions) - 1


STEPS = 1001
"""Distances between a video's first frames that tell how long one lasts as a rule."""


class Record:
    """Of one video. It grows with people and with what they show, not with frames.

    Attributes:
        emotions: Names, in the order in which they were first seen.
        people: By track; 0 holds all faces without one.
        frames: How many there were.
        start: Seconds, of the first frame.
        last: Seconds, of the last one.
        covered: Frames in which at least one face's place is known in that way.
    """

    def __init__(self) -> None:
        self.emotions: list[str] = []
        self.people: dict[int, Person] = {}
        self.frames = 0
        self.start = self.last = 0.0
        self.covered: Counter[str] = Counter()
        self._steps = array("d")
        self._here: list[tuple[Person, int]] = []
        """Of each face of the last frame, whose it is and the number of its span: the next frame says how long."""

    def add(self, judged: Judged) -> None:
        """One frame more."""
        self._add(judged.frame.time, [(face.track or 0, face.label, face.placement.value) for face in judged.faces])

    def _add(self, time: float, faces: list[tuple[int, str, str]]) -> None:
        if self.frames:
            if len(self._steps) < STEPS:
                self._steps.append(time - self.last)
            lasted = max(time - self.last, 0.0)
            for person, span in self._here:
                person.ends[span] = self.last + lasted
                person.showed[person.emotions[span]] += lasted
        else:
            self.start = time
        self.last = time
        self._here = []
        for track, emotion, _ in faces:
            if emotion not in self.emotions:
                if len(self.emotions) == 255:
                    continue
                self.emotions.append(emotion)
            if track not in self.people:
                self.people[track] = Person()
            person = self.people[track]
            self._here.append((person, person.add(self.frames, time, self.emotions.index(emotion))))
        self.frames += 1
        self.covered.update({how for _, _, how in faces})

    @property
    def step(self) -> float:
        """Seconds that a frame lasts, as a rule."""
        return float(np.median(self._steps)) if self._steps else 0.04

    def spans(self, track: int) -> list[tuple[float, float, int]]:
        """When a person showed what: (start, end, number of the emotion), seconds, in order.

        A frame lasts until the next comes, however long that takes.
        """
        person = self.people[track]
        ends = person.ends.tolist()
        for one, span in self._here:
            if one is person:
                ends[span] = self.last + self._still
        return list(zip(person.starts.tolist(), ends, person.emotions.tolist(), strict=True))

    def shares(self) -> dict[str, float]:
        """Of all time in which faces were seen, the share of each emotion; the largest first; they sum to 1."""
        seconds: npt.NDArray[np.float64] = np.zeros(len(self.emotions))
        for track in self.people:
            seconds += self._showed(track)
        total = float(seconds.sum()) or 1.0
        order = np.argsort(-seconds, kind="stable")
        return {self.emotions[number]: float(seconds[number]) / total for number in order if seconds[number]}

    def seconds(self, track: int) -> float:
        """For how long a person was seen."""
        return float(self._showed(track).sum())

    def _showed(self, track: int) -> npt.NDArray[np.float64]:
        """Of each emotion, for how many seconds a person showed it."""
        person = self.people[track]
        showed = np.zeros(len(self.emotions))
        showed[: len(person.showed)] = person.showed
        for one, span in self._here:
            if one is person:
                showed[person.emotions[span]] += self._still
        return showed

    @property
    def _still(self) -> float:
        """Seconds that the last frame is shown."""
        return max(self.step, 1e-6)

    def main_emotion(self, track: int) -> str:
        """What a person showed for the longest time."""
        return self.emotions[int(self._showed(track).argmax())]

    def __str__(self) -> str:
        seen = len([track for track in self.people if track])
        people = f"{seen} {'person' if seen == 1 else 'people'}, " if seen else ""
        how = {Placement.DETECTED: "detection", Placement.AHEAD: "looking ahead", Placement.COASTED: "motion alone"}
        covers = ", ".join(
            f"{self.covered[one.value]:,} by {word}" for one, word in how.items() if self.covered[one.value]
        )
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in self.shares().items())
        return f"{self.frames:,} frames, {people}{shares or 'no face'}" + (f"; covered: {covers}" if covers else "")


def read_report(path: Path) -> dict[str, Record]:
    """Read what `ReportWriter` wrote, line by line.

    Args:
        path: .jsonl or .csv.

    Returns:
        A record for each source, in the order of the file.

    Raises:
        UsageError: It isn't there, or has another suffix.
        InputError: It isn't a report; the message names the line.
    """
    readers = {".jsonl": _json_frames, ".csv": _csv_frames}
    if path.suffix.lower() not in readers:
        raise UsageError(f"{path}: a report is .jsonl or .csv")
    records: dict[str, Record] = {}
    number = 0
    try:
        for line, source, time, faces in readers[path.suffix.lower()](path):
            number = line
            records.setdefault(source, Record())._add(time, faces)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, csv.Error) as error:
        raise InputError(f"{path}, line {number + 1}: not a line of a report: {first_line(error)}") from error
    if not records:
        raise InputError(f"{path}: holds no frame")
    return records


Frames = Iterator[tuple[int, str, float, list[tuple[int, str, str]]]]


def _json_frames(path: Path) -> Frames:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            values: dict[str, Any] = json.loads(line)
            faces = [
                (int(face["track"] or 0), str(face["emotion"]), str(face.get("by", Placement.DETECTED.value)))
                for face in values["faces"]
            ]
            yield number, str(values["source"]), float(values["time"]), faces


def _csv_frames(path: Path) -> Frames:
    """A row is a face; rows of one source and frame stand together."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        now: tuple[str, str] | None = None
        held: tuple[int, str, float, list[tuple[int, str, str]]] | None = None
        for number, row in enumerate(csv.DictReader(file), start=2):
            key = row["source"], row["frame"]
            if key != now:
                if held is not None:
                    yield held
                now, held = key, (number, row["source"], float(row["time"]), [])
            if row["emotion"] and held is not None:
                held[3].append((int(row["track"] or 0), row["emotion"], row.get("by") or Placement.DETECTED.value))
        if held is not None:
            yield held
