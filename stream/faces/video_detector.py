"""Detect the faces in a stream of frames at a fraction of what each frame by itself would cost.

A frame by itself needs a glance with one or two models, a second look at every candidate, and, if nothing was found, a
search in parts (see `detect`). Of a stream the last moments are known: a face that was confirmed a moment ago at the
same place needs no second look, what was no face then is none now, and an empty room is not searched thirty times a
second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emojicam.models.card import Point
from emojicam.stream.choices import Range
from emojicam.stream.faces.detect import SURE, THRESHOLD, Detector, largest_first, merge, overlaps, same_faces, shrunk
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame, Seen, roll_of

AGAIN = 0.3
"""Seconds for which a second look's answer holds."""

LONGEST = 2.0
"""Seconds for which "no face" holds at most, after it was said several times."""

KEEP = 0.8
"""Share of the threshold that a face must reach that was confirmed before: it is not given up at the first doubt."""

RISE = 0.1
"""Rise in a glance's score above which what was no face is looked at before its time."""

DOUBT = 0.09
"""Seconds between two glances at what is doubtful, as long as all known faces are seen for sure: every third frame."""

CERTAIN = SURE + 0.1
"""Score from which on a known face will be seen for sure in the next frame too."""

FAR = 0.2
"""Seconds between two glances with the full-range model, as long as the short-range model sees every known face."""

SEARCH = 0.5
"""Seconds between two searches in parts while there is nobody."""

RESTART = 1.0
"""Seconds between two frames after which nothing is known any more; a clock that runs backwards does the same."""

SAME = 0.4
"""Overlap (intersection over union) from which on two boxes of successive frames are one face's."""

PAUSE = 0.06
"""Seconds between two second looks that can wait; those at new candidates and at faces that were missed can't.

Four faces get all the looks that they want, a crowd of twenty one each in 1.2 s.
"""

RESCUES = 1
"""Number of looks that a frame gets at faces that the glance missed, where they were last."""

GRACE = 0.2
"""Seconds for which a face that is missed, and can't be looked at yet, is taken to be where it was."""


@dataclass(frozen=True)
class _Candidate:
    """A possible face, as a glance saw it, and whether the glance was the full-range model's."""

    face: Face
    far: bool


@dataclass(frozen=True)
class _Known:
    """The memory of a candidate, face or not.

    Attributes:
        far: The full-range model sees it: the two place boxes and eyes a little differently.
        glanced: The face as the glance saw it last.
        face: The same as the second look saw it, moved with what the glance saw since; its score is the mean of both.
        real: It is a face.
        first: The glance's score at the time of the second look.
        looked: Time of the second look, seconds.
        seen: Time when a glance or a look saw it last, seconds.
        hold: Seconds for which the second look's answer holds.
    """

    far: bool
    glanced: Face
    face: Face
    real: bool
    first: float
    looked: float
    seen: float
    hold: float

    def moved_to(self, candidate: _Candidate, now: float) -> _Known:
        """The same face as a new glance sees it, corrected as the second look corrected the glance before it."""
        was, found, glanced = self.glanced, self.face, candidate.face
        k = glanced.box[2] / max(was.box[2], 1e-6)

        def corrected(now: Point, then: Point, true: Point) -> Point:
            return now[0] + (true[0] - then[0]) * k, now[1] + (true[1] - then[1]) * k

        x, y = corrected(glanced.middle, was.middle, found.middle)
        width, height = found.box[2] * k, found.box[3] * k
        left, right = (corrected(*points) for points in zip(glanced.eyes, was.eyes, found.eyes, strict=True))
        # Not by `replace`, which takes four times as long: this is done for every face in every frame.
        face = Face(
            box=(x - width / 2, y - height / 2, width, height),
            score=found.score + (glanced.score - was.score) / 2,
            eyes=(left, right),
            roll=roll_of((left, right)),
        )
        hold = self.hold if candidate.far == self.far else 0.0  # the correction is the other model's
        return _Known(candidate.far, glanced, face, self.real, self.first, self.looked, now, hold)

    def stale(self, now: float, threshold: float) -> bool:
        """Whether a second look is due."""
        if self.real:
            return now - self.looked >= self.hold or self.face.score < KEEP * threshold
        return now - self.looked >= self.hold or self.glanced.score > self.first + RISE


_Pairs = list[tuple[_Candidate, _Known | None]]
"""Candidates, each with what is known of it."""


class VideoDetector:
    """Detects the faces in one frame after another of one stream. Lives in one thread."""

    def __init__(self, detector: Detector) -> None:
        """Begin without any knowledge of the stream.

        Args:
            detector: Looks at single frames; stays the caller's.
        """
        self._detector = detector
        self._known: list[_Known] = []
        self._last = self._far = self._doubted = self._searched = self._waited = -math.inf

    def __call__(self, frame: Frame) -> Seen:
        """Detect the faces in the stream's next frame, largest first."""
        now = frame.time
        if not 0 <= now - self._last <= RESTART:
            self._known = []
            self._far = self._doubted = self._searched = self._waited = -math.inf
        self._last = now
        pairs, left = self._glanced(frame)
        missed = [one for one in left if one.real]
        known = self._rescued(frame, missed)
        known += self._looked(frame, pairs, wait=bool(missed) or now - self._waited < PAUSE)
        # What is no face flickers: a wall's pattern that one frame shows, the next doesn't, and the one after it does.
        known += [one for one in left if not one.real and now - one.looked < 2 * one.hold]
        faces = merge([one.face for one in known if one.real])
        if not faces and (missed or now - self._searched >= SEARCH):
            self._searched = now
            faces = self._detector.search(frame)
            known += [_Known(False, face, face, True, face.score, now, now, AGAIN) for face in faces]
        self._known = known
        return Seen(frame, largest_first(faces))

    def _glanced(self, frame: Frame) -> tuple[_Pairs, list[_Known]]:
        """Glance at a frame: the candidates in it, and what was known and is not seen now."""
        detector = self._detector
        small = shrunk(frame)
        certain = self._certain(frame.time)
        found, pairs, left = self._near(frame, small, sure=certain)
        if certain and any(one.real and not one.far for one in left):
            certain = False
            found, pairs, left = self._near(frame, small, sure=False)
        if not certain:
            self._doubted = frame.time
        missed = any(one.real for one in left)
        known_far = any(one.real and one.far for one in self._known)
        if detector.range is not Range.NEAR and (missed or known_far or frame.time - self._far >= FAR):
            self._far = frame.time
            found += [_Candidate(face, far=True) for face in detector.glance(frame, near=False, small=small)]
            pairs, left = matched(found, self._known)
        return pairs, left

    def _certain(self, now: float) -> bool:
        """Whether a glance for what is sure is enough: all known faces are, and a full one was made a moment ago."""
        faces = [one for one in self._known if one.real]
        doubtful = any(not one.far and one.glanced.score < CERTAIN for one in faces)
        return bool(faces) and not doubtful and now - self._doubted < DOUBT

    def _near(self, frame: Frame, small: Pixels, *, sure: bool) -> tuple[list[_Candidate], _Pairs, list[_Known]]:
        """Glance with the short-range model: what it sees, that paired with what is known, and what it misses."""
        faces = self._detector.glance(frame, far=False, sure=sure, small=small)
        found = [_Candidate(face, far=False) for face in faces]
        return found, *matched(found, self._known)

    def _looked(self, frame: Frame, pairs: _Pairs, *, wait: bool) -> list[_Known]:
        """Learn of each candidate: the new ones get a second look and, unless it must `wait`, the stalest one."""
        now, threshold = frame.time, self._detector.threshold
        moved = [known.moved_to(candidate, now) for candidate, known in pairs if known is not None]
        # Those about which a look has just raised a doubt come first, and always one of them has its turn.
        stale = sorted((one for one in moved if one.stale(now, threshold)), key=lambda one: (one.hold > 0, one.looked))
        doubted = bool(stale) and stale[0].hold == 0
        new = [self._judged(frame, candidate, None) for candidate, known in pairs if known is None]
        due = stale[:1] if doubted or not (wait or new) else []
        if due:
            self._waited = now
        kept = [one for one in moved if all(one is not other for other in due)]
        return kept + new + [self._judged(frame, _Candidate(one.glanced, one.far), one) for one in due]

    def _judged(self, frame: Frame, candidate: _Candidate, before: _Known | None) -> _Known:
        glanced = candidate.face
        face = self._detector.look(frame, glanced)
        was_real = before is not None and before.real
        real = face.score >= self._detector.threshold * (KEEP if was_real else 1)
        if real or before is None:
            hold = AGAIN
        elif was_real:
            hold = 0.0  # in the next frame it may be one again
        else:  # what is no face again and again is looked at less and less
            hold = min(max(2 * before.hold, AGAIN), LONGEST)
        return _Known(candidate.far, glanced, face, real, glanced.score, frame.time, frame.time, hold)

    def _rescued(self, frame: Frame, missed: list[_Known]) -> list[_Known]:
        """Find faces that the glance missed and that are still there, by a look at where each was."""
        saved = []
        for number, known in enumerate(sorted(missed, key=lambda one: one.seen)):
            if number >= RESCUES:
                if frame.time - known.seen < GRACE:
                    saved.append(known)
                continue
            face = self._detector.look(frame, known.face)
            if face.score >= self._detector.threshold * KEEP:
                saved.append(_Known(known.far, face, face, True, face.score, frame.time, frame.time, AGAIN))
        return saved


def matched(found: list[_Candidate], known: list[_Known]) -> tuple[_Pairs, list[_Known]]:
    """Pair candidates with what is known: by the same model if possible, the best overlap first.

    Args:
        found: Candidates of either model; a face may be among them twice.
        known: What is known from the frames before.

    Returns:
        Every candidate once, with what is known of it; and what is left over of the known.
    """
    boxes = [one.face.box for one in found]
    shared, _ = overlaps(boxes, [one.glanced.box for one in known])
    close = [
        (found[i].far == known[j].far, shared[i, j], i, j)
        for i, j in zip(*(place.tolist() for place in np.nonzero(shared >= SAME)), strict=True)
    ]
    mates: dict[int, int] = {}
    for _, _, i, j in sorted(close, reverse=True):
        if i not in mates and j not in mates.values():
            mates[i] = j
    # What is no face may have faces in it, which count by themselves.
    together, inside = overlaps(boxes, boxes)
    same = same_faces(together, inside)
    none = [i for i, j in mates.items() if not known[j].real]
    same[:, none] = together[:, none] >= SAME
    chosen = list(mates)
    for i in sorted(set(range(len(found))) - mates.keys(), key=lambda i: found[i].face.score, reverse=True):
        again = [n for n, other in enumerate(chosen) if same[i, other]]
        if not again:
            chosen.append(i)
            continue
        # The short-range model's word counts where it is sure: it costs less to follow.
        other = chosen[again[0]]
        sure = not found[i].far and found[i].face.score >= THRESHOLD
        if sure and found[other].far and other not in mates and together[i, other] >= SAME:
            chosen[again[0]] = i
    pairs = [(found[i], known[mates[i]] if i in mates else None) for i in chosen]
    return pairs, [one for j, one in enumerate(known) if j not in mates.values()]
