"""Detect the faces of one picture, by all looks that there are: for photos, where a second more is worth it."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import cv2

from emojicam.stream.choices import RANGE, THRESHOLD, Provider, Range
from emojicam.stream.faces.boxes import ALIKE, agree, alike, as_large, largest_first, mates, merge
from emojicam.stream.faces.looks import CANDIDATE, Looks
from emojicam.stream.faces.views import parts, scales
from emojicam.stream.i420 import as_pixels
from emojicam.stream.types import Face, Frame, Seen

T = TypeVar("T")

CLEAR = 0.5
"""Score from which on a second look's box and eyes are taken."""

LOOK, SECOND, AGREE, TWICE, NONE = 4.67, 5.1, 6.14, 9.17, -5.89
"""Weights of the scores in the logarithm of the odds that there is a face: of the first net's second look, of the
second net, of what both agree on, and of the first net's both looks together; and that of no look at all.

Fitted by logistic regression to 960 FER2013 faces, pasted at 28 to 300 px and up to 60 degrees of roll, and 3,146 views
of pictures without a face. With the mean of both nets instead, 95 % of the faces of 300 px are found where something is
found in 0.6 % of the views; with this 98 %.
"""

CHECKED = 0.8
"""Weight of the second net's look at a patch where it hasn't scanned the frame."""

ALONE = 0.75 / 0.55
"""Factor of the mean of the first net's two looks where the second isn't there."""

DOUBTFUL = 0.16
"""Share of the threshold from which on a find of the first net is looked at again."""

LEAST = 0.003
"""Score below which nothing is a candidate: of 0 MediaPipe makes boxes that are no numbers."""

TURNED, SUREST = 0.22, 0.97
"""Margin over the threshold in pictures that are turned, which are three more chances to see what isn't there; and the
score that is enough in any case."""

MOST_PIXELS = 8_000_000
"""Pixels of the largest view of a photo: the second net takes 0.12 s for a million. `Range.FAR` sees all there are."""

TURNED_PIXELS = 640 * 480
"""The same for pictures that are turned: a photo without a face is searched four times."""

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
"""Degrees by which a picture is turned in which nothing was found."""


@dataclass(frozen=True)
class Evidence:
    """The scores that looks gave one place, 0 where they saw nothing.

    Attributes:
        face: The face as the best of them saw it.
        glance: The first net's, at the whole frame.
        look: The first net's, at a patch around it.
        scan: The second net's, at the whole frame or a part; None if it didn't scan it.
        check: The second net's, at a patch around it.
        two: The second net is there.
    """

    face: Face
    glance: float = 0.0
    look: float = 0.0
    scan: float | None = None
    check: float = 0.0
    two: bool = True

    @property
    def first(self) -> float:
        """The first net's highest score."""
        return max(self.glance, self.look)

    @property
    def second(self) -> float:
        """The second net's highest score."""
        return max(self.scan or 0.0, self.check)

    @property
    def score(self) -> float:
        """The likelihood that there is a face, 0-1."""
        if not self.two:
            return min(1.0, ALONE * (self.glance + self.look) / 2)
        second = CHECKED * self.check if self.scan is None else self.scan
        both = min(self.first, self.second)
        odds = LOOK * self.look + SECOND * second + AGREE * both + TWICE * self.glance * self.look + NONE
        return 1 / (1 + math.exp(-odds))

    @property
    def scored(self) -> Face:
        """The face with that score."""
        return replace(self.face, score=self.score)


Steps = Generator[None, None, T]
"""Work that is done a step at a time, so that something else can come between; it returns its result."""


def done(steps: Steps[T]) -> T:
    """Do all the steps of some work, and give its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def gathered(looks: Looks, frame: Frame, near: Sequence[Face], far: Sequence[Face]) -> Steps[list[Evidence]]:
    """Look again wherever one of the nets saw something, a place at each step.

    Args:
        looks: The nets.
        frame: Where to look.
        near: What the first net sees in it.
        far: What the second net sees in it.
    """
    pairs = mates([face.box for face in near], [face.box for face in far], ALIKE)
    places: list[tuple[Face | None, Face | None]]
    places = [(face, far[pairs[number]] if number in pairs else None) for number, face in enumerate(near)]
    places += [(None, face) for number, face in enumerate(far) if number not in pairs.values()]
    found = []
    for glanced, scanned in places:
        found.append(examined(looks, frame, glanced, scanned, was_scanned=True))
        yield
    return found


def examined(looks: Looks, frame: Frame, glanced: Face | None, scanned: Face | None, *, was_scanned: bool) -> Evidence:
    """Take both second looks at a place.

    Args:
        looks: The nets.
        frame: Where to look.
        glanced: The face as the first net saw it in the frame.
        scanned: The face as the second net saw it in the frame; one of the two is there.
        was_scanned: The second net looked at the frame, though it may not have seen the face.
    """
    seen = [face for face in (glanced, scanned) if face is not None]
    best = max(seen, key=lambda face: face.score)
    looked = looks.look(frame, best)
    if looked is not None and not alike(looked, best):
        looked = None
    clear = looked is not None and looked.score >= CLEAR
    if looked is not None and clear and as_large(looked, best):
        best = looked
    (checked,) = looks.check(frame, [best])
    if looked is not None and clear and agree(looked, checked):
        best = looked
    return Evidence(
        best,
        glance=glanced.score if glanced else 0.0,
        look=looked.score if looked else 0.0,
        scan=scanned.score if scanned else 0.0 if was_scanned else None,
        check=checked.score if checked else 0.0,
        two=looks.two,
    )


class Detector:
    """Detects the faces of single pictures. Lives in one thread; close it, or use it in a `with`.

    Attributes:
        looks: The two nets.
        threshold: Least score of a face, 0-1.
        smallest: Least width of a face, px.
    """

    def __init__(
        self,
        range: Range = RANGE,
        threshold: float = THRESHOLD,
        smallest: float = 0.0,
        files: Path | None = None,
        provider: Provider = Provider.CPU,
        *,
        quiet: bool = False,
    ) -> None:
        """Load the models, fetching their files first if they are not there.

        Args:
            range: How far to look.
            threshold: Least score of a face, 0-1.
            smallest: Least width of a face, px.
            files: Folder with the two model files, instead of the cache.
            provider: Where the second net runs.
            quiet: Print nothing while fetching.

        Raises:
            UsageError: `files` lacks the first net's.
            InputError: The first net's file can't be fetched.
            DeviceError: MediaPipe can't be loaded; the message says what the system lacks.
        """
        candidate = min(CANDIDATE, max(LEAST, DOUBTFUL * threshold))
        self.looks = Looks(range, files, provider, candidate=candidate, quiet=quiet)
        self.threshold = threshold
        self.smallest = smallest

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the memory of the models."""
        self.looks.close()

    def __call__(self, frame: Frame) -> Seen:
        """Detect the faces of a picture, largest first."""
        return done(self.stepwise(frame))

    def stepwise(self, frame: Frame) -> Steps[Seen]:
        """Detect the faces of a picture, largest first, in steps of 0.2 s at most on one core."""
        faces = yield from self._upright(frame)
        if not faces:
            faces = yield from self._turned(frame)
        return Seen(frame, largest_first(faces))

    def upright(self, frame: Frame, margin: float = 0.0, most: int = MOST_PIXELS) -> list[Face]:
        """Detect the faces of a picture, without turning it.

        Args:
            frame: The picture.
            margin: Addition to the threshold.
            most: Pixels of the largest view.
        """
        return done(self._upright(frame, margin, most))

    def _upright(self, frame: Frame, margin: float = 0.0, most: int = MOST_PIXELS) -> Steps[list[Face]]:
        if min(frame.width, frame.height) < 8:
            return []
        looks = self.looks
        most = frame.width * frame.height if looks.range is Range.FAR else most
        views = [
            view
            for scale in scales(frame.width, frame.height, most)
            for view in parts(frame.width, frame.height, scale)
        ]
        far: list[Face] = []
        for view in views:
            far += looks.seen_in(frame, view)
            yield
        far = merge(far)
        found = yield from gathered(looks, frame, looks.glance(frame), far)
        if faces := self._accepted(found, margin):
            return faces
        found = yield from gathered(looks, frame, looks.glance_around(frame), far)
        return self._accepted(found, margin)

    def _accepted(self, found: Sequence[Evidence], margin: float) -> list[Face]:
        faces = [one.scored for one in found]
        least = min(self.threshold + margin, max(self.threshold, SUREST))
        return merge([face for face in faces if face.score >= least and face.box[2] >= self.smallest])

    def _turned(self, frame: Frame) -> Steps[list[Face]]:
        """Find faces in a picture that is turned: people who lie, and cameras held on their side."""
        best: list[Face] = []
        for degrees, how in TURNS.items():
            turned = Frame(frame.index, frame.time, as_pixels(cv2.rotate(frame.bgr(), how)))
            upright = yield from self._upright(turned, TURNED, TURNED_PIXELS)
            found = [turned_back(face, degrees, turned) for face in upright]
            if sum(face.score for face in found) > sum(face.score for face in best):
                best = found
        return best


def turned_back(face: Face, degrees: int, turned: Frame) -> Face:
    """Bring a face from a picture that was turned clockwise back to the picture as it was.

    Args:
        face: In the turned picture.
        degrees: 90, 180 or 270.
        turned: The turned picture.
    """
    width, height = turned.width, turned.height

    def back(x: float, y: float) -> tuple[float, float]:
        if degrees == 90:
            return y, width - 1 - x
        return (width - 1 - x, height - 1 - y) if degrees == 180 else (height - 1 - y, x)

    x, y = face.middle
    # A box's border lies half a pixel beside its pixels' middles.
    cx, cy = (at + 0.5 for at in back(x - 0.5, y - 0.5))
    wide, high = face.box[2:] if degrees == 180 else face.box[:1:-1]
    left, right = back(*face.eyes[0]), back(*face.eyes[1])
    return replace(
        face,
        box=(cx - wide / 2, cy - high / 2, wide, high),
        eyes=(left, right),
        roll=math.remainder(face.roll - degrees, 360),
    )
