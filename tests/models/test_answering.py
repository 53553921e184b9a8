"""A net with all that belongs to it: what it says is what the card names, in that order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from emojicam.export.to_onnx import export
from emojicam.models import registry
from emojicam.models.answering import Answering
from emojicam.models.card import EMOTIONS, Card, Decision
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.data.fer import FER_LABELS
from emojicam.stream.emotions.classify import Classifier

PLAIN = Card("mien", EMOTIONS, mean=(128.0,), std=(40.0,), temperature=1.7)
PRIOR = (0.333, 0.264, 0.123, 0.142, 0.087, 0.01, 0.031, 0.01)
DECIDED = PLAIN.deciding(Decision(PRIOR, tau=0.5, weight=0.2, second=FER_LABELS, temperature=0.8))


class Same(nn.Module):
    """The same outputs for every face, whatever it is."""

    def __init__(self, outputs: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("outputs", outputs)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        return self.outputs.expand(len(faces), -1)  # type: ignore[operator]


FACES = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)


def test_a_plain_net_says_its_calibrated_shares() -> None:
    outputs = torch.linspace(-1, 1, 8)
    (said,) = Answering(Same(outputs), PLAIN)(FACES)
    assert said[1].tolist() == pytest.approx(torch.softmax(outputs / 1.7, 0).tolist())


def test_one_that_decides_says_both() -> None:
    outputs = torch.cat([torch.linspace(-1, 1, 8), torch.linspace(1, -1, 7)])
    decided, plain = Answering(Same(outputs), DECIDED)(FACES)
    assert plain[0].tolist() == pytest.approx(torch.softmax(outputs[:8] / 1.7, 0).tolist())
    own, other = torch.log_softmax(outputs[:8] / 1.7, 0), torch.log_softmax(outputs[8:], 0)
    logs = [
        (0.8 * own[place] + 0.2 * other[FER_LABELS.index(label)] if label in FER_LABELS else own[place])
        - 0.5 * float(np.log(PRIOR[place]))
        for place, label in enumerate(EMOTIONS)
    ]
    assert decided[0].tolist() == pytest.approx(torch.softmax(torch.stack(logs) / 0.8, 0).tolist(), abs=1e-5)


def test_valence_and_arousal_come_last() -> None:
    outputs = torch.cat([torch.zeros(15), torch.tensor([0.5, -2.0])])
    *_, affect = Answering(Same(outputs), replace(DECIDED, affect=True))(FACES)
    assert affect[0].tolist() == pytest.approx(np.tanh([0.5, -2.0]).tolist())


@pytest.mark.parametrize("weight", [0.0, 0.2])
def test_the_exported_model_says_the_same(tmp_path: Path, weight: float) -> None:
    """Where the other label set has no say, the outputs for it are left out of the file."""
    torch.manual_seed(0)
    assert DECIDED.decision is not None
    card = DECIDED.deciding(replace(DECIDED.decision, weight=weight))
    net = registry.build("mien", 15).eval()
    faces = np.random.default_rng(0).integers(0, 256, (5, 1, 48, 48), dtype=np.uint8)
    with torch.inference_mode():
        decided, plain = Answering(net, card)(torch.from_numpy(faces))
    assert export(Checkpoint(card, net), tmp_path / "net.onnx", faces) < 1e-4
    classify = Classifier(tmp_path / "net.onnx")
    assert [name for name, _ in classify.card.outputs] == ["probabilities", "undecided"]
    said = classify.read(faces)
    assert said["probabilities"] == pytest.approx(decided.numpy(), abs=1e-4)
    assert said["undecided"] == pytest.approx(plain.numpy(), abs=1e-4)
    assert classify.card.decision is not None
    assert bool(classify.card.decision.second) == (weight > 0)
