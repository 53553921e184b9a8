"""The command `train`: a net, trained from nothing."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import emojicam
from emojicam.console import show
from emojicam.errors import UsageError
from emojicam.models import recipe
from emojicam.training import aligned, data_set, draw_curves, need_torch, taught_by, told


@dataclass(frozen=True)
class TrainOptions:
    """The options of `emojicam train`.

    Attributes:
        recipe: Name of a recipe, or a TOML file.
        data: Folder with the recipe's data set.
        format: The data set's format, if not the recipe's.
        out: Folder for the run; None: runs/RECIPE.
        epochs: How many epochs at most, if not the recipe's.
        seconds: How long they may take.
        seed: The seed, if not the recipe's.
        init: A checkpoint to begin from.
        compile: Have torch compile the step.
        film: Where a film of how it learns goes; empty: film.mp4 in the run's folder.
        teacher: Finished models to learn from: shipped names, ONNX files or checkpoints.
        keep_twins: Keep training images that stand in a test split as well.
        resume: Go on with an interrupted run.
        overwrite: Begin anew where there is a run already.
        device: Where to train.
        quiet: Print only errors.
    """

    recipe: str
    data: Path
    format: str | None
    out: Path | None
    epochs: int | None
    seconds: float | None
    seed: int | None
    init: Path | None
    compile: bool
    film: str | None
    teacher: list[str]
    keep_twins: bool
    resume: bool
    overwrite: bool
    device: str
    quiet: bool


def train(options: TrainOptions) -> int:
    """Train a net by a recipe, and say how good it is."""
    need_torch()
    from emojicam.film import Film
    from emojicam.models import registry
    from emojicam.models import train as training
    from emojicam.models.team import team

    plan = _planned(options)
    out = options.out or Path("runs") / plan.name
    device = training.device(options.device)
    training.refuse(
        plan,
        out,
        resume=options.resume,
        overwrite=options.overwrite,
        teachers=len(options.teacher),
        compile_on=device if options.compile else None,
        init=options.init,
    )
    film = None if options.film is None else Film(Path(options.film or out / "film.mp4"), out)
    if film:
        Film.refuse(film.path, overwrite=options.overwrite or options.resume)
    entry = registry.entry(plan.net)
    splits = data_set(plan.data, options.data, size=entry.size, channels=entry.channels, quiet=options.quiet)
    if plan.align:
        # Only training faces are shown as the stream cuts them; a random split may take them from anywhere.
        wanted = splits if plan.split == "random" else ("train",)
        splits |= {name: aligned(splits[name], quiet=options.quiet) for name in wanted}
    with team(device.type) as members, film if film and members.leads else nullcontext() as watch:
        done = training.train(
            plan,
            splits,
            out,
            version=emojicam.__version__,
            device=device,
            team=members,
            compile=options.compile,
            init=options.init,
            resume=options.resume,
            overwrite=options.overwrite,
            teachers=[taught_by(name, device) for name in options.teacher],
            quiet=options.quiet,
            on_epoch=lambda row: draw_curves(out, plan.choose) if members.leads else None,
            watch=watch,
        )
    if film and done:
        show(f"{film.path}: how it learnt")
    for name, checkpoint in done.items():
        show(f"{out}, {name}: {told(checkpoint.card.metrics)}")
    return 0


def _planned(options: TrainOptions) -> recipe.Recipe:
    """The recipe, changed where something else was asked for."""
    plan = recipe.load(options.recipe).on(options.format)
    if options.epochs is not None:
        if options.epochs < 1:
            raise UsageError(f"--epochs {options.epochs}: at least 1")
        plan = replace(plan, epochs=options.epochs)
    if options.seconds is not None:
        if not 0 < options.seconds < math.inf:
            raise UsageError(f"--seconds {options.seconds:g}: more than 0")
        plan = replace(plan, seconds=options.seconds)
    if options.seed is not None:
        if options.seed < 0:
            raise UsageError(f"--seed {options.seed}: 0 or more")
        plan = replace(plan, seed=options.seed)
    return replace(plan, twins="keep") if options.keep_twins else plan
