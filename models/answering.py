"""A net as it is shipped: normalisation, decision, calibration and softmax belong to it. Needs torch."""

from __future__ import annotations

import torch
from torch import nn

from emojicam.models.card import Card
from emojicam.models.decision import Decide
from emojicam.models.inputs import Normalised


class Answering(nn.Module):
    """Faces in, answers out: what is measured, exported and run is the same."""

    def __init__(self, net: nn.Module, card: Card) -> None:
        super().__init__()
        self.net, self.decide = Normalised(net, card), Decide(card)
        self.temperature = card.temperature
        self.classes = len(card.labels)
        self.second = self.classes + len(card.decision.second if card.decision else ())
        self.decides, self.affect = card.decision is not None, card.affect

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run the net: uint8 NxCxSxS to what a card's `outputs` names, in that order.

        Returns:
            Probabilities as decided, float32 NxK; where there is a decision those without it, float32 NxK; where the
            card says so valence and arousal, float32 Nx2.
        """
        outputs = self.net(faces.float())
        logits = outputs[:, : self.classes]
        plain = torch.softmax(logits / self.temperature, dim=1)
        answers = [plain]
        if self.decides:
            answers.insert(0, torch.softmax(self.decide(logits, outputs[:, self.classes : self.second]), dim=1))
        if self.affect:
            answers.append(torch.tanh(outputs[:, self.second :]))
        return tuple(answers)
