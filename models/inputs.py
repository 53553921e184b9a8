"""The step from faces as a data set (or the stream) has them to what a net takes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models import registry
from emojicam.models.card import Card


class Normalised(nn.Module):
    """A net that takes grey levels: normalisation, grey shown as RGB, and enlargement belong to it.

    A net of 227x227 RGB can so be trained on 48x48 grey faces, and is exported and run as it was trained.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, net: nn.Module, card: Card) -> None:
        super().__init__()
        entry = registry.entry(card.net)
        self.net = net
        self.grey_to_rgb = card.channels == 1 and entry.channels == 3
        self.size = entry.size
        self.resize = card.crop.size != entry.size
        self.register_buffer("mean", torch.tensor(card.mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(card.std).view(1, -1, 1, 1), persistent=False)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Run the net: faces as the card says, float32 NxCxSxS, 0-255, to logits NxK."""
        x = (faces - self.mean) / self.std
        if self.resize:
            x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", align_corners=False)
        if self.grey_to_rgb:
            x = x.expand(-1, 3, -1, -1)
        logits: torch.Tensor = self.net(x.contiguous(memory_format=torch.channels_last))
        return logits
