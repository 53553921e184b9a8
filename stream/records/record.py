"""The record of a video, kept small: each person's times and emotions, gathered frame by frame."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emojicam.stream.types import DEGREE_STEP, Judged, Placement


class Sight(NamedTuple):
    """A face in a frame, as much of it as is kept.

    Attributes:
        track: The person's number; 0 is none.
        emotion: The emotion that is shown.
        by: The value of its `Placement`.
        degree: The strength of the emotion, 0-1.
    """

    track: int
    emotion: str
    by: str = Placement.DETECTED.value
    degree: float = 1.0


class Span(NamedTuple):
    """A time in which a person showed one emotion in one degree.

    Attributes:
        start: Seconds.
        end: Seconds.
        emotion: The emotion's number in `Record.emotions`.
        degree: Its strength at the start, 0-1; until the end it differs by no more than `DEGREE_STEP`.
    """

    start: float
    end: float
    emotion: int
    degree: float


@dataclass(slots=True)
class Person:
    """The emotions that one track showed: spans of frames in a row, each with one emotion in one degree.

    Attributes:
        starts: Start of each span, seconds.
        ends: End of each span, seconds; of one that goes on, where its last frame but one ends.
        emotions: Emotion of each span: its number in `Record.emotions`.
        degrees: Degree of each span, 0-1, as it began.
        showed: Seconds for which each emotion was shown so far, by its number.
        frame: Number of the last frame that the person is in.
    """

    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    emotions: array[int] = field(default_factory=lambda: array("B"))
    degrees: array[float] = field(default_factory=lambda: array("f"))
    showed: array[float] = field(default_factory=lambda: array("d"))
    frame: int = -1

    def add(self, frame: int, time: float, emotion: int, degree: float) -> int:
        """Add a frame in which the person is seen.

        Returns:
            The number of its span.
        """
        same = self.emotions and self.emotions[-1] == emotion and abs(self.degrees[-1] - degree) <= DEGREE_STEP
        if not same or frame - self.frame > 1:
            self.starts.append(time)
            self.ends.append(time)
            self.emotions.append(emotion)
            self.degrees.append(degree)
            self.showed.extend([0.0] * (emotion + 1 - len(self.showed)))
        self.frame = frame
        return len(self.emotions) - 1


@dataclass(slots=True)
class Bare:
    """A stretch of frames in which faces may be uncovered.

    Attributes:
        first: Number of the first frame.
        last: Number of the last frame.
        start: Time of the first frame, seconds.
        end: Time of the last frame, seconds.
        faces: How many there may be at once.
    """

    first: int
    last: int
    start: float
    end: float
    faces: int

    def extend(self, frame: int, time: float, faces: int) -> None:
        """Add the next frame."""
        self.last, self.end, self.faces = frame, time, max(self.faces, faces)

    def __str__(self) -> str:
        several = "one face" if self.faces == 1 else f"{self.faces} faces"
        frames = f"frame {self.first}" if self.first == self.last else f"frames {self.first}–{self.last}"
        return f"{frames} ({self.start:.1f} to {self.end:.1f} s): {several} may be uncovered"


STEPS = 1001
"""Number of distances between a video's first frames that tell how long a frame lasts as a rule."""


class Record:
    """A record of what was seen in one video. It grows with people and with what they show, not with frames.

    Attributes:
        emotions: Names of the emotions, in the order in which they were first seen.
        people: What each person showed, by track; 0 holds all faces without one.
        frames: How many frames there were.
        start: Time of the first frame, seconds.
        last: Time of the last frame, seconds.
        covered: Frames with at least one face so placed, by the value of each `Placement`.
        bare: Where faces may be uncovered.
    """

    def __init__(self) -> None:
        self.emotions: list[str] = []
        self.people: dict[int, Person] = {}
        self.frames = 0
        self.start = self.last = 0.0
        self.covered: Counter[str] = Counter()
        self.bare: list[Bare] = []
        self._steps = array("d")
        self._here: list[tuple[Person, int]] = []
        """Each face of the last frame: its person, and its span's number; the next frame says how long it lasted."""

    def add(self, judged: Judged) -> None:
        """Add a frame with its faces."""
        self.add_frame(
            judged.frame.time,
            [
                Sight(face.track or 0, face.label, face.placement.value, face.degree)
                for face in judged.faces
                if face.confirmed
            ],
            judged.bare,
        )

    def add_frame(self, time: float, faces: list[Sight], bare: int = 0) -> None:
        """Add a frame by what is kept of it.

        Args:
            time: Seconds.
            faces: What is kept of each face in it.
            bare: Number of faces in it that may be uncovered.
        """
        if bare:
            if self.bare and self.bare[-1].last == self.frames - 1:
                self.bare[-1].extend(self.frames, time, bare)
            else:
                self.bare.append(Bare(self.frames, self.frames, time, time, bare))
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
        for track, emotion, _, degree in faces:
            if emotion not in self.emotions:
                if len(self.emotions) == 255:
                    continue
                self.emotions.append(emotion)
            if track not in self.people:
                self.people[track] = Person()
            person = self.people[track]
            self._here.append((person, person.add(self.frames, time, self.emotions.index(emotion), degree)))
        self.frames += 1
        self.covered.update({face.by for face in faces})

    @property
    def step(self) -> float:
        """Seconds that a frame lasts, as a rule."""
        return float(np.median(self._steps)) if self._steps else 0.04

    def spans(self, track: int) -> list[Span]:
        """List when a person showed what, and how strongly, in order.

        A frame lasts until the next comes, however long that takes.
        """
        person = self.people[track]
        ends = person.ends.tolist()
        for one, span in self._here:
            if one is person:
                ends[span] = self.last + self._still
        columns = person.starts.tolist(), ends, person.emotions.tolist(), person.degrees.tolist()
        return [Span(*values) for values in zip(*columns, strict=True)]

    def shares(self) -> dict[str, float]:
        """Each emotion's share of all time in which faces were seen; the largest first; they sum to 1."""
        seconds: npt.NDArray[np.float64] = np.zeros(len(self.emotions))
        for track in self.people:
            seconds += self._showed(track)
        total = float(seconds.sum()) or 1.0
        order = np.argsort(-seconds, kind="stable")
        return {self.emotions[number]: float(seconds[number]) / total for number in order if seconds[number]}

    def seconds(self, track: int) -> float:
        """Compute how long a person was seen, in seconds."""
        return float(self._showed(track).sum())

    def _showed(self, track: int) -> npt.NDArray[np.float64]:
        """Sum the seconds for which a person showed each emotion, by the emotion's number."""
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
        """The emotion that a person showed for the longest time."""
        return self.emotions[int(self._showed(track).argmax())]

    def doubts(self, most: int = 5) -> list[str]:
        """Say where faces may be uncovered, at most in so many lines."""
        said = [str(one) for one in self.bare[:most]]
        left = len(self.bare) - len(said)
        return [*said, f"and {left} more such stretches: see the report"] if left else said

    def __str__(self) -> str:
        seen = len([track for track in self.people if track])
        people = f"{seen} {'person' if seen == 1 else 'people'}, " if seen else ""
        how = {
            Placement.DETECTED: "detection",
            Placement.FOLLOWED: "following",
            Placement.AHEAD: "looking ahead",
            Placement.COASTED: "motion alone",
        }
        covers = ", ".join(
            f"{self.covered[one.value]:,} by {word}" for one, word in how.items() if self.covered[one.value]
        )
        frames = "1 frame" if self.frames == 1 else f"{self.frames:,} frames"
        said = f"{frames}, {people}{shares_text(self.shares()) or 'no face'}"
        return f"{said}; covered: {covers}" if covers else said


def percent(share: float) -> str:
    """Write a share, 0-1, as whole percent; one that is there is never 0 %, and what lacks a little never 100 %."""
    if 0 < share <= 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 - 1e-9 else f"{100 * share:.0f} %"


def shares_text(shares: dict[str, float]) -> str:
    """List emotions with their shares, in their order, as `Record.shares` has them; "" of none."""
    return ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
