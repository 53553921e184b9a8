"""The step from a net's outputs to the answer: a fair prior, the other label set's opinion, and honest confidences.

FER+'s faces are a third neutral and one in a hundred contemptuous; a net that learns them says so, too, of faces that
are nothing of the kind. Logit adjustment (Menon et al. 2021, arXiv:2007.07314) takes a share of the logarithm of that
prior back. A net that has learnt FER2013's labels beside FER+'s can be asked both. Needs torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models.card import Card, Decision
from emojicam.models.data.nouns import places_of

TAUS = (0.0, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0)
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4)

COST = 0.01
"""Accuracy that a decision may cost, 0-1: below, the classes that are rare are bought with those that people meet."""

LIKELIEST = torch.exp(torch.linspace(math.log(0.25), math.log(4), 400))
"""Temperatures that are tried."""


class Decide(nn.Module):
    """Decides: logits of both label sets to those of the answer."""

    shift: torch.Tensor
    choose: torch.Tensor
    known: torch.Tensor

    def __init__(self, card: Card) -> None:
        """Take the decision of a card; one without a decision leaves the logits as they are.

        Args:
            card: Labels, temperature and decision.
        """
        super().__init__()
        decision = card.decision or Decision((1 / len(card.labels),) * len(card.labels))
        places = places_of(card.labels, decision.second)
        choose = torch.zeros(len(decision.second), len(card.labels))
        for column, place in enumerate(places):
            if place >= 0:
                choose[place, column] = 1
        self.before, self.after, self.weight = card.temperature, decision.temperature, decision.weight
        self.register_buffer("shift", decision.tau * torch.tensor(decision.prior).log(), persistent=False)
        self.register_buffer("choose", choose, persistent=False)
        self.register_buffer("known", decision.weight * choose.sum(0), persistent=False)

    def forward(self, logits: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Turn the logits of both label sets into the answer's.

        Args:
            logits: float32 NxK, of the label set that counts.
            second: float32 NxL, of the other; L may be 0.

        Returns:
            float32 NxK, logits of the decided and calibrated distribution.
        """
        logs = F.log_softmax(logits / self.before, 1)
        if self.weight:
            told = F.log_softmax(second, 1) @ self.choose
            logs = logs * (1 - self.known) + told * self.known
        return (logs - self.shift) / self.after


@dataclass(frozen=True)
class _Tried:
    decision: Decision
    accuracy: float
    recall: float


def fit(card: Card, logits: torch.Tensor, second: torch.Tensor, majority: torch.Tensor) -> Card:
    """Choose a card's decision and temperatures on a split that nothing else is measured on.

    The decision with the highest mean recall is taken, over the classes that have a face, among those that cost at most
    `COST` of accuracy; then the temperature with the least log loss (Guo et al. 2017).

    Args:
        card: A card whose decision has the prior, and the labels of the other set; the rest is chosen.
        logits: float32 NxK, what the net says of the split's faces.
        second: float32 NxL, the same by the other label set; L may be 0.
        majority: int64 N, the right labels.
    """
    given = card.decision
    assert given is not None
    card = card.calibrated(temperature(logits, majority))
    begun = replace(given, tau=0.0, weight=0.0, temperature=1.0)
    tried = []
    for tau in TAUS:
        for weight in WEIGHTS if begun.second else WEIGHTS[:1]:
            decision = replace(begun, tau=tau, weight=weight)
            right = Decide(card.deciding(decision))(logits, second).argmax(1) == majority
            recalls = [right[majority == label].float().mean() for label in sorted(set(majority.tolist()))]
            tried.append(_Tried(decision, float(right.float().mean()), float(torch.stack(recalls).mean())))
    least = tried[0].accuracy - COST
    best = max((one for one in tried if one.accuracy >= least), key=lambda one: one.recall).decision
    decided = Decide(card.deciding(best))(logits, second)
    return card.deciding(replace(best, temperature=temperature(decided, majority)))


def temperature(logits: torch.Tensor, majority: torch.Tensor) -> float:
    """The divisor of logits that makes the confidences honest: least log loss (Guo et al. 2017).

    Args:
        logits: float32 NxK.
        majority: int64 N, the right labels.
    """
    losses = torch.stack([F.cross_entropy(logits / t, majority) for t in LIKELIEST])
    return round(float(LIKELIEST[losses.argmin()]), 4)
