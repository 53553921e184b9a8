"""Measure a model: after an epoch, to choose by, and at a run's end, with its decision and temperature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from emojicam.models import evaluate
from emojicam.models.card import Card
from emojicam.models.checkpoint import Checkpoint, load, save
from emojicam.models.data.faces import Faces
from emojicam.models.decision import fit, temperature


def validated(model: Checkpoint, faces: Faces, name: str, row: dict[str, object]) -> evaluate.Figures:
    """Measure a label set's model after an epoch.

    Args:
        model: The model.
        faces: The faces to choose by, with a majority label each.
        name: The label set's name.
        row: The epoch's line of the log, to which the figures are added.
    """
    told = evaluate.answers_of(model.net, model.card, faces.images)
    figures = evaluate.measure(told.plain, faces)
    if told.affect is not None and faces.affect is not None:
        row |= {f"validation_{key}": value for key, value in _affect(told.affect, faces.affect).items()}
    row |= {f"{name}_validation_{key}": value for key, value in figures.summary().items()}
    row[f"{name}_validation_loss"] = figures.log_loss
    return figures


def finished(path: Path, validation: Faces, test: Faces, device: torch.device) -> Checkpoint:
    """Choose a checkpoint's decision and temperature, measure it, and write it again with its figures.

    Args:
        path: The checkpoint.
        validation: The faces that decide.
        test: Other faces, measured on once; where there are none, the card has no figures of them.
        device: Where to run it.

    Raises:
        OutputError: It can't be written.
    """
    chosen = load(path)
    chosen.net.to(device)
    card = _decided(chosen, validation)
    metrics: dict[str, float] = {}
    for name, split in (("validation", validation), ("test", test.with_majority())):
        if not len(split):
            continue  # a share of no faces is no figure
        told = evaluate.answers_of(chosen.net, card, split.images)
        found = evaluate.measure(told.decided, split).summary()
        if card.decision is not None:
            plain = evaluate.measure(told.plain, split).summary()
            found |= {f"undecided_{key}": value for key, value in plain.items() if key != "faces"}
        if told.affect is not None and split.affect is not None:
            found |= _affect(told.affect, split.affect)
        metrics |= {f"{name}_{key}": round(value, 5) for key, value in found.items()}
    result = Checkpoint(replace(card, metrics=metrics), chosen.net.cpu())
    save(result, path)
    return result


def _decided(checkpoint: Checkpoint, faces: Faces) -> Card:
    """Choose a checkpoint's decision, if it has one, and its temperature on `faces`."""
    card = replace(checkpoint.card, temperature=1.0)
    if card.decision is None:
        plain = torch.from_numpy(evaluate.answers_of(checkpoint.net, card, faces.images).plain)
        return card.calibrated(temperature(plain, torch.from_numpy(faces.majority)))
    logits = torch.from_numpy(evaluate.logits_of(checkpoint.net, card, faces.images))
    classes, second = len(card.labels), card.decision.second
    own, other = logits[:, :classes], logits[:, classes : classes + len(second)]
    return fit(card, own, other, torch.from_numpy(faces.majority))


def _affect(told: evaluate.Array, truth: evaluate.Array) -> dict[str, float]:
    found = evaluate.measure_affect(told, truth)
    return {
        "valence_ccc": found.valence.ccc,
        "valence_rmse": found.valence.rmse,
        "arousal_ccc": found.arousal.ccc,
        "arousal_rmse": found.arousal.rmse,
    }
