"""The memory of one place in a stream: a face, a candidate, or no face."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from emojicam.models.card import Point
from emojicam.stream.faces.boxes import as_large
from emojicam.stream.faces.detect import CLEAR, Evidence
from emojicam.stream.faces.follow import Likeness, likeness
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame, Placement, roll_of

MEMORY = 0.3
"""Weight of a new look in the mean of all."""

DIM = 1.05
"""Factor by which a face may grow from one frame to the next where the first net hardly sees it."""

ROUGH = 1.15
"""Factor by which a glance's box is larger or smaller than a look's from which on it trembles: small faces are seen so,
by twice too large and off by half of their width, while those of a sixth of the picture are by 1.0 to 1.1."""

TILTED = 25.0
"""Degrees of roll from which on a glance doesn't see how a face is turned: it is said 60 degrees wrong at 80."""


@dataclass
class Known:
    """The memory of one place: a face, a candidate, or no face.

    Attributes:
        number: Its own.
        face: Where it is now, as the best look saw it, moved with what was seen since.
        glanced: The same as the first net's glance saw it last, moved with it since; None if it never did.
        found: The same as the second net sees it in this frame; None if it doesn't, or hasn't seen this frame.
        missed: The last glance didn't see it.
        real: It is a face: both nets said so, or several looks.
        agreed: The second net has had its part in that, or there is none.
        evidence: The scores of the last looks.
        sought: Time when it was last looked for around its place, seconds.
        early: Time until which it is covered although it isn't confirmed.
        scan: The score of `found` when it was looked at last.
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
    hold: float = 0.0
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
    found: Face | None = None
    scan: float = 0.0
    _before: tuple[float, float] = (0.0, 0.0)

    def moved_to(self, glanced: Face, now: float) -> None:
        """Go where a new glance sees it, corrected as the second look corrected the glance before it."""
        self._moved_from(self.glanced, glanced)
        self.glanced, self.missed = glanced, False
        self.placed(now)

    def found_at(self, found: Face, now: float) -> None:
        """Go where the second net sees it in this frame, corrected likewise; what a glance saw goes along."""
        was = self.face
        self._moved_from(self.found, found)
        self._carry(was)
        self.found = found
        self.placed(now)

    def _moved_from(self, before: Face | None, sight: Face) -> None:
        """Move as a net's sight of it has moved; it stays where nothing is known yet of how that net sees it."""
        was, found = before or sight, self.face
        k = sight.box[2] / max(was.box[2], 1e-6)
        if sight.score < CLEAR:  # a dim sight's size is not to be trusted
            k = min(max(k, 1 / DIM), DIM)

        def corrected(now: Point, then: Point, true: Point) -> Point:
            return now[0] + (true[0] - then[0]) * k, now[1] + (true[1] - then[1]) * k

        x, y = corrected(sight.middle, was.middle, found.middle)
        width, height = found.box[2] * k, found.box[3] * k
        left, right = (corrected(*points) for points in zip(sight.eyes, was.eyes, found.eyes, strict=True))
        # Not by `replace`, which takes four times as long: this is done for every face in every frame.
        self.face = Face(
            box=(x - width / 2, y - height / 2, width, height),
            score=found.score,
            eyes=(left, right),
            roll=roll_of((left, right)),
        )

    def _carry(self, was: Face) -> None:
        """Let what a glance saw go along with the face, which was elsewhere."""
        glanced = self.glanced
        if glanced is not None:
            k = self.face.box[2] / max(was.box[2], 1e-6)
            (x, y), (ox, oy), (gx, gy) = self.face.middle, was.middle, glanced.middle
            self.glanced = glanced.grown(k).moved(x + (gx - ox) * k - gx, y + (gy - oy) * k - gy)

    @property
    def sighted(self) -> Face | None:
        """The face as the last glance saw it; None if that missed it."""
        return None if self.missed else self.glanced

    @property
    def roughly(self) -> bool:
        """Whether glances see it roughly: not as large as the last look did."""
        return self.glanced is None or not as_large(self.glanced, self.face, ROUGH)

    @property
    def scores(self) -> tuple[float, float]:
        """The scores of the last glance, and of the second net's find in this frame; 0 where they missed it."""
        return self.sighted.score if self.sighted else 0.0, self.found.score if self.found else 0.0

    def moved_along(self, across: float, down: float) -> None:
        """Move by so many px, as everything in the picture did."""
        self.face = self.face.moved(across, down)
        self.glanced = None if self.glanced is None else self.glanced.moved(across, down)
        self.found = None if self.found is None else self.found.moved(across, down)

    def follow(self, face: Face) -> None:
        """Go where the face's looks are found again; what a glance saw beside it goes along."""
        was, self.face, self.hidden = self.face, face, None
        self._carry(was)

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
        self.face, self.glanced, self.found = replace(face, score=self.face.score), None, None
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
