"""The command `tune`: trials of a recipe with other values, and a page on what mattered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import emojicam
from emojicam.console import say, show
from emojicam.errors import UsageError
from emojicam.interrupt import Interrupt
from emojicam.models import recipe, space
from emojicam.models.data.faces import Faces
from emojicam.models.recipe import Recipe
from emojicam.models.reports.figure import need_matplotlib
from emojicam.models.reports.sweep_page import SweepReport
from emojicam.models.study import Study, need_optuna, refuse
from emojicam.models.sweep import DIVERGED, PRUNED, Sweep, Trial, said
from emojicam.training import aligned, data_set, need_torch, taught_by

SHOWN = 5
"""Number of the best trials that are printed."""


@dataclass(frozen=True)
class TuneOptions:
    """The options of `emojicam tune`.

    Attributes:
        recipe: Name of a recipe, or a TOML file.
        data: Folder with the recipe's data set.
        format: The data set's format, if not the recipe's.
        space: Name of a search space, or a TOML file.
        trials: How many trials the study shall have in the end.
        study: The study's file; None: tuning/RECIPE.db.
        out: Folder for the report; None: the study's path without its ending.
        metric: What is looked for on the validation split.
        prune: What gives trials up early: median, hyperband or none.
        epochs: How many epochs a trial has, if not the recipe's.
        seconds: How long a trial may take.
        teacher: Finished models to learn from: shipped names, ONNX files or checkpoints.
        init: A checkpoint that every trial begins from.
        device: Where to train.
        quiet: Print only errors and the result.
    """

    recipe: str
    data: Path
    format: str | None
    space: str
    trials: int
    study: Path | None
    out: Path | None
    metric: str
    prune: str
    epochs: int | None
    seconds: float | None
    teacher: list[str]
    init: Path | None
    device: str
    quiet: bool


def tune(options: TuneOptions, interrupt: Interrupt) -> int:
    """Try a recipe with other values, and tell which of them mattered."""
    need_torch()
    need_optuna()
    need_matplotlib()
    from emojicam.models import train
    from emojicam.models.tune import Tuning

    plan, searched = _planned(options), space.load(options.space)
    path = options.study or Path("tuning") / f"{plan.name}.db"
    refuse(path, options.trials)
    device = train.device(options.device)
    teachers = [taught_by(name, device) for name in options.teacher]
    version, quiet = emojicam.__version__, options.quiet
    tuning = Tuning(plan, searched, options.metric, version, device, options.seconds, teachers, options.init, quiet)
    tuning.check()
    faces = _Data(plan, options)
    asked: dict[str, str | float | None] = {
        "metric": options.metric,
        "seconds": options.seconds,
        "teacher": ", ".join(options.teacher) or None,
        "init": None if options.init is None else str(options.init),
    }
    if not path.exists():
        faces(plan)  # before a file is made
    with Study(path, plan, searched, asked, interrupt.postponed) as study:
        if study.finished < options.trials:
            faces(plan)  # what is wrong with them is no trial's fault
        try:
            study.run(
                lambda running: tuning.trial(running, faces),
                options.trials,
                seed=plan.seed,
                pruner=options.prune,
                most=plan.epochs,
                on_wait=lambda number: None if quiet else say(f"emojicam: waiting for {_trials(number)} of others"),
                on_trial=lambda trial, done: None if quiet else say(_line(trial, done, options.trials)),
            )
        except KeyboardInterrupt:
            say(f"emojicam: {path}: {study.finished} of {_trials(options.trials)} are done; the same command goes on")
            raise
        words = {
            field: said(value) for field, value in vars(plan).items() if isinstance(value, bool | int | float | str)
        }
        found = Sweep(
            plan.name,
            options.metric,
            f"{plan.data}, labels of {plan.labels}" if plan.labels else plan.data,
            {name: text for name, text in words.items() if text and name != "name"},
            searched.dimensions,
            study.trials(),
            study.importances(),
        )
    for trial in found.ranked[:SHOWN]:
        show(f"{100 * trial.score:.2f} %  trial {trial.number}: {_values(trial.values)}")
    for name, share in found.importances.items():
        show(f"  {name}: {100 * share:.0f} % of what tells the best from the others")
    page = SweepReport(found).write(options.out or path.with_suffix(""))
    show(f"{page}: the report")
    return 0


class _Data:
    """The data set, read when the first trial asks for it, once for each size that nets take."""

    def __init__(self, plan: Recipe, options: TuneOptions) -> None:
        self._plan, self._options = plan, options
        self._read: dict[tuple[int, int], dict[str, Faces]] = {}

    def __call__(self, plan: Recipe) -> dict[str, Faces]:
        """The three splits for the net of a recipe."""
        from emojicam.models import registry

        entry, quiet = registry.entry(plan.net), self._options.quiet
        shape = entry.size, entry.channels
        if shape not in self._read:
            size, channels = shape
            splits = data_set(plan.data, self._options.data, size=size, channels=channels, quiet=quiet)
            if self._plan.align:
                wanted = splits if plan.split == "random" else ("train",)
                splits |= {name: aligned(splits[name], quiet=quiet) for name in wanted}
            self._read[shape] = splits
        return self._read[shape]


def _planned(options: TuneOptions) -> Recipe:
    plan = recipe.load(options.recipe).on(options.format)
    if options.epochs is not None:
        if options.epochs < 1:
            raise UsageError(f"--epochs {options.epochs}: at least 1")
        plan = replace(plan, epochs=options.epochs)
    if options.seconds is not None and not 0 < options.seconds < math.inf:
        raise UsageError(f"--seconds {options.seconds:g}: more than 0")
    return plan


def _line(trial: Trial, done: int, trials: int) -> str:
    how = {PRUNED: ", given up", DIVERGED: ", no number any more"}.get(trial.state, "")
    return f"trial {trial.number} ({done} of {trials}): {100 * trial.score:.2f} %{how}; {_values(trial.values)}"


def _values(values: Mapping[str, space.Value]) -> str:
    return ", ".join(f"{name} {said(value)}" for name, value in values.items())


def _trials(number: int) -> str:
    return f"{number} trial{'' if number == 1 else 's'}"
