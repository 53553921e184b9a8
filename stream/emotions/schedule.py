"""Classify each person some ten times a second, not each face in each frame: so that crowds stay cheap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from emojicam.stream.emotions.classify import judged_face
from emojicam.stream.emotions.smooth import FORGET
from emojicam.stream.types import Emotion, Face, Judged, Seen

EVERY = 0.1
"""Seconds between two classifications of one face: the smoothing spans several times as long."""


@dataclass(frozen=True)
class _Told:
    """The classifier's answer about a face, and its time (s)."""

    emotion: Emotion
    time: float


class ClassificationSchedule:
    """Asks a classifier about the faces whose turn it is, and repeats for the others what it said last.

    New faces and those without a track are always asked about. Of the others a frame takes those whose time is up, and
    of these as many as it must, so that all have their turn in `every` seconds.
    """

    def __init__(self, judge: Callable[[Sequence[Seen]], list[Judged]], every: float = EVERY) -> None:
        """Begin without any knowledge of the stream.

        Args:
            judge: Classifies all faces of several frames in one batch.
            every: Seconds between two classifications of a face; 0 asks about every face of every frame.
        """
        self._judge, self._every = judge, every
        self._told: dict[int, _Told] = {}
        self._last = -math.inf

    def __call__(self, frames: Sequence[Seen]) -> list[Judged]:
        """Classify the faces of frames that follow each other."""
        asked = self.ask(frames)
        return self.answer(frames, asked, self._judge([seen for seen in asked if seen.faces]))

    def ask(self, frames: Sequence[Seen]) -> list[Seen]:
        """Give the frames with those faces alone that are to be classified; whoever asks, goes on with `answer`."""
        return [replace(seen, faces=self._due(seen)) for seen in frames]

    def answer(self, frames: Sequence[Seen], asked: Sequence[Seen], judged: Sequence[Judged]) -> list[Judged]:
        """Give the frames with all their faces, each with what was said of it last.

        Args:
            frames: The frames as they were given to `ask`.
            asked: What `ask` gave for them.
            judged: Those of `asked` that have a face, classified.
        """
        answers = iter(judged)
        done = []
        for seen, one in zip(frames, asked, strict=True):
            emotions = [face.emotion for face in next(answers).faces] if one.faces else []
            said = dict(zip(map(id, one.faces), emotions, strict=True))
            for face in one.faces:
                if face.track is not None:
                    self._told[face.track] = _Told(said[id(face)], seen.frame.time)
            faces = tuple(
                judged_face(face, said[id(face)] if id(face) in said else self._told[_track(face)].emotion)
                for face in seen.faces
            )
            done.append(Judged(seen.frame, faces, seen.cut, seen.faded))
        # Not before: the first of these frames may have faces that were judged long before the last.
        self._told = {track: told for track, told in self._told.items() if 0 <= self._last - told.time <= FORGET}
        return done

    def _due(self, seen: Seen) -> tuple[Face, ...]:
        """The faces of a frame that are to be classified now."""
        now = seen.frame.time
        passed = now - self._last
        self._last = now
        known = [face for face in seen.faces if face.track in self._told]
        due = [face for face in seen.faces if face.track not in self._told]
        # Those whose time is up, half a frame early rather than late; and no more of them at once than must be, so that
        # faces that came together don't stay together: at 30 frames a second a third of all.
        share = math.ceil(len(known) * min(1.0, passed / self._every)) if self._every else len(known)
        known.sort(key=lambda face: self._told[_track(face)].time)
        due += [face for face in known if now - self._told[_track(face)].time >= self._every - passed / 2][:share]
        for face in due:
            if face.track is not None:  # its turn is counted now: the next frame of the batch must not ask again
                emotion = self._told[face.track].emotion if face.track in self._told else Emotion((), ())
                self._told[face.track] = _Told(emotion, now)
        return tuple(due)


def _track(face: Face) -> int:
    assert face.track is not None
    return face.track
