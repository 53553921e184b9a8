"""The steps of an epoch: what a net is shown, what it is told, and how far it moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from emojicam.models.card import Card
from emojicam.models.compiled import compiled
from emojicam.models.data.augment import NOTHING, Augment
from emojicam.models.data.batches import Batch, Chances, Supply, batches
from emojicam.models.data.faces import Faces
from emojicam.models.graphed import graphed
from emojicam.models.heads import Heads
from emojicam.models.inputs import Normalised
from emojicam.models.recipe import Recipe
from emojicam.models.run_state import RunState
from emojicam.models.schedule import rate
from emojicam.models.team import Team


@dataclass(frozen=True)
class Learnt:
    """Loss and accuracy of an epoch's steps.

    Attributes:
        loss: Mean over the steps.
        accuracy: Share of the faces, of those that were shown unmixed, that were answered rightly as they were learnt.
    """

    loss: float
    accuracy: float


class Steps:
    """Takes a run through an epoch, step by step."""

    def __init__(
        self,
        run: RunState,
        heads: Heads,
        faces: Faces,
        card: Card,
        *,
        device: torch.device,
        team: Team,
        compile: bool,
    ) -> None:
        """Bring net and faces to where they learn.

        Args:
            run: Net, average and optimiser.
            heads: What the net's outputs mean, and what they cost.
            faces: What is learnt from.
            card: Says how the net wants its faces.
            device: Where to train.
            team: The processes that share the run; each takes its part of every batch.
            compile: Compile the step.
        """
        self._run, self._heads, self._team, self._device = run, heads, team, device
        self._recipe = recipe = run.recipe
        self._many = math.ceil(len(faces) / recipe.batch)
        self._augment = Augment(**recipe.augment) if recipe.augmented else NOTHING
        self._half = has_bf16(device)
        self._supply = Supply(faces, device)
        self._net = _ready(recipe, run.net, card, team, device, compile=compile, half=self._half)
        self._follow = _follower(run.average, run.net)

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return self._many

    def __call__(self, on_step: Callable[[], object] = lambda: None) -> Learnt:
        """Learn for an epoch.

        Args:
            on_step: Called after each step.
        """
        run, recipe = self._run, self._recipe
        run.net.train()
        for parameter in _body(run.net):
            parameter.requires_grad_(run.epoch >= recipe.frozen)
        # Sums on the device: who asks it for a number waits until it has done all it was told.
        total, right, known = (torch.zeros((), device=self._device) for _ in range(3))
        # From seed and epoch alone: an interrupted epoch is repeated exactly.
        chances = Chances.of((recipe.seed * 100_003 + run.epoch) * 1_009 + self._team.rank, self._device)
        torch.manual_seed(chances.host.initial_seed())
        for number, batch in enumerate(self._batches(chances)):
            step = run.epoch * self._many + number
            mixed = recipe.mixup > 0 and step % 2 == 1
            if mixed:
                batch = batch.mixed(recipe.mixup, chances)
            if recipe.smoothing:
                batch = batch.smoothed(recipe.smoothing)
            outputs, loss = self._step(step, batch)
            total += loss
            if not mixed:
                hits, counted = self._heads.right(outputs, batch)
                right, known = right + hits, known + counted
            on_step()
        return Learnt(float(total) / self._many, float(right) / max(1, int(known)))

    def _batches(self, chances: Chances) -> Iterator[Batch]:
        order, part = (self._recipe.seed, self._run.epoch), (self._team.rank, self._team.size)
        return batches(self._supply, self._recipe.batch, self._augment, chances, seed=order, part=part)

    def _step(self, step: int, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Learn from a batch; gives the outputs, and the loss without its history."""
        recipe, optimiser = self._recipe, self._run.optimiser
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * rate(recipe, step, self._many, self._run.total)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            outputs = self._net(batch.images)
        loss = self._heads.loss(outputs.float(), batch)
        optimiser.zero_grad(set_to_none=True)
        # A team's gradients are averaged: times its size they are summed.
        summed = len(batch.images) * self._team.size if recipe.reduction == "sum" else 1
        (loss * summed).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if recipe.ema:
            self._follow(min(recipe.ema, (step + 1) / (step + 10)))
        return outputs, loss.detach()


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself; elsewhere that is emulated, and slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


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


def _body(net: nn.Module) -> list[nn.Parameter]:
    """The parameters of a net, but for those of the part that is called `head`."""
    return [parameter for name, parameter in net.named_parameters() if not name.startswith("head.")]


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
