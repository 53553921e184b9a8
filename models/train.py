"""Train a recipe: data, net, loop, checkpoint. Needs torch."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from emojicam.console import say
from emojicam.errors import DeviceError, InputError, OutputError, UsageError
from emojicam.models.card import Card, Crop, Decision
from emojicam.models.checkpoint import Checkpoint, save
from emojicam.models.compiled import compiled
from emojicam.models.data.arrange import arrange
from emojicam.models.data.augment import Augment
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Answers, Faces, without_twins
from emojicam.models.data.sample import class_weights
from emojicam.models.distil import Teacher, taught
from emojicam.models.epoch import Steps
from emojicam.models.finish import finished, validated
from emojicam.models.heads import Heads, one_head
from emojicam.models.history import rewind
from emojicam.models.recipe import Recipe
from emojicam.models.run_state import RunState
from emojicam.models.schedule import fitted, told
from emojicam.models.team import ALONE, Team

LICENCE = "MIT for the weights; trained on data released for research use (see data)"
OWN_LICENCE = "not stated: it goes by the pictures that it was trained on"


def device(name: str) -> torch.device:
    """Choose where to train: "cpu", "cuda", or "auto" for a GPU where there is one.

    Raises:
        DeviceError: A GPU was asked for by name and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("no CUDA GPU that torch can use; --device cpu trains without")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def refuse(
    recipe: Recipe,
    out: Path,
    *,
    resume: bool,
    overwrite: bool,
    teachers: int = 0,
    team: Team = ALONE,
    compile_on: torch.device | None = None,
    init: Path | None = None,
) -> None:
    """Refuse a training run that can't go well, before its data are read, which may take minutes.

    Raises:
        InputError: The recipe asks for an augmentation that there isn't.
        UsageError: A part of the net is to be frozen in a team, which torch cannot do; or the recipe wants a teacher
            and there is none, or the other way round; or it blends the net with one to begin from, and there is
            none; or `init` isn't there; or torch can't compile for the device `compile_on`.
        OutputError: The folder can't be made, or holds a run already.
    """
    try:
        Augment(**recipe.augment)
    except TypeError as error:
        known = ", ".join(Augment.__dataclass_fields__)
        raise InputError(f"the recipe {recipe.name}: augment knows {known}") from error
    if recipe.frozen and team.size > 1:
        raise UsageError(f"the recipe {recipe.name} freezes a part of its net, which a team of processes can't do")
    if bool(recipe.distil) != bool(teachers):
        wants = "learns from a teacher: --teacher MODEL" if recipe.distil else "takes no teacher (its distil is 0)"
        raise UsageError(f"the recipe {recipe.name} {wants}")
    if recipe.blend and init is None:
        raise UsageError(f"the recipe {recipe.name} goes on from a net that knows faces already: --init RUN/best.pt")
    if init is not None and not os.path.exists(init):
        raise UsageError(f"{init}: no such checkpoint")
    if compile_on:
        compiled(nn.Sigmoid(), torch.zeros(2, device=compile_on))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: can't be made: {error.strerror}") from error
    if (out / "last.pt").exists() and not resume and not overwrite:
        raise OutputError(f"{out}: holds a run already; --resume goes on with it, --overwrite begins anew")


def train(
    recipe: Recipe,
    splits: dict[str, Faces],
    out: Path,
    *,
    version: str,
    resume: bool = False,
    overwrite: bool = False,
    device: torch.device | None = None,
    team: Team = ALONE,
    compile: bool = False,
    init: Path | None = None,
    teachers: Sequence[Teacher] = (),
    quiet: bool = False,
    on_epoch: Callable[[dict[str, object]], None] = lambda row: None,
    watch: Callable[[Checkpoint, Faces, dict[str, object]], None] | None = None,
) -> dict[str, Checkpoint]:
    """Run a recipe and keep, for each of its label sets, the epoch that is best on the validation split.

    The training faces that stand in the validation or test split as well are left out. The temperature is fitted on the
    validation split at the end; the test split is measured once, with the checkpoint that was chosen. After each epoch
    the whole state of the run is in `out / "last.pt"`: an interrupted run goes on from there as if nothing had been.

    Args:
        recipe: What to do.
        splits: Train, validation and test faces.
        out: Folder for `metrics.jsonl` (a line an epoch), `last.pt`, `best.pt` and, for a second label set,
            `best-NAME.pt`.
        version: emojicam's version, for the card.
        resume: Go on from `last.pt`, if it is there.
        overwrite: Begin anew though it is there.
        device: Where to train; by default the CPU.
        team: The processes that share the run; each takes its part of every batch.
        compile: Compile the step: faster after the first minute, and other in the last digits.
        init: Weights to begin from: torchvision's `.pth` for VGG19, or a checkpoint of the same net.
        teachers: Finished nets on the same device, for a recipe that learns from them.
        quiet: No progress bar.
        on_epoch: Called after each epoch, when it is safely kept, with its line of `metrics.jsonl`.
        watch: Called after each epoch, just before it is kept, with the first label set's net as it is then, the faces
            that it is validated on, and the same line.

    Returns:
        The chosen checkpoint of each label set by name; nothing in a team's other processes.

    Raises:
        InputError: `last.pt` is of another recipe, or `init` of another net; the recipe sets the dropout of a net that
            has none; or a split has no face with a label.
        OutputError: Something can't be written.
        UsageError: The run is one that `refuse` refuses.
    """
    device = device or torch.device("cpu")
    refuse(
        recipe,
        out,
        resume=resume,
        overwrite=overwrite,
        teachers=len(teachers),
        team=team,
        compile_on=device if compile else None,
        init=init,
    )
    splits = arrange(splits, recipe)
    lesson = _prepared(recipe, splits, version, teachers, device)
    torch.manual_seed(recipe.seed)
    run = RunState.fresh(recipe, lesson.heads.outputs, device, init)
    if resume and (out / "last.pt").is_file():
        run.restore(out / "last.pt")
    steps = Steps(run, lesson.heads, lesson.faces, lesson.card, device=device, team=team, compile=compile)
    silent = quiet or not team.leads
    clock = _Clock(run, team, quiet=silent)
    with (
        _log(out, run.epoch) if team.leads else Path(os.devnull).open("w") as log,
        tqdm(
            total=run.total * len(steps), initial=run.epoch * len(steps), desc=recipe.name, disable=silent or None
        ) as bar,
    ):
        while not run.over:
            clock.start()
            learnt = steps(bar.update)
            run.epoch += 1
            run.waited += 1
            row: dict[str, object] = {
                "epoch": run.epoch,
                "train_loss": learnt.loss,
                "train_accuracy": learnt.accuracy,
            }
            shown = _chosen(run, lesson, out, row) if team.leads else None
            run.waited = int(team.agree(run.waited))
            row["seconds"] = clock.stop(bar, len(steps))
            row["epochs"] = run.total
            if shown is not None:
                _write(log, row)
                if watch:
                    watch(shown, lesson.validation[lesson.names[0]], row)
                run.keep(out / "last.pt")
            on_epoch(row)
            bar.set_postfix({"loss": f"{learnt.loss:.3f}"} | {name: f"{best:.4f}" for name, best in run.best.items()})
    if not team.leads:
        return {}
    return {
        name: finished(_best(out, name, lesson.names), lesson.validation[name], splits[TEST].by(name), device)
        for name in lesson.names
    }


@dataclass(frozen=True)
class _Lesson:
    """Faces that a run learns from and chooses by, and the models that it makes.

    Attributes:
        faces: Faces to learn from.
        validation: Faces to choose by, for each label set.
        heads: What the net's outputs mean.
        card: What the models' cards have in common.
        models: By label set: its model's card, and which label sets' outputs it keeps.
    """

    faces: Faces
    validation: dict[str, Faces]
    heads: Heads
    card: Card
    models: dict[str, tuple[Card, tuple[int, ...]]]

    @property
    def names(self) -> list[str]:
        """The label sets, the one that counts first."""
        return list(self.validation)


def _prepared(
    recipe: Recipe, splits: dict[str, Faces], version: str, teachers: Sequence[Teacher], device: torch.device
) -> _Lesson:
    """Choose what is learnt from the data, and what is to come of it.

    Raises:
        InputError: There is no face to learn from or to choose by, or no model can be made of these data.
    """
    faces, twins = splits[TRAIN], 0
    if recipe.twins == "drop":
        faces, twins = without_twins(faces, splits[VALIDATION], splits[TEST])
    priors = [_prior(given) for given in faces.answers]
    if teachers:
        faces = taught(faces, teachers, recipe.distil, device)
    affect = recipe.affect if faces.affect is not None else 0.0
    balance = class_weights(faces.majority, len(faces.labels)) if recipe.balance == "weights" else None
    heads = Heads.of(faces.answers, recipe.second, affect, None if balance is None else torch.from_numpy(balance))
    validation = {given.name: splits[VALIDATION].by(given.name).with_majority() for given in faces.answers}
    if not len(faces) or not all(map(len, validation.values())):
        raise InputError(f"{recipe.name}: no labelled face to {'check' if len(faces) else 'train'} on in these data")
    try:
        card = replace(_card(recipe, faces, twins, version), affect=bool(affect))
    except ValueError as error:
        raise InputError(f"{recipe.name}: no model can be made of these data: {error}") from error
    return _Lesson(faces, validation, heads, card, _models(card, faces, twins, priors if recipe.decide else None))


class _Clock:
    """Measures a run's epochs, and bounds their number where the recipe bounds their time."""

    def __init__(self, run: RunState, team: Team, *, quiet: bool) -> None:
        self._run, self._team, self._said = run, team, quiet
        self._started = self._ended = time.monotonic()

    def start(self) -> None:
        """Begin an epoch."""
        self._started = time.monotonic()

    def stop(self, bar: tqdm[NoReturn], steps: int) -> float:
        """End an epoch, and move the end of the bar, which counts so many steps an epoch; gives the epoch's seconds."""
        run, now = self._run, time.monotonic()
        run.times.append(now - self._ended)
        self._ended = now
        if run.recipe.seconds:
            run.total = int(self._team.agree(fitted(run.recipe, run.times, run.total)))
            bar.total = run.total * steps
            if not self._said and (run.epoch > 1 or run.epoch == run.total):
                with bar.external_write_mode(sys.stderr):
                    say(told(run.recipe, run.times, run.total))
                self._said = True
        return now - self._started


def _chosen(run: RunState, lesson: _Lesson, out: Path, row: dict[str, object]) -> Checkpoint:
    """Measure each label set's model after an epoch, and keep those that are better than before.

    Returns:
        The first label set's.
    """
    kept = run.kept(lesson.card, lesson.faces)
    made = {
        name: Checkpoint(card, one_head(kept, lesson.heads.numbers(*places)))
        for name, (card, places) in lesson.models.items()
    }
    for name, model in made.items():
        figures = validated(model, lesson.validation[name], name, row)
        choices = {"accuracy": figures.accuracy, "macro_f1": figures.macro_f1, "loss": -figures.log_loss}
        good = choices[run.recipe.choose]
        if good > run.best.get(name, -math.inf):
            run.best[name] = good
            run.waited = 0
            save(model, _best(out, name, lesson.names))
    return made[lesson.names[0]]


def _models(
    card: Card, faces: Faces, twins: int, priors: Sequence[tuple[float, ...]] | None
) -> dict[str, tuple[Card, tuple[int, ...]]]:
    """Plan the models that a run makes: the card of each label set's, and which label sets' outputs it keeps.

    Args:
        card: What their cards have in common.
        faces: What is learnt from.
        twins: How many were left out of it.
        priors: Shares of the classes in each label set, for models that decide: each keeps the outputs of another label
            set, too, for its decision may ask both. None: they don't decide.
    """
    models = {}
    for place, given in enumerate(faces.answers):
        own = replace(card, labels=given.labels, data=_data(faces.by(given.name), twins))
        places: tuple[int, ...] = (place,)
        if priors is not None:
            places += tuple(other for other in range(len(faces.answers)) if other != place)[:1]
            second = faces.answers[places[1]].labels if len(places) > 1 else ()
            own = own.deciding(Decision(priors[place], second=second))
        models[given.name] = own, places
    return models


def _card(recipe: Recipe, faces: Faces, twins: int, version: str) -> Card:
    channels, size = faces.images.shape[1:3]
    mean, std = 0.0, 255.0
    if recipe.levels == "standard":
        mean, std = _levels(faces)
    return Card(
        net=recipe.net,
        labels=faces.labels,
        channels=channels,
        crop=Crop().at(size),
        mean=(mean,) * channels,
        std=(std,) * channels,
        stretch=recipe.stretch,
        sharpen=recipe.sharpen,
        data=_data(faces, twins),
        licence=OWN_LICENCE if recipe.data == "folders" else LICENCE,
        version=version,
        recipe=recipe.name,
        seed=recipe.seed,
        choose=recipe.choose,
    )


def _levels(faces: Faces) -> tuple[float, float]:
    """Mean and deviation of the grey levels, of 30,000 faces at most, counted a few at a time."""
    chosen = np.arange(0, len(faces), max(1, len(faces) // 30_000))
    counts = np.zeros(256, np.int64)
    for start in range(0, len(chosen), 256):
        counts += np.bincount(np.asarray(faces.images[chosen[start : start + 256]]).reshape(-1), minlength=256)
    levels = np.arange(256)
    mean = float((counts * levels).sum() / counts.sum())
    return round(mean, 2), round(float(np.sqrt((counts * (levels - mean) ** 2).sum() / counts.sum())), 2)


def _log(out: Path, epoch: int) -> TextIO:
    """Open a run's log, to write on after this many epochs.

    Raises:
        OutputError: It can't be written.
    """
    path = out / "metrics.jsonl"
    if epoch:
        rewind(path, epoch)
    try:
        return path.open("a" if epoch else "w")
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error


def _write(log: TextIO, row: dict[str, object]) -> None:
    try:
        log.write(json.dumps(row) + "\n")
        log.flush()
    except OSError as error:
        raise OutputError(f"{log.name}: can't be written: {error.strerror}") from error


def _data(faces: Faces, twins: int) -> str:
    return f"{faces.answers[0].source}: {len(faces)} training faces ({twins} twins of test faces left out)"


def _best(out: Path, name: str, names: list[str]) -> Path:
    return out / ("best.pt" if name == names[0] else f"best-{name}.pt")


def _prior(given: Answers) -> tuple[float, ...]:
    """The shares of the classes in what is to be learnt."""
    known = given.targets[given.targets.sum(1) > 0]
    shares = np.maximum(known.sum(0, dtype=np.float64) / max(1, len(known)), 1e-4)
    return tuple(round(float(share), 5) for share in shares / shares.sum())
