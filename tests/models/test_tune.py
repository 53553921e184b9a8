"""Trials that are trained, on the small data set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import PLAN

from emojicam.errors import InputError, UsageError
from emojicam.models import recipe, space, train
from emojicam.models.data.faces import Faces
from emojicam.models.space import Dimension, Space, Value
from emojicam.models.study import Diverged
from emojicam.models.tune import Tuning

QUICK = replace(PLAN, epochs=3, batch=48, augmented=False)


class Told:
    """Takes the place of a study's trial: chooses the last value of each field, and keeps what it is told."""

    number = 7

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.epochs: list[tuple[int, float]] = []

    def suggest(self, dimension: Dimension) -> Value:
        self.asked.append(dimension.name)
        return dimension.ends[-1]

    def report(self, epoch: int, value: float) -> None:
        self.epochs.append((epoch, value))


def tuning(plan: recipe.Recipe, *dimensions: Dimension, metric: str = "accuracy", **more: object) -> Tuning:
    searched = Space("own.toml", dimensions)
    return Tuning(plan, searched, metric, "0", torch.device("cpu"), quiet=True, **more)  # type: ignore[arg-type]


def test_a_trial_tells_every_epoch_and_gives_the_best(splits: dict[str, Faces]) -> None:
    told, seen = Told(), []

    def faces(plan: recipe.Recipe) -> dict[str, Faces]:
        seen.append(plan)
        return splits

    best = tuning(QUICK, Dimension("batch", (16, 32))).trial(told, faces)  # type: ignore[arg-type]
    assert [epoch for epoch, _ in told.epochs] == [1, 2, 3]
    assert best == max(value for _, value in told.epochs)
    assert seen[0] == replace(QUICK, batch=32, name="trial 7")


def test_the_metric_that_is_asked_for_is_judged(splits: dict[str, Faces]) -> None:
    uneven = dict(splits, validation=splits["validation"].take(splits["validation"].majority.argsort()[:5]))
    figures = []
    for metric in ("accuracy", "macro_recall"):
        told = Told()
        tuning(replace(QUICK, epochs=1), metric=metric).trial(told, lambda plan: uneven)  # type: ignore[arg-type]
        figures.append(told.epochs[0][1])
    five, halves = round(5 * figures[0], 6), round(6 * figures[1], 6)  # classes of three and of two faces
    assert five == int(five)
    assert halves == int(halves)


def test_no_epoch_is_begun_that_would_end_too_late(splits: dict[str, Faces]) -> None:
    told = Told()
    tuning(QUICK, seconds=1e-3).trial(told, lambda plan: splits)  # type: ignore[arg-type]
    assert [epoch for epoch, _ in told.epochs] == [1]


def test_a_loss_that_is_no_number_ends_the_trial(splits: dict[str, Faces]) -> None:
    steep = replace(QUICK, optimiser="sgd", rate=1e12, reduction="sum")
    with pytest.raises(Diverged):
        tuning(steep).trial(Told(), lambda plan: splits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"optimiser": "adam", "augmented": True}, ["augment.roll"]),
        ({"optimiser": "sgd"}, ["momentum"]),
        ({"net": "mien", "optimiser": "adam"}, ["dropout"]),
    ],
)
def test_only_what_means_something_is_searched(
    changes: dict[str, str], asked: list[str], splits: dict[str, Faces]
) -> None:
    told = Told()
    plan = replace(QUICK, epochs=1, **changes)  # type: ignore[arg-type]
    fields = (Dimension("momentum", (0.5, 0.9)), Dimension("dropout", (0.1, 0.2)), Dimension("augment.roll", (1, 2)))
    tuning(plan, *fields).trial(told, lambda plan: splits)  # type: ignore[arg-type]
    assert told.asked == asked


def test_what_cannot_be_searched_is_refused_before_data_are_read() -> None:
    tuning(QUICK, *space.load("default").dimensions).check()
    with pytest.raises(InputError, match=r"own\.toml: augment knows shift, scale"):
        tuning(QUICK, Dimension("augment.shfit", (1, 2))).check()
    with pytest.raises(UsageError, match="no net is called 'resnet'"):
        tuning(QUICK, Dimension("net", ("mien", "resnet"))).check()
    with pytest.raises(UsageError, match="learns from a teacher"):
        tuning(replace(QUICK, distil=0.5)).check()
    with pytest.raises(InputError, match="batch is 0"):
        tuning(QUICK, Dimension("batch", low=0, high=3)).check()


def test_trials_may_begin_from_a_net_that_is_there(splits: dict[str, Faces], tmp_path: Path) -> None:
    train.train(replace(QUICK, epochs=1), splits, tmp_path / "first", version="0", quiet=True)
    still = replace(QUICK, epochs=1, blend=1.0, seed=3)
    with pytest.raises(UsageError, match="--init"):
        tuning(still).check()
    sweep, told = tuning(still, init=tmp_path / "first" / "best.pt"), Told()
    sweep.check()
    sweep.trial(told, lambda plan: splits)  # type: ignore[arg-type]
    first = json.loads((tmp_path / "first" / "metrics.jsonl").read_text("utf-8"))
    key = next(name for name in first if name.endswith("_validation_accuracy"))
    assert told.epochs == [(1, first[key])]


def test_nothing_of_a_trial_is_left(splits: dict[str, Faces], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tuning(replace(QUICK, epochs=1)).trial(Told(), lambda plan: splits)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
