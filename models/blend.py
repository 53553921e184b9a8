"""Nets half-way between the net that a run began from and what it became: they keep most of what both of them know.

Wortsman et al. 2022 (arXiv:2109.01903) draw the straight line between the weights before and after fine-tuning, where a
net that has learnt something new has not yet forgotten the old. The statistics of batch normalisation don't lie on that
line: they are measured again, as Izmailov et al. 2018 (arXiv:1803.05407) do for averaged weights. Needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from emojicam.models.card import Card
from emojicam.models.data.rows import Images
from emojicam.models.inputs import Normalised

FACES = 5_120
"""Faces that the statistics are measured on, at least where there are so many."""

BATCH = 128


@torch.no_grad()
def blended(net: nn.Module, start: Mapping[str, torch.Tensor], share: float, card: Card, images: Images) -> nn.Module:
    """A net whose weights are partly those that it began from.

    Args:
        net: What it became; it stays as it is.
        start: What it began from: the same net's state.
        share: Share of the start, 0-1.
        card: How faces are shown to the net.
        images: uint8 NxCxSxS, faces as the data have them; batch normalisation is fitted to them.
    """
    made = copy.deepcopy(net)
    for name, value in made.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(start[name].to(value), share)
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
