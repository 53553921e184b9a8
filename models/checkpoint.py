"""Checkpoints, which a training run leaves: the card and the weights. Needs torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from emojicam.errors import InputError, UsageError, first_line
from emojicam.files import writing
from emojicam.models import registry
from emojicam.models.card import Card
from emojicam.models.torchfiles import read_torch_file


@dataclass(frozen=True)
class Checkpoint:
    """A trained net, and all that its user needs to know of it."""

    card: Card
    net: nn.Module


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint's card and weights; the old file stays until the new one is whole.

    Raises:
        OutputError: It can't be written.
    """
    with writing(path) as part:
        torch.save({"card": checkpoint.card.to_json(), "weights": checkpoint.net.state_dict()}, part)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint that `save` wrote. Nothing in the file is executed.

    Raises:
        UsageError: It isn't there.
        InputError: It isn't a checkpoint of a registered net.
    """
    if not os.path.isfile(path):
        raise UsageError(f"{path}: {'is a folder, not a' if os.path.isdir(path) else 'no such'} checkpoint")
    values = read_torch_file(path, "an emojicam checkpoint")
    try:
        if not isinstance(values.get("card"), str):
            raise ValueError("it holds no model card")
        card = Card.from_json(values["card"])
        net = registry.build(card.net, card.logits)
    except (ValueError, UsageError) as error:
        raise InputError(f"{path}: not an emojicam checkpoint: {first_line(error)}") from error
    try:
        net.load_state_dict(values["weights"])
    except Exception as error:
        raise InputError(f"{path}: not an emojicam checkpoint: its weights are not those of {card.net}") from error
    return Checkpoint(card, net.eval())
