"""Detect the faces in a stream of frames at a fraction of what each frame by itself would cost.

The first net glances at every frame. The second looks at the whole about once a second, at once when a scene begins or
a face is lost; in between, a patch around each place where something is known is all that it sees. Of a stream the last
moments are known: what both nets called a face needs no more looks than its eyes do, what was no face then is none now,
and what no net sees in a frame is followed by what it looks like.

Where the second net has seen every frame already, on a GPU, the two change places: its finds lead, and the first
glances now and then, and at once where a face isn't found that it may see: one that is rolled, or fills the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import replace

from emojicam.models.card import Point
from emojicam.stream.faces.boxes import ALIKE, agree, alike, as_large, largest_first, mates, merge, overlaps
from emojicam.stream.faces.detect import CHECKED, CLEAR, SUREST, Detector, examined
from emojicam.stream.faces.follow import AGAIN_ALIKE, LOOK_ALIKE, WITHIN, followed, likeness
from emojicam.stream.faces.known import TILTED, Known
from emojicam.stream.faces.looks import SURE
from emojicam.stream.faces.scan import Scan, ScanNow, Situation
from emojicam.stream.faces.scan_ahead import Scanned
from emojicam.stream.faces.scenes import FADES, Scenes, panned
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame, Placement, Seen

AGAIN = 0.3
"""Seconds for which a second look's answer holds."""

LONGEST = 2.0
"""Seconds for which "no face" holds at most, after it was said several times."""

RISE = 0.1
"""Rise in a glance's score above which what was no face is looked at before its time."""

DOUBT = 0.09
"""Seconds between two glances at what is doubtful, as long as all known faces are seen for sure: every third frame."""

GLANCE_EVERY = 0.2
"""Seconds between two glances where the second net sees every frame, as long as it finds all known faces."""

SEEN_SMALL = 1 / 16
"""Width of a face, in longer sides of the frame, below which a glance doesn't see it: 8 px of 128."""

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

STRONG, SOUGHT = 0.7, 2
"""Likeness below which a face that is followed is looked for around its place too; and how many a frame may be."""

JERK, JERK_SIZE = 2.0, 1.05
"""Degrees of roll, and factor in size, from which on two finds of the second net in a row differ too much: the face is
followed by its looks. Finds of large faces hop where the peak of the heat map goes to the next cell.

So the eyes of a face of 350 px in 720p are off by 5.2 % of their distance, and tremble by 1.4 %; without it by 5.8 and
3.0 %, by glances at every frame by 4.9 and 2.2 %. Of three faces of 200 px: 4.4 and 1.7, 4.9 and 3.3, 8.6 and 6.3 %.
"""

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
        self._known: list[Known] = []
        self._last = last
        self._faded = -math.inf
        self._doubted = self._waited = -math.inf
        self._scan.begin()

    def scanned(self, scanned: Scanned) -> Seen:
        """Detect the faces in the stream's next frame, which the second net may have seen already."""
        return self(scanned.frame, scanned.found)

    def __call__(self, frame: Frame, found: Sequence[Face] | None = None) -> Seen:
        """Detect the faces in the stream's next frame, largest first.

        Args:
            frame: The frame.
            found: What the second net has found in it; None if it hasn't seen it, and is to be asked when it is time.
        """
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
        if found is None:
            left, new = self._glanced(frame), None
        else:
            left, new = self._led(frame, found)
        self._follow(frame, left)
        self._joined(frame, new)
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

    def _followed(self, one: Known, frame: Frame) -> Face | None:
        """The face where it is now by its motion, from the frame before this one."""
        if self._before is None:
            return None
        return followed(self._before, frame.luma, one.face, self._moved)

    def _once(self, known: list[Known]) -> list[Face]:
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

    def _trusts(self, known: Known) -> bool:
        """Whether the nets' looks at a place, all in all, don't say that it is no face."""
        return known.mean >= self._detector.threshold - REFUSED

    def _led(self, frame: Frame, found: Sequence[Face]) -> tuple[list[Known], list[Face]]:
        """Let what is known go where the second net sees it, and glance if that is not enough.

        Returns:
            What was known, and neither net sees; and what the second net has found at no known place.
        """
        pairs = self._paired_with(found)
        if any(one.real and number not in pairs.values() for number, one in enumerate(self._known)):
            if self._scenes.stirred and self._along(frame):
                pairs = self._paired_with(found)
        led = set()
        for number, at in pairs.items():
            if not self._ghost(self._known[at], found[number], frame):
                self._found(self._known[at], found[number], frame)
                led.add(self._known[at].number)
        left = [one for one in self._known if one.number not in led]
        for one in left:
            one.found = None
        if self._glance_is_due(frame, left):
            left = self._glanced(frame, led)
        return left, [face for number, face in enumerate(found) if number not in pairs]

    def _found(self, known: Known, face: Face, frame: Frame) -> None:
        """Let a face go where the second net sees it."""
        was = known.found
        steady = was is not None and as_large(face, was, JERK_SIZE) and abs(_turn(was, face)) <= JERK
        if self._turned(known, frame, rough=not steady):
            known.found = face
        else:
            known.found_at(face, frame.time)
        if face.score >= CLEAR:
            known.cleared(frame.luma)
        if face.score >= EARLY:
            known.early = frame.time + PATIENCE

    def _glance_is_due(self, frame: Frame, left: Sequence[Known]) -> bool:
        """Whether the first net is asked though the second has seen the frame.

        Args:
            frame: The frame.
            left: What is known, and the second hasn't found.
        """
        if frame.time - self._doubted >= GLANCE_EVERY - 1e-6:
            return True
        least = SEEN_SMALL * max(frame.width, frame.height)
        return any((one.likely(frame.time) or one.hold == 0) and one.face.box[2] >= least for one in left)

    def _glanced(self, frame: Frame, led: Set[int] | None = None) -> list[Known]:
        """Glance at a frame with the first net; what is known goes where it is seen now.

        Args:
            frame: The frame.
            led: Numbers of what the second net sees in it, which has been moved already; None: it hasn't seen it.

        Returns:
            What was known, and isn't seen.
        """
        certain = led is None and self._certain(frame.time)
        found = self._looks.glance(frame, sure=certain)
        pairs = self._paired(found)
        unseen = any(one.real and number not in pairs.values() for number, one in enumerate(self._known))
        if led is None and unseen and self._scenes.stirred and self._along(frame):
            pairs = self._paired(found)
        led = led or frozenset()
        if certain and len(pairs) < sum(one.real and one.sighted is not None for one in self._known):
            certain = False
            found = self._looks.glance(frame)
            pairs = self._paired(found)
        if not certain:
            self._doubted = frame.time
        left = []
        for number, one in enumerate(self._known):
            if one.number in led:
                one.missed = number not in pairs.values()
            elif number not in pairs.values():
                left.append(one)
        for number, face in enumerate(found):
            if number in pairs:
                known = self._known[pairs[number]]
                if known.number in led:
                    known.glanced = face
                    continue
                if self._ghost(known, face, frame):
                    left.append(known)
                    continue
                if self._turned(known, frame, rough=known.roughly):
                    # A glance's place moves along rather than being taken: how far it is off is known from the last
                    # look.
                    known.glanced = replace(known.glanced or face, score=face.score)
                    known.missed = False
                else:
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

    def _turned(self, known: Known, frame: Frame, *, rough: bool) -> bool:
        """Move a face on by its looks, which a net sees, but not how it is turned, or (`rough`) how large it is."""
        if not known.real or (abs(known.face.roll) < TILTED and not rough):
            return False
        face = self._followed(known, frame)
        if face is None:
            return False
        known.follow(face)
        known.placed(frame.time)
        return True

    def _back(self, frame: Frame, found: Face, left: Sequence[Known]) -> Known | None:
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

    def _ghost(self, known: Known, glanced: Face, frame: Frame) -> bool:
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

    def _paired_with(self, finds: Sequence[Face]) -> dict[int, int]:
        """Pair what the second net found with what is known."""
        places = [(one.found or one.face).box for one in self._known]
        return mates([face.box for face in finds], places, SAME)

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
        known = Known(self._count, evidence.scored, glanced, False, evidence, now, now, now, now)
        known.scan = scanned.score if scanned else 0.0
        if max(evidence.first, evidence.second) >= CLEAR:
            known.cleared(frame.luma)
        self._known.append(known)
        self._weighed(known, now)

    def _weighed(self, known: Known, now: float) -> None:
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

    def _confirms(self, known: Known) -> bool:
        """Whether what was seen of a place is enough for a face."""
        evidence, threshold = known.evidence, self._detector.threshold
        if evidence.score >= min(threshold + AT_ONCE, max(threshold, SUREST)):
            if not evidence.two or min(evidence.first, evidence.second) >= BOTH:
                return True
        if known.looks < AGREE:
            return False
        return known.second >= SECOND_ALONE or known.mean >= threshold + FIRST_ALONE * evidence.two

    def _follow(self, frame: Frame, left: Sequence[Known]) -> None:
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
            one.placement, one.missed, one.found = Placement.FOLLOWED, True, None
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

    def _sought(self, frame: Frame, one: Known) -> None:
        """Look around a place at once for a face that isn't there any more, or hardly looks like itself."""
        one.sought = frame.time
        others = [other.face for other in self._known if other is not one and other.real and other.hidden is None]
        for found in self._looks.seek(frame, one.face):
            free = not any(_covers(other, found) for other in others)
            if free and found.score >= CLEAR and as_large(found, one.face):
                one.refound(found, frame)
                one.sought = -math.inf  # whoever moves as quickly is sought in the next frame too
                return

    def _scan_now(self, frame: Frame) -> list[Face]:
        """Let the second net scan the frame if it is time, and give what it found, now or a moment ago."""
        faces = [one for one in self._known if one.real]
        lost = any(frame.time - one.seen > MISSED for one in faces)
        assert self._scenes.thumbnail is not None
        return self._scan(frame, Situation([one.face.box for one in faces], lost, self._scenes.thumbnail))

    def _joined(self, frame: Frame, new: Sequence[Face] | None) -> None:
        """Join what the second net found.

        Args:
            frame: The frame.
            new: That, at no known place; None if the net hasn't seen this frame.
        """
        for face in self._scan_now(frame) if new is None else new:
            boxes = [one.face.box for one in self._known]
            pair = mates([face.box], boxes, ALIKE).get(0)
            if pair is None:
                left = [one for one in self._known if one.placement is not Placement.DETECTED]
                if (back := self._back(frame, face, left)) is not None:
                    back.refound(face, frame)
                elif not any(_swallows(one, face) for one in self._known if one.real):
                    self._new(frame, None, face)
                    self._known[-1].found = None if new is None else face
                continue
            known = self._known[pair]
            known.found = None if new is None else face
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
    def _risen(one: Known) -> bool:
        glance, scan = one.scores
        return glance > one.evidence.glance + RISE or scan > one.scan + RISE

    @staticmethod
    def _pause(one: Known, now: float) -> float:
        """Seconds between two looks at a face."""
        if one.placement is Placement.DETECTED and (one.sighted or one.found) is not None:
            return one.hold
        return min(max(UNSEEN[0], (now - one.seen) / 4), UNSEEN[1])

    def _look(self, frame: Frame, known: Known) -> None:
        """Take second looks at a place with both nets, and decide what it is."""
        now, looks = frame.time, self._looks
        known.looked = now
        place = known.face
        looked = looks.look(frame, place)
        if looked is None and known.sighted is not None and abs(place.roll) >= TILTED:
            looked = looks.look(frame, known.sighted)  # its roll may be wrong
        if looked is not None and not alike(looked, place):
            looked = None
        glance, known.scan = known.scores
        evidence = replace(known.evidence, glance=glance, look=looked.score if looked else 0.0, scan=None)
        clear = looked is not None and looked.score >= CLEAR
        seen_clearly = max(glance, known.scan) >= CLEAR
        if known.real and clear and looked is not None and as_large(looked, place) and seen_clearly:
            evidence = replace(evidence, check=known.evidence.check)  # nothing is in doubt
        else:
            (checked,) = looks.check(frame, [looked if looked is not None and clear else place])
            evidence = replace(evidence, check=checked.score if checked else 0.0)
            clear = clear and looked is not None and (agree(looked, checked) or as_large(looked, place))
            if not clear:
                looked = checked
        if known.scan > CHECKED * evidence.check:
            evidence = replace(evidence, scan=known.scan)
        if looked is not None and (clear or (evidence.score >= self._detector.threshold and not known.sighted)):
            known.face = looked
            known.placed(now)
            if clear:
                known.cleared(frame.luma)
        known.evidence = evidence
        known.face = replace(known.face, score=evidence.score)
        self._weighed(known, now)

    def _over(self, one: Known, frame: Frame) -> bool:
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


def _turn(one: Face, two: Face) -> float:
    """Tell by how many degrees clockwise a face has turned from one find to another."""
    return math.remainder(two.roll - one.roll, 360)


def _swallows(known: Known, face: Face) -> bool:
    """Whether a find is one more of what is known: the first net sees the same place in several sizes."""
    if known.hidden is not None:
        return False
    together, inside = overlaps([known.face.box], [face.box])
    return bool(together[0, 0] >= SAME or (known.real and inside[0, 0] > 0.6))


def _covers(front: Face, face: Face) -> bool:
    """Whether a face that is seen lies before another's place."""
    return bool(overlaps([front.box], [face.box])[1][0, 0] > BEHIND)
