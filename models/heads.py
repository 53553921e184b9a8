"""Several label sets on one net: their classes lie side by side in its last layer and can be taken apart later."""

from __future__ import annotations

import copy
from itertools import accumulate, pairwise

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models.data.faces import Answers


def spans(answers: tuple[Answers, ...]) -> list[slice]:
    """The outputs of each label set."""
    return [slice(a, b) for a, b in pairwise(accumulate((len(given.labels) for given in answers), initial=0))]


def loss(logits: torch.Tensor, targets: list[torch.Tensor], weights: tuple[float, ...]) -> torch.Tensor:
    """Cross-entropy with distributions, summed over the label sets.

    Args:
        logits: float32 Nx(K1 + K2 + …).
        targets: float32 NxK1, NxK2, …; a row of zeros, where nothing is known, counts nothing.
        weights: Of each label set.

    Returns:
        A scalar: the mean over the faces.
    """
    total = logits.new_zeros(())
    start = 0
    for target, weight in zip(targets, weights, strict=True):
        stop = start + target.shape[1]
        total = total + weight * F.cross_entropy(logits[:, start:stop], target)
        start = stop
    return total


def one_head(net: nn.Module, span: slice) -> nn.Module:
    """A copy of a net that keeps only some of its outputs; its last linear layer is taken to give them."""
    alone = copy.deepcopy(net)
    last = [module for module in alone.modules() if isinstance(module, nn.Linear)][-1]
    last.weight = nn.Parameter(last.weight.detach()[span].clone())
    if last.bias is not None:
        last.bias = nn.Parameter(last.bias.detach()[span].clone())
    last.out_features = last.weight.shape[0]
    return alone
