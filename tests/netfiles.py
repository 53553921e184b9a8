"""Checkpoints with random weights, and faces to ask them about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from emojicam.models import registry
from emojicam.models.card import Card, Crop
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.inputs import Normalised
from emojicam.training import sample_faces


def faces_for(card: Card, number: int = 16) -> npt.NDArray[np.uint8]:
    """Real faces, their negatives and noise, so that answers differ."""
    real = sample_faces(card, number)
    noise = np.random.default_rng(0).integers(0, 256, real.shape, dtype=np.uint8)
    return np.concatenate([real, 255 - real, noise])[::3]


def checkpoint(name: str, classes: int = 5) -> Checkpoint:
    """Random weights, but answers that differ from face to face and are neither flat nor certain: errors show there."""
    torch.manual_seed(1)
    entry = registry.entry(name)
    labels = tuple(f"emotion {i}" for i in range(classes))
    k = entry.channels
    card = Card(name, labels, k, Crop().at(entry.size), mean=(128.0,) * k, std=(64.0,) * k)
    net = registry.build(name, classes).eval()
    with torch.inference_mode():
        logits = Normalised(net, card)(torch.from_numpy(faces_for(card)).float())
        last = [module for module in net.modules() if isinstance(module, torch.nn.Linear)][-1]
        last.bias -= logits.mean(0)
    # A deep net's random weights hardly let the input through: what is left of it must not be blown up to noise.
    spread = max(float((logits - logits.mean(0)).std()), 0.02 * float(logits.abs().mean()))
    return Checkpoint(replace(card, temperature=spread / 2), net)
