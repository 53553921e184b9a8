"""Read a face against the same person's face at rest: some look sad or amused when they feel nothing at all."""

from __future__ import annotations

import math
from dataclasses import replace

from emojicam.stream.emotions.classify import judged_face
from emojicam.stream.emotions.smooth import FORGET
from emojicam.stream.types import NEUTRAL, Emotion, Judged, JudgedFace

SHARE = 0.5
"""Share of a face at rest that is taken off, in log probabilities (benchmarks/resting.py)."""

CALM = 3.0
"""Seconds at rest, all together, after which a face at rest is known."""

MEMORY = 30.0
"""Seconds at rest that are remembered: the light changes, and so does the side that a person shows."""

DOUBT = 0.1
"""Weight of moments that are at rest by what the model says alone. If they counted in full, a soft smile would fade; if
they didn't, whom the light has changed would keep an expression that isn't there."""

MOST = 4.0
"""Largest step in log odds against neutral: a shadow of an expression is none yet, even where at rest there is none.

Of fifty people's soft smiles after their calm face, 74, 78 and 86 in a hundred are shown with at most 2.5, 3 and 4;
with 6, 3 % of calm faces that are blurred, nod or turn are no longer neutral, with 4, 1 % (benchmarks/resting.py).
"""

LATELY = 0.35
"""Seconds over which the difference from the face at rest is taken, so that it doesn't make the answers' trembling
larger: of a calm face with a lot of noise, 24 changes in six minutes became 4; as the model said it there were 2."""

LONGEST = 0.5
"""Seconds for which a frame counts at most."""

LEAST = 1e-6
"""Probability below which logarithms are not taken."""


class RestingFaces:
    """Knows how each person of one stream looks at rest, and reads their faces against it, frame by frame, in order.

    With m, the mean of a person's log p at rest, log p becomes (log p - share * m) / (1 - share), made a distribution
    again: what is there at rest stays as it is, and what differs from it, for longer than a moment, counts for more.
    A person is at rest while "neutral" is the likeliest, before this step and after it. Faces without a track, and
    models that have no "neutral", pass as they are. Who isn't seen for `FORGET` seconds is forgotten.
    """

    def __init__(self, share: float = SHARE) -> None:
        """Begin without any knowledge of the stream.

        Args:
            share: Share of the face at rest that is taken off, 0 to less than 1; 0 leaves everything as it is.
        """
        self._step = share / (1 - share)
        self._people: dict[int, _Rest] = {}

    def __call__(self, judged: Judged) -> Judged:
        """Give a frame whose faces' emotions are read against the same faces at rest."""
        now = judged.frame.time
        if self._people:
            self._people = {track: rest for track, rest in self._people.items() if 0 <= now - rest.seen <= FORGET}
        if not judged.faces or not self._step:
            return judged
        return replace(judged, faces=tuple(self._read(face, now) for face in judged.faces))

    def _read(self, face: JudgedFace, now: float) -> JudgedFace:
        emotion = face.emotion
        if face.track is None or NEUTRAL not in emotion.labels:
            return face
        rest = self._people.get(face.track)
        if rest is None:
            rest = self._people[face.track] = _Rest(now)
        p = rest.next(emotion.p, emotion.labels.index(NEUTRAL), self._step, now)
        if p is emotion.p:
            return face
        return judged_face(face, Emotion(emotion.labels, p, emotion.valence, emotion.arousal))


class _Rest:
    """One person at rest.

    Attributes:
        seen: Time of the last frame with the person, seconds.
    """

    def __init__(self, now: float) -> None:
        self.seen = now
        self._calm = 0.0
        self._p: tuple[float, ...] = ()
        self._logs: list[float] = []
        self._mean: list[float] = []
        self._lately: list[float] = []

    def next(self, p: tuple[float, ...], neutral: int, step: float, now: float) -> tuple[float, ...]:
        """Read the next probabilities against the person at rest, and learn from them if they are at rest."""
        passed = min(now - self.seen, LONGEST)
        self.seen = now
        if p is not self._p:  # a face is judged in every third frame or so
            self._p, self._logs = p, [math.log(one if one > LEAST else LEAST) for one in p]
        logs = self._logs
        self._lately = _nearer(self._lately or logs, logs, 1 - math.exp(-passed / LATELY))
        read = self._against(logs, neutral, step) if self._calm >= CALM else p
        if p[neutral] == max(p) and passed > 0:
            weight = passed if read[neutral] == max(read) else passed * DOUBT
            self._calm = min(self._calm + weight, MEMORY)
            self._mean = _nearer(self._mean or logs, logs, weight / self._calm)
        return read

    def _against(self, logs: list[float], neutral: int, step: float) -> tuple[float, ...]:
        own = self._lately[neutral] - self._mean[neutral]
        shares = []
        for log, late, mean in zip(logs, self._lately, self._mean, strict=True):
            more = step * (late - mean - own)
            # By comparisons: with `min` and `max` the whole step took 132 µs for four faces, not 87.
            shares.append(math.exp(log + (MOST if more > MOST else -MOST if more < -MOST else more)))
        total = sum(shares)
        return tuple([share / total for share in shares])


def _nearer(old: list[float], new: list[float], share: float) -> list[float]:
    return [a + share * (b - a) for a, b in zip(old, new, strict=True)]
