"""Make the pictures of a sticker: of a photo one, of a clip those of some seconds in which one person is followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from emojicam.errors import InputError, UsageError
from emojicam.stream.choices import Style
from emojicam.stream.drawing.framing import Square, steadied, view
from emojicam.stream.drawing.sticker import around, cut
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import read_photo
from emojicam.stream.media.reread import Reread
from emojicam.stream.types import Frame, Judged, JudgedFace
from emojicam.wiring import Annotator

MOST_SECONDS = 3.0
"""Seconds of a moving sticker at most: what messengers take."""

RATE = 15
"""Pictures a second at most."""

BESIDE = 1.0
"""Seconds before and after those that are shown, in which faces are looked at too: they help to know who is who."""

LONGEST = 500
"""Milliseconds for which a picture stays at most, where the person isn't seen for a while."""

T = TypeVar("T")


@dataclass(frozen=True)
class Cutout:
    """The pictures of a sticker.

    Attributes:
        pictures: RGBA, uint8 512x512x4, straight alpha.
        shown: Milliseconds for which each is shown, multiples of 10.
        emotion: The emotion that is shown most.
    """

    pictures: list[Pixels]
    shown: list[int]
    emotion: str


def of_photo(annotator: Annotator, source: Path, person: int | None) -> Cutout:
    """Cut a head out of a photo.

    Args:
        annotator: Finds, judges and draws.
        source: The photo.
        person: The number of the face, the largest being 1; None: the largest.

    Raises:
        EmojicamError: It can't be read, there is no face, or none of that number.
    """
    judged = annotator.judge(Frame(0, 0.0, read_photo(source).bgr))
    faces = [face for face in judged.faces if face.confirmed]
    chosen = _choose(source, dict(enumerate(faces, 1)), 1, person)
    return Cutout([_cut(annotator, judged, chosen, around(chosen), shadow=True)], [0], chosen.label)


def of_clip(annotator: Annotator, source: Path, start: float | None, seconds: float, person: int | None) -> Cutout:
    """Cut a head out of some seconds of a clip, following it steadily.

    Args:
        annotator: Finds, judges and draws.
        source: The clip.
        start: Where to begin, seconds; None: where the first face is seen.
        seconds: How long the sticker is to be.
        person: The person's number, counted as they appear; None: who is largest, over all pictures.

    Raises:
        EmojicamError: It can't be read, there is no face, or none of that number.
    """
    begin = _first_face(annotator, source) if start is None else start
    end = begin + seconds - 0.001  # times are rounded
    with annotator.open(source) as video:
        seen = [judged for judged in annotator.covered(_Part(video, begin - BESIDE, end + BESIDE))]
        seen = [judged for judged in seen if begin <= judged.frame.time < end]
        number = _person(source, seen, begin, person)
        shown = _thinned([judged for judged in seen if _face(judged, number)])
        faces = [_face(judged, number) for judged in shown]
        squares = steadied([around(face) for face in faces if face], [judged.frame.time for judged in shown])
        ways = {judged.frame.index: square for judged, square in zip(shown, squares, strict=True)}
        pictures, times = [], []
        for judged in Reread(video)(shown):
            face = _face(judged, number)
            assert face is not None
            pictures.append(_cut(annotator, judged, face, ways[judged.frame.index], shadow=False))
            times.append(judged.frame.time)
    return Cutout(pictures, _durations(times, end), Counter(face.label for face in faces if face).most_common(1)[0][0])


class _Part:
    """The frames of a part of a video, as a source."""

    live = False

    def __init__(self, video: Iterable[Frame], begin: float, end: float) -> None:
        self._video, self._begin, self._end = video, begin, end

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._video:
            if frame.time >= self._end:
                return
            if frame.time >= self._begin:
                yield frame


def _first_face(annotator: Annotator, source: Path) -> float:
    """Find the second at which the first face of a clip is seen."""
    for judged in annotator.stream(source):
        if judged.faces:
            return judged.frame.time
    raise _no_face(source)


def _no_face(source: Path, where: str = "") -> InputError:
    return InputError(f"{source}: no face found{where}, so there is no sticker")


def _person(source: Path, seen: Sequence[Judged], begin: float, person: int | None) -> int:
    """Choose a person's number: the one asked for, or whose face is the largest, summed over all pictures."""
    areas: Counter[int] = Counter()
    for judged in seen:
        for face in judged.faces:
            if face.track is not None and face.confirmed:
                areas[face.track] += round(face.area)
    if not areas:
        raise _no_face(source, f" from {begin:.2f} s on")
    return _choose(source, {number: number for number in sorted(areas)}, areas.most_common(1)[0][0], person)


def _choose(source: Path, there: dict[int, T], default: int, person: int | None) -> T:
    if not there:
        raise _no_face(source)
    number = default if person is None else person
    if number not in there:
        raise UsageError(f"{source}: has no person {person}; there {_listed(list(there))}")
    return there[number]


def _listed(numbers: list[int]) -> str:
    return f"is {numbers[0]} alone" if len(numbers) == 1 else f"are {', '.join(map(str, numbers))}"


def _face(judged: Judged, number: int) -> JudgedFace | None:
    return next((face for face in judged.faces if face.track == number), None)


def _thinned(seen: Sequence[Judged]) -> list[Judged]:
    """Leave out pictures, evenly, where there are more than `RATE` a second."""
    taken: list[Judged] = []
    for judged in seen:
        if not taken or judged.frame.time - taken[-1].frame.time >= 1 / RATE - 0.01:
            taken.append(judged)
    return taken


def _durations(times: Sequence[float], end: float) -> list[int]:
    """Compute how long each picture is shown, ms; the last as long as the others on average, but not beyond the end."""
    ends = [10 * round(100 * (time - times[0])) for time in times]
    left = max(20, 10 * round(100 * (end - times[0])) - ends[-1])
    shown = [min(max(20, after - before), LONGEST) for before, after in pairwise(ends)]
    return [*shown, min(left, 10 * round(sum(shown) / len(shown) / 10) if shown else 100)]


def _cut(annotator: Annotator, judged: Judged, face: JudgedFace, square: Square, *, shadow: bool) -> Pixels:
    """Draw the emoji on a part of a picture, as large as the sticker, and cut the head out."""
    frame, faces, inside = view(judged.frame, judged.faces, square)
    drawn = annotator.overlay(replace(judged, frame=frame, faces=faces))
    own = faces[judged.faces.index(face)]
    return cut(drawn.pixels, own, inside, emoji=_emoji_of(annotator, judged, frame, own), shadow=shadow)


def _emoji_of(annotator: Annotator, judged: Judged, frame: Frame, face: JudgedFace) -> Pixels | None:
    """Find where the emoji is, as `cut` wants it; None where the face is covered by none."""
    if (face.style or annotator.style) is not Style.COVER:
        return None
    alone = annotator.overlay(replace(judged, frame=frame, faces=(face,)), shadow=False)
    return np.where((alone.pixels != frame.bgr()).any(axis=2), np.uint8(255), np.uint8(0))
