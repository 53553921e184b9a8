"""The model card: what travels with weights, from training through the ONNX file into the stream.

Standard library only: the stream reads cards without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

METADATA_KEY = "emojicam.card"
"""Name of the card among an ONNX file's metadata."""

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The eight emotions in the order of FER+'s vote columns. Nouns, everywhere in the project."""

WORD = re.compile(r"\w[\w '-]{0,39}")
"""The pattern of a label: it is shown, and it is the name of its emoji's file."""

LARGEST = 1e6
"""Largest number among those that a net's levels and logits are computed with: above, float32 is soon at its end."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Crop:
    """The framing in which a face is cut out of a picture before it is classified.

    The eye positions are measured, not chosen (benchmarks/eyes.py): they are the medians of where the short-range
    detector finds the eyes in FER2013's PublicTest images (found in 99 % of them; quartiles within 2 px), so that the
    stream's crops have the framing that the nets are trained on. The middle of the first pixel is at (0, 0).

    Attributes:
        size: Width and height of the crop in px.
        left_eye: (x, y) in px of the eye on the image's left side, in a crop of `size`.
        right_eye: (x, y) in px of the eye on the image's right side.
    """

    size: int = 48
    left_eye: Point = (15.0, 18.4)
    right_eye: Point = (32.5, 18.4)

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 1024:
            raise ValueError(f"a crop is 8 to 1024 px wide, not {self.size}")
        places = (*self.left_eye, *self.right_eye)
        if not all(abs(place) <= 10 * self.size for place in places) or self.right_eye[0] - self.left_eye[0] < 1:
            raise ValueError(f"the eyes of a crop lie at {self.left_eye} and {self.right_eye}: not left and right")

    def at(self, size: int) -> Crop:
        """The crop of the same framing at another size."""
        k = size / self.size
        (lx, ly), (rx, ry) = self.left_eye, self.right_eye
        return Crop(size, (lx * k, ly * k), (rx * k, ry * k))


@dataclass(frozen=True)
class Decision:
    """The way from a net's outputs to its answer (`models/decision.py`).

    Attributes:
        prior: Shares of the classes among the faces that were learnt, one for each label; they are positive.
        tau: Share of the logarithm of that prior that is taken back (logit adjustment); 0 is none.
        weight: Weight of what the net says by another label set, 0-1.
        second: The labels of that set, whose outputs follow those of the card's own; none: the net has no such outputs.
        temperature: The logits of the result are divided by it before the softmax.
    """

    prior: tuple[float, ...]
    tau: float = 0.0
    weight: float = 0.0
    second: tuple[str, ...] = ()
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not all(0 < share <= 1 for share in self.prior) or not 0 <= self.tau <= 4:
            raise ValueError(f"a prior of {self.prior}, taken back {self.tau} times: not shares, and 0 to 4")
        if not 0 <= self.weight <= 1 or (self.weight and not self.second):
            raise ValueError(f"a weight of {self.weight} for the labels {self.second}")
        if not 0 < self.temperature <= LARGEST:
            raise ValueError(f"a temperature is positive, and at most {LARGEST:g}, not {self.temperature}")


@dataclass(frozen=True)
class Card:
    """Everything about a model that its user needs and its weights don't say.

    Attributes:
        net: The net's name in the registry.
        labels: One emotion a class, in the order of the outputs.
        channels: 1 for grey, 3 for RGB.
        crop: How faces are cut.
        mean: Grey level (0-255) subtracted from the input, a value for each channel.
        std: Grey level (0-255) that the input is divided by, a value for each channel.
        stretch: Whether the grey levels of flat faces are stretched first (`models/inputs.py`).
        sharpen: Whether blurred faces are sharpened first (`models/inputs.py`).
        affect: Whether the model gives valence and arousal as well.
        temperature: The logits are divided by it before the softmax (calibration).
        decision: How the answer is made of them; None: the likeliest class is the answer.
        data: What it was trained on, in words.
        metrics: Measured figures by name.
        licence: Licence of the weights, with the data's terms.
        version: emojicam's version that trained it.
        recipe: Name of the recipe.
        seed: Seed of the run.
        choose: What its epoch was chosen by: "accuracy", "macro_f1" or "loss".
        precision: Number format of the exported weights: "fp32", "fp16" or "int8".
        sha256: Hash of the weights (hex), filled in by export.
    """

    net: str
    labels: tuple[str, ...]
    channels: int = 1
    crop: Crop = field(default_factory=Crop)
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (255.0,)
    stretch: bool = False
    sharpen: bool = False
    affect: bool = False
    temperature: float = 1.0
    decision: Decision | None = None
    data: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    licence: str = ""
    version: str = ""
    recipe: str = ""
    seed: int = 0
    choose: str = "accuracy"
    precision: str = "fp32"
    sha256: str = ""

    def __post_init__(self) -> None:
        if not 2 <= len(self.labels) <= 64 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"a card has 2 to 64 different labels, not {self.labels}")
        if not all(isinstance(label, str) and WORD.fullmatch(label) for label in self.labels):
            raise ValueError(f"labels are words, not {self.labels}")
        if self.channels not in (1, 3):
            raise ValueError(f"a model takes 1 (grey) or 3 (RGB) channels, not {self.channels}")
        levels = all(abs(level) <= LARGEST for level in self.mean) and all(1e-6 <= s <= LARGEST for s in self.std)
        if not len(self.mean) == len(self.std) == self.channels or not levels:
            raise ValueError(f"{self.channels} channels, but mean {self.mean} and std {self.std}")
        if not 0 < self.temperature <= LARGEST:
            raise ValueError(f"a temperature is positive, and at most {LARGEST:g}, not {self.temperature}")

        if self.decision is not None and len(self.decision.prior) != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels, but a prior of {len(self.decision.prior)}")

    @property
    def outputs(self) -> tuple[tuple[str, int], ...]:
        """The names and widths of what a shipped model gives for each face."""
        classes = len(self.labels)
        decided = (("undecided", classes),) if self.decision is not None else ()
        return (("probabilities", classes), *decided, *((("affect", 2),) if self.affect else ()))

    @property
    def logits(self) -> int:
        """The number of outputs of the net inside."""
        return len(self.labels) + len(self.decision.second if self.decision else ()) + 2 * self.affect

    def calibrated(self, temperature: float) -> Card:
        """The same card with another temperature."""
        return replace(self, temperature=temperature)

    def deciding(self, decision: Decision) -> Card:
        """The same card with another decision."""
        return replace(self, decision=decision)

    def to_json(self) -> str:
        """The card as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read a card that `to_json` wrote.

        Raises:
            ValueError: It isn't a card; the message says why.
        """
        try:
            values = _of(json.loads(text), dict)
            # A field that is unknown is a newer version's.
            return cls(**{name: _read(name, values[name]) for name in _READ if name in values or name in _NEEDED})
        except KeyError as error:
            raise ValueError(f"not a model card: it lacks {error}") from error
        except (TypeError, OverflowError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"not a model card: {error}") from error


def _read(name: str, value: Any) -> Any:
    try:
        return _READ[name](value)
    except (TypeError, OverflowError) as error:
        raise TypeError(f"{name}: {error}") from error


def _of(value: Any, *kinds: type) -> Any:
    # To Python a truth value is a whole number.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"{str(value)[:40]!r} is not {_WORDS[kinds[-1]]}")
    return value


def _text(value: Any) -> str:
    text: str = _of(value, str)
    try:
        text.encode()
    except UnicodeEncodeError as error:  # a half of a pair, which can't be written anywhere
        raise TypeError(f"{text[:40]!r} is not text") from error
    return text


def _whole(value: Any) -> int:
    return int(_of(value, int))


def _number(value: Any) -> float:
    return float(_of(value, int, float))


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(_number(one) for one in _of(value, list))


def _crop(value: Any) -> Crop:
    of = _of(value, dict)
    return Crop(_whole(of["size"]), _point(of["left_eye"]), _point(of["right_eye"]))


def _metrics(value: Any) -> dict[str, float]:
    return {_text(name): _number(figure) for name, figure in _of(value, dict).items()}


def _decision(value: Any) -> Decision | None:
    if value is None:
        return None
    of = _of(value, dict)
    numbers = {name: _number(of[name]) for name in ("tau", "weight", "temperature")}
    return Decision(_numbers(of["prior"]), second=tuple(_text(label) for label in _of(of["second"], list)), **numbers)


def _point(value: Any) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"a place has x and y, not {value!r}")
    return _number(value[0]), _number(value[1])


_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("net", "data", "licence", "version", "recipe", "choose", "precision", "sha256"), _text),
    "labels": lambda value: tuple(_text(label) for label in _of(value, list)),
    "channels": _whole,
    "crop": _crop,
    "mean": _numbers,
    "std": _numbers,
    **dict.fromkeys(("stretch", "sharpen", "affect"), lambda value: _of(value, bool)),
    "temperature": _number,
    "decision": _decision,
    "metrics": _metrics,
    "seed": _whole,
}
"""A function for each field that makes it of a value in JSON, or raises TypeError."""

_NEEDED = ("net", "labels", "crop", "mean", "std")

_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
}
