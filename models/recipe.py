"""A recipe: what is trained, on what, and how. One TOML file each in `models/recipes/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from emojicam.errors import InputError, UsageError


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        name: The file's name.
        net: Registered name.
        data: Format of the data: the name of a reader in `models/train.py`.
        epochs: Passes over the training faces.
        batch: Faces a step.
        rate: Highest learning rate of AdamW; linear warm-up over the first epoch, then a cosine down to 0.
        decay: Weight decay (not on biases and norms).
        smoothing: Share of each target that is spread over all classes.
        mixup: Strength (alpha of the beta distribution); 0 is off. Applied to every other batch (Zhang et al. 2018).
        ema: Decay of the weights' moving average, which is what is evaluated and kept; 0 is off.
        second: Weight of the data set's further label sets, whose classes the same net learns beside the first; 0
            leaves them out.
        align: Look for the eyes of every face, so that `augment.align` can show the net the stream's own crops.
        seed: Of weights, order and augmentation.
        augment: Values for `data.augment.Augment`; what is not named keeps its default.
    """

    name: str
    net: str
    data: str
    epochs: int
    batch: int = 128
    rate: float = 3e-3
    decay: float = 0.05
    smoothing: float = 0.0
    mixup: float = 0.0
    ema: float = 0.0
    second: float = 0.0
    align: bool = False
    seed: int = 0
    augment: dict[str, float] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """The recipes that come with emojicam."""
    files = (resources.files("emojicam.models") / "recipes").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load(name_or_path: str) -> Recipe:
    """Read a recipe by name, or a TOML file of the user's own.

    Raises:
        UsageError: There is no such recipe.
        InputError: The file is not a recipe.
    """
    own = Path(name_or_path)
    if own.suffix == ".toml":
        if not own.is_file():
            raise UsageError(f"{own}: no such recipe file")
        text, name = own.read_text("utf-8"), own.stem
    elif name_or_path in names():
        name = name_or_path
        text = (resources.files("emojicam.models") / "recipes" / f"{name}.toml").read_text("utf-8")
    else:
        raise UsageError(f"no recipe is called {name_or_path!r}; there are: {', '.join(names())}")
    try:
        values: dict[str, Any] = tomllib.loads(text)
        return Recipe(name=name, **values)
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise InputError(f"{name_or_path}: not a recipe: {error}") from error
