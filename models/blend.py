"""Nets between nets: half-way from the net that a run began from to what it became, or the mean of several such runs.

Wortsman et al. 2022 (arXiv:2109.01903) draw the straight line between the weights before and after fine-tuning, where a
net that has learnt something new has not yet forgotten the old. The statistics of batch normalisation don't lie on that
line: they are measured again, as Izmailov et al. 2018 (arXiv:1803.05407) do for averaged weights. Needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from emojicam.models.card import Card
from emojicam.models.data.rows import Images
from emojicam.models.inputs import Normalised

FACES = 5_120
"""Faces that the statistics are measured on, at least where there are so many."""

BATCH = 128


def blended(net: nn.Module, start: Mapping[str, torch.Tensor], share: float, card: Card, images: Images) -> nn.Module:
    """A net whose weights are partly those that it began from.

    Args:
        net: What it became; it stays as it is.
        start: What it began from: the same net's state.
        share: Share of the start, 0-1.
        card: How faces are shown to the net.
        images: uint8 NxCxSxS, faces as the data have them; batch normalisation is fitted to them.
    """
    return together(net, [(1 - share, net.state_dict()), (share, start)], card, images)


@torch.no_grad()
def together(
    net: nn.Module, parts: Sequence[tuple[float, Mapping[str, torch.Tensor]]], card: Card, images: Images
) -> nn.Module:
    """A net whose weights are the mean of several nets' that went on from one (Wortsman et al. 2022, arXiv:2203.05482).

    Args:
        net: A net of the same kind; it stays as it is.
        parts: The nets' states, each with how much it counts.
        card: How faces are shown to the net.
        images: uint8 NxCxSxS, faces as the data have them; batch normalisation is fitted to them.
    """
    made = copy.deepcopy(net)
    whole = sum(weight for weight, _ in parts)
    for name, value in made.state_dict().items():
        if value.dtype.is_floating_point:
            value.copy_(sum((state[name].to(value) * (weight / whole) for weight, state in parts), value.new_zeros(())))
    _measure(made, card, images)
    return made.eval()


def _measure(net: nn.Module, card: Card, images: Images) -> None:
    norms = [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    net.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
        norm.train()
    place = next(net.parameters()).device
    ready = Normalised(net, card).to(place)
    chosen = np.arange(0, len(images), max(1, len(images) // FACES))
    for start in range(0, len(chosen), BATCH):
        faces = np.ascontiguousarray(images[chosen[start : start + BATCH]])
        ready(torch.from_numpy(faces).to(place).float())
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
