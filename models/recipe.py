"""Recipes say what is trained, on what, and how. Each is one TOML file in `models/recipes/`."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emojicam.errors import InputError
from emojicam.models import by_name


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen for one training run.

    Attributes:
        name: The file's name.
        net: The net's registered name.
        data: Format of the data: a name in `models/data/sets.py`.
        labels: Name of the label set that counts; by default the data set's first.
        keep: The emotions whose faces are used; none named is all of them.
        split: "published", or "random".
        pool: What a random split is drawn from: "all" three splits, or the published "train" split.
        shares: Shares of a random split's parts: training, validation, test.
        twins: "drop" the training faces that stand in another split as well, or "keep" them, as distributed.
        balance: "none"; "oversample" the training faces after the split; "oversample-first", before a random split, is
            the mistake that copies training faces into the test; "weights" weighs the loss by class instead.
        balance_to: Faces a class that oversampling goes up to; 0 is the largest class's number.
        share: Share of the training faces that is used, drawn by `seed`, of each class alike, before any balance.
        epochs: Passes over the training faces, at most.
        seconds: Time that the epochs may take, with their validation: as many are run as fit, on a schedule that ends
            with the last of them; 0 is no bound.
        patience: Stop after so many epochs without a better one; 0 is never.
        choose: What makes an epoch better on the validation split: "accuracy", "macro_f1" or "loss".
        batch: Faces a step.
        optimiser: "adamw", "adam" or "sgd".
        rate: Highest learning rate.
        momentum: Momentum of "sgd".
        schedule: "cosine" (linear warm-up over the first epoch, then down to 0) or "constant".
        decay: Weight decay (not on biases and norms).
        levels: How grey levels are normalised: "standard" (less the training faces' mean, over their deviation) or
            "unit" (over 255).
        stretch: Stretch the grey levels of flat faces before the net, in training and wherever the net is run.
        sharpen: Sharpen blurred faces before the net, in training and wherever the net is run.
        frozen: Epochs at the start in which only the head (a net's part of that name) learns.
        reduction: What a step learns from: the "mean" of the losses of a batch's faces, or their "sum".
        smoothing: Share of each target that is spread over all classes.
        dropout: Share of units that the net's dropout layers leave out; by default the net's own.
        mixup: Strength (alpha of the beta distribution); 0 is off. Applied to every other batch (Zhang et al. 2018).
        ema: Decay of the weights' moving average, which is what is evaluated and kept; 0 is off.
        second: Weight of the data set's further label sets, whose classes the same net learns beside the first; 0
            leaves them out.
        affect: Weight of valence and arousal, learnt beside the emotions where the data set has them; 0 leaves them
            out.
        distil: Share of each target of the first label set that is not the label's but a teacher's.
        blend: Share of the weights that the run began from in the net that is evaluated and kept (`models/blend.py`).
        decide: Choose a decision on the validation split (`models/decision.py`), which the model keeps.
        align: Look for the eyes of every face, so that `augment.align` can show the net the stream's own crops.
        seed: Seed of weights, order and augmentation.
        augmented: Change the training faces at random; if not, they are shown as they are, whatever `augment` says.
        augment: Values for `data.augment.Augment`; what is not named keeps its default.
    """

    name: str
    net: str
    data: str
    epochs: int
    labels: str = ""
    keep: tuple[str, ...] = ()
    split: str = "published"
    pool: str = "all"
    shares: tuple[float, float, float] = (0.9, 0.05, 0.05)
    twins: str = "drop"
    balance: str = "none"
    balance_to: int = 0
    seconds: float = 0.0
    share: float = 1.0
    patience: int = 0
    choose: str = "accuracy"
    batch: int = 128
    optimiser: str = "adamw"
    rate: float = 3e-3
    momentum: float = 0.9
    schedule: str = "cosine"
    decay: float = 0.05
    levels: str = "standard"
    stretch: bool = False
    sharpen: bool = False
    frozen: int = 0
    reduction: str = "mean"
    smoothing: float = 0.0
    dropout: float | None = None
    mixup: float = 0.0
    ema: float = 0.0
    second: float = 0.0
    affect: float = 0.0
    distil: float = 0.0
    blend: float = 0.0
    decide: bool = False
    align: bool = False
    seed: int = 0
    augmented: bool = True
    augment: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} is {getattr(self, name)!r}, none of {', '.join(words)}")
        if len(self.shares) != 3 or min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"shares are {self.shares}, not three that make 1")
        for name in ("distil", "blend"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, not 0 to 1")
        if not 0 <= self.seconds < math.inf:
            raise ValueError(f"seconds are {self.seconds}, not 0 or more")
        if not 0 < self.share <= 1:
            raise ValueError(f"share is {self.share}, not more than 0 and at most 1")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}, not 0 to less than 1")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, less than 0")
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, less than 1")

    def on(self, data: str | None) -> Recipe:
        """The same recipe for data in another format, whose label sets it doesn't know; None leaves it as it is."""
        return self if data in (None, self.data) else replace(self, data=data, labels="", second=0.0)


_WORDS = {
    "split": ("published", "random"),
    "pool": ("all", "train"),
    "twins": ("drop", "keep"),
    "balance": ("none", "oversample", "oversample-first", "weights"),
    "choose": ("accuracy", "macro_f1", "loss"),
    "optimiser": ("adamw", "adam", "sgd"),
    "schedule": ("cosine", "constant"),
    "levels": ("standard", "unit"),
    "reduction": ("mean", "sum"),
}


def names() -> tuple[str, ...]:
    """Names of the recipes that come with emojicam."""
    return by_name.names("recipes")


def load(name_or_path: str) -> Recipe:
    """Read a recipe that comes with emojicam, by its name, or the user's own, by the path of its TOML file.

    Raises:
        UsageError: There is no such recipe.
        InputError: The file is not a recipe.
    """
    file = by_name.find(name_or_path, "recipes", "recipe", "recipe file")
    name = Path(name_or_path).stem if name_or_path.endswith(".toml") else name_or_path
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        for listed in ("keep", "shares"):
            if listed in values:
                values[listed] = tuple(values[listed])
        return Recipe(name=name, **values)
    except (OSError, TypeError, ValueError) as error:  # broken TOML and bytes that are no UTF-8 are ValueErrors
        raise InputError(f"{name_or_path}: not a recipe: {error}") from error
