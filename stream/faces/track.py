"""Give each face an id that stays with the person.

By box and motion alone: a face is expected where its motion takes it, and goes to the track that expects it nearest.
Of people who cross, who are hidden for a moment or whom the detector misses, the track goes on by itself for a while.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Frame, Seen

LOST = 1.0
"""Seconds for which a track waits for its face to come back."""

GATE = 0.8
"""The limit of a face's distance from where it is expected, in its own widths, plus the factor by which it is larger or
smaller (as the logarithm, counted alike)."""

WIDER = 0.8
"""Growth of the gate for each second in which the face was not seen."""

AGILITY = 0.35
"""Weight of the newest displacement in the estimate of the motion."""

OVER = 0.1
"""Seconds over which a displacement is measured at least: frames of a network come in bursts."""

SLOWING = 0.5
"""Seconds in which the motion of a face that is not seen falls to a third."""

GOING, BEFORE = 0.2, 0.7
"""Seconds before a face is lost between which its motion was still undisturbed. Who goes behind something is seen in
part at last: a box that shrinks and seems to turn back. So a face that is lost is expected, too, where it would be by
what was seen in that time."""

CUT_CORRELATION, CUT_DIFFERENCE = 0.5, 12.0
"""Two frames in a row are of two scenes if their thumbnails correlate less than that and differ by more grey levels."""


@dataclass(frozen=True)
class _Track:
    """One person's track: where the face was seen last, and how it moved then.

    Attributes:
        number: The person's id.
        x: Middle of the box, from the left, px.
        y: Middle of the box, from the top, px.
        width: Width of the box, px.
        vx: Speed to the right, px a second, as of `seen`.
        vy: Speed down, px a second, as of `seen`.
        seen: Time when the face was seen last, seconds.
        past: The track as it was in the moments before, the oldest first.
    """

    number: int
    x: float
    y: float
    width: float
    vx: float
    vy: float
    seen: float
    past: tuple[_Track, ...] = ()

    def expected(self, now: float) -> tuple[float, float, float]:
        """Predict where the face's middle is now by its motion, which slows down while it isn't seen; and its width."""
        way = SLOWING * (1 - math.exp(-(now - self.seen) / SLOWING))
        return self.x + way * self.vx, self.y + way * self.vy, self.width

    def undisturbed(self) -> _Track:
        """The track as it was a moment before it was seen last, with the motion that it had until then."""
        earlier = [one for one in self.past if self.seen - one.seen >= GOING]
        if len(earlier) < 2:
            return self
        start, end = earlier[0], earlier[-1]
        passed = max(end.seen - start.seen, 1e-3)
        return replace(end, vx=(end.x - start.x) / passed, vy=(end.y - start.y) / passed)

    def at(self, face: Face, now: float) -> _Track:
        """The track as it goes on with the face that is seen now."""
        x, y = face.middle
        before = next((one for one in (self, *reversed(self.past)) if now - one.seen >= OVER), (*self.past, self)[0])
        passed = max(now - before.seen, OVER)
        vx, vy = (AGILITY * (new - old) / passed for new, old in ((x, before.x), (y, before.y)))
        rest = 1 - AGILITY
        alone = _Track(self.number, self.x, self.y, self.width, self.vx, self.vy, self.seen)
        past = (*[one for one in self.past if now - one.seen <= BEFORE], alone)
        return _Track(self.number, x, y, face.box[2], rest * self.vx + vx, rest * self.vy + vy, now, past)


class Tracker:
    """Gives the faces of one stream's frames, in order, their ids. Lives in one thread."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1
        self._last = -math.inf
        self._scenes = Scenes()

    def __call__(self, seen: Seen) -> Seen:
        """Give each face of a frame its `track`; ids count from 1 and are never used twice."""
        now = seen.frame.time
        cut = self._scenes.cut(seen.frame) or now < self._last
        if cut:
            self._tracks = []
        self._tracks = [track for track in self._tracks if now - track.seen <= LOST]
        pairs = self._paired(seen.faces, now)
        self._last = now
        named = []
        for order, face in enumerate(seen.faces):
            place = pairs.get(order)
            if place is None:
                x, y = face.middle
                self._tracks.append(_Track(self._next, x, y, face.box[2], 0.0, 0.0, now))
                self._next += 1
                place = len(self._tracks) - 1
            else:
                self._tracks[place] = self._tracks[place].at(face, now)
            # Not by `replace`, which takes four times as long: this is done for every face in every frame.
            number = self._tracks[place].number
            named.append(Face(box=face.box, score=face.score, eyes=face.eyes, roll=face.roll, track=number))
        return Seen(seen.frame, tuple(named), cut)

    def _paired(self, faces: tuple[Face, ...], now: float) -> dict[int, int]:
        """Pair faces with tracks: the number of a face to the place of its track."""
        if not faces or not self._tracks:
            return {}
        here = np.array([[*face.middle, face.box[2]] for face in faces])
        costs = _costs(here, np.array([track.expected(now) for track in self._tracks]))
        lost = [place for place, track in enumerate(self._tracks) if track.seen < self._last]
        if lost:
            there = np.array([self._tracks[place].undisturbed().expected(now) for place in lost])
            costs[:, lost] = np.minimum(costs[:, lost], _costs(here, there))
        gates = np.array([GATE + WIDER * (now - track.seen) for track in self._tracks])
        return assigned(costs, gates)


def _costs(here: npt.NDArray[np.float64], there: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Measure how far each face is from each track's expected place, in widths, and by what factor larger or smaller.

    Args:
        here: float64 Nx3: middle and width of each face, px.
        there: float64 Mx3: middle and width of each track, px.

    Returns:
        float64 NxM.
    """
    x, y = np.moveaxis(here[:, None, :2] - there[None, :, :2], -1, 0)
    wide, other = np.maximum(here[:, None, 2], 1), np.maximum(there[None, :, 2], 1)
    return np.asarray(np.hypot(x, y) / np.sqrt(wide * other) + np.abs(np.log(wide / other)))


def assigned(costs: npt.NDArray[np.float64], gates: npt.NDArray[np.float64]) -> dict[int, int]:
    """Pair rows with columns at little cost: the cheapest pairs first, then exchanges as long as they save something.

    Args:
        costs: float64 NxM.
        gates: float64 M: the cost from which on a column takes no row.

    Returns:
        Row to column; some of both are left over.
    """
    pairs: dict[int, int] = {}
    rows, columns = np.nonzero(costs < gates)
    cost, gate = costs.tolist(), gates.tolist()  # single numbers are read several times as fast from lists
    taken: set[int] = set()
    for row, column in sorted(zip(rows.tolist(), columns.tolist(), strict=True), key=lambda at: cost[at[0]][at[1]]):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    better = len(pairs) > 1
    while better:
        better = False
        for one, two in combinations(sorted(pairs), 2):
            a, b = pairs[one], pairs[two]
            saves = cost[one][a] + cost[two][b] - cost[one][b] - cost[two][a]
            if saves > 1e-9 and cost[one][b] < gate[b] and cost[two][a] < gate[a]:
                pairs[one], pairs[two] = b, a
                better = True
    return pairs


class Scenes:
    """Tells where a stream is cut, by small copies of its frames."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.float32] | None = None

    def cut(self, frame: Frame) -> bool:
        """Whether another scene begins with this frame."""
        now, before = thumbnail(frame.luma).astype(np.float32), self._before
        self._before = now
        if before is None or before.shape != now.shape or np.abs(now - before).mean() <= CUT_DIFFERENCE:
            return False
        a, b = now - now.mean(), before - before.mean()
        return bool((a * b).sum() < CUT_CORRELATION * math.sqrt(float((a * a).sum() * (b * b).sum())) + 1e-6)


def thumbnail(luma: Pixels) -> Pixels:
    """Make a small copy of a grey picture, some 32x18 px.

    Args:
        luma: uint8 HxW.

    Returns:
        uint8, with at most 40 px a side.
    """
    k = 1
    while max(luma.shape) > 40 * k:
        k *= 2
    # Of a large picture a few rows say as much as all, at a fraction of the memory that is read.
    skipped = max(1, k // 4)
    small, across, down = luma[::skipped], k, k // skipped
    while across > 1:  # by halves: OpenCV does that several times as fast as all at once
        half = max(1, small.shape[1] // 2)
        tall = max(1, small.shape[0] // 2) if down > 1 else small.shape[0]
        small = np.asarray(cv2.resize(small, (half, tall), interpolation=cv2.INTER_AREA), np.uint8)
        across, down = across // 2, max(1, down // 2)
    return small
