"""Detect the faces in a stream of frames at a fraction of what each frame by itself would cost.

The first net glances at every frame. The second looks at the whole about once a second, at once when a scene begins or
a face is lost; in between, a patch around each place where something is known is all that it sees. Of a stream the last
moments are known: what both nets called a face needs no more looks than its eyes do, what was no face then is none now,
and what no net sees in a frame is followed by what it looks like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from emojicam.models.card import Point
from emojicam.stream.faces.boxes import ALIKE, agree, alike, as_large, largest_first, mates, merge, overlaps
from emojicam.stream.faces.detect import CLEAR, SUREST, Detector, Evidence, examined
from emojicam.stream.faces.follow import AGAIN_ALIKE, LOOK_ALIKE, WITHIN, Likeness, followed, likeness
from emojicam.stream.faces.looks import SURE
from emojicam.stream.faces.scan import Scan, ScanNow, Situation
from emojicam.stream.faces.scenes import FADES, Scenes, panned
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame, Placement, Seen, roll_of

AGAIN = 0.3
"""Seconds for which a second look's answer holds."""

LONGEST = 2.0
"""Seconds for which "no face" holds at most, after it was said several times."""

RISE = 0.1
"""Rise in a glance's score above which what was no face is looked at before its time."""

DOUBT = 0.09
"""Seconds between two glances at what is doubtful, as long as all known faces are seen for sure: every third frame."""

CERTAIN = SURE + 0.1
"""Score from which on a known face will be seen for sure in the next frame too."""

RESTART = 1.0
"""Seconds between two frames after which nothing is known any more; a clock that runs backwards does the same."""

SAME = 0.4
"""Overlap (intersection over union) from which on two boxes of successive frames are one face's."""

PAUSE = 0.06
"""Seconds between two second looks that can wait; those at new candidates can't.

Four faces get all the looks that they want, a crowd of twenty one each in 1.2 s.
"""

AT_ONCE = 0.22
"""Margin over the threshold from which on one look at a frame confirms a face.

In real footage, 1,394 frames of people who walk away, the backs of heads score up to 0.59, faces in profile up to 0.97;
those that are seen from the front 0.78 and more in other clips.
"""

AGREE = 3
"""Looks, in as many frames, whose mean must reach the threshold to confirm a face."""

BOTH = 0.3
"""Score that both nets must have given a place for their word to be that of both."""

FIRST_ALONE, SECOND_ALONE = 0.12, 0.65
"""Margin over the threshold that the mean must have where the second net isn't sure enough alone; and the mean of its
scores that is enough whatever the first says: that of the backs of heads is 0.4, of one in profile 0.61."""

EARLY, PATCH_EARLY = 0.5, 0.6
"""Score of the second net's scan, or of its look at a patch, from which on a place is covered without waiting for more
looks: the backs of heads score up to 0.4 and 0.5."""

MEMORY = 0.3
"""Weight of a new look in the mean of all."""

PATIENCE = 0.7
"""Seconds in which a candidate must be confirmed, and for which it is covered after a look that was good enough."""

REFUSED = 0.4
"""Margin below the threshold from which on a look says that there is no face."""

HIDDEN = 1.0
"""Seconds for which a face's place is watched that doesn't look like it any more: what hid it may go away."""

UNSEEN = 0.1, 0.6
"""Seconds between two looks at a face that is followed because no net sees it: at first, and at most."""

JUMP = 2.5
"""Widths of a face by which it may move from one frame to the next, if its place doesn't look like it any more."""

DIM = 1.05
"""Factor by which a face may grow from one frame to the next where the first net hardly sees it."""

STRONG, SOUGHT = 0.7, 2
"""Likeness below which a face that is followed is looked for around its place too; and how many a frame may be."""

ROUGH = 1.15
"""Factor by which a glance's box is larger or smaller than a look's from which on it trembles: small faces are seen so,
by twice too large and off by half of their width, while those of a sixth of the picture are by 1.0 to 1.1."""

TILTED = 25.0
"""Degrees of roll from which on a glance doesn't see how a face is turned: it is said 60 degrees wrong at 80."""

MISSED = 0.5
"""Seconds without a sight of a face after which it is lost, and looked for in the whole frame."""

NEWLY = 1.0
"""Seconds in which what is known may turn out to be one more find of another face."""

BEHIND = 0.3
"""Share of a face's place (or of the other, if that is smaller) that another covers, behind which it has gone."""

BESIDE = 1.6
"""Factor by which a face in front reaches farther, with hair and shoulders, where the nets see none behind it."""

STILL_WITHIN = 0.6
"""`WITHIN` of a face that isn't to be seen any more: who goes over the border is half out before."""


@dataclass
class _Known:
    """The memory of one place: a face, a candidate, or no face.

    Attributes:
        number: Its own.
        face: Where it is now, as the best look saw it, moved with what was seen since.
        glanced: The same as the first net's glance saw it last, moved with it since; None if it never did.
        missed: The last glance didn't see it.
        real: It is a face: both nets said so, or several looks.
        agreed: The second net has had its part in that, or there is none.
        evidence: The scores of the last looks.
        sought: Time when it was last looked for around its place, seconds.
        early: Time until which it is covered although it isn't confirmed.
        mean: The mean of all looks' scores, the later ones weighing more.
        second: The same of the second net's scores alone.
        peak: The highest score so far.
        looks: Number of looks, in as many frames.
        weighed: Time of the last of them, seconds.
        born: Time of the first sight, seconds.
        since: Time from which on it is to be confirmed: of the first sight, or of one that was better by far.
        looked: Time of the last second look, seconds.
        seen: Time when a net saw it last, seconds.
        hold: Seconds until the next second look.
        pause: The longest that it has been.
        clear: The frame in which it was seen clearly, its grey levels, and where it was in it.
        like: What it looked like then; None until it is asked for.
        hidden: Time since when its place doesn't look like it; None if it does.
        placement: How the place is known in the last frame.
    """

    number: int
    face: Face
    glanced: Face | None
    real: bool
    evidence: Evidence
    born: float
    since: float
    looked: float
    seen: float
    agreed: bool = False
    hold: float = AGAIN
    pause: float = 0.0
    early: float = -math.inf
    sought: float = -math.inf
    mean: float = 0.0
    second: float = 0.0
    peak: float = 0.0
    looks: int = 0
    weighed: float = -math.inf
    clear: tuple[Pixels, Face] | None = None
    like: Likeness | None = None
    hidden: float | None = None
    placement: Placement = Placement.DETECTED
    missed: bool = False
    _before: tuple[float, float] = (0.0, 0.0)

    def moved_to(self, glanced: Face, now: float) -> None:
        """Go where a new glance sees it, corrected as the second look corrected the glance before it."""
        was, found = self.glanced, self.face
        if was is None:  # nothing is known of how the first net sees it: it stays where it is
            was = glanced
        k = glanced.box[2] / max(was.box[2], 1e-6)
        if glanced.score < CLEAR:  # a dim sight's size is not to be trusted
            k = min(max(k, 1 / DIM), DIM)

        def corrected(now: Point, then: Point, true: Point) -> Point:
            return now[0] + (true[0] - then[0]) * k, now[1] + (true[1] - then[1]) * k

        x, y = corrected(glanced.middle, was.middle, found.middle)
        width, height = found.box[2] * k, found.box[3] * k
        left, right = (corrected(*points) for points in zip(glanced.eyes, was.eyes, found.eyes, strict=True))
        # Not by `replace`, which takes four times as long: this is done for every face in every frame.
        self.face = Face(
            box=(x - width / 2, y - height / 2, width, height),
            score=found.score,
            eyes=(left, right),
            roll=roll_of((left, right)),
        )
        self.glanced, self.missed = glanced, False
        self.placed(now)

    @property
    def sighted(self) -> Face | None:
        """The face as the last glance saw it; None if that missed it."""
        return None if self.missed else self.glanced

    @property
    def roughly(self) -> bool:
        """Whether glances see it roughly: not as large as the last look did."""
        return self.glanced is None or not as_large(self.glanced, self.face, ROUGH)

    def moved_along(self, across: float, down: float) -> None:
        """Move by so many px, as everything in the picture did."""
        self.face = self.face.moved(across, down)
        self.glanced = None if self.glanced is None else self.glanced.moved(across, down)

    def follow(self, face: Face) -> None:
        """Go where the face's looks are found again; what a glance saw beside it goes along."""
        was, glanced = self.face, self.glanced
        if glanced is not None:
            k = face.box[2] / max(was.box[2], 1e-6)
            (x, y), (ox, oy), (gx, gy) = face.middle, was.middle, glanced.middle
            self.glanced = glanced.grown(k).moved(x + (gx - ox) * k - gx, y + (gy - oy) * k - gy)
        self.face, self.hidden = face, None

    def placed(self, now: float) -> None:
        """Note that a net sees it."""
        self.seen, self.hidden, self.placement = now, None, Placement.DETECTED

    def cleared(self, luma: Pixels) -> None:
        """Keep what it looks like in a frame in which it is seen clearly: a dim sight is no likeness."""
        self.clear, self.like = (luma, self.face), None

    def scanned(self, face: Face) -> None:
        """Go where a scan sees it; how a face is turned that lies on its side, a scan doesn't see."""
        if self.real and abs(self.face.roll) >= TILTED:
            (x, y), (u, v) = self.face.middle, face.middle
            turned = self.face.grown(face.box[2] / max(self.face.box[2], 1e-6)).moved(u - x, v - y)
            face = replace(turned, score=face.score)
        self.face = face

    def refound(self, face: Face, frame: Frame) -> None:
        """Go where it is seen clearly after it was lost; how a glance sees it is not known any more."""
        self.face, self.glanced = replace(face, score=self.face.score), None
        self.placed(frame.time)
        self.cleared(frame.luma)

    def looks_like(self) -> Likeness | None:
        """The likeness of the face as it was seen clearly."""
        if self.like is None and self.clear is not None:
            self.like = likeness(*self.clear)
        return self.like

    def likely(self, now: float) -> bool:
        """Whether it is covered: a face, or what looks like one and waits for more looks."""
        return self.real or now <= self.early

    def weigh(self, evidence: Evidence, now: float) -> None:
        """Count another look; of two in a frame the later one."""
        if now > self.weighed:
            self.looks += 1
            self._before = self.mean, self.second
        self.weighed = now
        share = max(MEMORY, 1 / self.looks)
        mean, second = self._before
        self.mean = mean + share * (evidence.score - mean)
        self.second = second + share * (evidence.second - second)

    def shown(self) -> Face:
        """The face as it is handed on."""
        face = self.face
        return Face(
            box=face.box,
            score=face.score,
            eyes=face.eyes,
            roll=face.roll,
            track=self.number,
            placement=self.placement,
            confirmed=self.real,
        )


class VideoDetector:
    """Detects the faces in one frame after another of one stream. Lives in one thread.

    Their `track` is the number under which a place is known here, as long as it is: a hint for a `Tracker`.
    """

    def __init__(self, detector: Detector, scan: Scan | None = None) -> None:
        """Begin without any knowledge of the stream.

        Args:
            detector: Looks at single frames; stays the caller's.
            scan: Has the second net look at whole frames; by default at once, in this thread.
        """
        self._detector, self._looks = detector, detector.looks
        self._scan = scan or ScanNow(detector.looks)
        self._scenes = Scenes()
        self._count = 0
        self._before: Pixels | None = None
        self._panned: Point | None = None
        self._begin(-math.inf)

    def _begin(self, last: float) -> None:
        self._known: list[_Known] = []
        self._last = last
        self._faded = -math.inf
        self._doubted = self._waited = -math.inf
        self._scan.begin()

    def __call__(self, frame: Frame) -> Seen:
        """Detect the faces in the stream's next frame, largest first."""
        now = frame.time
        cut = self._scenes.cut(frame) or now < self._last
        same_size = self._before is not None and self._before.shape == frame.luma.shape
        if not same_size:
            cut, self._before = self._before is not None, None
        elif cut and now >= self._last and self._along(frame):
            cut = False  # the camera only turned
        if cut or now - self._last > RESTART:
            self._begin(now)
        self._last = now
        if self._scenes.faded is not None:
            self._faded = self._scenes.faded
        left = self._glanced(frame)
        self._follow(frame, left)
        self._joined(frame)
        self._looked(frame)
        self._known = [one for one in self._known if not self._over(one, frame)]
        moved, self._before, self._panned = self._moved, frame.luma, None
        shown = self._once([one for one in self._known if one.likely(now) and one.hidden is None])
        smallest = self._detector.smallest - 1e-6
        faces = [face for face in shown if face.box[2] >= smallest]
        return Seen(frame, largest_first(faces), cut, moved, self._scenes.faded)

    def _along(self, frame: Frame) -> bool:
        """Move all that is known along with a camera that was turned, once a frame; tell whether it was."""
        if self._panned is None and self._before is not None:
            self._panned = panned(self._before, frame.luma)
            if self._panned != (0.0, 0.0):
                for one in self._known:
                    one.moved_along(*self._panned)
        return self._moved != (0.0, 0.0)

    @property
    def _moved(self) -> Point:
        """The px across and down by which everything has moved in this frame, as far as was asked."""
        return self._panned or (0.0, 0.0)

    def _followed(self, one: _Known, frame: Frame) -> Face | None:
        """The face where it is now by its motion, from the frame before this one."""
        if self._before is None:
            return None
        return followed(self._before, frame.luma, one.face, self._moved)

    def _once(self, known: list[_Known]) -> list[Face]:
        """Give each face once: what is confirmed before what isn't, what is trusted before what the nets doubt.

        What is known of the same place besides, and is new or seen and doubted, is forgotten.
        """
        faces = [one.shown() for one in known]
        of = {id(face): one for face, one in zip(faces, known, strict=True)}

        def rank(face: Face) -> tuple[bool, bool, bool, float]:
            trusted = self._trusts(of[id(face)])
            return face.confirmed, trusted, face.placement is Placement.DETECTED, face.score

        kept = merge(faces, rank)
        twice = {
            id(of[id(face)])
            for face in faces
            if all(face is not other for other in kept)
            and (
                (face.placement is Placement.DETECTED and not self._trusts(of[id(face)]))
                or self._last - of[id(face)].born < NEWLY
            )
        }
        self._known = [one for one in self._known if id(one) not in twice]
        return kept

    def _trusts(self, known: _Known) -> bool:
        """Whether the nets' looks at a place, all in all, don't say that it is no face."""
        return known.mean >= self._detector.threshold - REFUSED

    def _glanced(self, frame: Frame) -> list[_Known]:
        """Glance at a frame with the first net; what is known goes where it is seen now.

        Returns:
            What was known, and isn't seen.
        """
        certain = self._certain(frame.time)
        found = self._looks.glance(frame, sure=certain)
        pairs = self._paired(found)
        unseen = any(one.real and number not in pairs.values() for number, one in enumerate(self._known))
        if unseen and self._scenes.stirred and self._along(frame):
            pairs = self._paired(found)
        if certain and len(pairs) < sum(one.real and one.sighted is not None for one in self._known):
            certain = False
            found = self._looks.glance(frame)
            pairs = self._paired(found)
        if not certain:
            self._doubted = frame.time
        left = [one for number, one in enumerate(self._known) if number not in pairs.values()]
        for number, face in enumerate(found):
            if number in pairs:
                known = self._known[pairs[number]]
                if self._ghost(known, face, frame):
                    left.append(known)
                    continue
                if not self._turned(known, face, frame):
                    known.moved_to(face, frame.time)
                if face.score >= CLEAR:
                    known.cleared(frame.luma)
            elif (back := self._back(frame, face, left)) is not None:
                back.refound(face, frame)
                back.moved_to(face, frame.time)
                left = [one for one in left if one is not back]
            elif not any(_swallows(one, face) for one in self._known):
                self._new(frame, face, None)
        return left

    def _turned(self, known: _Known, glanced: Face, frame: Frame) -> bool:
        """Move a face on by its looks, which a glance sees, but not how it is turned, or how large it is."""
        if not known.real or (abs(known.face.roll) < TILTED and not known.roughly):
            return False
        face = self._followed(known, frame)
        if face is None:
            return False
        known.follow(face)
        # A glance's place moves along rather than being taken: how far it is off is known from the last look.
        known.glanced, known.missed = replace(known.glanced or glanced, score=glanced.score), False
        known.placed(frame.time)
        return True

    def _back(self, frame: Frame, found: Face, left: Sequence[_Known]) -> _Known | None:
        """Tell whose face was found: that of one who could not be seen any more, or has moved on by more than a bit.

        Args:
            frame: Where it was found.
            found: The find, which is at no known place.
            left: What is known, and isn't seen at its place.
        """
        if found.score < CLEAR:
            return None
        lost = [one for one in left if one.real and as_large(found, one.face)]
        for one in sorted(lost, key=lambda one: math.dist(one.face.middle, found.middle)):
            if one.hidden is not None and alike(found, one.face):
                return one
            like, far = one.looks_like(), math.dist(one.face.middle, found.middle) / max(found.box[2], 1e-6)
            if far < JUMP and like is not None and not like.flat and like.of(frame.luma, one.face) < STRONG:
                return one
        return None

    def _ghost(self, known: _Known, glanced: Face, frame: Frame) -> bool:
        """Whether a glance at a face is too dim to count: the last second looks saw nothing, or it looks otherwise."""
        if not known.real or glanced.score >= CLEAR:
            return False
        if not as_large(glanced, known.face):
            return True
        if max(known.evidence.look, known.evidence.second) < BOTH:
            return True
        like = known.looks_like()
        return like is not None and not like.flat and like.of(frame.luma, glanced) < LOOK_ALIKE

    def _paired(self, found: Sequence[Face]) -> dict[int, int]:
        """Pair what a glance found with what is known."""
        places = [(one.glanced or one.face).box for one in self._known]
        return mates([face.box for face in found], places, SAME)

    def _certain(self, now: float) -> bool:
        """Whether a glance for what is sure is enough: all known faces are, and a full one was made a moment ago."""
        faces = [one.sighted for one in self._known if one.real and one.sighted is not None]
        doubtful = any(face.score < CERTAIN for face in faces)
        return bool(faces) and not doubtful and now - self._doubted < DOUBT

    def _new(self, frame: Frame, glanced: Face | None, scanned: Face | None) -> None:
        """Examine a place that isn't known yet."""
        evidence = examined(self._looks, frame, glanced, scanned, was_scanned=scanned is not None)
        now = frame.time
        self._count += 1
        known = _Known(self._count, evidence.scored, glanced, False, evidence, now, now, now, now)
        if max(evidence.first, evidence.second) >= CLEAR:
            known.cleared(frame.luma)
        self._known.append(known)
        self._weighed(known, now)

    def _weighed(self, known: _Known, now: float) -> None:
        """Decide what a place is after another look."""
        evidence, threshold = known.evidence, self._detector.threshold
        score = evidence.score
        known.weigh(evidence, now)
        if score > known.peak + RISE:
            known.since = now
        known.peak = max(known.peak, score)
        if score >= threshold or (evidence.scan or 0.0) >= EARLY or evidence.check >= PATCH_EARLY:
            known.early = now + PATIENCE
            known.pause = 0.0
        if self._confirms(known):
            known.real = True
        known.agreed = known.agreed or not evidence.two or min(evidence.first, evidence.second) >= BOTH
        known.agreed = known.agreed or (known.looks >= AGREE and known.second >= SECOND_ALONE)
        if known.real:
            known.hold = AGAIN
        elif score >= threshold - REFUSED and now - known.since < PATIENCE:
            known.hold = 0.0  # once more in the next frame
        else:  # what is no face again and again is looked at less and less
            known.hold = min(max(2 * known.pause, AGAIN), LONGEST)
            known.pause = known.hold

    def _confirms(self, known: _Known) -> bool:
        """Whether what was seen of a place is enough for a face."""
        evidence, threshold = known.evidence, self._detector.threshold
        if evidence.score >= min(threshold + AT_ONCE, max(threshold, SUREST)):
            if not evidence.two or min(evidence.first, evidence.second) >= BOTH:
                return True
        if known.looks < AGREE:
            return False
        return known.second >= SECOND_ALONE or known.mean >= threshold + FIRST_ALONE * evidence.two

    def _follow(self, frame: Frame, left: Sequence[_Known]) -> None:
        """Follow what no glance sees by what it looks like."""
        before, luma, now = self._before, frame.luma, frame.time
        weak = []
        seen = [one for one in self._known if one.real and one.seen == now and self._trusts(one)]
        for one in left:
            if not (one.likely(now) or one.hold == 0) or before is None:
                continue
            like = one.looks_like()
            if like is None:
                across, down = self._moved
                one.clear = before, one.face.moved(-across, -down)
                like = likeness(*one.clear)
            one.placement, one.missed = Placement.FOLLOWED, True
            face = self._followed(one, frame) if one.hidden is None else one.face
            reach = 1.0 if max(one.evidence.look, one.evidence.check) >= BOTH else BESIDE
            if face is not None and any(_covers(other.face.grown(reach), face) for other in seen):
                face = None  # it went behind somebody: what moves there is the other's
            resembles = like.of(luma, face) if face is not None else 0.0
            if face is not None and resembles >= (LOOK_ALIKE if one.hidden is None else AGAIN_ALIKE):
                one.follow(face)
            elif one.hidden is None:
                one.hidden = now
            if resembles < STRONG and now - one.sought >= UNSEEN[0]:
                weak.append(one)
        for one in sorted(weak, key=lambda one: one.sought)[:SOUGHT]:
            self._sought(frame, one)

    def _sought(self, frame: Frame, one: _Known) -> None:
        """Look around a place at once for a face that isn't there any more, or hardly looks like itself."""
        one.sought = frame.time
        others = [other.face for other in self._known if other is not one and other.real and other.hidden is None]
        for found in self._looks.seek(frame, one.face):
            free = not any(_covers(other, found) for other in others)
            if free and found.score >= CLEAR and as_large(found, one.face):
                one.refound(found, frame)
                one.sought = -math.inf  # whoever moves as quickly is sought in the next frame too
                return

    def _joined(self, frame: Frame) -> None:
        """Let the second net scan the frame if it is time, and join what it found, now or a moment ago."""
        faces = [one for one in self._known if one.real]
        lost = any(frame.time - one.seen > MISSED for one in faces)
        assert self._scenes.thumbnail is not None
        for face in self._scan(frame, Situation([one.face.box for one in faces], lost, self._scenes.thumbnail)):
            boxes = [one.face.box for one in self._known]
            pair = mates([face.box], boxes, ALIKE).get(0)
            if pair is None:
                left = [one for one in self._known if one.placement is not Placement.DETECTED]
                if (back := self._back(frame, face, left)) is not None:
                    back.refound(face, frame)
                elif not any(_swallows(one, face) for one in self._known if one.real):
                    self._new(frame, None, face)
                continue
            known = self._known[pair]
            known.evidence = replace(known.evidence, scan=face.score)
            score = known.evidence.score
            if known.placement is not Placement.DETECTED or not known.real:
                known.scanned(replace(face, score=score))
                known.placed(frame.time)
            if not known.real:
                self._weighed(known, frame.time)

    def _looked(self, frame: Frame) -> None:
        """Take second looks: at all that is to be decided, and in turn at the others."""
        now = frame.time
        for one in [one for one in self._known if not one.real and one.looked < now]:
            there = one.seen == now or one.likely(now)
            if one.hold == 0 or (now - one.looked >= one.hold and there) or self._risen(one):
                self._look(frame, one)
        if now - self._waited < PAUSE:
            return
        faces = [one for one in self._known if one.real and one.looked < now]
        due = [one for one in faces if now - one.looked >= self._pause(one, now)]
        if due:
            self._waited = now
            self._look(frame, min(due, key=lambda one: (one.hold > 0, one.looked)))

    @staticmethod
    def _risen(one: _Known) -> bool:
        return one.sighted is not None and one.sighted.score > one.evidence.glance + RISE

    @staticmethod
    def _pause(one: _Known, now: float) -> float:
        """Seconds between two looks at a face."""
        if one.placement is Placement.DETECTED and one.sighted is not None:
            return one.hold
        return min(max(UNSEEN[0], (now - one.seen) / 4), UNSEEN[1])

    def _look(self, frame: Frame, known: _Known) -> None:
        """Take second looks at a place with both nets, and decide what it is."""
        now, looks = frame.time, self._looks
        known.looked = now
        place = known.face
        looked = looks.look(frame, place)
        if looked is None and known.sighted is not None and abs(place.roll) >= TILTED:
            looked = looks.look(frame, known.sighted)  # its roll may be wrong
        if looked is not None and not alike(looked, place):
            looked = None
        evidence = replace(
            known.evidence,
            glance=known.sighted.score if known.sighted else 0.0,
            look=looked.score if looked else 0.0,
            scan=None,
        )
        clear = looked is not None and looked.score >= CLEAR
        if known.real and clear and looked is not None and as_large(looked, place) and evidence.glance >= CLEAR:
            evidence = replace(evidence, check=known.evidence.check)  # nothing is in doubt
        else:
            (checked,) = looks.check(frame, [looked if looked is not None and clear else place])
            evidence = replace(evidence, check=checked.score if checked else 0.0)
            clear = clear and looked is not None and (agree(looked, checked) or as_large(looked, place))
            if not clear:
                looked = checked
        if looked is not None and (clear or (evidence.score >= self._detector.threshold and not known.sighted)):
            known.face = looked
            known.placed(now)
            if clear:
                known.cleared(frame.luma)
        known.evidence = evidence
        known.face = replace(known.face, score=evidence.score)
        self._weighed(known, now)

    def _over(self, one: _Known, frame: Frame) -> bool:
        """Whether a place is given up."""
        now = frame.time
        if not one.likely(now):
            return one.seen < now and now - one.looked >= 2 * max(one.hold, AGAIN)
        if one.real and one.seen < now and not one.agreed and not self._trusts(one):
            return True  # the first net alone said so, and doesn't any more
        if one.born < self._faded and now < self._faded + FADES and one.seen < now:
            if max(one.evidence.look, one.evidence.check) < BOTH:
                return True  # it belongs to the scene before
        if one.hidden is not None:
            return now - one.hidden > HIDDEN or one.face.within(frame) < STILL_WITHIN
        return one.seen < now and one.face.within(frame) < WITHIN


def _swallows(known: _Known, face: Face) -> bool:
    """Whether a find is one more of what is known: the first net sees the same place in several sizes."""
    if known.hidden is not None:
        return False
    together, inside = overlaps([known.face.box], [face.box])
    return bool(together[0, 0] >= SAME or (known.real and inside[0, 0] > 0.6))


def _covers(front: Face, face: Face) -> bool:
    """Whether a face that is seen lies before another's place."""
    return bool(overlaps([front.box], [face.box])[1][0, 0] > BEHIND)
