"""Make what is shown of a face steady: by time, not by frames, and for each person by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from emojicam.stream.choices import STEADINESS, Steadiness
from emojicam.stream.types import DEGREE_STEP, NEUTRAL, Emotion, Judged, JudgedFace

FORGET = 2.0
"""Seconds after which a face that isn't seen any more is forgotten."""

FARTHEST = 0.25
"""Widths of the face (radians of roll) by which a cover may lag behind: of one that shook by a width from one frame to
the next, half of the face was bare."""


class Smoother:
    """Steadies the faces of one stream's frames, in order. Faces without a track pass as they are."""

    def __init__(self, steadiness: Steadiness = STEADINESS) -> None:
        self._steadiness = steadiness
        self._people: dict[int, _SteadiedFace] = {}

    def __call__(self, judged: Judged) -> Judged:
        """Steady the faces' probabilities, boxes and rolls, and say what is to be shown of each."""
        now = judged.frame.time
        people = self._people
        self._people = {number: one for number, one in people.items() if 0 <= now - one.seen <= FORGET}
        return replace(judged, faces=tuple(self._steadied(face, now) for face in judged.faces))

    def _steadied(self, face: JudgedFace, now: float) -> JudgedFace:
        if face.track is None:
            unsure = face.emotion.confidence < self._steadiness.sure
            shown = _shown(face.emotion, face.emotion.label, unsure)
            return replace(face, shown=shown, unsure=unsure, drawn=face.emotion.degree(shown))
        person = self._people.get(face.track)
        if person is None:
            person = self._people[face.track] = _SteadiedFace(self._steadiness, now)
        return person.next(face, now)


class _SteadiedFace:
    """One track's face as it is steadied from frame to frame."""

    def __init__(self, steadiness: Steadiness, now: float) -> None:
        self._steadiness = steadiness
        self.seen = now
        self._p: tuple[float, ...] | None = None
        self._label = ""
        self._unsure: bool | None = None
        self._doubt = now
        self._leading: tuple[str, float] | None = None
        self._drawn: tuple[str, float] = "", 0.0
        self._other = now
        self._place = _OneEuro(steadiness.still, steadiness.swift)

    def next(self, face: JudgedFace, now: float) -> JudgedFace:
        passed = now - self.seen
        self.seen = now
        new, memory = face.emotion.p, self._steadiness.memory
        if self._p is None or not memory:
            self._p = new
        else:
            share = 1 - math.exp(-passed / memory)
            self._p = tuple([old + share * (p - old) for old, p in zip(self._p, new, strict=True)])
        emotion = Emotion(face.emotion.labels, self._p, face.emotion.valence, face.emotion.arousal)
        self._choose(emotion, now)
        _, _, width, height = face.box
        scale = max(width, 1.0)
        # Places in widths of the face and the roll in radians: what trembles alike is steadied alike.
        turn = math.radians(face.roll)
        if self._place.values:  # the shorter way round
            turn += 2 * math.pi * round((self._place.values[3] - turn) / (2 * math.pi))
        x, y, size, roll = self._place.next((*face.middle, width, turn), (scale, scale, scale, 1.0), passed)
        k = size / scale
        unsure = self._doubtful(emotion, now)
        shown = _shown(emotion, self._label, unsure)
        # Not by `replace`, which takes four times as long: this is done for every face in every frame.
        return JudgedFace(
            box=(x - width * k / 2, y - height * k / 2, width * k, height * k),
            score=face.score,
            eyes=face.eyes,
            roll=math.degrees(math.remainder(roll, 2 * math.pi)),
            track=face.track,
            emotion=emotion,
            shown=shown,
            unsure=unsure,
            drawn=self._degree(emotion, shown, now),
            placement=face.placement,
            confirmed=face.confirmed,
        )

    def _choose(self, emotion: Emotion, now: float) -> None:
        """Change to another emotion only when it has led clearly for a moment."""
        best = emotion.label
        if not self._label:
            self._label = best
        led = emotion.confidence - emotion.p[emotion.labels.index(self._label)]
        if best == self._label or led < self._steadiness.lead:
            self._leading = None
            return
        if self._leading is None or self._leading[0] != best:
            self._leading = best, now
        if now - self._leading[1] >= self._steadiness.patience - 1e-6:
            self._label, self._leading = best, None

    def _doubtful(self, emotion: Emotion, now: float) -> bool:
        """Whether nothing is likely enough, for longer than the moment in which one emotion gives way to another."""
        enough = self._steadiness.sure + (self._steadiness.lead if self._unsure else 0)
        doubtful = emotion.confidence < enough
        if self._unsure is None or doubtful == self._unsure:
            self._unsure, self._doubt = doubtful, now
        elif now - self._doubt >= self._steadiness.patience - 1e-6:
            self._unsure = doubtful
        return self._unsure

    def _degree(self, emotion: Emotion, shown: str, now: float) -> float:
        """The degree of what is shown, kept until it has been another for a moment."""
        degree = emotion.degree(shown)
        if shown != self._drawn[0]:
            self._drawn = shown, degree
        if abs(degree - self._drawn[1]) <= DEGREE_STEP:
            self._other = now
        elif now - self._other >= self._steadiness.patience - 1e-6:
            self._drawn, self._other = (shown, degree), now
        return self._drawn[1]


def _shown(emotion: Emotion, label: str, unsure: bool) -> str:
    """Choose what is to be shown: an emotion, or neutral if nothing is likely enough."""
    return NEUTRAL if unsure and NEUTRAL in emotion.labels else label


@dataclass
class _OneEuro:
    """A low-pass whose cut-off rises with speed (Casiez, Roussel & Vogel 2012), for several values at once.

    Attributes:
        still: Cut-off at rest, Hz.
        swift: Hz by which the cut-off rises for each unit a second.
    """

    still: float
    swift: float
    values: tuple[float, ...] = field(default=(), init=False)
    speeds: tuple[float, ...] = field(default=(), init=False)

    def next(self, new: tuple[float, ...], units: tuple[float, ...], passed: float) -> tuple[float, ...]:
        """Smooth the next values.

        Args:
            new: N values.
            units: N units; speed is measured in these a second.
            passed: Seconds since the last values.

        Returns:
            N smoothed values, none farther from the new one than `FARTHEST` of its units.
        """
        if not self.values or not self.still or passed <= 0:
            self.values, self.speeds = new, (0.0,) * len(new)
            return new
        # Plain numbers: for four of them NumPy takes three times as long.
        quick = _share(1.0, passed)  # 1 Hz, as in the paper
        values, speeds = [], []
        for value, speed, now, unit in zip(self.values, self.speeds, new, units, strict=True):
            speeds.append(speed + quick * ((now - value) / unit / passed - speed))
            steadied = value + _share(self.still + self.swift * abs(speeds[-1]), passed) * (now - value)
            values.append(min(max(steadied, now - FARTHEST * unit), now + FARTHEST * unit))
        self.values, self.speeds = tuple(values), tuple(speeds)
        return self.values


def _share(cutoff: float, passed: float) -> float:
    """The share of a step that a first-order low-pass takes at once."""
    turned = 2 * math.pi * cutoff * passed
    return turned / (turned + 1)
