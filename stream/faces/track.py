"""Give each face an id that stays with the person.

By box and motion: a face is expected where its motion takes it, and goes to the track that expects it nearest, or that
had it in the frame before as the detector says, which has followed it by its looks.
Of people who cross, who are hidden for a moment or whom the detector misses, the track goes on by itself for a while.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from emojicam.stream.faces.boxes import numbers
from emojicam.stream.types import Face, Judged, Placement, Seen

LOST = 10.0
"""Seconds for which a track waits for its face to come back."""

SOON = 1.0
"""Seconds after which a face that comes back must be clear: near its track, and no other nearly as near."""

CLEARER = 2.0
"""Factor by which a face that comes back late must be nearer to its track than any other pair of the two is."""

GATE = 0.8
"""The limit of a face's distance from where it is expected, in its own widths, plus the factor by which it is larger or
smaller (as the logarithm, counted alike)."""

WIDER = 0.8
"""Growth of the gate for each second in which the face was not seen."""

FOLLOWED = 0.4
"""Factor of the distance between a face and a track if the detector has followed it from there: who turns back at once,
by half a width in a frame, isn't where the motion so far would have taken them."""

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


def counted(photo: Judged) -> Judged:
    """Number the faces of a photo, in which nobody is tracked: from 1, from left to right."""
    told = iter(numbers([face for face in photo.faces if face.confirmed]))
    return replace(
        photo, faces=tuple(replace(face, track=next(told) if face.confirmed else None) for face in photo.faces)
    )


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
        known: The detector's number of the face that was seen last; None if it has none.
        sighted: The track as it was when a detector saw the face last, if it was only followed since: what is followed
            may stay at the edge of what the face went behind.
    """

    number: int
    x: float
    y: float
    width: float
    vx: float
    vy: float
    seen: float
    past: tuple[_Track, ...] = ()
    known: int | None = None
    sighted: _Track | None = None

    def expected(self, now: float) -> tuple[float, float, float]:
        """Predict where the face's middle is now by its motion, which slows down while it isn't seen; and its width."""
        way = SLOWING * (1 - math.exp(-(now - self.seen) / SLOWING))
        return self.x + way * self.vx, self.y + way * self.vy, self.width

    def straight(self, now: float) -> tuple[float, float, float]:
        """Predict the same for one who went on as before: who turned their back while they walked."""
        gone = now - self.seen
        return self.x + gone * self.vx, self.y + gone * self.vy, self.width

    def undisturbed(self) -> _Track:
        """The track as it was a moment before it was seen last, with the motion that it had until then."""
        earlier = [one for one in self.past if self.seen - one.seen >= GOING]
        if len(earlier) < 2:
            return self
        start, end = earlier[0], earlier[-1]
        passed = max(end.seen - start.seen, 1e-3)
        return replace(end, vx=(end.x - start.x) / passed, vy=(end.y - start.y) / passed)

    def moved(self, across: float, down: float) -> _Track:
        """The same track in a picture in which everything moved by so many px: its motion is as it was."""
        past = tuple(one.moved(across, down) for one in self.past)
        sighted = self.sighted and self.sighted.moved(across, down)
        return replace(self, x=self.x + across, y=self.y + down, past=past, sighted=sighted)

    def at(self, face: Face, now: float) -> _Track:
        """The track as it goes on with the face that is seen now."""
        x, y = face.middle
        before = next((one for one in (self, *reversed(self.past)) if now - one.seen >= OVER), (*self.past, self)[0])
        passed = max(now - before.seen, OVER)
        vx, vy = (AGILITY * (new - old) / passed for new, old in ((x, before.x), (y, before.y)))
        rest = 1 - AGILITY
        alone = _Track(self.number, self.x, self.y, self.width, self.vx, self.vy, self.seen)
        past = (*[one for one in self.past if now - one.seen <= BEFORE], alone)
        sighted = None if face.placement is Placement.DETECTED else self.sighted or self
        width = face.box[2]
        vx, vy = rest * self.vx + vx, rest * self.vy + vy
        return _Track(self.number, x, y, width, vx, vy, now, past, face.track, sighted)


class Tracker:
    """Gives the faces of one stream's frames, in order, their ids. Lives in one thread."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1
        self._last = -math.inf

    def __call__(self, seen: Seen) -> Seen:
        """Give each face of a frame its `track`; ids count from 1 and are never used twice."""
        now = seen.frame.time
        cut = seen.cut or now < self._last
        if cut:
            self._tracks = []
        if seen.panned != (0.0, 0.0):
            self._tracks = [track.moved(*seen.panned) for track in self._tracks]
        # Who was there in the last frame has not been away, however long ago that was (a recording that paused).
        self._tracks = [track for track in self._tracks if now - track.seen <= LOST or track.seen == self._last]
        pairs = self._paired(seen.faces, now)
        if seen.faded is not None:
            rows = sorted(pairs)
            self._tracks = [self._tracks[pairs[row]] for row in rows]
            pairs = {row: place for place, row in enumerate(rows)}
        self._last = now
        named = []
        for order, face in enumerate(seen.faces):
            place = pairs.get(order)
            if place is None:
                x, y = face.middle
                self._tracks.append(_Track(self._next, x, y, face.box[2], 0.0, 0.0, now, known=face.track))
                self._next += 1
                place = len(self._tracks) - 1
            else:
                self._tracks[place] = self._tracks[place].at(face, now)
            # Not by `replace`, which takes four times as long: this is done for every face in every frame.
            number = self._tracks[place].number
            named.append(
                Face(
                    box=face.box,
                    score=face.score,
                    eyes=face.eyes,
                    roll=face.roll,
                    track=number,
                    placement=face.placement,
                    confirmed=face.confirmed,
                )
            )
        return replace(seen, faces=tuple(named), cut=cut)

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
        costs[self._followed(faces)] *= FOLLOWED
        # Who was in the last frame was away for no longer than a moment, as far as anybody knows: a time-lapse.
        most = [SOON if track.seen == self._last else math.inf for track in self._tracks]
        absent = np.minimum([now - track.seen for track in self._tracks], most)
        gates = GATE + WIDER * absent
        # Who is in view comes first: nobody who left a while ago takes their face.
        pairs = assigned(costs, np.where(absent <= SOON, gates, 0.0))
        late = costs
        for tracks in (self._tracks, [one.sighted or one for one in self._tracks]):
            late = np.minimum(late, _costs(here, np.array([one.undisturbed().straight(now) for one in tracks])))
        late[list(pairs)], late[:, list(pairs.values())] = np.inf, np.inf
        late[:, absent <= SOON] = np.inf
        again = assigned(late, np.where(absent > SOON, GATE, 0.0))
        return pairs | {row: column for row, column in again.items() if _clear(late, row, column)}

    def _followed(self, faces: tuple[Face, ...]) -> npt.NDArray[np.bool_]:
        """Tell which face the detector has followed from the last frame, in which it was which track's: bool NxM."""
        before = [track.known if track.seen == self._last else None for track in self._tracks]
        return np.array([[face.track is not None and face.track == known for known in before] for face in faces])


def _clear(costs: npt.NDArray[np.float64], row: int, column: int) -> bool:
    """Whether a face and a track are near each other, and neither is nearly as near to another."""
    cost = float(costs[row, column])
    others = [*np.delete(costs[row], column), *np.delete(costs[:, column], row)]
    return all(other > CLEARER * cost for other in others)


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
