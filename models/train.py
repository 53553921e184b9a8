"""Train a recipe: data, net, loop, checkpoint. Needs torch."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import MISSING, asdict, dataclass, field, replace
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from emojicam.console import say
from emojicam.errors import DeviceError, InputError, OutputError, UsageError, first_line
from emojicam.files import writing
from emojicam.models import evaluate, registry
from emojicam.models.blend import blended
from emojicam.models.card import Card, Crop, Decision
from emojicam.models.checkpoint import Checkpoint, load, save
from emojicam.models.compiled import compiled
from emojicam.models.data.arrange import arrange
from emojicam.models.data.augment import NOTHING, Augment
from emojicam.models.data.batches import Chances, Supply, batches
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Answers, Faces, without_twins
from emojicam.models.data.sample import class_weights
from emojicam.models.decision import fit, temperature
from emojicam.models.distil import Teacher, taught
from emojicam.models.graphed import graphed
from emojicam.models.heads import Heads, one_head
from emojicam.models.history import rewind
from emojicam.models.inputs import Normalised
from emojicam.models.nets.vgg import Vgg19
from emojicam.models.recipe import Recipe
from emojicam.models.team import ALONE, Team
from emojicam.models.torchfiles import read_torch_file

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


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself; elsewhere that is emulated, and slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


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
    if init is not None and not init.exists():
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
    compile_on = device if compile else None
    refuse(
        recipe,
        out,
        resume=resume,
        overwrite=overwrite,
        teachers=len(teachers),
        team=team,
        compile_on=compile_on,
        init=init,
    )
    splits = arrange(splits, recipe)
    faces, twins = splits[TRAIN], 0
    if recipe.twins == "drop":
        faces, twins = without_twins(faces, splits[VALIDATION], splits[TEST])
    priors = [_prior(given) for given in faces.answers]
    if teachers:
        faces = taught(faces, teachers, recipe.distil, device)
    names = [given.name for given in faces.answers]
    affect = recipe.affect if faces.affect is not None else 0.0
    balance = class_weights(faces.majority, len(faces.labels)) if recipe.balance == "weights" else None
    heads = Heads.of(faces.answers, recipe.second, affect, None if balance is None else torch.from_numpy(balance))
    validation = {name: splits[VALIDATION].by(name).with_majority() for name in names}
    if not len(faces) or not all(map(len, validation.values())):
        raise InputError(f"{recipe.name}: no labelled face to {'check' if len(faces) else 'train'} on in these data")
    try:
        card = replace(_card(recipe, faces, twins, version), affect=bool(affect))
    except ValueError as error:
        raise InputError(f"{recipe.name}: no model can be made of these data: {error}") from error
    made = _models(card, faces, twins, priors if recipe.decide else None)
    steps = math.ceil(len(faces) / recipe.batch)
    augment = Augment(**recipe.augment) if recipe.augmented else NOTHING
    torch.manual_seed(recipe.seed)
    run = _TrainingRun.fresh(recipe, heads.outputs, device, init)
    if resume and (out / "last.pt").is_file():
        run.restore(out / "last.pt")
    half = has_bf16(device)
    supply = Supply(faces, device)
    silent = quiet or not team.leads
    ready = _ready(recipe, run.net, card, team, device, compile=compile, half=half)
    follow = _follower(run.average, run.net)
    with (
        _log(out, run.epoch) if team.leads else Path(os.devnull).open("w") as log,
        tqdm(total=run.total * steps, initial=run.epoch * steps, desc=recipe.name, disable=silent or None) as bar,
    ):
        ended, said = time.monotonic(), silent
        while run.epoch < run.total and not (recipe.patience and run.waited >= recipe.patience):
            started = time.monotonic()
            run.net.train()
            for parameter in _body(run.net):
                parameter.requires_grad_(run.epoch >= recipe.frozen)
            # Sums on the device: who asks it for a number waits until it has done all it was told.
            total, right, known = (torch.zeros((), device=device) for _ in range(3))
            # From seed and epoch alone: an interrupted epoch is repeated exactly.
            chances = Chances.of((recipe.seed * 100_003 + run.epoch) * 1_009 + team.rank, device)
            torch.manual_seed(chances.host.initial_seed())
            order, part = (recipe.seed, run.epoch), (team.rank, team.size)
            for number, batch in enumerate(batches(supply, recipe.batch, augment, chances, seed=order, part=part)):
                step = run.epoch * steps + number
                for group in run.optimiser.param_groups:
                    group["lr"] = recipe.rate * _rate(recipe, step, steps, run.total)
                mixed = recipe.mixup > 0 and step % 2 == 1
                if mixed:
                    batch = batch.mixed(recipe.mixup, chances)
                if recipe.smoothing:
                    batch = batch.smoothed(recipe.smoothing)
                with torch.autocast(device.type, torch.bfloat16, enabled=half):
                    outputs = ready(batch.images)
                loss = heads.loss(outputs.float(), batch)
                run.optimiser.zero_grad(set_to_none=True)
                # A team's gradients are averaged: times its size they are summed.
                summed = len(batch.images) * team.size if recipe.reduction == "sum" else 1
                (loss * summed).backward()  # type: ignore[no-untyped-call]
                run.optimiser.step()
                if recipe.ema:
                    follow(min(recipe.ema, (step + 1) / (step + 10)))
                total += loss.detach()
                if not mixed:
                    hits, faces_known = heads.right(outputs, batch)
                    right, known = right + hits, known + faces_known
                bar.update()
            run.epoch += 1
            run.waited += 1
            row: dict[str, object] = {
                "epoch": run.epoch,
                "train_loss": float(total) / steps,
                "train_accuracy": float(right) / max(1, int(known)),
            }
            shown: Checkpoint | None = None
            kept = run.kept(card, faces) if team.leads else run.average
            for name, (one, places) in made.items() if team.leads else ():
                alone = Checkpoint(one, one_head(kept, heads.numbers(*places)))
                shown = shown or alone
                figures = _validated(alone, validation[name], name, row)
                choices = {"accuracy": figures.accuracy, "macro_f1": figures.macro_f1, "loss": -figures.log_loss}
                good = choices[recipe.choose]
                if good > run.best.get(name, -math.inf):
                    run.best[name] = good
                    run.waited = 0
                    save(alone, _best(out, name, names))
            run.waited = int(team.agree(run.waited))
            row["seconds"] = time.monotonic() - started
            run.times.append(time.monotonic() - ended)
            ended = time.monotonic()
            if recipe.seconds:
                run.total = int(team.agree(fitted(recipe, run.times, run.total)))
                bar.total = run.total * steps
                if not said and (run.epoch > 1 or run.epoch == run.total):
                    with bar.external_write_mode(sys.stderr):
                        say(_plan(recipe, run.times, run.total))
                    said = True
            row["epochs"] = run.total
            if shown is not None:
                _write(log, row)
                if watch:
                    watch(shown, validation[names[0]], row)
                run.keep(out / "last.pt")
            on_epoch(row)
            bar.set_postfix({"loss": f"{total / steps:.3f}"} | {name: f"{best:.4f}" for name, best in run.best.items()})
    if not team.leads:
        return {}
    return {name: finished(_best(out, name, names), validation[name], splits[TEST].by(name), device) for name in names}


def _ready(
    recipe: Recipe, net: nn.Module, card: Card, team: Team, device: torch.device, *, compile: bool, half: bool
) -> Callable[[torch.Tensor], torch.Tensor]:
    """A net as a step runs it: shared by a team, compiled, or recorded on a GPU where all its layers learn."""
    ready = team.share(Normalised(net, card).to(device))
    if compile:
        return compiled(ready)
    if device.type == "cuda" and team.size == 1 and not recipe.frozen:
        example = torch.zeros((recipe.batch, card.channels, card.crop.size, card.crop.size), device=device)
        return graphed(ready.train(), example, half=half)
    return ready


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


def _validated(model: Checkpoint, faces: Faces, name: str, row: dict[str, object]) -> evaluate.Figures:
    """Measure a label set's model after an epoch, and note the figures in the epoch's row."""
    told = evaluate.answers_of(model.net, model.card, faces.images)
    figures = evaluate.measure(told.plain, faces)
    if told.affect is not None and faces.affect is not None:
        row |= {f"validation_{key}": value for key, value in _affect(told.affect, faces.affect).items()}
    row |= {f"{name}_validation_{key}": value for key, value in figures.summary().items()}
    row[f"{name}_validation_loss"] = figures.log_loss
    return figures


@dataclass
class _TrainingRun:
    """Everything of a training run that changes while it goes on."""

    recipe: Recipe
    net: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    epoch: int
    best: dict[str, float]
    waited: int  # epochs since one was better
    total: int  # epochs that there will be
    times: list[float] = field(default_factory=list)  # seconds from the end of one epoch to that of the next
    start: dict[str, torch.Tensor] = field(default_factory=dict)  # what is blended in

    @classmethod
    def fresh(cls, recipe: Recipe, outputs: int, device: torch.device, init: Path | None) -> _TrainingRun:
        # channels_last with bf16 trains two to three times faster on CPUs that have AVX-512 BF16 or AMX.
        net = registry.build(recipe.net, outputs)
        if recipe.dropout is not None:
            _drop_out(net, recipe)
        if init is not None:
            _begin_from(net, init, whole=recipe.blend > 0)
        net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(net) if recipe.ema else net
        run = cls(recipe, net, average, _optimiser(recipe, net), 0, {}, 0, recipe.epochs)
        if recipe.blend:
            run.start = copy.deepcopy(net.state_dict())
        return run

    def kept(self, card: Card, faces: Faces) -> nn.Module:
        if not self.recipe.blend:
            return self.average
        return blended(self.average, self.start, self.recipe.blend, card, faces.images)

    def keep(self, path: Path) -> None:
        state = {
            "recipe": json.dumps(asdict(self.recipe), sort_keys=True),
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "best": self.best,
            "waited": self.waited,
            "total": self.total,
            "times": self.times,
            "start": _digest(self.start),
        }
        with writing(path) as part:
            torch.save(state, part)

    def restore(self, path: Path) -> None:
        state = read_torch_file(path, "the state of a run")
        try:
            kept = dict(json.loads(state["recipe"]))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"{path}: not the state of a run: {first_line(error)}") from error
        # A field that is newer than the run had its default then.
        fields = Recipe.__dataclass_fields__
        kept = {name: field.default for name, field in fields.items() if field.default is not MISSING} | kept
        ours = json.loads(json.dumps(asdict(self.recipe)))
        if kept != ours:
            differing = sorted(name for name in kept.keys() | ours.keys() if kept.get(name) != ours.get(name))
            differ = ", ".join(differing)
            raise InputError(f"{path}: the run was begun with another recipe ({differ} differ); the same options go on")
        try:
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.epoch, self.best, self.waited = state["epoch"], state["best"], state["waited"]
            self.total, self.times = state.get("total", self.total), list(state.get("times", []))
        except Exception as error:
            raise InputError(f"{path}: the run was begun with data of other classes, or with another net") from error
        ours = _digest(self.start)
        if state.get("start", ours) != ours:
            raise InputError(f"{path}: the run was begun from other weights, a part of which is kept: the same --init")


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


def _begin_from(net: nn.Module, init: Path, *, whole: bool = False) -> None:
    """Take over weights that were learnt elsewhere: torchvision's file for VGG19, or a checkpoint of the same net.

    A checkpoint's last layer stays behind where it has other classes, but not where the `whole` net is wanted.
    """
    if isinstance(net, Vgg19) and init.suffix == ".pth":
        net.load_imagenet(init)
        return
    ours = net.state_dict()
    theirs = load(init).net.state_dict()
    fitting = {name: value for name, value in theirs.items() if name in ours and value.shape == ours[name].shape}
    if len(fitting) < len(ours) - (0 if whole else 2):
        of = "another net, or of one with other classes" if whole else "another net"
        raise InputError(f"{init}: the weights of {of}")
    net.load_state_dict(fitting, strict=False)


def _affect(told: evaluate.Array, truth: evaluate.Array) -> dict[str, float]:
    found = evaluate.measure_affect(told, truth)
    return {
        "valence_ccc": found.valence.ccc,
        "valence_rmse": found.valence.rmse,
        "arousal_ccc": found.arousal.ccc,
        "arousal_rmse": found.arousal.rmse,
    }


def _best(out: Path, name: str, names: list[str]) -> Path:
    return out / ("best.pt" if name == names[0] else f"best-{name}.pt")


def finished(path: Path, validation: Faces, test: Faces, device: torch.device) -> Checkpoint:
    """Choose a checkpoint's decision and temperature, measure it, and write it again with its figures.

    Args:
        path: The checkpoint.
        validation: The faces that decide.
        test: Other faces, measured on once.
        device: Where to run it.

    Raises:
        OutputError: It can't be written.
    """
    chosen = load(path)
    chosen.net.to(device)
    card = _decided(chosen, validation)
    metrics: dict[str, float] = {}
    for name, split in (("validation", validation), ("test", test.with_majority())):
        if not len(split):
            continue  # a share of no faces is no figure
        told = evaluate.answers_of(chosen.net, card, split.images)
        found = evaluate.measure(told.decided, split).summary()
        if card.decision is not None:
            plain = evaluate.measure(told.plain, split).summary()
            found |= {f"undecided_{key}": value for key, value in plain.items() if key != "faces"}
        if told.affect is not None and split.affect is not None:
            found |= _affect(told.affect, split.affect)
        metrics |= {f"{name}_{key}": round(value, 5) for key, value in found.items()}
    result = Checkpoint(replace(card, metrics=metrics), chosen.net.cpu())
    save(result, path)
    return result


def _decided(checkpoint: Checkpoint, faces: Faces) -> Card:
    """Choose a checkpoint's decision, if it has one, and its temperature on `faces`."""
    card = replace(checkpoint.card, temperature=1.0)
    if card.decision is None:
        plain = torch.from_numpy(evaluate.answers_of(checkpoint.net, card, faces.images).plain)
        return card.calibrated(temperature(plain, torch.from_numpy(faces.majority)))
    logits = torch.from_numpy(evaluate.logits_of(checkpoint.net, card, faces.images))
    classes, second = len(card.labels), card.decision.second
    own, other = logits[:, :classes], logits[:, classes : classes + len(second)]
    return fit(card, own, other, torch.from_numpy(faces.majority))


def _prior(given: Answers) -> tuple[float, ...]:
    """The shares of the classes in what is to be learnt."""
    known = given.targets[given.targets.sum(1) > 0]
    shares = np.maximum(known.sum(0, dtype=np.float64) / max(1, len(known)), 1e-4)
    return tuple(round(float(share), 5) for share in shares / shares.sum())


def _drop_out(net: nn.Module, recipe: Recipe) -> None:
    """Give a net's dropout layers the share that a recipe asks for.

    Raises:
        InputError: The net has none.
    """
    layers = [module for module in net.modules() if isinstance(module, nn.Dropout)]
    if not layers:
        raise InputError(f"the recipe {recipe.name}: its net {recipe.net} has no dropout")
    for layer in layers:
        layer.p = float(recipe.dropout or 0)


def _optimiser(recipe: Recipe, net: nn.Module) -> torch.optim.Optimizer:
    heavy = [p for p in net.parameters() if p.ndim > 1]
    light = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": heavy, "weight_decay": recipe.decay}, {"params": light, "weight_decay": 0.0}]
    fused = next(net.parameters()).is_cuda or None  # one launch a group
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, fused=fused)
    return (torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam)(groups, lr=recipe.rate, fused=fused)


def _digest(state: dict[str, torch.Tensor]) -> str:
    """Tells weights from others."""
    found = hashlib.sha256()
    for value in state.values():
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _body(net: nn.Module) -> list[nn.Parameter]:
    """The parameters of a net, but for those of the part that is called `head`."""
    return [parameter for name, parameter in net.named_parameters() if not name.startswith("head.")]


def _rate(recipe: Recipe, step: int, steps: int, epochs: int) -> float:
    """The share of the highest learning rate that a step learns at; `steps` make an epoch, and `epochs` the run."""
    if recipe.schedule == "constant":
        return 1.0
    if step < steps:
        return (step + 1) / steps
    return 0.5 * (1 + math.cos(math.pi * (step - steps) / max(1, (epochs - 1) * steps)))


def fitted(recipe: Recipe, times: Sequence[float], planned: int) -> int:
    """The number of epochs that fit into a recipe's seconds, as far as can be told after some of them.

    One that is still to come isn't given up while there is time: with it the learning rate comes to its end. So a run
    takes longer than it may by less than an epoch.

    Args:
        recipe: Its `seconds` are there, and its `epochs` the most.
        times: Seconds of each epoch until now, at least one.
        planned: How many were to fit until now.
    """
    done, left = len(times), recipe.seconds - sum(times)
    if left <= 0:
        return done
    more = math.floor(left / _pace(times))
    if done >= planned:
        # The rate has come to its end. It begins again only where the plan was wrong by far: after a slow first epoch.
        return min(recipe.epochs, done + more) if more >= done else done
    return min(recipe.epochs, done + max(1, more))


def _pace(times: Sequence[float]) -> float:
    """Seconds that an epoch takes; the first one is slow where things are compiled, read, or chosen by trial."""
    return max(1e-6, statistics.median(times[1:] or times))


def _plan(recipe: Recipe, times: Sequence[float], epochs: int) -> str:
    number = f"all {epochs}" if epochs == recipe.epochs else f"{epochs} of {recipe.epochs}"
    return f"{recipe.name}: an epoch takes {_pace(times):.3g} s, so {number} epochs fit into {recipe.seconds:g} s"


def _follower(average: nn.Module, net: nn.Module) -> Callable[[float], None]:
    """A function that moves an average towards a net as it is then, by a decay; both keep their tensors."""
    pairs = list(zip(average.state_dict().values(), net.state_dict().values(), strict=True))
    real = [pair for pair in pairs if pair[0].dtype.is_floating_point]
    counts = [pair for pair in pairs if not pair[0].dtype.is_floating_point]

    @torch.no_grad()
    def follow(decay: float) -> None:
        # In a few launches, not one for each tensor.
        torch._foreach_lerp_([kept for kept, _ in real], [new for _, new in real], 1 - decay)
        if counts:
            torch._foreach_copy_([kept for kept, _ in counts], [new for _, new in counts])

    return follow
