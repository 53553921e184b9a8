"""A face that has been seen stays covered until it has really gone, whether it is detected in every frame or not.

A file can be looked at ahead and back: `LookAhead` keeps frames for a while before it hands them on. Live there is no
time for that: `Coast` goes on by each face's motion so far.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from emojicam.stream.choices import LOOKAHEAD
from emojicam.stream.faces.track import OVER
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

MEMORY = 256 * 1024 * 1024
"""Bytes of frames that are kept at most: of 4K video at 60 frames a second that is a third of a second."""

COAST = 0.5
"""Seconds for which a face that was seen and isn't any more is covered where its motion takes it."""

MARGIN = 1.15
"""Factor by which a face's cover is enlarged where its place is only known from other frames."""

UNSURE = 0.8
"""Addition to `MARGIN` for each second without a sight of the face."""

STRAY = 0.25
"""Addition to `MARGIN` for each of its own widths that a face is carried."""

MOMENT = 0.25
"""Seconds from a face's first sight on in which its motion tells where it came from."""

STRAIGHT, BRAKING = 0.5, 0.25
"""Seconds for which a face is carried on as fast as it was, and in which it slows down then."""


@dataclass
class _Motion:
    """One track's first and last sight, and its velocity there.

    Attributes:
        first: The face as it was seen first.
        began: Time of that, seconds.
        last: The face as it was seen last.
        ended: Time of that, seconds.
        arrival: Velocity in the first moments, px a second, across and down.
        leaving: Velocity in the last moments, px a second, across and down.
        ways: Where its middle was in the last moments, and when: (x, y, seconds).
    """

    first: JudgedFace
    began: float
    last: JudgedFace
    ended: float
    arrival: tuple[float, float] = (0.0, 0.0)
    leaving: tuple[float, float] = (0.0, 0.0)
    ways: deque[tuple[float, float, float]] = field(default_factory=deque)

    def seen(self, face: JudgedFace, now: float) -> None:
        """Note that the face is seen again, and where."""
        (x, y), (x1, y1) = face.middle, self.first.middle
        self.ways.append((*self.last.middle, self.ended))
        while len(self.ways) > 1 and now - self.ways[1][2] >= OVER:
            self.ways.popleft()
        x0, y0, then = self.ways[0]
        passed = max(now - then, OVER)
        vx, vy = self.leaving
        self.leaving = (0.5 * (vx + (x - x0) / passed), 0.5 * (vy + (y - y0) / passed))
        if now - self.began <= MOMENT:
            passed = max(now - self.began, OVER)
            self.arrival = ((x - x1) / passed, (y - y1) / passed)
        self.last, self.ended = face, now

    def before(self, then: float) -> JudgedFace:
        """The face before its first sight, where its motion brought it from."""
        return _carried(self.first, self.arrival, then - self.began, Placement.AHEAD)

    def after(self, now: float) -> JudgedFace:
        """The face after its last sight, where its motion takes it."""
        return _carried(self.last, self.leaving, now - self.ended, Placement.COASTED)


def _carried(face: JudgedFace, speed: tuple[float, float], seconds: float, placement: Placement) -> JudgedFace:
    """A face where its motion takes it, or took it, larger the less that is known."""
    passed = abs(seconds)
    # As fast as it was, for a while; then it slows down.
    way = passed if passed < STRAIGHT else STRAIGHT + BRAKING * (1 - math.exp(-(passed - STRAIGHT) / BRAKING))
    dx, dy = (math.copysign(way, seconds) * v for v in speed)
    far = math.hypot(dx, dy) / max(face.box[2], 1.0)
    return replace(face.moved(dx, dy, MARGIN + UNSURE * passed + STRAY * far), placement=placement)


class LookAhead:
    """Covers each face in the frames before it is first detected, between two detections, and shortly after the last.

    A stage that takes all frames of a file and gives them, complete, `lookahead` seconds later.
    """

    def __init__(self, lookahead: float = LOOKAHEAD) -> None:
        self._lookahead = lookahead
        self._kept: deque[Judged] = deque()
        self._motions: dict[int, _Motion] = {}

    def __call__(self, frames: Iterable[Judged]) -> Iterator[Judged]:
        """Give every frame once, in order."""
        for judged in frames:
            yield from self._taken(judged)
        while self._kept:
            yield self._given()

    def _taken(self, judged: Judged) -> Iterator[Judged]:
        if judged.cut:
            # Nothing of the scene before is known of this one.
            while self._kept:
                yield self._given()
            self._motions = {}
        now = judged.frame.time
        for face in judged.faces:
            if face.track in self._motions:
                self._fill(face, now, self._motions[face.track])
        _note(judged, self._motions)
        self._kept.append(judged)
        while self._kept:
            ahead = now - self._kept[0].frame.time
            if ahead >= self._lookahead:
                yield self._given()
            elif len(self._kept) * judged.frame.pixels.nbytes > MEMORY:
                # What can't be seen ahead is coasted: a gap of up to `lookahead` is covered all the same.
                yield self._given(max(COAST, self._lookahead - ahead))
            else:
                return

    def _fill(self, face: JudgedFace, now: float, motion: _Motion) -> None:
        """Add a face to the frames that are kept and lack it, between its last sight and this one."""
        for place in range(len(self._kept) - 1, -1, -1):
            judged = self._kept[place]
            share = (judged.frame.time - motion.ended) / (now - motion.ended)
            if share <= 0:
                return
            between = _between(motion.last, face, share).moved(0, 0, MARGIN)
            self._kept[place] = _with(judged, [replace(between, placement=Placement.AHEAD)])

    def _given(self, coast: float = COAST) -> Judged:
        """Give the oldest frame, with those faces that have just gone, or are just to come."""
        judged = self._kept.popleft()
        then = judged.frame.time
        came = [motion.before(then) for motion in self._motions.values() if then < motion.began]
        return _coasted(_with(judged, came), self._motions, coast)


class Coast:
    """Covers a face that isn't detected where its motion so far takes it: for live streams. Lives in one thread."""

    def __init__(self, seconds: float = 2 * COAST, *, veil: bool = False) -> None:
        """Begin without any knowledge of the stream.

        Args:
            seconds: How long a face is covered that isn't seen any more.
            veil: Blur the whole frame meanwhile.
        """
        self._seconds, self._veil = seconds, veil
        self._motions: dict[int, _Motion] = {}

    def __call__(self, judged: Judged) -> Judged:
        """Add to a frame those faces that have just been lost."""
        if judged.cut:
            self._motions = {}
        _note(judged, self._motions)
        done = _coasted(judged, self._motions, self._seconds)
        lost = any(face.placement is Placement.COASTED for face in done.faces)
        return replace(done, veiled=self._veil and lost)


def _note(judged: Judged, motions: dict[int, _Motion]) -> None:
    """Take note of where each track is."""
    now = judged.frame.time
    for face in judged.faces:
        if face.track is None:
            continue
        if face.track in motions:
            motions[face.track].seen(face, now)
        else:
            motions[face.track] = _Motion(face, now, face, now)


def _coasted(judged: Judged, motions: dict[int, _Motion], seconds: float) -> Judged:
    """Add the faces that were seen shortly before a frame and are not in it."""
    now = judged.frame.time
    here = {face.track for face in judged.faces}
    added = []
    for track, motion in list(motions.items()):
        gone = now - motion.ended
        if track in here or gone <= 0:
            continue
        if gone <= seconds + 1e-6:
            added.append(_kept_in(motion.after(now), judged.frame))
        elif gone > 2 * max(seconds, LOOKAHEAD):
            del motions[track]
    return _with(judged, added)


def _with(judged: Judged, added: list[JudgedFace]) -> Judged:
    """Add faces to a frame, and sort them all, the largest first."""
    if not added:
        return judged
    faces = sorted((*judged.faces, *added), key=lambda face: face.area, reverse=True)
    return replace(judged, faces=tuple(faces))


def _between(one: JudgedFace, two: JudgedFace, share: float) -> JudgedFace:
    """A face on its way from the first place to the second, of which it has gone a share."""

    def mixed(a: float, b: float) -> float:
        return a + share * (b - a)

    turn = math.remainder(two.roll - one.roll, 360)
    (a, b), (c, d) = one.eyes, two.eyes
    left, top, width, height = (mixed(p, q) for p, q in zip(one.box, two.box, strict=True))
    return replace(
        one if share < 0.5 else two,
        box=(left, top, width, height),
        eyes=((mixed(a[0], c[0]), mixed(a[1], c[1])), (mixed(b[0], d[0]), mixed(b[1], d[1]))),
        roll=math.remainder(one.roll + share * turn, 360),
    )


def _kept_in(face: JudgedFace, frame: Frame) -> JudgedFace:
    """Keep a face that is carried out of the picture at its border: nobody has seen that it didn't stop there."""
    x, y = face.middle
    dx, dy = (min(max(at, 0), end) - at for at, end in ((x, frame.width), (y, frame.height)))
    return face.moved(dx, dy) if dx or dy else face
