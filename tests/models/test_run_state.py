"""The state of a run, and what it begins from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import PLAN, short_run, weights_after

from emojicam.errors import InputError
from emojicam.models import recipe, train
from emojicam.models.data.faces import Faces


def test_a_run_does_not_go_on_with_other_classes(splits: dict[str, Faces], tmp_path: Path) -> None:
    short_run(splits, tmp_path, replace(PLAN, epochs=1))
    last = torch.load(tmp_path / "last.pt", weights_only=True)
    last["recipe"] = json.dumps(json.loads(last["recipe"]) | {"labels": "fer2013"})
    torch.save(last, tmp_path / "last.pt")
    with pytest.raises(InputError, match="begun with data of other classes"):
        train.train(replace(PLAN, epochs=1, labels="fer2013"), splits, tmp_path, version="0", quiet=True, resume=True)


def test_a_nets_dropout_is_the_recipes_and_is_refused_where_it_has_none(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    plan = replace(
        recipe.load("mien"), epochs=1, batch=48, distil=0.0, blend=0.0, second=0.0, align=False, decide=False
    )
    none = weights_after(replace(plan, dropout=0.0), splits, tmp_path / "none")
    half = weights_after(replace(plan, dropout=0.5), splits, tmp_path / "half")
    assert not all(map(torch.equal, none, half))
    with pytest.raises(InputError, match="cnn3: its net cnn3 has no dropout"):
        train.train(replace(PLAN, dropout=0.5), splits, tmp_path / "cnn3", version="0", quiet=True)


def test_a_blended_run_goes_on_from_nothing_else_than_it_began_from(splits: dict[str, Faces], tmp_path: Path) -> None:
    for seed in (1, 2):
        train.train(replace(PLAN, epochs=1, seed=seed), splits, tmp_path / f"{seed}", version="0", quiet=True)
    plan, out = replace(PLAN, epochs=2, blend=0.5), tmp_path / "run"

    def stop(row: dict[str, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(plan, splits, out, version="0", quiet=True, init=tmp_path / "1" / "best.pt", on_epoch=stop)
    with pytest.raises(InputError, match="begun from other weights"):
        train.train(plan, splits, out, version="0", quiet=True, init=tmp_path / "2" / "best.pt", resume=True)
    assert train.train(plan, splits, out, version="0", quiet=True, init=tmp_path / "1" / "best.pt", resume=True)
