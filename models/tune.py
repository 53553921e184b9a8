"""A sweep's trial: a recipe with some of its values drawn, trained, and judged on the validation split. Needs torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from emojicam.errors import InputError
from emojicam.models import registry
from emojicam.models.data.augment import Augment
from emojicam.models.data.faces import TRAIN, Faces
from emojicam.models.distil import Teacher
from emojicam.models.recipe import Recipe
from emojicam.models.space import Dimension, Space
from emojicam.models.study import Diverged, Running
from emojicam.models.train import refuse, train


@dataclass(frozen=True)
class Tuning:
    """The things that all trials of a sweep have in common.

    Attributes:
        recipe: What is changed.
        space: By what.
        metric: What is judged on the validation split: a key of `sweep.METRICS`.
        seconds: How long a trial may take, its schedule fitted to that; None is as the recipe says.
        version: emojicam's version, for cards.
        device: Where to train.
        teachers: Finished nets on that device, for a recipe that learns from them.
        init: A checkpoint that every trial begins from.
        quiet: No progress bar.
    """

    recipe: Recipe
    space: Space
    metric: str
    version: str
    device: torch.device
    seconds: float | None = None
    teachers: Sequence[Teacher] = ()
    init: Path | None = None
    quiet: bool = False

    def check(self) -> None:
        """Refuse a sweep that can't go well, before data are read.

        Raises:
            EmojicamError: The space asks for what no recipe has, or no trial could be trained.
        """
        self.space.check(self.recipe)
        for dimension in self.space.dimensions:
            part = dimension.name.removeprefix("augment.")
            if part != dimension.name and part not in Augment.__dataclass_fields__:
                raise InputError(f"{self.space.name}: augment knows {', '.join(Augment.__dataclass_fields__)}")
            if dimension.name == "net":
                for name in dimension.values:
                    registry.entry(str(name))
        registry.entry(self.recipe.net)
        with TemporaryDirectory() as folder:
            refuse(
                self.recipe, Path(folder), resume=False, overwrite=False, teachers=len(self.teachers), init=self.init
            )

    def trial(self, running: Running, faces: Callable[[Recipe], dict[str, Faces]]) -> float:
        """Train a recipe with values that are drawn for it.

        Args:
            running: Chooses the values, and is told the metric of each epoch.
            faces: Gives the three splits for a recipe.

        Returns:
            The metric of the best epoch on the validation split, 0-1.

        Raises:
            GivenUp: It isn't worth going on.
            Diverged: The loss is no number any more, and never was better than that.
        """
        drawn = self.space.draw(self.recipe, running.suggest, _means_something)
        plan = replace(drawn, name=f"trial {running.number}", seconds=self.seconds or drawn.seconds)
        splits = faces(plan)
        key = f"{plan.labels or splits[TRAIN].answers[0].name}_validation_{self.metric}"
        best = -math.inf

        def judge(row: dict[str, object]) -> None:
            nonlocal best
            epoch, value = int(str(row["epoch"])), float(str(row[key]))
            if not math.isfinite(float(str(row["train_loss"]))):
                raise Diverged
            best = max(best, value)
            running.report(epoch, value)
            if epoch == row["epochs"]:
                raise _Enough  # the test split is not looked at

        with TemporaryDirectory(prefix="emojicam-trial-") as folder:
            try:
                train(
                    plan,
                    splits,
                    Path(folder),
                    version=self.version,
                    device=self.device,
                    teachers=self.teachers,
                    init=self.init,
                    quiet=self.quiet,
                    on_epoch=judge,
                )
            except _Enough:
                pass
            except Diverged:
                if best == -math.inf:
                    raise
        return best


class _Enough(Exception):
    """All is known of a trial that is wanted."""


@cache
def _has_dropout(net: str) -> bool:
    with torch.device("meta"):  # its structure alone: some nets have gigabytes of weights
        return any(isinstance(module, nn.Dropout) for module in registry.build(net).modules())


def _means_something(dimension: Dimension, recipe: Recipe) -> bool:
    """Whether a field has any effect: a net may have no dropout, and Adam has no momentum."""
    if dimension.name == "dropout":
        return _has_dropout(recipe.net)
    if dimension.name == "momentum":
        return recipe.optimiser == "sgd"
    return recipe.augmented if dimension.name.startswith("augment.") else True
