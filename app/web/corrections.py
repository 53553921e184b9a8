"""The faces as a visitor wants them drawn: JSON that is checked before anything is made of it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.exceptions import HTTPException

from emojicam.stream.choices import NONE
from emojicam.stream.types import Emotion, JudgedFace

BLUR = "blur"
"""Stands instead of an emotion: the face is blurred. `NONE` leaves it as it is."""

MOST = 200
"""Faces of one photo at most: as many as are ever found in one."""

BYTES = 64 * MOST + 16 * 1024
"""Bytes that such JSON may have."""

NARROW = 4.0
"""The longer side of a box divided by the shorter one, at most: an emoji is as large as the longer side."""

CROWDED = 6.0
"""The area of all boxes together divided by the photo's, at most, so that nobody's photo takes minutes to draw."""

DEGREE = 0.9
"""The degree that is drawn where none is named: that of the pictures by which the page shows a theme."""


@dataclass(frozen=True)
class Correction:
    """A face as it is to be drawn.

    Attributes:
        face: Its place, its roll and the emotion.
        blurred: It is blurred instead.
    """

    face: JudgedFace
    blurred: bool


def read_corrections(text: str, labels: Sequence[str], width: int, height: int) -> list[Correction]:
    """Read a list of faces.

    Args:
        text: JSON: a list of objects with `box`, `show`, and perhaps `roll`, `degree` and `confidence`.
        labels: The emotions that there are.
        width: The photo's, px.
        height: The photo's, px.

    Returns:
        The faces that something is drawn on, the largest first.

    Raises:
        HTTPException: 400: it isn't such a list; the message says which face is wrong, and why.
    """
    listed = _parsed(text)
    if not isinstance(listed, list) or len(listed) > MOST:
        raise HTTPException(400, f"the field “faces” is a list of at most {MOST} faces")
    faces = [_Reader(number, one, labels, width, height).correction() for number, one in enumerate(listed, 1)]
    drawn = sorted((face for face in faces if face is not None), key=lambda one: -one.face.area)
    if sum(max(one.face.box[2:]) ** 2 for one in drawn) > CROWDED * width * height:
        raise HTTPException(400, "the boxes of the faces cover the photo many times")
    return drawn


def _parsed(text: str) -> Any:
    def refuse(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the field “faces” is no JSON") from error


class _Reader:
    """Reads one face."""

    def __init__(self, number: int, said: Any, labels: Sequence[str], width: int, height: int) -> None:
        self._number, self._said, self._labels = number, said, tuple(labels)
        self._width, self._height = width, height

    def correction(self) -> Correction | None:
        """The face, or None where nothing is to be drawn."""
        said = self._said
        if not isinstance(said, dict) or not {"box", "show"} <= said.keys() <= KEYS:
            self._refuse(f"has box and show, and perhaps {', '.join(sorted(KEYS - {'box', 'show'}))}")
        show = said["show"]
        if not isinstance(show, str) or show not in (*self._labels, NONE, BLUR):
            self._refuse(f"shows one of {', '.join(self._labels)}, {NONE} and {BLUR}")
        box = self._box(said["box"])
        roll = self._number_of("roll", 0.0, -180.0, 180.0)
        degree = self._number_of("degree", DEGREE, 0.0, 1.0)
        sure = self._number_of("confidence", 1.0, 0.0, 1.0)
        if show == NONE:
            return None
        emotion = self._emotion(show if show != BLUR else self._labels[0], sure)
        x, y = box[0] + box[2] / 2, box[1] + 0.4 * box[3]
        eyes = ((x - 0.2 * box[2], y), (x + 0.2 * box[2], y))
        label = "" if show == BLUR else show
        face = JudgedFace(box=box, score=1.0, eyes=eyes, roll=roll, emotion=emotion, shown=label, drawn=degree)
        return Correction(face, show == BLUR)

    def _emotion(self, label: str, sure: float) -> Emotion:
        """The emotion with its share, and the others with even shares of the rest."""
        rest = (1 - sure) / max(1, len(self._labels) - 1)
        return Emotion(self._labels, tuple(sure if one == label else rest for one in self._labels))

    def _box(self, said: Any) -> tuple[float, float, float, float]:
        longer = max(self._width, self._height)
        if not isinstance(said, list) or len(said) != 4 or not all(_is_number(side, 4 * longer) for side in said):
            self._refuse("has a box of four numbers: left, top, width, height, px")
        left, top, width, height = (float(side) for side in said)
        if not (1 <= width <= 2 * longer and 1 <= height <= 2 * longer and 1 / NARROW <= width / height <= NARROW):
            self._refuse(f"has a box that is too small, too large or more than {NARROW:g} times as long as wide")
        if left + width <= 0 or top + height <= 0 or left >= self._width or top >= self._height:
            self._refuse("lies outside of the photo")
        return left, top, width, height

    def _number_of(self, name: str, default: float, least: float, most: float) -> float:
        value = self._said.get(name, default)
        if not _is_number(value, 360) or not least <= value <= most:
            self._refuse(f"has a {name} from {least:g} to {most:g}")
        return float(value)

    def _refuse(self, why: str) -> NoReturn:
        raise HTTPException(400, f"face {self._number} of the field “faces”: each {why}")


KEYS = {"box", "show", "roll", "degree", "confidence"}
"""The names of all that a face may say."""


def _is_number(value: Any, most: float) -> bool:
    """Whether a value is a number, and not larger than what can be meant."""
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return whole and abs(value) <= most and math.isfinite(value)
