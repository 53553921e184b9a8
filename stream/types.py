"""The values that travel through the pipeline. All frozen: who hands one over keeps no claim on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.card import Point

Pixels = npt.NDArray[np.uint8]

Box = tuple[float, float, float, float]
"""(left, top, width, height) in px."""


class Format(Enum):
    """How `Frame.pixels` is laid out."""

    BGR = "BGR"  # uint8 HxWx3
    I420 = "I420"  # uint8 (3H/2)xW: the Y plane, then U and V at half size; W and H even


@dataclass(frozen=True)
class Colour:
    """What the numbers of a YUV picture mean.

    Attributes:
        bt709: Matrix BT.709 (HD); otherwise BT.601.
        full: Levels 0-255; otherwise 16-235 (Y) and 16-240 (U, V).
    """

    bt709: bool = False
    full: bool = False


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        index: From 0, counted by the source.
        time: Seconds, from the source's own timestamps (pts x time base), never index / fps.
        pixels: As `format` says; not to be written to.
        format: The layout of `pixels`.
        colour: The meaning of I420 levels; unused for BGR.
        placeholder: It is none of the source's: it says that there is none.
    """

    index: int
    time: float
    pixels: Pixels
    format: Format = Format.BGR
    colour: Colour = Colour()
    placeholder: bool = False

    @property
    def width(self) -> int:
        """In px."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In px."""
        rows = int(self.pixels.shape[0])
        return rows if self.format is Format.BGR else rows * 2 // 3

    @cached_property
    def luma(self) -> Pixels:
        """Grey levels, uint8 HxW; for I420 the Y plane itself, not copied: its range is that of `colour`."""
        if self.format is Format.BGR:
            return _u8(cv2.cvtColor(self.pixels, cv2.COLOR_BGR2GRAY))
        return self.pixels[: self.height]

    def rgb(self) -> Pixels:
        """The colours as uint8 HxWx3, RGB: what a detector takes (always by BT.601: it does not mind)."""
        if self.format is Format.BGR:
            return _u8(cv2.cvtColor(self.pixels, cv2.COLOR_BGR2RGB))
        return _u8(cv2.cvtColor(self.pixels, cv2.COLOR_YUV2RGB_I420))

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
            return _u8(cv2.cvtColor(_mean(self.pixels, columns, rows, k), cv2.COLOR_BGR2RGB))
        columns, rows = max(1, self.width // (2 * k)), max(1, self.height // (2 * k))
        y, u, v = planes(self.pixels)
        small = [_mean(y, 2 * columns, 2 * rows, k), _mean(u, columns, rows, k), _mean(v, columns, rows, k)]
        packed = np.concatenate([plane.reshape(-1) for plane in small]).reshape(3 * rows, 2 * columns)
        return _u8(cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420))

    def bgr(self) -> Pixels:
        """The colours as uint8 HxWx3, BGR; for I420 by the frame's own matrix and range."""
        if self.format is Format.BGR:
            return self.pixels
        return i420_to_bgr(self.pixels, self.colour)


def planes(pixels: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Y, U and V of an I420 picture, not copied.

    Args:
        pixels: uint8 (3H/2)xW, contiguous.

    Returns:
        uint8 HxW and twice H/2xW/2.
    """
    rows, width = pixels.shape
    height = rows * 2 // 3
    flat = pixels.reshape(-1)
    area = width * height
    chroma = (2, height // 2, width // 2)
    u, v = flat[area:].reshape(chroma)
    return flat[:area].reshape(height, width), u, v


def _mean(plane: Pixels, columns: int, rows: int, k: int) -> Pixels:
    """Of k x k each, by halves: OpenCV averages two by two seven times as fast as four by four."""
    small = plane[: rows * k, : columns * k]
    while k > 1:
        k //= 2
        small = _u8(cv2.resize(small, (columns * k, rows * k), interpolation=cv2.INTER_AREA))
    return small


def i420_to_bgr(pixels: Pixels, colour: Colour) -> Pixels:
    """Convert by the given matrix and range (OpenCV knows only BT.601 limited).

    Args:
        pixels: uint8 (3H/2)xW.
        colour: The meaning of the levels.

    Returns:
        uint8 HxWx3.
    """
    luma, u, v = planes(np.ascontiguousarray(pixels))
    height, width = luma.shape
    y = luma.astype(np.float32)
    size = (width, height)
    uf = cv2.resize(u, size, interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128
    vf = cv2.resize(v, size, interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128
    if not colour.full:
        y, uf, vf = (y - 16) * (255 / 219), uf * (255 / 224), vf * (255 / 224)
    kr, kb = luma_weights(colour)
    red = y + 2 * (1 - kr) * vf
    blue = y + 2 * (1 - kb) * uf
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return _u8(np.clip(np.rint(np.dstack([blue, green, red])), 0, 255))


def luma_weights(colour: Colour) -> tuple[float, float]:
    """Kr and Kb of ITU-R BT.601 or BT.709."""
    return (0.2126, 0.0722) if colour.bt709 else (0.299, 0.114)


@dataclass(frozen=True, kw_only=True)
class Face:
    """One face, found.

    Attributes:
        box: (left, top, width, height) in px; may reach over the picture's border.
        score: The detector's confidence, 0-1.
        eyes: (x, y) px of the eye on the image's left, then the right.
        roll: Degrees by which the head is turned clockwise, as seen in the picture.
        track: Id that stays with the person, or None where nobody tracks.
    """

    box: Box
    score: float
    eyes: tuple[Point, Point]
    roll: float
    track: int | None = None


@dataclass(frozen=True)
class Emotion:
    """What a classifier says of one face.

    Attributes:
        labels: The classes, nouns.
        p: A probability for each label; sums to 1.
        valence: From unpleasant (-1) to pleasant (1); None where the model doesn't say.
        arousal: From calm (-1) to excited (1); None where the model doesn't say.
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


class Placement(Enum):
    """How the place of a face in a frame is known."""

    DETECTED = "detected"
    AHEAD = "ahead"  # from frames before and after it
    COASTED = "coasted"  # from its motion so far


@dataclass(frozen=True, kw_only=True)
class JudgedFace(Face):
    """A face with its emotion.

    Attributes:
        emotion: What the classifier says, perhaps of several frames together.
        shown: The emotion whose emoji is drawn; "" is the likeliest.
        unsure: Nothing is likely enough.
        source: How the place is known.
    """

    emotion: Emotion
    shown: str = ""
    unsure: bool = False
    placement: Placement = Placement.DETECTED

    @property
    def label(self) -> str:
        """The emotion whose emoji is drawn."""
        return self.shown or self.emotion.label

    @property
    def confidence(self) -> float:
        """The probability of `label`."""
        labels = self.emotion.labels
        return self.emotion.p[labels.index(self.label)] if self.label in labels else self.emotion.confidence


@dataclass(frozen=True)
class Seen:
    """A frame with its faces, largest first.

    Attributes:
        frame: The picture.
        faces: In it.
        cut: Another scene begins with this frame.
    """

    frame: Frame
    faces: tuple[Face, ...]
    cut: bool = False


@dataclass(frozen=True)
class Judged:
    """A frame with its faces, each with an emotion, largest first.

    Attributes:
        frame: The picture.
        faces: In it.
        cut: Another scene begins with this frame.
        veiled: All of it is to be blurred: a face has been lost that must not be shown.
    """

    frame: Frame
    faces: tuple[JudgedFace, ...]
    cut: bool = False
    veiled: bool = False


@dataclass(frozen=True)
class Drawn:
    """A judged frame and the picture with the emoji on it (same layout as the frame's)."""

    judged: Judged
    pixels: Pixels


def _u8(array: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Pixels:
    return np.asarray(array, dtype=np.uint8)
