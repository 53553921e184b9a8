"""Short training runs on the small data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from emojicam.models import recipe, train
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.data.faces import Faces

PLAN = replace(recipe.load("cnn3"), labels="ferplus", epochs=2, batch=48)


def short_run(splits: dict[str, Faces], out: Path, plan: recipe.Recipe = PLAN, **options: bool) -> Checkpoint:
    return train.train(plan, splits, out, version="0", quiet=True, **options)["ferplus"]  # type: ignore[arg-type]


def weights_after(plan: recipe.Recipe, splits: dict[str, Faces], out: Path) -> list[torch.Tensor]:
    return list(train.train(plan, splits, out, version="0", quiet=True)["ferplus"].net.state_dict().values())
