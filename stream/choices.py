"""The choices that a user has, and their defaults.

The one home of these words: the command line, the page, the Python API and the pipeline all take them from here. It
needs the standard library alone, so that a command's help is printed before anything is loaded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Self


class Style(Enum):
    """The way in which an emotion is shown. A member is a style: `Overlay` has a method of its name that draws it.

    Attributes:
        key: The letter that chooses it in the window of `live`.
        about: What it does, for help texts.
        hides: It hides the face: what may be one is hidden too.
    """

    _value_: str
    key: str
    about: str
    hides: bool

    COVER = "cover", "c", "hides the face", True
    BADGE = "badge", "b", "sits beside it"
    LABEL = "label", "l", "adds word and bar"
    BLUR = "blur", "u", "blurs the face", True
    PIXELATE = "pixelate", "p", "makes blocks of it", True
    SOLID = "solid", "o", "lays a plain colour over it", True

    def __new__(cls, word: str, key: str = "", about: str = "", hides: bool = False) -> Self:
        """Make a member whose value is its word."""
        member = object.__new__(cls)
        member._value_, member.key, member.about, member.hides = word, key, about, hides
        return member


class Range(Enum):
    """The distances at which faces are looked for.

    Attributes:
        about: What it is for, for help texts.
    """

    _value_: str
    about: str

    NEAR = "near", "a webcam's view"  # the first net alone
    AUTO = "auto", "near and far"  # the second net too, now and then
    FAR = "far", "crowds, classrooms"  # the second net often, at full size

    def __new__(cls, word: str, about: str = "") -> Self:
        """Make a member whose value is its word."""
        member = object.__new__(cls)
        member._value_, member.about = word, about
        return member


class Provider(Enum):
    """The places where ONNX Runtime can run the emotion model."""

    AUTO = "auto"  # the CPU; for streams and long videos CUDA where there is one
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"


class Scans(Enum):
    """The frames of a stream that the second face detector sees.

    Attributes:
        about: What it does, for help texts.
    """

    _value_: str
    about: str

    AUTO = "auto", "every frame where a GPU does it"
    EVERY = "every", "every frame"
    SELDOM = "seldom", "about one a second"

    def __new__(cls, word: str, about: str = "") -> Self:
        """Make a member whose value is its word."""
        member = object.__new__(cls)
        member._value_, member.about = word, about
        return member


class Encoder(Enum):
    """The encoders that can write a video's pictures."""

    X264 = "x264"
    HARDWARE = "hardware"  # the graphics chip's, where one works; x264 elsewhere


class Decoder(Enum):
    """The decoders that can read a video's pictures."""

    SOFTWARE = "software"
    HARDWARE = "hardware"  # the graphics chip's, where it gives the same pictures
    AUTO = "auto"  # that, where it pays: above Full HD


class ColourOrder(Enum):
    """The order of an array's colours along its last axis."""

    BGR = "bgr"  # OpenCV's
    RGB = "rgb"  # everybody else's


PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
"""x264's presets, from the fastest, which gives the largest files."""


@dataclass(frozen=True)
class Steadiness:
    """The steadiness with which a face's emotion, place and roll are shown: all constants of the smoothing.

    Attributes:
        memory: Seconds in which the weight of what was seen falls to a third; 0 takes every frame for itself.
        lead: Probability by which another emotion must lead before it is shown.
        patience: Seconds for which it must lead.
        sure: Confidence below which a face is called unsure, and shown as neutral.
        still: Hz; how much of a box's and roll's trembling is let through while they rest (one-euro filter, Casiez et
            al. 2012).
        swift: Hz more for each width of the face that it moves in a second (for each radian that it turns).
    """

    memory: float = 0.35
    lead: float = 0.1
    patience: float = 0.05
    sure: float = 0.4
    still: float = 1.0
    swift: float = 2.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}, not a number from 0 on")
        for name in ("lead", "sure"):
            if vars(self)[name] > 1:
                raise ValueError(f"{name} is {vars(self)[name]}, and a probability is at most 1")


NONE = "none"
"""The word for a face that is left alone: nothing is drawn over it."""


@dataclass(frozen=True)
class Corrections:
    """The user's words on faces, which hold in place of what was read in them.

    Attributes:
        persons: Numbers of persons, each with the word for what is drawn over them: an emotion, a style, or `NONE`.
        only: Emotions whose faces alone are drawn over; none: all.
        leave: Emotions whose faces are left alone.
    """

    persons: tuple[tuple[int, str], ...] = ()
    only: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    @property
    def emotions(self) -> tuple[str, ...]:
        """The words among them that are emotions, or should be."""
        said = [word for _, word in self.persons if word != NONE and word not in {style.value for style in Style}]
        return (*said, *self.only, *self.leave)


STYLE = Style.COVER
SCALE, SCALE_LEAST, SCALE_MOST = 1.0, 0.5, 2.0
"""Size of what is drawn, as a factor of the usual size: the default, the least and the most."""
SHADOW = True
"""Whether an emoji that covers a face casts a soft shadow."""
RANGE = Range.AUTO
PROVIDER = Provider.AUTO
FAST_MATH = False
"""Whether a GPU may round the factors of products to 10 bits (TF32): quicker, and answers differ by up to 1e-3."""
SCAN = Scans.AUTO
PRESET = "veryfast"
ENCODER = Encoder.X264
"""A default must not differ by machine."""
DECODER = Decoder.SOFTWARE
THEME = "classic"
THRESHOLD = 0.75
"""Least score of a face, 0-1: how likely it is one, by what both nets say of it."""
STEADINESS = Steadiness()
CORRECTIONS = Corrections()
COLOUR_ORDER = ColourOrder.BGR
EXPRESSIVE = 0.5
"""The readiness with which an expression is seen, 0-1; 0.5 is as the model was made to decide."""
RESTING_FACE = True
"""Whether each person of a stream is read against their own face at rest."""
LOOKAHEAD = 10.0
"""Seconds by which a file is looked ahead. A face missed for less is covered by what is known before and after."""
LOOKAHEAD_MOST = 10.0
"""Seconds that a file may be looked ahead at most."""

DATA_FORMAT = "ferplus"
"""The format that a data set is taken for, unless a recipe or the user says another."""

HOST, PORT = "127.0.0.1", 8000
"""The address that the web server listens on: this machine alone can reach it."""
