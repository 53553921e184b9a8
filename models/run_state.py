"""All of a training run that changes while it goes on: kept after each epoch, so that an interrupted run goes on."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import MISSING, asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from emojicam.errors import InputError, first_line
from emojicam.files import writing
from emojicam.models import registry
from emojicam.models.blend import blended
from emojicam.models.card import Card
from emojicam.models.checkpoint import load
from emojicam.models.data.faces import Faces
from emojicam.models.nets.vgg import Vgg19
from emojicam.models.recipe import Recipe
from emojicam.models.torchfiles import read_torch_file


@dataclass
class RunState:
    """Everything of a training run that changes while it goes on.

    Attributes:
        recipe: What is done.
        net: The net that learns.
        average: The mean of what it was, or the net itself.
        optimiser: With what it remembers.
        epoch: How many epochs are done.
        best: The best figure of each label set until now.
        waited: Epochs since one of them was better than before.
        total: Epochs that there will be.
        times: Seconds from the end of one epoch to that of the next.
        start: Weights that are blended in.
    """

    recipe: Recipe
    net: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    epoch: int
    best: dict[str, float]
    waited: int
    total: int
    times: list[float] = field(default_factory=list)
    start: dict[str, torch.Tensor] = field(default_factory=dict)

    @classmethod
    def fresh(cls, recipe: Recipe, outputs: int, device: torch.device, init: Path | None) -> RunState:
        """Begin a run.

        Args:
            recipe: What is to be done.
            outputs: How many outputs the net has.
            device: Where to train.
            init: Weights to begin from: torchvision's `.pth` for VGG19, or a checkpoint of the same net.

        Raises:
            InputError: `init` is of another net, or the recipe sets the dropout of a net that has none.
        """
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

    @property
    def over(self) -> bool:
        """Whether all epochs are done, or none was better for as long as the recipe is patient."""
        return self.epoch >= self.total or bool(self.recipe.patience and self.waited >= self.recipe.patience)

    def kept(self, card: Card, faces: Faces) -> nn.Module:
        """Give the net that is kept of the run as it is now.

        Args:
            card: Says how the net wants its faces.
            faces: What is learnt from: their statistics become those of a blended net.
        """
        if not self.recipe.blend:
            return self.average
        return blended(self.average, self.start, self.recipe.blend, card, faces.images)

    def keep(self, path: Path) -> None:
        """Write all of it to a file.

        Raises:
            OutputError: It can't be written.
        """
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
        """Go on from what `keep` wrote.

        Raises:
            InputError: The file is damaged, or of another recipe, net or start.
        """
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
