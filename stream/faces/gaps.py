"""A face that has been seen stays covered until it has really gone, whether it is detected in every frame or not.

A file can be looked at ahead and back: `LookAhead` keeps what is known of its frames, though not the frames, for some
seconds before it hands them on. Live there is no time for that: `Coast` goes on by each face's motion so far.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import cv2

from emojicam.stream.choices import LOOKAHEAD
from emojicam.stream.faces.boxes import overlaps
from emojicam.stream.faces.follow import AGAIN_ALIKE, WITHIN, followed, likeness
from emojicam.stream.faces.track import OVER
from emojicam.stream.i420 import Pixels, as_pixels
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

MEMORY = 256 * 1024 * 1024
"""Bytes of frames that are kept at most, where they must be kept: of 4K video at 60 frames a second a third of a
second."""

COAST = 0.5
"""Seconds for which a face that was seen and isn't any more is covered where its motion takes it."""

MARGIN = 1.15
"""Factor by which a face's cover is enlarged where its place is only known from other frames."""

UNSURE = 0.8
"""Addition to `MARGIN` for each second without a sight of the face."""

STRAY = 0.25
"""Addition to `MARGIN` for each of its own widths that a face is carried."""

WIDEST = 2.0
"""Factor by which a cover is enlarged at most: a clock that leaps must not make it grow without end."""

MOMENT = 0.25
"""Seconds from a face's first sight on in which its motion tells where it came from."""

STRAIGHT, BRAKING = 0.5, 0.25
"""Seconds for which a face is carried on as fast as it was, and in which it slows down then."""

RATE = 31
"""Small pictures a second that are kept at most, to follow a face back in: of faster videos every other frame's."""

OTHER = 0.3
"""Overlap with another face (intersection over union) at which a face is followed no further back."""

BARE = 2.0
"""Seconds after its cover's end for which a face that didn't leave over the border may be bare."""


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
        confirmed: It has been confirmed.
        doubtful: There are frames with it in which it isn't.
        nowhere: Time before which it was nowhere, seconds: its scene had not begun.
        over: Time from which on it is nowhere any more: its scene is over.
    """

    first: JudgedFace
    began: float
    last: JudgedFace
    ended: float
    arrival: tuple[float, float] = (0.0, 0.0)
    leaving: tuple[float, float] = (0.0, 0.0)
    ways: deque[tuple[float, float, float]] = field(default_factory=deque)
    confirmed: bool = False
    doubtful: bool = False
    nowhere: float = -math.inf
    over: float = math.inf

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
    larger = min(MARGIN + UNSURE * passed + STRAY * far, WIDEST)
    return replace(face.moved(dx, dy, larger), placement=placement)


@dataclass
class _Kept:
    """One frame that waits: what is known of it, and a small grey picture of it, or None."""

    judged: Judged
    grey: Pixels | None


class LookAhead:
    """Covers each face in the frames before it is first detected, between two detections, and shortly after the last.

    A stage that takes all frames of a file and gives them `lookahead` seconds later: complete, the people in them
    counted from 1 in the order in which they come, and without their pixels, which are to be read again.
    """

    def __init__(self, lookahead: float = LOOKAHEAD, hold: Callable[[], bool] = lambda: False) -> None:
        """Begin without any knowledge of the file.

        Args:
            lookahead: Seconds.
            hold: Asked for each frame: its pixels are kept, because they might not be read again as they are.
        """
        self._lookahead = lookahead
        self._hold = hold
        self._kept: deque[_Kept] = deque()
        self._held = 0
        self._pictured = -math.inf
        self._motions: dict[int, _Motion] = {}
        self._numbers: dict[int, int] = {}

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
        if judged.faded is not None:
            _end_others(judged, self._motions)
            self._part(judged.faded)
        self._kept.append(self._stripped(judged))
        for face in judged.faces:
            motion = self._motions.get(_track(face))
            if motion is None:
                self._motions[_track(face)] = motion = _Motion(face, now, face, now)
            else:
                self._fill(face, motion)
            motion.seen(face, now)
            motion.doubtful = motion.doubtful or not face.confirmed
            if face.confirmed and motion.doubtful:
                self._confirm(_track(face))
                motion.doubtful = False
            if face.confirmed and not motion.confirmed:
                motion.confirmed = True
                self._came(motion)
        while self._kept:
            ahead = now - self._kept[0].judged.frame.time
            if ahead >= self._lookahead:
                yield self._given()
            elif self._held > MEMORY:
                # What can't be seen ahead is coasted: a gap of up to `lookahead` is covered all the same.
                yield self._given(max(COAST, self._lookahead - ahead))
            else:
                return

    def _part(self, began: float) -> None:
        """Part two scenes: who was first seen after the second began wasn't in the first, who isn't now is gone."""
        before = [kept for kept in self._kept if kept.judged.frame.time < began]
        seen = {face.track for kept in before for face in kept.judged.faces if face.placement is not Placement.AHEAD}
        for kept in before:
            faces = kept.judged.faces
            if any(face.track not in seen for face in faces):
                kept.judged = replace(kept.judged, faces=tuple(face for face in faces if face.track in seen))
        for track, motion in self._motions.items():
            if track not in seen:
                motion.nowhere = began

    def _stripped(self, judged: Judged) -> _Kept:
        """Keep of a frame what is needed."""
        frame, grey = judged.frame, None
        if self._lookahead and not 0 <= frame.time - self._pictured < 1 / RATE:
            self._pictured = frame.time
            grey = as_pixels(cv2.cvtColor(frame.small, cv2.COLOR_RGB2GRAY))
        if self._lookahead and not self._hold():
            return _Kept(replace(judged, frame=frame.away()), grey)
        self._held += frame.pixels.nbytes
        return _Kept(judged, grey)

    def _confirm(self, track: int) -> None:
        """Let a face count in the frames before in which it was seen, or guessed at, and not confirmed."""
        for kept in self._kept:
            faces = kept.judged.faces
            if any(_track(face) == track and not face.confirmed for face in faces):
                faces = tuple(replace(face, confirmed=True) if _track(face) == track else face for face in faces)
                kept.judged = replace(kept.judged, faces=faces)

    def _came(self, motion: _Motion) -> None:
        """Cover a face that has just been confirmed for the first time in the frames before it was seen."""
        motion.first = first = replace(motion.first, confirmed=True)
        begin = next((at for at, kept in enumerate(self._kept) if kept.judged.frame.time >= motion.began), None)
        back = [] if begin is None else self._followed_back(first, begin, -math.inf)
        for place, face in back:
            self._add(place, face)
        if not back:
            return
        place, motion.first = back[-1]
        motion.began = self._kept[place].judged.frame.time
        for place, face in reversed(back):
            passed = self._kept[place].judged.frame.time - motion.began
            if passed >= MOMENT or place == back[0][0]:
                (x, y), (x0, y0) = face.middle, motion.first.middle
                motion.arrival = (x - x0) / max(passed, OVER), (y - y0) / max(passed, OVER)
                return

    def _fill(self, face: JudgedFace, motion: _Motion) -> None:
        """Add a face to the frames that are kept and lack it, between its last sight and this one."""
        newest = len(self._kept) - 1
        now = self._kept[newest].judged.frame.time
        gap = newest - 1
        if gap < 0 or self._kept[gap].judged.frame.time <= motion.ended:
            return
        face = replace(face, confirmed=face.confirmed and motion.confirmed)
        motion.doubtful = motion.doubtful or not face.confirmed
        back = self._followed_back(face, newest, motion.ended)
        until, there = now, face
        for place, at in back:
            self._add(place, at)
            until, there, gap = self._kept[place].judged.frame.time, at, place - 1
        for place in range(gap, -1, -1):
            then = self._kept[place].judged.frame.time
            if then <= motion.ended:
                return
            share = (then - motion.ended) / max(until - motion.ended, 1e-6)
            between = _between(motion.last, there, share)
            self._add(place, replace(between, confirmed=face.confirmed))

    def _followed_back(self, face: JudgedFace, start: int, ended: float) -> list[tuple[int, JudgedFace]]:
        """Follow a face back by what it looks like.

        Args:
            face: Where it is seen.
            start: The place of that frame among those that are kept.
            ended: Time of the frame before which it needn't be followed.

        Returns:
            The places of frames before, and the face in each, the last first.
        """
        frame = self._kept[start].judged.frame
        k = frame.reduction
        small, grey = _scaled(face, 1 / k), self._kept[start].grey
        like = None if grey is None else likeness(grey, small)
        found: list[tuple[int, JudgedFace]] = []
        for place in range(start - 1, -1, -1):
            kept = self._kept[place]
            if kept.judged.frame.time <= ended:
                break
            if kept.grey is not None and (grey is None or like is None):  # the one before has no picture: a moment ago
                grey, like = kept.grey, likeness(kept.grey, small)
            elif kept.grey is not None and grey is not None and like is not None:
                moved = followed(grey, kept.grey, small) if grey.shape == kept.grey.shape else None
                if moved is None or like.of(kept.grey, moved) < AGAIN_ALIKE:
                    break
                small, grey = moved, kept.grey
            here = replace(_scaled(small, k), placement=Placement.AHEAD)
            if here.within(frame) < WITHIN or self._taken_by_another(here, kept.judged):
                break
            found.append((place, here))
        return found

    @staticmethod
    def _taken_by_another(face: JudgedFace, judged: Judged) -> bool:
        """Whether another face is seen at a place."""
        others = [other.box for other in judged.faces if other.track != face.track and other.confirmed]
        return bool(others) and bool((overlaps([face.box], others)[0] > OTHER).any())

    def _add(self, place: int, face: JudgedFace) -> None:
        """Add a face to a frame that is kept, enlarged a little; an unconfirmed sight of the same gives way."""
        kept = self._kept[place]
        larger = replace(face.moved(0, 0, MARGIN), placement=Placement.AHEAD)
        others = tuple(other for other in kept.judged.faces if other.track != face.track)
        kept.judged = _with(replace(kept.judged, faces=others), [larger])

    def _given(self, coast: float = COAST) -> Judged:
        """Give the oldest frame, with those faces that have just gone, or are just to come."""
        kept = self._kept.popleft()
        judged = kept.judged
        if not judged.frame.is_away:
            self._held -= judged.frame.pixels.nbytes
        then = judged.frame.time
        came = [
            motion.before(then)
            for motion in self._motions.values()
            if motion.confirmed and 0 < motion.began - then <= COAST and then >= motion.nowhere
        ]
        complete, bare = _coasted(_with(judged, came), self._motions, coast)
        faces = tuple(self._numbered(face) for face in complete.faces)
        return replace(complete, faces=faces, bare=bare)

    def _numbered(self, face: JudgedFace) -> JudgedFace:
        """Give a face the number of the person as people are counted: from 1, in the order in which they are given."""
        if not face.confirmed:
            return replace(face, track=None)
        number = self._numbers.setdefault(_track(face), len(self._numbers) + 1)
        return face if number == face.track else replace(face, track=number)


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
        if judged.faded is not None:
            _end_others(judged, self._motions)
        now = judged.frame.time
        for face in judged.faces:
            motion = self._motions.setdefault(_track(face), _Motion(face, now, face, now))
            motion.seen(face, now)
            motion.confirmed = motion.confirmed or face.confirmed
        done, bare = _coasted(judged, self._motions, self._seconds)
        lost = any(face.placement is Placement.COASTED for face in done.faces)
        return replace(done, veiled=self._veil and lost, bare=bare)


def _track(face: JudgedFace) -> int:
    return -1 if face.track is None else face.track


def _end_others(judged: Judged, motions: dict[int, _Motion]) -> None:
    """End the motions of those who aren't in the first frame after a fade: their scene is over."""
    here = {_track(face) for face in judged.faces}
    for track, motion in motions.items():
        if track not in here:
            motion.over = min(motion.over, judged.frame.time)


def _coasted(judged: Judged, motions: dict[int, _Motion], seconds: float) -> tuple[Judged, int]:
    """Add the faces that were seen shortly before a frame and are not in it.

    Returns:
        The frame with them, and the number of those that may be bare in it.
    """
    now, frame = judged.frame.time, judged.frame
    here = {_track(face) for face in judged.faces}
    added, bare = [], 0
    for track, motion in list(motions.items()):
        gone = now - motion.ended
        if track in here or gone <= 0 or not motion.confirmed:
            if gone > LOOKAHEAD:
                del motions[track]
            continue
        if now >= motion.over - 1e-6:
            del motions[track]
            continue
        carried = motion.after(now)
        new = [face for face in judged.faces if _began(motions, face) > motion.ended]
        if any(_same_again(face, carried) for face in new):
            del motions[track]  # it is seen, under another number
        elif gone <= seconds + 1e-6 or math.isfinite(motion.over):  # it may be half to be seen until the fade's end
            added.append(_kept_in(carried, motion.last, frame))
        elif gone <= seconds + BARE:
            bare += frame.holds(motion.after(motion.ended + seconds).middle)
        elif gone > 2 * max(seconds, LOOKAHEAD):
            del motions[track]
    return _with(judged, added), bare


def _began(motions: dict[int, _Motion], face: JudgedFace) -> float:
    """Time since when a face is known, seconds."""
    motion = motions.get(_track(face))
    return -math.inf if motion is None else motion.began


def _same_again(face: JudgedFace, carried: JudgedFace) -> bool:
    """Whether a face that is seen is one that was lost, by its place and size."""
    k = face.box[2] / max(carried.box[2], 1e-6)
    return face.confirmed and 1 / WIDEST**2 < k < WIDEST and carried.holds(face.middle)


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


def _scaled(face: JudgedFace, k: float) -> JudgedFace:
    """A face in a picture that is `k` times as large."""
    plain = face.scaled(k)
    return replace(face, box=plain.box, eyes=plain.eyes)


def _kept_in(face: JudgedFace, last: JudgedFace, frame: Frame) -> JudgedFace:
    """Keep a face that is carried out of the picture at its border: nobody has seen that it didn't stop there.

    There it grows no more: it isn't carried any farther.
    """
    x, y = face.middle
    dx, dy = (min(max(at, 0), end) - at for at, end in ((x, frame.width), (y, frame.height)))
    if not (dx or dy):
        return face
    return face.moved(dx, dy, min(1.0, MARGIN * last.box[2] / max(face.box[2], 1e-6)))
