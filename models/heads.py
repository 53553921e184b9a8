"""Several answers from one net: they lie side by side in its last layer, and can be taken apart later.

First the classes of each label set, then, where it is learnt, valence and arousal.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models.data.batches import Batch
from emojicam.models.data.faces import Answers


@dataclass(frozen=True)
class Heads:
    """The meaning of a net's outputs.

    Attributes:
        classes: Number of classes of each label set.
        weights: Weight of each label set's loss.
        affect: Weight of the loss of valence and arousal; 0 is without them.
        class_weights: float32 K1, weights of the first label set's classes; or None.
    """

    classes: tuple[int, ...]
    weights: tuple[float, ...]
    affect: float = 0.0
    class_weights: torch.Tensor | None = None

    @classmethod
    def of(
        cls, answers: tuple[Answers, ...], second: float, affect: float, class_weights: torch.Tensor | None = None
    ) -> Heads:
        """Make the heads that a data set's label sets need."""
        classes = tuple(len(given.labels) for given in answers)
        return cls(classes, (1.0, *[second] * (len(answers) - 1)), affect, class_weights)

    @property
    def outputs(self) -> int:
        """The number of outputs that the net must have."""
        return sum(self.classes) + (2 if self.affect else 0)

    def numbers(self, *label_sets: int) -> list[int]:
        """The outputs that a model of some label sets keeps: their classes, in this order, and valence and arousal."""
        kept: list[int] = []
        for place in label_sets:
            start = sum(self.classes[:place])
            kept += range(start, start + self.classes[place])
        return kept + list(range(sum(self.classes), self.outputs))

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss: cross-entropy with distributions, summed over the label sets, and the error of valence and arousal.

        Args:
            outputs: float32 N x `outputs`.
            batch: The faces; rows of zeros, and nan, count nothing.

        Returns:
            A scalar: the mean over the faces.
        """
        total = outputs.new_zeros(())
        start = 0
        for number, (target, weight) in enumerate(zip(batch.targets, self.weights, strict=True)):
            logits = outputs[:, start : start + target.shape[1]]
            weighs = self.class_weights if number == 0 else None
            if weighs is not None:
                target = target * weighs.to(target)
            total = total + weight * F.cross_entropy(logits, target)
            start += target.shape[1]
        if self.affect and batch.affect is not None:
            known = ~batch.affect.isnan().any(1)
            if int(known.sum()) > 1:
                told = torch.tanh(outputs[known][:, start : start + 2])
                total = total + self.affect * _disagreement(told, batch.affect[known])
        return total

    def right(self, outputs: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Count the faces whose likeliest class by the first label set is told, and those of which one is known."""
        target = batch.targets[0]
        known = target.sum(1) > 0
        told = outputs[:, : target.shape[1]].argmax(1) == target.argmax(1)
        return (told & known).sum(), known.sum()


def _disagreement(told: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The loss of valence and arousal: mean squared error, and 1 less the concordance correlation (Lin 1989).

    Error alone lets the correlation go flat.
    """
    mean_x, mean_y = told.mean(0), truth.mean(0)
    var_x, var_y = told.var(0, unbiased=False), truth.var(0, unbiased=False)
    together = ((told - mean_x) * (truth - mean_y)).mean(0)
    ccc = 2 * together / (var_x + var_y + (mean_x - mean_y) ** 2 + 1e-6)
    return F.mse_loss(told, truth) + (1 - ccc).mean()


def one_head(net: nn.Module, numbers: list[int]) -> nn.Module:
    """A copy of a net that keeps only some of its outputs; its last linear layer is taken to give them."""
    alone = copy.deepcopy(net)
    last = [module for module in alone.modules() if isinstance(module, nn.Linear)][-1]
    last.weight = nn.Parameter(last.weight.detach()[numbers].clone())
    if last.bias is not None:
        last.bias = nn.Parameter(last.bias.detach()[numbers].clone())
    last.out_features = len(numbers)
    return alone
