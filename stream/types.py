"""The values that travel through the pipeline. All frozen: who hands one over keeps no claim on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Self

import cv2
import numpy as np

from emojicam.models.card import Point
from emojicam.stream.choices import Style
from emojicam.stream.i420 import BT601, Colour, Pixels, as_pixels, averaged, i420_to_bgr, joined, planes

Box = tuple[float, float, float, float]
"""A rectangle: (left, top, width, height) in px."""


class Format(Enum):
    """The layout of `Frame.pixels`."""

    BGR = "BGR"  # uint8 HxWx3
    I420 = "I420"  # uint8 (3H/2)xW: the Y plane, then U and V at half size; W and H even


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        index: Number of the picture, from 0, counted by the source.
        time: Seconds, from the source's own timestamps (pts x time base), never index / fps.
        pixels: The levels, laid out as `format` says; not to be written to.
        format: The layout of `pixels`.
        colour: The meaning of I420 levels; unused for BGR.
        placeholder: It is no picture of the source's: it only says that there is none.
        is_away: Its pixels are not here, only their number: they are to be read again.
        is_spare: Nobody else looks at its pixels: they may be drawn on.
    """

    index: int
    time: float
    pixels: Pixels
    format: Format = Format.BGR
    colour: Colour = BT601
    placeholder: bool = False
    is_away: bool = False
    is_spare: bool = False

    @property
    def width(self) -> int:
        """The frame's width in px."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """The frame's height in px."""
        rows = int(self.pixels.shape[0])
        return rows if self.format is Format.BGR else rows * 2 // 3

    @cached_property
    def luma(self) -> Pixels:
        """Grey levels, uint8 HxW; for I420 the Y plane itself, not copied: its range is that of `colour`."""
        if self.format is Format.BGR:
            return as_pixels(cv2.cvtColor(self.pixels, cv2.COLOR_BGR2GRAY))
        return self.pixels[: self.height]

    def rgb(self) -> Pixels:
        """The colours as uint8 HxWx3, RGB: what a detector takes (always by BT.601: it does not mind)."""
        if self.format is Format.BGR:
            return as_pixels(cv2.cvtColor(self.pixels, cv2.COLOR_BGR2RGB))
        return as_pixels(cv2.cvtColor(self.pixels, cv2.COLOR_YUV2RGB_I420))

    def holds(self, point: Point) -> bool:
        """Whether a place, (x, y) px, lies in the frame."""
        return 0 <= point[0] <= self.width and 0 <= point[1] <= self.height

    def away(self) -> Frame:
        """The same frame without its pixels, for whoever only needs to know which it is and how large."""
        nothing = np.broadcast_to(np.uint8(0), self.pixels.shape)
        return Frame(self.index, self.time, nothing, self.format, self.colour, self.placeholder, is_away=True)

    @property
    def reduction(self) -> int:
        """The factor by which `small` is smaller: a power of two that leaves 256 px or more."""
        k = 1
        while max(self.width, self.height) >= 512 * k:
            k *= 2
        return k

    @cached_property
    def small(self) -> Pixels:
        """A copy of some 256 to 511 px along the longer side, RGB uint8, for whoever looks at the whole frame.

        Detectors see 128 px, and MediaPipe gets there by skipping pixels. A copy that is made smaller by averaging
        shows more: of 600 pasted faces (benchmarks/pasted.py) 97.5 % are found instead of 97.3 %.
        """
        return self.reduced(self.reduction)

    def reduced(self, k: int) -> Pixels:
        """The picture made smaller, each pixel the mean of k x k; what is over at the edges is left out.

        Args:
            k: A power of two.

        Returns:
            RGB uint8, for a detector, as `rgb`. From I420 it is made plane by plane: the large picture isn't converted.
        """
        if k == 1:
            return self.rgb()
        if self.format is Format.BGR:
            columns, rows = max(1, self.width // k), max(1, self.height // k)
            return as_pixels(cv2.cvtColor(averaged(self.pixels, columns, rows, k), cv2.COLOR_BGR2RGB))
        columns, rows = max(1, self.width // (2 * k)), max(1, self.height // (2 * k))
        y, u, v = planes(self.pixels)
        small = averaged(y, 2 * columns, 2 * rows, k), averaged(u, columns, rows, k), averaged(v, columns, rows, k)
        return as_pixels(cv2.cvtColor(joined(*small), cv2.COLOR_YUV2RGB_I420))

    def bgr(self) -> Pixels:
        """The colours as uint8 HxWx3, BGR; for I420 by the frame's own matrix and range."""
        if self.format is Format.BGR:
            return self.pixels
        return i420_to_bgr(self.pixels, self.colour)


def roll_of(eyes: tuple[Point, Point]) -> float:
    """The degrees by which a head is turned clockwise, as its eyes, the image's left one first, tell."""
    (ax, ay), (bx, by) = eyes
    return math.degrees(math.atan2(by - ay, bx - ax))


class Placement(Enum):
    """The way in which the place of a face in a frame is known."""

    DETECTED = "detected"
    FOLLOWED = "followed"  # by its looks, from the frame before
    AHEAD = "ahead"  # from frames before and after it
    COASTED = "coasted"  # from its motion so far


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face that was detected in a picture.

    Attributes:
        box: (left, top, width, height) in px; may reach over the picture's border.
        score: The detector's confidence, 0-1.
        eyes: (x, y) px of the eye on the image's left, then the right.
        roll: Degrees by which the head is turned clockwise, as seen in the picture.
        track: Id that stays with the person, or None where nobody tracks.
        placement: The way in which the place is known.
        confirmed: It counts; what doesn't may be no face, and is only covered, for privacy's sake.
    """

    box: Box
    score: float
    eyes: tuple[Point, Point]
    roll: float
    track: int | None = None
    placement: Placement = Placement.DETECTED
    confirmed: bool = True

    @property
    def area(self) -> float:
        """The area of the box in px."""
        return self.box[2] * self.box[3]

    @property
    def middle(self) -> Point:
        """The middle of the box: (x, y) px."""
        left, top, width, height = self.box
        return left + width / 2, top + height / 2

    def holds(self, point: Point) -> bool:
        """Whether a place, (x, y) px, lies in the box."""
        left, top, width, height = self.box
        return left <= point[0] <= left + width and top <= point[1] <= top + height

    def within(self, frame: Frame) -> float:
        """The share of the box that lies in a frame, 0-1."""
        left, top, width, height = self.box
        across = min(left + width, frame.width) - max(left, 0)
        down = min(top + height, frame.height) - max(top, 0)
        return max(across, 0) * max(down, 0) / max(width * height, 1e-6)

    def moved(self, dx: float, dy: float, k: float = 1.0) -> Self:
        """The same face elsewhere, its box `k` times as large around its middle.

        Args:
            dx: Px to the right.
            dy: Px down.
            k: Factor of the box's size alone; the distance between the eyes stays.
        """
        left, top, width, height = self.box
        (ax, ay), (bx, by) = self.eyes
        return replace(
            self,
            box=(left + dx - (k - 1) * width / 2, top + dy - (k - 1) * height / 2, k * width, k * height),
            eyes=((ax + dx, ay + dy), (bx + dx, by + dy)),
        )

    def grown(self, k: float, turn: float = 0.0) -> Self:
        """The same face nearer or farther away: `k` times as large around the box's middle, and turned on.

        Args:
            k: Factor of the box and of the eyes' places.
            turn: Degrees clockwise by which the eyes and the roll turn; the box stays upright.
        """
        (x, y), (_, _, width, height) = self.middle, self.box
        cos, sin = k * math.cos(math.radians(turn)), k * math.sin(math.radians(turn))
        left, right = (
            (x + cos * (at - x) - sin * (down - y), y + sin * (at - x) + cos * (down - y)) for at, down in self.eyes
        )
        box = (x - k * width / 2, y - k * height / 2, k * width, k * height)
        return replace(self, box=box, eyes=(left, right), roll=math.remainder(self.roll + turn, 360))

    def scaled(self, k: float) -> Face:
        """The face in a picture that is `k` times as large: the middle of pixel i is at k (i + 0.5) - 0.5 there."""
        left, top, width, height = self.box
        left_eye, right_eye = (((x + 0.5) * k - 0.5, (y + 0.5) * k - 0.5) for x, y in self.eyes)
        # Not by `replace`, which takes four times as long: there are up to 200 faces in each frame.
        box = left * k, top * k, width * k, height * k
        return Face(
            box=box,
            score=self.score,
            eyes=(left_eye, right_eye),
            roll=self.roll,
            track=self.track,
            placement=self.placement,
            confirmed=self.confirmed,
        )


NEUTRAL = "neutral"
"""The label of a face without an expression, in the models that have it."""

DEGREE_STEP = 0.1
"""Difference up to which two degrees of an emotion are taken for one."""


@dataclass(frozen=True)
class Emotion:
    """A classifier's answer about one face.

    Attributes:
        labels: The classes, nouns.
        p: A probability for each label; sums to 1.
        valence: Scale from unpleasant (-1) to pleasant (1); None where the model doesn't say.
        arousal: Scale from calm (-1) to excited (1); None where the model doesn't say.
    """

    labels: tuple[str, ...]
    p: tuple[float, ...]
    valence: float | None = None
    arousal: float | None = None

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.p):
            raise ValueError(f"{len(self.labels)} labels, but {len(self.p)} probabilities")

    @property
    def label(self) -> str:
        """The likeliest emotion."""
        return self.labels[self.p.index(max(self.p))]

    @property
    def confidence(self) -> float:
        """The probability of `label`."""
        return max(self.p)

    def degree(self, label: str) -> float:
        """The strength of an emotion beside neutral, 0-1: p / (p + p of neutral).

        A net that is trained on votes says by its probabilities how many people would see an expression at all.

        Args:
            label: The emotion; of neutral it is 0, and of what stands beside no neutral 1.
        """
        if label == NEUTRAL:
            return 0.0
        if NEUTRAL not in self.labels or label not in self.labels:
            return 1.0
        p, calm = self.p[self.labels.index(label)], self.p[self.labels.index(NEUTRAL)]
        return p / (p + calm) if p else 0.0

    def rounded(self) -> Emotion:
        """The same answer, each number with four digits behind the point."""
        valence, arousal = (None if value is None else round(value, 4) for value in (self.valence, self.arousal))
        return Emotion(self.labels, tuple([round(p, 4) for p in self.p]), valence, arousal)


@dataclass(frozen=True, kw_only=True)
class JudgedFace(Face):
    """A face with the emotion that a classifier reads in it.

    Attributes:
        emotion: What the classifier says, perhaps of several frames together.
        shown: The emotion whose emoji is drawn; "" is the likeliest.
        unsure: No emotion is likely enough.
        drawn: The degree that is drawn, 0-1: `degree`, but steady.
        style: The way in which this one is drawn; None is as the others are.
        alone: It is left alone: nothing is drawn over it.
    """

    emotion: Emotion
    shown: str = ""
    unsure: bool = False
    drawn: float = 1.0
    style: Style | None = None
    alone: bool = False

    @property
    def degree(self) -> float:
        """The strength of `label`, 0-1, of neutral 0; as `Emotion.degree` says."""
        return self.emotion.degree(self.label)

    @property
    def label(self) -> str:
        """The emotion whose emoji is drawn."""
        return self.shown or self.emotion.label

    @property
    def confidence(self) -> float:
        """The probability of `label`."""
        labels = self.emotion.labels
        return self.emotion.p[labels.index(self.label)] if self.label in labels else self.emotion.confidence

    def rounded(self) -> Self:
        """The same face in the few digits that a record holds.

        Faces are drawn so as well: what is drawn from a record is the picture that was drawn when it was written.
        """
        left, top, width, height = (round(side, 1) for side in self.box)
        return replace(
            self,
            box=(left, top, width, height),
            score=round(self.score, 4),
            roll=round(self.roll, 2),
            emotion=self.emotion.rounded(),
            drawn=round(self.drawn, 2),
        )


@dataclass(frozen=True)
class Seen:
    """A frame with the faces that were detected in it, largest first.

    Attributes:
        frame: The picture.
        faces: The faces in it.
        cut: Another scene begins with this frame.
        panned: Px across and down by which everything has moved since the frame before, where that was noticed.
        faded: Time since when another scene has faded in, seconds, where it has: whoever isn't seen now has gone.
    """

    frame: Frame
    faces: tuple[Face, ...]
    cut: bool = False
    panned: Point = (0.0, 0.0)
    faded: float | None = None


@dataclass(frozen=True)
class Judged:
    """A frame with its faces, each with an emotion, largest first.

    Attributes:
        frame: The picture.
        faces: The faces in it.
        cut: Another scene begins with this frame.
        faded: Time since when another scene has faded in, seconds, where it has: whoever isn't seen now has gone.
        veiled: All of it is to be blurred: a face has been lost that must not be shown.
        bare: Number of faces in it that may be uncovered.
    """

    frame: Frame
    faces: tuple[JudgedFace, ...]
    cut: bool = False
    faded: float | None = None
    veiled: bool = False
    bare: int = 0


@dataclass(frozen=True)
class Drawn:
    """A judged frame and the picture with the emoji on it (same layout as the frame's)."""

    judged: Judged
    pixels: Pixels

    @property
    def frame(self) -> Frame:
        """The drawn picture as a frame: its index, time, layout and colours are those of the judged one."""
        frame = self.judged.frame
        return Frame(frame.index, frame.time, self.pixels, frame.format, frame.colour)
