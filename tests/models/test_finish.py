"""What a finished checkpoint says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from runs import PLAN

from emojicam.models import finish, train
from emojicam.models.checkpoint import load
from emojicam.models.data.faces import Faces


def test_figures_are_of_the_faces_that_there_are(splits: dict[str, Faces], tmp_path: Path) -> None:
    train.train(replace(PLAN, epochs=1), splits, tmp_path, version="0", quiet=True)
    validation, test = (splits[name].by("ferplus").with_majority() for name in ("validation", "test"))
    cpu = torch.device("cpu")
    both = finish.finished(tmp_path / "best.pt", validation, test, cpu).card
    assert both == load(tmp_path / "best.pt").card
    assert both.metrics["test_faces"] == len(test)
    one = finish.finished(tmp_path / "best.pt", validation, test.where(np.zeros(len(test), bool)), cpu).card
    assert one.metrics == {key: value for key, value in both.metrics.items() if not key.startswith("test_")}
    assert one.temperature == both.temperature
